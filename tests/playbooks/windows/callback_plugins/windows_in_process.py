"""Callback plugin of tests: doubles of Windows modules run within ansible-playbook, each host has a machine.

As fast as a function call, so that a table of hosts can go through the whole role. The doubles are those of
tests/doubles/windows; each call is held against the real documentation, as windows_doubles does it.
"""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import opened
from ansible_collections.upsfleet_doubles.windows.plugins.plugin_utils import real_docs

DOCUMENTATION = r"""
name: windows_in_process
type: aggregate
short_description: Runs doubles of Windows modules within ansible-playbook
description:
  - The host variable C(double_root) is the folder of its machine. What was run and what failed goes, a line each, into
    the file that C(UPSFLEET_LOG) names.
"""


def _log(kind: str, host: str, text: str) -> None:
    with open(os.environ["UPSFLEET_LOG"], "a") as file:
        file.write(json.dumps([kind, host, text]) + "\n")


def _run(name: str, given: dict[str, Any], root: str, check: bool) -> dict[str, Any]:
    real_docs.check_arguments(name, given)
    double = real_docs.double_of(name)
    namespace, collection, module = double.split(".")
    file = importlib.import_module(f"ansible_collections.{namespace}.{collection}.plugins.modules.{module}")
    known = {key: value for key, value in given.items() if not key.startswith("_ansible_")}
    checked = ArgumentSpecValidator(file.OPTIONS).validate(known)
    assert not checked.error_messages, checked.error_messages
    with opened(root) as machine:
        try:
            result: dict[str, Any] = getattr(file, module)(machine, checked.validated_parameters, check)
        except Failed as failed:
            result = {"changed": False, **failed.result, "failed": True, "msg": str(failed)}
        machine.happens(module)
    if given.get("_copy_mode") != "query":
        real_docs.check_result(name, result)
    return result


class CallbackModule(CallbackBase):  # type: ignore[misc] # Ansible has no types
    """Stands in for the execution of modules from the moment it is loaded; the workers are forked after that."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "windows_in_process"

    def __init__(self) -> None:
        super().__init__()
        execute = ActionBase._execute_module

        def in_process(
            action: Any,
            module_name: str | None = None,
            module_args: dict[str, Any] | None = None,
            tmp: str | None = None,
            task_vars: dict[str, Any] | None = None,
            **kwargs: Any,
        ) -> Any:
            name = module_name or action._task.resolved_action or action._task.action
            if not real_docs.is_windows_module(name):
                return execute(action, module_name, module_args, tmp, task_vars, **kwargs)
            variables = task_vars or {}
            _log("module", variables["inventory_hostname"], name)
            given = dict(action._task.args if module_args is None else module_args)
            return _run(name, given, variables["double_root"], bool(action._task.check_mode))

        ActionBase._execute_module = in_process

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note why a task failed."""
        _log("failed", result._host.get_name(), f"{result._task.get_name()}: {result._result.get('msg')}")
