# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the fleet and write the report, on the controller."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.module_utils import fleet

display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]
    """Collect the hosts' facts into a table and a file."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        rows = [
            _row(name, task_vars["hostvars"][name], bool(self._task.check_mode)) for name in self._task.args["hosts"]
        ]
        display.display("\n".join(["", *fleet.table(rows), "", *fleet.summary(rows), ""]))
        dest = self._task.args.get("dest")
        if dest:
            _write(os.path.expanduser(dest), rows)
        result.update(changed=False, hosts=rows, unprotected=fleet.unprotected(rows))
        return result


def _row(name: str, variables: Any, check_mode: bool) -> dict[str, Any]:
    return fleet.row(
        name,
        variables.get("nut_client_result") or {},
        str(variables.get("nut_client_failure") or ""),
        str(variables.get("ansible_host") or name),
        check_mode and "__nut_client_found" in variables,
    )


def _write(dest: str, rows: list[dict[str, Any]]) -> None:
    folder = os.path.dirname(os.path.abspath(dest))
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"hosts": rows}, file, indent=2)
        file.write("\n")
    os.chmod(temporary, 0o644)
    os.replace(temporary, dest)
