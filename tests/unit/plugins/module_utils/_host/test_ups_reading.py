# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upsmon's times, and what UPS servers tell."""

from __future__ import annotations

from typing import Any, Mapping

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import ups_reading
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import ErrReply, Refused
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import directives


def look(conf: str, told: Mapping[str, str] | Exception | None = None) -> tuple[dict[str, Any], list[Any]]:
    """Return what is seen where every server tells this, and who was asked."""
    asked: list[Any] = []

    def ask(host: str, port: int, ups: str) -> Mapping[str, str]:
        asked.append((host, port, ups))
        if isinstance(told, Exception):
            raise told
        return told or {}

    return ups_reading.look(directives(conf), ask), asked


@pytest.mark.parametrize(
    ("conf", "times"),
    [
        ("", (5, 5)),
        ("POLLFREQALERT 3\nFINALDELAY 0\n", (3, 0)),
        ("FINALDELAY 1\nFINALDELAY 15\n", (5, 15)),
        ("FINALDELAY soon\n", (5, 5)),
    ],
)
def test_upsmons_times(conf: str, times: tuple[int, int]) -> None:
    found, _asked = look(conf)
    assert found["times"] == dict(zip(("pollfreqalert", "finaldelay"), times))


SYSTEMS: list[tuple[str, tuple[str, int, str] | None]] = [
    ("ups@192.0.2.10", ("192.0.2.10", 3493, "ups")),
    ("ups@192.0.2.10:3494", ("192.0.2.10", 3494, "ups")),
    ("ups@nas.example", ("nas.example", 3493, "ups")),
    ("ups@[2001:db8::5]", ("2001:db8::5", 3493, "ups")),
    ("ups@[2001:db8::5]:3494", ("2001:db8::5", 3494, "ups")),
    ("ups", None),
    ("ups@192.0.2.10:port", None),
]


@pytest.mark.parametrize(("system", "expected"), SYSTEMS)
def test_who_is_asked(system: str, expected: tuple[str, int, str] | None) -> None:
    found, asked = look(f'MONITOR "{system}" 1 monuser secret secondary\n')
    assert asked == ([expected] if expected else [])
    assert [one["code"] for one in found["upses"]] == ["" if expected else "not_a_system"]


def test_what_feeds_nothing_is_not_asked() -> None:
    found, asked = look("MONITOR ups@192.0.2.10 0 monuser secret secondary\n")
    assert (found["upses"], asked) == ([], [])


@pytest.mark.parametrize(
    ("error", "code"),
    [(ErrReply("ACCESS-DENIED"), "ACCESS-DENIED"), (Refused("nobody"), "refused"), (ValueError("x"), "not_a_system")],
)
def test_why_nothing_was_told(error: Exception, code: str) -> None:
    found, _asked = look("MONITOR ups@192.0.2.10 1 monuser secret secondary\n", error)
    assert found["upses"] == [
        {
            "name": "ups@192.0.2.10",
            "code": code,
            "status": None,
            "battery_charge": None,
            "battery_runtime": None,
            "battery_runtime_low": None,
            "ups_delay_shutdown": None,
        }
    ]


def test_what_was_told() -> None:
    told = {"ups.status": "OL", "battery.runtime": "2460", "ups.delay.shutdown": "20", "ups.serial": "X1"}
    found, _asked = look("MONITOR ups@192.0.2.10 1 monuser secret secondary\n", told)
    [ups] = found["upses"]
    assert (ups["status"], ups["battery_runtime"], ups["ups_delay_shutdown"]) == ("OL", 2460, 20)
    assert (ups["battery_charge"], "X1" in str(found), "secret" in str(found)) == (None, False, False)
