#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of community.windows.win_unzip; module_utils/files.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.files import win_unzip
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "src": {"type": "str", "required": True},
    "dest": {"type": "str", "required": True},
    "creates": {"type": "str"},
    "recurse": {"type": "bool", "default": False},
    "delete_archive": {"type": "bool", "default": False, "aliases": ["rm"]},
    "password": {"type": "str", "no_log": True},
}

if __name__ == "__main__":
    run(win_unzip, OPTIONS)
