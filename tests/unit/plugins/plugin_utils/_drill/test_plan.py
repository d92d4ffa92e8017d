# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes part in a drill, and what is played to all of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import plan
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

RESULT: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "os": {"platform": "debian"},
    "package": {"version": "2.8.0-7"},
    "address": "192.0.2.21",
    "access": [{"status": "OL", "source_address": "2001:DB8::21"}],
}


def hostvars(*plans: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    return {f"web{number}": {"nut_drill_plan": one} if one else {} for number, one in enumerate(plans, 1)}


def made(**more: Any) -> dict[str, Any]:
    return {**plan.plan(RESULT, {}, ["fsd"], "web1.example.com", "192.0.2.9"), **more}


def test_a_plan_names_every_address_that_the_host_may_come_from() -> None:
    assert made()["addresses"] == ["192.0.2.21", "2001:db8::21"]
    assert made()["server"] == "192.0.2.9"
    assert made()["obstacle"] == ""


def test_this_machines_own_address_towards_a_host() -> None:
    assert plan.source_address("127.0.0.1") == "127.0.0.1"
    assert plan.source_address("no-such-host.invalid") == "127.0.0.1"


def test_an_unknown_scenario_is_refused_before_anything_starts() -> None:
    with pytest.raises(InvalidInput, match="unknown scenario 'x'"):
        plan.plan(RESULT, {}, ["x"], "192.0.2.21")


@pytest.mark.parametrize(
    ("result", "server", "boxes"),
    [
        ({"access": [{"host": "192.0.2.9"}]}, "192.0.2.9", []),
        ({"access": [{"host": "nas.invalid", "addresses": ["192.0.2.9"]}]}, "192.0.2.9", []),
        ({"access": [{"host": "nas.invalid", "peer_address": "2001:db8::9"}]}, "2001:DB8::9", []),
        ({"access": [{"host": "localhost"}]}, "127.0.0.1", []),
        ({}, "192.0.2.9", ["192.0.2.8", "192.0.2.9"]),
    ],
)
def test_a_nas_is_never_where_a_drill_is_served(result: dict[str, Any], server: str, boxes: list[str]) -> None:
    with pytest.raises(InvalidInput, match="where a NAS is"):
        plan.plan({**RESULT, **result}, {}, ["fsd"], "192.0.2.21", server, boxes)


def test_the_server_may_be_a_name() -> None:
    assert plan.plan(RESULT, {}, ["fsd"], "192.0.2.21", "localhost")["server"] in ("127.0.0.1", "::1")
    with pytest.raises(InvalidInput, match="set nut_drill_address"):
        plan.plan(RESULT, {}, ["fsd"], "192.0.2.21", "no-such-host.invalid")


def test_who_takes_part() -> None:
    known = hostvars(made(), made(obstacle="no"), None)
    assert plan.taking_part(known, known) == ["web1"]


def test_what_is_played_follows_the_slowest_host_and_permits_all() -> None:
    slow = plan.plan({**RESULT, "address": "192.0.2.22"}, {"pollfreq": 10}, ["fsd"], "192.0.2.22", "198.51.100.9")
    found = plan.script(hostvars(made(), slow), ["web1", "web2"], ["short_blip", "fsd"])
    assert found["pace"]["poll"] == 10
    assert found["addresses"] == ["192.0.2.9", "198.51.100.9"]
    assert found["permitted"] == ["192.0.2.21", "2001:db8::21", "192.0.2.22"]
    assert [one["name"] for one in found["scenarios"]] == ["fsd", "short_blip"]
    assert plan.targets(found["scenarios"], {"fsd": 4001, "short_blip": 4002}, "192.0.2.9") == [
        {"name": "fsd", "host": "192.0.2.9", "port": 4001},
        {"name": "short_blip", "host": "192.0.2.9", "port": 4002},
    ]


def test_the_addresses_that_hosts_really_use_are_waited_for() -> None:
    known = hostvars(made(), made())
    known["web1"]["__nut_drill_started"] = {"address": "198.51.100.21"}
    assert plan.expected_logins(known, ["web1", "web2"], ["fsd"]) == {"fsd": ["198.51.100.21"]}


STARTED = 1795814221.5
LOGIN = {"login": STARTED - 2, "logout": STARTED + 8.04, "how": "lost"}
PLAYED = {
    "played": STARTED,
    "events": {"fsd": {"steps": [{"at": 0.0, "time": STARTED}], "clients": {"192.0.2.21": [LOGIN]}}},
}
COLLECTED: dict[str, Any] = {
    "markers": {"fsd": {"at": STARTED + 8.0, "problem": ""}},
    "untouched": {"processes": True, "files": True},
    "left": [],
}


def judged(**more: Any) -> dict[str, Any]:
    script = plan.script(hostvars(made()), ["web1"], ["fsd"])
    return plan.judged(RESULT, {}, script, PLAYED, {**COLLECTED, **more}, "192.0.2.21", "2026-11-27")


def test_what_is_kept_of_a_drill() -> None:
    row = {"outcome": "down", "must": "down", "seconds": 8.0, "logged_out": 8.0, "result": "right", "text": ""}
    kept = {"date": "2026-11-27", "package": "2.8.0-7", "scenarios": {"fsd": row}}
    assert judged() == {"drill": kept, "failures": []}


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"markers": {}}, "It did not go down, but its upsmon was not there to the end either."),
        ({"left": ["/run/upsfleet-drill"]}, "The drill left /run/upsfleet-drill behind: remove it."),
        (
            {"untouched": {"processes": True, "files": False}},
            "It is not proved that the drill left the host's own upsmon alone: files.",
        ),
    ],
)
def test_what_fails_a_host(changes: dict[str, Any], failure: str) -> None:
    assert judged(**changes)["failures"] == [failure]


def test_nothing_is_judged_where_nothing_was_played() -> None:
    with pytest.raises(InvalidInput, match="No UPS server of a drill answers"):
        plan.judged(RESULT, {}, {}, {"msg": "No UPS server of a drill answers"}, COLLECTED, "", "2026-11-27")
