# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report at a terminal: worst first, each cause once, the count last, and short however large the fleet is."""

from __future__ import annotations

from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import terminal
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.document import document
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import Extent
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.layout import (
    BAD,
    COLUMNS,
    DIM,
    GOOD,
    WARN,
    shown,
    width,
)

NOTE = "NUT 2.8.1 ignores DEADTIME"
PROTECTED: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "logged_in": True,
    "nut_version": "2.8.0",
    "os": {"platform": "debian", "name": "debian", "version": "12"},
    "address": "192.0.2.21",
    "changes": {"steps": [], "reason": ""},
    "drift": [],
    "advice": "",
    "notes": [],
    "access": [{"verdict": "ok", "status": "OL"}],
}
DENIED = {
    **PROTECTED,
    "verdict": "not_permitted",
    "protected": False,
    "logged_in": False,
    "address": "192.0.2.22",
    "advice": "192.0.2.10 does not permit 192.0.2.22.",
    "cause": "192.0.2.10 does not permit these addresses.",
    "access": [{"verdict": "not_permitted", "status": None}],
}
BARE = {
    **PROTECTED,
    "verdict": "not_logged_in",
    "protected": False,
    "logged_in": False,
    "address": None,
    "advice": "Run upsfleet.synology.site.",
    "drift": ["package", "config"],
    "changes": {"steps": ["install", "configure", "service"], "reason": ""},
}
AWAY = {"unreachable": True, "msg": "no route to host 192.0.2.25"}


def rows() -> list[dict[str, Any]]:
    """Return a fleet with one host of each kind."""
    return [
        report.row("web1", {**PROTECTED, "notes": [NOTE]}, "", "web1"),
        report.row("database", DENIED, "", "192.0.2.22"),
        report.row("new", {**BARE, "notes": [NOTE], "predicted": True}, "", "192.0.2.23"),
        report.row("bare", BARE, "", "192.0.2.24"),
        report.row("gone", AWAY, "", "192.0.2.25"),
    ]


def said(hosts: Sequence[dict[str, Any]], *accept: str, failures: Sequence[str] = (), **more: Any) -> list[str]:
    """Return the report's lines below the table."""
    made = document(hosts, [], Extent(()), failures, "", {}, {})
    found = [line.text for line in terminal.lines(made, accept, **more)]
    return found[found.index("") + 1 :]


def test_the_table_has_the_worst_first() -> None:
    lines = terminal.hosts(rows())
    assert [line.text for line in lines] == [
        "host      address     system     verdict        logged in  nut    ups  drift",
        "gone      192.0.2.25  -          not_audited    unknown    -      -    -",
        "database  192.0.2.22  debian 12  not_permitted  no         2.8.0  -    -",
        "bare      192.0.2.24  debian 12  not_logged_in  no         2.8.0  OL   package, config",
        "new       192.0.2.23  debian 12  not_logged_in  no         2.8.0  OL   package, config",
        "web1      192.0.2.21  debian 12  ok             yes        2.8.0  OL   -",
    ]
    assert [line.tone for line in lines] == [DIM, BAD, BAD, BAD, WARN, GOOD]


def test_below_it_each_cause_is_said_once_and_the_count_comes_last() -> None:
    assert said(rows()) == [
        "not_audited: gone: no route to host 192.0.2.25",
        "not_permitted: database (192.0.2.22): 192.0.2.10 does not permit 192.0.2.22.",
        "not_logged_in: bare: Run upsfleet.synology.site.",
        "new: would be provisioned (package, config).",
        f"Note for web1, new: {NOTE}.",
        "1 of 5 hosts are proven protected.",
    ]


@pytest.mark.parametrize(
    ("accept", "verdicts"),
    [
        ([], ["not_audited", "not_permitted", "not_logged_in"]),
        (["not_logged_in"], ["not_audited", "not_permitted"]),
        (["not_logged_in", "not_permitted"], ["not_audited"]),
    ],
)
def test_what_is_good_enough_is_no_cause(accept: list[str], verdicts: list[str]) -> None:
    assert [line.text.split(":")[0] for line in terminal.causes(rows(), accept)] == verdicts


def test_hosts_of_one_cause_are_said_together_without_what_is_their_own() -> None:
    denied = [
        report.row(f"web{i}", {**DENIED, "address": f"192.0.2.{i}", "advice": f"Permit 192.0.2.{i}."}, "", "-")
        for i in (1, 2)
    ]
    away = [report.row(f"away{i}", {**AWAY, "msg": f"no route to 192.0.2.{i}"}, "", "-") for i in (3, 4)]
    bare = [report.row(f"bare{i}", BARE, "", "-") for i in (5, 6)]
    assert [line.text for line in terminal.causes([*bare, *denied, *away])] == [
        "not_audited: away3, away4: Ansible cannot reach it. away3: no route to 192.0.2.3",
        "not_permitted: web1 (192.0.2.1), web2 (192.0.2.2): 192.0.2.10 does not permit these addresses.",
        "not_logged_in: bare5, bare6: Run upsfleet.synology.site.",
    ]


