# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in a folder of Windows, read from its security descriptor's text (SDDL), and what is wrong with it.

A service of NUT runs as LocalSystem: who can change its programs, or read the password in etc, owns the host or the
UPS. SDDL: https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-definition-language
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, NamedTuple

SYSTEM = "S-1-5-18"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
CREATORS = ("S-1-3-0", "S-1-3-1")  # stand for whoever creates a file, and mean nothing on the folder itself

KINDS = ("root", "etc", "programs")
# What a folder of a kind is given, as Windows prints it. etc is closed by itself too: in Program Files users may read.
_CLOSED = "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
_GIVEN = {"root": _CLOSED, "etc": _CLOSED, "programs": "O:BAD:AI(A;OICI;0x1200a9;;;BU)"}

# SDDL's alias, SID, English name. Aliases of a domain's own accounts have no SID that could be told without it.
_ACCOUNTS = (
    ("SY", SYSTEM, "SYSTEM"),
    ("BA", ADMINISTRATORS, "Administrators"),
    ("BU", USERS, "Users"),
    ("BG", "S-1-5-32-546", "Guests"),
    ("PU", "S-1-5-32-547", "Power Users"),
    ("BO", "S-1-5-32-551", "Backup Operators"),
    ("SO", "S-1-5-32-549", "Server Operators"),
    ("RD", "S-1-5-32-555", "Remote Desktop Users"),
    ("IS", "S-1-5-32-568", "IIS_IUSRS"),
    ("WD", "S-1-1-0", "Everyone"),
    ("CO", CREATORS[0], "CREATOR OWNER"),
    ("CG", CREATORS[1], "CREATOR GROUP"),
    ("OW", "S-1-3-4", "OWNER RIGHTS"),
    ("NU", "S-1-5-2", "NETWORK"),
    ("IU", "S-1-5-4", "INTERACTIVE"),
    ("SU", "S-1-5-6", "SERVICE"),
    ("AN", "S-1-5-7", "ANONYMOUS LOGON"),
    ("AU", "S-1-5-11", "Authenticated Users"),
    ("LS", "S-1-5-19", "LOCAL SERVICE"),
    ("NS", "S-1-5-20", "NETWORK SERVICE"),
    ("AC", "S-1-15-2-1", "ALL APPLICATION PACKAGES"),
    ("LA", "LA", "the local Administrator"),
    ("LG", "LG", "the local Guest"),
    ("DA", "DA", "Domain Admins"),
    ("DU", "DU", "Domain Users"),
    ("EA", "EA", "Enterprise Admins"),
    ("", TRUSTED_INSTALLER, "TrustedInstaller"),
)
_SIDS = {alias: sid for alias, sid, _name in _ACCOUNTS if alias}
_NAMES = {sid: name for _alias, sid, name in _ACCOUNTS}
_TRUSTED = (SYSTEM, ADMINISTRATORS, TRUSTED_INSTALLER)

_FULL = 0x1F01FF
_READ_EXECUTE = 0x1200A9
# WRITE_DATA, APPEND_DATA, WRITE_EA, DELETE_CHILD, WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER
_CHANGE = 0x0D0156
_RIGHTS = {
    "GA": _FULL, "GR": 0x120089, "GW": 0x120116, "GX": 0x1200A0,
    "FA": _FULL, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0,
    "RC": 0x20000, "SD": 0x10000, "WD": 0x40000, "WO": 0x80000,
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
    "KA": 0xF003F, "KR": 0x20019, "KW": 0x20006, "KX": 0x20019,
}  # fmt: skip
_GENERIC = {0x10000000: _FULL, 0x80000000: 0x120089, 0x40000000: 0x120116, 0x20000000: 0x1200A0}
_WORDS = (
    (0x1, "read"),
    (0x20, "execute"),
    (0x116, "write"),
    (0x10040, "delete"),
    (0x40000, "change permissions"),
    (0x80000, "take ownership"),
)
_TYPES = {"A": "allow", "XA": "allow", "OA": "allow", "D": "deny", "XD": "deny", "OD": "deny"}

_ACCOUNT = r"(S-1-[0-9A-Fx-]+|[A-Z]{2})"


class Ace(NamedTuple):
    """One access rule."""

    type: str  # allow or deny
    flags: frozenset[str]  # OI and CI: for what is in the folder; IO: only for that; ID: inherited from above
    rights: int  # mask as of files, generic rights resolved
    sid: str

    @property
    def inherited(self) -> bool:
        """Whether the folder above gave it."""
        return "ID" in self.flags

    @property
    def here(self) -> bool:
        """Whether it holds for the folder itself."""
        return "IO" not in self.flags


class Acl(NamedTuple):
    """Owner and access rules of a folder."""

    owner: str | None
    protected: bool  # nothing is inherited from the folder above
    aces: tuple[Ace, ...] | None  # None: there is no list, so everybody may do everything


def account(sid: str) -> str:
    """Return the English name of a well-known account, else *sid* itself."""
    return _NAMES.get(sid, sid)


def parse(sddl: str) -> Acl:
    """Read the text of a security descriptor.

    :raises ValueError: if it is none.
    """
    found = re.fullmatch(
        rf"(?:O:{_ACCOUNT})?(?:G:{_ACCOUNT})?(?:D:([A-Z_]*)(\(.*\))?)?(?:S:.*)?", sddl.strip(), re.DOTALL
    )
    if not found or not sddl.strip():
        raise ValueError(f"not a security descriptor: {sddl[:80]!r}")
    owner, _group, flags, entries = found.groups()
    aces = None
    if flags is not None and "NO_ACCESS_CONTROL" not in flags:
        aces = tuple(_ace(entry) for entry in _entries(entries or ""))
    control = set(re.findall("AI|AR|P", (flags or "").replace("NO_ACCESS_CONTROL", "")))
    return Acl(_sid(owner) if owner else None, "P" in control, aces)


