#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_service; module_utils/services.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.services import win_service

OPTIONS = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "display_name": {"type": "str"},
    "description": {"type": "str"},
    "start_mode": {"type": "str", "choices": ["auto", "manual", "disabled", "delayed"]},
    "state": {"type": "str", "choices": ["started", "stopped", "restarted", "absent", "paused"]},
    "dependencies": {"type": "list", "elements": "str"},
    "dependency_action": {"type": "str", "default": "set", "choices": ["add", "remove", "set"]},
    "desktop_interact": {"type": "bool", "default": False},
    "error_control": {"type": "str", "choices": ["critical", "ignore", "normal", "severe"]},
    "failure_actions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "type": {"type": "str", "required": True, "choices": ["none", "reboot", "restart", "run_command"]},
            "delay_ms": {"type": "raw", "default": 0, "aliases": ["delay"]},
        },
    },
    "failure_actions_on_non_crash_failure": {"type": "bool"},
    "failure_command": {"type": "str"},
    "failure_reboot_msg": {"type": "str"},
    "failure_reset_period_sec": {"type": "raw", "aliases": ["failure_reset_period"]},
    "force_dependent_services": {"type": "bool", "default": False},
    "username": {"type": "str"},
}

if __name__ == "__main__":
    run(win_service, OPTIONS)
