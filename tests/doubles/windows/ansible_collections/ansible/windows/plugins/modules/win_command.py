#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_command; module_utils/commands.py says which command lines it knows."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.commands import win_command
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "argv": {"type": "list", "elements": "str"},
    "cmd": {"type": "str"},
    "chdir": {"type": "str"},
    "creates": {"type": "str"},
    "removes": {"type": "str"},
    "stdin": {"type": "str"},
    "output_encoding_override": {"type": "str"},
}

if __name__ == "__main__":
    run(win_command, OPTIONS)
