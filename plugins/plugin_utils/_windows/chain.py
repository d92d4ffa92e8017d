# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would this Windows host really go down, and be protected again afterwards? Pure.

``wanted`` is the role's row of the platform, ``info`` the result of win_nut_client_info, ``units`` the audit's.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.chain import MONITOR_ONLY_GAP
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.starters import OTHER_STARTER
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import resume_task
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.rules import (
    Info,
    Wanted,
    is_service,
    path,
    service_command,
)

Units = Mapping[str, Mapping[str, Any]]
Process = Mapping[str, Any]

ORPHAN = "orphan"
SHUTDOWN_ABORTED = "shutdown_aborted"
RESUME_TASK = "resume_task"
RESUME_TASK_ALTERED = "resume_task_altered"

# What goes into the event log, in no other language: doshutdown in clients/upsmon.c and scripts/Windows/wininit.c of
# NUT, from 2.6.5 to 2.8.5. NOTIFYMSG, which anybody may change, is not among it.
_SHUTS_DOWN = "Executing automatic power-fail shutdown"
_STARTS = "Starting upsmon"
_REDUCED = 1  # HiberFileType: for fast startup only


def upsmons(info: Info) -> list[Process]:
    """Return the processes of upsmon, wherever they are: people run NUT from where they unpacked it."""
    return [one for one in info["processes"] if one["name"].lower() == "upsmon"]


def upsmon_started(info: Info) -> dict[int, float]:
    """Return the start of each upsmon (seconds since the epoch), by process number.

    What Windows does not tell is taken for now: then it cannot be older than its files.
    """
    return {one["pid"]: one["started"] or info["time"] for one in upsmons(info)}


def _is_foreign(wanted: Wanted, one: Process) -> bool:
    return bool(one["path"]) and one["path"].lower() != path(wanted, "sbin\\upsmon.exe").lower()


def foreign_upsmons(wanted: Wanted, info: Info) -> dict[int, str]:
    """Return the path of each upsmon that is not of this installation, by process number."""
    return {one["pid"]: one["path"] for one in upsmons(info) if _is_foreign(wanted, one)}


def own_start(wanted: Wanted, info: Info) -> float | None:
    """Return since when upsmon runs (seconds since the epoch): ours, or where there is none, another one."""
    started = upsmon_started(info)
    foreign = foreign_upsmons(wanted, info)
    own = [start for pid, start in started.items() if pid not in foreign]
    return min(own or started.values(), default=None)


def gaps(wanted: Wanted, info: Info, units: Units, monitor_only: bool = False) -> list[dict[str, str]]:
    """Return what would keep a host up that is logged in, or bare after its next boot or hibernation.

    :param monitor_only: whether the user does not want the host to go down.
    """
    if not is_service(wanted):
        return []
    unit = units[wanted["service"]]
    found = stray_upsmons(wanted, info, units)
    if monitor_only:
        found.append(MONITOR_ONLY_GAP)
    if not unit["registered"]:
        return found
    if not unit["enabled"]:
        found.append(detail("unit_not_enabled", f"{wanted['service']} does not start at boot"))
    if wanted["hibernate"] and not monitor_only:
        found += resume_drift(wanted, info)
    return found


def stray_upsmons(wanted: Wanted, info: Info, units: Units) -> list[dict[str, str]]:
    """Return each upsmon that the service has not started, where it has started none.

    As long as one runs, the next one ends at once ("A previous upsmon instance is already running"), and the service,
    which does not notice, says that it runs.
    """
    unit = units[wanted["service"]]
    running = upsmons(info)
    strays = [one for one in running if _is_stray(wanted, one, unit)]
    return [_stray(wanted, one, unit) for one in strays] if len(strays) == len(running) else []


def _is_stray(wanted: Wanted, one: Process, unit: Mapping[str, Any]) -> bool:
    if one["parent"] is None:  # not told: then its path has to say it
        return _is_foreign(wanted, one) and unit["registered"] and unit["path"] == service_command(wanted)
    return not (unit["main_pid"] and one["parent"] == unit["main_pid"] and one["parent_name"])


def _stray(wanted: Wanted, one: Process, unit: Mapping[str, Any]) -> dict[str, str]:
    service, parent = wanted["service"], one["parent"]
    who = f"upsmon (PID {one['pid']}, {printable(one['path'] or 'its path is not told')})"
    bare = f"As long as it runs {service} can start no other one, and nothing says that it comes back after a boot"
    if parent is not None and not one["parent_name"] and not _is_somebody_elses(wanted, one, unit):
        return detail(
            ORPHAN,
            f"{who} has outlived the program that started it (PID {parent}), and knows no newer configuration than "
            f"its own. {bare}. upsfleet.synology.site ends it and starts {service}",
        )
    starter = "another program"
    if parent is not None:
        name = printable(one["parent_name"] or "a program that has ended")
        starter = f"{name} (PID {parent})"
    return detail(
        OTHER_STARTER,
        f"{who} was started by {starter}, not by {service}. {bare}. Stop it (Stop-Process -Id {one['pid']}) and turn "
        "off the task or program that starts it, then run upsfleet.synology.site",
    )


