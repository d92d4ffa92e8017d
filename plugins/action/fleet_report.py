# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the fleet and write the report, on the controller."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import odd
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import read_json
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import budget, policy, report, returning
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.audience import is_for_people
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.batches import HELD_BACK
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import Variables, variables_of
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_path
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import extent as whole
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.document import document, statistics
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.version import collection_version

display = Display()
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HERE = Path(__file__).resolve().parents[2]


class ActionModule(ActionBase):  # type: ignore[misc]
    """Collect the hosts' facts into a table and a file."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        hosts = {name: self._variables(name, task_vars) for name in arguments["hosts"]}
        extent, failures = _extent(arguments)
        if arguments.get("about") == "budget":
            return {**result, **_of_budgets(hosts, failures)}
        accept = arguments.get("accept") or []
        planned = boolean(arguments.get("planned", False), strict=False)
        boxes = {name: self._variables(name, task_vars) for name in arguments.get("nas") or []}
        changing = [_fact(one, "dsm_ups_server_result") for one in boxes.values()] if self._task.check_mode else []
        now = datetime.now(timezone.utc)
        rows = [_row(name, one, changing, now) for name, one in hosts.items()]
        own = {address for row in rows for address in (row["address"], *row["addresses"])}
        entries = [_nas(name, one, planned, own) for name, one in boxes.items()]
        dest = controller_path(arguments.get("dest") or "", task_vars.get("inventory_dir"))
        time = now.strftime(_TIME)
        returns = returning.remembered(rows, read_json(dest), time)
        written = document(rows, entries, extent, failures, time, _versions(), returns)
        try:
            if dest:
                _write(dest, written)
        except OSError as error:
            failures.append(f"The report cannot be written to {dest}: {error.strerror}.")
        lines = [line for entry in entries for line in report.nas_lines(entry)]
        lines += report.replaced_lines(rows, planned)
        lines += outcome.lines(_drilled(name, one) for name, one in hosts.items())
        lines += returning.lines(rows, [name for name, one in hosts.items() if _is_woken(one)])
        budgets = {row["name"]: row["budget"] for row in rows}
        lines += budget.lines(budgets)
        result["over_budget"] = budget.exceeded(budgets)
        result.update(_said([*report.table(rows), "", *lines, *report.summary(rows, accept, failures)]))
        result.update(changed=False, hosts=rows, unprotected=report.unprotected(rows, accept), failures=failures)
        result["nas_failures"] = {entry["name"]: entry["failure"] for entry in entries if entry["failure"]}
        # What AWX keeps of a job beside its output; no callback for people shows it.
        result["ansible_stats"] = {
            "data": {"upsfleet": statistics(written)},
            "per_host": False,
            "aggregate": False,
        }
        return result

    def _variables(self, name: str, task_vars: Mapping[str, Any]) -> Variables:
        return variables_of(self._templar, task_vars["hostvars"], name)


def _said(lines: Sequence[str]) -> dict[str, Any]:
    """Show the report; return what the task's result has to hold so that it is shown once."""
    if is_for_people(str(constants.DEFAULT_STDOUT_CALLBACK)):
        display.display("\n".join(["", *lines, ""]))
        return {}
    return {"msg": list(lines), "_ansible_verbose_always": True}


def _extent(arguments: Mapping[str, Any]) -> tuple[whole.Extent, list[str]]:
    """Return which hosts the run was about, and why it proves nothing of the whole fleet."""
    extent = whole.Extent(tuple(arguments["hosts"]), str(arguments.get("limit") or ""))
    failures = []
    try:
        extent = extent._replace(part=whole.slice_of(arguments.get("slice")))
        extent = extent._replace(expected=whole.expected_clients(arguments.get("expected")))
    except InvalidInput as error:
        failures = [str(error)]
    return extent, [*extent.failures(), *failures]


def _fact(variables: Variables, name: str) -> Any:
    return variables.fact(name) or {}


