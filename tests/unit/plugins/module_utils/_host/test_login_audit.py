# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the client that runs now is logged in anywhere, and waiting for it."""

from __future__ import annotations

import json
import time
from typing import Any, Mapping, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_audit
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_audit import Upsmon
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket

ME, NAS, OTHER = "192.0.2.21", "192.0.2.10", "192.0.2.11"
MONITOR = {"host": NAS, "port": 3493, "ups": "ups", "power_value": 1}
STARTED = 1_800_000_000.0
PROCESSES = {812: STARTED, 813: STARTED + 1}


def report(*clients: str, verdict: str = "ok", seen_as: str | None = ME, **changes: Any) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "host": NAS,
        "port": 3493,
        "ups": "ups",
        "peer_address": NAS,
        "addresses": [NAS],
        "source_address": ME,
        "seen_as": seen_as,
        "listed": list(clients),
        "clients_error": None,
        "logins": [None, None],
        **changes,
    }


def upsmon(remote: str = NAS, port: int = 3493) -> Socket:
    return Socket(ME, 40001, remote, port, True)


OTHERS = Socket(ME, 50001, NAS, 3493, False)
REFUSED = report(verdict="bad_credentials", seen_as=None)
SILENT = report(verdict="unreachable", seen_as=None, listed=None)

# what the desired monitor answers, upsmon's connections, who is listed where; whether it is logged in anywhere
LOGGED_IN: list[tuple[dict[str, Any], list[Socket] | None, dict[str, list[str] | None], bool]] = [
    (report(ME), [upsmon()], {}, True),
    (report(), [], {}, False),
    (report(), [upsmon()], {}, False),
    # another server lists it, under whatever UPS name
    (REFUSED, [upsmon(OTHER)], {OTHER: [ME]}, True),
    (REFUSED, [upsmon(OTHER)], {OTHER: ["192.0.2.99"]}, False),
    (REFUSED, [upsmon(OTHER)], {}, False),
    (REFUSED, [Socket(ME, 50001, OTHER, 3493, False)], {OTHER: [ME]}, False),
    (REFUSED, [upsmon(OTHER)], {OTHER: None}, True),  # it does not tell
    # another UPS of the same server lists it
    (REFUSED, [upsmon()], {NAS: [ME]}, True),
    (report(), [upsmon()], {NAS: [ME]}, False),  # the desired one takes the login, so nothing is lost
    (REFUSED, [upsmon()], {NAS: ["192.0.2.99"]}, False),
    # the desired server tells nothing now, so it is asked again
    (SILENT, [upsmon()], {NAS: None}, True),
    (SILENT, [upsmon()], {NAS: [ME]}, True),
    (SILENT, [upsmon()], {NAS: []}, False),
    (SILENT, [], {NAS: None}, False),
    # several hosts logged in at once, so that nobody can tell whose line it is
    (report(OTHER, seen_as=None), [upsmon()], {}, True),
    # by another of the server's addresses, which is none elsewhere
    (report(addresses=[NAS, OTHER]), [upsmon(OTHER)], {OTHER: [ME]}, False),
    # the host does not tell
    (report(ME), None, {}, True),
    (report(), None, {}, True),
    (REFUSED, [Socket(ME, 40001, OTHER, 3493, None)], {}, True),
]


def audited(
    answer: dict[str, Any],
    connections: Sequence[Socket] | None,
    listed: Mapping[str, list[str] | None] | None = None,
    processes: Mapping[int, float] = PROCESSES,
    **options: Any,
) -> dict[str, Any]:
    """Return the audit of one monitor whose server gives *answer*, and others tell *listed*."""
    there: Mapping[str, list[str] | None] = listed or {}
    return login_audit.audit_logins(
        [MONITOR],
        Upsmon(processes, connections),
        lambda _monitor, _prefer: answer,
        lambda host, _port: there.get(host, []),
        **options,
    )


@pytest.mark.parametrize(("answer", "connections", "listed", "expected"), LOGGED_IN)
def test_a_login_anywhere_counts(
    answer: dict[str, Any],
    connections: list[Socket] | None,
    listed: dict[str, list[str] | None],
    expected: bool,
) -> None:
    found = audited(answer, connections, listed)
    assert found["running_client_logged_in"] is expected
    assert [one["power_value"] for one in found["access"]] == [1]


@pytest.mark.parametrize("connections", [None, [], [Socket(ME, 40001, OTHER, 3493, None)]])
def test_where_no_upsmon_runs_none_is_logged_in(connections: list[Socket] | None) -> None:
    found = audited(report(ME), connections, processes={})
    assert (found["running_client_logged_in"], found["login_note"]) == (False, None)
    assert (found["access"][0]["logged_in"], found["access"][0]["logged_in_code"]) == (False, "no_connection")


def test_connections_that_are_not_told_are_unknown() -> None:
    (access,) = audited(report(ME), None)["access"]
    assert (access["logged_in"], access["logged_in_code"]) == (None, "unknown_connections")
    assert access["connections"] is None


def test_the_address_that_upsmon_uses_is_probed() -> None:
    asked: list[Sequence[str]] = []

    def probe(_monitor: Mapping[str, Any], prefer: Sequence[str]) -> dict[str, Any]:
        asked.append(prefer)
        return report(ME)

    sockets = [upsmon(), upsmon(OTHER), upsmon("192.0.2.12", 3494), OTHERS]
    login_audit.audit_logins([MONITOR], Upsmon(PROCESSES, sockets), probe, lambda _host, _port: [])
    assert asked == [[NAS, OTHER]]


