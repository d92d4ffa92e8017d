# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leads from upsmon's login to the power-off of a Linux host: looked at, not judged. Read-only.

The running upsmon is asked, not the files that it should have: its program, its arguments, where it looks for its
configuration, who started it. What is judged of it is in plugin_utils/_client/chain.py.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.command import PATH, ROOT, examine
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run, assignments, read_text
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import Line, directives, last
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.shutdown_command import obeys_inhibitors

CONFIGURATION = "NUT_CONFPATH"  # the environment variable that leads upsmon to another folder
TARGETS = ("poweroff.target", "shutdown.target", "systemd-poweroff.service")
"""What systemd needs to power a host off."""

CALIBRATION = "UPS %s: calibration in progress"  # what upsmon says of it where NOTIFYMSG CAL does not
OBEYS_INHIBITORS = 257  # the first systemd that denies root too what a block inhibitor forbids (executed on Debian 13)
_VOLATILE = ("tmpfs", "ramfs")
_PID_FILES = ("/run/nut/upsmon.pid", "/run/upsmon.pid")


def look(
    run: Run,
    wanted: Mapping[str, Any],
    shown: Mapping[str, Mapping[str, str]],
    pids: Sequence[int],
    desired_command: str | None = None,
    calibrated_since: float | None = None,
    root: str = "",
) -> dict[str, Any]:
    """Return processes, units, masked, directives, nut_conf, commands and volatile folders.

    :param wanted: the role's row of the platform: etc, programs, user, units, persistent.
    :param shown: what systemctl shows of the units, by name, as :func:`linux.show_units` returns it.
    :param pids: upsmon's processes.
    :param desired_command: the SHUTDOWNCMD that a user asks for, looked at beside the one that is in force.
    :param calibrated_since: since when (seconds, epoch) a calibration that upsmon saw matters; None: not at all.
    """
    processes = [process(pid, root) for pid in sorted(pids)]
    programs = [os.path.realpath(root + path) for path in wanted["programs"]]
    folder = next((one["configuration"] for one in processes if one["configuration"]), None) or wanted["etc"]
    lines = directives(read_text(f"{root}{folder}/upsmon.conf"))
    command = last(lines, "SHUTDOWNCMD")
    return {
        "processes": processes,
        "programs": programs,
        "units": {name: unit_start(shown[name], root) for name in wanted["units"] if name in shown},
        "masked": [name for name in TARGETS if shown.get(name, {}).get("LoadState") == "masked"],
        "configuration": folder,
        "directives": lines,
        "nut_conf": assignments(read_text(f"{root}{wanted['etc']}/nut.conf")),
        "commands": commands(lines, wanted.get("user"), desired_command),
        "volatile": volatile(wanted.get("persistent", ()), root),
        "stale_pid_file": stale_pid_file(pids, root),
        "calibrated": calibrated_since is not None and calibrated(run, lines, calibrated_since),
        # Two programs, but only for a command that would be stopped: the role's own is not.
        "inhibitors": inhibitors(run) if command and obeys_inhibitors(command) else None,
    }


def process(pid: int, root: str = "") -> dict[str, Any]:
    """Return what a process was started with; what may not be read is empty or None.

    ``configuration`` is NUT_CONFPATH of its environment, ``unit`` the systemd unit or scope that it belongs to.
    """
    folder = f"{root}/proc/{pid}"
    status = read_text(f"{folder}/status")
    environment = dict(
        word.split("=", 1)
        for word in read_text(f"{folder}/environ").split("\0")
        if word.startswith(f"{CONFIGURATION}=")
    )
    try:
        program = os.readlink(f"{folder}/exe")
    except OSError:
        program = ""
    return {
        "pid": pid,
        "parent": _number(r"^PPid:\s+(\d+)", status),
        "uid": _number(r"^Uid:\s+(\d+)", status),
        "program": program[: -len(" (deleted)")] if program.endswith(" (deleted)") else program,
        "arguments": [word for word in read_text(f"{folder}/cmdline").split("\0")[1:] if word],
        "configuration": environment.get(CONFIGURATION),
        "unit": _unit(read_text(f"{folder}/cgroup")),
    }


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text, re.MULTILINE)
    return int(found.group(1)) if found else None


def _unit(cgroup: str) -> str:
    """Return the innermost unit of systemd's own hierarchy (cgroup v2's, or the one named systemd)."""
    for line in cgroup.splitlines():
        hierarchy, _sep, path = line.partition(":")[2].partition(":")
        if hierarchy in ("", "name=systemd"):
            names = [part for part in path.split("/") if part.endswith((".service", ".scope"))]
            if names:
                return names[-1]
    return ""


def unit_start(fields: Mapping[str, str], root: str = "") -> dict[str, Any]:
    """Return what a unit will start at the next boot, and which files say so.

    :param fields: of ``systemctl show``.
    """
    programs = re.findall(r"\bpath=(\S+) ;", fields.get("ExecStart", ""))
    found = re.findall(rf"(?:^|\s){CONFIGURATION}=(\S+)", fields.get("Environment", ""))
    for path in re.findall(r"(/\S+) \(ignore_errors=\w+\)", fields.get("EnvironmentFiles", "")):
        text = read_text(root + path)
        found += re.findall(rf"^[ \t]*(?:export[ \t]+)?{CONFIGURATION}=[\"']?([^\s\"']+)", text, re.MULTILINE)
    return {
        "program": os.path.realpath(root + programs[-1]) if programs else "",
        "configuration": found[-1] if found else None,
        "files": [*filter(None, [fields.get("FragmentPath", "")]), *fields.get("DropInPaths", "").split()],
        "masked": fields.get("LoadState") == "masked",
    }


