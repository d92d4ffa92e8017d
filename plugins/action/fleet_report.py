# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect what a run has found, make a document of it, and show or write its faces, on the controller."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import read_json
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import budget, report, returning
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.audience import is_for_people
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import Variables, variables_of
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_path
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import collect, files, layout, merge, terminal
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import extent as whole
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.document import document, statistics
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.settled import Settled, unsettled
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.version import collection_version

_HERE = Path(__file__).resolve().parents[2]
_NO_FOLDER = (
    "The report cannot be put on {host} (ups_report_host): ups_report_dir is {folder!r}, and must be the full path of "
    "a folder there, such as /srv/ups."
)
# As Ansible's own messages are coloured, and where they are.
_COLOURS = {
    layout.GOOD: constants.COLOR_OK,
    layout.BAD: constants.COLOR_ERROR,
    layout.WARN: constants.COLOR_CHANGED,
    layout.DIM: constants.COLOR_VERBOSE,
}

display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]
    """Make the report of a run, or show one that an earlier task has made."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        if arguments.get("lines") is not None:
            lines = [layout.Line(*line) for line in arguments["lines"]]
            return {**result, "changed": False, **_said([*lines[:-1], *_landing(arguments), *lines[-1:]])}
        hosts = {name: self._variables(name, task_vars) for name in arguments["hosts"]}
        make = _of_budgets if arguments.get("about") == "budget" else self._of_protection
        made, lines = make(_Asked(arguments, hosts, task_vars))
        said = _said(lines) if boolean(arguments.get("show", True), strict=False) else {"lines": [*map(list, lines)]}
        return {**result, "changed": False, "elsewhere": str(arguments.get("elsewhere") or ""), **made, **said}

    def _variables(self, name: str, task_vars: Mapping[str, Any]) -> Variables:
        return variables_of(self._templar, task_vars["hostvars"], name)

    def _of_protection(self, asked: _Asked) -> tuple[dict[str, Any], list[layout.Line]]:
        """Return the result of a report about who is protected, and its lines; write it where that is asked for."""
        arguments, hosts, task_vars = asked
        accept = arguments.get("accept") or []
        planned = boolean(arguments.get("planned", False), strict=False)
        places, misplaced = _places(arguments, task_vars)
        now = datetime.now(timezone.utc)
        # Other reports are of use only where this run has looked at nobody.
        others = [] if any(map(collect.was_looked_at, hosts.values())) else arguments.get("merge") or []
        found = _read(asked, others, places, now) if others else self._seen(asked, planned, places, now)
        rows, entries, failures = found.rows, found.nas, [*found.failures, *misplaced]
        written = document(rows, entries, found.extent, failures, found.time, _versions(), found.returns)
        staged = _write(places, written, failures)
        written["failures"] = failures
        drilled = [collect.drilled(name, one) for name, one in hosts.items()]
        woken = [name for name, one in hosts.items() if collect.is_set(one, "ups_wake")]
        over = budget.exceeded({row["name"]: row["budget"] for row in rows})
        failed = [one["name"] for one in drilled if one["failure"]]
        settled = Settled(rows, accept, entries, over, failed, failures)
        result = {
            "hosts": rows,
            "unprotected": report.unprotected(rows, accept),
            "over_budget": over,
            "nas_failures": {entry["name"]: entry["failure"] for entry in entries if entry["failure"]},
            "failures": failures,
            "unsettled": unsettled(settled, arguments.get("play_hosts") or arguments["hosts"]),
            "staged": staged,
            # What AWX keeps of a job beside its output; no callback for people shows it.
            "ansible_stats": {"data": {"upsfleet": statistics(written)}, "per_host": False, "aggregate": False},
        }
        return result, terminal.lines(written, accept, planned, drilled, woken)

    def _seen(self, asked: _Asked, planned: bool, places: _Places, now: datetime) -> _Found:
        """Return what this run has found."""
        arguments, hosts, task_vars = asked
        boxes = {name: self._variables(name, task_vars) for name in arguments.get("nas") or []}
        changing = (
            [collect.fact(one, "dsm_ups_server_result") for one in boxes.values()] if self._task.check_mode else []
        )
        rows = [collect.row(name, one, changing, now) for name, one in hosts.items()]
        own = {address for row in rows for address in (row["address"], *row["addresses"])}
        time = now.strftime(collect.TIME)
        returns = returning.remembered(rows, read_json(places.previous), time)
        extent, failures = _extent(arguments)
        entries = collect.nas_entries(boxes, hosts, planned, own, extent.kind in (whole.LIMITED, whole.PULL))
        return _Found(rows, entries, extent, failures, time, returns)


class _Asked(NamedTuple):
    """What a report is to be made of."""

    arguments: Mapping[str, Any]
    hosts: Mapping[str, Variables]
    task_vars: Mapping[str, Any]


class _Found(NamedTuple):
    """What a document is made of."""

    rows: Sequence[Mapping[str, Any]]
    nas: Sequence[Mapping[str, Any]]
    extent: whole.Extent
    failures: list[str]
    time: str
    returns: Mapping[str, Any]


def _read(asked: _Asked, patterns: Sequence[str], places: _Places, now: datetime) -> _Found:
    """Return what other reports have found; a host of the inventory that none of them has is a row as well."""
    arguments, hosts, task_vars = asked
    reports, failures = files.read_all(patterns, task_vars.get("inventory_dir"), places.previous)
    extent, own = _extent(arguments)
    if not reports:
        return _Found([], [], extent, [*own, *failures], now.strftime(collect.TIME), {})
    union = merge.merged(reports)
    names = {row["name"] for row in union.rows}
    missing = [merge.missing(name, now.strftime(collect.TIME)) for name in hosts if name not in names]
    rows = [*union.rows, *missing]
    extent = merge.extent(union, [row["name"] for row in rows], extent.expected)
    failures += [*union.failures, *extent.failures()]
    return _Found(rows, union.nas, extent, failures, union.time, union.returns)


class _Places(NamedTuple):
    """Where a report is written; empty where it is not."""

    file: str
    """On the controller, as JSON."""
    folder: str
    """On the controller, for all faces."""

    @property
    def previous(self) -> str:
        """The last report, if there is one on the controller."""
        return self.file or (os.path.join(self.folder, files.JSON) if self.folder else "")


def _places(arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> tuple[_Places, list[str]]:
    """Return where the report is written, and why it cannot be where it was asked for."""
    beside, problems = task_vars.get("inventory_dir"), []
    folder, elsewhere = str(arguments.get("folder") or ""), arguments.get("elsewhere")
    if elsewhere and os.path.isabs(folder):
        folder = os.path.join(constants.DEFAULT_LOCAL_TMP, "upsfleet_report")  # ansible-core removes it at the end
    elif elsewhere:
        problems = [_NO_FOLDER.format(host=elsewhere, folder=folder)]
        folder = ""
    return _Places(controller_path(arguments.get("dest") or "", beside), controller_path(folder, beside)), problems


def _write(places: _Places, written: Mapping[str, Any], failures: list[str]) -> str:
    """Write what is asked for, and return the folder with all faces; what cannot be written is a failure of the run."""
    try:
        if places.file:
            files.write(places.file, files.as_json(written))
        if places.folder:
            files.write_all(places.folder, written)
    except OSError as error:
        failures.append(f"The report cannot be written to {error.filename or places.file}: {error.strerror}.")
    return places.folder


def _said(lines: Sequence[layout.Line]) -> dict[str, Any]:
    """Show the report; return what the task's result has to hold so that it is shown once."""
    if not is_for_people(str(constants.DEFAULT_STDOUT_CALLBACK)):
        return {"msg": [layout.clean(line.text) for line in lines], "_ansible_verbose_always": True}
    display.display("")
    for line in layout.shown(lines):
        display.display(line.text, color=_COLOURS.get(line.tone))
    display.display("")
    return {}


