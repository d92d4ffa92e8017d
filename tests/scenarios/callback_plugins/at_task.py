"""Callback plugin: runs a shell command just before a task begins, while nothing else happens.

So a test can kill a run, or change the NAS, at exactly one place of it.
"""

from __future__ import annotations

import os
import subprocess
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: at_task
type: aggregate
short_description: Runs UPSFLEET_AT_TASK_RUN before the task whose name begins with UPSFLEET_AT_TASK
description:
  - In the command C($PPID) is ansible-playbook.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc] # Ansible has no types
    """Waits for one task, and acts once."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "at_task"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Called in the main process before the task goes to any host."""
        wanted = os.environ.get("UPSFLEET_AT_TASK")
        if wanted and task.name.startswith(wanted):
            del os.environ["UPSFLEET_AT_TASK"]
            subprocess.run(["sh", "-c", os.environ["UPSFLEET_AT_TASK_RUN"]], check=True)
