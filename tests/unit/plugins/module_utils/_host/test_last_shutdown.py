# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last real shutdown: journals of four releases in a power failure, and what no journal tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import last_shutdown

RECORDED = Path(__file__).parent / "recorded"
POWERING_DOWN, STOPPED = last_shutdown.POWERING_DOWN, last_shutdown.JOURNAL_STOPPED


def look(journal: str, status: int = 0) -> dict[str, Any]:
    return last_shutdown.look(lambda argv: (status, journal))


@pytest.mark.parametrize(("release", "seconds"), [("bullseye", 0), ("bookworm", 1), ("trixie", 1), ("forky", 2)])
def test_a_power_failure_as_each_release_writes_it(release: str, seconds: int) -> None:
    """Recorded in containers, which an upsd told FSD; the journal lay on a disk."""
    journal = (RECORDED / f"{release}.journal.jsonl").read_text(encoding="utf-8")
    assert look(journal) == {"seconds": seconds, "code": "", "power_failure": True}


def test_a_shutdown_that_was_cut_off() -> None:
    """Recorded: a unit that ignored TERM, and the host was switched off; logind had said nothing."""
    journal = (RECORDED / "cut-off.journal.jsonl").read_text(encoding="utf-8")
    assert look(journal) == {"seconds": 6, "code": "cut_short", "power_failure": True}


def entry(at: float, what: str = "", text: str = "...") -> str:
    fields = {"__MONOTONIC_TIMESTAMP": str(int(at * 1000000)), "MESSAGE": text}
    return json.dumps({**fields, "MESSAGE_ID": what} if what else fields)


UPSMON = last_shutdown.UPSMON
# entries, what is made of them: seconds, code, whether it was a power failure
JOURNALS: list[tuple[list[str], tuple[int | None, str, bool]]] = [
    ([], (None, "no_journal", False)),
    (["-- No entries --", "{}", "[]", "3"], (None, "no_journal", False)),
    ([entry(1), entry(9)], (None, "no_shutdown", False)),
    ([entry(1), entry(10, POWERING_DOWN), entry(16, STOPPED)], (6, "", False)),
    # FINALDELAY passes before logind is asked
    ([entry(4, text=UPSMON), entry(10, POWERING_DOWN), entry(16, STOPPED)], (6, "", True)),
    ([entry(4, text=UPSMON), entry(16, STOPPED)], (12, "", True)),
    # what systemd-shutdown says comes after that
    ([entry(10, POWERING_DOWN), entry(16, STOPPED), entry(17)], (7, "", False)),
    # journald was restarted long before
    ([entry(1, STOPPED), entry(10, POWERING_DOWN), entry(12)], (2, "cut_short", False)),
    # of two the last
    ([entry(1, POWERING_DOWN), entry(50, POWERING_DOWN), entry(53, STOPPED)], (3, "", False)),
]


@pytest.mark.parametrize(("entries", "expected"), JOURNALS)
def test_a_journal(entries: list[str], expected: tuple[int | None, str, bool]) -> None:
    found = look("\n".join(entries))
    assert (found["seconds"], found["code"], found["power_failure"]) == expected


def test_an_error_is_no_journal() -> None:
    assert look(entry(10, POWERING_DOWN), status=1)["code"] == "no_journal"
