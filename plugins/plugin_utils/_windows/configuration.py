# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which configuration the upsmon of a Windows host reads, and what follows from it for the power-off. Pure, no I/O.

It has the shape of module_utils/_host/chain.py, so that _client/chain.py and _client/adoption.py judge it too.
"""

from __future__ import annotations

import ntpath
from typing import Any, Callable, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import assignments
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import redact
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import Line, directives, last
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable, shown
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import (
    chain,
    create_process,
    rules,
    shutdown_command,
)

Exists = Callable[[str], bool]
Details = list[dict[str, str]]


def program_of(service_path: str) -> str:
    """Return the program that a service starts, without quotes."""
    return create_process.examine(service_path).program


def etc_of(program: str) -> str:
    """Return the folder where one of NUT's programs looks for its files (NUT common/common.c, getfullpath)."""
    return ntpath.normpath(ntpath.join(ntpath.dirname(program), "..", "etc"))


def registered_etc(wanted: rules.Wanted, unit: Mapping[str, Any]) -> str:
    """Return the folder that the service as it is registered would read, ours where there is none."""
    program = program_of(unit.get("path") or "") if unit.get("registered") else ""
    return etc_of(program) if program else rules.path(wanted, "etc")


def running_etc(wanted: rules.Wanted, info: rules.Info, registered: str) -> str:
    """Return the folder that the upsmon that runs reads, *registered* where it is not told."""
    if info["nut_confpath"]:
        return str(info["nut_confpath"]).strip('"').rstrip("\\")
    programs = {one["path"] for one in chain.upsmons(info) if one["path"]}
    folders = {etc_of(path).lower(): etc_of(path) for path in programs}
    return registered if len(folders) != 1 or registered.lower() in folders else next(iter(folders.values()))


def files_of(etc: str) -> list[str]:
    """Return the configuration files in a folder that are read."""
    return [f"{etc}\\upsmon.conf", f"{etc}\\nut.conf"]


def asked_of(commands: Iterable[str | None]) -> list[str]:
    """Return the files that tell whether these commands have their program."""
    return list(dict.fromkeys(path for one in commands if one for path in create_process.examine(one).candidates))


def in_the_place(program: str, service_path: str = "") -> list[str]:
    """Return what Windows would run in the place of NUT's programs in a folder with a space.

    nut.exe starts upsmon without quotes (executed with NUT 2.8.4: C:\\My.exe ran for C:\\My NUT).
    """
    folder = ntpath.dirname(ntpath.dirname(program))
    tried = create_process.tried_first(f"{folder}\\sbin\\upsmon.exe")
    return list(dict.fromkeys([*tried, *create_process.examine(service_path).candidates[:-1]]))


def commands_of(texts: Mapping[str, str | None], etc: str) -> list[str | None]:
    """Return SHUTDOWNCMD and NOTIFYCMD of the configuration in a folder."""
    lines = _lines(texts, etc)
    return [last(lines, "SHUTDOWNCMD"), last(lines, "NOTIFYCMD")]


def look(
    wanted: rules.Wanted, info: rules.Info, unit: Mapping[str, Any], texts: Mapping[str, str | None], etc: str
) -> dict[str, Any]:
    """Return what is judged of the chain.

    :param info: of the host, the time of every file that was asked for included.
    :param texts: configuration files by path, masked.
    :param etc: the folder that upsmon reads.
    """

    def exists(path: str) -> bool:
        return info["written"].get(path) is not None

    lines = _lines(texts, etc)
    shutdown, notify = last(lines, "SHUTDOWNCMD"), last(lines, "NOTIFYCMD")
    executed = any(line[0] == "NOTIFYFLAG" and "EXEC" in str(line[-1]).split("+") for line in lines)
    desired = wanted["shutdown_command"]
    return {
        "processes": [{"pid": one["pid"]} for one in chain.upsmons(info)],
        "configuration": etc,
        "directives": lines,
        "nut_conf": assignments(texts.get(f"{etc}\\nut.conf") or ""),
        "commands": {
            "shutdowncmd": _examine(shutdown, exists) if shutdown else None,
            "desired": _examine(desired, exists),
            "notifycmd": {**_examine(notify, exists), "user": "SYSTEM"} if notify and executed else None,
        },
        "masked": [],
        "inhibitors": None,
        "notes": [*_cut(texts, etc), *_spaces(wanted, unit, exists)],
    }