def _is_somebody_elses(wanted: Wanted, one: Process, unit: Mapping[str, Any]) -> bool:
    """Return whether it is neither of this installation nor of the service's own, which somebody set up elsewhere."""
    if not _is_foreign(wanted, one):
        return False
    program = str(unit.get("path") or "").strip('"').lower()
    folder = program.rpartition("\\")[0].removesuffix("\\bin")
    return not (program.endswith("nut.exe") and folder and one["path"].lower().startswith(f"{folder}\\"))


def notes(wanted: Wanted, info: Info, units: Units, logged_in: bool) -> list[str]:
    """Return what a person should know of a NUT that was set up by hand.

    :param logged_in: whether the upsmon that runs is logged in somewhere.
    """
    unit = units.get(wanted["service"])
    if not logged_in or not unit or unit["path"] == service_command(wanted) or stray_upsmons(wanted, info, units):
        return []  # where the service is ours, or it is not the service's, gaps tells of it
    return [
        f"a NUT at {printable(one)} is logged in now; it will be replaced, but not before the NAS would take the new "
        "login"
        for one in dict.fromkeys(foreign_upsmons(wanted, info).values())
    ]


def aborted_shutdown(wanted: Wanted, info: Info, units: Units) -> dict[str, str] | None:
    """Return that a forced shutdown took the client but not the host, None where nothing says so.

    upsmon stops its service before it runs SHUTDOWNCMD, and ends: what is aborted or refused leaves the host bare.
    """
    unit = units.get(wanted["service"], {})
    if not unit.get("registered") or unit["active"] or upsmons(info) or info["booted"] is None:
        return None
    for event in info["events"]:  # the newest first
        if _STARTS in event["message"] or event["time"] < info["booted"]:
            return None
        if _SHUTS_DOWN in event["message"]:
            minutes = max(0, round((info["time"] - event["time"]) / 60))
            return detail(SHUTDOWN_ABORTED, _aborted(wanted, minutes))
    return None


def _aborted(wanted: Wanted, minutes: int) -> str:
    text = (
        f"{minutes} minutes ago upsmon stopped its service and ran SHUTDOWNCMD in a power failure, but the host has "
        "not started anew since"
    )
    if wanted["hibernate"]:
        return (
            f"{text}: either it has hibernated and the task {wanted['task']} did not start the client after it (see "
            "its Last Run Result in Task Scheduler), or something refused the hibernation"
        )
    return (
        f"{text}: something aborted the shutdown (shutdown /a) or refused it (another one that was scheduled already, "
        "which is error 1190, or a policy). Find out what: it would do the same in the next power failure"
    )


def hibernation_problems(info: Info) -> list[dict[str, str]]:
    """Return what keeps the host from hibernating, each with its remedy.

    What the machine is capable of is only known where it was asked for (power_capabilities).
    """
    told = info["hibernation"]
    if told["supported"] is False:
        return [
            detail(
                "no_s4",
                "the machine has no power state S4, as most virtual machines: set "
                "nut_client_windows_shutdown.action: shutdown",
            )
        ]
    found = []
    if not told["enabled"] or told["file_present"] is False:
        found.append(
            detail("hibernation_off", "hibernation is turned off: run powercfg /hibernate on as an administrator")
        )
    if told["file_type"] == _REDUCED:
        found.append(
            detail(
                "hiberfile_reduced",
                "its file is of the type reduced, for fast startup only: run powercfg /h /type full as an "
                "administrator",
            )
        )
    return found


def resume_drift(wanted: Wanted, info: Info) -> list[dict[str, str]]:
    """Return what keeps the host from hibernating, or the client from starting again after it."""
    definition = info["task_xml"]
    if not wanted["hibernate"]:
        text = "a task starts the service after hibernation, which is not asked for"
        return [] if definition is None else [detail(RESUME_TASK, text)]
    missing = hibernation_problems(info)
    if missing:
        return [detail(one["code"], f"the host cannot hibernate: {one['text']}") for one in missing]
    if definition is None:
        return [detail(RESUME_TASK, "no task starts the service again after hibernation")]
    wrong = resume_task.problems(definition, wanted["resume"])
    if not wrong:
        return []
    return [
        detail(
            RESUME_TASK_ALTERED,
            f"the task {wanted['task']} would not start the service again after hibernation: {', '.join(wrong)}",
        )
    ]
