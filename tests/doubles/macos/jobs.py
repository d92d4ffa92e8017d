# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A launchd job: read from its property list, turned into a systemd unit, and described as ``launchctl print`` does."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError

PATH = "/usr/bin:/bin:/usr/sbin:/sbin"  # what launchd gives a daemon
THROTTLE = 10  # seconds between two starts of a job that dies, unless ThrottleInterval says otherwise
# systemd takes these for a clean end; for launchd only exit status 0 is one.
_CLEAN_SIGNALS = "SIGHUP SIGINT SIGTERM SIGPIPE"
_SIGNALS = {"HUP": "Hangup: 1", "INT": "Interrupt: 2", "ABRT": "Abort trap: 6", "KILL": "Killed: 9"}
_SIGNALS.update({"SEGV": "Segmentation fault: 11", "PIPE": "Broken pipe: 13", "TERM": "Terminated: 15"})
_KEYS: dict[str, type | tuple[type, ...]] = {
    "Label": str,
    "Program": str,
    "ProgramArguments": list,
    "RunAtLoad": bool,
    "KeepAlive": (bool, dict),
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "EnvironmentVariables": dict,
    "WorkingDirectory": str,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
}


class Invalid(Exception):
    """A property list that launchd would not load, or that has a key which the double does not know."""


@dataclass(frozen=True)
class Job:
    """What the double knows of a property list."""

    label: str
    program: str
    arguments: list[str]
    at_load: bool = False
    restart: str = "no"  # systemd's word
    out_path: str = ""
    err_path: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""
    throttle: int = THROTTLE
    exit_timeout: int = 20


def parse(content: bytes) -> Job:
    """Read a property list. launchd ignores keys it does not know; the double refuses them, since one may be a typo."""
    try:
        values = plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError, ValueError) as problem:
        raise Invalid(f"is not a property list: {problem}") from None
    if not isinstance(values, dict):
        raise Invalid("is not a dictionary")
    for key, value in values.items():
        if key not in _KEYS:
            raise Invalid(f"has the key {key}, which the double does not know")
        if not isinstance(value, _KEYS[key]) or (isinstance(value, bool) and _KEYS[key] is int):
            raise Invalid(f"has a {type(value).__name__} for {key}")
    if not re.fullmatch(r"[A-Za-z0-9._-]+", values.get("Label", "")):
        raise Invalid("has no Label, or one that the double does not know how to use")
    arguments = values.get("ProgramArguments") or [values.get("Program", "")]
    if not all(isinstance(argument, str) for argument in arguments):
        raise Invalid("has something else than strings in ProgramArguments")
    program = values.get("Program", arguments[0])
    if not program.startswith("/"):
        raise Invalid("does not name its program by an absolute path")
    keep, restart = values.get("KeepAlive", False), _restart(values.get("KeepAlive", False))
    return Job(
        label=values["Label"],
        program=program,
        arguments=arguments,
        # launchd.plist(5): a job that is kept alive, under a condition on its exit too, is started at once.
        at_load=values.get("RunAtLoad", False) or bool(keep),
        restart=restart,
        out_path=values.get("StandardOutPath", ""),
        err_path=values.get("StandardErrorPath", ""),
        environment=_strings(values.get("EnvironmentVariables", {})),
        directory=values.get("WorkingDirectory", ""),
        throttle=values.get("ThrottleInterval", THROTTLE),
        exit_timeout=values.get("ExitTimeOut", 20),
    )


def _restart(keep: bool | dict[str, Any]) -> str:
    if isinstance(keep, bool):
        return "always" if keep else "no"
    if set(keep) != {"SuccessfulExit"} or not isinstance(keep["SuccessfulExit"], bool):
        raise Invalid("has a KeepAlive that the double does not know: a boolean, or SuccessfulExit with one")
    return "on-success" if keep["SuccessfulExit"] else "on-failure"


def _strings(values: dict[str, Any]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in values.values()):
        raise Invalid("has something else than strings in EnvironmentVariables")
    return values


def _quoted(text: str, dollars: bool = True) -> str:
    """One word of a unit file's command line, or of its environment, where a dollar means nothing."""
    for special, instead in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("\n", "\\n")):
        text = text.replace(special, instead)
    return '"' + (text.replace("$", "$$") if dollars else text) + '"'


