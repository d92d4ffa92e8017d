# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a Mac as a NUT client: Homebrew or MacPorts, the LaunchDaemon, upsmon's process and connections. Read-only.

launchd reads no nut.conf, so MODE says nothing here. macOS has no /proc: ps and lsof tell instead.
"""

from __future__ import annotations

import glob
import os
import plistlib
import pwd
import re
import time
from typing import Any, Mapping, Sequence
from xml.parsers.expat import ExpatError

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import CannotLook, Run
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import RELEASE_VERSIONS

SYSTEM_VERSION = "/System/Library/CoreServices/SystemVersion.plist"

# (manager, prefix, its command, upsmon and its configuration below the prefix). opt/nut follows Homebrew's upgrades.
# MacPorts configures NUT without --sysconfdir, so its upsmon reads PREFIX/etc (sysutils/nut/Portfile, 2.8.4).
_MANAGERS = (
    ("homebrew", "/opt/homebrew", "bin/brew", "opt/nut/sbin/upsmon", "etc/nut"),  # Apple silicon
    ("homebrew", "/usr/local", "bin/brew", "opt/nut/sbin/upsmon", "etc/nut"),  # Intel
    ("macports", "/opt/local", "bin/port", "sbin/upsmon", "etc"),
)
# What `brew services start nut` leaves, for the user who typed it or, with sudo, for the system.
_BREW_SERVICES = (
    "/Library/LaunchDaemons/homebrew.mxcl.nut.plist",
    "/Users/*/Library/LaunchAgents/homebrew.mxcl.nut.plist",
)
_ETIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")  # [[dd-]hh:]mm:ss


def release(path: str = SYSTEM_VERSION) -> dict[str, str] | None:
    """Return platform, name and version of this Mac, None where it is none."""
    try:
        with open(path, "rb") as file:
            version = plistlib.load(file).get("ProductVersion", "")
    except (OSError, ValueError, AttributeError, ExpatError):  # what plistlib raises, and a list has no get
        return None
    return {"platform": "macos", "name": "macos", "version": str(version)}


def look(run: Run, wanted: Mapping[str, Any], root: str = "") -> dict[str, Any]:
    """Return what the Mac has: package, installation, units, and what gets in the way.

    :param wanted: the platform's units, which are labels of LaunchDaemons.
    :raises CannotLook: where neither Homebrew nor MacPorts is there.
    """
    installation = find_installation(root)
    upsmon = root + installation["upsmon"]
    installed = os.path.exists(upsmon)
    version = _version(run, installation["manager"], upsmon) if installed else None
    running = processes(run)
    return {
        "package": {"installed": installed, "version": version or RELEASE_VERSIONS["macos"], "server": False},
        "installation": installation,
        "mode": None,
        "upsd_runs": any(name == "upsd" for name, _started in running.values()),
        "units": {label: launchd_unit(run, label, running, root) for label in wanted["units"]},
        "server_units": {},
        "conflicts": brew_services(root),
    }


def find_installation(root: str = "") -> dict[str, str]:
    """Return manager, prefix, owner, upsmon and etc: of the manager that has nut, else of the first one that is there.

    The owner is who runs brew, which refuses root.

    :raises CannotLook: where there is none.
    """
    found = [one for one in _MANAGERS if os.path.exists(f"{root}{one[1]}/{one[2]}")]
    if not found:
        raise CannotLook(
            "Neither Homebrew (/opt/homebrew, /usr/local) nor MacPorts (/opt/local) is on this Mac: install one of "
            "them (https://brew.sh), then run this again."
        )
    found.sort(key=lambda one: not os.path.exists(f"{root}{one[1]}/{one[3]}"))
    manager, prefix, command, upsmon, etc = found[0]
    # On Intel /usr/local is root's; its bin/brew leads to the repository, which is its user's.
    uid = os.stat(os.path.realpath(f"{root}{prefix}/{command}")).st_uid
    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = str(uid)
    return {
        "manager": manager,
        "prefix": prefix,
        "owner": owner,
        "upsmon": f"{prefix}/{upsmon}",
        "etc": f"{prefix}/{etc}",
    }


def _version(run: Run, manager: str, upsmon: str) -> str | None:
    if manager == "homebrew":
        found = re.search(r"/Cellar/nut/(\d[^/]*)/", os.path.realpath(upsmon))
    else:
        _status, listed = run(["/opt/local/bin/port", "-q", "installed", "nut"])
        # Older versions stay installed beside the active one.
        found = re.search(r"^\s*nut @(\d\S*) \(active\)", listed, re.MULTILINE)
        found = found or re.search(r"^\s*nut @(\d\S*)", listed, re.MULTILINE)
    return found.group(1) if found else None


def launchd_unit(run: Run, label: str, running: Mapping[int, tuple[str, float]], root: str = "") -> dict[str, Any]:
    """Return a LaunchDaemon's state in the words that the audit has for a unit.

    :param running: what :func:`processes` said.
    """
    status, shown = run(["/bin/launchctl", "print", f"system/{label}"])
    loaded = status == 0
    found = re.search(r"^\s*pid = (\d+)", shown, re.MULTILINE) if loaded else None
    pid = int(found.group(1)) if found else 0
    started = running.get(pid, ("", 0.0))[1]
    try:
        stale = bool(pid) and os.stat(f"{root}/Library/LaunchDaemons/{label}.plist").st_mtime > started
    except OSError:
        stale = False
    return {
        "enabled": loaded and not _is_disabled(run, label),
        "active": bool(pid),
        # launchd keeps the definition that it was bootstrapped with.
        "need_daemon_reload": stale,
        "main_pid": pid,
        "loaded": loaded,
    }


def _is_disabled(run: Run, label: str) -> bool:
    _status, shown = run(["/bin/launchctl", "print-disabled", "system"])
    # true and false before macOS 12
    return re.search(rf'"{re.escape(label)}"\s*=>\s*(disabled|true)', shown) is not None


def brew_services(root: str = "") -> list[str]:
    """Return a sentence for each copy of nut that `brew services` starts beside ours."""
    sentences = []
    for pattern in _BREW_SERVICES:
        for path in sorted(glob.glob(root + pattern)):
            path = path[len(root) :]
            user = "" if path.startswith("/Library") else path.split("/")[2]
            stop = f"`brew services stop nut` as {user}" if user else "`sudo brew services stop nut`"
            sentences.append(f"{path} starts a second upsmon beside this one: run {stop}")
    return sentences


def processes(run: Run) -> dict[int, tuple[str, float]]:
    """Return name and start (seconds since the epoch) of the processes named upsmon or upsd, by pid.

    ps tells the age in whole seconds, so a start may seem up to a second later than it was.

    :raises CannotLook: where ps fails.
    """
    status, listed = run(["ps", "-axo", "pid=,etime=,comm="])
    if status:
        raise CannotLook(f"ps failed (exit status {status}), so whether upsmon runs cannot be told.")
    found = {}
    for line in listed.splitlines():
        words = line.split(None, 2)
        age = _ETIME.fullmatch(words[1]) if len(words) == 3 else None
        name = os.path.basename(words[2].strip()) if age else ""
        if age and name in ("upsmon", "upsd"):
            days, hours, minutes, seconds = (int(part or 0) for part in age.groups())
            found[int(words[0])] = (name, time.time() - (((days * 24 + hours) * 60 + minutes) * 60 + seconds))
    return found


def upsmon_processes(run: Run) -> dict[int, float]:
    """Return the start of each upsmon, seconds since the epoch."""
    return {pid: started for pid, (name, started) in processes(run).items() if name == "upsmon"}


def sockets(run: Run, pids: Sequence[int]) -> list[Socket] | None:
    """Return the ESTABLISHED TCP connections, those of *pids* marked as upsmon's.

    None where lsof tells none at all: that is how it fails too, and the session that asks is one.
    """
    _status, listed = run(["lsof", "-nP", "-iTCP", "-sTCP:ESTABLISHED", "-Fpn"])
    found, pid = [], 0
    for line in listed.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line.startswith("n") and "->" in line:
            local, remote = (_endpoint(end) for end in line[1:].split("->", 1))
            found.append(Socket(*local, *remote, pid in pids))
    return found or None


def _endpoint(text: str) -> tuple[str, int]:
    host, _sep, port = text.rpartition(":")
    return normalise_address(host.strip("[]")), int(port) if port.isdigit() else 0
