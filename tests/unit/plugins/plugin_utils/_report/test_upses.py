# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UPSes of a fleet: each once, with the newest that was told of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.upses import duration, is_alarming, place, upses
from sample_report import monitor, not_audited, row, unprotected

OLD, NEW = "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"


def test_two_names_of_a_server_are_one_ups() -> None:
    named = monitor(server="nas.example.com")
    found = upses([row("a"), row("b", monitors=[named]), unprotected("c"), not_audited("d")])
    assert [(one.place, one.hosts, one.logged_in, one.charge) for one in found] == [("ups@192.0.2.10", 3, 2, 97)]


def test_two_upses_of_a_server_are_two() -> None:
    hosts = [row("a", monitors=[monitor(), monitor(ups="rack10"), monitor(ups="rack9"), monitor(port=3494)])]
    assert [one.place for one in upses(hosts)] == [
        "rack9@192.0.2.10",
        "rack10@192.0.2.10",
        "ups@192.0.2.10",
        "ups@192.0.2.10:3494",
    ]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_newest_reading_counts(turn: int) -> None:
    old = row("a", time=OLD, monitors=[monitor(charge=100)])
    new = row("b", time=NEW, monitors=[monitor(charge=12, status="OB LB")])
    silent = unprotected("c", time=NEW)
    refused = row("d", time=NEW, monitors=[monitor(charge=None, runtime=None)])
    (found,) = upses([old, new, silent, refused][::turn])
    assert (found.charge, found.status, found.meaning, found.alarming) == (12, "OB LB", "on battery, battery low", True)


def test_what_is_wrong_comes_first() -> None:
    hosts = [row("a", monitors=[monitor(ups="a"), monitor(ups="b", status="FSD OL")])]
    assert [one.name for one in upses(hosts)] == ["b", "a"]


@pytest.mark.parametrize("value", [None, -1, float("nan"), float("inf"), "97", True])
def test_what_is_no_number_is_not_shown(value: Any) -> None:
    (found,) = upses([row("a", monitors=[monitor(charge=value, runtime=value)])])
    assert (found.charge, found.runtime, found.left) == (None, None, "")


@pytest.mark.parametrize(
    ("server", "text"), [("nas.example.com", "ups@nas.example.com"), ("2001:db8::5", "ups@[2001:db8::5]")]
)
def test_a_ups_is_named_as_in_a_monitor_line(server: str, text: str) -> None:
    assert place("ups", server, 3493) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (2460, "41 min"), (7500, "2 h 5 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("status", "alarming"), [("OL CHRG", False), (None, False), ("OL; OB", True), ("ol rb", True), ("OBX", False)]
)
def test_what_is_alarming(status: str | None, alarming: bool) -> None:
    assert is_alarming(status) is alarming
