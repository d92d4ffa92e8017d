#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of upsfleet.synology.win_nut_client_info; module_utils/client_info.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.client_info import win_nut_client_info
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "paths": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "str", "default": []},
    "configurations": {"type": "list", "elements": "str", "default": []},
    "processes": {"type": "list", "elements": "str", "default": []},
    "event_source": {"type": "str"},
    "events_since": {"type": "raw", "default": 0},
    "event_limit": {"type": "int", "default": 20},
    "task": {"type": "str"},
    "power_capabilities": {"type": "bool", "default": False},
}

if __name__ == "__main__":
    run(win_nut_client_info, OPTIONS)
