"""Callback plugin of the bench: writes down every module execution, also those that an action plugin starts.

And how many bytes go to a host by ssh.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
from ansible.plugins.connection.ssh import Connection

DOCUMENTATION = r"""
name: count_modules
type: aggregate
short_description: Writes one line for each module execution and command to the file named by UPSFLEET_BENCH_MODULES
description:
  - A callback only sees tasks, and a task may execute several modules or none, so it counts where they are executed.
"""


def _write(**record: Any) -> None:
    # One short line, appended: parallel workers do not tear it apart.
    with open(os.environ["UPSFLEET_BENCH_MODULES"], "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


class CallbackModule(CallbackBase):  # type: ignore[misc] # Ansible has no types
    """Counts from the moment it is loaded; the workers are forked after that and inherit it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_modules"

    def __init__(self) -> None:
        super().__init__()
        execute, command, put = ActionBase._execute_module, Connection.exec_command, Connection.put_file

        def counted(action: Any, module_name: str | None = None, *args: Any, **kwargs: Any) -> Any:
            host = kwargs.get("task_vars", {}).get("inventory_hostname", "?")
            _write(host=host, module=module_name or action._task.action)
            return execute(action, module_name, *args, **kwargs)

        def weighed(connection: Any, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> Any:
            _write(address=connection.host, bytes=len(cmd) + len(in_data or b""))
            return command(connection, cmd, in_data, sudoable)

        def sent(connection: Any, in_path: str, out_path: str) -> Any:
            _write(address=connection.host, bytes=os.path.getsize(in_path))
            return put(connection, in_path, out_path)

        ActionBase._execute_module = counted
        Connection.exec_command = weighed
        Connection.put_file = sent
