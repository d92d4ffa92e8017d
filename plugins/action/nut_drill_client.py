# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half: the production's own template makes each throw-away's upsmon.conf."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import NOTIFY_EVENTS, parse_version
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.render import render_files, settings

_TEMPLATE = "upsmon.conf.j2"  # of the role nut_client
# A rehearsal tells nobody, and leaves no flag behind.
_QUIET: Mapping[str, Any] = {
    "notifycmd": None,
    "notifymsg": {},
    "notifyflag": {event: ["IGNORE"] for event in NOTIFY_EVENTS},
    "powerdownflag": None,
    "minsupplies": 1,
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Render, then run the module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state", "started") == "started":
            usual = settings(self._templar, task_vars)
            arguments["scenarios"] = [
                {**one, "configuration": self._configuration(one, arguments, usual, task_vars)}
                for one in arguments["scenarios"]
            ]
        name = "upsfleet.synology.nut_drill_client"
        result.update(self._execute_module(module_name=name, module_args=arguments, task_vars=task_vars))
        return result

    def _configuration(
        self,
        one: Mapping[str, Any],
        arguments: Mapping[str, Any],
        usual: Mapping[str, Any],
        task_vars: dict[str, Any],
    ) -> str:
        host = arguments["host"]
        monitor = {key: one[key] for key in ("host", "port")}
        monitor.update(username=arguments.get("username", "drill"), password=arguments["password"])
        instead = {
            "nut_client_monitors": [monitor],
            "nut_settings": {**usual, **_QUIET, "shutdowncmd": "{shutdowncmd}"},
        }
        version = ".".join(map(str, parse_version(host["package"]["version"])))
        files = [{"path": "", "template": _TEMPLATE}]
        return str(render_files(self._templar, task_vars, files, version, host, instead)[0]["content"])
