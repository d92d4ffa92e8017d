# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Linux processes behind the double's: whether they live, when they started, what they are connected to."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any

_ESTABLISHED = "01"


def _stat(pid: int) -> list[str]:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()
    return []


def ticks(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 if there is none. Tells a reused pid apart."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else 0


def lives(process: dict[str, Any]) -> bool:
    """Return whether a process of state.json still runs."""
    return bool(process["ticks"]) and ticks(process["pid"]) == process["ticks"]


def children(pid: int) -> list[int]:
    """Return a process's children."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [child for child in pids if (_stat(child) or ["", "0"])[1] == str(pid)]


def _address(text: str) -> dict[str, Any]:
    host, _colon, port = text.partition(":")
    words = b"".join(struct.pack("=I", int(host[place : place + 8], 16)) for place in range(0, len(host), 8))
    if len(words) == 16 and words.startswith(b"\x00" * 10 + b"\xff\xff"):
        words = words[12:]
    family = socket.AF_INET if len(words) == 4 else socket.AF_INET6
    return {"address": socket.inet_ntop(family, words), "port": int(port, 16)}


def _sockets(pid: int) -> list[str]:
    found = []
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return [link[8:-1] for link in found if link.startswith("socket:[")]


def connections(pid: int) -> list[dict[str, Any]]:
    """Return the established TCP connections of a process and of its children, as connections of the process."""
    inodes = {inode for owner in (pid, *children(pid)) for inode in _sockets(owner)}
    rows = []
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/net/{table}") as file:
            rows += [line.split() for line in file][1:]
    result = []
    for row in rows:
        if row[3] == _ESTABLISHED and row[9] in inodes:
            local, remote = _address(row[1]), _address(row[2])
            result.append(
                {
                    "pid": pid,
                    "local_address": local["address"],
                    "local_port": local["port"],
                    "remote_address": remote["address"],
                    "remote_port": remote["port"],
                }
            )
    return result
