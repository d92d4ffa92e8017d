# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs laid side by side: which events are of one outage, by whose clock, and what is said where a log is silent."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import outage, outage_text
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

UPS = "ups@192.0.2.10"
AT = 1795828000.0  # 2026-11-28T01:06:40Z
WENT = ["10 on_battery", "110 fsd", "110 shutdown", "115 powering_down", "117 down", "600 back"]


def events(*said: str, ups: str = UPS) -> list[dict[str, Any]]:
    """Return events: "10 on_battery" is ten seconds after AT."""
    found = []
    for one in said:
        at, code, *detail = one.split(" ", 2)
        named = ups if code in ("on_battery", "on_line", "low_battery", "fsd", "login_refused") else ""
        found.append({"time": AT + float(at), "code": code, "ups": named, "detail": "".join(detail)})
    return found


def log(*said: str, **more: Any) -> dict[str, Any]:
    found = {**outage.unread(""), "kept_from": AT - 9e5, "events": events(*said), "days": 30}
    return {**found, "clock": {"ahead": 0.0, "plus_minus": 0.1}, **more}


def row(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(one) for one in found["hosts"] if one["name"] == name)


def seen(found: dict[str, Any], name: str) -> list[str]:
    return [f"{event['time'] - AT:g} {event['code']}" for event in row(found, name)["events"]]


