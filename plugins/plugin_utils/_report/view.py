# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page shows of a report, in the order in which it shows it. Pure; the words are as they came."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas, proof, upses
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.proof import Row

NAMES = 12
"""How many hosts of a cause are named before the others fold away."""

_STANDINGS = {
    proof.UNPROTECTED: "not protected",
    proof.ACCEPTED: "not protected, as accepted",
    proof.REMOVED: "removed",
    proof.PROTECTED: "protected",
}
_SCOPES = {"whole": "the whole inventory", "pull": "one host, which pulled its own run"}
# Columns and pitch of the picture's cells, by the number of hosts at most.
_GRIDS = ((24, 24, 24), (240, 48, 16), (0, 100, 10))


class Standing(NamedTuple):
    """How many hosts stand somewhere, and with which verdicts."""

    kind: str
    words: str
    hosts: int
    verdicts: Sequence[tuple[str, int]]
    path: str
    """Their cells in the picture."""


def view(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template shows of a report's document."""
    rows = proof.worst_first(document["hosts"])
    counts, width, height = document["counts"], *_size(len(rows))
    return {
        "time": document["time"],
        "protected": counts["protected"],
        "hosts": counts["hosts"],
        "scope": _scope(document["scope"]),
        "part": document["scope"]["kind"] != "whole",
        "expected": document["expected"],
        "versions": document["versions"],
        "failures": document["failures"],
        "standings": _standings(rows),
        "width": width,
        "height": height,
        "todo": _todo(rows),
        "upses": upses.upses(rows),
        "nas": [{**box, "permitted": nas.permits(box)} for box in document["nas"]],
        "shared": document["shared_addresses"],
        "notes": _notes(rows),
        "links": proof.LINKS,
        "rows": [_host(row, document["time"]) for row in rows],
    }


def _scope(scope: Row) -> str:
    if scope["kind"] == "limited":
        return f"limited to {scope['limit']}"
    if scope["kind"] == "slice":
        return f"slice {scope['slice']['number']} of {scope['slice']['count']}"
    return _SCOPES[scope["kind"]]


def _grid(hosts: int) -> tuple[int, int]:
    """Return how many cells a line of the picture has, and how far they are apart."""
    return next((columns, pitch) for most, columns, pitch in _GRIDS if hosts <= most or not most)


def _size(hosts: int) -> tuple[int, int]:
    columns, pitch = _grid(hosts)
    return min(hosts, columns) * pitch, -(-hosts // columns) * pitch


def _standings(rows: Sequence[Row]) -> list[Standing]:
    columns, pitch = _grid(len(rows))
    found = []
    for kind, words in _STANDINGS.items():
        places = [number for number, row in enumerate(rows) if proof.standing(row) == kind]
        verdicts: dict[str, int] = {}
        for number in places:
            verdicts[rows[number]["verdict"]] = verdicts.get(rows[number]["verdict"], 0) + 1
        # What is well is small, so that the others are seen without colours too.
        inset = pitch * (0.27 if kind == proof.PROTECTED else 0.06)
        side = round(pitch - 2 * inset, 1)
        corners = ((number % columns * pitch + inset, number // columns * pitch + inset) for number in places)
        path = "".join(f"M{left:g} {top:g}h{side:g}v{side:g}h-{side:g}z" for left, top in corners)
        if places:
            found.append(Standing(kind, words, len(places), list(verdicts.items()), path))
    return found


def _todo(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return what is to be done, each cause once, with the hosts that it is about."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if proof.standing(row) == proof.UNPROTECTED:
            groups.setdefault((row["verdict"], row["cause"]), []).append(row)
    return [_cause(*key, members) for key, members in groups.items()]


def _cause(verdict: str, cause: str, members: Sequence[Row]) -> dict[str, Any]:
    advice = members[0]["advice"]
    alike = not cause or all(row["advice"] == advice for row in members)
    names = [_named(row) for row in members]
    return {
        "verdict": verdict,
        "text": advice if alike else cause,
        "hosts": len(members),
        "first": names[:NAMES],
        "others": names[NAMES:],
        "planned": sum(bool(row["will_be_protected"]) for row in members),
    }


def _named(row: Row) -> str:
    """Return a host, with its address where that is what a person has to type."""
    name, address = str(row["name"]), row["address"]
    return f"{name} ({address})" if row["verdict"] == policy.NOT_PERMITTED and address not in (None, name) else name


def _notes(rows: Iterable[Row]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        for note in row["notes"]:
            found.setdefault(note, []).append(row["name"])
    return list(found.items())


def _host(row: Row, time: str) -> dict[str, Any]:
    standing = proof.standing(row)
    return {
        "name": row["name"],
        "address": row["address"],
        "standing": standing,
        "good": standing == proof.PROTECTED,
        "verdict": row["verdict"],
        "planned": row["will_be_protected"] and standing != proof.PROTECTED,
        "links": proof.chain(row),
        "ups": row["ups_status"],
        "alarm": upses.is_alarming(row["ups_status"]),
        "system": row["system"],
        "double": row["double"],
        "nut": row["nut_version"],
        "details": [(term, texts) for term, texts in _details(row, time) if texts],
    }


def _details(row: Row, time: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what else is known of a host: a term, and texts, of which there may be none."""
    yield "what to do", [] if row["protected"] or not row["advice"] else [row["advice"]]
    yield "missing", [gap["text"] for gap in row["gaps"]]
    yield "differs", [detail["text"] for detail in row["drift_details"]]
    yield "set up by hand", [one["text"] for one in row["replaced"]]
    yield "UPSes", [upses.line(one) for one in row["monitors"]] if len(row["monitors"]) > 1 else []
    yield "drilled", [outcome.summary(row["drill"])] if row["drill"] else []
    yield "way back", [row["returns"]["text"]] if row["returns"] else []
    yield "time to power off", _budget(row["budget"])
    yield "notes", row["notes"]
    yield "audited", [row["time"]] if row["time"] != time else []
    yield "machine", [row["machine_id"][:12]] if row["machine_id"] else []


def _budget(budget: Row | None) -> list[str]:
    if not budget:
        return []
    known = {"may take": budget["allowed"], "is left": budget["budget"]}
    return [budget["state"], *(f"{what}: {upses.duration(seconds)}" for what, seconds in known.items() if seconds)]
