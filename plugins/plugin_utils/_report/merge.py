# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several reports made one: of slices, of sites, of hosts that pulled. Pure.

Of the same machine the newest row wins; of one name on two machines both stay. What is about all of them is computed
anew, because what was nobody's in one report may be a host of another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.report import row
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.outcome import whole
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.collect import TIME
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.document import VERSION
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import (
    LIMITED,
    PULL,
    SLICE,
    WHOLE,
    Extent,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.nas import entry as nas_entry
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.nas import unknown_clients

Row = Mapping[str, Any]
_LISTS = ("added", "removed", "notes")
_ROW, _BOX = row("", {}, "", None), nas_entry("", {}, "", False, {}, ())
"""What a host and a NAS look like about which nothing is known."""


class Union(NamedTuple):
    """What several reports say together."""

    rows: list[Row]
    nas: list[dict[str, Any]]
    returns: dict[str, Any]
    time: str
    """Of the oldest report that counts: so old is what they say together."""
    kind: str
    expected: int | tuple[str, ...] | None
    failures: list[str]


def merged(reports: Sequence[Mapping[str, Any]]) -> Union:
    """Return what *reports* say together.

    :param reports: documents, at least one; :func:`checked` ones.
    """
    ordered = sorted(reports, key=lambda report: str(report["time"]))
    rows = _rows(ordered)
    kind, failures = _kind(ordered)
    return Union(
        rows,
        _boxes(ordered, {address for one in rows for address in (one["address"], *one["addresses"]) if address}),
        _returns(ordered),
        str(ordered[0]["time"]),
        kind,
        _expected(ordered),
        failures,
    )


def checked(document: Any, where: str) -> Mapping[str, Any]:
    """Return a document.

    :raises InvalidInput: if it is no report of this version; *where* says which file it was.
    """
    if not isinstance(document, Mapping) or document.get("schema") != VERSION or not _is_whole(document):
        raise InvalidInput(
            f"{where} is no report.json of version {VERSION}. Let this version of the collection write it."
        )
    return document


def _is_whole(document: Mapping[str, Any]) -> bool:
    """Return whether what is read of a report is there, in its form."""
    kinds = {"time": str, "scope": Mapping, "hosts": list, "nas": list, "returns": Mapping}
    return (
        all(isinstance(document.get(key), kind) for key, kind in kinds.items())
        and _is_time(document["time"])
        and "expected" in document
        and {"kind", "slice"} <= set(document["scope"])
        and all(_has_form(one, _ROW) and _is_read(one) for one in document["hosts"])
        and all(_has_form(one, _BOX) for one in document["nas"])
        and all(isinstance(one, Mapping) for one in document["returns"].values())
    )


def _has_form(one: Any, pattern: Row) -> bool:
    """Return whether an entry has all that one of this version has, and lists where that has lists."""
    return isinstance(one, Mapping) and all(
        name in one and (isinstance(one[name], list) or not isinstance(value, list)) for name, value in pattern.items()
    )


def _is_read(one: Row) -> bool:
    drill = one["drill"]
    texts = isinstance(one["name"], str) and isinstance(one["verdict"], str)
    return texts and _is_time(one["time"]) and (drill is None or whole(drill) is not None)


def _is_time(text: Any) -> bool:
    try:
        return bool(datetime.strptime(str(text), TIME))
    except ValueError:
        return False


def extent(union: Union, names: Iterable[str], expected: int | tuple[str, ...] | None) -> Extent:
    """Return which hosts the merged report is about.

    :param names: of its hosts. :param expected: who is, as this run says it; else what the reports say counts.
    """
    return Extent(tuple(names), "", union.expected if expected is None else expected, None, union.kind)


def missing(name: str, time: str) -> Row:
    """Return the row of a host of the inventory that none of the reports has."""
    return row(name, {"msg": "None of the reports (ups_report_files) has it."}, "", None, time=time)


def _rows(ordered: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the newest row of each machine, in the order in which the machines were first met by name."""
    machines = _Machines()
    for report in ordered:
        for found in report["hosts"]:
            machines.take(found)
    return sorted(machines.rows, key=lambda one: str(one["name"]))


class _Machines:
    """The machines that rows are about."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._by_name: dict[str, list[int]] = {}
        self._by_id: dict[str, list[int]] = {}

    def take(self, newer: Row) -> None:
        """Let a row take the place of an older one of the same machine."""
        place = self._place(newer)
        if place is None:
            place = len(self.rows)
            self.rows.append(newer)
        elif str(newer["time"]) >= str(self.rows[place]["time"]):
            self.rows[place] = newer
        for index, key in ((self._by_name, newer["name"]), (self._by_id, newer["machine_id"])):
            if key is not None and place not in index.setdefault(str(key), []):
                index[str(key)].append(place)

    def _place(self, newer: Row) -> int | None:
        """Return which one is the same machine.

        An id alone does not tell it: clones of one image have the same. Without an id the name does, where it is one
        machine's.
        """
        named = self._by_name.get(str(newer["name"]), [])
        if newer["machine_id"] is None:
            return named[0] if len(named) == 1 else None
        for place in self._by_id.get(str(newer["machine_id"]), []):
            other = self.rows[place]
            if newer["name"] == other["name"] or (newer["address"] and newer["address"] == other["address"]):
                return place
        return next((place for place in named if self.rows[place]["machine_id"] is None), None)


def _kind(ordered: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Return what the reports are about together, and which slices are missing."""
    kinds = {report["scope"]["kind"] for report in ordered}
    last = max((place for place, report in enumerate(ordered) if report["scope"]["kind"] == WHOLE), default=-1)
    # Slices that are older than a report of the whole are told by it.
    slices = [report["scope"]["slice"] for report in ordered[last + 1 :] if report["scope"]["kind"] == SLICE]
    if WHOLE in kinds and not slices:
        return WHOLE, []
    if not slices:
        return (PULL if kinds == {PULL} else LIMITED), []
    count = slices[-1]["count"]
    there = {one["number"] for one in slices if one["count"] == count}
    missing = sorted(set(range(1, count + 1)) - there)
    if missing:
        names = ", ".join(f"{number}/{count}" for number in missing)
        return LIMITED, [f"No report of the slice {names} is there (ups_report_slice): the others prove nothing of it."]
    return WHOLE, []


def _expected(ordered: Sequence[Mapping[str, Any]]) -> int | tuple[str, ...] | None:
    """Return who was expected, as the newest report that says it does."""
    for report in reversed(ordered):
        said = report["expected"]
        if said is not None:
            return tuple(said["names"]) if said["names"] is not None else int(said["hosts"])
    return None


def _boxes(ordered: Sequence[Mapping[str, Any]], own: set[str]) -> list[dict[str, Any]]:
    """Return the NAS boxes: as the newest report saw each, with what all of them did there."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for report in ordered:
        for entry in report["nas"]:
            found.setdefault(entry["name"], []).append(entry)
    return [_box(found[name], own) for name in sorted(found)]


def _box(entries: Sequence[Mapping[str, Any]], own: set[str]) -> dict[str, Any]:
    asked = [entry for entry in entries if entry["permitted"] is not None]
    newest = asked[-1] if asked else entries[-1]
    lists = {name: list(dict.fromkeys(one for entry in entries for one in entry[name])) for name in _LISTS}
    permitted = newest["permitted"]
    extra = {one["address"]: one for entry in entries for one in entry["extra"] if one["address"] not in own}
    return {
        **newest,
        **lists,
        "failure": entries[-1]["failure"],
        "recorded": {address: hosts for entry in entries for address, hosts in entry["recorded"].items()},
        "extra": [one for address, one in extra.items() if permitted is None or address in permitted],
        "changed": any(entry["changed"] for entry in entries),
        "unknown_clients": unknown_clients((one for entry in entries for one in entry["unknown_clients"]), own),
    }


def _returns(ordered: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how each host comes back, as the report that saw it alive last found it."""
    found: dict[str, Any] = {}
    for report in ordered:
        for name, entry in report["returns"].items():
            if name not in found or str(entry.get("seen")) >= str(found[name].get("seen")):
                found[name] = entry
    return found
