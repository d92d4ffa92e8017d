# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of win_service and win_service_info.

Cannot show: drivers, triggers, service accounts' passwords, services that hang while they start or stop.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import accounts, fresh, nut_exe, paths, pe
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_PLAIN = (
    "display_name",
    "path",
    "error_control",
    "start_mode",
    "failure_actions_on_non_crash_failure",
    "failure_reset_period_sec",
    "desktop_interact",
)
_EMPTY_IS_NONE = ("description", "failure_command", "failure_reboot_msg")
_RETURNED = ("name", "display_name", "path", "start_mode", "description", "desktop_interact", "dependencies")


def find(machine: Machine, name: str) -> dict[str, Any] | None:
    """Return the service of a name or a display name."""
    for service in machine.state["services"].values():
        if name.lower() in (service["name"].lower(), service["display_name"].lower()):
            found: dict[str, Any] = service
            return found
    return None


def after_look(machine: Machine) -> None:
    """Let services appear that an installer registers after it has ended, one look later."""
    late, machine.state["late_services"] = machine.state["late_services"], []
    for entry in late:
        entry["looks"] -= 1
        if entry["looks"] > 0:
            machine.state["late_services"].append(entry)
        elif entry["service"]["name"].lower() not in machine.state["services"]:
            put(machine, entry["service"])


def put(machine: Machine, service: dict[str, Any]) -> dict[str, Any]:
    """Keep a service, and flag a path that an unquoted space leaves open."""
    service["unquoted_path"] = nut_exe.executable(machine, service["path"])[1]
    machine.state["services"][service["name"].lower()] = service
    return service


def _dependents(machine: Machine, name: str) -> list[str]:
    services = machine.state["services"].values()
    return [s["name"] for s in services if name.lower() in (d.lower() for d in s["dependencies"])]


def start(machine: Machine, service: dict[str, Any]) -> None:
    """Start a service and what it depends on; raises Failed as Start-Service does."""
    name = service["name"]
    cannot = f"Service '{service['display_name']} ({name})' cannot be started due to the following error: "
    cannot += f"Cannot start service {name} on computer '.'."
    if service["state"] == "started":
        return
    exe, _open = nut_exe.executable(machine, service["path"])
    number = _start_error(machine, service, exe)
    machine.state["start_errors"][name.lower()] = number
    if number:
        raise Failed(cannot)  # Start-Service prints no number, and its sentence in the language of Windows
    machine.log_command(service["path"])
    if paths.basename(exe).lower() == "nut.exe":
        nut_exe.start(machine, service, machine.drive.true(exe))
    else:
        service["state"] = "started"
    machine.happens(f"started {name}")


def _start_error(machine: Machine, service: dict[str, Any], exe: str) -> int:
    """Return the number (winerror.h) with which StartService fails, 0 if it does not; start what is needed first."""
    if service["start_mode"] == "disabled":
        return 1058  # ERROR_SERVICE_DISABLED
    for needed in service["dependencies"]:
        other = find(machine, needed)
        if other is None:
            return 1075  # ERROR_SERVICE_DEPENDENCY_DELETED
        try:
            start(machine, other)
        except Failed:
            return 1068  # ERROR_SERVICE_DEPENDENCY_FAIL
    blocked: int = machine.state["blocked"].get(paths.key(exe), 0)
    if blocked:
        return blocked  # 4551 ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION, 1260 ERROR_ACCESS_DISABLED_BY_POLICY
    if not machine.drive.is_file(exe):
        return 2  # ERROR_FILE_NOT_FOUND
    return 0 if pe.machine(machine.drive.read(exe)) else 193  # ERROR_BAD_EXE_FORMAT


def sc_start(machine: Machine, name: str) -> int:
    """Do what ``sc.exe start NAME`` does and return its exit status, which is the error's number."""
    service = find(machine, name)
    if service is None:
        return 1060  # ERROR_SERVICE_DOES_NOT_EXIST
    if service["state"] == "started":
        return 1056  # ERROR_SERVICE_ALREADY_RUNNING
    try:
        start(machine, service)
    except Failed:
        return int(machine.state["start_errors"].get(service["name"].lower()) or 0)  # 0: it started and ended
    return 0


def stop(machine: Machine, service: dict[str, Any], force: bool) -> None:
    """Stop a service; raises Failed where others that run depend on it."""
    if service["state"] != "started":
        return
    for name in _dependents(machine, service["name"]):
        other = machine.state["services"][name.lower()]
        if other["state"] == "started" and not force:
            raise Failed(f"Cannot stop service '{service['name']}' because it has dependent services. {name} runs.")
        stop(machine, other, force)
    exe, _open = nut_exe.executable(machine, service["path"])
    if paths.basename(exe).lower() == "nut.exe":
        nut_exe.stop(machine, service)
    else:
        service["state"] = "stopped"
    machine.happens(f"stopped {service['name']}")


