# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a Linux host as a NUT client: package, units, upsmon's process and its connections. Read-only."""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
import sys
import time
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host import chain
from ansible_collections.upsfleet.synology.plugins.module_utils._host.apt import candidate
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run, nut_mode, read_text
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    ASSUMED_VERSION,
    RELEASE_VERSIONS,
)

SERVER_MODES = ("standalone", "netserver")
_ESTABLISHED = "01"  # Linux include/net/tcp_states.h
_TEMPORARY = 0x01  # IFA_F_TEMPORARY, Linux include/uapi/linux/if_addr.h


def look(run: Run, wanted: Mapping[str, Any], system: Mapping[str, str]) -> dict[str, Any]:
    """Return what the host has: package, mode, units, what serves UPSes, server_units of one that does, rival_units.

    ``held`` is the unit that does not start yet, because the boot guard waits for the end of a latched FSD, or empty.

    :param wanted: the role's row of the platform: packages, paths, units.
    :param system: what :func:`release` said.
    """
    package = debian_packages(run, wanted, system)
    servers = wanted["server_units"] if package["server"] else []
    mode = nut_mode(read_text(f"{wanted['etc']}/nut.conf"))
    rivals = [wanted["rivals"][name] for name in package["rivals"]]
    guards = [wanted["guard"]] if "guard" in wanted else []
    shown = show_units(run, [*wanted["units"], *guards, *servers, *rivals, *chain.TARGETS])
    states = unit_states(shown, servers)
    found = serves(mode, states, servers[:1], read_text(f"{wanted['etc']}/ups.conf"), processes("upsd"))
    return {
        "package": package,
        "rival_units": unit_states(shown, rivals),
        "installation": {"prefix": "/", "upsmon": wanted["upsmon"], "etc": wanted["etc"]},
        "mode": mode,
        "serves": found,
        "units": unit_states(shown, wanted["units"]),
        "held": held(shown, wanted["units"][0], guards),
        # A masked one serves nothing, and is not ours to unmask.
        "server_units": {name: unit for name, unit in states.items() if found and not unit["masked"]},
        "shown_units": shown,
    }


def serves(
    mode: str | None,
    states: Mapping[str, Mapping[str, Any]],
    upsd_units: Sequence[str],
    ups_conf: str,
    upsds: Iterable[int],
) -> list[str]:
    """Return the codes of what says that this host serves UPSes: mode, unit_active, ups_conf, upsd_runs.

    A nut-server that is installed and idle, as ``apt install nut`` leaves it on a client, says nothing.

    :param states: of the server's units; *upsd_units* are those that run upsd.
    :param upsds: the PIDs of its upsd processes. One that its unit is just starting, to see it end, is the unit's.
    """
    ours = [states[name] for name in upsd_units if name in states]
    evidence = {
        "mode": mode in SERVER_MODES,
        "unit_active": any(unit["active"] for unit in ours),
        "ups_conf": re.search(r"^[ \t]*\[[^\]\n]+\]", ups_conf, re.MULTILINE),
        "upsd_runs": set(upsds) - {unit["main_pid"] for unit in ours if not unit["active"]},
    }
    return [code for code, said in evidence.items() if said]


def release(os_release: str) -> dict[str, str]:
    """Return platform, name and version from the text of /etc/os-release.

    ``platform`` is ``debian`` for Debian and what derives from it, else empty.
    """
    fields = {
        key: value.strip().strip("\"'")
        for key, _sep, value in (line.partition("=") for line in os_release.splitlines())
        if value
    }
    family = [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]
    return {
        "platform": "debian" if {"debian", "ubuntu"} & set(family) else "",
        "name": fields.get("ID", "unknown"),
        "version": fields.get("VERSION_ID") or fields.get("VERSION_CODENAME", ""),
    }


def debian_packages(run: Run, wanted: Mapping[str, Any], system: Mapping[str, str]) -> dict[str, Any]:
    """Return which of the client's, the server's and their rivals' packages are installed, and the client's version.

    ``candidate``: whether apt's lists, as they are, offer the client that is not installed.
    """
    client, server, rivals = wanted["package"], wanted["server_package"], wanted["rivals"]
    form = "${Package} ${db:Status-Status} ${Version}\n"
    _status, listed = run(["dpkg-query", "-W", "-f", form, client, server, *rivals])
    installed = {words[0]: words[2] for words in map(str.split, listed.splitlines()) if words[1:2] == ["installed"]}
    offered = None if client in installed else candidate(run, client)
    release = f"{system['name']} {system['version']}"
    return {
        "installed": client in installed,
        "candidate": offered is not None,
        "version": installed.get(client) or offered or RELEASE_VERSIONS.get(release, ASSUMED_VERSION),
        "server": server in installed,
        "rivals": [name for name in rivals if name in installed],
    }


