# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_scheduled_task: a table of tasks, none of which is ever run.

Cannot show: tasks that run, what Windows makes of every trigger, passwords of tasks.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import accounts
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_SERVICE_ACCOUNTS = ("S-1-5-18", "S-1-5-19", "S-1-5-20")
_REGISTRATION = ("author", "date", "description", "source", "version")
SETTINGS: dict[str, Any] = {
    "allow_demand_start": True,
    "allow_hard_terminate": True,
    "compatibility": 2,
    "delete_expired_task_after": None,
    "disallow_start_if_on_batteries": True,
    "enabled": True,
    "execution_time_limit": "PT72H",
    "hidden": False,
    "multiple_instances": 2,
    "priority": 7,
    "restart_count": 0,
    "restart_interval": None,
    "run_only_if_idle": False,
    "run_only_if_network_available": False,
    "start_when_available": False,
    "stop_if_going_on_batteries": True,
    "wake_to_run": False,
}
_COMMON = {"enabled", "end_boundary", "execution_time_limit", "repetition"}
# Which keys a trigger must have, and which it may have beside _COMMON; as win_scheduled_task.ps1 has them.
_TRIGGERS: dict[str, tuple[list[str], list[str]]] = {
    "boot": ([], ["delay", "start_boundary"]),
    "daily": (["start_boundary"], ["days_interval", "random_delay"]),
    "event": (["subscription"], ["delay", "start_boundary"]),
    "idle": ([], ["start_boundary"]),
    "logon": ([], ["delay", "start_boundary", "user_id"]),
    "monthlydow": (
        ["start_boundary"],
        ["days_of_week", "months_of_year", "random_delay", "weeks_of_month", "run_on_last_week_of_month"],
    ),
    "monthly": (["days_of_month", "start_boundary"], ["months_of_year", "random_delay", "run_on_last_day_of_month"]),
    "registration": ([], ["delay", "start_boundary"]),
    "time": (["start_boundary"], ["random_delay"]),
    "weekly": (["days_of_week", "start_boundary"], ["random_delay", "weeks_interval"]),
    "session_state_change": ([], ["delay", "start_boundary", "state_change", "user_id"]),
}
_LOGON = {"TASK_LOGON_INTERACTIVE_TOKEN": "InteractiveToken", "TASK_LOGON_PASSWORD": "Password"}  # else left out
_DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?([\d.]+S)?)?$")


