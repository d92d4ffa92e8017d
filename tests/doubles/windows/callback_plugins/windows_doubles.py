"""Callback plugin of tests: lets modules for Windows run as doubles, each call held against the real documentation.

It goes where modules are executed, so it also guards those that an action plugin starts. Cannot show: what a module for
Windows does with arguments that its documentation allows.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet_doubles.windows.plugins.plugin_utils import real_docs

DOCUMENTATION = r"""
name: windows_doubles
type: aggregate
short_description: Runs doubles of Windows modules on hosts whose nut_client_platform is windows
description:
  - C(UPSFLEET_REAL_COLLECTIONS) names the folder that holds the real collections' C(ansible_collections).
  - tests/doubles/windows must stand first in the collections path.
"""


def _is_double(action: Any, task_vars: dict[str, Any]) -> bool:
    platform = task_vars.get("nut_client_platform")
    if isinstance(platform, str) and "{{" in platform:
        platform = action._templar.template(platform)
    return bool(platform == "windows")


class CallbackModule(CallbackBase):  # type: ignore[misc] # Ansible has no types
    """Guards from the moment it is loaded; the workers are forked after that and inherit it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "windows_doubles"

    def __init__(self) -> None:
        super().__init__()
        execute = ActionBase._execute_module

        def guarded(
            action: Any,
            module_name: str | None = None,
            module_args: dict[str, Any] | None = None,
            *args: Any,
            **kwargs: Any,
        ) -> Any:
            name = module_name or action._task.resolved_action or action._task.action
            if not real_docs.is_windows_module(name) or not _is_double(action, kwargs.get("task_vars") or {}):
                return execute(action, module_name, module_args, *args, **kwargs)
            given = dict(action._task.args if module_args is None else module_args)
            try:
                double = real_docs.double_of(name)
                real_docs.check_arguments(name, given)
                result = execute(action, double, {**given, "double_checked": True}, *args, **kwargs)
                if given.get("_copy_mode") != "query":
                    real_docs.check_result(name, result)
            except real_docs.Undocumented as error:
                return {"failed": True, "changed": False, "msg": str(error)}
            return result

        ActionBase._execute_module = guarded

        # upsd_access has nothing but the connection to tell Windows by, and a double's leads to Debian.
        has_windows_shell = _core.has_windows_shell

        def double_has_it(action: Any) -> bool:
            alone = action._task.action.endswith("upsd_access")
            return has_windows_shell(action) or (alone and _is_double(action, action._templar.available_variables))

        _core.has_windows_shell = double_has_it
