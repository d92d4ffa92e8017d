#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of upsfleet.synology.win_upsd_exchange: its own script where there is a PowerShell, else Python.

What either cannot show stands in module_utils/powershell.py and module_utils/upsd_exchange.py.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import powershell
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.upsd_exchange import exchange

OPTIONS = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3493},
    "lines": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"send": {"type": "str", "required": True}, "go_on": {"type": "str"}, "patience": {"type": "raw"}},
    },
    "password": {"type": "str", "no_log": True},
    "connect_timeout": {"type": "raw", "default": 5.0},
    "timeout": {"type": "raw", "default": 10.0},
    "source_address": {"type": "str"},
    "prefer": {"type": "list", "elements": "str", "default": []},
    "reply_limit": {"type": "int", "default": 1048576},
}


def win_upsd_exchange(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what upsfleet.synology.win_upsd_exchange does."""
    if not powershell.is_there():
        return exchange(params)
    given = {name: params[name] for name in OPTIONS if params[name] is not None}
    given["lines"] = [{key: value for key, value in line.items() if value is not None} for line in given["lines"]]
    with open(os.path.join(machine.root, "powershell.log"), "a") as log:
        log.write("win_upsd_exchange\n")
    return powershell.run_script("win_upsd_exchange", given)


if __name__ == "__main__":
    run(win_upsd_exchange, OPTIONS)
