"""Callback plugin of the bench: writes down every module execution, also those that an action plugin starts."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: count_modules
type: aggregate
short_description: Writes one line a module execution to the file named by UPSFLEET_BENCH_MODULES
description:
  - A callback only sees tasks, and a task may execute several modules or none, so this counts where they are executed.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc] # Ansible has no types
    """Counts from the moment it is loaded; the workers are forked after that and inherit it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_modules"

    def __init__(self) -> None:
        super().__init__()
        execute = ActionBase._execute_module

        def counted(action: Any, module_name: str | None = None, *args: Any, **kwargs: Any) -> Any:
            host = kwargs.get("task_vars", {}).get("inventory_hostname", "?")
            # One short line, appended: parallel workers do not tear it apart.
            with open(os.environ["UPSFLEET_BENCH_MODULES"], "a") as file:
                file.write(f"{host} {module_name or action._task.action}\n")
            return execute(action, module_name, *args, **kwargs)

        ActionBase._execute_module = counted
