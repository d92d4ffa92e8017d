# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would the host really go down, and come up protected? The judgement of what module_utils/_host/chain.py saw. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import Any, Callable, Iterator, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.changes import UNIT_MASKED
from ansible_collections.upsfleet.synology.plugins.module_utils._host.launchd_chain import BY_HAND
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import shutdown_command
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import last
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import starters
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import shown
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import create_process
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import shutdown_command as windows_command

Chain = Mapping[str, Any]
Gaps = Iterator["dict[str, str]"]

PARENT_DIED = "parent_died"
MONITOR_ONLY = "monitor_only"

MONITOR_ONLY_GAP = detail(
    MONITOR_ONLY, "nut_client_monitor_only is true: this host is not shut down when the power fails"
)

_PROBLEMS = {
    "syntax": "has a quote that is not closed",
    "not_found": "runs {program}, which does not exist",
    "not_a_file": "runs {program}, which is not a program",
    "not_executable": "runs {program}, which {user} may not execute",
    "no_interpreter": "runs {program}, whose first line names an interpreter that does not exist",
    **create_process.PROBLEMS,
}
_FLAWS = {
    shutdown_command.SUSPENDS: (
        "suspends the host: it comes back without a boot, and upsmon, which ended, does not. Use a command that powers "
        "it off"
    ),
    shutdown_command.NEEDS_SESSION: (
        "asks the session of somebody who is logged in, which a daemon does not have. Use a command that powers the "
        "host off, such as /sbin/shutdown -h +0"
    ),
    shutdown_command.REBOOTS: "reboots the host, which then runs on battery again. Use a command that powers it off",
    shutdown_command.ONLY_ANNOUNCES: "only announces or cancels a shutdown. Use a command that powers the host off",
    shutdown_command.DOES_NOTHING: "does nothing. Use a command that powers the host off",
    shutdown_command.LATE: (
        "shuts down later than a battery may last: upsmon calls it when there are no minutes left. Write +0 or now"
    ),
    shutdown_command.INVALID_TIME: "gives shutdown a time that it does not understand. Write +0 or now",
}
_DEFAULT = "leave nut_client_shutdowncmd out to have the role's own"
_WINDOWS = "windows"


def flaw(command: str, platform: str) -> str:
    """Return why a SHUTDOWNCMD would not power the host off for good, as people read it; empty where it may."""
    code, text = _flaw(command, platform)
    return f"{text}, or {_DEFAULT}" if code else ""


def _flaw(command: str, platform: str) -> tuple[str, str]:
    """Return code and text of why a SHUTDOWNCMD would not power the host off for good, both empty where it may."""
    if platform == _WINDOWS:
        code = windows_command.flaw(command)
        return code, windows_command.FLAWS.get(code, "")
    code = shutdown_command.flaw(command, platform)
    return code, _FLAWS.get(code, "")


def gaps(
    chain: Chain, units: Mapping[str, Mapping[str, Any]], platform: Mapping[str, Any], system: str, monitor_only: bool
) -> list[dict[str, str]]:
    """Return what would keep the host up, or bare after its next boot, the most fundamental first.

    :param units: the audit's units.
    :param platform: the role's row of the platform.
    :param system: the platform's name.
    :param monitor_only: whether the user does not want the host to go down.
    """
    if not chain:
        return []
    if system == _WINDOWS:  # the rest is judged in plugin_utils/_windows/chain.py
        return [] if monitor_only else _listed([*_command(chain, system), *_power(chain, monitor_only)])
    found = [
        *_running(chain, platform),
        *starters.gaps(chain, platform["units"][0]),
        *_parent(chain, platform["units"][0]),
        *([] if monitor_only else _command(chain, system)),
        *_power(chain, monitor_only),
        *_boot(chain, units, platform),
    ]
    return _listed(found)


