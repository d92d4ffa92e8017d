# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a run was about, which it should have been about, and what is kept of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.extent import (
    Extent,
    document,
    expected_clients,
    statistics,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

TIME = "2026-11-01T12:00:00Z"
ONE, TWO = "web1", "web2"

# hosts, limit, expected; the beginnings of what is said
EXTENTS: list[tuple[tuple[str, ...], str, Any, list[str]]] = [
    ((ONE, TWO), "", None, []),
    ((ONE, TWO), "", 2, []),
    ((ONE, TWO), "", (TWO, ONE), []),
    ((ONE, TWO), "", (TWO, ONE, ONE), []),
    ((ONE, TWO), "", 3, ["ups_expected_clients is 3, but this run was about 2:"]),
    ((ONE, TWO), "", 0, ["ups_expected_clients is 0, but this run was about 2:"]),
    ((ONE,), "", (ONE, TWO), ["ups_expected_clients names web2, which this run was not about:"]),
    ((ONE, TWO), "", (ONE,), ["ups_expected_clients does not name web2:"]),
    ((ONE,), "", (TWO,), ["ups_expected_clients names web2,", "ups_expected_clients does not name web1:"]),
    ((ONE,), "web1", 3, []),
    ((ONE,), "web1", (TWO,), []),
    ((), "", None, ["No host was looked at, because the inventory has no hosts in the group ups_clients."]),
    ((), "", 3, ["No host was looked at, because the inventory"]),
    ((), "nas", None, ["No host was looked at: the limit leaves none"]),
    ((), "nas", 3, ["No host was looked at: the limit leaves none"]),
]


@pytest.mark.parametrize(("names", "limit", "expected", "beginnings"), EXTENTS)
def test_what_fails_a_run_as_a_whole(names: tuple[str, ...], limit: str, expected: Any, beginnings: list[str]) -> None:
    said = Extent(names, limit, expected).failures()
    assert [text[: len(beginning)] for text, beginning in zip(said, beginnings)] == beginnings
    assert len(said) == len(beginnings)


@pytest.mark.parametrize(
    ("given", "meant"),
    [(None, None), (3, 3), ("3", 3), (0, 0), ([ONE, TWO], (ONE, TWO)), ((ONE,), (ONE,)), ([], ())],
)
def test_how_clients_are_expected(given: Any, meant: Any) -> None:
    assert expected_clients(given) == meant


@pytest.mark.parametrize("given", ["web1,web2", "", -1, 1.5, True, False, {"web1": None}, [1], [None]])
def test_what_nobody_can_expect(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"ups_expected_clients is .*: allowed are"):
        expected_clients(given)


ROWS = [
    {"name": ONE, "verdict": "ok", "protected": True},
    {"name": TWO, "verdict": "stale", "protected": False},
    {"name": "web3", "verdict": "ok", "protected": False},
]
NAMES = tuple(str(row["name"]) for row in ROWS)


@pytest.mark.parametrize(
    ("extent", "expected"),
    [
        (Extent(NAMES), None),
        (Extent(NAMES, "", 5), {"hosts": 5, "missing": [], "unexpected": []}),
        (Extent(NAMES, "web*", (ONE, "gone")), {"hosts": 2, "missing": ["gone"], "unexpected": ["web2", "web3"]}),
    ],
)
def test_what_is_written(extent: Extent, expected: Any) -> None:
    assert document(ROWS, extent, ["why"], TIME) == {
        "time": TIME,
        "counts": {"hosts": 3, "protected": 1},
        "expected": expected,
        "limit": extent.limit or None,
        "failures": ["why"],
        "hosts": ROWS,
    }


def test_the_statistics_count_every_host_by_its_verdict() -> None:
    assert statistics(document(ROWS, Extent(NAMES), ["why", "and why"], TIME)) == {
        "time": TIME,
        "counts": {"hosts": 3, "protected": 1},
        "limit": None,
        "failures": 2,
        "verdicts": {"ok": {"count": 2, "hosts": [ONE, "web3"]}, "stale": {"count": 1, "hosts": [TWO]}},
    }


def test_the_statistics_stay_small_however_large_the_fleet() -> None:
    rows = [{"name": f"host{number:04}.example.net", "verdict": "ok", "protected": True} for number in range(3000)]
    kept = statistics(document(rows, Extent(("host",)), [], TIME))
    assert kept["verdicts"]["ok"]["count"] == 3000
    assert kept["verdicts"]["ok"]["hosts"][0] == "host0000.example.net"
    assert len(json.dumps(kept)) < 4096
