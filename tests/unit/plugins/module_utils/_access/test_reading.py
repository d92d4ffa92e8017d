# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a UPS tells of its battery: numbers in range, and nothing else (field report case D10)."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import reading

NUMBERS: list[tuple[str, str, int | None]] = [
    ("battery.charge", "0", 0),
    ("battery.charge", "100", 100),
    ("battery.charge", "100.00", 100),
    ("battery.charge", "101", None),
    ("battery.charge", "-1", None),
    ("battery.runtime", "0", None),
    ("battery.runtime", "1", 1),
    ("battery.runtime", "2460.9", 2460),
    ("battery.runtime", "65534", 65534),
    ("battery.runtime", "65535", None),
    ("battery.runtime", "", None),
    ("battery.runtime", "1e3", None),
    ("battery.runtime", "nan", None),
    ("battery.runtime", "many", None),
    ("battery.runtime.low", "120", 120),
    ("battery.runtime.low", "0", None),
    ("ups.delay.shutdown", "0", 0),
    ("ups.delay.shutdown", "20", 20),
    ("ups.delay.shutdown", "-1", None),
    ("ups.delay.shutdown", "65535", None),
]


@pytest.mark.parametrize(("name", "text", "expected"), NUMBERS)
def test_a_reading_counts_if_it_is_a_number_in_range(name: str, text: str, expected: int | None) -> None:
    assert reading.number(text, name) == expected


@pytest.mark.parametrize("name", reading.RANGES)
def test_what_is_absent_is_none(name: str) -> None:
    assert reading.number(None, name) is None