def _wanted_dependencies(old: list[str], params: dict[str, Any]) -> list[str]:
    given = params["dependencies"]
    if given is None:
        return old
    if params["dependency_action"] == "add":
        return old + [name for name in given if name not in old]
    if params["dependency_action"] == "remove":
        return [name for name in old if name not in given]
    return old if sorted(old) == sorted(given) else given


def _wanted(service: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    wanted = dict(service)
    wanted.update({name: params[name] for name in _PLAIN if params[name] not in (None, "")})
    wanted.update({name: params[name] or None for name in _EMPTY_IS_NONE if params[name] is not None})
    wanted["dependencies"] = _wanted_dependencies(service["dependencies"], params)
    if params["username"]:
        wanted["username"] = accounts.name_of(accounts.sid_of(params["username"]))
    if params["failure_actions"] is not None:
        actions = params["failure_actions"]
        wanted["failure_actions"] = [{"type": a["type"], "delay_ms": int(a["delay_ms"] or 0)} for a in actions]
    wanted["failure_reset_period_sec"] = int(str(wanted["failure_reset_period_sec"]), 0)
    return wanted


def _set_state(machine: Machine, service: dict[str, Any], params: dict[str, Any], check: bool) -> bool:
    state, force = params["state"], params["force_dependent_services"]
    if state == "paused":
        raise Failed(f"failed to pause service {service['name']}: The service does not support pausing")
    if state is None or state == service["state"]:
        return False
    if not check and state in ("stopped", "restarted"):
        stop(machine, service, force)
    if not check and state in ("started", "restarted"):
        start(machine, service)
    return True


def _removed(machine: Machine, service: dict[str, Any] | None, params: dict[str, Any], check: bool) -> dict[str, Any]:
    if service is not None and not check:
        stop(machine, service, params["force_dependent_services"])
        del machine.state["services"][service["name"].lower()]
    return {"changed": service is not None, "exists": False}


def _told(machine: Machine, service: dict[str, Any], state: str) -> dict[str, Any]:
    username = "LocalSystem" if service["username"] == "NT AUTHORITY\\SYSTEM" else service["username"]
    return {
        "exists": True,
        "state": "running" if state in ("started", "restarted") else state,
        "username": username,
        "can_pause_and_continue": False,
        "depended_by": _dependents(machine, service["name"]),
        **{name: service[name] for name in _RETURNED},
    }


def win_service(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_service does."""
    service = find(machine, params["name"])
    after_look(machine)
    if params["state"] == "absent":
        return _removed(machine, service, params, check)
    created = service is None
    if service is None:
        asked = {k: v for k, v in params.items() if v not in (None, False) and k not in ("name", "dependency_action")}
        if not params["path"]:
            if not asked:
                return {"changed": False, "exists": False}
            raise Failed(f"Service '{params['name']}' is not installed, need to set 'path' to create a new service")
        service = fresh.service(params["name"], params["path"])
    wanted = _wanted(service, params)
    changed = created or wanted != service
    before = None if created else {name: service[name] for name in _RETURNED}
    if not check:
        service = put(machine, wanted)
    changed = _set_state(machine, service, params, check) or changed
    told = _told(machine, wanted if check else service, (params["state"] if check else None) or service["state"])
    diff = {"before": before or "", "after": {name: wanted[name] for name in _RETURNED}}
    return {"changed": changed, **told, "diff": diff}


def _info(machine: Machine, service: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "display_name", "path", "start_mode", "state", "dependencies", "description", "username")
    failure = [name for name in service if name.startswith("failure_")]
    return {
        **{name: service[name] for name in (*kept, *failure, "desktop_interact", "error_control")},
        "checkpoint": 0,
        "controls_accepted": ["stop", "shutdown"] if service["state"] == "started" else [],
        "dependency_of": _dependents(machine, service["name"]),
        "launch_protection": "none",
        "load_order_group": "",
        "pre_shutdown_timeout_ms": 180000,
        "preferred_node": None,
        "process_id": service["pid"],
        "required_privileges": [],
        "service_exit_code": 0,
        "service_flags": [],
        "service_type": "win32_own_process",
        "sid_info": "none",
        "triggers": [],
        "wait_hint_ms": 0,
        "win32_exit_code": 0,
    }


def win_service_info(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_service_info does."""
    name = (params["name"] or "*").lower()
    services = list(machine.state["services"].values())
    found = [service for service in services if service["name"].lower() == name]
    found = found or [
        service
        for service in services
        if fnmatch.fnmatchcase(service["name"].lower(), name) or service["display_name"].lower() == name
    ]
    after_look(machine)
    return {"changed": False, "exists": bool(found), "services": [_info(machine, service) for service in found]}
