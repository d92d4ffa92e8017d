# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several reports made one: whose row wins, what is computed anew, and which file is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import files, merge, metrics, nas, terminal
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.document import document
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import Extent, Slice

ONE, TWO = "1" * 32, "2" * 32
NAS = "192.0.2.10"
MONDAY, TUESDAY = "2026-11-02T01:00:00Z", "2026-11-03T01:00:00Z"


def row(name: str, machine: str | None, address: str | None, time: str, verdict: str = "ok") -> dict[str, Any]:
    """Return a host's row."""
    result = {
        "verdict": verdict,
        "protected": verdict == "ok",
        "machine_id": machine,
        "address": address,
        "changes": {"steps": [], "reason": ""},
        "access": [{"verdict": "ok", "host": NAS, "source_address": address, "seen_as": address}],
    }
    return report.row(name, result if machine else {}, "", address, time=time)


def made(time: str, *rows: dict[str, Any], extent: Extent | None = None, boxes: Any = ()) -> dict[str, Any]:
    """Return a report."""
    names = tuple(one["name"] for one in rows)
    returns = {name: {"way": "by_hand", "seen": time} for name in names}
    return document(rows, boxes, extent or Extent(names), [], time, {}, returns)


A, B, C = "192.0.2.21", "192.0.2.22", None
# name, machine, address of the older row; of the newer one; how many are left
SAME: list[tuple[tuple[str, Any, Any], tuple[str, Any, Any], int]] = [
    (("web1", ONE, A), ("web1", ONE, A), 1),
    (("web1", ONE, A), ("web1", ONE, B), 1),  # another address
    (("web1", ONE, A), ("web-1", ONE, A), 1),  # another name
    (("web1", ONE, A), ("web1", TWO, A), 2),  # another machine
    (("localhost", ONE, A), ("localhost", TWO, B), 2),
    (("web1", ONE, A), ("web2", ONE, B), 2),  # clones of one image
    (("web1", ONE, A), ("web1", None, A), 1),  # it could not be audited
    (("web1", None, A), ("web1", ONE, A), 1),
    (("web1", None, C), ("web2", None, C), 2),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("older", "newer", "left"), SAME)
def test_the_newest_row_of_a_machine_wins(
    older: tuple[str, Any, Any], newer: tuple[str, Any, Any], left: int, turned: bool
) -> None:
    """In whatever order the files are read."""
    reports = [made(MONDAY, row(*older, MONDAY)), made(TUESDAY, row(*newer, TUESDAY))]
    union = merge.merged(reports[::-1] if turned else reports)
    assert len(union.rows) == left
    assert row(*newer, TUESDAY) in union.rows
    assert union.time == MONDAY, "so old is what they say together"


def test_a_row_without_an_id_is_none_of_two_machines_of_its_name() -> None:
    reports = [
        made(MONDAY, row("web1", ONE, A, MONDAY)),
        made(MONDAY, row("web1", TWO, B, MONDAY)),
        made(TUESDAY, row("web1", None, None, TUESDAY)),
    ]
    assert len(merge.merged(reports).rows) == 3


SLICES = [Extent((), "", None, Slice(number, 3)) for number in (1, 2, 3)]

# what the reports are about, what that is together, how many failures there are
KINDS: list[tuple[list[Extent], str, int]] = [
    ([Extent(())], "whole", 0),
    ([Extent((), "web1"), Extent(())], "whole", 0),
    ([Extent((), "web1")], "limited", 0),
    (SLICES, "whole", 0),
    (SLICES[::2], "limited", 1),
    ([Extent((), "localhost,web1,127.0.0.1")] * 2, "pull", 0),
    ([Extent((), "localhost,web1,127.0.0.1"), Extent((), "web2")], "limited", 0),
]


@pytest.mark.parametrize(("extents", "kind", "failures"), KINDS)
def test_what_they_are_about_together(extents: list[Extent], kind: str, failures: int) -> None:
    union = merge.merged([made(MONDAY, extent=one) for one in extents])
    assert (union.kind, len(union.failures)) == (kind, failures)


@pytest.mark.parametrize(
    ("said", "asked", "failures"),
    [
        ([None, 2], None, 0),
        ([3, 2], None, 0),  # the newer one counts
        ([2, 3], None, 1),
        ([None, ("web1", "web2")], None, 0),
        ([None, ("web1", "gone")], None, 2),
        ([3, 3], 2, 0),  # what this run says counts most
        ([None, None], None, 0),
    ],
)
def test_who_is_expected_is_compared_with_the_union(said: list[Any], asked: Any, failures: int) -> None:
    reports = [
        made(time, row(name, machine, A, time), extent=Extent((name,), "", expected, Slice(number, 2)))
        for time, name, machine, expected, number in zip((MONDAY, TUESDAY), ("web1", "web2"), (ONE, TWO), said, (1, 2))
    ]
    union = merge.merged(reports)
    assert len(merge.extent(union, [one["name"] for one in union.rows], asked).failures()) == failures


