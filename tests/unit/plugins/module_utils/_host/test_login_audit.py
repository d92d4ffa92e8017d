# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the client that runs now is logged in anywhere, and waiting for it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_audit
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket

ME, NAS, OTHER = "192.0.2.21", "192.0.2.10", "192.0.2.11"
MONITOR = {"host": NAS, "port": 3493, "ups": "ups", "power_value": 1}


def report(*clients: str, verdict: str = "ok", seen_as: str | None = ME) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "port": 3493,
        "peer_address": NAS,
        "source_address": ME,
        "seen_as": seen_as,
        "clients": list(clients),
        "clients_error": None,
    }


def upsmon(remote: str = NAS, port: int = 3493) -> Socket:
    return Socket(ME, remote, port, True)


REFUSED = report(verdict="bad_credentials", seen_as=None)

# what the desired monitor answers, upsmon's connections, who is listed where; whether it is logged in anywhere
LOGGED_IN: list[tuple[dict[str, Any], list[Socket], dict[str, list[str]], bool]] = [
    (report(ME), [upsmon()], {}, True),
    (report(), [], {}, False),
    (report(), [upsmon()], {}, False),
    # another server lists it, under whatever UPS name
    (REFUSED, [upsmon(OTHER)], {OTHER: [ME]}, True),
    (REFUSED, [upsmon(OTHER)], {OTHER: ["192.0.2.99"]}, False),
    (REFUSED, [upsmon(OTHER)], {}, False),
    (REFUSED, [Socket(ME, OTHER, 3493, False)], {OTHER: [ME]}, False),
    # another UPS of the same server lists it
    (REFUSED, [upsmon()], {NAS: [ME]}, True),
    (report(), [upsmon()], {NAS: [ME]}, False),  # the desired one takes the login, so nothing is lost
    (REFUSED, [upsmon()], {NAS: ["192.0.2.99"]}, False),
]


@pytest.mark.parametrize(("answer", "connections", "listed", "expected"), LOGGED_IN)
def test_a_login_anywhere_counts(
    answer: dict[str, Any], connections: list[Socket], listed: dict[str, list[str]], expected: bool
) -> None:
    found = login_audit.audit_logins(
        [MONITOR], connections, lambda _monitor: answer, lambda host, _port: listed.get(host, [])
    )
    assert found["running_client_logged_in"] is expected
    assert [one["power_value"] for one in found["access"]] == [1]


def test_a_client_of_all_desired_monitors_costs_no_further_question() -> None:
    def ask(_host: str, _port: int) -> list[str]:
        raise AssertionError("nobody else was to be asked")

    found = login_audit.audit_logins([MONITOR], [upsmon()], lambda _monitor: report(ME), ask)
    assert found["running_client_logged_in"] is True


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("first", "pids", "server", "login", "waited"),
    [
        ({"verdict": "refused", "logged_in": False}, [], 60.0, 20.0, 60.0),
        ({"verdict": "unreachable", "logged_in": False}, [7], 60.0, 20.0, 60.0),
        ({"verdict": "ok", "logged_in": False}, [7], 60.0, 20.0, 20.0),
        ({"verdict": "ok", "logged_in": None}, [7], 60.0, 20.0, 20.0),
        ({"verdict": "ok", "logged_in": False}, [], 60.0, 20.0, 0.0),
        ({"verdict": "ok", "logged_in": True}, [7], 60.0, 20.0, 0.0),
        ({"verdict": "not_permitted", "logged_in": False}, [7], 60.0, 20.0, 0.0),
        # a NAS whose driver restarts
        ({"verdict": "driver_down", "logged_in": True}, [7], 60.0, 20.0, 60.0),
        ({"verdict": "stale", "logged_in": True}, [7], 60.0, 20.0, 60.0),
        ({"verdict": "ok", "status": "WAIT", "logged_in": True}, [7], 60.0, 20.0, 60.0),
        ({"verdict": "ok", "status": "OB", "logged_in": True}, [7], 60.0, 20.0, 60.0),
        ({"verdict": "ok", "status": "OB", "logged_in": True}, [7], 0.0, 20.0, 0.0),
        ({"verdict": "ok", "status": "OL", "logged_in": True}, [7], 60.0, 20.0, 0.0),
        ({"verdict": "forced_shutdown", "status": "FSD OB", "logged_in": True}, [7], 60.0, 20.0, 0.0),
        ({"verdict": "refused", "logged_in": False}, [7], 0.0, 0.0, 0.0),
    ],
)
def test_waiting_ends_at_the_limit(
    first: dict[str, Any],
    pids: list[int],
    server: float,
    login: float,
    waited: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    seen: dict[str, Any] = {"access": [first], "upsmon": {"pids": pids}}
    login_audit.wait_for_logins(seen, dict, server=server, login=login, interval=2.0)
    assert clock.now == waited


def test_waiting_ends_with_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    answers = iter(["refused", "refused", "ok", "ok"])
    seen: dict[str, Any] = {"access": [{"verdict": "refused", "logged_in": False}], "upsmon": {"pids": [7]}}

    def look_again() -> dict[str, Any]:
        verdict = next(answers)
        return {"access": [{"verdict": verdict, "logged_in": clock.now >= 8}]}

    login_audit.wait_for_logins(seen, look_again, server=60.0, login=20.0, interval=2.0)
    assert (clock.now, seen["access"]) == (8.0, [{"verdict": "ok", "logged_in": True}])


def test_a_nas_that_restarts_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    said = ["refused", "driver_down", "WAIT", "OB", "OL CHRG"]
    answers = [{"verdict": one if one.islower() else "ok", "status": one, "logged_in": False} for one in said]
    seen: dict[str, Any] = {"access": answers[:1], "upsmon": {"pids": []}}
    left = iter(answers[1:])
    login_audit.wait_for_logins(seen, lambda: {"access": [next(left)]}, server=60.0, login=20.0, interval=2.0)
    assert (seen["access"], list(left)) == (answers[-1:], [])
