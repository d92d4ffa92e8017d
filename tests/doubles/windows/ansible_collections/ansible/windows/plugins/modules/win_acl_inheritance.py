#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_acl_inheritance; module_utils/rights.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.rights import win_acl_inheritance
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "path": {"type": "str", "required": True},
    "state": {"type": "str", "default": "absent", "choices": ["absent", "present"]},
    "reorganize": {"type": "bool", "default": False},
}

if __name__ == "__main__":
    run(win_acl_inheritance, OPTIONS)
