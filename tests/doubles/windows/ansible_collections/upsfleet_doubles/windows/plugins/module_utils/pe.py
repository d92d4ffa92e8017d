# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up Windows programs: a header that says for which machine, and a list of the DLLs that are needed beside them.

They stand for real programs in tests. Cannot show: anything a real program does, or a real import table.
"""

from __future__ import annotations

import struct
from typing import Sequence

I386 = 0x14C
AMD64 = 0x8664
_NEEDS = b"\nDOUBLE NEEDS:"


def program(machine: int, needs: Sequence[str] = (), text: str = "") -> bytes:
    """Return an MZ/PE file for a machine that needs other files in its folder."""
    dos = b"MZ" + b"\x00" * 58 + struct.pack("<I", 64)
    optional = 0xF0 if machine == AMD64 else 0xE0
    magic = 0x20B if machine == AMD64 else 0x10B
    coff = b"PE\x00\x00" + struct.pack("<HHIIIHH", machine, 0, 0, 0, 0, optional, 0x22)
    body = struct.pack("<H", magic) + b"\x00" * (optional - 2)
    return dos + coff + body + _NEEDS + " ".join(needs).encode() + b"\n" + text.encode()


def machine(content: bytes) -> int:
    """Return for which machine a program is, 0 if it is none."""
    if content[:2] != b"MZ" or len(content) < 64:
        return 0
    start = struct.unpack("<I", content[60:64])[0]
    if content[start : start + 4] != b"PE\x00\x00":
        return 0
    return int(struct.unpack("<H", content[start + 4 : start + 6])[0])


def needs(content: bytes) -> list[str]:
    """Return the names of the files that a made-up program needs beside it."""
    _head, found, rest = content.partition(_NEEDS)
    return rest.partition(b"\n")[0].decode().split() if found else []
