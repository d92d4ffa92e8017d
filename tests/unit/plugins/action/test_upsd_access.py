# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of upsd_access: what is told where its module could not run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action.upsd_access import ActionModule

NO_FOLDER = AnsibleConnectionFailure("Failed to create temporary directory.")


def run_action(monkeypatch: pytest.MonkeyPatch, said: Any, answer: bytes = b"") -> dict[str, Any]:
    """Return what the action says where its module says or raises *said*, and the host's shell answers *answer*."""

    def execute(**_options: Any) -> dict[str, Any]:
        if isinstance(said, Exception):
            raise said
        return dict(said)

    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(args={}, async_val=0)
    shell = SimpleNamespace(_IS_WINDOWS=False)
    action._connection = SimpleNamespace(_shell=shell, exec_command=lambda *_arguments, **_options: (0, answer, b""))
    action._execute_module = execute
    return action.run(task_vars={"inventory_hostname": "office"})


def test_windows_behind_a_unix_shell_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_action(monkeypatch, NO_FOLDER, b"Windows_NT $env:OS\r\n")
    assert result["unreachable"]
    assert "set ansible_shell_type: cmd " in result["msg"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"failed": True, "msg": "MODULE FAILURE", "module_stdout": "sudo: a password is required\n"},
            "Run it with -K",
        ),
        ({"failed": True, "msg": "no such option"}, "no such option"),
        # what a server says is no cause
        (
            {"failed": True, "verdict": "not_upsd", "msg": "It says: 'x' is not recognized as an error."},
            "It says: 'x' is not recognized as an error.",
        ),
    ],
)
def test_why_the_module_could_not_run_is_told(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], told: str) -> None:
    monkeypatch.setattr(
        "ansible_collections.upsfleet.synology.plugins.action.upsd_access.with_advice", lambda result: result
    )
    assert told in run_action(monkeypatch, said)["msg"]


def test_what_ansible_explains_well_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="Permission denied"):
        run_action(monkeypatch, AnsibleConnectionFailure("Permission denied (publickey)."))
