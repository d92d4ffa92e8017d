#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_copy; module_utils/copying.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.copying import win_copy
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "src": {"type": "str"},
    "dest": {"type": "str", "required": True},
    "backup": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": True},
    "remote_src": {"type": "bool", "default": False},
    "decrypt": {"type": "bool", "default": True},
    "local_follow": {"type": "bool", "default": True},
    "_copy_mode": {"type": "str", "default": "single", "choices": ["explode", "query", "remote", "single"]},
    "_original_basename": {"type": "str"},
    "files": {"type": "list", "elements": "dict"},
    "directories": {"type": "list", "elements": "dict"},
    "symlinks": {"type": "list", "elements": "dict"},
}

if __name__ == "__main__":
    run(win_copy, OPTIONS)
