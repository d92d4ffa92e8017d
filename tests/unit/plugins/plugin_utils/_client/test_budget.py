# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three numbers of a host, what is said of them, and the table."""

from __future__ import annotations

from typing import Any, Mapping

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import budget

TIMES = {"pollfreqalert": 5, "finaldelay": 5}
UPS: dict[str, Any] = {
    "name": "ups@192.0.2.10",
    "code": "",
    "status": "OL",
    "battery_charge": 100,
    "battery_runtime": 2460,
    "battery_runtime_low": 120,
    "ups_delay_shutdown": 20,
}
SILENT = {**dict.fromkeys(UPS), "name": "ups@192.0.2.11", "code": "unreachable"}
CHAIN = [{"unit": "stubborn.service", "seconds": 300}, {"unit": "dbus.service", "seconds": 90}]
ALLOWED: dict[str, Any] = {"code": "", "seconds": 480, "chain": CHAIN, "limit": None}
SEEN = {"seconds": 6, "code": "", "power_failure": True}
LOOKED: dict[str, Any] = {"code": "", "seen": SEEN, "allowed": ALLOWED, "times": TIMES, "upses": [UPS]}


def allowed(seconds: int | None, *chain: tuple[str, int | None], limit: int | None = None) -> dict[str, Any]:
    units = [{"unit": unit, "seconds": number} for unit, number in chain]
    return {"code": "", "seconds": seconds, "chain": units, "limit": limit}


# UPSes, what the NAS was measured to take, upsmon's times; what is left, and of which UPS
BUDGETS: list[tuple[list[dict[str, Any]], int, dict[str, int], int, str]] = [
    ([UPS], 0, TIMES, 30, "ups@192.0.2.10"),
    ([UPS], 25, TIMES, 55, "ups@192.0.2.10"),
    ([UPS], 0, {**TIMES, "finaldelay": 0}, 35, "ups@192.0.2.10"),
    ([UPS], 0, {**TIMES, "finaldelay": 600}, 0, "ups@192.0.2.10"),
    # what is not told is not counted
    ([{**UPS, "ups_delay_shutdown": None}], 0, TIMES, 10, "ups@192.0.2.10"),
    ([{**UPS, "ups_delay_shutdown": 0}], 0, TIMES, 10, "ups@192.0.2.10"),
    # the battery is empty before the outlets are cut
    ([UPS], 300, TIMES, 110, "ups@192.0.2.10"),
    ([{**UPS, "battery_runtime": 35}], 0, TIMES, 25, "ups@192.0.2.10"),
    ([{**UPS, "battery_runtime": 35, "battery_runtime_low": None}], 0, TIMES, 25, "ups@192.0.2.10"),
    ([{**UPS, "battery_runtime": None, "battery_runtime_low": None}], 300, TIMES, 330, "ups@192.0.2.10"),
    # the one that leaves least
    ([UPS, {**UPS, "name": "ups@192.0.2.12", "ups_delay_shutdown": 10}], 0, TIMES, 20, "ups@192.0.2.12"),
]


@pytest.mark.parametrize(("upses", "nas_stop", "times", "seconds", "ups"), BUDGETS)
def test_what_is_sure_to_be_left(
    upses: list[dict[str, Any]], nas_stop: int, times: Mapping[str, int], seconds: int, ups: str
) -> None:
    found = budget.least(upses, times, nas_stop)
    assert (found["seconds"], found["ups"], found["code"]) == (seconds, ups, "")
    assert max(0, sum(found["parts"].values())) == seconds


# one that tells nothing may be the one that leaves least
UNTOLD: list[tuple[list[dict[str, Any]], str, int]] = [
    ([], "no_monitor", 1),
    ([SILENT], "not_told", 2),
    ([SILENT, UPS], "not_told", 2),
]


