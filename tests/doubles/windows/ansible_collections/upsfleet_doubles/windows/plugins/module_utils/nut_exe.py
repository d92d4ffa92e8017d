# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of nut.exe, NUT's Windows service (scripts/Windows/wininit.c of NUT): behind it runs a real Linux upsmon.

It reads nut.conf, starts upsmon, carries its output into the event log, and does not restart it. Cannot show: the real
programs, named pipes, a machine that starts its services at boot, how upsmon.exe itself stops the service.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import paths, pe, processes, registry
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine, opened

SOURCE = "Network UPS Tools"
INFORMATION, ERROR = 4, 2
SERVICES = 700  # number of services.exe, which starts every service
PATIENCE = 5.0  # seconds that upsmon has to log out
_BAD_WORDS = ("failed", "denied", "fatal", "error", "can't")
_SHUTTING_DOWN = "shutdown proceeding"
_LINUX_ONLY = ("upsmon.pid", "PID file", "upsnotify")  # upsmon.exe has neither a PID file nor an init system to notify


def level(line: str) -> int:
    """Return the level at which a line of upsmon goes into the event log."""
    return ERROR if any(word in line.lower() for word in _BAD_WORDS) else INFORMATION


def mode(conf: str) -> str | None:
    """Return what nut.exe finds in nut.conf: it only looks for words in lines whose first byte is no ``#``."""
    for line in conf.splitlines():
        for word in () if line.startswith("#") else ("standalone", "netserver", "netclient"):
            if word in line:
                return word
    return None


def missing(machine: Machine, program: str) -> str | None:
    """Return why a program ends at once, None if it runs: a DLL is not beside it, or is for another machine."""
    content = machine.drive.read(program)
    for name in pe.needs(content):
        library = paths.join(paths.parent(program), name)
        if not machine.drive.is_file(library):
            return f"The program can't start because {name} is missing from your computer."
        if pe.machine(machine.drive.read(library)) != pe.machine(content):
            return "The application was unable to start correctly (0xc000007b)."
    return None


def _etc(machine: Machine, exe: str) -> str:
    modern = pe.machine(machine.drive.read(exe)) == pe.AMD64  # 2.6.5-6 does not know NUT_CONFPATH
    override = registry.confpath(machine) if modern else None
    return override or paths.join(paths.parent(paths.parent(exe)), "etc")


def _give_up(machine: Machine, name: str, message: str) -> None:
    machine.event(SOURCE, ERROR, message)
    machine.event(SOURCE, INFORMATION, "exiting")
    raise Failed(f"Failed to start service '{name} ({name})'.")


def _runs(machine: Machine, program: str) -> bool:
    error = machine.state["blocked"].get(paths.key(program)) or (0 if machine.drive.is_file(program) else 2)
    if error:
        machine.event(SOURCE, ERROR, f"Can't create process {program} : {error}")
        return False
    why = missing(machine, program)
    if why:
        machine.event("Application Popup", ERROR, f"{paths.basename(program)} - System Error: {why}")
    return why is None


def start(machine: Machine, service: dict[str, Any], exe: str) -> None:
    """Start the service; raises Failed where nut.exe ends at once."""
    name, etc = service["name"], _etc(machine, exe)
    why = missing(machine, exe)
    if why:
        machine.event("Application Popup", ERROR, f"nut.exe - System Error: {why}")
        raise Failed(f"Failed to start service '{name} ({name})'.")
    machine.event(SOURCE, INFORMATION, "Starting")
    file = paths.join(etc, "nut.conf")
    if not machine.drive.is_file(file):
        _give_up(machine, name, f"Error opening {etc}/nut.conf")
    found = mode(machine.drive.read(file).decode("latin-1"))
    if found is None:
        hint = "NUT disabled, please adjust the configuration to your needs."
        _give_up(machine, name, f"{hint} Then set MODE to a suitable value in {file} to enable it.")
    sbin = paths.join(paths.parent(paths.parent(exe)), "sbin")
    if found == "netclient":
        machine.event(SOURCE, INFORMATION, "Starting upsmon (client only)")
    else:
        machine.event(SOURCE, INFORMATION, "Starting drivers")
        machine.event(SOURCE, ERROR, f"double: a UPS server has no double, only upsmon is started of {found}")
    program = paths.join(sbin, "upsmon.exe")
    runs = _runs(machine, program)
    if runs and any(row["name"] == "upsmon" for row in machine.running()):
        # upsmon.exe finds another one by its named pipe and ends; nut.exe does not start it again, and goes on.
        machine.event(SOURCE, ERROR, "upsmon - A previous upsmon instance is already running!")
        runs = False
    pids = _spawn(machine, etc if runs else None)
    rows = zip(("nut", "upsmon"), pids, (SERVICES, pids[0]), (exe, machine.drive.true(program)))
    machine.state["processes"] += [
        {
            "name": who,
            "pid": pid,
            "parent": parent,
            "path": path,
            "started": time.time(),
            "ticks": processes.ticks(pid),
        }
        for who, pid, parent, path in rows
        if pid
    ]
    service.update(state="started", pid=pids[0])