def _landing(arguments: Mapping[str, Any]) -> list[layout.Line]:
    """Return what to say where the report could not be put on its host."""
    landed = arguments.get("landed") or {}
    if not (landed.get("failed") or landed.get("unreachable")):
        return []
    return [layout.Line(f"The report cannot be put on {arguments['elsewhere']}: {landed.get('msg')}", layout.BAD)]


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


def _versions() -> dict[str, str]:
    """Return who writes the report."""
    return {"ansible_core": __version__, "collection": collection_version(_HERE)}


def _of_budgets(asked: _Asked) -> tuple[dict[str, Any], list[layout.Line]]:
    """Return the result of a report that is about nothing but the budgets, and its lines."""
    budgets, missed = collect.budgets(asked.hosts)
    _extent_of_run, failures = _extent(asked.arguments)
    over = {**budget.exceeded(budgets), **missed}
    result = {
        "hosts": [{"name": name, "budget": one} for name, one in budgets.items()],
        "over_budget": over,
        "unprotected": {},
        "nas_failures": {},
        "failures": failures,
        "unsettled": unsettled(
            Settled(over_budget=over, failures=failures), asked.arguments.get("play_hosts") or asked.arguments["hosts"]
        ),
        "staged": "",
    }
    return result, [layout.Line(text) for text in [*budget.lines(budgets, missed), *failures]]
