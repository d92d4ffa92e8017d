# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of upsd_access: the advice, made where no masking reaches it."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils.access import VERDICTS, advise


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Run the module and add C(advice)."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result with its advice, which a failure's message carries too."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(
            self._execute_module(
                module_name="upsfleet.synology.upsd_access", task_vars=task_vars, wrap_async=self._task.async_val
            )
        )
        return with_advice(result)


def with_advice(result: dict[str, Any]) -> dict[str, Any]:
    """Return *result* with advice, if it has a verdict; a password that is part of a verdict's name has masked it."""
    if result.get("verdict") in VERDICTS:
        result["advice"] = advise(result)
        if result.get("failed"):
            result["msg"] = f"{result['msg']} {result['advice']}"
    return result
