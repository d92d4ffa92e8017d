#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_regedit; module_utils/registry.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.registry import win_regedit
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "path": {"type": "str", "required": True, "aliases": ["key"]},
    "name": {"type": "str", "aliases": ["entry", "value"]},
    "data": {"type": "raw"},
    "type": {
        "type": "str",
        "default": "string",
        "choices": ["none", "binary", "dword", "expandstring", "multistring", "string", "qword"],
        "aliases": ["datatype"],
    },
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
    "delete_key": {"type": "bool", "default": True},
    "hive": {"type": "str"},
}

if __name__ == "__main__":
    run(win_regedit, OPTIONS)
