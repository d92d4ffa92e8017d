#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of community.windows.win_wait_for_process; module_utils/waiting.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.waiting import win_wait_for_process

OPTIONS = {
    "process_name_exact": {"type": "list", "elements": "str"},
    "process_name_pattern": {"type": "str"},
    "sleep": {"type": "int", "default": 1},
    "process_min_count": {"type": "int", "default": 1},
    "pid": {"type": "int", "default": 0},
    "owner": {"type": "str"},
    "pre_wait_delay": {"type": "int", "default": 0},
    "post_wait_delay": {"type": "int", "default": 0},
    "state": {"type": "str", "choices": ["absent", "present"], "default": "present"},
    "timeout": {"type": "int", "default": 300},
}

if __name__ == "__main__":
    run(win_wait_for_process, OPTIONS)