def test_what_is_nobodys_in_one_report_may_be_a_host_of_another() -> None:
    def box(own: str, **result: Any) -> dict[str, Any]:
        clients = {"connected": [A, B, "192.0.2.99"], "notes": ["one"]}
        permitted: dict[str, Any] = {
            "way": "api",
            "permitted": [A, B, "192.0.2.9"],
            "extra": [A, B, "192.0.2.9"],
            "changed": True,
        }
        permitted["extra"] = [one for one in permitted["extra"] if one != own]
        return nas.entry("nas", {**permitted, **result}, "", False, clients, [own])

    union = merge.merged(
        [
            made(MONDAY, row("web1", ONE, A, MONDAY), boxes=[box(A, added=[A])]),
            made(TUESDAY, row("web2", TWO, B, TUESDAY), boxes=[box(B, added=[B], changed=False)]),
        ]
    )
    (found,) = union.nas
    assert (found["added"], found["changed"], found["notes"]) == ([A, B], True, ["one"])
    assert [one["address"] for one in found["extra"]] == ["192.0.2.9"]
    assert found["unknown_clients"] == ["192.0.2.99"]
    assert {name: entry["seen"] for name, entry in union.returns.items()} == {"web1": MONDAY, "web2": TUESDAY}


def test_a_nas_that_was_not_asked_last_keeps_what_is_known_of_it() -> None:
    asked = nas.entry("nas", {"way": "ssh", "permitted": [A]}, "", False, {}, [])
    failed = nas.entry("nas", {}, "away", False, {}, [])
    (found,) = merge.merged([made(MONDAY, boxes=[asked]), made(TUESDAY, boxes=[failed])]).nas
    assert (found["way"], found["permitted"], found["failure"]) == ("ssh", [A], "away")


def test_a_large_fleet_is_merged_in_one_go() -> None:
    reports = [
        made(MONDAY, *(row(f"host{i}", f"{i:032x}", f"2001:db8::{i:x}", MONDAY) for i in range(part, 3000, 3)))
        for part in range(3)
    ]
    assert len(merge.merged([*reports, *reports]).rows) == 3000


def test_which_files_are_read(tmp_path: Path) -> None:
    for name, text in {
        "a.json": json.dumps(made(MONDAY)),
        "b.json": "{",
        "c.json": '{"schema": 2}',
        "out.json": "{}",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    reports, failures = files.read_all(["*.json", "none/*.json"], str(tmp_path), str(tmp_path / "out.json"))
    assert [one["time"] for one in reports] == [MONDAY]
    assert [str(tmp_path / "none") in failures[0], "b.json cannot be read" in failures[1]] == [True, True]
    assert "c.json is no report.json of version 1" in failures[2]
    assert len(failures) == 3


def with_drill(**changes: Any) -> dict[str, Any]:
    """Return a row with a drill, of which something is otherwise than it was written."""
    judgement = {"outcome": "down", "must": "down", "seconds": 4.0, "logged_out": None, "result": "right", "text": ""}
    drill = {"date": "2026-11-02", "scenarios": {"fsd": judgement}, **changes}
    return {**row("web1", ONE, A, MONDAY), "drill": drill}


def without(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


BOX = nas.entry("nas", {}, "", False, {}, [])


@pytest.mark.parametrize(
    ("report_", "good"),
    [
        (made(MONDAY, row("web1", ONE, A, MONDAY), boxes=[BOX]), True),
        (made(MONDAY, with_drill()), True),
        (made(MONDAY, row("web1", ONE, A, MONDAY, "a verdict of tomorrow")), True),
        (made("yesterday"), False),
        (made(MONDAY, row("web1", ONE, A, "yesterday")), False),
        ({**made(MONDAY), "hosts": [without(row("web1", ONE, A, MONDAY), "monitors")]}, False),
        (made(MONDAY, {**row("web1", ONE, A, MONDAY), "addresses": None}), False),
        (made(MONDAY, with_drill(date="2026-13-01")), False),
        (made(MONDAY, with_drill(scenarios={"fsd": {"outcome": "down"}})), False),
        (made(MONDAY, boxes=[without(BOX, "permitted")]), False),
    ],
)
def test_a_report_that_could_not_be_shown_is_named(report_: dict[str, Any], good: bool) -> None:
    """It comes from another machine, and must not take the others' along."""
    if not good:
        with pytest.raises(InvalidInput, match=r"x\.json is no report.json of version 1"):
            merge.checked(report_, "x.json")
        return
    found = merge.merged([merge.checked(report_, "x.json")])
    assert terminal.hosts(found.rows)
    assert metrics.metrics(document(found.rows, found.nas, Extent(("web1",)), [], MONDAY, {}, {}))
