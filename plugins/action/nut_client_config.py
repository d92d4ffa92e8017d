# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of writing files: the templates are rendered here, for the host's platform and NUT version."""

from __future__ import annotations

import base64
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.render import render_files
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.audit import LookFailed
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.files import WindowsFiles
from ansible_collections.upsfleet.synology.plugins.plugin_utils.platform import is_windows

_MODULE = "upsfleet.synology.nut_client_config"
_COPY = "ansible.windows.win_copy"
_SLURP = "ansible.windows.slurp"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Render what is to be written and hand it to the module of the same name, or do it with Windows' modules."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        host = arguments.pop("host", None)
        if arguments.get("files"):
            arguments["files"] = render_files(self._templar, task_vars, arguments["files"], host["nut_version"], host)
        if is_windows(self, task_vars):
            result.update(self._on_windows(arguments, host, task_vars))
            return result
        # Coded, because no_log hides the very text that it is given, and the masked difference must stay readable.
        arguments["files"] = [
            {**file, "content": base64.b64encode(file["content"].encode()).decode()}
            for file in arguments.get("files") or ()
        ]
        result.update(self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars))
        return result

    def _on_windows(self, arguments: dict[str, Any], host: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        def execute(module_name: str, module_args: dict[str, Any]) -> dict[str, Any]:
            quiet = self._play_context.no_log
            # At high verbosity a connection shows what it received, and slurp's answer holds a password.
            self._play_context.no_log = quiet or module_name == _SLURP
            try:
                found: dict[str, Any] = self._execute_module(
                    module_name=module_name, module_args=module_args, task_vars=task_vars
                )
            finally:
                self._play_context.no_log = quiet
            return found

        files = WindowsFiles(
            execute,
            lambda options: self._copy(options, task_vars),
            arguments["state_dir"],
            f"{host['installation']['prefix']}\\etc",
            bool(self._task.check_mode),
            bool(self._task.diff),
        )
        try:
            return files.run(arguments)
        except LookFailed as error:
            return {"failed": True, "msg": str(error)}

    def _copy(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        task = self._task.copy()
        task.args = options
        action = self._shared_loader_obj.action_loader.get(
            _COPY,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        result: dict[str, Any] = action.run(task_vars=task_vars)
        return result
