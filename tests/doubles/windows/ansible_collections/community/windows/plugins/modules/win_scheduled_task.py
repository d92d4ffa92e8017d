#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of community.windows.win_scheduled_task; module_utils/tasks.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.tasks import win_scheduled_task

OPTIONS = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str", "default": "\\"},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
    "actions": {"type": "list", "elements": "dict"},
    "triggers": {"type": "list", "elements": "dict"},
    "display_name": {"type": "str"},
    "group": {"type": "str"},
    "username": {"type": "str", "aliases": ["user"]},
    "password": {"type": "str", "no_log": True},
    "update_password": {"type": "bool", "default": True, "no_log": False},
    "logon_type": {
        "type": "str",
        "choices": ["none", "password", "s4u", "interactive_token", "group", "service_account", "token_or_password"],
    },
    "run_level": {"type": "str", "choices": ["limited", "highest"], "aliases": ["runlevel"]},
    "author": {"type": "str"},
    "date": {"type": "str"},
    "description": {"type": "str"},
    "source": {"type": "str"},
    "version": {"type": "str"},
    "delete_expired_task_after": {"type": "str"},
    "execution_time_limit": {"type": "str"},
    "restart_interval": {"type": "str"},
    "allow_demand_start": {"type": "bool"},
    "allow_hard_terminate": {"type": "bool"},
    "disallow_start_if_on_batteries": {"type": "bool"},
    "enabled": {"type": "bool"},
    "hidden": {"type": "bool"},
    "run_only_if_idle": {"type": "bool"},
    "run_only_if_network_available": {"type": "bool"},
    "start_when_available": {"type": "bool"},
    "stop_if_going_on_batteries": {"type": "bool"},
    "wake_to_run": {"type": "bool"},
    "compatibility": {"type": "int"},
    "multiple_instances": {"type": "int"},
    "priority": {"type": "int"},
    "restart_count": {"type": "int"},
}

if __name__ == "__main__":
    run(win_scheduled_task, OPTIONS)
