# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what modules said of a Windows host to what differs there and what stands in the way: pure rules, no I/O.

``wanted`` is the role's row of the platform, ``info`` the result of win_nut_client_info.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import acl

_WARNING = 3  # levels of an event: 1 critical, 2 error, 3 warning, 4 information; 0 is no level but always told

_EMULATES_X64 = 22000

Wanted = Mapping[str, Any]
Info = Mapping[str, Any]


def is_service(wanted: Wanted) -> bool:
    """Return whether the client is a service; WinNUT is a program of a user who is logged in."""
    return bool(wanted["is_service"])


def path(wanted: Wanted, name: str) -> str:
    """Return the path of a file of the installation."""
    return f"{wanted['prefix']}\\{name}"


def kinds(wanted: Wanted) -> dict[str, str]:
    """Return which folders are looked at, and as what (see _windows/acl.py)."""
    folders = {folder["path"]: folder["kind"] for folder in wanted["folders"]}
    return {**folders, wanted["state_dir"]: "root"}


def service_command(wanted: Wanted) -> str:
    """Return what the service starts, quoted: without quotes C:\\Program.exe could run in its place."""
    return f'"{path(wanted, "bin")}\\nut.exe"'


def unit_drift(wanted: Wanted, units: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what a registered service has that it should not have."""
    service = wanted["service"]
    unit = units.get(service)
    if not unit or not unit["registered"]:
        return []  # that it is neither enabled nor active says it
    drift = []
    command = service_command(wanted)
    if unit["path"] != command:
        drift.append(detail("service_path", f"{service} starts {unit['path']} and not {command}"))
    if unit["enabled"] and unit["start_mode"] != wanted["service_start_mode"]:
        drift.append(detail("service_start_mode", f"{service} starts before the network does"))
    needed = {one.lower() for one in wanted["service_dependencies"]}
    found = {one.lower() for one in unit["dependencies"] or ()}
    if needed - found:
        drift.append(detail("service_dependencies", f"{service} does not wait for {', '.join(sorted(needed - found))}"))
    if found - needed:
        more = ", ".join(sorted(found - needed))
        drift.append(detail("service_dependencies", f"{service} would not start where one of these does not: {more}"))
    return drift


def event_drift(wanted: Wanted, info: Info) -> list[dict[str, str]]:
    """Return whether Event Viewer would show numbers instead of texts."""
    if info["event_message_file"] == path(wanted, "bin\\nut.exe"):
        return []
    return [detail("event_source", "its events have no texts: the event source is not registered")]


def folder_drift(wanted: Wanted, info: Info) -> list[dict[str, str]]:
    """Return what is wrong with the rights in the folders that exist."""
    acls = info["acls"]
    return [
        detail("folder_rights", f"{folder}: {problem}")
        for folder, kind in kinds(wanted).items()
        for problem in (acl.problems(acls[folder], kind) if acls.get(folder) else ())
    ]


def state_dir_trusted(wanted: Wanted, info: Info) -> bool:
    """Return whether only administrators can have written what is noted in the state folder."""
    state = info["acls"].get(wanted["state_dir"])
    return not state or not acl.problems(state, "root")


def temporary_addresses(info: Info) -> list[str]:
    """Return the host's temporary IPv6 addresses.

    A stable one that is random too (randomizeidentifiers, Windows' default) says Link, as outputs that people published
    show; a random link-local one says WellKnown.
    """
    return sorted(
        normalise_address(one["address"])
        for one in info["ipv6_addresses"] or ()
        if (one["prefix_origin"], one["suffix_origin"]) == ("RouterAdvertisement", "Random")
    )


def errors(info: Info, start: float | None) -> list[str]:
    """Return what the Application log says of errors since a time (seconds since the epoch), nothing for None."""
    return [
        event["message"]
        for event in info["events"]
        if 0 < event["level"] < _WARNING and start is not None and event["time"] >= start
    ]


def blocker(wanted: Wanted, info: Info, present: bool) -> str:
    """Return what a person must do before anything may be changed, or an empty text.

    :param present: whether the programs are there.
    """
    return (
        _no_rights(info)
        or _no_programs_for_it(wanted, info)
        or _not_alone(wanted, info)
        or _taken(wanted, info, present)
        or (_reads_elsewhere(wanted, info) if is_service(wanted) else "")
    )


def _no_rights(info: Info) -> str:
    if info["administrator"]:
        return ""
    return (
        "Ansible has no administrator's rights on this host, and the service and its folders need them. Log in as a "
        "member of Administrators, over SSH, WinRM or PSRP, where User Account Control does not take them away: not as "
        "a local account whose token LocalAccountTokenFilterPolicy filters."
    )


def _no_programs_for_it(wanted: Wanted, info: Info) -> str:
    """NUT's archive is for x86-64, which Windows on ARM emulates from Windows 11 (build 22000) on."""
    machine = info["architecture"]
    if wanted["method"] != "archive":
        return ""
    if not machine["is_64bit"]:
        return (
            "This Windows is a 32-bit one, and NUT's archive has programs for 64-bit Windows. Take the host out of the "
            "group, or install a 64-bit Windows."
        )
    if machine["processor"].upper() == "ARM64" and _build(info) < _EMULATES_X64:
        return (
            "This Windows on ARM (before Windows 11) runs no programs for x86-64, which NUT's archive has. Upgrade it "
            "to Windows 11, or take the host out of the group."
        )
    return ""


def _build(info: Info) -> int:
    build = info["os"]["version"].rpartition(".")[2]
    return int(build) if build.isdigit() else _EMULATES_X64


def _not_alone(wanted: Wanted, info: Info) -> str:
    """What somebody else may change is no place for the programs of a service."""
    for folder, kind in kinds(wanted).items():
        sddl = info["acls"].get(folder)
        for who in acl.foreign(sddl, kind) if sddl else ():
            return (
                f"{folder} belongs to {who or 'nobody'}, or has an access rule of its own for that account, so nothing "
                f'is installed there. Move the folder away, or run takeown /a /r /f "{folder}" and '
                f'icacls "{folder}" /reset /t as an administrator, then run this again.'
            )
    return ""


def _taken(wanted: Wanted, info: Info, present: bool) -> str:
    prefix = wanted["prefix"]
    root = info["acls"].get(prefix) if kinds(wanted).get(prefix) == "root" else None
    if not root or present or not acl.problems(root, "root"):
        return ""
    return (
        f"{prefix} is there already and is not NUT's. Remove it if it is empty, or choose another folder in "
        "nut_client_windows_dir."
    )


def _reads_elsewhere(wanted: Wanted, info: Info) -> str:
    confpath, etc = info["nut_confpath"], path(wanted, "etc")
    if not confpath or confpath.rstrip("\\").lower() == etc.lower():
        return ""
    return (
        f"The machine's environment has NUT_CONFPATH={confpath}, so upsmon would not read {etc}. Remove that variable, "
        "then run this again."
    )