def fleet(protected: int, *kinds: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a fleet: so many are protected, and so many of each other kind."""
    results = [PROTECTED] * protected + [kind for count, kind in kinds for _ in range(count)]
    return [
        report.row(
            f"host{i:04}", {**result, "notes": [f"of {i}"]} if result is not AWAY else result, "", f"192.0.2.{i}"
        )
        for i, result in enumerate(results)
    ]


FLEETS = [
    fleet(28, (5, DENIED), (4, BARE), (3, AWAY)),
    fleet(0, (40, DENIED)),
    fleet(0, (40, AWAY)),
    fleet(0, (10, AWAY), (15, DENIED), (15, BARE)),
    fleet(3000),
    fleet(0, (3000, BARE)),
    fleet(1000, (500, DENIED), (500, BARE), (1000, AWAY)),
]


@pytest.mark.parametrize("hosts", FLEETS, ids=len)
def test_it_fits_a_screen_however_large_the_fleet(hosts: list[dict[str, Any]]) -> None:
    made = document(hosts, [], Extent(()), [], "", {}, {})
    lines = shown(terminal.lines(made))
    assert len(lines) <= 85  # 26 of them are notes, each of another host
    assert max(width(line.text) for line in lines) <= COLUMNS
    assert lines[-1].text == f"{made['counts']['protected']} of {len(hosts)} hosts are proven protected."


def test_in_a_large_fleet_those_who_are_protected_are_one_line() -> None:
    lines = [line.text for line in terminal.hosts(fleet(28, (12, BARE)))]
    assert len(lines) == 1 + 12 + 1
    assert lines[-1].startswith("28 hosts are protected: host0000, host0001, ")
    assert len(lines[-1]) == COLUMNS
    assert [line.text for line in terminal.hosts(fleet(40))] == [
        "40 hosts are protected: " + ", ".join(f"host{i:04}" for i in range(7)) + ", host0\u2026"
    ]


def test_more_than_a_screen_of_hosts_are_counted() -> None:
    lines = [line.text for line in terminal.hosts(fleet(0, (30, DENIED), (30, BARE)))]
    assert len(lines) == 1 + terminal.ROWS + 1
    assert lines[-1].startswith("and 20 more: 20 not_logged_in. ")


def test_a_host_that_lacks_nothing_but_the_permission() -> None:
    row = report.row("web1", DENIED, "", "web1", let_in=True)
    assert said([row]) == ["web1: would be let in by the NAS.", "0 of 1 hosts are proven protected."]


def test_a_fleet_of_none() -> None:
    assert said([]) == ["0 of 0 hosts are proven protected."]
    assert said([], failures=["why"]) == ["why", "0 of 0 hosts are proven protected."]
    assert [line.text for line in terminal.hosts([])] == ["host  address  system  verdict  logged in  nut  ups  drift"]


def test_a_double_is_marked_as_one() -> None:
    row = report.row("mac", {**PROTECTED, "os": {"name": "macos", "version": "15.5"}}, "", "mac", double=True)
    assert "macos 15.5 (double)" in terminal.hosts([row])[1].text


@pytest.mark.parametrize(("protected", "told"), [(True, 1), (False, 0)])
def test_who_was_left_untouched_is_said(protected: bool, told: int) -> None:
    row = report.row("web1", PROTECTED if protected else BARE, "", "web1", held_back=["a1", "a2"])
    assert said([row]).count("Left untouched, because other hosts failed before: web1.") == told


def test_hosts_behind_one_address_are_said() -> None:
    access = [{"verdict": "ok", "host": "192.0.2.10", "seen_as": "192.0.2.1"}]
    behind = [report.row(name, {**PROTECTED, "access": access}, "", name) for name in ("web1", "web2")]
    assert said(behind)[0] == "web1, web2 come from one address, 192.0.2.1, as behind NAT."


GONE = {
    "directive": "FINALDELAY",
    "was": "20",
    "becomes": "5",
    "variable": "nut_client_finaldelay",
    "value": 20,
    "text": "FINALDELAY 20 becomes 5: nut_client_finaldelay keeps it",
}
LOST = {**GONE, "directive": "MONITR", "variable": "", "value": None, "text": "MONITR goes: no variable keeps it"}
WOULD, DID = (f"web1: upsfleet.synology.site {word} what was set up by hand:" for word in ("would replace", "replaced"))


@pytest.mark.parametrize(
    ("drift", "gone", "planned", "expected"),
    [
        ([], [], True, []),
        (
            ["config"],
            [GONE, LOST],
            True,
            [
                WOULD,
                f"  {GONE['text']}.",
                "  MONITR goes: no variable keeps it.",
                "",
                "# host_vars/web1.yml: keeps it",
                "nut_client_finaldelay: 20",
                "",
            ],
        ),
        (["config"], [LOST], True, [WOULD, f"  {LOST['text']}."]),
        ([], [GONE], False, [DID, f"  {GONE['text']}."]),
        # refused, or rolled back
        (["config"], [GONE], False, [WOULD, f"  {GONE['text']}."]),
    ],
)
def test_what_goes_of_what_was_set_up_by_hand(
    drift: list[str], gone: list[dict[str, Any]], planned: bool, expected: list[str]
) -> None:
    row = report.row("web1", {**PROTECTED, "drift": drift, "replaced": gone}, "", "web1")
    assert said([row], planned=planned)[:-1] == expected