def show_units(run: Run, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return what systemctl shows of each unit, by name."""
    properties = (
        "Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,MainPID,FragmentPath,DropInPaths,ExecStart,"
        "Environment,EnvironmentFiles"
    )
    _status, shown = run(["systemctl", "show", f"--property={properties}", *names])
    units = {}
    for block in shown.strip().split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.splitlines():
            name, sep, value = line.partition("=")
            if sep:  # a property with several values has a line for each
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        if fields.get("Id"):
            units[fields["Id"]] = fields
    return units


def held(shown: Mapping[str, Mapping[str, str]], unit: str, guards: Sequence[str]) -> str:
    """Return the *unit* that one of *guards* will start when a latched FSD is gone, empty where none waits for that.

    :param shown: what :func:`show_units` returned. A guard that is started again after a failure is ``activating``.
    """
    waits = any(shown.get(name, {}).get("ActiveState") in ("active", "activating") for name in guards)
    return unit if waits and shown.get(unit, {}).get("ActiveState") != "active" else ""


def unit_states(shown: Mapping[str, Mapping[str, str]], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the state of each unit; one that systemd does not know is left out, a masked one is not.

    :param shown: what :func:`show_units` returned.
    """
    units = {}
    for name in names:
        fields = shown.get(name, {})
        if fields.get("LoadState") in ("loaded", "masked"):
            units[name] = {
                "enabled": fields.get("UnitFileState") == "enabled",
                "active": fields.get("ActiveState") == "active",
                "masked": fields["LoadState"] == "masked",
                "need_daemon_reload": fields.get("NeedDaemonReload") == "yes",
                "main_pid": int(fields.get("MainPID") or 0),
            }
    return units


def upsmon_processes(proc: str = "/proc") -> dict[int, float]:
    """Return the upsmon processes of this system (not of its containers) with their start, seconds since the epoch."""
    return processes("upsmon", proc)


def processes(name: str, proc: str = "/proc") -> dict[int, float]:
    """Return this system's processes of that name (not its containers') with their start, seconds since the epoch."""
    here = (_link(f"{proc}/self/ns/pid"), "")  # a root without CAP_SYS_PTRACE may not read another user's
    found = {}
    for pid in filter(str.isdigit, os.listdir(proc)):
        if read_text(f"{proc}/{pid}/comm").strip() == name and _link(f"{proc}/{pid}/ns/pid") in here:
            started = _started(read_text(f"{proc}/{pid}/stat"))
            if started is not None:
                found[int(pid)] = started
    return found


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _started(stat_line: str) -> float | None:
    # The 22nd field, in ticks since boot; the name in parentheses may hold spaces (man 5 proc).
    fields = stat_line.rpartition(")")[2].split()
    if len(fields) < 20:
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def sockets(pids: Sequence[int], proc: str = "/proc") -> list[Socket] | None:
    """Return the ESTABLISHED TCP connections of this network namespace, those of *pids* marked as upsmon's.

    upsmon's child runs as a user of its own, whose open files a root without CAP_SYS_PTRACE (in a container) may not
    see; the kernel's table names the user of each connection too. Where that says nothing, because the user is root,
    whose the connections are cannot be told. None where the kernel does not show its tables.
    """
    tables = [_table(f"{proc}/self/net/{name}") for name in ("tcp", "tcp6")]
    if None in tables or not tables[0]:  # a kernel without IPv6 has no tcp6
        return None
    opened = {pid: _socket_inodes(f"{proc}/{pid}/fd") for pid in pids}
    inodes = set(itertools.chain.from_iterable(found for found in opened.values() if found))
    users = {_user(read_text(f"{proc}/{pid}/status")) for pid, found in opened.items() if found is None}
    unknown = None if users & {"0", ""} else False
    return [
        Socket(*_address(local), *_address(remote), inode in inodes or user in users - {"0", ""} or unknown)
        for table in tables
        for local, remote, user, inode in _established(table or "")
    ]


def temporary_addresses(proc: str = "/proc") -> list[str]:
    """Return this network namespace's temporary IPv6 addresses (RFC 8981), also those that are deprecated.

    The kernel cuts the flags there to 8 bits (addrconf.c); this one is among them.
    """
    rows = [line.split() for line in read_text(f"{proc}/self/net/if_inet6").splitlines()]
    flagged = [row[0] for row in rows if len(row) > 4 and int(row[4], 16) & _TEMPORARY]
    return sorted(str(ipaddress.ip_address(bytes.fromhex(digits))) for digits in flagged)


def _table(path: str) -> str | None:
    """Return one of the kernel's tables, empty where this kernel has none of that name, None where it hides it."""
    return read_text(path) or (None if os.path.exists(path) else "")


def _user(status: str) -> str:
    found = re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)
    return found.group(1) if found else ""


def _socket_inodes(folder: str) -> set[str] | None:
    """Return the sockets that a process has open, None where they may not be seen."""
    inodes = set()
    try:
        for name in os.listdir(folder):
            try:
                found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:  # closed meanwhile
                continue
            inodes |= {found.group(1)} if found else set()
    except OSError:
        return None
    return inodes


def _established(table: str) -> Iterator[tuple[str, str, str, str]]:
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _ESTABLISHED:
            yield fields[1], fields[2], fields[7], fields[9]


def _address(text: str) -> tuple[str, int]:
    """Return address and port of the kernel's hexadecimal form (32-bit words in the machine's byte order)."""
    host, _sep, port = text.partition(":")
    words = [bytes.fromhex(host[at : at + 8]) for at in range(0, len(host), 8)]
    raw = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port, 16)
