# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of writing files: the templates are rendered here, for the host's platform and NUT version."""

from __future__ import annotations

import base64
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils._host.changes import OTHER_VERSION
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.render import render_files
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.files import WindowsFiles
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules

_MODULE = "upsfleet.synology.nut_client_config"
# What of the audit's arguments a look directly before the restart takes.
_LOOK = ("monitors", "platforms", "replace_server", "tls", "ca_file", "connect_timeout", "timeout")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Render what is to be written and hand it to the module of the same name, or do it with Windows' modules."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        host = arguments.pop("host", None) or {}
        windows = arguments.pop("platform", None) == "windows" or _core.has_windows_shell(self)
        templates = arguments.get("files") or ()
        if templates:
            arguments["files"] = render_files(self._templar, task_vars, templates, host["nut_version"], host)
        if arguments.get("look"):
            look = arguments["look"]
            arguments["look"] = {name: look[name] for name in _LOOK if name in look}
            arguments["look"]["monitors"] = normalise_monitors(look["monitors"])
            arguments["nut_version"] = host["nut_version"]
        if windows:
            result.update(self._on_windows(arguments, host, task_vars))
            return result
        ran = self._on_posix(arguments, task_vars)
        if ran.get("code") == OTHER_VERSION:  # apt's lists, or the table of releases, had said another one
            arguments["nut_version"] = ran["nut_version"]
            arguments["files"] = render_files(self._templar, task_vars, templates, ran["nut_version"], host)
            ran = self._on_posix(arguments, task_vars)
        result.update(ran)
        return result

    def _on_posix(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        # Coded, because no_log hides the very text that it is given, and the masked difference must stay readable.
        files = [
            {**file, "content": base64.b64encode(file["content"].encode()).decode()}
            for file in arguments.get("files") or ()
        ]
        ran: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**arguments, "files": files}, task_vars=task_vars
        )
        return ran

    def _on_windows(self, arguments: dict[str, Any], host: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        files = WindowsFiles(
            RemoteModules(self, task_vars),
            arguments["state_dir"],
            host["installation"]["etc"],
            bool(self._task.check_mode),
            bool(self._task.diff),
        )
        try:
            return files.run(arguments)
        except ModuleFailed as error:
            return {"failed": True, "msg": str(error)}
