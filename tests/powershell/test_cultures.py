# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both scripts in the cultures of sessions that write numbers, dates and letters in a way of their own."""

from __future__ import annotations

import os
from typing import Any

import pytest
from powershell.client_info import ASKED, LISTS, asked_for, job
from powershell.exchange import Start, agree, milliseconds
from powershell.session import Session

pytestmark = pytest.mark.skipif(
    os.environ.get("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT") == "1", reason="no libicu: there are no cultures"
)

# The last one counts years in a way of its own.
CULTURES = ["de-DE", "fr-FR", "ru-RU", "tr-TR", "th-TH"]
SERVERS = ["healthy", "lower case", "non-ASCII", "lists for users only", "1,000 UPSes"]


@pytest.mark.parametrize("culture", CULTURES)
@pytest.mark.parametrize("text", ["7.5", "7.5e0", "+7.50"])
def test_a_time_as_text_is_what_it_says(oldest: Session, culture: str, text: str) -> None:
    assert milliseconds(oldest, text, culture) == 7500


@pytest.mark.parametrize("culture", CULTURES)
@pytest.mark.parametrize("server", SERVERS)
def test_both_ways_see_the_same(oldest: Session, fake_upsd: Start, culture: str, server: str) -> None:
    agree(oldest, fake_upsd, server, culture=culture)


@pytest.mark.parametrize("culture", CULTURES)
@pytest.mark.parametrize("since", [1794484805.25, "1794484805.25"])
def test_the_event_log_is_asked_for_the_same(oldest: Session, culture: str, since: Any) -> None:
    query = "*[System[Provider[@Name='Network UPS Tools'] and TimeCreated[@SystemTime>='2026-11-12T12:00:05.250Z']]]"
    assert asked_for(oldest, since, culture) == query


@pytest.mark.parametrize("culture", CULTURES)
def test_what_the_client_is_looks_the_same(oldest: Session, culture: str) -> None:
    rows = {double: row for _key, double, row in LISTS}
    here, there = (oldest.run(job(ASKED, None, name, **rows)) for name in ("", culture))
    assert here.pop("time") <= there.pop("time")
    assert here == there