@pytest.mark.parametrize(("upses", "code", "notes"), UNTOLD)
def test_a_budget_that_nobody_told(upses: list[dict[str, Any]], code: str, notes: int) -> None:
    judged = budget.judge({**LOOKED, "upses": upses})
    assert (judged["budget"]["seconds"], judged["budget"]["code"]) == (None, code)
    assert (judged["state"], judged["advice"], len(judged["notes"])) == ("unknown", "", notes)


# what a power-off may take; the state with 30 s, and the unit
STATES: list[tuple[dict[str, Any], str, str]] = [
    (allowed(30, ("a.service", 30)), "kept", "a.service"),
    (allowed(31, ("a.service", 31)), "exceeded", "a.service"),
    (allowed(0), "kept", ""),
    (allowed(None, ("a.service", None), ("b.service", 90)), "exceeded", "a.service"),
    (allowed(1890, ("a.service", 90), ("b.service", None)), "exceeded", "b.service"),
    (allowed(180, ("a.service", 90), ("b.service", 90)), "exceeded", "a.service"),
    (allowed(25, ("a.service", 300), limit=25), "kept", "a.service"),
    (allowed(60, ("a.service", 300), limit=60), "exceeded", "a.service"),
    ({"code": "no_systemd"}, "unknown", ""),
]


@pytest.mark.parametrize(("found", "state", "unit"), STATES)
def test_red_is_what_may_take_longer_than_is_left(found: dict[str, Any], state: str, unit: str) -> None:
    judged = budget.judge({**LOOKED, "allowed": found})
    assert (judged["state"], judged["allowed"]["unit"]) == (state, unit)
    assert bool(judged["advice"]) == (state == "exceeded")


WHOLE = "nut_client_shutdown_limit: 30 bounds the whole, whatever hangs."
ADVICE: list[tuple[dict[str, Any], str]] = [
    (
        ALLOWED,
        "Only 30 s are sure, and powering off may take 480 s, 300 s of it stubborn.service. Give stubborn.service "
        f"less: [Service] TimeoutStopSec in a drop-in (systemctl edit stubborn.service). {WHOLE}",
    ),
    (
        allowed(None, ("docker.service", None)),
        "Only 30 s are sure, and nothing bounds how long powering off takes, any time of it docker.service. Give "
        f"docker.service less: [Service] TimeoutStopSec in a drop-in (systemctl edit docker.service). {WHOLE}",
    ),
    (
        allowed(690, ("libvirt-guests.service", 600)),
        "Only 30 s are sure, and powering off may take 690 s, 600 s of it libvirt-guests.service. Give "
        "libvirt-guests.service less: PARALLEL_SHUTDOWN and SHUTDOWN_TIMEOUT in /etc/default/libvirt-guests. " + WHOLE,
    ),
    (
        allowed(180, ("mnt-nas.mount", 90)),
        "Only 30 s are sure, and powering off may take 180 s, 90 s of it mnt-nas.mount. Give mnt-nas.mount less: "
        f"[Mount] TimeoutSec in a drop-in (systemctl edit mnt-nas.mount). {WHOLE}",
    ),
    (
        {**allowed(360, ("dbus.service", 90), ("mnt.mount", 90)), "final": 90},
        "Only 30 s are sure, and powering off may take 360 s, 90 s of it dbus.service, as systemd gives each unit 90 s "
        f"by default. {WHOLE}",
    ),
    (
        {**allowed(None, ("docker.service", None)), "final": 90},
        "Only 30 s are sure, and nothing bounds how long powering off takes, any time of it docker.service. Give "
        f"docker.service less: [Service] TimeoutStopSec in a drop-in (systemctl edit docker.service). {WHOLE}",
    ),
    (allowed(90), f"Only 30 s are sure, and powering off may take 90 s. {WHOLE}"),
    (
        allowed(60, ("a.service", 300), limit=60),
        "Only 30 s are sure, and powering off may take 60 s. nut_client_shutdown_limit: 30 keeps it; it is 60 on this "
        "host.",
    ),
]