def problems(sddl: str, kind: str) -> list[str]:
    """Return what is wrong with a folder of NUT, as sentences without the folder's name and without a full stop.

    :param kind: ``root``, where nothing is inherited, and ``etc``: nobody but SYSTEM and Administrators has any
        access. ``programs``: Users, and others, may read and execute.
    :raises ValueError: if *sddl* or *kind* is none.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    acl = parse(sddl)
    found = []
    if acl.owner not in _TRUSTED:
        who = account(acl.owner) if acl.owner else "nobody known"
        found.append(f"it is owned by {who}, not by Administrators or SYSTEM")
    if acl.aces is None:
        return [*found, "it has no access list, so everybody may do everything"]
    if kind == "root" and not acl.protected:
        found.append("it inherits access from the folder above")
    found += [
        f"{account(sid)} does not have full control" for sid in (SYSTEM, ADMINISTRATORS) if _lacks(acl.aces, sid, _FULL)
    ]
    if kind == "programs" and _lacks(acl.aces, USERS, _READ_EXECUTE):
        found.append("Users may not run what is in it")
    return found + _strangers(acl.aces, kind)


def foreign(sddl: str, kind: str) -> list[str]:
    """Return who else has a say in a folder by a rule of its own, or owns it; what is inherited can be turned off.

    :param kind: as for :func:`problems`.
    :raises ValueError: if *sddl* is none.
    """
    acl = parse(sddl)
    rules = [
        ace.sid
        for ace in acl.aces or ()
        if not ace.inherited
        and not _harmless(ace)
        and not (kind == "programs" and ace.sid == USERS and not ace.rights & ~_READ_EXECUTE)
    ]
    owner = [] if acl.owner in _TRUSTED else [acl.owner or ""]
    return [account(sid) for sid in dict.fromkeys(owner + rules)]


def given(folders: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the folders as win_nut_folders takes them, one that is in another one after that.

    :param folders: kinds (see :func:`problems`) by path. ``programs`` inherits the full control of the folder above.
    """
    paths = sorted(folders, key=str.lower)
    return [
        {
            "path": path,
            "sddl": _GIVEN[folders[path]],
            "recurse": not any(path.lower().startswith(f"{other.lower()}\\") for other in paths),
        }
        for path in paths
    ]


def rights_text(mask: int) -> str:
    """Return what a mask of rights allows, such as ``read, execute``."""
    if mask & _FULL == _FULL:
        return "do everything"
    return ", ".join(word for bits, word in _WORDS if mask & bits) or f"use the rights {mask:#x}"


def _harmless(ace: Ace) -> bool:
    """Return whether a rule gives nobody more; who may not create a file is no creator."""
    return ace.sid in _TRUSTED or (ace.sid in CREATORS and not ace.here)


def _lacks(aces: tuple[Ace, ...], sid: str, wanted: int) -> bool:
    allowed = denied = 0
    for ace in aces:
        if ace.sid == sid and ace.here:
            allowed |= ace.rights if ace.type == "allow" else 0
            denied |= ace.rights if ace.type == "deny" else 0
    return (allowed & ~denied) & wanted != wanted


def _strangers(aces: tuple[Ace, ...], kind: str) -> list[str]:
    """Say what accounts may do that are none of ours, each once."""
    allowed: dict[str, int] = {}
    for ace in aces:
        if ace.type == "allow" and not _harmless(ace):
            allowed[ace.sid] = allowed.get(ace.sid, 0) | ace.rights
    wrong = {sid: rights & (_CHANGE if kind == "programs" else ~0) for sid, rights in allowed.items()}
    return [f"{account(sid)} may {rights_text(allowed[sid])}" for sid, rights in wrong.items() if rights]


def _entries(text: str) -> Iterator[str]:
    """Yield what is between the outer brackets; a condition has brackets and quotes of its own."""
    depth = start = 0
    quoted = False
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif char == ")":
            depth -= 1
            if not depth:
                yield text[start:at]
        elif char == "S" and not depth and text[at : at + 2] == "S:":
            return  # the audit rules
    if depth or quoted:
        raise ValueError("not a security descriptor: brackets or quotes do not match")


def _ace(entry: str) -> Ace:
    parts = entry.split(";", 6)
    if len(parts) < 6 or parts[0] not in _TYPES:
        raise ValueError(f"not an access rule: {entry[:80]!r}")
    flags = frozenset(re.findall("..", parts[1]))
    return Ace(_TYPES[parts[0]], flags, _mask(parts[2]), _sid(parts[5]))


def _mask(text: str) -> int:
    if re.fullmatch("0[xX][0-9a-fA-F]+", text):
        mask = int(text, 16)
        for generic, meant in _GENERIC.items():
            if mask & generic:
                mask = mask & ~generic | meant
        return mask
    words = re.findall("..", text)
    if "".join(words) != text or not set(words) <= set(_RIGHTS):
        raise ValueError(f"not access rights: {text[:80]!r}")
    mask = 0
    for word in words:
        mask |= _RIGHTS[word]
    return mask


def _sid(text: str) -> str:
    if not re.fullmatch(_ACCOUNT, text):
        raise ValueError(f"not an account: {text[:80]!r}")
    return _SIDS.get(text, text)
