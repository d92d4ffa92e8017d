# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throw-away upsmons beside the production's: started, read, ended, with nothing left behind.

upsmon names its PID file after the name that it is called by (``prog`` in clients/upsmon.c, NUT 2.7.4 to 2.8.5), and
one whose PID file names a running process ends at once. So each throw-away is called by a name of its own, through a
symbolic link to the production's program; from NUT 2.8.3 on its PID file is in its own folder too (NUT_PIDPATH).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.command import examine
from ansible_collections.upsfleet.synology.plugins.module_utils._host.note import checksum
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run, read_json, read_text
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import directives, last

UNIT = "upsfleet-drill.service"
PREFIX = "upsmon-drill-"
PID_FILES = f"/run/nut/{PREFIX}*.pid"
RECORD = "drill.json"
"""In the state folder: the last drill, which the audit reads."""

_PATIENCE = 10.0  # seconds until what was started or stopped is
_PRODUCTION, _GO = "production.json", "go"

# Runs until it is stopped or its time is over, and takes everything with it. Without systemd it also ends what it
# started: a process that became a daemon is in no group of its own any more.
_KEEPER = """
umask 022
folder=$1 deadline=$2
end=$(($(date +%s) + deadline))
clean() {
    trap - EXIT
    [ "$3" = systemd ] || pkill -f "^$folder/[a-z_]*/upsmon-drill-"
    rm -f /run/nut/upsmon-drill-*.pid
    rm -rf "$folder"
}
trap 'clean "$@"' EXIT
trap 'exit 0' TERM INT HUP
while [ ! -e "$folder/go" ] && [ "$(date +%s)" -lt "$end" ]; do sleep 0.2; done
for each in "$folder"/*/; do
    each=${each%/}
    NUT_CONFPATH=$each NUT_PIDPATH=$each "$each/upsmon-drill-${each##*/}" >"$each/said" 2>&1
done
left=$((end - $(date +%s)))
[ "$left" -le 0 ] || { sleep "$left" & wait $!; }
"""

# What stands in for SHUTDOWNCMD: it notes when, and whether the real command could be run from where upsmon is.
_MARKER = """#!/bin/sh
umask 077
problem=''
command -v -- {program} >/dev/null || problem=not_found
sh -n -c {command} || problem=syntax
printf '%s %s\\n' "$(date +%s.%N)" "$problem" >{folder}/marker.new
mv {folder}/marker.new {folder}/marker
"""


class Drilled(NamedTuple):
    """One throw-away upsmon."""

    name: str
    target: str
    """The drill's upsd, as in a MONITOR line: it is what the configuration must watch, and nothing else."""
    configuration: str
    """The text of its upsmon.conf; ``{shutdowncmd}`` in it is where its marker's path goes."""


class CannotDrill(Exception):
    """A drill is not possible here and now; the text is for people."""


def record(state_dir: str) -> dict[str, Any] | None:
    """Return the result of the host's last drill, None where there was none."""
    kept = read_json(os.path.join(state_dir, RECORD))
    whole = isinstance(kept, dict) and isinstance(kept.get("scenarios"), dict) and isinstance(kept.get("date"), str)
    return kept if whole else None


def production(processes: Mapping[int, float], paths: Sequence[str]) -> dict[str, Any]:
    """Return what must be the same after a drill: upsmon's processes with their start, the files by their checksums.

    It holds checksums of files with a password, and stays on the host.
    """
    return {
        "processes": {str(pid): round(started) for pid, started in processes.items()},
        "files": {path: checksum(path) for path in paths},
    }


def untouched(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, bool]:
    """Return of processes and files whether they are the same; a start is known to the second, more or less."""
    old, new = before["processes"], now["processes"]
    same = bool(old) and set(old) == set(new) and all(abs(old[pid] - new[pid]) <= 2 for pid in old)
    return {"processes": same, "files": before["files"] == now["files"]}


def start(
    run: Run,
    folder: str,
    drilled: Sequence[Drilled],
    program: str,
    command: str,
    group: int,
    deadline: int,
    before: Mapping[str, Any],
    systemd: bool,
) -> None:
    """Start the throw-away upsmons.

    :param folder: where they live, on a file system that a boot empties.
    :param program: the production's upsmon.
    :param command: the production's SHUTDOWNCMD.
    :param group: by number, the group of the user that upsmon becomes.
    :param deadline: seconds after which all of it ends and is gone, whatever happens.
    :param before: what :func:`production` said.
    :raises CannotDrill: where another drill runs, or they cannot be started.
    """
    for one in drilled:
        _check(one)
    if os.path.lexists(folder):
        raise CannotDrill(f"{folder} is there: another drill runs on this host, and ends by itself. Wait for it.")
    (_start_unit if systemd else _start_process)(run, folder, deadline)
    try:
        _wait(lambda: os.path.isdir(folder), f"{folder} was not made")
        _write(os.path.join(folder, _PRODUCTION), json.dumps(before), 0o600)
        for one in drilled:
            _prepare(os.path.join(folder, one.name), one, program, command, group)
        _write(os.path.join(folder, _GO), "", 0o600)
    except BaseException:
        stop(run, folder, systemd)
        raise