# a host's events, those of the last outage
LAST: list[tuple[list[str], list[str]]] = [
    ([], []),
    (["0 begins", "5 back"], []),
    (WENT, WENT),
    (["0 begins", *WENT, "700 login_refused"], [*WENT, "700 login_refused"]),
    # the power comes and goes
    (["10 on_battery", "20 on_line", "200 on_battery", "260 on_line"],
     ["10 on_battery", "20 on_line", "200 on_battery", "260 on_line"]),
    (["10 on_battery", "20 on_line", "400 on_battery", "460 on_line"], ["400 on_battery", "460 on_line"]),
    # an administrator's restart is none, and belongs to none
    (["10 on_battery", "20 on_line", "4000 powering_down", "4005 down", "4050 back"], ["10 on_battery", "20 on_line"]),
    # off for days
    (["10 on_battery", "20 shutdown", "25 down", "300000 back"], ["10 on_battery", "20 shutdown", "25 down",
                                                                "300000 back"]),
    # nobody wrote that it was over
    (["10 on_battery", "200000 comm_lost"], ["10 on_battery"]),
    (["10 on_battery", "200000 on_battery"], ["200000 on_battery"]),
    # after FSD on line power is not the end
    (["10 fsd", "12 on_line", "400 shutdown", "405 down"], ["10 fsd", "12 on_line", "400 shutdown", "405 down"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), LAST)
def test_the_last_outage_of_a_host(said: list[str], expected: list[str]) -> None:
    found = outage.explain({"a1": log(*said)})
    assert seen(found, "a1") == expected
    assert (found["outage"] is None) == (not expected)


def test_two_upses_are_over_only_together() -> None:
    both = [*events("10 on_battery"), *events("12 on_battery", ups="ups@192.0.2.20"), *events("20 on_line")]
    found = outage.explain({"a1": log(events=[*both, *events("900 on_line", ups="ups@192.0.2.20")])})
    assert seen(found, "a1")[-1] == "900 on_line"


def test_hosts_see_one_outage_each_in_its_time() -> None:
    late = ["14 on_battery", "100 taken_for_dead", "101 shutdown", "103 ends", "5000 back"]
    found = outage.explain({"a1": log(*WENT), "a2": log("-9000 on_battery", "-8990 on_line", *late), "a3": log()})
    assert found["outage"] == {"begins": AT + 10, "ends": AT + 5000}
    assert found["others"] == [AT - 9000]
    assert seen(found, "a2") == late
    assert [(one["name"], one["code"], one["ended"]) for one in found["hosts"]] == [
        ("a1", "seen", "shut_down"), ("a2", "seen", "cut_off"), ("a3", "saw_nothing", None),
    ]  # fmt: skip


def test_a_host_that_went_down_while_its_upsmon_was_silent() -> None:
    found = outage.explain({"a1": log(*WENT), "a2": log("0 begins", "-5000 back", "300 ends", "900 back")})
    assert seen(found, "a2") == ["300 ends", "900 back"]
    assert (row(found, "a2")["code"], row(found, "a2")["ended"]) == ("seen", "cut_off")
    assert "Note for a2: its upsmon said nothing of it: run upsfleet.synology.audit." in text(found)


def test_an_earlier_one_can_be_asked_for() -> None:
    logs = {"a1": log(*WENT), "a2": log("-9000 on_battery", "-8990 on_line")}
    assert seen(outage.explain(logs, 2), "a2") == ["-9000 on_battery", "-8990 on_line"]
    with pytest.raises(InvalidInput, match=r"ups_outage_number is 3, and the logs have 2"):
        outage.explain(logs, 3)


def test_the_states_of_a_ups_are_those_that_hosts_saw() -> None:
    now = [{"name": UPS, "code": "", "status": "OL CHRG"}]
    logs = {
        "a1": log("10 on_battery", "20 on_line", "30 on_battery", "40 fsd", "41 shutdown", upses=now),
        "a2": log("12 on_battery", "21 on_line", "33 on_battery", "41 shutdown"),
    }
    [ups] = outage.explain(logs)["upses"]
    assert (ups["name"], ups["now"]) == (UPS, "OL CHRG")
    assert [(one["code"], one["first"] - AT, one["last"] - AT, one["hosts"]) for one in ups["states"]] == [
        ("on_battery", 10, 12, 2), ("on_line", 20, 21, 2), ("on_battery", 30, 33, 2), ("fsd", 40, 40, 1),
    ]  # fmt: skip


# when the module and the short look ran there, by the host's clock, and here; how far the clock is ahead, and surely so
CLOCKS: list[tuple[list[outage.Bounds], float, float, bool]] = [
    ([(0.0, 9.2)], 4.6, 4.6, False),
    ([(0.0, 9.2), (-0.05, 0.05)], 0.025, 0.025, False),
    ([(3595.0, 3604.0), (3599.9, 3600.1)], 3600.0, 0.1, True),
    ([(-4.0, 1.0), (-3.1, -2.9)], -3.0, 0.1, True),
    ([(0.9, 1.3)], 1.1, 0.2, False),
]


@pytest.mark.parametrize(("bounds", "ahead", "plus_minus", "off"), CLOCKS)
def test_how_far_a_clock_is_ahead(bounds: list[outage.Bounds], ahead: float, plus_minus: float, off: bool) -> None:
    told = outage.clock(bounds)
    assert told == {"ahead": ahead, "plus_minus": plus_minus}
    assert outage.is_off(told) is off


def test_bounds_of_a_clock() -> None:
    assert outage.bounds([105.0, 106.0], (100.0, 107.0)) == (-1.0, 5.0)


def test_times_of_a_clock_that_is_off_are_corrected() -> None:
    ahead = {"ahead": 3600.0, "plus_minus": 0.1}
    found = outage.explain({"a1": log(*WENT), "a2": log("3611 on_battery", "3620 on_line", clock=ahead)})
    assert seen(found, "a2") == ["11 on_battery", "20 on_line"]
    assert "a2: its clock is 3600.0 s ahead of this controller's now" in " ".join(text(found))


def text(found: dict[str, Any], **failures: str) -> list[str]:
    lines = outage_text.lines(found, 30, failures, timezone.utc)
    assert all(len(line) <= outage_text.WIDTH for line in lines), lines
    return lines


def test_a_line_for_each_host() -> None:
    now = [{"name": UPS, "code": "", "status": "OL"}]
    logs = {"lab2": log(*WENT, upses=now), "web10": log("12 on_battery", "620 on_line"), "mac": outage.unread("macos")}
    assert text(outage.explain(logs), win="It needs root.") == [
        "The power failure of 2026-11-28, 01:06:50 to 01:17:00 UTC, by this controller's clock:",
        "",
        "lab2:  OB 01:06:50, FSD 01:08:30, shutdown 01:08:30, down 01:08:37, back 01:16:40",
        "web10: OB 01:06:52, OL 01:17:00",
        "mac:   -",
        "",
        f"{UPS}, as the hosts saw it: OB 01:06:50 to 01:06:52 (2 hosts), FSD 01:08:30 (1 host),",
        "  OL 01:17:00 (1 host), now OL",
        "",
        "Note for mac: the log of a Mac is not read; on it, log show --last 1d --predicate 'process ==",
        '  "upsmon"\' does.',
        "win: It needs root.",
    ]


# a log beside one that saw the outage, what is said of it
NOTES: list[tuple[dict[str, Any], str]] = [
    (log(), "its log has nothing of it"),
    (
        log("600 begins", kept_from=AT + 600),
        "holds nothing from before its present boot, as where it is kept in memory",
    ),
    (log(kept_from=AT + 600), "holds nothing from before what is left of it"),
    (outage.unread("no_journal"), "systemctl restart systemd-journald keeps it from now on"),
    (outage.unread("windows"), "the log of Windows is not read"),
    (log("10 on_battery", "50 ends", "600 back"), "it lost its power, or was switched off, before it was down"),
    (log("10 on_battery", "50 fsd"), "it was told FSD, and its log has no shutdown"),
    (log(*WENT, "610 login_refused"), "the NAS refused its login"),
    (log("10 fsd", "10 shutdown", "12 shutdown_command waiting for \x1b[1m"), "said: waiting for ?[1m"),
    (log(*WENT, clock_set=-4000), "its clock was wrong by 4000 s when it came back"),
    (log(untold=[{"type": "ONBATT", "code": "not_logged"}]), "does not tell ONBATT (NOTIFYFLAG has no SYSLOG)"),
    (log(untold=[{"type": "FSD", "code": "alike"}]), "does not tell FSD (NOTIFYMSG has one text for several)"),
    (log(*WENT, cut_short=True), "its log is longer than what is read of it"),
]


@pytest.mark.parametrize(("other", "words"), NOTES)
def test_what_a_person_should_know(other: dict[str, Any], words: str) -> None:
    lines = text(outage.explain({"a1": log(*WENT), "a2": other}))
    notes = " ".join(line.strip() for line in lines)
    assert words in notes
    assert "Note for a2: " in notes


def test_the_same_note_is_said_once() -> None:
    lines = text(outage.explain({"a1": log(*WENT), "a2": log(), "a3": log()}))
    assert [line for line in lines if "nothing of it" in line] == ["Note for a2, a3: its log has nothing of it."]


def test_no_outage_is_one_line() -> None:
    found = outage.explain({"a1": log(), "a2": log()})
    assert text(found) == ["No host's log tells of a power failure in the last 30 days."]


def test_another_day_has_its_date_and_a_long_line_is_cut() -> None:
    many = [f"{at * 20} {'on_line' if at % 2 else 'on_battery'}" for at in range(30)]
    lines = " ".join(text(outage.explain({"a1": log(*many, "700 shutdown", "705 down", "90000 back")})))
    assert "... 19 more ..." in lines
    assert "back 2026-11-29 02:06:40" in lines


def test_several_upses_are_named() -> None:
    both = [*events("10 on_battery"), *events("12 on_battery", ups="rack@192.0.2.20")]
    lines = text(outage.explain({"a1": log(events=both)}))
    assert lines[2] == f"a1: OB of {UPS} 01:06:50, OB of rack@192.0.2.20 01:06:52"


def test_the_document_has_times_in_utc_and_no_control_characters() -> None:
    found = outage.explain({"a1": log("10 fsd", "10 shutdown", "12 shutdown_command \x1b[1m")})
    told = outage_text.document(found, 30, {"a2": "away"}, AT)
    assert told["outage"] == {"begins": "2026-11-28T01:06:50.000Z", "ends": "2026-11-28T01:06:52.000Z"}
    assert told["hosts"][0]["events"][2] == {
        "time": "2026-11-28T01:06:52.000Z", "code": "shutdown_command", "ups": "", "detail": "?[1m",
    }  # fmt: skip
    assert (told["schema"], told["time"], told["failures"]) == (1, "2026-11-28T01:06:40.000Z", {"a2": "away"})


def test_every_code_has_its_words() -> None:
    from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import messages

    assert set(messages.codes()) <= set(outage_text._WORDS)