def unit(job: Job, exit_file: str) -> str:
    """The systemd unit that stands in for the job; how it last ended is written to *exit_file*.

    launchd sends SIGTERM to the job's own process and kills the rest of its group when that one is gone: mixed.
    """
    command = " ".join([_quoted(job.program), *map(_quoted, job.arguments)])
    signals = {"on-failure": "RestartForceExitStatus", "on-success": "RestartPreventExitStatus"}
    lines = [
        "[Unit]",
        f"Description=double of launchd: {job.label}",
        "StartLimitIntervalSec=0",
        "[Service]",
        "Type=exec",
        f"ExecStart=@{command}",
        f"""ExecStopPost=/bin/dash -c 'echo "$$EXIT_CODE $$EXIT_STATUS" >{exit_file}'""",
        f"Restart={job.restart}",
        *([f"{signals[job.restart]}={_CLEAN_SIGNALS}"] if job.restart in signals else []),
        f"RestartSec={job.throttle}",
        "KillMode=mixed",
        f"TimeoutStopSec={job.exit_timeout}",
        f"Environment=PATH={PATH} XPC_SERVICE_NAME={job.label}",
        *(f"Environment={_quoted(f'{name}={value}', dollars=False)}" for name, value in job.environment.items()),
        *([f"WorkingDirectory={job.directory}"] if job.directory else []),
        # What launchd throws away goes to the journal here, for whoever looks for a mistake.
        f"StandardOutput={f'append:{job.out_path}' if job.out_path else 'journal'}",
        f"StandardError={f'append:{job.err_path}' if job.err_path else 'journal'}",
    ]
    return "\n".join(lines) + "\n"


def describe(job: Job, path: str, shown: Mapping[str, str], ended: str) -> str:
    """What ``launchctl print system/LABEL`` says, in its order; memory limits and the like are left out.

    *shown* is of ``systemctl show``; *ended* what the exit file holds, empty if the job never ended.
    """
    pid = shown.get("MainPID", "0")
    running = pid != "0"
    scheduled = shown.get("ActiveState") == "activating"
    lines = [
        f"system/{job.label} = {{",
        f"\tactive count = {int(running)}",
        f"\tpath = {path}",
        "\ttype = LaunchDaemon",
        f"\tstate = {'running' if running else 'spawn scheduled' if scheduled else 'not running'}",
        "",
        f"\tprogram = {job.program}",
        "\targuments = {",
        *(f"\t\t{argument}" for argument in job.arguments),
        "\t}",
        "",
        *([f"\tworking directory = {job.directory}", ""] if job.directory else []),
        *([f"\tstdout path = {job.out_path}"] if job.out_path else []),
        *([f"\tstderr path = {job.err_path}"] if job.err_path else []),
        "\tdefault environment = {",
        f"\t\tPATH => {PATH}",
        "\t}",
        "",
        "\tenvironment = {",
        *(f"\t\t{name} => {value}" for name, value in job.environment.items()),
        f"\t\tXPC_SERVICE_NAME => {job.label}",
        "\t}",
        "",
        "\tdomain = system",
        f"\tminimum runtime = {job.throttle}",
        f"\texit timeout = {job.exit_timeout}",
        *([f"\tpid = {pid}"] if running else []),
        f"\t{_last_end(ended)}",
        "",
        "\tspawn type = daemon (3)",
        "",
        f"\tproperties = {_properties(job)}",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _last_end(ended: str) -> str:
    """How the job last ended: an exit status, or a signal."""
    if not ended.strip():
        return "last exit code = (never exited)"
    code, status = ended.split()
    if code == "exited":
        # systemd could not run the program; launchd then says EX_CONFIG.
        return f"last exit code = {'78: EX_CONFIG' if status == '203' else status}"
    return f"last terminating signal = {_SIGNALS.get(status, status)}"


def _properties(job: Job) -> str:
    names = {"keepalive": job.restart != "no", "runatload": job.at_load, "inferred program": True}
    return " | ".join(name for name, given in names.items() if given)
