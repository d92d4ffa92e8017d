# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the budget: on which hosts a module runs, and what is made of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action.nut_client_budget_info import ActionModule

UPS = {
    "name": "ups@192.0.2.10",
    "code": "",
    "status": "OL",
    "battery_charge": 100,
    "battery_runtime": None,
    "battery_runtime_low": None,
    "ups_delay_shutdown": 20,
}
LOOKED = {
    "code": "",
    "seen": {"seconds": 6, "code": "", "power_failure": False},
    "allowed": {"code": "", "seconds": 50, "chain": [{"unit": "a.service", "seconds": 50}], "limit": None},
    "times": {"pollfreqalert": 5, "finaldelay": 5},
    "upses": [UPS],
}


def run_action(
    monkeypatch: pytest.MonkeyPatch, windows: bool, said: dict[str, Any], **options: Any
) -> tuple[list[str], dict[str, Any]]:
    """Return the modules that ran, and what the action says where the module says *said*."""
    ran: list[str] = []

    def execute(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        ran.append(module_name)
        return dict(said)

    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(args=options)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(_IS_WINDOWS=windows))
    action._execute_module = execute
    return ran, action.run(task_vars={})


@pytest.mark.parametrize(("options", "state"), [({}, "exceeded"), ({"nas_stop_time": "25"}, "kept")])
def test_one_execution_is_judged(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], state: str) -> None:
    ran, result = run_action(monkeypatch, False, {"changed": False, "looked": LOOKED}, **options)
    assert ran == ["upsfleet.synology.nut_client_budget_info"]
    assert (result["state"], result["changed"], "looked" in result) == (state, False, False)


def test_on_windows_nothing_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran, result = run_action(monkeypatch, True, {})
    assert (ran, result["state"], result["allowed"]["code"]) == ([], "unknown", "windows")


def test_a_module_that_failed_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    _ran, result = run_action(monkeypatch, False, {"failed": True, "msg": "It needs root."})
    assert result == {"failed": True, "msg": "It needs root."}
