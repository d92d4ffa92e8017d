# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executing modules on a host; where none could run there, the cause and the remedy instead of Ansible's words."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.explain import WHICH_SHELL, explained


def attempt(
    action: Any, task_vars: Mapping[str, Any], execute: Callable[[], dict[str, Any]], macos: bool = False
) -> dict[str, Any]:
    """Return what *execute* returns, with a better message if no module could run.

    :param action: the action plugin.
    :param execute: executes modules on the host and returns a result.
    :param macos: whether the inventory says that the host is a Mac.
    :raises AnsibleError: where Ansible's own words are good enough.
    """

    def why(result: Mapping[str, Any]) -> str:
        host = str(task_vars.get("inventory_hostname", "HOST"))
        windows = _core.has_windows_shell(action)
        return explained(result, host, macos, windows, lambda: _core.ask_shell(action, WHICH_SHELL))

    try:
        ran = execute()
    except AnsibleError as error:
        how = "unreachable" if isinstance(error, AnsibleConnectionFailure) else "failed"
        text = why({how: True, "msg": str(error)})
        if not text:
            raise
        return {how: True, "msg": text}
    text = "" if "verdict" in ran else why(ran)  # with a verdict a module has run
    return {**ran, "msg": text} if text else ran
