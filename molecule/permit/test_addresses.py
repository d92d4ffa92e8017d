"""Hosts with an IPv6 address or with two routes to the NAS are permitted in the text that its upsd compares.

A host that comes from an IPv6 address that ends by itself is not.
"""

from __future__ import annotations

from ipaddress import IPv6Network, ip_address
from typing import Any, Iterator

import pytest
from fleet.shell import as_root, output
from scenarios.harness import Run, TestFleet, wait_for

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


def in_network(fleet: TestFleet, script: str) -> str:
    """Run something in the host's network alone, as the machine's root, who may change addresses there."""
    container = fleet.containers.command(HOST, [])[-1]
    pid = fleet.containers.engine("inspect", "--format", "{{.State.Pid}}", container).strip()
    return output(as_root(["nsenter", "--target", pid, "--net", "sh", "-c", script]))


@pytest.fixture
def todays(fleet: TestFleet) -> Iterator[str]:
    """A temporary address of the host, made by the kernel itself, which begins connections with it."""
    nas, _own = addresses6(fleet)
    managed = f"{IPv6Network(f'{nas}/64', strict=False)[0xF00]}/64"
    in_network(
        fleet,
        "sysctl -q -w net.ipv6.conf.eth0.use_tempaddr=2; "
        f"ip -6 address add {managed} dev eth0 mngtmpaddr valid_lft 3600 preferred_lft 1800",
    )

    def used() -> str:
        words = in_network(fleet, f"ip -6 route get {nas}").split()
        found = words[words.index("src") + 1]
        return found if found in in_network(fleet, "ip -6 address show temporary -tentative") else ""

    wait_for("a temporary address", lambda: bool(used()))
    yield used()
    in_network(fleet, f"ip -6 address del {managed} dev eth0; sysctl -q -w net.ipv6.conf.eth0.use_tempaddr=0")


def test_an_address_that_ends_by_itself_takes_no_place(fleet: TestFleet, method: str, todays: str) -> None:
    fleet.nas("reset")
    nas, _stable = addresses6(fleet)
    run = permit(fleet, method, {}, ups_host=nas).fails()

    assert fleet.nas.permitted() == []
    assert (run.rows[HOST]["verdict"], run.rows[HOST]["address"]) == ("not_permitted", todays)
    assert f"does not permit {todays}, a temporary IPv6 address, " in run.advice(HOST)
    assert f"{HOST} is left out, because it arrives from {todays}, a temporary IPv6 address, " in run.of_the_nas

    # What the report says helps.
    in_network(fleet, "sysctl -q -w net.ipv6.conf.eth0.use_tempaddr=1")
    permit(fleet, method, {}, ups_host=nas).succeeds()
    (stays,) = fleet.nas.permitted()
    assert stays != todays

    # One that is permitted already is named, and is no reason to fail.
    in_network(fleet, "sysctl -q -w net.ipv6.conf.eth0.use_tempaddr=2")
    fleet.nas("reset", todays)
    run = permit(fleet, method, {}, ups_host=nas).succeeds()
    assert fleet.nas.permitted() == [todays]
    (note,) = (note for note in run.rows[HOST]["notes"] if todays in note)
    assert note.startswith(f"it comes to {nas} from {todays}, a temporary IPv6 address, ")