def _check(one: Drilled) -> None:
    """Refuse what could watch a NAS, or run the real command: whatever made it, it is not a drill's."""
    lines = directives(one.configuration)
    watched = [line[1] if len(line) > 1 else None for line in lines if line[0] == "MONITOR"]
    if watched != [one.target] or last(lines, "SHUTDOWNCMD") != "{shutdowncmd}":
        raise CannotDrill(
            f"The configuration of {one.name} is not a drill's own: nothing was started. Please report this."
        )


def _start_unit(run: Run, folder: str, deadline: int) -> None:
    options = [
        f"--unit={UNIT}",
        "--description=A drill of upsfleet.synology: upsmons that power nothing off",
        "--collect",
        "--property=Type=exec",
        f"--property=RuntimeDirectory={os.path.basename(folder)}",
        f"--property=RuntimeMaxSec={deadline + 20}",
        f"--property=ExecStopPost=/bin/sh -c 'rm -f {PID_FILES}'",
        "--property=TimeoutStopSec=10",
    ]
    # systemd would put variables of its own into the words of a command.
    script = ["/bin/sh", "-c", _KEEPER.replace("$", "$$"), "drill", folder, str(deadline), "systemd"]
    status, said = run(["systemd-run", "--quiet", *options, *script])
    if status:
        raise CannotDrill(f"systemd-run cannot start {UNIT}: {said.strip()[-200:] or f'exit status {status}'}")


def _start_process(_run: Run, folder: str, deadline: int) -> None:
    os.mkdir(folder, 0o755)
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "drill", folder, str(deadline), "alone"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
    )
    _write(os.path.join(folder, "keeper.pid"), str(keeper.pid), 0o600)


def _prepare(place: str, one: Drilled, program: str, command: str, group: int) -> None:
    """Fill the folder of one throw-away; its configuration has a password, and is its user's to read."""
    os.mkdir(place, 0o750)
    os.chown(place, 0, group)
    word = examine(command)["program"] or "true"
    text = _MARKER.format(program=shlex.quote(word), command=shlex.quote(command), folder=shlex.quote(place))
    marker = os.path.join(place, "shutdown")
    _write(marker, text, 0o755)
    _write(os.path.join(place, "upsmon.conf"), one.configuration.replace("{shutdowncmd}", marker), 0o640, group)
    os.symlink(program, os.path.join(place, PREFIX + one.name))


def _write(path: str, text: str, mode: int, group: int = 0) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchown(handle, 0, group)
        os.fchmod(handle, mode)
        file.write(text)


def markers(folder: str) -> dict[str, dict[str, Any]]:
    """Return of each throw-away that ran its command ``at`` (seconds, this host's clock) and ``problem``."""
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        said = re.match(r"(\d+\.?\d*)\S* (\w*)$", read_text(os.path.join(folder, name, "marker")).strip("\n"))
        if said:
            found[name] = {"at": float(said.group(1)), "problem": said.group(2)}
    return found


def said(folder: str) -> dict[str, str]:
    """Return what each throw-away wrote when it was started, which is little unless it could not run."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return {
        name: read_text(os.path.join(folder, name, "said"))[-500:]
        for name in names
        if os.path.isdir(os.path.join(folder, name))
    }


def before(folder: str) -> dict[str, Any] | None:
    """Return what :func:`production` said at the start, None where the drill has ended meanwhile."""
    noted = read_json(os.path.join(folder, _PRODUCTION))
    return noted if isinstance(noted, dict) else None


def stop(run: Run, folder: str, systemd: bool) -> list[str]:
    """End the drill, and return what is left of it: nothing, where all is well."""
    if systemd:
        run(["systemctl", "stop", UNIT])
    else:
        _stop_process(run, folder)
    deadline = time.monotonic() + _PATIENCE
    while leftovers(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return leftovers(folder)


def _stop_process(run: Run, folder: str) -> None:
    """End the keeper, or do what it would have done, where somebody has killed it."""
    pid = read_text(os.path.join(folder, "keeper.pid")).strip()
    _status, shown = run(["ps", "-o", "args=", "-p", pid]) if pid.isdecimal() else (1, "")
    if folder in shown:  # its number may be another process's by now
        os.kill(int(pid), signal.SIGTERM)
        return
    run(["pkill", "-f", f"^{folder}/[a-z_]*/{PREFIX}"])
    shutil.rmtree(folder, ignore_errors=True)


def leftovers(folder: str, proc: str = "/proc") -> list[str]:
    """Return the processes and files of a drill that are still there."""
    left = [folder] if os.path.lexists(folder) else []
    for pid in filter(str.isdecimal, os.listdir(proc) if os.path.isdir(proc) else ()):
        if read_text(f"{proc}/{pid}/cmdline").startswith(f"{folder}/"):
            left.append(f"process {pid}")
    return left


def _wait(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise CannotDrill(f"{complaint} within {_PATIENCE:.0f} s.")
        time.sleep(0.05)