@pytest.mark.parametrize(("found", "text"), ADVICE)
def test_what_to_do(found: dict[str, Any], text: str) -> None:
    assert budget.judge({**LOOKED, "allowed": found})["advice"] == text


def test_a_limit_that_the_role_would_refuse_is_not_advised() -> None:
    judged = budget.judge({**LOOKED, "upses": [{**UPS, "ups_delay_shutdown": None}]})
    assert "nut_client_shutdown_limit takes no less than 20 s: say what the NAS was measured" in judged["advice"]
    assert judged["notes"] == ["ups@192.0.2.10 does not tell ups.delay.shutdown, so that its delay is not counted"]


@pytest.mark.parametrize("code", ["macos", "windows"])
def test_what_cannot_be_known_is_null(code: str) -> None:
    judged = budget.judge({"code": code})
    assert [judged[name]["seconds"] for name in ("seen", "allowed", "budget")] == [None, None, None]
    assert (judged["state"], judged["advice"], len(judged["notes"])) == ("unknown", "", 1)


@pytest.mark.parametrize("code", ["no_journal", "no_shutdown", "cut_short"])
def test_why_the_last_shutdown_is_not_known_is_a_note(code: str) -> None:
    judged = budget.judge({**LOOKED, "seen": {"seconds": None, "code": code, "power_failure": False}})
    assert (judged["state"], len(judged["notes"])) == ("exceeded", 1)


def row(**changes: Any) -> dict[str, Any]:
    found = budget.row(budget.judge({**LOOKED, **changes}))
    assert found is not None
    return found


@pytest.mark.parametrize("fact", [None, {}, {"failed": True, "msg": "why"}])
def test_a_host_that_was_not_looked_at_has_no_row(fact: dict[str, Any] | None) -> None:
    assert budget.row(fact) is None


def test_the_table() -> None:
    rows = {
        "web1": row(),
        "web2": row(allowed=allowed(25, ("a.service", 300), limit=25)),
        "web3": row(allowed=allowed(None, ("a.service", None)), seen={**SEEN, "code": "cut_short"}),
        "mac": budget.row(budget.judge({"code": "macos"})),
        "gone": None,
    }
    lines = budget.lines(rows, {"gone": "away"})
    assert lines[:6] == [
        "host  seen          allowed   budget  unit that may take most  state",
        "web1  6 s           480 s     30 s    stubborn.service         exceeded",
        "web2  6 s           25 s      30 s    a.service                kept",
        "web3  6 s, cut off  no limit  30 s    a.service                exceeded",
        "mac   -             -         -       -                        unknown",
        "gone  -             -         -       -                        not_looked_at",
    ]
    assert [line.split(":")[0] for line in lines[7:10]] == ["web1", "web3", "gone"]
    assert lines[-1] == "1 of 5 hosts are off in time, whatever hangs."
    assert set(budget.exceeded(rows)) == {"web1", "web3"}


def test_a_note_is_said_once() -> None:
    journal = {"seconds": None, "code": "no_journal", "power_failure": False}
    lines = budget.lines({"web1": row(seen=journal), "web2": row(seen=journal)})
    assert [line for line in lines if line.startswith("Note for")] == [
        "Note for web1, web2: its last shutdown is not known, because the journal holds nothing of an earlier boot (it "
        "is kept where /var/log/journal exists)."
    ]


def test_what_a_host_says_moves_no_cursor() -> None:
    found = allowed(480, ("stub\x1b[2Jborn.service", 300))
    judged = budget.judge(
        {**LOOKED, "allowed": found, "upses": [{**UPS, "name": "ups@\x1b", "ups_delay_shutdown": None}]}
    )
    assert "\x1b" not in str([judged["advice"], judged["notes"], judged["allowed"]["unit"], judged["budget"]["ups"]])
    assert judged["allowed"]["unit"] == "stub?[2Jborn.service"


def test_without_a_look_nothing_is_said() -> None:
    assert budget.lines({"web1": None}) == []