def _trigger(given: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    given = {name: value for name, value in given.items() if value is not None}
    mandatory, optional = _TRIGGERS[given["type"]]
    for name in mandatory:
        if name not in given:
            raise Failed(f"mandatory key '{name}' for trigger is not set, mandatory keys are '{', '.join(mandatory)}'")
    allowed = {"type", *mandatory, *optional, *_COMMON}
    for name in sorted(set(given) - allowed):
        warnings.append(f"key '{name}' for trigger entry is not valid and will be ignored")
    for name in ("execution_time_limit", "delay", "random_delay"):
        if name in given and not _DURATION.match(given[name]):
            value = given[name]
            raise Failed(f"trigger option '{name}' must be in the XML duration format but was '{value}'")
    if "subscription" in given:
        try:
            ElementTree.fromstring(given["subscription"])
        except ElementTree.ParseError as error:
            raise Failed(
                "failed to modify scheduled task: The task XML contains a value which is incorrectly formatted or out "
                f"of range: the trigger's subscription is no XML ({error})"
            ) from error
    return {"enabled": True, **{name: value for name, value in given.items() if name in allowed}}


def _action(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given.get(name) for name in ("path", "arguments", "working_directory")}


def _principal(params: dict[str, Any]) -> dict[str, Any]:
    if params["username"] is not None and params["group"] is not None:
        raise Failed("username and group can not be set at the same time")
    user = accounts.sid_of(params["username"]) if params["username"] else None
    group = accounts.sid_of(params["group"]) if params["group"] else None
    if params["logon_type"] == "s4u" and params["password"] is None:
        raise Failed("password must be set when logon_type=s4u")
    if params["logon_type"] == "group" and group is None:
        raise Failed("group must be set when logon_type=group")
    if params["logon_type"] == "service_account" and user not in _SERVICE_ACCOUNTS:
        raise Failed("username must be SYSTEM, LOCAL SERVICE or NETWORK SERVICE when logon_type=service_account")
    levels = {"limited": "TASK_RUNLEVEL_LUA", "highest": "TASK_RUNLEVEL_HIGHEST", None: None}
    wanted = {
        "user_id": user,
        "group_id": group,
        "display_name": params["display_name"],
        "logon_type": f"TASK_LOGON_{params['logon_type'].upper()}" if params["logon_type"] else None,
        "run_level": levels[params["run_level"]],
    }
    if user in _SERVICE_ACCOUNTS and not wanted["logon_type"]:
        wanted["logon_type"] = "TASK_LOGON_SERVICE_ACCOUNT"  # Windows sets it, whatever the task says
    return {name: value for name, value in wanted.items() if value is not None}


def _new_task(name: str, path: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": path,
        "actions": [],
        "triggers": [],
        "settings": dict(SETTINGS),
        "registration_info": dict.fromkeys(_REGISTRATION),
        "principal": {
            "display_name": None,
            "group_id": None,
            "id": "Author",
            "logon_type": "TASK_LOGON_INTERACTIVE_TOKEN",
            "run_level": "TASK_RUNLEVEL_LUA",
            "user_id": accounts.COMPUTER + "-500",
        },
    }


def _folder(path: str) -> str:
    return "\\" + path.strip("\\")


def _remove(machine: Machine, key: str, folder: str) -> None:
    machine.state["tasks"].pop(key)
    left = [task for task in machine.state["tasks"].values() if task["path"].lower() == folder.lower()]
    if not left and folder != "\\":
        machine.state["task_folders"] = [f for f in machine.state["task_folders"] if f.lower() != folder.lower()]


def _changed(task: dict[str, Any], params: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    wanted = {**task, "principal": {**task["principal"], **_principal(params)}}
    if params["actions"] is not None:
        wanted["actions"] = [_action(given) for given in params["actions"]]
    if params["triggers"] is not None:
        wanted["triggers"] = [_trigger(given, warnings) for given in params["triggers"]]
    given = {name: params[name] for name in SETTINGS if params[name] is not None}
    wanted["settings"] = {**task["settings"], **given}
    told = {name: params[name] for name in _REGISTRATION if params[name] is not None}
    wanted["registration_info"] = {**task["registration_info"], **told}
    return wanted


def win_scheduled_task(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what community.windows.win_scheduled_task does."""
    name, folder = params["name"], _folder(params["path"])
    if re.search(r'[\\/:*?"<>|]', name):
        raise Failed(f"Invalid task name '{name}'. The following characters are not valid: \\/:*?\"<>|")
    key = f"{folder.rstrip(chr(92))}\\{name}".lower()
    task: dict[str, Any] | None = machine.state["tasks"].get(key)
    if params["state"] == "absent":
        if task is not None and not check:
            _remove(machine, key, folder)
        return {"changed": task is not None}
    if task is None and not params["actions"]:
        raise Failed("cannot create a task with no actions, set at least one action with a path to an executable")
    warnings: list[str] = []
    wanted = _changed(task or _new_task(name, folder), params, warnings)
    changed = wanted != task or (params["password"] is not None and params["update_password"])
    if changed and not check:
        machine.state["tasks"][key] = wanted
        if folder.lower() not in (known.lower() for known in machine.state["task_folders"]):
            machine.state["task_folders"].append(folder)
    return {"changed": changed, **({"warnings": warnings} if warnings else {})}


def definition(machine: Machine, name: str) -> str | None:
    """Return the XML of a task in the root folder as Windows tells it, as far as its definition is kept; else None."""
    task = machine.state["tasks"].get(f"\\{name}".lower())
    if task is None:
        return None
    root = ElementTree.Element("Task", version="1.2", xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task")
    triggers = ElementTree.SubElement(root, "Triggers")
    for given in task["triggers"]:
        trigger = ElementTree.SubElement(triggers, f"{given['type'].capitalize()}Trigger")
        for key in ("start_boundary", "end_boundary", "enabled", "subscription", "delay"):
            _element(trigger, key, given.get(key))
    principal = ElementTree.SubElement(ElementTree.SubElement(root, "Principals"), "Principal", id="Author")
    _element(principal, "user_id", task["principal"]["user_id"])
    logon = _LOGON.get(task["principal"]["logon_type"])
    _element(principal, "logon_type", logon)
    settings = ElementTree.SubElement(root, "Settings")
    for key, value in task["settings"].items():
        _element(settings, key, value if isinstance(value, (bool, str)) else None)
    actions = ElementTree.SubElement(root, "Actions", Context="Author")
    for action in task["actions"]:
        program = ElementTree.SubElement(actions, "Exec")
        _element(program, "command", action["path"])
        _element(program, "arguments", action["arguments"])
    return '<?xml version="1.0" encoding="UTF-16"?>\r\n' + ElementTree.tostring(root, encoding="unicode")


def _element(parent: ElementTree.Element, key: str, value: bool | str | None) -> None:
    if value is not None:
        name = "".join(word.capitalize() for word in key.split("_"))
        ElementTree.SubElement(parent, name).text = str(value).lower() if isinstance(value, bool) else value
