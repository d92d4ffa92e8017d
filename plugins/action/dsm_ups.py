# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of dsm_ups: the result, where no masking reaches it."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils.decoded import decoded


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Run the module and decode its result."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(decoded(self._execute_module(module_name="upsfleet.synology.dsm_ups", task_vars=task_vars)))
        return result
