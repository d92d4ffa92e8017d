# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of Windows accounts: the well-known ones, by SID, by English name and by the letters that SDDL has for them.

Cannot show: other users of the machine, domains, names in other languages.
"""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed

SYSTEM = "S-1-5-18"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
EVERYONE = "S-1-1-0"
AUTHENTICATED_USERS = "S-1-5-11"
CREATOR_OWNER = "S-1-3-0"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
COMPUTER = "S-1-5-21-1004336348-1177238915-682003330"
NO_GROUP = COMPUTER + "-513"

# SID: the letters of SDDL (empty: it is printed as a SID), the name that Windows prints.
WELL_KNOWN = {
    SYSTEM: ("SY", "NT AUTHORITY\\SYSTEM"),
    ADMINISTRATORS: ("BA", "BUILTIN\\Administrators"),
    USERS: ("BU", "BUILTIN\\Users"),
    AUTHENTICATED_USERS: ("AU", "NT AUTHORITY\\Authenticated Users"),
    CREATOR_OWNER: ("CO", "CREATOR OWNER"),
    EVERYONE: ("WD", "Everyone"),
    "S-1-5-19": ("LS", "NT AUTHORITY\\LOCAL SERVICE"),
    "S-1-5-20": ("NS", "NT AUTHORITY\\NETWORK SERVICE"),
    "S-1-15-2-1": ("AC", "APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES"),
    TRUSTED_INSTALLER: ("", "NT SERVICE\\TrustedInstaller"),
    COMPUTER + "-500": ("LA", "WINDOUBLE\\Administrator"),
    NO_GROUP: ("", "WINDOUBLE\\None"),
}
OTHER_NAMES = {
    "localsystem": SYSTEM,
    "networkservice": "S-1-5-20",
    "localservice": "S-1-5-19",
    "nt authority\\networkservice": "S-1-5-20",
    "nt authority\\localservice": "S-1-5-19",
    ".\\administrator": COMPUTER + "-500",
}


def sid_of(account: str) -> str:
    """Return the SID of an account's name or SID; raises Failed as Windows does for one that it does not know."""
    wanted = account.strip().lower()
    if wanted.upper() in WELL_KNOWN:
        return wanted.upper()
    for sid, (_letters, name) in WELL_KNOWN.items():
        if wanted in (name.lower(), name.lower().rpartition("\\")[2]):
            return sid
    if wanted in OTHER_NAMES:
        return OTHER_NAMES[wanted]
    raise Failed(f"account_name {account} is not a valid account, cannot get SID: no such account on this double")


def name_of(sid: str) -> str:
    """Return the name that Windows prints for a SID."""
    return WELL_KNOWN[sid][1] if sid in WELL_KNOWN else sid


def letters_of(sid: str) -> str:
    """Return what SDDL prints for a SID: two letters where there are any."""
    return (WELL_KNOWN[sid][0] if sid in WELL_KNOWN else "") or sid


def from_letters(text: str) -> str:
    """Return the SID that SDDL's letters mean, or the SID itself."""
    if text == "TI":  # not SDDL: short for the fresh state's table
        return TRUSTED_INSTALLER
    return next((sid for sid, (letters, _name) in WELL_KNOWN.items() if letters == text), text)
