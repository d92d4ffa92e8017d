# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on a Windows host: which are run how, what no connection may show, and how a failure is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import (
    COPY,
    FIND,
    INFO,
    SLURP,
    ModuleFailed,
    RemoteModules,
)

TASK_VARS = {"inventory_hostname": "win1"}
FAILED = {"failed": True, "msg": "Access is denied."}


class Action:
    """A double of an action plugin: it notes how a module is run and whether its answer is hidden meanwhile."""

    def __init__(self, result: Any, no_log: bool | None = False) -> None:
        self.ran: list[tuple[str, str, dict[str, Any], Any]] = []  # how, name, arguments, whether it is hidden
        self.task_args = {"state": "rolled_back"}
        self._result = result
        self._play_context = SimpleNamespace(no_log=no_log)
        self._task = SimpleNamespace(args=self.task_args, copy=lambda: SimpleNamespace(args=dict(self.task_args)))
        self._connection = self._loader = self._templar = object()
        self._shared_loader_obj = SimpleNamespace(action_loader=SimpleNamespace(get=self._get))

    def _execute_module(
        self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        assert task_vars == TASK_VARS
        return self._answer("module", module_name, module_args)

    def _get(self, name: str, *, task: Any, **given: Any) -> Any:
        own = ("connection", "play_context", "loader", "templar", "shared_loader_obj")
        assert given == {key: getattr(self, f"_{key}") for key in own}

        def run(task_vars: dict[str, Any]) -> dict[str, Any]:
            assert task_vars == TASK_VARS
            return self._answer("action", name, task.args)

        return SimpleNamespace(run=run)

    def _answer(self, how: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.ran.append((how, name, arguments, self._play_context.no_log))
        if isinstance(self._result, Exception):
            raise self._result
        result: dict[str, Any] = self._result
        return result


@pytest.mark.parametrize("quiet", [False, True, None])
@pytest.mark.parametrize(
    ("module", "how", "hidden"),
    [(FIND, "module", True), (COPY, "action", True), (SLURP, "module", True), (INFO, "module", False)],
)
def test_how_a_module_is_run(module: str, how: str, hidden: bool, quiet: bool | None) -> None:
    """What tells a checksum of a file with a password is hidden; the better half of win_copy is an action plugin."""
    action = Action({"changed": True, "content": "x"}, no_log=quiet)
    result = RemoteModules(action, TASK_VARS).run(module, src="C:\\NUT\\etc\\upsmon.conf", dest="x")
    assert result == {"changed": True, "content": "x"}
    arguments = {"src": "C:\\NUT\\etc\\upsmon.conf", "dest": "x"}
    assert action.ran == [(how, module, arguments, True if hidden else quiet)]
    assert action._play_context.no_log is quiet
    assert action._task.args is action.task_args, "the task keeps its own arguments"
    assert action.task_args == {"state": "rolled_back"}


@pytest.mark.parametrize("quiet", [False, True, None])
@pytest.mark.parametrize("result", [FAILED, {"unreachable": True, "msg": "timed out"}, ConnectionError("it is gone")])
def test_it_is_shown_again_after_a_failure(quiet: bool | None, result: Any) -> None:
    action = Action(result, no_log=quiet)
    with pytest.raises((ModuleFailed, ConnectionError)):
        RemoteModules(action, TASK_VARS).run(SLURP, src="C:\\NUT\\etc\\upsmon.conf")
    assert [hidden for _how, _name, _arguments, hidden in action.ran] == [True]
    assert action._play_context.no_log is quiet


@pytest.mark.parametrize("module", [FIND, COPY, SLURP, INFO])
@pytest.mark.parametrize(
    ("result", "text", "failed"),
    [
        (FAILED, "Access is denied.", True),
        ({"failed": True, "msg": "", "module_stderr": "out of memory"}, "out of memory", True),
        ({"failed": True}, "no answer", True),
        ({"unreachable": True, "msg": "timed out"}, "timed out", False),
        ({"unreachable": True, "failed": False}, "no answer", False),
    ],
)
def test_a_module_that_fails_is_named(module: str, result: dict[str, Any], text: str, failed: bool) -> None:
    """The result of an action plugin says that a host is unreachable, or that it failed, and not both."""
    with pytest.raises(ModuleFailed) as caught:
        RemoteModules(Action(result), TASK_VARS).run(module, path="C:\\NUT")
    assert str(caught.value) == f"{module}: {text}"
    assert caught.value.result == result
    assert caught.value.as_result() == {**result, "failed": failed, "msg": f"{module}: {text}"}
