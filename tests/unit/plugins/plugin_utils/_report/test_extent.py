# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a run was about, and which it should have been about."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import (
    Extent,
    Slice,
    expected_clients,
    slice_of,
)

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


NAMES = (ONE, TWO)
PULLED = "localhost,web1.example.com,web1,127.0.0.1"

# the run, what it was about, who was expected
SCOPES: list[tuple[Extent, dict[str, Any], Any]] = [
    (Extent(NAMES), {"kind": "whole", "limit": None, "slice": None}, None),
    (
        Extent(NAMES, "", 5),
        {"kind": "whole", "limit": None, "slice": None},
        {"hosts": 5, "names": None, "missing": [], "unexpected": []},
    ),
    (
        Extent(NAMES, "web*", (ONE, "gone", ONE)),
        {"kind": "limited", "limit": "web*", "slice": None},
        {"hosts": 2, "names": ["gone", ONE], "missing": ["gone"], "unexpected": [TWO]},
    ),
    (Extent(NAMES, PULLED), {"kind": "pull", "limit": PULLED, "slice": None}, None),
    (
        Extent(NAMES, "", 5, Slice(1, 3)),
        {"kind": "slice", "limit": None, "slice": {"number": 1, "count": 3}},
        {"hosts": 5, "names": None, "missing": [], "unexpected": []},
    ),
    (
        Extent(NAMES, "web1", None, Slice(1, 3)),
        {"kind": "limited", "limit": "web1", "slice": {"number": 1, "count": 3}},
        None,
    ),
]


@pytest.mark.parametrize(("extent", "scope", "expected"), SCOPES)
def test_what_a_report_says_of_the_run(extent: Extent, scope: dict[str, Any], expected: Any) -> None:
    assert (extent.scope(), extent.expectation()) == (scope, expected)


def test_a_slice_is_not_the_whole_and_fails_no_run() -> None:
    assert Extent(NAMES, "", 5, Slice(1, 3)).failures() == []


@pytest.mark.parametrize(("given", "meant"), [(None, None), ("1/1", (1, 1)), ("2/3", (2, 3)), (" 2 / 3 ", (2, 3))])
def test_which_slice(given: Any, meant: Any) -> None:
    assert slice_of(given) == meant


@pytest.mark.parametrize("given", ["", "2", 2, "3/2", "0/2", "2/0", "-1/2", "a/b", "1/2/3", ["1/2"]])
def test_what_is_no_slice(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"ups_report_slice is .*: allowed is"):
        slice_of(given)
