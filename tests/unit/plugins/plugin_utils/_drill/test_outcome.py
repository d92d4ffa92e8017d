# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host made of a drill, judged; and who is drilled at all."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import Settings
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.outcome import Seen
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.scenarios import Pace

PACE, USUAL = Pace(), Settings()
PROTECTED: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "os": {"platform": "debian"},
    "package": {"version": "2.8.0-7"},
    "access": [{"status": "OL CHRG"}],
}
TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("changes", "possible", "said"),
    [
        ({}, True, ""),
        ({"access": [{"status": None}]}, True, ""),
        ({"access": [{"status": "OL"}, {"status": "OB DISCHRG"}]}, True, "The UPS says OB:"),
        ({"access": [{"status": "FSD OL"}]}, True, "The UPS says FSD:"),
        ({"access": [{"status": "OL CAL"}]}, True, "The UPS says CAL:"),
        ({"access": [{"status": "OL TEST"}]}, True, "The UPS says TEST:"),
        ({"access": [{"status": "OL BYPASS"}]}, True, "The UPS says BYPASS:"),
        ({"protected": False, "verdict": "would_stay_up"}, True, "Its verdict is would_stay_up."),
        ({"os": {"platform": "windows"}}, False, "not possible on Windows"),
        ({"os": {"platform": "macos"}, "package": {"version": "2.8.1"}}, False, "before NUT 2.8.3"),
        ({"os": {"platform": "macos"}, "package": {"version": "2.8.4"}}, True, ""),
    ],
)
def test_who_is_drilled(changes: dict[str, Any], possible: bool, said: str) -> None:
    found = outcome.obstacle({**PROTECTED, **changes})
    assert found.possible is possible
    assert said in found.text
    assert bool(found.text) is bool(said)


@pytest.mark.parametrize(
    ("name", "package", "marker", "result", "seconds", "said"),
    [
        ("fsd", "2.8.0-7", Seen(7.96), "right", 8.0, ""),
        ("fsd", "2.8.0-7", None, "wrong", None, "stays up when the NAS announces its shutdown"),
        (
            "fsd",
            "2.8.0-7",
            Seen(7.0, "not_found"),
            "wrong",
            7.0,
            "could not have powered itself off: not_found",
        ),
        ("low_battery", "2.7.4-13", Seen(38.2), "right", 28.2, ""),
        ("low_battery", "2.7.4-13", Seen(4.0), "wrong", -6.0, "goes down before the event that it must go down at"),
        ("short_blip", "2.8.5-1", None, "right", None, ""),
        ("short_blip", "2.8.5-1", Seen(9.0), "wrong", 9.0, "goes down in a power failure of seconds"),
        ("calibration_then_outage", "2.8.0-7", None, "known", None, "stays up on a low battery after a self-test"),
        (
            "calibration_then_outage",
            "2.8.1-5+deb13u1",
            None,
            "wrong",
            None,
            "stays up on a low battery after a self-test",
        ),
        (
            "calibration_then_nas_restart",
            "2.8.1-3.1ubuntu2",
            Seen(27.0),
            "known",
            27.0,
            "goes down when the NAS restarts its UPS service after a self-test",
        ),
        ("nas_lost_on_battery", "2.8.0-7", Seen(33.0), "right", 23.0, ""),
        ("nas_lost_on_battery", "2.8.1-5+deb13u1", Seen(18.0), "known", 8.0, "without waiting for DEADTIME"),
        ("nas_lost_on_battery", "2.8.0-7", Seen(18.0), "wrong", 8.0, "without waiting for DEADTIME"),
    ],
)
def test_what_a_host_made_of_it(
    name: str, package: str, marker: Seen | None, result: str, seconds: float | None, said: str
) -> None:
    row = outcome.judged([name], package, PACE, USUAL, {name: marker} if marker else {})[name]
    assert (row["result"], row["seconds"], row["outcome"]) == (result, seconds, "down" if marker else "up")
    assert said in row["text"]
    assert bool(row["text"]) is bool(said)


@pytest.mark.parametrize(
    ("name", "seen", "result", "logged_out"),
    [
        ("short_blip", Seen(logged_out=3.0), "wrong", None),
        ("nas_lost_on_line", Seen(logged_out=0.0), "wrong", None),
        ("fsd", Seen(logged_out=3.0), "wrong", None),
        ("calibration_then_outage", Seen(logged_out=3.0), "wrong", None),
        ("nas_lost_on_battery", Seen(logged_out=10.0), "wrong", None),
        ("nas_lost_on_battery", Seen(33.0, logged_out=10.0), "right", 0.0),
        ("low_battery", Seen(38.0, logged_out=38.04), "right", 28.0),
    ],
)
def test_who_stays_up_is_there_to_the_end_and_who_goes_down_logs_out(
    name: str, seen: Seen, result: str, logged_out: float | None
) -> None:
    row = outcome.judged([name], "2.8.0-7", PACE, USUAL, {name: seen})[name]
    assert (row["result"], row["logged_out"]) == (result, logged_out)