def _listed(found: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return each gap once, as it may be shown."""
    return list({(one["code"], one["text"]): detail(one["code"], shown(one["text"])) for one in found}.values())


def _running(chain: Chain, platform: Mapping[str, Any]) -> Gaps:
    """What runs is not what the files are for."""
    processes = chain["processes"]
    unit = platform["units"][0]
    alike: dict[tuple[str, str, str | None], list[str]] = {}
    for one in processes:  # upsmon has a parent and a child
        alike.setdefault((one["unit"], one["program"], one["configuration"]), []).append(str(one["pid"]))
    for (starter, program, folder), pids in alike.items():
        who, sources = f"upsmon (PID {', '.join(pids)})", _sources(chain, starter or unit)
        yield from _other_program(who, program, chain, f"See what starts it: {sources}")
        yield from _other_configuration(who, folder, _etc(chain, platform), sources)


def _parent(chain: Chain, unit: str) -> Gaps:
    """Nobody is left who may run SHUTDOWNCMD."""
    processes = chain["processes"]
    if processes and all(one["uid"] not in (0, None) for one in processes):
        yield detail(
            PARENT_DIED,
            f"upsmon's process that runs as root is gone, and only that one can run SHUTDOWNCMD. Restart {unit}",
        )


def _etc(chain: Chain, platform: Mapping[str, Any]) -> str:
    """Return the folder that upsmon is to read; on a Mac it is the package manager's."""
    return str(chain.get("etc") or platform["etc"])


def _sources(chain: Chain, unit: str) -> str:
    """Return the files that say how upsmon is started, or what shows it."""
    if unit == BY_HAND:
        return "`ps -o ppid=,command= -p PID` of it and of its parents"
    files = [*chain["units"].get(unit, {}).get("files", []), *starters.files(chain, unit)]
    show = "launchctl print system/" if starters.only_one_runs(chain) else "systemctl cat "
    return ", ".join(files) or f"{show}{unit}"


def _other_program(who: str, program: str, chain: Chain, remedy: str) -> Gaps:
    if program and program not in chain["programs"]:
        yield detail("other_program", f"{who} runs {program}, not the package's {chain['programs'][0]}. {remedy}")


def _other_configuration(who: str, folder: str | None, etc: str, sources: str) -> Gaps:
    if folder and posixpath.normpath(folder) != posixpath.normpath(etc):
        yield detail(
            "other_configuration",
            f"{who} reads {folder}/upsmon.conf, not {etc}/upsmon.conf, because NUT_CONFPATH says "
            f"so. Take it out of {sources}",
        )


def _command(chain: Chain, system: str) -> Gaps:
    """SHUTDOWNCMD cannot take the host down."""
    command = chain["commands"]["shutdowncmd"]
    if chain["processes"] and command is None and chain["directives"]:
        separator = "\\" if system == _WINDOWS else "/"
        yield detail("no_shutdowncmd", f"{chain['configuration']}{separator}upsmon.conf has no SHUTDOWNCMD")
    if command is not None:
        yield from _command_gaps(command, "SHUTDOWNCMD", system)
        if chain["inhibitors"]:
            yield detail(
                "inhibited",
                f"systemd denies SHUTDOWNCMD ({command['command']}) because of {'; '.join(chain['inhibitors'])}. "
                f"End that, or {_DEFAULT}, which no inhibitor stops",
            )
    for target in chain["masked"]:
        yield detail(
            "target_masked", f"{target} is masked, so systemd cannot power the host off: systemctl unmask {target}"
        )


def _command_gaps(command: Mapping[str, Any], name: str, system: str) -> Gaps:
    if command["problem"]:
        what = _PROBLEMS[command["problem"]].format(program=command["program"], user="root")
        yield detail(f"shutdowncmd_{command['problem']}", f"{name} ({command['command']}) {what}")
        return
    code, text = _flaw(command["command"], system)
    if code:
        yield detail(f"shutdowncmd_{code}", f"{name} ({command['command']}) {text}")


def _power(chain: Chain, monitor_only: bool) -> Gaps:
    """upsmon never takes the power for lost."""
    if monitor_only:
        yield MONITOR_ONLY_GAP
        return
    lines = chain["directives"]
    if not chain["processes"] or not lines:
        return
    values = [_number(line[2]) for line in lines if line[0] == "MONITOR" and len(line) > 2]
    minsupplies = _number(last(lines, "MINSUPPLIES") or "1")
    if minsupplies < 1:
        yield detail("minsupplies", f"MINSUPPLIES is {minsupplies}, so upsmon never shuts this host down")
    elif values and not any(values):
        yield detail("power_values", "every MONITOR line has the power value 0, so upsmon only watches")


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else 0


def _boot(chain: Chain, units: Mapping[str, Mapping[str, Any]], platform: Mapping[str, Any]) -> Gaps:
    """After the next boot upsmon does not run, or another one does."""
    for name, state in units.items():
        if state.get("masked"):
            yield detail(UNIT_MASKED, f"{name} is masked, so upsmon does not start at boot: systemctl unmask {name}")
        elif not state["enabled"]:
            yield detail("unit_not_enabled", f"{name} is not enabled, so nothing is sure to start upsmon at boot")
    for name, start in chain["units"].items():
        sources = ", ".join(start["files"])
        # What a shell or another wrapper starts in the end cannot be told.
        program = start["program"] if posixpath.basename(start["program"]) == "upsmon" else ""
        yield from _other_program(f"{name} ({sources})", program, chain, "Change that back")
        yield from _other_configuration(f"{name} ({sources})", start["configuration"], _etc(chain, platform), sources)
    for path in chain["volatile"]:
        yield detail(
            "lost_at_boot",
            f"{path} is lost at the next boot, because it is kept in memory only (tmpfs, or an overlay on one). Make "
            "the root file system writable (raspi-config: Overlay File System; overlayroot), then run this again",
        )


def desired_problem(chain: Chain, system: str) -> str:
    """Return what is wrong with the SHUTDOWNCMD that the user asks for, empty where nothing is."""
    command = (chain.get("commands") or {}).get("desired")
    if command is None:
        return ""
    name = "nut_client_windows_shutdown" if system == _WINDOWS else "nut_client_shutdowncmd"
    return shown(" ".join(f"{one['text']}." for one in _command_gaps(command, name, system)))


def notes(chain: Chain, platform: Mapping[str, Any]) -> list[str]:
    """Return what a person should know of the chain, though the host goes down."""
    finders = _WINDOWS_NOTES if platform.get("init") == "windows_service" else _NOTES
    return [shown(text) for find in finders for text in find(chain, platform)] if chain else []


def _inhibitable(chain: Chain, platform: Mapping[str, Any]) -> Iterator[str]:
    command = chain["commands"]["shutdowncmd"]
    if command is not None and chain["inhibitors"] == []:
        yield (
            f"SHUTDOWNCMD ({command['command']}) is denied as long as anything holds a block inhibitor, as apt does "
            f"while it installs (systemd 257 and later): {_DEFAULT}, which waits and then goes on"
        )


def _notify(chain: Chain, platform: Mapping[str, Any]) -> Iterator[str]:
    command = chain["commands"]["notifycmd"]
    if command is not None and command["problem"]:
        what = _PROBLEMS[command["problem"]].format(program=command["program"], user=f"the user {command['user']}")
        yield f"NOTIFYCMD ({command['command']}) {what}, so nobody is told"


def _unproved(chain: Chain, platform: Mapping[str, Any]) -> Iterator[str]:
    command = chain["commands"]["shutdowncmd"]
    if command is not None and command.get("searched"):
        yield (
            f"SHUTDOWNCMD ({command['command']}) is not in Windows' own folders, and whether it is in one of PATH's is "
            "not proved: write its full path"
        )


def _others(chain: Chain, platform: Mapping[str, Any]) -> Iterator[str]:
    return iter(chain.get("notes", ()))


def _second(chain: Chain, platform: Mapping[str, Any]) -> Iterator[str]:
    unit = platform["units"][0]
    others = [one for one in chain["processes"] if one["unit"] and one["unit"] != unit]
    if others and len(others) < len(chain["processes"]) and not starters.only_one_runs(chain):
        who = ", ".join(f"PID {one['pid']} of {one['unit']}" for one in others)
        yield f"a second upsmon runs beside that of {unit} ({who}): stop it"


def _stale(chain: Chain, platform: Mapping[str, Any]) -> Iterator[str]:
    if chain["stale_pid_file"] and chain["processes"]:
        unit = platform["units"][0]
        yield f"{chain['stale_pid_file']} names no upsmon, so upsmon -c reload and stop fail: restart {unit}"


_NOTES: Sequence[Callable[[Chain, Mapping[str, Any]], Iterator[str]]] = (_inhibitable, _notify, _second, _stale)
_WINDOWS_NOTES = (_notify, _unproved, _others)