def commands(lines: Sequence[Line], user: str | None, desired: str | None, path: str = PATH) -> dict[str, Any]:
    """Return what can be said of SHUTDOWNCMD, of the one desired and of NOTIFYCMD; None where there is none.

    :param user: whom upsmon becomes where RUN_AS_USER does not say it.
    :param path: where upsmon looks for programs.
    """
    shutdown, notify = last(lines, "SHUTDOWNCMD"), last(lines, "NOTIFYCMD")
    executed = any(line[0] == "NOTIFYFLAG" and "EXEC" in str(line[-1]).split("+") for line in lines)
    person = last(lines, "RUN_AS_USER") or user
    return {
        "shutdowncmd": examine(shutdown, path=path) if shutdown else None,
        "desired": examine(desired, path=path) if desired else None,
        "notifycmd": {**examine(notify, user_numbers(person), path), "user": person} if notify and executed else None,
    }


def user_numbers(name: str | None) -> tuple[int, Sequence[int]]:
    """Return a user and its groups by number; root's where there is no such user."""
    try:
        entry = pwd.getpwnam(name or "root")
    except (KeyError, ValueError):
        return ROOT
    return entry.pw_uid, [entry.pw_gid, *(group.gr_gid for group in grp.getgrall() if entry.pw_name in group.gr_mem)]


def volatile(paths: Iterable[str], root: str = "") -> list[str]:
    """Return those of *paths* that are lost at the next boot: on a tmpfs, or on an overlay whose changes are on one."""
    mounts = _mounts(read_text(f"{root}/proc/self/mountinfo"))
    overlaid = re.search(r"\b(boot=overlay|overlayroot=tmpfs|systemd\.volatile=)", read_text(f"{root}/proc/cmdline"))
    found = []
    for path in paths:
        point, kind, options = _mount_of(path, mounts)
        if kind == "overlay":
            upper = re.search(r"\bupperdir=([^,]+)", options)
            where, kind, _options = _mount_of(upper.group(1), mounts) if upper else ("", "", "")
            # An upper folder below the overlay itself is one that is not to be seen from here, as in a container; the
            # command line of a kernel is that of the container's host, whose own root is no overlay.
            lost = (kind in _VOLATILE and where != point) or (
                bool(overlaid) and point == "/" and not _in_container(root)
            )
        else:
            lost = kind in _VOLATILE
        found += [path] if lost else []
    return found


def _in_container(root: str) -> bool:
    # podman's, docker's, and what systemd notes of any other
    return any(os.path.exists(root + path) for path in ("/run/.containerenv", "/.dockerenv", "/run/systemd/container"))


def _mounts(mountinfo: str) -> list[tuple[str, str, str]]:
    """Return mount point, type and options of every mount (man 5 proc_pid_mountinfo)."""
    found = []
    for line in mountinfo.splitlines():
        left, _sep, right = line.partition(" - ")
        before, after = left.split(), right.split()
        if len(before) > 4 and len(after) > 2:
            found.append((before[4].replace("\\040", " "), after[0], after[2]))
    return found


def _mount_of(path: str, mounts: Sequence[tuple[str, str, str]]) -> tuple[str, str, str]:
    """Return the mount that *path* is on: the last one of the longest mount point above it."""
    best = ("", "", "")
    for mount in mounts:
        point = mount[0].rstrip("/")
        if (path == point or path.startswith(f"{point}/")) and len(mount[0]) >= len(best[0]):
            best = mount
    return best


def stale_pid_file(pids: Sequence[int], root: str = "") -> str:
    """Return the PID file that names a process which is no upsmon, empty where there is none."""
    for path in _PID_FILES:
        text = read_text(root + path).strip()
        if re.fullmatch(r"[0-9]{1,9}", text) and int(text) not in pids:
            return path
    return ""


def calibrated(run: Run, lines: Sequence[Line], since: float) -> bool:
    """Return whether upsmon has said since *since* (seconds, epoch) that a UPS calibrates, by the journal."""
    said = [str(line[2]) for line in lines if line[:2] == ["NOTIFYMSG", "CAL"] and len(line) > 2]
    text = (said or [CALIBRATION])[-1]
    pattern = re.compile(r"\S+".join(map(re.escape, text.split("%s"))))  # a UPS's name has no space
    if not text.replace("%s", "").strip():
        return False  # it cannot be told from any other message
    _status, shown = run(
        ["journalctl", "--quiet", "--no-pager", "--output=cat", "--unit=nut-monitor", f"--since=@{int(since)}"]
    )
    return any(pattern.fullmatch(line.strip()) for line in shown.splitlines())


def inhibitors(run: Run) -> list[str] | None:
    """Return who holds a block inhibitor against a shutdown; None where this systemd does not deny it to root."""
    _status, version = run(["systemctl", "--version"])
    number = _number(r"^systemd (\d+)", version)
    if number is None or number < OBEYS_INHIBITORS:
        return None
    _status, listed = run(["systemd-inhibit", "--list", "--no-legend", "--no-pager"])
    return [
        " ".join(line.split())
        for line in listed.splitlines()
        if line.split()[-1:] == ["block"] and re.search(r"(?:^|[\s:])shutdown(?:[\s:]|$)", line)
    ]
