# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is peculiar about a file that is to be written: a link, an attribute that forbids it, another who writes it.

Read-only. What a file says is somebody else's text: it is returned cut, in one line of printable ASCII.
"""

from __future__ import annotations

import array
import fcntl
import os
import re
import stat
from typing import Any

DIVERSIONS = "/var/lib/dpkg/diversions"

# Linux include/uapi/linux/fs.h: _IOR('f', 1, long), FS_IMMUTABLE_FL, FS_APPEND_FL. Architectures that number it in
# another way say ENOTTY, and then it cannot be told.
_GET_FLAGS = (2 << 30) | (array.array("l").itemsize << 16) | (ord("f") << 8) | 1
_LINUX_FLAGS = ((0x10, "i"), (0x20, "a"))
_MAC_FLAGS = (
    (stat.UF_IMMUTABLE, "uchg"),
    (stat.SF_IMMUTABLE, "schg"),
    (stat.UF_APPEND, "uappnd"),
    (stat.SF_APPEND, "sappnd"),
)
_HEAD_LINES, _HEAD_BYTES = 12, 4096
_COMMENT = re.compile(r"^\s*(?:#|;|//|<!--)")
_WRITER = re.compile(
    r"\b(?:(?:auto(?:matically)?[- ]?)?generated|managed|maintained)(?: automatically)? (?:by|with|using) "
    r"[\"'<\[]?(?!hand\b)([a-z0-9][^(.,;:!\"'>\]]*)",
    re.IGNORECASE,
)
# Whoever runs it now decides: another role's header is the user's own, and so is ours.
_OURS = re.compile(r"\bAnsible\b", re.IGNORECASE)
_LONGEST = 60


def look(path: str, diversions: str = DIVERSIONS) -> dict[str, Any]:
    """Return what is peculiar about the file at *path*; a key is only there where it says something.

    ``link``: what it leads to, where it is a symbolic link. ``immutable``: the path (of the file or its folder) and the
    flag that forbid to replace it. ``not_a_file``: it is a folder, a device or the like. ``managed_by``: who else
    writes it.
    """
    real = os.path.realpath(path)
    found = {
        "link": printable(real, 200) if os.path.islink(path) else "",
        "immutable": immutable(real) or immutable(os.path.dirname(real)),
        "not_a_file": os.path.exists(real) and not os.path.isfile(real),
        "managed_by": diverted_by({path, real}, diversions) or (written_by(real) if os.path.isfile(real) else ""),
    }
    return {key: value for key, value in found.items() if value}


def immutable(path: str) -> dict[str, str] | None:
    """Return path and flag (``i`` or ``a`` of chattr, ``uchg`` ... of chflags) where one forbids to replace it."""
    try:
        seen = os.lstat(path)
        if not (stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)):
            return None
        names = [name for bit, name in _MAC_FLAGS if getattr(seen, "st_flags", 0) & bit]
        if not hasattr(seen, "st_flags"):
            flags = _flags(path)
            names = [name for bit, name in _LINUX_FLAGS if flags & bit]
    except OSError:
        return None
    return {"path": path, "flag": names[0]} if names else None


def _flags(path: str) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        flags = array.array("l", [0])
        fcntl.ioctl(descriptor, _GET_FLAGS, flags, True)
        return flags[0]
    finally:
        os.close(descriptor)


def diverted_by(paths: set[str], diversions: str = DIVERSIONS) -> str:
    """Return the package for which dpkg diverts one of *paths* (man 1 dpkg-divert), empty where it does not."""
    try:
        with open(diversions, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return ""
    for original, _to, package in zip(lines[::3], lines[1::3], lines[2::3]):
        if original in paths:
            return "dpkg-divert" if package == ":" else printable(package, _LONGEST)
    return ""


def written_by(path: str) -> str:
    """Return who a comment among the file's first lines says to write it, empty where nobody else does."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ""
    for line in filter(_COMMENT.match, head.splitlines()[:_HEAD_LINES]):
        found = _WRITER.search(line)
        if found and not _OURS.search(line):
            return printable(found.group(1).strip(" \t*-"), _LONGEST)
    return ""


def printable(text: str, longest: int) -> str:
    """Return a stranger's text as one line of printable ASCII, cut."""
    line = "".join(character if " " <= character <= "~" else "?" for character in text)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