def drill(**seconds: float | None) -> dict[str, Any]:
    rows = outcome.judged(list(seconds), "2.8.0-7", PACE, USUAL, {name: Seen(at) for name, at in seconds.items()})
    return {"date": "2026-11-27", "package": "2.8.0-7", "scenarios": rows}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, ""),
        (drill(fsd=6.2, low_battery=38.4), "2026-11-27: down in 28 s"),
        (drill(short_blip=None), "2026-11-27: stays up as it must"),
        (drill(fsd=6.2, calibration_then_outage=None), "2026-11-27: down in 6 s, 1 of 2 wrong"),
    ],
)
def test_a_drill_in_a_few_words(kept: dict[str, Any] | None, said: str) -> None:
    assert outcome.summary(kept) == said


@pytest.mark.parametrize(
    ("kept", "package", "said"),
    [
        (None, "2.8.0-7", ""),
        ({"date": "2026-11-27", "package": "2.8.0-7"}, "2.8.0-7", ""),
        ({"date": "2025-11-27", "package": "2.8.0-7"}, "2.8.0-7", ""),
        ({"date": "2025-11-26", "package": "2.8.0-7"}, "2.8.0-7", "is of 2025-11-26, more than 365 days ago"),
        ({"date": "2026-11-01", "package": "2.8.0-7"}, "2.8.1-5", "was with another version of NUT"),
        ({"date": "yesterday"}, "2.8.0-7", ""),
    ],
)
def test_a_drill_that_proves_little_by_now(kept: dict[str, Any] | None, package: str, said: str) -> None:
    found = outcome.note(kept, package, TODAY)
    assert said in found
    assert bool(found) is bool(said)


@pytest.mark.parametrize(
    ("longest", "said"),
    [(0, "more than 0 days ago"), ("3", ""), ("1y", "allowed is a number of days"), (-1, "allowed")],
)
def test_how_long_a_drill_is_good(longest: Any, said: str) -> None:
    found = outcome.note({"date": "2026-11-26", "package": "2.8.0-7"}, "2.8.0-7", TODAY, longest)
    assert said in found
    assert bool(found) is bool(said)


def test_hosts_that_did_the_same_share_a_column() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "web1", "drill": drill(fsd=6.2, calibration_then_outage=None)},
        {"name": "web2", "drill": drill(fsd=7.5, calibration_then_outage=None)},
        {"name": "web3", "drill": drill(fsd=6.0)},
        {"name": "pc", "obstacle": "It is Windows."},
        {"name": "web4", "failure": "Nobody answers."},
        {"name": "web5"},
    ]
    assert outcome.lines(rows) == [
        "scenario                 must  web1 + 1    web3",
        "fsd                      down  down 7.5 s  down 6.0 s",
        "calibration_then_outage  down  up (!)      -",
        "",
        "web1, web2: stays up on a low battery after a self-test of the UPS, until the NAS announces its shutdown, as "
        "this version of NUT does.",
        "pc: not drilled: It is Windows.",
        "web4: not drilled: Nobody answers.",
    ]


def test_nothing_is_said_of_a_run_without_a_drill() -> None:
    assert outcome.lines([{"name": "web1", "drill": None, "obstacle": None, "failure": ""}]) == []


WHOLE = {"outcome": "down", "must": "down", "seconds": 4.0, "logged_out": None, "result": "right", "text": ""}


@pytest.mark.parametrize(
    ("kept", "good"),
    [
        ({"date": "2026-11-02", "scenarios": {"fsd": WHOLE}, "package": "2.8.0-7"}, True),
        ({"date": "2026-11-02", "scenarios": {}}, True),
        (None, False),
        ("of 2026-11-02", False),
        ({"date": "yesterday", "scenarios": {}}, False),
        ({"date": None, "scenarios": {}}, False),
        ({"date": "2026-11-02", "scenarios": []}, False),
        ({"date": "2026-11-02", "scenarios": {"fsd": "down"}}, False),
        *(({"date": "2026-11-02", "scenarios": {"fsd": {**WHOLE, name: []}}}, False) for name in WHOLE),
        *(
            ({"date": "2026-11-02", "scenarios": {"fsd": {key: WHOLE[key] for key in WHOLE if key != name}}}, False)
            for name in WHOLE
        ),
    ],
)
def test_what_a_host_says_of_a_drill_is_read_as_a_whole_or_not_at_all(kept: Any, good: bool) -> None:
    assert outcome.whole(kept) == (kept if good else None)
    outcome.summary(outcome.whole(kept))
