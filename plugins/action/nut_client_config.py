# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of writing files: the templates are rendered here, for the host's NUT version."""

from __future__ import annotations

import base64
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils.render import render_files


class ActionModule(ActionBase):  # type: ignore[misc]
    """Render what is to be written and hand it to the module of the same name."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state", "present") == "present" and arguments.get("nut_version"):
            files = render_files(self._templar, task_vars, arguments["files"], arguments["nut_version"])
            # Coded, because no_log hides the very text that it is given, and the masked difference must stay readable.
            arguments["files"] = [
                {**file, "content": base64.b64encode(file["content"].encode()).decode()} for file in files
            ]
        result.update(
            self._execute_module(
                module_name="upsfleet.synology.nut_client_config", module_args=arguments, task_vars=task_vars
            )
        )
        return result
