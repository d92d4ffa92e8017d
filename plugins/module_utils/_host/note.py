# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was proven of a host once: which files led upsmon to its login, at which servers. Kept with the backups.

What was proven is replaced only by what is proven, whatever the moment; see plugin_utils/_client/policy.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from typing import Any, Iterable, Mapping, Sequence

_NAME = "proven.json"


def write(state_dir: str, paths: Iterable[str], monitors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Note that the files at *paths*, as they are now, led to a login at *monitors*; return the note.

    The folder is 0700 root, so plain checksums of files with a password may stand there.

    :param monitors: of which host, port, ups and username are kept.
    :raises OSError: where it cannot be written.
    """
    note = {
        "files": {path: checksum(path) for path in paths},
        "monitors": [{key: one[key] for key in ("host", "port", "ups", "username")} for one in monitors],
    }
    write_json(state_dir, _NAME, note)
    return note


def write_json(state_dir: str, name: str, content: Any) -> None:
    """Replace a file of the state folder, 0600.

    :raises OSError: where it cannot be written; the old one is still there then.
    """
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=state_dir)  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
        os.replace(temporary, os.path.join(state_dir, name))
    except BaseException:
        os.unlink(temporary)
        raise


def read(state_dir: str) -> dict[str, Any] | None:
    """Return the note, None where there is none that can be read."""
    try:
        with open(os.path.join(state_dir, _NAME), encoding="utf-8") as file:
            note = json.load(file)
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and isinstance(note.get("files"), dict) else None


def holds(note: Mapping[str, Any] | None) -> bool:
    """Return whether the files are still those that were proven."""
    return note is not None and all(checksum(path) == known for path, known in note["files"].items())


def checksum(path: str) -> str | None:
    """Return the SHA-256 of a file's content, None where it cannot be read."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None