def _drilled(name: str, host: Variables) -> dict[str, Any]:
    """Return what a drill of this run made of a host."""
    return {
        "name": name,
        "drill": _fact(host, "nut_drill_result").get("drill"),
        "obstacle": _fact(host, "nut_drill_plan").get("obstacle"),
        "failure": str(host.fact("nut_drill_failure") or ""),
    }


def _is_woken(host: Variables) -> bool:
    return bool(boolean(host.get("ups_wake") or False, strict=False))


def _nas_failure(nas: Variables) -> str:
    """Return why a NAS could not be managed; empty if it was, or was not to be."""
    failure = str(nas.fact("dsm_ups_server_failure") or "")
    return (nas.broken() or failure) if failure else ""


def _nas(name: str, box: Variables, planned: bool, own: Iterable[str]) -> dict[str, Any]:
    result, clients = _fact(box, "dsm_ups_server_result"), _fact(box, "ups_nas_clients")
    return nas.entry(name, result, _nas_failure(box), planned, clients, own)


def _versions() -> dict[str, str]:
    """Return who writes the report."""
    return {"ansible_core": __version__, "collection": collection_version(_HERE)}


def _of_budgets(hosts: Mapping[str, Variables], failures: list[str]) -> dict[str, Any]:
    """Return the result of a report that is about nothing but the budgets, after showing it."""
    budgets = {name: budget.row(_fact(one, budget.FACT)) for name, one in hosts.items()}
    missed = {name: _not_looked_at(one) for name, one in hosts.items() if budgets[name] is None}
    said = _said([*budget.lines(budgets, missed), *failures])
    rows = [{"name": name, "budget": one} for name, one in budgets.items()]
    over = {**budget.exceeded(budgets), **missed}
    return {
        "changed": False,
        "hosts": rows,
        "over_budget": over,
        "unprotected": {},
        "nas_failures": {},
        "failures": failures,
        **said,
    }


def _not_looked_at(host: Variables) -> str:
    """Return why nothing is known of a host's budget."""
    msg = _fact(host, budget.FACT).get("msg", "")
    failure = host.fact(budget.FAILURE)
    return host.broken() or str(failure or msg) or report.UNSEEN


def _row(name: str, host: Variables, changing: list[Any], now: datetime) -> dict[str, Any]:
    """Return a host's row.

    :param changing: what was found on the NAS boxes, where this run was not to change them.
    """
    result = _fact(host, "nut_client_result")
    failure = str(host.fact("nut_client_failure") or "")
    if not ("verdict" in result or result.get("unreachable")):
        failure = host.broken() or failure
    address = host.get("ansible_host")
    package, today = (result.get("package") or {}).get("version"), now.date()
    old = outcome.note(result.get("drill"), package, today, host.get("nut_drill_max_age"))
    return report.row(
        name,
        {**result, "notes": [*result.get("notes", ()), old]} if old else result,
        failure,
        None if address is None and host.fact("ansible_host") else str(address or name),
        _can_be_permitted(result, host) and policy.let_in_by_nas(result, changing),
        boolean(host.get("ups_double") or False, strict=False),
        host.fact(HELD_BACK) or (),
        budget.row(_fact(host, budget.FACT)),
        now.strftime(_TIME),
    )


def _can_be_permitted(result: Any, host: Variables) -> bool:
    address = result.get("address")
    passing = address in (result.get("temporary_addresses") or ())
    return bool(address) and (not (odd(address) or passing) or bool(host.get("ups_client_address")))


def _write(dest: str, written: Mapping[str, Any]) -> None:
    folder = os.path.dirname(os.path.abspath(dest))
    os.makedirs(folder, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
        json.dump(written, file, indent=2)
        file.write("\n")
    try:
        os.chmod(file.name, 0o644)
        os.replace(file.name, dest)
    except OSError:
        os.unlink(file.name)
        raise
