# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of upsfleet.synology.win_nut_client_info: everything one look at a host tells, in its result's own shape.

Cannot show: whether the PowerShell module finds the same on a real Windows. The connection that stands for the session
itself, which every real Windows has, is made up, and so is what the machine is capable of. Where an address has its
halves from is Linux's answer in Windows' words, and only as far as the audit asks: what is not temporary is called
stable.
"""

from __future__ import annotations

import os
import time
from typing import Any

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import redact
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import addresses, processes, registry, tasks
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_POWER = "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Power"
_SOURCES = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\"


_SESSION = {
    "pid": 900,
    "local_address": "127.0.0.1",
    "local_port": 5986,
    "remote_address": "127.0.0.1",
    "remote_port": 40000,
}


def _written(machine: Machine, path: str) -> float | None:
    real = machine.drive.real(path)
    return os.stat(real).st_mtime if os.path.isfile(real) else None


def _processes(machine: Machine, names: list[str]) -> list[dict[str, Any]]:
    """Return the processes with one of some names; what started them is known where it runs on the double."""
    running = machine.running()
    known = {row["pid"]: row["name"] for row in running}
    return [
        {
            **{key: row[key] for key in ("name", "pid", "path", "started")},
            "parent": row["parent"],
            "parent_name": known.get(row["parent"]),
        }
        for row in running
        if row["name"].lower() in names
    ]


def _hibernation(machine: Machine, capabilities: bool) -> dict[str, Any]:
    power = machine.state["power"] if capabilities else {"supported": None, "file_present": None}
    return {
        "enabled": registry.value(machine, _POWER, "HibernateEnabled") == 1,
        "file_type": registry.value(machine, _POWER, "HiberFileType"),
        **power,
    }


def _masked(machine: Machine, path: str) -> str | None:
    if not machine.drive.is_file(path):
        return None
    return redact.mask(machine.drive.read(path).decode("utf-8-sig", "replace"))


def win_nut_client_info(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Return what the real module returns."""
    source, names = params["event_source"], [name.lower() for name in params["processes"] or []]
    running = machine.running()
    events = [
        {name: event[name] for name in ("time", "level", "message")}
        for event in reversed(machine.state["events"])
        if source and event["source"].lower() == source.lower() and event["time"] >= float(params["events_since"] or 0)
    ]
    return {
        "changed": False,
        "os": dict(machine.state["os"]),
        "booted": machine.state["booted"],
        "architecture": dict(machine.state["architecture"]),
        "administrator": True,
        "time": time.time(),
        "acls": {path: machine.sddl(path) for path in params["paths"] or []},
        "written": {path: _written(machine, path) for path in params.get("files") or []},
        "configurations": {path: _masked(machine, path) for path in params.get("configurations") or []},
        "processes": _processes(machine, names),
        "connections": [_SESSION, *(one for row in running for one in processes.connections(row["pid"]))],
        "ipv6_addresses": addresses.ipv6(),
        "hibernation": _hibernation(machine, bool(params.get("power_capabilities"))),
        "task_xml": tasks.definition(machine, params.get("task") or ""),
        "events": events[: params["event_limit"]],
        "event_message_file": registry.value(machine, _SOURCES + source, "EventMessageFile", False) if source else None,
        "nut_confpath": registry.confpath(machine),
    }