def stop(machine: Machine, service: dict[str, Any]) -> None:
    """Stop the service: it reports STOPPED while its upsmon, which was told to end, goes on for a moment.

    wininit.c:216-221 and :665-671 of NUT 2.8.4: it sends upsmon ``stop``, waits for nothing, and reports.
    """
    machine.event(SOURCE, INFORMATION, "Stopping upsmon (client only)")
    ours = [row for row in machine.running() if service["pid"] in (row["pid"], row.get("parent"))]
    # upsmon first: the Linux one has a child of its own, which nobody would find once it is an orphan.
    pids = [row["pid"] for row in sorted(ours, key=lambda row: str(row["name"] == "nut"))]
    _end_later(pids, machine.state["upsmon_takes"])
    machine.event(SOURCE, INFORMATION, "Exiting")
    service.update(state="stopped", pid=0)


def stop_upsmon(machine: Machine) -> int:
    """Do what ``upsmon.exe -c stop`` does, whoever has started the upsmon that runs; return its exit status."""
    pids = [row["pid"] for row in machine.running() if row["name"] == "upsmon"]
    _end_later(pids, machine.state["upsmon_takes"])
    return 0 if pids else 1


def _end_later(pids: list[int], seconds: float) -> None:
    """End processes after a time, in a process of its own that holds nothing of this one."""
    between = os.fork()
    if not between:
        with contextlib.suppress(BaseException):
            os.setsid()
            if not os.fork():
                _detach(-1)
                time.sleep(seconds)
                for pid in pids:
                    end(pid)
        os._exit(0)
    os.waitpid(between, 0)


def end(pid: int) -> None:
    """End a process and its children: asked to first, so that upsmon logs out, killed when PATIENCE is over."""
    family = [*processes.children(pid), pid]
    for how in (signal.SIGTERM, signal.SIGKILL):
        for member in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, how)
        deadline = time.monotonic() + PATIENCE
        while any(processes.ticks(member) for member in family) and time.monotonic() < deadline:
            time.sleep(0.02)


def _spawn(machine: Machine, etc: str | None) -> list[int]:
    """Start the supervisor and, if ``etc`` is given, upsmon on it; return both pids, 0 for no upsmon."""
    if etc and not os.access(machine.upsmon, os.X_OK):
        raise Failed(f"double: there is no Linux upsmon at {machine.upsmon} to run behind upsmon.exe")
    read_end, write_end = os.pipe()
    between = os.fork()
    if not between:
        with contextlib.suppress(BaseException):
            os.setsid()
            if not os.fork():  # twice, so that it is nobody's child
                _supervise(machine, machine.drive.real(etc) if etc else None, write_end)
        os._exit(0)
    os.close(write_end)
    os.waitpid(between, 0)
    with os.fdopen(read_end) as answer:
        pids: list[int] = json.loads(answer.read())
    return pids


def _detach(keep: int) -> None:
    """Hold no file of the one that started this, the machine's lock among them, but for one (-1: none)."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.closerange(3, max(keep, 3))
    os.closerange(max(keep + 1, 3), 65536)


def _supervise(machine: Machine, etc: str | None, answer: int) -> None:
    """Be nut.exe until told to stop."""
    _detach(answer)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    upsmon = _start_upsmon(machine, etc) if etc else None
    os.write(answer, json.dumps([os.getpid(), upsmon.pid if upsmon else 0]).encode())
    os.close(answer)
    if upsmon and _carry_output(machine.root, upsmon):
        _stopped_itself(machine.root)
        return
    while True:
        signal.pause()


def _start_upsmon(machine: Machine, etc: str) -> subprocess.Popen[bytes]:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NUT_CONFPATH": etc}
    return subprocess.Popen(
        [machine.upsmon, "-F"],
        env=environment,
        cwd=machine.root,  # its POWERDOWNFLAG, C:\killpower, is a strange file name here
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _carry_output(root: str, upsmon: subprocess.Popen[bytes]) -> bool:
    shutting_down = False
    for raw in upsmon.stderr or ():
        line = raw.decode("utf-8", "replace").strip()
        shutting_down = shutting_down or _SHUTTING_DOWN in line
        if line and not any(text in line for text in _LINUX_ONLY):
            with opened(root) as machine:
                machine.event(SOURCE, level(line), f"upsmon - {line}")
    upsmon.wait()
    return shutting_down


def _stopped_itself(root: str) -> None:
    """On Windows upsmon stops its service before it runs SHUTDOWNCMD; here the service is stopped right after."""
    with opened(root) as machine:
        for service in machine.state["services"].values():
            if service["pid"] == os.getpid():
                machine.event(SOURCE, INFORMATION, "Exiting")
                service.update(state="stopped", pid=0)
                machine.state["processes"] = [row for row in machine.running() if row["pid"] != os.getpid()]


def executable(machine: Machine, path: str) -> tuple[str, bool]:
    """Return which program a service's path starts, and whether an unquoted space leaves that open to others.

    Windows tries ``C:\\Program.exe`` first for ``C:\\Program Files\\NUT\\bin\\nut.exe`` (documented at CreateProcess).
    """
    text = registry.expand(path.strip())
    if text.startswith('"'):
        return text[1:].partition('"')[0], False
    words = text.split(" ")
    for count in range(1, len(words) + 1):
        candidate = " ".join(words[:count])
        for name in (candidate, candidate + ".exe"):
            if ":" in name and machine.drive.is_file(name):
                return name, " " in text.lower().partition(".exe")[0]
    return words[0], " " in text.lower().partition(".exe")[0]
