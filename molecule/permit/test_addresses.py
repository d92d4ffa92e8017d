"""Hosts with an IPv6 address or with two routes to the NAS are permitted in the text that its upsd compares."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from scenarios.harness import Run, TestFleet

FLEETS = [TestFleet("permit"), TestFleet("permitdsm6")]  # by the WebAPI, and by SSH with a second lock
WAYS = ["api", "ssh"]
FACTS = FLEETS[0].containers.facts()
HOST = "bookworm"

pytestmark = [
    pytest.mark.skipif("address6" not in FACTS["nas"], reason="this machine has no IPv6"),
    pytest.mark.parametrize(("fleet", "method"), list(zip(FLEETS, WAYS)), ids=WAYS),
]


def permit(fleet: TestFleet, method: str, host: dict[str, Any], **variables: Any) -> Run:
    host_variables = {"nas": {**fleet.api, "dsm_ups_server_method": method}, HOST: host}
    others = set(fleet.hosts) - {HOST}
    return fleet.playbook("permit", without=others, variables=variables, host_variables=host_variables)


def addresses6(fleet: TestFleet) -> tuple[str, str]:
    facts = fleet.containers.facts()
    return facts["nas"]["address6"], next(row["address6"] for row in facts["hosts"] if row["name"] == HOST)


def test_ipv6_is_seen_and_permitted(fleet: TestFleet, method: str) -> None:
    fleet.nas("reset")
    nas, own = addresses6(fleet)
    run = permit(fleet, method, {}, ups_host=nas).succeeds()

    assert (run.rows[HOST]["verdict"], run.rows[HOST]["address"]) == ("not_logged_in", own)
    assert fleet.nas.permitted() == [own]


def test_a_host_with_two_routes_is_permitted_on_both(fleet: TestFleet, method: str) -> None:
    fleet.nas("reset")
    nas, own6 = addresses6(fleet)
    own = fleet.hosts[HOST].address
    host = {"ups_client_address": [own, ip_address(own6).exploded.upper()]}
    permit(fleet, method, host).succeeds()
    assert fleet.nas.permitted() == [own, own6]

    run = permit(fleet, method, host, ups_host=nas).succeeds().changes_nothing()
    assert run.rows[HOST]["address"] == own6
