# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for a person at a terminal: worst first, each cause once, the count last. Pure.

How long it is does not depend on how large the fleet is, but on how many causes there are.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import budget, returning
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.adoption import keeping
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import (
    HOST_VERDICTS,
    NOT_AUDITED,
    NOT_PERMITTED,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.report import needs_something
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import WHOLE
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.layout import (
    BAD,
    COLUMNS,
    DIM,
    GOOD,
    PLAIN,
    WARN,
    Column,
    Line,
    clean,
    cut,
    listed,
    table,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.nas import lines as nas_lines

ROWS = 40
"""How many hosts have a line of their own at most."""
SMALL = 16
"""In a fleet of so many hosts each has one, also where it is protected."""
NAMES = 12
"""How many hosts a sentence names."""
NOTES = 12
"""How many notes are shown."""

_COLUMNS: tuple[Column, ...] = (
    Column("host", 12),
    Column("address"),
    Column("system", 8),
    Column("verdict"),
    Column("logged in"),
    Column("nut"),
    Column("ups", 6),
    Column("drift", 8),
)
_DRILLED = Column("drilled", 10)
# Worst first: what is not known at all, what the NAS says, what the host lacks.
_ORDER = {
    verdict: number
    for number, verdict in enumerate(
        (NOT_AUDITED, *VERDICTS[:-1], *(one for one in HOST_VERDICTS if one != NOT_AUDITED), VERDICTS[-1])
    )
}

Row = Mapping[str, Any]


def lines(
    document: Mapping[str, Any],
    accept: Sequence[str] = (),
    planned: bool = False,
    drilled: Sequence[Mapping[str, Any]] = (),
    woken: Iterable[str] = (),
) -> list[Line]:
    """Return the report.

    :param accept: verdicts that are good enough for what was asked.
    :param planned: whether the hosts were only looked at.
    :param drilled: what this run's drill made of each host, as outcome.lines takes it.
    :param woken: who is to be woken.
    """
    rows, whole = document["hosts"], document["scope"]["kind"] == WHOLE
    budgets = {row["name"]: row["budget"] for row in rows}
    return [
        *hosts(rows, accept),
        Line(""),
        *causes(rows, accept),
        *(Line(text) for entry in document["nas"] for text in nas_lines(entry, whole)),
        *_shared(document["shared_addresses"]),
        *_replaced(rows, planned),
        *(Line(text) for text in outcome.lines(drilled)),
        *(Line(text) for text in returning.lines(rows, woken)),
        *(Line(text) for text in budget.lines(budgets)),
        *_planned(rows),
        *_notes(rows),
        *_untouched(rows),
        *(Line(text, BAD) for text in document["failures"]),
        _count(document["counts"]),
    ]


def hosts(rows: Sequence[Row], accept: Sequence[str] = ()) -> list[Line]:
    """Return the table, and one line for all who are protected where the fleet is larger than a screen."""
    ordered = worst_first(rows, accept)
    small = len(ordered) <= SMALL
    own = ordered if small else [row for row in ordered if not row["protected"]]
    rest = [] if small else [row for row in ordered if row["protected"]]
    columns, cells = _COLUMNS, [_cells(row) for row in own[:ROWS]]
    if any(row["drill"] for row in own[:ROWS]):  # most fleets have other things to read first
        columns = (*_COLUMNS, _DRILLED)
        cells = [(*cell, outcome.summary(row["drill"]) or "-") for cell, row in zip(cells, own)]
    head, *body = table(columns, cells)
    found = [Line(head, DIM)] if body or not rest else []
    found += [Line(text, _tone(row, accept)) for text, row in zip(body, own)]
    if own[ROWS:]:
        left = [row["verdict"] for row in own[ROWS:]]
        told = ", ".join(f"{left.count(verdict)} {verdict}" for verdict in dict.fromkeys(left))
        found.append(Line(f"and {len(left)} more: {told}. All of them are in report.json (ups_report_file).", BAD))
    if rest:
        names = ", ".join(clean(row["name"]) for row in rest)
        found.append(Line(cut(f"{len(rest)} hosts are protected: {names}", COLUMNS), GOOD))
    return found


def worst_first(rows: Sequence[Row], accept: Sequence[str] = ()) -> list[Row]:
    """Return the hosts that need something before those that do not, each kind by its verdict."""
    return sorted(
        rows, key=lambda row: (not needs_something(row, accept), row["protected"], _ORDER.get(row["verdict"], -1))
    )


def causes(rows: Sequence[Row], accept: Sequence[str] = ()) -> list[Line]:
    """Return what to do, once for all hosts that have the same cause."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in worst_first(rows, accept):
        if needs_something(row, accept):
            groups.setdefault((row["verdict"], row["cause"]), []).append(row)
    found = []
    for (verdict, cause), members in groups.items():
        first = members[0]
        text = first["advice"]
        if any(row["advice"] != text for row in members):
            text = f"{cause} {first['name']}: {text}" if verdict == NOT_AUDITED else cause
        found.append(Line(f"{verdict}: {listed([_named(row) for row in members], NAMES)}: {text}", BAD))
    return found


def _named(row: Row) -> str:
    """Return a host, with the address where that is what a person has to type."""
    name, address = row["name"], row["address"]
    return f"{name} ({address})" if row["verdict"] == NOT_PERMITTED and address not in (None, name) else str(name)


def _cells(row: Row) -> tuple[str, ...]:
    logged_in = {True: "yes", False: "no", None: "unknown"}[row["logged_in"]]
    return (
        row["name"],
        row["address"] or "-",
        f"{row['system'] or '-'}{' (double)' if row['double'] else ''}",
        row["verdict"],
        logged_in,
        row["nut_version"] or "-",
        row["ups_status"] or "-",
        ", ".join(row["drift"]) or "-",
    )


def _tone(row: Row, accept: Sequence[str]) -> str:
    if row["protected"]:
        return GOOD
    return BAD if needs_something(row, accept) else WARN


def _shared(addresses: Sequence[Mapping[str, Any]]) -> list[Line]:
    return [
        Line(f"{listed(one['hosts'], NAMES)} come from one address, {one['address']}, as behind NAT.", WARN)
        for one in addresses
    ]


def _replaced(rows: Sequence[Row], planned: bool) -> list[Line]:
    """Return what goes of what somebody set up by hand, and where nothing is done yet, the variables that keep it."""
    found = []
    for row in rows:
        if row["replaced"]:
            done = "would replace" if planned or "config" in row["drift"] else "replaced"
            found.append(Line(f"{row['name']}: upsfleet.synology.site {done} what was set up by hand:"))
            found += [Line(f"  {one['text']}.") for one in row["replaced"]]
        variables = keeping(row["replaced"]) if planned else ""
        if variables:
            text = ["", f"# host_vars/{row['name']}.yml: keeps it", *variables.splitlines(), ""]
            found += [Line(one, PLAIN, whole=True) for one in text]
    return found


def _planned(rows: Sequence[Row]) -> list[Line]:
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row["will_be_protected"] and not row["protected"]:
            what = f"provisioned ({', '.join(row['drift'])})" if row["drift"] else "let in by the NAS"
            groups.setdefault(what, []).append(row["name"])
    return [Line(f"{listed(names, NAMES)}: would be {what}.") for what, names in groups.items()]


def _notes(rows: Sequence[Row]) -> list[Line]:
    groups: dict[str, list[str]] = {}
    for row in rows:
        for note in row["notes"]:
            groups.setdefault(note, []).append(row["name"])
    found = [Line(f"Note for {listed(names, NAMES)}: {note}.") for note, names in groups.items()]
    left = len(found) - NOTES
    return [*found[:NOTES], Line(f"and {left} more notes, in report.json (ups_report_file).")] if left > 0 else found


def _untouched(rows: Sequence[Row]) -> list[Line]:
    names = [row["name"] for row in rows if row["held_back"] and row["protected"]]
    return [Line(f"Left untouched, because other hosts failed before: {listed(names, NAMES)}.")] if names else []


def _count(counts: Mapping[str, int]) -> Line:
    protected, every = counts["protected"], counts["hosts"]
    return Line(f"{protected} of {every} hosts are proven protected.", GOOD if protected == every and every else BAD)
