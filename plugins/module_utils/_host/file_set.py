# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a set of files all or not at all, keeping what was there before us and what was there last.

The state folder is 0700 root. ``original/`` and ``record.json`` hold what was there before the role's first change;
``previous/`` holds what the last change replaced. A saved file that did not exist is remembered as such.

A file that is a symbolic link is written through: what it leads to gets the content, the link stays. Of a set that was
saved the link is put back too, should it have gone.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import grp
import json
import os
import pwd
import shutil
import stat
import tempfile
from typing import Any, Mapping, NamedTuple, Sequence

RECORD = "record.json"
ORIGINAL = "original"
PREVIOUS = "previous"
STAGED = ".upsfleet."
"""How the name of a file begins that is about to be put in place."""


class FileState(NamedTuple):
    """A file's content and access; ``content`` is None for a file that does not exist.

    ``link`` is where a symbolic link at ``path`` leads, as it is written there; None where it is no link. Content and
    access are those of what it leads to.
    """

    path: str
    content: bytes | None
    mode: int = 0o600
    uid: int = 0
    gid: int = 0
    link: str | None = None

    @property
    def target(self) -> str:
        """The path of the file itself, with no link left in its last part."""
        if self.link is None:
            return self.path
        return os.path.realpath(os.path.join(os.path.dirname(self.path), self.link))


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
    content = base64.b64decode(file["content"])
    return FileState(file["path"], content, int(file["mode"], 8), uid, gid, _link(file["path"]))


def current(path: str) -> FileState:
    """Return what is at *path* now.

    :raises OSError: where it is no file (a device is not to be replaced), or cannot be read.
    """
    link = _link(path)
    try:
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):
            raise OSError(errno.EISDIR if stat.S_ISDIR(kind) else errno.EINVAL, "not a regular file", path)
        with open(path, "rb") as file:
            seen = os.fstat(file.fileno())
            return FileState(path, file.read(), seen.st_mode & 0o7777, seen.st_uid, seen.st_gid, link)
    except FileNotFoundError:
        return FileState(path, None, link=link)


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:  # no link, or nothing
        return None


def apply(states: Sequence[FileState]) -> None:
    """Bring every file to its state, or raise with all of them as they were.

    :raises OSError: where one cannot be written; the others have been put back.
    """
    before = [current(state.path) for state in states]
    done = 0
    with contextlib.ExitStack() as staged:
        temporaries = [_stage(state, staged) for state in states]
        try:
            for state, temporary in zip(states, temporaries):
                done += 1
                _put(state, temporary)
        except BaseException:
            for state in reversed(before[:done]):
                with contextlib.suppress(OSError):
                    _put(state, _stage(state, staged))
            raise


def _stage(state: FileState, staged: contextlib.ExitStack) -> str:
    """Write the content beside its place, for nobody else to read; return the path, empty where there is no content.

    :param staged: takes the file away again, should it still be there.
    """
    if state.content is None:
        return ""
    folder, name = os.path.split(state.target)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    prefix = f"{STAGED}{name}."
    for left in os.listdir(folder):  # by a run that was killed
        if left.startswith(prefix):
            _discard(os.path.join(folder, left))
    handle, temporary = tempfile.mkstemp(prefix=prefix, dir=folder)  # mode 0600
    staged.callback(_discard, temporary)
    with os.fdopen(handle, "wb") as file:
        file.write(state.content)
        file.flush()
        os.fchown(file.fileno(), state.uid, state.gid)
        os.fchmod(file.fileno(), state.mode & ~0o007)
        os.fsync(file.fileno())
    return temporary


def _discard(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _put(state: FileState, temporary: str) -> None:
    if state.link is not None and _link(state.path) != state.link:
        _put_link(state.path, state.link)
    if temporary:
        os.replace(temporary, state.target)
        if state.mode & 0o007:
            os.chmod(state.target, state.mode)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(state.target)
        folder = os.path.dirname(state.path)
        if folder.endswith(".d"):  # a drop-in folder that only held ours
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def _put_link(path: str, link: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=STAGED, dir=os.path.dirname(path))
    try:
        os.symlink(link, os.path.join(folder, "link"))
        os.replace(os.path.join(folder, "link"), path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def save(state_dir: str, name: str, states: Sequence[FileState]) -> None:
    """Save *states* as the set *name*, each file 0600, replacing an older set of that name as a whole."""
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    os.chmod(state_dir, 0o700)
    folder = tempfile.mkdtemp(prefix=f".{name}.", dir=state_dir)
    index: list[dict[str, Any]] = []
    for number, state in enumerate(states):
        index.append({key: value for key, value in state._asdict().items() if key != "content"})
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
        access = {key: entry[key] for key in ("path", "mode", "uid", "gid", "link")}
        states.append(FileState(content=content, **access))
    return states


def record(state_dir: str, states: Sequence[FileState], facts: Mapping[str, Any]) -> bool:
    """Note once what was there before the first change; return whether this was the first time."""
    path = os.path.join(state_dir, RECORD)
    if os.path.exists(path):
        return False
    save(state_dir, ORIGINAL, states)
    new = f"{path}.new"
    with contextlib.suppress(FileNotFoundError):  # of a run that was ended meanwhile
        os.unlink(new)
    _write(new, json.dumps(facts).encode())
    os.replace(new, path)
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
