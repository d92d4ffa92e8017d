# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who fails at the end of a run, so that recap, exit status and report agree. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.report import needs_something

OVER_BUDGET, NOT_DRILLED, NAS_FAILED, RUN_FAILED = "over_budget", "drill_failed", "nas_failed", "run_failed"
"""Why a host fails beside its verdict: its power-off may be cut off, its drill failed, it is a NAS that could not be
managed, or the run as a whole proves nothing, which the last host of the play says."""


class Settled(NamedTuple):
    """What of a report fails whom."""

    rows: Sequence[Mapping[str, Any]] = ()
    accept: Sequence[str] = ()
    nas: Sequence[Mapping[str, Any]] = ()
    over_budget: Iterable[str] = ()
    not_drilled: Iterable[str] = ()
    failures: Sequence[str] = ()


def unsettled(found: Settled, play_hosts: Sequence[str]) -> dict[str, str]:
    """Return in one line why each host of the play fails, by name.

    What is wrong with a host that is not in the play is said by the last one that is.
    """
    codes: dict[str, list[str]] = {}
    last = play_hosts[-1] if play_hosts else ""
    present = set(play_hosts)

    def blame(name: str, code: str) -> None:
        told = codes.setdefault(name if name in present else last, [])
        if code not in told:
            told.append(code)

    for row in found.rows:
        if needs_something(row, found.accept):
            blame(row["name"], row["verdict"])
    for name in found.over_budget:
        blame(name, OVER_BUDGET)
    for name in found.not_drilled:
        blame(name, NOT_DRILLED)
    for entry in found.nas:
        if entry["failure"]:
            blame(entry["name"], NAS_FAILED)
    if found.failures:
        blame(last, RUN_FAILED)
    return {name: f"{', '.join(told)}: see the report." for name, told in codes.items()}
