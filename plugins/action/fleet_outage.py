# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the last power failure, from what the hosts' logs said in this run, on the controller."""

from __future__ import annotations

import time
from typing import Any, Mapping

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import outage, outage_text
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.audience import is_for_people
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import Variables, variables_of
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

LOG, FAILURE = "__ups_log", "__ups_log_failure"
"""Where the playbook records it."""

_UNSEEN = "Nothing is known of it in this run."
display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]
    """Collect the logs of the run's hosts, and lay them side by side."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        hosts = {name: variables_of(self._templar, task_vars["hostvars"], name) for name in arguments["hosts"]}
        logs = {name: log for name, log in ((name, _log(one)) for name, one in hosts.items()) if log}
        failures = {name: _why(one) for name, one in hosts.items() if name not in logs}
        days = int(arguments.get("days") or 30)
        try:
            found = outage.explain(logs, int(arguments.get("number") or 1))
        except (InvalidInput, ValueError) as error:
            return {**result, "failed": True, "msg": str(error)}
        lines = outage_text.lines(found, days, failures)
        if is_for_people(str(constants.DEFAULT_STDOUT_CALLBACK)):
            display.display("\n".join(["", *lines, ""]))
        else:
            result.update(msg=lines, _ansible_verbose_always=True)
        document = outage_text.document(found, days, failures, time.time())
        return {**result, "changed": False, "document": document, "failures": failures}


def _log(host: Variables) -> Mapping[str, Any] | None:
    found = host.fact(LOG)
    return found if isinstance(found, Mapping) and "events" in found else None


def _why(host: Variables) -> str:
    """Return why nothing is known of a host's log."""
    msg = (host.fact(LOG) or {}).get("msg", "")
    return host.broken() or str(host.fact(FAILURE) or msg) or _UNSEEN
