# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules executed on a Windows host, which has no Python: the controller's hands there."""

from __future__ import annotations

import contextlib
from typing import Any, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core

COPY = "ansible.windows.win_copy"
SLURP = "ansible.windows.slurp"
FIND = "ansible.windows.win_find"
INFO = "upsfleet.synology.win_nut_client_info"
_QUIET = (SLURP, FIND, COPY)  # the last two tell checksums, by which anybody could test guesses at a password


class ModuleFailed(Exception):
    """A module could not do its part; ``result`` is what it said."""

    def __init__(self, module: str, result: Mapping[str, Any]) -> None:
        super().__init__(f"{module}: {result.get('msg') or result.get('module_stderr') or 'no answer'}")
        self.result = dict(result)

    def as_result(self) -> dict[str, Any]:
        """Return the result of an action plugin that ends with this; an unreachable host stays one."""
        return {**self.result, "failed": not self.result.get("unreachable"), "msg": str(self)}


class RemoteModules:
    """Executes modules for an action plugin, on its host."""

    def __init__(self, action: Any, task_vars: Mapping[str, Any]) -> None:
        self._action = action
        self._task_vars = task_vars

    def run(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Return a module's result.

        :raises ModuleFailed: where it failed or the host could not be reached.
        """
        with _core.hidden(self._action) if module in _QUIET else contextlib.nullcontext():
            result = self._execute(module, arguments)
        if result.get("failed") or result.get("unreachable"):
            raise ModuleFailed(module, result)
        return dict(result)

    def _execute(self, module: str, arguments: dict[str, Any]) -> Any:
        if module == COPY:  # the better half of it is an action plugin
            return _core.run_action(self._action, module, arguments, self._task_vars)
        return self._action._execute_module(module_name=module, module_args=arguments, task_vars=self._task_vars)
