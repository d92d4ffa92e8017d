# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the audit: render, compare, assess. The host's half is the module of the same name.

On Windows, where no Python is, modules that have PowerShell are the host's half: see plugin_utils/_windows/audit.py.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils._host import returns
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import versions
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import directives
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import preflight
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.assessment import Moment, Wishes, assess
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.attempt import attempt
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.render import render_files
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.audit import WindowsHost
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules

# What says at which moment of a run the host is audited; none of the host's own business.
_MOMENT = ("before", "restarted", "rolled_back", "programs_swapped")
_SUDO_ON_WINDOWS = (
    "On Windows there is no sudo: set ansible_become: false for this host and log in as an administrator."
)


class ActionModule(ActionBase):  # type: ignore[misc]
    """Audit with a fresh checksum key, and assess what was seen."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        windows = self._task.args.get("platform") == "windows" or _core.has_windows_shell(self)
        if boolean(self._task.args.get("validate", False), strict=False):
            problem = preflight.refusal(self, task_vars, windows)
            if problem:
                return {**result, "failed": True, "msg": problem}
        arguments = {**self._task.args, "monitors": normalise_monitors(self._task.args["monitors"])}
        moment = self._moment({name: arguments.pop(name, None) for name in _MOMENT}, arguments.get("wait"))
        arguments.pop("validate", None)
        seen, ran, row = (self._audit_windows if windows else self._audit)(arguments, task_vars)
        result.update(ran)
        if seen is None:
            return result
        seen.setdefault("chain", {})
        seen.setdefault("machine_id", None)
        seen.setdefault("returns", returns.untold("not read on Windows"))
        version = ".".join(map(str, versions.parse_version(seen["package"]["version"])))
        files = render_files(self._templar, task_vars, row["files"], version, seen)
        for file in files:
            text = file.pop("content")
            content = text.encode()
            if file["template"] == "upsmon.conf.j2":
                file["directives"] = directives(text)
            key = arguments["checksum_key"].encode()
            # Windows has plain checksums only; they stay here, on the controller.
            digest = hashlib.sha256(content) if windows else hmac.new(key, content, hashlib.sha256)
            file["checksum"] = digest.hexdigest()
        wishes = Wishes(**{name: boolean(arguments.get(name, False), strict=False) for name in Wishes._fields})
        package = seen["package"]["version"]
        result.update(seen, **assess(seen, files, package, row, wishes, moment), nut_version=version)
        del result["chain"]
        for state in result["files"].values():
            state.pop("checksum", None)
        return result

    def _moment(self, given: dict[str, Any], wait: Any) -> Moment:
        """Return when in the run this is."""
        flags = {name: boolean(given[name] or False, strict=False) for name in _MOMENT[1:]}
        return Moment(given["before"] or None, waited=float(wait or 0), check_mode=bool(self._task.check_mode), **flags)

    def _audit(
        self, arguments: dict[str, Any], task_vars: dict[str, Any]
    ) -> tuple[dict[str, Any] | None, dict[str, Any], dict[str, Any]]:
        """Return what the module saw (None if it could not run), its result, and the row of the host's platform."""
        arguments["checksum_key"] = secrets.token_hex(16)
        arguments.pop("windows", None)
        name = "upsfleet.synology.nut_client_audit"
        ran = attempt(
            self,
            task_vars,
            lambda: self._execute_module(module_name=name, module_args=arguments, task_vars=task_vars),
            macos=arguments.get("platform") == "macos",
        )
        seen = ran.pop("seen", None)
        return seen, ran, arguments["platforms"][seen["os"]["platform"]] if seen else {}

    def _audit_windows(
        self, arguments: dict[str, Any], task_vars: dict[str, Any]
    ) -> tuple[dict[str, Any] | None, dict[str, Any], dict[str, Any]]:
        arguments["checksum_key"] = ""
        if _core.uses_sudo(self) and _core.has_windows_shell(self):
            return None, {"failed": True, "msg": _SUDO_ON_WINDOWS}, {}
        # The longest of the role's tables, and mostly of no use, so it is computed here and not for every task.
        row = self._templar.template(_core.trust_as_template("{{ " + arguments["windows"] + " }}"))
        ran = attempt(self, task_vars, lambda: self._look_at_windows(arguments, row, task_vars))
        return ran.pop("seen", None), ran, row

    def _look_at_windows(
        self, arguments: dict[str, Any], row: dict[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            seen = WindowsHost(RemoteModules(self, task_vars), arguments, row).look()
        except ValueError as error:  # of a security descriptor, say
            return {"failed": True, "msg": str(error)}
        except ModuleFailed as error:
            return error.as_result()
        return {"changed": False, "seen": seen}
