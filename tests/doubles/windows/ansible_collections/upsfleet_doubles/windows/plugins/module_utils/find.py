# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of win_stat and win_find.

Cannot show: links, shares, hidden files, and files whose owner or content cannot be read.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import time
from typing import Any, Iterator

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import accounts, paths
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_AHEAD = 7200  # the double's clock is two hours ahead of UTC, and win_find, unlike win_stat, counts in local time
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def checksum(content: bytes, algorithm: str = "sha1") -> str:
    """Return a file's checksum as Windows' modules print it."""
    return hashlib.new(algorithm, content).hexdigest()


def _size(real: str) -> int:
    if os.path.isfile(real):
        return os.path.getsize(real)
    return sum(os.path.getsize(os.path.join(top, name)) for top, _dirs, names in os.walk(real) for name in names)


def facts(machine: Machine, path: str) -> dict[str, Any]:
    """Return what both modules say of a path that exists, but for checksum and size."""
    real = machine.drive.real(path)
    found = os.stat(real)
    folder = os.path.isdir(real)
    result: dict[str, Any] = {
        "attributes": "Directory" if folder else "Archive",
        "creationtime": found.st_ctime,
        "exists": True,
        "filename": paths.basename(machine.drive.true(path)),
        "hlnk_targets": [],
        "isarchive": not folder,
        "isdir": folder,
        "ishidden": False,
        "isjunction": False,
        "islnk": False,
        "isreadonly": False,
        "isreg": not folder,
        "isshared": False,
        "lastaccesstime": found.st_atime,
        "lastwritetime": found.st_mtime,
        "nlink": 1,
        "owner": accounts.name_of(machine.descriptor(path)["owner"]),
        "path": machine.drive.true(path),
    }
    return result if folder else {**result, "extension": os.path.splitext(real)[1]}


def win_stat(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_stat does."""
    path = params["path"]
    if not machine.drive.exists(path):
        return {"changed": False, "stat": {"exists": False}}
    stat = facts(machine, path)
    if params["get_size"]:
        stat["size"] = _size(machine.drive.real(path))
    if params["get_checksum"] and not stat["isdir"]:
        stat["checksum"] = checksum(machine.drive.read(path), params["checksum_algorithm"])
    return {"changed": False, "stat": stat}


def _amount(text: str | None, units: dict[str, int], default: str, what: str) -> int | None:
    if text is None:
        return None
    found = re.match(r"^(-?\d+)([a-z])?$", text)
    if not found or (found[2] or default) not in units:
        raise Failed(f"Invalid {what} pattern specified")
    return int(found[1]) * units[found[2] or default]


def _name_fits(name: str, params: dict[str, Any]) -> bool:
    if params["patterns"] is None:
        return True
    if params["use_regex"]:
        flags = 0 if params["case_sensitive"] else re.IGNORECASE
        return any(re.search(pattern, name, flags) for pattern in params["patterns"])
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in params["patterns"])


def _fits(stat: os.stat_result, folder: bool, params: dict[str, Any], now: float) -> bool:
    if params["file_type"] != "any" and folder != (params["file_type"] == "directory"):
        return False
    age = _amount(params["age"], _SECONDS, "s", "age")
    if age is not None:
        stamp = {"mtime": stat.st_mtime, "ctime": stat.st_ctime, "atime": stat.st_atime}[params["age_stamp"]]
        if (now - stamp < age) if age >= 0 else (now - stamp > -age):
            return False
    size = _amount(params["size"], _BYTES, "b", "size")
    length = 0 if folder else stat.st_size
    return size is None or (length >= size if size >= 0 else length <= -size)


def _walk(folder: str, recurse: bool, depth: int) -> Iterator[str]:
    """Yield what is below a folder; before ansible.windows 3.6.0 ``depth`` only holds for the first folder in each.

    There each folder takes one off the depth of those that come after it beside it (win_find.ps1:248-254 of 3.3.0), and
    what has gone below 1 is no limit.
    """
    below = depth
    for name in sorted(os.listdir(folder), key=str.upper):
        path = os.path.join(folder, name)
        if recurse and depth != 1 and os.path.isdir(path):
            below -= 1
            yield from _walk(path, recurse, below)
        yield path


def _found(machine: Machine, real: str, params: dict[str, Any]) -> dict[str, Any]:
    path = machine.drive.windows(real)
    base = {
        "checksum": None,
        "extension": None,
        "lnk_source": None,
        "lnk_target": None,
        "sharename": None,
        "size": None,
    }
    row = {**base, **facts(machine, path)}
    for stamp in ("creationtime", "lastaccesstime", "lastwritetime"):
        row[stamp] += _AHEAD
    if not row["isdir"]:
        row["size"] = os.path.getsize(real)
        if params["get_checksum"]:
            row["checksum"] = checksum(machine.drive.read(path), params["checksum_algorithm"])
    return row


def _start(machine: Machine, path: str) -> tuple[str | None, str | None]:
    if not machine.drive.exists(path):
        return None, f"Argument path '{path}' does not exist or is not accessible, skipping"
    if not machine.drive.is_folder(path):
        return None, f"Argument path '{path}' is a file not a directory, skipping"
    return machine.drive.real(path), None


def win_find(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_find does."""
    warnings: list[str] = []
    seen: list[str] = []
    for path in params["paths"]:
        folder, warning = _start(machine, path)
        warnings += [warning] if warning else []
        if folder is not None:
            seen += [real for real in _walk(folder, params["recurse"], params["depth"] or 0) if real not in seen]
    now = time.time()
    matched = [
        _found(machine, real, params)
        for real in seen
        if _fits(os.stat(real), os.path.isdir(real), params, now) and _name_fits(os.path.basename(real), params)
    ]
    matched.sort(key=lambda row: str(row["path"]).lower())
    result = {"changed": False, "examined": len(seen), "matched": len(matched), "files": matched}
    return {**result, "warnings": warnings} if warnings else result
