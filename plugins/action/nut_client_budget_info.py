# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the budget: compare. The host's half is the module of the same name."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import budget
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.attempt import attempt


class ActionModule(ActionBase):  # type: ignore[misc]
    """Look at the host, unless it is Windows, of which nothing is known, and judge."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        if _core.has_windows_shell(self):
            return {**result, "changed": False, **budget.judge({"code": "windows"})}
        ran = attempt(self, variables, lambda: self._look(variables))
        looked = ran.pop("looked", None)
        result.update(ran)
        if looked is not None:
            result.update(budget.judge(looked, int(self._task.args.get("nas_stop_time") or 0)))
        return result

    def _look(self, variables: dict[str, Any]) -> dict[str, Any]:
        name = "upsfleet.synology.nut_client_budget_info"
        ran: dict[str, Any] = self._execute_module(module_name=name, module_args=self._task.args, task_vars=variables)
        return ran
