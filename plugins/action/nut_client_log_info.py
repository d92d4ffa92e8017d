# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of reading a client's log: how much its clock differs. The host's half has the same name."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import outage
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.attempt import attempt


class ActionModule(ActionBase):  # type: ignore[misc]
    """Read the log of a host, unless it is Windows, and compare the clocks while doing it."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        if _core.has_windows_shell(self):
            return {**result, "changed": False, **outage.unread("windows")}
        began = time.time()
        ran = attempt(self, variables, lambda: self._look(variables))
        looked = ran.pop("looked", None)
        result.update(ran)
        if looked is not None:
            bounds = [outage.bounds(looked.pop("clock"), (began, time.time()))]
            if looked["code"] != "macos":  # whose date knows no nanoseconds
                bounds += self._short()
            result.update({**outage.unread(looked["code"]), **looked, "clock": outage.clock(bounds)})
        return result

    def _short(self) -> list[outage.Bounds]:
        """Ask for the time alone: a module takes seconds to begin, and the connection is there now."""
        began = time.time()
        told = _core.run_script(self, "date +%s%N").strip()
        return [outage.bounds([int(told) / 1e9] * 2, (began, time.time()))] if told.isdecimal() else []

    def _look(self, variables: dict[str, Any]) -> dict[str, Any]:
        name = "upsfleet.synology.nut_client_log_info"
        ran: dict[str, Any] = self._execute_module(module_name=name, module_args=self._task.args, task_vars=variables)
        return ran
