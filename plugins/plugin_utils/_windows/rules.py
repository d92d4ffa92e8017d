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
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.starters import OTHER_STARTER
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import acl

_WARNING = 3  # levels of an event: 1 critical, 2 error, 3 warning, 4 information

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
    missing = {one.lower() for one in wanted["service_dependencies"]} - {
        one.lower() for one in unit["dependencies"] or ()
    }
    if missing:
        drift.append(detail("service_dependencies", f"{service} does not wait for {', '.join(sorted(missing))}"))
    return drift


def event_drift(wanted: Wanted, info: Info) -> list[dict[str, str]]:
    """Return whether Event Viewer would show numbers instead of texts."""
    if info["event_message_file"] == path(wanted, "bin\\nut.exe"):
        return []
    return [detail("event_source", "its events have no texts: the event source is not registered")]


def resume_drift(wanted: Wanted, info: Info, task_exists: bool) -> list[dict[str, str]]:
    """Return what is wrong with the task that starts the service again after hibernation."""
    hibernates = wanted["hibernate"]
    if hibernates and not info["hibernation"]:
        return [detail("no_hibernation", "hibernation is not available")]
    if hibernates and not task_exists:
        return [detail("resume_task", "no task starts the service again after hibernation")]
    if not hibernates and task_exists:
        return [detail("resume_task", "a task starts the service after hibernation, which is not asked for")]
    return []


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


def upsmon_started(info: Info) -> dict[int, float]:
    """Return the start of each upsmon (seconds since the epoch), by process number.

    Wherever it is: people run NUT from where they unpacked it, and what is logged in protects the host now.
    """
    return {
        one["pid"]: one["started"] or info["time"]  # not told: then it cannot be older than its files
        for one in info["processes"]
        if _is_upsmon(one)
    }


def _is_upsmon(process: Mapping[str, Any]) -> bool:
    return bool(process["name"].lower() == "upsmon")


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


def foreign_upsmons(wanted: Wanted, info: Info) -> dict[int, str]:
    """Return the path of each upsmon that is not of this installation, by process number."""
    ours = path(wanted, "sbin\\upsmon.exe").lower()
    return {
        one["pid"]: one["path"]
        for one in info["processes"]
        if _is_upsmon(one) and one["path"] and one["path"].lower() != ours
    }


def own_start(wanted: Wanted, info: Info) -> float | None:
    """Return since when upsmon runs (seconds since the epoch): ours, or where there is none, another one."""
    started = upsmon_started(info)
    foreign = foreign_upsmons(wanted, info)
    own = [start for pid, start in started.items() if pid not in foreign]
    return min(own or started.values(), default=None)


def gaps(wanted: Wanted, info: Info, units: Mapping[str, Mapping[str, Any]], task_exists: bool) -> list[dict[str, str]]:
    """Return what would keep a host up that is logged in, or bare after its next boot or hibernation."""
    unit = units.get(wanted["service"])
    if not unit or not unit["registered"]:
        return []
    found = []
    foreign = foreign_upsmons(wanted, info)
    if foreign and len(foreign) == len(upsmon_started(info)) and unit["path"] == service_command(wanted):
        who = ", ".join(f"{printable(one)} (PID {pid})" for pid, one in foreign.items())
        found.append(
            detail(
                OTHER_STARTER,
                f"the upsmon that runs is {who}, which {wanted['service']} does not start, so nothing says that it "
                "comes back after a boot. Stop it and turn off the task or program that starts it, then run "
                "upsfleet.synology.site",
            )
        )
    if not unit["enabled"]:
        found.append(detail("unit_not_enabled", f"{wanted['service']} does not start at boot"))
    if wanted["hibernate"]:
        found += resume_drift(wanted, info, task_exists)
    return found


def notes(wanted: Wanted, info: Info, units: Mapping[str, Mapping[str, Any]], logged_in: bool) -> list[str]:
    """Return what a person should know of a NUT that was set up by hand.

    :param logged_in: whether the upsmon that runs is logged in somewhere.
    """
    unit = units.get(wanted["service"])
    if not logged_in or (unit and unit["registered"] and unit["path"] == service_command(wanted)):
        return []  # where the service is ours, gaps tells of it
    return [
        f"a NUT at {printable(one)} is logged in now; it will be replaced, but not before the NAS would take the new "
        "login"
        for one in dict.fromkeys(foreign_upsmons(wanted, info).values())
    ]


def errors(wanted: Wanted, info: Info, since: float) -> list[str]:
    """Return what the Application log says of errors since a time (seconds since the epoch), 0 for upsmon's start."""
    start = since or own_start(wanted, info)
    return [
        event["message"]
        for event in info["events"]
        if event["level"] < _WARNING and start is not None and event["time"] >= start
    ]


def blocker(wanted: Wanted, info: Info, present: bool) -> str:
    """Return what a person must do before anything may be changed, or an empty text.

    :param present: whether the programs are there.
    """
    return (
        _not_alone(wanted, info)
        or _taken(wanted, info, present)
        or (_reads_elsewhere(wanted, info) if is_service(wanted) else "")
        or _no_hibernation(wanted, info)
    )


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


def _no_hibernation(wanted: Wanted, info: Info) -> str:
    if not wanted["hibernate"] or info["hibernation"]:
        return ""
    return (
        "Hibernation is not available on this host, so it could not be hibernated. Run powercfg /hibernate on as an "
        "administrator, or set nut_client_windows_shutdown.action: shutdown."
    )
