# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of uname and sw_vers. Only these commands say Darwin: a system call, so Python's os.uname(), says Linux."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path

from .common import Answer, only, unknown

SYSTEM_VERSION = Path("/System/Library/CoreServices/SystemVersion.plist")
RELEASE, MACHINE = "24.5.0", "arm64"
VERSION = f"Darwin Kernel Version {RELEASE}: Tue Apr 22 19:53:27 PDT 2025; root:xnu-11417.121.6~2/RELEASE_ARM64_T6041"


def uname(arguments: Sequence[str], node: str) -> Answer:
    """uname(1) of macOS: any of -amnoprsv, joined or not."""
    values = {"s": "Darwin", "n": node, "r": RELEASE, "v": VERSION, "m": MACHINE, "p": "arm", "o": "Darwin"}
    letters = ""
    for argument in arguments:
        if not argument.startswith("-") or not argument[1:] or set(argument[1:]) - {*values, "a"}:
            raise unknown(arguments)
        letters += argument[1:]
    letters = (letters or "s").replace("a", "snrvm")
    order = [letter for letter in "snrvmpo" if letter in letters]
    return Answer(out=" ".join(values[letter] for letter in order) + "\n")


def sw_vers(arguments: Sequence[str], plist: bytes) -> Answer:
    """sw_vers(1), which reads SystemVersion.plist; an option may have one dash or two."""
    version = plistlib.loads(plist)
    names = {
        "productName": version["ProductName"],
        "productVersion": version["ProductVersion"],
        "buildVersion": version["ProductBuildVersion"],
    }
    options, _none = only(arguments, [f"{dashes}{name}" for dashes in ("-", "--") for name in names], 0)
    if len(options) > 1:
        raise unknown(arguments)
    if options:
        return Answer(out=names[options.pop().lstrip("-")] + "\n")
    rows = ((name[0].upper() + name[1:], value) for name, value in names.items())
    return Answer(out="".join(f"{name}:\t\t{value}\n" for name, value in rows))
