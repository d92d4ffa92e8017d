# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_wait_for_process, for a state of absent and exact names alone.

``state["races"]``: so many times a process that was found ends before Wait-Process looks for it.
"""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine


def _named(machine: Machine, names: list[str]) -> list[dict[str, Any]]:
    return [row for row in machine.running() if row["name"].lower() in names]


def win_wait_for_process(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Wait as the real module does (win_wait_for_process.ps1:157-169).

    It catches Wait-Process's TimeoutException alone: a process that ends in between is an error of its own, and
    everything that was found then goes on unwaited for.
    """
    if params["state"] != "absent" or not params["process_name_exact"]:
        raise Failed("double: win_wait_for_process only waits for the end of processes with exact names")
    names = [name.lower() for name in params["process_name_exact"]]
    begin = time.monotonic()
    found = _named(machine, names)
    if found and machine.state["races"]:
        machine.state["races"] -= 1
        raise Failed(
            f"Unhandled exception while executing module: Cannot find a process with the process identifier "
            f"{found[-1]['pid']}."
        )
    while _named(machine, names):
        if time.monotonic() - begin > params["timeout"]:
            raise Failed("Timeout while waiting for process(es) to stop")
        time.sleep(0.05)
    matched = [{"name": row["name"], "pid": row["pid"]} for row in found]
    return {"changed": False, "elapsed": time.monotonic() - begin, "matched_processes": matched}