NOTE = {"pid": 812, "started": STARTED, "connections": [[ME, 40001, NAS, 3493]]}

OTHER_CONNECTIONS: list[Any] = [None, 7, [[]], [[ME, "x", NAS, 3493]], [7]]
NO_NOTES: list[Any] = [{}, [], "x", 7, {**NOTE, "pid": [1]}, {**NOTE, "started": "x"}]

# a note, the processes there are now, whether it proves the login of upsmon's connection beside another reader's
NOTES: list[tuple[Any, dict[int, float], bool | None]] = [
    (None, PROCESSES, None),
    (NOTE, PROCESSES, True),
    ({**NOTE, "started": STARTED - 4}, PROCESSES, True),  # read from an age in seconds
    ({**NOTE, "started": STARTED - 60}, PROCESSES, None),
    ({**NOTE, "pid": 700}, PROCESSES, None),
    (NOTE, {900: STARTED}, None),
    ({**NOTE, "connections": [[ME, 40002, NAS, 3493]]}, PROCESSES, None),
    ({**NOTE, "connections": []}, PROCESSES, None),
    # whatever else the file holds
    *[(note, PROCESSES, None) for note in NO_NOTES],
    *[({**NOTE, "connections": these}, PROCESSES, None) for these in OTHER_CONNECTIONS],
]


@pytest.mark.parametrize(("note", "processes", "logged_in"), NOTES)
def test_what_was_proved_is_remembered(note: Any, processes: dict[int, float], logged_in: bool | None) -> None:
    found = audited(report(ME), [upsmon(), OTHERS], processes=processes, memory=note)
    assert found["access"][0]["logged_in"] is logged_in
    assert found["access"][0]["logged_in_code"] == ("remembered" if logged_in else "second_reader")
    assert found["login_note"] == (NOTE if logged_in else None)


def test_what_was_seen_while_upsmon_was_stopped_proves_the_next_audits() -> None:
    """Stop, look, start, look, and look again later: as the role does beside another reader."""
    stopped = json.loads(json.dumps(audited(report(), [OTHERS], processes={})["access"]))
    started = audited(report(ME), [upsmon(), OTHERS], without=[{"host": OTHER}, *stopped])
    assert (started["access"][0]["logged_in"], started["access"][0]["logged_in_code"]) == (True, "started")
    later = audited(report(ME), [upsmon(), OTHERS], memory=json.loads(json.dumps(started["login_note"])))
    assert (later["access"][0]["logged_in"], later["access"][0]["logged_in_code"]) == (True, "remembered")
    assert later["login_note"] == started["login_note"] == NOTE


def test_a_client_of_all_desired_monitors_costs_no_further_question() -> None:
    def ask(_host: str, _port: int) -> list[str]:
        raise AssertionError("nobody else was to be asked")

    found = login_audit.audit_logins([MONITOR], Upsmon(PROCESSES, [upsmon()]), lambda _m, _p: report(ME), ask)
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
        ({"verdict": "ok", "logged_in": True, "status": "OB DISCHRG", "charge": "97"}, [7], 60.0, 20.0, 0.0),
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
    seen: dict[str, Any] = {"access": [{"status": None, "charge": None, **first}], "upsmon": {"pids": pids}}
    login_audit.wait_for_logins(seen, dict, server=server, login=login, interval=2.0)
    assert clock.now == waited


@pytest.mark.parametrize(
    ("verdict", "waited"),
    [("ok", 20.0), ("forced_shutdown", 0.0)],  # the latch is gone, or not
)
def test_an_upsmon_that_the_boot_guard_starts_is_waited_for(
    verdict: str, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    report = {"status": "OL", "charge": "97", "verdict": verdict, "logged_in": False}
    seen: dict[str, Any] = {"access": [report], "upsmon": {"pids": []}, "held": "nut-monitor.service"}
    login_audit.wait_for_logins(seen, dict, server=60.0, login=20.0, interval=2.0)
    assert clock.now == waited


def test_waiting_ends_with_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    answers = iter(["refused", "refused", "ok", "ok"])
    told: dict[str, Any] = {"status": None, "charge": None}
    seen: dict[str, Any] = {"access": [{**told, "verdict": "refused", "logged_in": False}], "upsmon": {"pids": [7]}}

    def look_again() -> dict[str, Any]:
        verdict = next(answers)
        return {"access": [{**told, "verdict": verdict, "logged_in": clock.now >= 8}]}

    login_audit.wait_for_logins(seen, look_again, server=60.0, login=20.0, interval=2.0)
    assert (clock.now, seen["access"]) == (8.0, [{**told, "verdict": "ok", "logged_in": True}])


def test_a_nas_that_restarts_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    said = ["refused", "driver_down", "WAIT", "OB", "OL CHRG"]
    answers = [
        {"verdict": one if one.islower() else "ok", "status": one, "charge": None, "logged_in": False} for one in said
    ]
    seen: dict[str, Any] = {"access": answers[:1], "upsmon": {"pids": []}}
    left = iter(answers[1:])
    login_audit.wait_for_logins(seen, lambda: {"access": [next(left)]}, server=60.0, login=20.0, interval=2.0)
    assert (seen["access"], list(left)) == (answers[-1:], [])
