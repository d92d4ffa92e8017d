# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of access control lists: owner, protection, entries, what a folder hands down, and SDDL as Windows prints it.

Inherited entries are computed when asked for, not stored. Cannot show: auditing, integrity labels, effective rights of
a user in several groups, and files that keep their old entries when they are moved.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import accounts
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed

FULL = 0x1F01FF
SYNCHRONIZE = 0x100000
# The names of .NET's FileSystemRights.
RIGHTS = {
    "listdirectory": 0x1,
    "readdata": 0x1,
    "createfiles": 0x2,
    "writedata": 0x2,
    "createdirectories": 0x4,
    "appenddata": 0x4,
    "readextendedattributes": 0x8,
    "writeextendedattributes": 0x10,
    "executefile": 0x20,
    "traverse": 0x20,
    "deletesubdirectoriesandfiles": 0x40,
    "readattributes": 0x80,
    "writeattributes": 0x100,
    "write": 0x116,
    "delete": 0x10000,
    "readpermissions": 0x20000,
    "read": 0x20089,
    "readandexecute": 0x200A9,
    "modify": 0x301BF,
    "changepermissions": 0x40000,
    "takeownership": 0x80000,
    "synchronize": SYNCHRONIZE,
    "fullcontrol": FULL,
}
_GENERIC = {0x80000000: 0x120089, 0x40000000: 0x120116, 0x20000000: 0x1200A0, 0x10000000: FULL}
_EXACT = {FULL: "FA", 0x120089: "FR", 0x120116: "FW", 0x1200A0: "FX"}
_BITS = {
    **{name: 1 << bit for bit, name in enumerate(("CC", "DC", "LC", "SW", "RP", "WP", "DT", "LO", "CR"))},
    "SD": 0x10000,
    "RC": 0x20000,
    "WD": 0x40000,
    "WO": 0x80000,
    "GX": 0x20000000,
    "GW": 0x40000000,
    "GR": 0x80000000,
    "GA": 0x10000000,
}
_FLAGS = ("OI", "CI", "NP", "IO")


class Ace(NamedTuple):
    """One entry; ``type`` is A or D, ``flags`` are SDDL's without ID."""

    sid: str
    type: str
    mask: int
    flags: frozenset[str] = frozenset()
    inherited: bool = False


def rights_mask(rights: str, allow: bool) -> int:
    """Return the mask of a comma-separated list of rights, as .NET's FileSystemAccessRule makes it."""
    mask = 0
    for name in rights.split(","):
        word = name.strip().lower()
        if word.isdigit():
            mask |= int(word)
        elif word in RIGHTS:
            mask |= RIGHTS[word]
        else:
            raise Failed(f'Cannot convert value "{rights}" to type "System.Security.AccessControl.FileSystemRights".')
    if allow:
        return mask | SYNCHRONIZE
    return mask if mask in (FULL, FULL & ~0x40) else mask & ~SYNCHRONIZE


def _specific(mask: int) -> int:
    for generic, rights in _GENERIC.items():
        if mask & generic:
            mask = mask & ~generic | rights
    return mask


def handed_down(entries: list[Ace], to_folder: bool, owner: str) -> list[Ace]:
    """Return what a new file or folder gets from its folder's entries."""
    result = []
    for ace in entries:
        applies = ("CI" if to_folder else "OI") in ace.flags
        goes_on = to_folder and bool(ace.flags & {"OI", "CI"}) and "NP" not in ace.flags
        flags = ace.flags & {"OI", "CI"}
        here = ace._replace(
            sid=owner if ace.sid == accounts.CREATOR_OWNER else ace.sid, mask=_specific(ace.mask), inherited=True
        )
        if applies and goes_on and here[:3] == ace[:3]:
            result.append(here._replace(flags=flags))
            continue
        if applies:
            result.append(here._replace(flags=frozenset()))
        if goes_on:
            result.append(ace._replace(flags=flags | {"IO"}, inherited=True))
    return result


def in_order(entries: list[Ace]) -> list[Ace]:
    """Return entries in the order that Windows keeps: denials before grants, inherited ones last as they came."""
    own = [ace for ace in entries if not ace.inherited]
    return sorted(own, key=lambda ace: ace.type != "D") + [ace for ace in entries if ace.inherited]


def added(entries: list[Ace], new: Ace) -> list[Ace]:
    """Return explicit entries with one more, merged as .NET's AddAccessRule merges."""
    result = list(entries)
    for place, ace in enumerate(result):
        if (ace.sid, ace.type, ace.flags) == (new.sid, new.type, new.flags):
            result[place] = ace._replace(mask=ace.mask | new.mask)
            return result
        if ace[:3] == new[:3] and ("IO" in ace.flags) == ("IO" in new.flags):
            result[place] = ace._replace(flags=ace.flags | new.flags)
            return result
    return in_order(result + [new])


def as_stored(ace: Ace) -> dict[str, Any]:
    """Return an entry for state.json."""
    return {"sid": ace.sid, "type": ace.type, "mask": ace.mask, "flags": [f for f in _FLAGS if f in ace.flags]}


def from_stored(stored: dict[str, Any]) -> Ace:
    """Return an entry of state.json."""
    return Ace(stored["sid"], stored["type"], int(stored["mask"]), frozenset(stored["flags"]))


def _printed_mask(mask: int) -> str:
    if mask in _EXACT:
        return _EXACT[mask]
    if mask & ~sum(_BITS.values()):
        return hex(mask)  # SDDL has no letters for SYNCHRONIZE
    return "".join(name for name, bit in _BITS.items() if mask & bit)


def sddl(owner: str, group: str, protected: bool, entries: list[Ace]) -> str:
    """Return a security descriptor as text."""
    text = f"O:{accounts.letters_of(owner)}G:{accounts.letters_of(group)}D:{'P' if protected else ''}AI"
    for ace in entries:
        flags = "".join(f for f in _FLAGS if f in ace.flags) + ("ID" if ace.inherited else "")
        text += f"({ace.type};{flags};{_printed_mask(ace.mask)};;;{accounts.letters_of(ace.sid)})"
    return text


def _read_mask(text: str) -> int:
    if text.startswith("0x"):
        return int(text, 16)
    exact = {name: mask for mask, name in _EXACT.items()}
    if text in exact:
        return exact[text]
    return sum(_BITS[text[place : place + 2]] for place in range(0, len(text), 2))


def from_sddl(text: str) -> dict[str, Any]:
    """Return what state.json holds for a security descriptor; inherited entries are left out."""
    found = re.match(r"O:(?P<owner>.*?)G:(?P<group>.*?)D:(?P<how>[PAI]*)(?P<aces>\(.*)?$", text)
    if not found:
        raise ValueError(f"not a security descriptor: {text}")
    aces = []
    for kind, flags, mask, sid in re.findall(r"\(([AD]);(\w*);(\w*);;;([\w-]+)\)", found["aces"] or ""):
        names = frozenset(flags[place : place + 2] for place in range(0, len(flags), 2))
        if "ID" not in names:
            aces.append(as_stored(Ace(accounts.from_letters(sid), kind, _read_mask(mask), names)))
    return {
        "owner": accounts.from_letters(found["owner"]),
        "group": accounts.from_letters(found["group"]),
        "protected": "P" in found["how"],
        "aces": aces,
    }
