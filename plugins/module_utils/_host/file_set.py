# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a set of files all or not at all, keeping what was there before us and what was there last.

The state folder is 0700 root. ``original/`` and ``record.json`` hold what was there before the role's first change;
``previous/`` holds what the last change replaced. A saved file that did not exist is remembered as such.
"""

from __future__ import annotations

import base64
import contextlib
import grp
import json
import os
import pwd
import shutil
import tempfile
from typing import Any, Mapping, NamedTuple, Sequence

RECORD = "record.json"
ORIGINAL = "original"
PREVIOUS = "previous"


class FileState(NamedTuple):
    """A file's content and access; ``content`` is None for a file that does not exist."""

    path: str
    content: bytes | None
    mode: int = 0o600
    uid: int = 0
    gid: int = 0


def wanted(file: Mapping[str, Any], check_mode: bool) -> FileState:
    """Return what *file* (path, base64 content, mode, owner, group) asks for.

    :raises KeyError: for an owner or group that does not exist; in check mode it may still come with the package.
    """
    try:
        uid, gid = pwd.getpwnam(file["owner"]).pw_uid, grp.getgrnam(file["group"]).gr_gid
    except KeyError:
        if not check_mode:
            raise
        uid = gid = -1
    return FileState(file["path"], base64.b64decode(file["content"]), int(file["mode"], 8), uid, gid)


def current(path: str) -> FileState:
    """Return what is at *path* now."""
    try:
        with open(path, "rb") as file:
            seen = os.fstat(file.fileno())
            return FileState(path, file.read(), seen.st_mode & 0o7777, seen.st_uid, seen.st_gid)
    except FileNotFoundError:
        return FileState(path, None)


def apply(states: Sequence[FileState]) -> None:
    """Bring every file to its state, or raise with all of them as they were.

    :raises OSError: where one cannot be written; the others have been put back.
    """
    before = [current(state.path) for state in states]
    staged: dict[str, str] = {}
    try:
        for state in states:
            if state.content is not None:
                staged[state.path] = _stage(state)
        for state in states:
            _put(state, staged)
    except BaseException:
        for state in before:
            with contextlib.suppress(OSError):
                _put(state, {state.path: _stage(state)} if state.content is not None else {})
        raise
    finally:
        for temporary in staged.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def _stage(state: FileState) -> str:
    folder = os.path.dirname(state.path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(state.path)}.", dir=folder)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(state.content or b"")
            file.flush()
            os.fchown(file.fileno(), state.uid, state.gid)
            os.fchmod(file.fileno(), state.mode)
            os.fsync(file.fileno())
    except BaseException:  # a full disk, say
        os.unlink(temporary)
        raise
    return temporary


def _put(state: FileState, staged: Mapping[str, str]) -> None:
    if state.content is not None:
        os.replace(staged[state.path], state.path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(state.path)
        folder = os.path.dirname(state.path)
        if folder.endswith(".d"):  # a drop-in folder that only held ours
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def save(state_dir: str, name: str, states: Sequence[FileState]) -> None:
    """Save *states* as the set *name*, each file 0600, replacing an older set of that name as a whole."""
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    os.chmod(state_dir, 0o700)
    folder = tempfile.mkdtemp(prefix=f".{name}.", dir=state_dir)
    index = []
    for number, state in enumerate(states):
        index.append({"path": state.path, "mode": state.mode, "uid": state.uid, "gid": state.gid})
        if state.content is not None:
            index[-1]["saved"] = str(number)
            _write(os.path.join(folder, str(number)), state.content)
    _write(os.path.join(folder, "index.json"), json.dumps(index).encode())
    target = os.path.join(state_dir, name)
    shutil.rmtree(target, ignore_errors=True)
    os.rename(folder, target)


def saved(state_dir: str, name: str, since: float = 0) -> list[FileState]:
    """Return the set saved as *name*, empty where there is none or it was saved before *since* (seconds, epoch)."""
    folder = os.path.join(state_dir, name)
    try:
        with open(os.path.join(folder, "index.json"), "rb") as file:
            if os.fstat(file.fileno()).st_mtime < since:
                return []
            index = json.load(file)
    except FileNotFoundError:
        return []
    states = []
    for entry in index:
        content = None
        if "saved" in entry:
            with open(os.path.join(folder, entry["saved"]), "rb") as file:
                content = file.read()
        states.append(FileState(entry["path"], content, entry["mode"], entry["uid"], entry["gid"]))
    return states


def record(state_dir: str, states: Sequence[FileState], facts: Mapping[str, Any]) -> bool:
    """Note once what was there before the first change; return whether this was the first time."""
    path = os.path.join(state_dir, RECORD)
    if os.path.exists(path):
        return False
    save(state_dir, ORIGINAL, states)
    _write(path, json.dumps(facts).encode())
    return True


def recorded(state_dir: str) -> dict[str, Any] | None:
    """Return the facts noted before the first change, None where nothing was ever changed."""
    try:
        with open(os.path.join(state_dir, RECORD), "rb") as file:
            facts: dict[str, Any] = json.load(file)
            return facts
    except FileNotFoundError:
        return None


def _write(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