def _lines(texts: Mapping[str, str | None], etc: str) -> Sequence[Line]:
    """Return the directives of upsmon.conf, none where it cannot be told what follows a password."""
    text = texts.get(f"{etc}\\upsmon.conf") or ""
    return [] if redact.CUT in text else directives(text.replace("\r\n", "\n"))


def _cut(texts: Mapping[str, str | None], etc: str) -> list[str]:
    text = texts.get(f"{etc}\\upsmon.conf") or ""
    if redact.CUT not in text:
        return []
    if text == redact.CUT:
        return [
            f"{etc}\\upsmon.conf is of an encoding that upsmon does not read, such as UTF-16 (what > and Out-File of "
            "Windows PowerShell write): save it as UTF-8 or ASCII"
        ]
    return [
        f"{etc}\\upsmon.conf has a MONITOR or CERTIDENT line that goes on in the next one, so nothing is told of it: "
        "write it in one line"
    ]


def _examine(command: str, exists: Exists) -> dict[str, Any]:
    start = create_process.examine(command)
    program, problem = (start.program, start.problem) if start.problem else create_process.found(start, exists)
    searched = not problem and not start.complete and not any(map(exists, start.candidates))
    return {"command": command, "program": program, "problem": problem, "searched": searched}


def _spaces(wanted: rules.Wanted, unit: Mapping[str, Any], exists: Exists) -> list[str]:
    """Return that something could be run in the place of a service that somebody else has registered."""
    path = unit.get("path") or ""
    tried = in_the_place(program_of(path), path) if path and path != rules.service_command(wanted) else []
    if not tried or any(map(exists, tried)):
        return []
    return [
        f"{path} is in a folder with a space, and nut.exe starts upsmon without quotes: a {tried[0]} would be run in "
        "its place. upsfleet.synology.site registers one without"
    ]


def gaps(wanted: rules.Wanted, info: rules.Info, unit: Mapping[str, Any], seen: Mapping[str, Any]) -> Details:
    """Return what is not told by the configuration alone: what runs in the place of upsmon, or not after hibernation.

    :param seen: what :func:`look` returned.
    """
    return [*_asleep(wanted, info, seen), *_displaced(info, unit)]


def _asleep(wanted: rules.Wanted, info: rules.Info, seen: Mapping[str, Any]) -> Details:
    command = (seen["commands"]["shutdowncmd"] or {}).get("command")
    if not command or not shutdown_command.hibernates(command) or wanted["hibernate"] or info["task_xml"] is not None:
        return []
    text = f"SHUTDOWNCMD ({shown(command)}) hibernates the host, and no task starts upsmon again after it"
    return [
        detail(
            "shutdowncmd_suspends", f"{text}: nut_client_windows_shutdown.action: hibernate brings one, or shut down"
        )
    ]


def _displaced(info: rules.Info, unit: Mapping[str, Any]) -> Details:
    path = (unit.get("path") or "") if unit.get("registered") else ""
    tried = in_the_place(program_of(path), path) if path else []
    return [
        detail(
            "other_program",
            f"{one} exists, and Windows runs it in the place of {printable(path)}, or of the upsmon that this starts "
            "without quotes: remove it",
        )
        for one in tried
        if info["written"].get(one) is not None
    ]


def blocker(wanted: rules.Wanted, info: rules.Info) -> str:
    """Return what a person must do before NUT is installed in a folder with a space, or an empty text."""
    for one in in_the_place(f"{rules.path(wanted, 'bin')}\\nut.exe"):
        if info["written"].get(one) is not None:
            return (
                f"{one} exists, and nut.exe starts upsmon without quotes, so Windows would run that in the place of "
                f"{rules.path(wanted, 'sbin')}\\upsmon.exe. Remove it, then run this again."
            )
    return ""
