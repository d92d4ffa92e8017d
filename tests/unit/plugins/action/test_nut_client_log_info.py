# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of reading a log: on which hosts a module runs, and how the clocks are compared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action import nut_client_log_info
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core

NOW = 1795828000.0


def run_action(
    monkeypatch: pytest.MonkeyPatch, looked: dict[str, Any], date: str = "", windows: bool = False
) -> tuple[list[str], dict[str, Any]]:
    """Return the modules that ran, and what the action says where the module and `date` say this."""
    ran: list[str] = []

    def execute(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        ran.append(module_name)
        return {"changed": False, "looked": dict(looked)}

    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    monkeypatch.setattr(_core, "run_script", lambda _action, _script: date)
    monkeypatch.setattr(nut_client_log_info, "time", SimpleNamespace(time=lambda: NOW))
    action = nut_client_log_info.ActionModule.__new__(nut_client_log_info.ActionModule)
    action._task = SimpleNamespace(args={})
    action._connection = SimpleNamespace(_shell=SimpleNamespace(_IS_WINDOWS=windows))
    action._execute_module = execute
    return ran, action.run(task_vars={})


LOOKED: dict[str, Any] = {"code": "", "events": [{"time": NOW, "code": "on_battery"}], "clock": [NOW + 5, NOW + 3]}


@pytest.mark.parametrize(
    ("date", "clock"),
    [("1795828004000000000", {"ahead": 4.0, "plus_minus": 0.0}), ("", {"ahead": 4.0, "plus_minus": 1.0})],
)
def test_one_execution_and_the_time(monkeypatch: pytest.MonkeyPatch, date: str, clock: dict[str, float]) -> None:
    ran, result = run_action(monkeypatch, LOOKED, date)
    assert ran == ["upsfleet.synology.nut_client_log_info"]
    assert (result["events"], result["clock"], "looked" in result) == (LOOKED["events"], clock, False)


def test_of_a_mac_only_the_modules_time_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    _ran, result = run_action(monkeypatch, {"code": "macos", "clock": [NOW + 3, NOW + 5]}, "1795828004N")
    assert (result["code"], result["events"], result["clock"]) == ("macos", [], {"ahead": 4.0, "plus_minus": 1.0})


def test_on_windows_nothing_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran, result = run_action(monkeypatch, {}, windows=True)
    assert (ran, result["code"], result["events"], result["clock"]) == ([], "windows", [], None)
