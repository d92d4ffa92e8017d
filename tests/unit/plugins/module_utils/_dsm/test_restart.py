# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which words of ups.status forbid a restart of the NAS's UPS service, and who tells them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import restart

# what was read, by whomever; how the refusal begins, what it advises at its end
REFUSED: list[tuple[list[str | None], str, str]] = [
    (["OB DISCHRG"], "The UPS says OB DISCHRG: it is not on mains power.", "when the power is back."),
    (["ob lb"], "The UPS says OB LB: it is not on mains power.", "when the power is back."),
    (["FSD OL"], "The UPS says FSD OL: a forced shutdown is ordered.", "has restarted its UPS service."),
    (["OL CHRG LB"], "The UPS says OL CHRG LB: its battery is low.", "the battery is worn out."),
    (["OL CAL"], "The UPS says OL CAL: it tests its battery, and clients with NUT 2.8.1", "when the test is over."),
    (["CAL OL LB"], "The UPS says CAL OL LB: its battery is low.", "the battery is worn out."),
    (["OL TEST"], "The UPS says OL TEST: it tests itself.", "when the test is over."),
    (["OL OFF"], "The UPS says OL OFF: its outlets are off.", "when the UPS is on."),
    (["OL BYPASS"], "The UPS says OL BYPASS: it is on bypass", "when the UPS is back in normal operation."),
    (["ALARM OL RB"], "The UPS says ALARM OL RB: it has an alarm", "no longer shows the alarm."),
    (["WAIT"], "The UPS says WAIT: its driver is just starting.", "in a minute."),
    (["FSD WAIT"], "The UPS says FSD WAIT: a forced shutdown is ordered.", "has restarted its UPS service."),
    # one of several tells it
    (["", None, "OL", "OL CAL"], "The UPS says OL CAL: it tests", "when the test is over."),
    (["OL CAL", "OB"], "The UPS says OB: it is not on mains power.", "when the power is back."),
    # what comes from the network is not shown, whatever it holds
    (["OB \x1b[31mrun_this! " + "X" * 99], "The UPS says OB: it is not", "when the power is back."),
]


@pytest.mark.parametrize(("statuses", "begins", "ends"), REFUSED)
def test_refused(statuses: list[str | None], begins: str, ends: str) -> None:
    text = restart.refusal(statuses)
    assert (text[: len(begins)], text[-len(ends) :]) == (begins, ends)
    assert "restarts the NAS's UPS service" in text


@pytest.mark.parametrize(
    "statuses", [[], [""], [None], ["OL"], ["OL CHRG"], ["OL RB TRIM"], ["OL DISCHRG"], ["OBSERVED", "LBX", "-"]]
)
def test_not_refused(statuses: list[str | None]) -> None:
    assert restart.refusal(statuses) == ""


@pytest.mark.parametrize(
    ("status", "charge", "ready"),
    [
        ("OL", "", True),
        ("OL CHRG", "100", True),
        ("OB DISCHRG", "97", True),
        ("OB DISCHRG", "", False),
        ("WAIT", "", False),
        ("FSD WAIT", "100", False),
        ("", "", False),
    ],
)
def test_a_driver_that_restarts_is_no_outage(status: str, charge: str, ready: bool) -> None:
    assert restart.ready(status, charge) is ready


# how the upsd answers GET VAR, the status that was read
ANSWERS: list[tuple[Any, str | None]] = [
    ('VAR ups ups.status "OL CAL"\n', "OL CAL"),
    ("ERR ACCESS-DENIED\n", None),
    ("ERR DATA-STALE\n", None),
    ("ERR UNKNOWN-UPS\n", None),
    ("220 mail.example.com ESMTP\n", None),
    ("close", None),
]


@pytest.mark.parametrize(("answer", "status"), ANSWERS)
def test_what_the_nas_tells_here(fake_upsd: Any, answer: Any, status: str | None) -> None:
    nas = fake_upsd({"GET VAR": answer})
    assert restart.read_status("127.0.0.1", nas.port, 30) == status
    assert nas.received == ["GET VAR ups ups.status"]


def test_a_nas_that_cannot_be_asked_tells_nothing(closed_port: int) -> None:
    assert restart.read_status("127.0.0.1", closed_port, 30) is None
    assert restart.read_status("nas.invalid", closed_port, 30) is None


def test_without_time_nobody_is_asked(fake_upsd: Any) -> None:
    nas = fake_upsd()
    assert restart.read_status("127.0.0.1", nas.port, 0) is None
    assert nas.received == []
