# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_wait_for_process, for a state of absent and exact names alone.

Cannot show: a process that takes its time to end; nut.exe of the double waits for its upsmon.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine


def win_wait_for_process(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Return at once where no such process runs, else fail as the real module does when its time is up."""
    if params["state"] != "absent" or not params["process_name_exact"]:
        raise Failed("double: win_wait_for_process only waits for the end of processes with exact names")
    names = [name.lower() for name in params["process_name_exact"]]
    matched = [row for row in machine.running() if row["name"].lower() in names]
    if matched:
        raise Failed("Timeout while waiting for process(es) to stop")
    return {"changed": False, "elapsed": 0.0, "matched_processes": []}
