# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal over several boots: of four releases in a power failure, and what a journal may be like."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import drill, last_shutdown, outage_log
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import messages

RECORDED = Path(__file__).parent / "recorded"
STARTED, STOPPED = outage_log.JOURNAL_STARTED, last_shutdown.JOURNAL_STOPPED
POWERING_DOWN = last_shutdown.POWERING_DOWN
UPS = "ups@192.0.2.10"
OB, OL, FSD = f"UPS {UPS} on battery", f"UPS {UPS} on line power", f"UPS {UPS}: forced shutdown in progress"
DOWN = last_shutdown.UPSMON
MACHINE = "3eae277784474cfba8228e89f7e1dd26"


def look(journal: str, boot: str = "b2", booted: float | None = None, last: str = "", status: int = 0) -> Any:
    def run(argv: Sequence[str]) -> tuple[int, str]:
        return status, last if any(word.startswith("--boot=") for word in argv) else journal

    return outage_log.look(run, messages.meaning([]), 30, boot, booted)


def codes(found: dict[str, Any]) -> list[str]:
    return [event["code"] for event in found["events"]]


@pytest.mark.parametrize("release", ["bullseye", "bookworm", "trixie", "forky"])
def test_a_power_failure_as_each_release_writes_it(release: str) -> None:
    """Recorded in containers, which have their machine's boot id; journald was restarted before the power failure."""
    found = look((RECORDED / f"{release}.outage.jsonl").read_text(encoding="utf-8"), MACHINE)
    went = ["on_battery", "on_line", "on_battery", "fsd", "low_battery", "shutdown", "powering_down", "down", "back"]
    assert codes(found) == ["begins", *went]
    assert {event["ups"] for event in found["events"]} == {UPS, ""}
    assert [event["time"] for event in found["events"]] == sorted(event["time"] for event in found["events"])
    assert (found["code"], found["cut_short"], found["clock_set"]) == ("", False, 0)


def entry(at: float, text: str = "...", what: str = "", boot: str = "b1", **more: Any) -> str:
    fields = {"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "__MONOTONIC_TIMESTAMP": str(int(at * 1e6) - 90), **more}
    fields |= {"_BOOT_ID": boot, "MESSAGE": text}
    return json.dumps({**fields, "MESSAGE_ID": what} if what else fields)


FIRST = entry(100, what=STARTED)
NEXT = entry(900, what=STARTED, boot="b2")
# entries, the events
JOURNALS: list[tuple[list[str], list[str]]] = [
    ([FIRST, entry(200, OB), entry(230, OL)], ["begins", "on_battery", "on_line"]),
    # to syslog and to standard error
    ([FIRST, entry(200, OB), entry(200.01, OB, SYSLOG_IDENTIFIER="nut-monitor")], ["begins", "on_battery"]),
    # a minute later it is another one
    ([FIRST, entry(200, OB), entry(260, OB)], ["begins", "on_battery", "on_battery"]),
    ([FIRST, entry(200, DOWN), entry(206, what=STOPPED), NEXT], ["begins", "shutdown", "down", "back"]),
    # somebody's poweroff
    ([FIRST, entry(200, what=POWERING_DOWN), entry(206, what=STOPPED), NEXT],
     ["begins", "powering_down", "down", "back"]),
    # the power went, in the middle of the shutdown or before; journald had been restarted long before
    ([FIRST, entry(150, what=STOPPED), entry(151, what=STARTED), entry(200, DOWN), NEXT],
     ["begins", "shutdown", "ends", "back"]),
    ([FIRST, entry(200, OB), NEXT], ["begins", "on_battery", "ends", "back"]),
    # a restart of journald is no boot
    ([FIRST, entry(200, what=STOPPED), entry(201, what=STARTED)], ["begins"]),
    # what was before is not kept
    ([NEXT], ["begins"]),
    ([FIRST, entry(200, "waiting for apt", SYSLOG_IDENTIFIER="upsmon-shutdown")], ["begins", "shutdown_command"]),
    # no entries
    ([FIRST, "-- No entries --", "[]", "{}", "3"], ["begins"]),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), JOURNALS)
def test_a_journal(entries: list[str], expected: list[str]) -> None:
    assert codes(look("\n".join(entries), last=entry(222))) == expected


def test_where_a_boot_was_cut_off_its_last_word_of_any_kind_counts() -> None:
    found = look("\n".join([FIRST, entry(200, OB), NEXT]), last=entry(222))
    assert [event["time"] for event in found["events"]] == [100, 200, 222, 900]


def test_what_a_program_wrote_that_is_no_text_is_left_out() -> None:
    odd = json.loads(entry(200)) | {"MESSAGE": [255, 254]}
    assert codes(look("\n".join([FIRST, json.dumps(odd)]))) == ["begins"]


def test_a_clock_that_was_set_after_the_boot_is_corrected() -> None:
    """As on a board without a battery for its clock: the new boot's times begin before the old one's end."""
    wrong = [entry(150, what=STARTED, boot="b2"), entry(180, OB, boot="b2")]
    journal = [FIRST, *wrong, entry(200, DOWN), entry(206, what=STOPPED)]
    found = look("\n".join(journal), booted=750.0)
    assert codes(found) == ["begins", "shutdown", "down", "back", "on_battery"]
    assert (found["clock_set"], [round(event["time"]) for event in found["events"]]) == (750, [100, 200, 206, 900, 930])


@pytest.mark.parametrize(("clocks", "expected"), [((900.0, 100.0, 100.1), 800.0), ((900.0, 100.0, 500.0), None)])
def test_when_a_boot_began_is_not_known_where_the_host_slept(
    clocks: tuple[float, float, float], expected: float | None
) -> None:
    assert outage_log.booted_at(*clocks) == expected


def test_a_journal_that_is_longer_says_so() -> None:
    found = look("\n".join([FIRST, *(entry(200 + 10 * at, OB) for at in range(outage_log.EVENTS))]))
    assert (len(found["events"]), found["cut_short"], found["kept_from"]) == (outage_log.EVENTS, True, 100)


@pytest.mark.parametrize(("journal", "status"), [("", 0), (FIRST, 1)])
def test_no_journal(journal: str, status: int) -> None:
    found = look(journal, status=status)
    assert (found["code"], found["events"], found["kept_from"]) == ("no_journal", [], None)


def test_what_is_read_is_bounded() -> None:
    command = outage_log.command(7)
    assert "--since=-7days" in command
    assert f"--lines={outage_log.LINES}" in command


def test_a_drill_is_not_read() -> None:
    names = [word.partition("=")[2] for word in outage_log.command(7) if word.startswith("SYSLOG_IDENTIFIER=")]
    assert names
    assert not any(name.startswith(drill.PREFIX) for name in names)
