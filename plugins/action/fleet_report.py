# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the fleet and write the report, on the controller."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import odd
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy, report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_path

display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]
    """Collect the hosts' facts into a table and a file."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        hostvars, arguments = task_vars["hostvars"], self._task.args
        accept = arguments.get("accept") or []
        planned = boolean(arguments.get("planned", False), strict=False)
        nas = {name: hostvars[name] for name in arguments.get("nas") or []}
        check_mode = bool(self._task.check_mode)
        changing = [_fact(one, "dsm_ups_server_result") for one in nas.values()] if check_mode else []
        rows = [_row(name, hostvars[name], changing) for name in arguments["hosts"]]
        failures = {name: str(one.get("dsm_ups_server_failure") or "") for name, one in nas.items()}
        lines = [line for name, one in nas.items() for line in _nas_lines(name, one, failures[name], planned)]
        lines += report.replaced_lines(rows, planned)
        display.display("\n".join(["", *report.table(rows), "", *lines, *report.summary(rows, accept), ""]))
        dest = controller_path(arguments.get("dest") or "", task_vars.get("inventory_dir"))
        try:
            if dest:
                _write(dest, rows)
        except OSError as error:
            result.update(failed=True, msg=f"The report cannot be written to {dest}: {error.strerror}.")
        result.update(changed=False, hosts=rows, unprotected=report.unprotected(rows, accept))
        result["nas_failures"] = [f"{name}: {text}" for name, text in failures.items() if text]
        return result


def _fact(variables: Any, name: str) -> Any:
    return variables.get(name) or {}


def _nas_lines(name: str, variables: Any, failure: str, planned: bool) -> list[str]:
    notes = _fact(variables, "ups_nas_clients").get("notes") or ()
    return report.nas_lines(name, _fact(variables, "dsm_ups_server_result"), failure, planned, notes)


def _row(name: str, variables: Any, changing: list[Any]) -> dict[str, Any]:
    """Return a host's row.

    :param changing: what was found on the NAS boxes, where this run was not to change them.
    """
    result = _fact(variables, "nut_client_result")
    return report.row(
        name,
        result,
        str(variables.get("nut_client_failure") or ""),
        str(variables.get("ansible_host") or name),
        _can_be_permitted(result, variables) and policy.let_in_by_nas(result, changing),
        boolean(variables.get("ups_double", False), strict=False),
    )


def _can_be_permitted(result: Any, variables: Any) -> bool:
    address = result.get("address")
    return bool(address) and (not odd(address) or bool(variables.get("ups_client_address")))


def _write(dest: str, rows: list[dict[str, Any]]) -> None:
    folder = os.path.dirname(os.path.abspath(dest))
    os.makedirs(folder, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
        json.dump({"hosts": rows}, file, indent=2)
        file.write("\n")
    try:
        os.chmod(file.name, 0o644)
        os.replace(file.name, dest)
    except OSError:
        os.unlink(file.name)
        raise
