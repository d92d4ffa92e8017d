# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of upsd_access: the advice, made where no masking reaches it, and hosts without Python."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils._access import argspec
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS, report, unexpected
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.attempt import attempt
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import probe
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Run the module, or on Windows the one that takes its place, and add C(advice)."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result with its advice, which a failure's message carries too."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        run = self._run_on_windows if _core.has_windows_shell(self) else self._run_module
        result.update(attempt(self, task_vars, lambda: run(task_vars)))
        return with_advice(result)

    def _run_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name="upsfleet.synology.upsd_access", task_vars=task_vars, wrap_async=self._task.async_val
        )
        return result

    def _run_on_windows(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        if self._task.async_val:
            return {"failed": True, "msg": "upsd_access cannot run with async on a Windows host. Leave async out."}

        return probe_on_windows(RemoteModules(self, task_vars), self._task.args)


def probe_on_windows(modules: RemoteModules, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what the module would have returned for *arguments*; it holds no password."""
    checked = ArgumentSpecValidator(argspec.ACCESS).validate(arguments)
    secrets = _core.hidden_values(checked)
    if checked.error_messages:
        error = checked.errors[0]
        prefix = "Unsupported parameters for (upsd_access) module: " if isinstance(error, UnsupportedError) else ""
        return {"failed": True, "msg": prefix + str(remove_values(error.msg, secrets))}
    params = checked.validated_parameters
    try:
        argspec.check_access(params)
        seen = report(probe.ask(modules, params))
    except ValueError as wrong:
        return {"failed": True, "msg": str(wrong)}
    except ModuleFailed as failure:
        said = {key: value for key, value in failure.result.items() if key != "invocation"}
        return dict(remove_values({**said, "failed": True, "msg": str(failure)}, secrets))
    problem = unexpected(seen, params["expect"])
    if problem:
        return {"failed": True, "msg": problem, **seen}
    return {"changed": False, **seen}


def with_advice(result: dict[str, Any]) -> dict[str, Any]:
    """Return *result* with advice, if it has a verdict; a password that is part of a verdict's name has masked it."""
    if result.get("verdict") in VERDICTS:
        result["advice"] = advise(result)
        if result.get("failed"):
            result["msg"] = f"{result['msg']} {result['advice']}"
    return result
