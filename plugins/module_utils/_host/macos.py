# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a Mac as a NUT client: Homebrew or MacPorts, the LaunchDaemon, upsmon's process and connections. Read-only.

launchd reads no nut.conf, so MODE says nothing here. macOS has no /proc: ps and lsof tell instead.
"""

from __future__ import annotations

import os
import plistlib
import pwd
import re
import time
from typing import Any, Mapping, NamedTuple, Sequence
from xml.parsers.expat import ExpatError

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._host import launchd
from ansible_collections.upsfleet.synology.plugins.module_utils._host.chain import CONFIGURATION
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
_ETIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")  # [[dd-]hh:]mm:ss


class Process(NamedTuple):
    """A process named upsmon or upsd."""

    name: str
    started: float
    """Seconds since the epoch."""
    parent: int = 0
    uid: int | None = None
    program: str = ""
    """Its path, where ps tells it whole, as that of macOS does."""


def release(path: str = SYSTEM_VERSION) -> dict[str, str] | None:
    """Return platform, name and version of this Mac, None where it is none."""
    try:
        with open(path, "rb") as file:
            version = plistlib.load(file).get("ProductVersion", "")
    except (OSError, ValueError, AttributeError, ExpatError):  # what plistlib raises, and a list has no get
        return None
    return {"platform": "macos", "name": "macos", "version": str(version)}


def look(run: Run, wanted: Mapping[str, Any], running: Mapping[int, Process], root: str = "") -> dict[str, Any]:
    """Return what the Mac has: package, installation, units.

    :param wanted: the platform's units, which are labels of LaunchDaemons.
    :param running: what :func:`processes` said.
    :raises CannotLook: where neither Homebrew nor MacPorts is there.
    """
    installation = find_installation(root)
    upsmon = root + installation["upsmon"]
    installed = os.path.exists(upsmon)
    version = _version(run, installation["manager"], upsmon) if installed else None
    return {
        "package": {"installed": installed, "version": version or RELEASE_VERSIONS["macos"], "server": False},
        "installation": installation,
        "mode": None,
        "upsd_runs": any(one.name == "upsd" for one in running.values()),
        "units": {label: launchd_unit(run, label, running, root) for label in wanted["units"]},
        "server_units": {},
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


def lacks_ipv6(manager: str, used: Sequence[str]) -> bool:
    """Return whether upsmon can use no IPv6: MacPorts builds NUT with --with-ipv6=no (sysutils/nut/Portfile, 2.8.4).

    :param manager: of the packages, empty on other platforms.
    :param used: the remote addresses of the upsmon that runs, which may be another build.
    """
    return manager == "macports" and not any(":" in address for address in used)


def _version(run: Run, manager: str, upsmon: str) -> str | None:
    if manager == "homebrew":
        found = re.search(r"/Cellar/nut/(\d[^/]*)/", os.path.realpath(upsmon))
    else:
        _status, listed = run(["/opt/local/bin/port", "-q", "installed", "nut"])
        # Older versions stay installed beside the active one.
        found = re.search(r"^\s*nut @(\d\S*) \(active\)", listed, re.MULTILINE)
        found = found or re.search(r"^\s*nut @(\d\S*)", listed, re.MULTILINE)
    return found.group(1) if found else None


def launchd_unit(run: Run, label: str, running: Mapping[int, Process], root: str = "") -> dict[str, Any]:
    """Return a LaunchDaemon's state in the words that the audit has for a unit.

    :param running: what :func:`processes` said.
    """
    job = launchd.job(run, label)
    path = f"{root}{launchd.DAEMONS}/{label}.plist"
    started = running[job.pid].started if job.pid in running else 0.0
    try:
        stale = bool(job.pid) and os.stat(path).st_mtime > started
    except OSError:
        stale = False
    # One that was loaded by hand from another file leads upsmon elsewhere. What is not shown is not held against it.
    wanted = launchd.configuration(launchd.definition(path))
    elsewhere = wanted is not None and job.environment.get(CONFIGURATION, wanted) != wanted
    return {
        "enabled": job.loaded and not launchd.is_disabled(run, label),
        "active": bool(job.pid),
        # launchd keeps the definition that it was bootstrapped with.
        "need_daemon_reload": stale or elsewhere,
        "main_pid": job.pid,
        "loaded": job.loaded,
    }


def processes(run: Run) -> dict[int, Process]:
    """Return the processes named upsmon or upsd, by pid.

    ps tells the age in whole seconds, so a start may seem up to a second later than it was.

    :raises CannotLook: where ps fails.
    """
    status, listed = run(["ps", "-axo", "pid=,ppid=,uid=,etime=,comm="])
    if status:
        raise CannotLook(f"ps failed (exit status {status}), so whether upsmon runs cannot be told.")
    found = {}
    for line in listed.splitlines():
        words = line.split(None, 4)
        numbers = len(words) == 5 and all(re.fullmatch(r"-?\d+", word) for word in words[:3])
        age = _ETIME.fullmatch(words[3]) if numbers else None
        program = words[4].strip() if age else ""
        name = os.path.basename(program)
        if age and name in ("upsmon", "upsd"):
            days, hours, minutes, seconds = (int(part or 0) for part in age.groups())
            started = time.time() - (((days * 24 + hours) * 60 + minutes) * 60 + seconds)
            path = program if program.startswith("/") else ""
            # nobody may be shown as -2
            found[int(words[0])] = Process(name, started, int(words[1]), int(words[2]) % (1 << 32), path)
    return found


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


def temporary_addresses(run: Run) -> list[str]:
    """Return the Mac's temporary IPv6 addresses; those that ifconfig calls ``secured`` stay."""
    _status, shown = run(["/sbin/ifconfig", "-a"])
    rows = re.findall(r"^\s*inet6 (\S+) prefixlen \d+ (.*)$", shown, re.MULTILINE)
    return sorted(normalise_address(address) for address, flags in rows if "temporary" in flags.split())


def _endpoint(text: str) -> tuple[str, int]:
    host, _sep, port = text.rpartition(":")
    return normalise_address(host.strip("[]")), int(port) if port.isdigit() else 0
