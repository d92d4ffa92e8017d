"""The list stays as it is while a restart of upsd would harm, and one host's odd address stops nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from scenarios.harness import Run, TestFleet

DSM7, DSM6 = TestFleet("permit"), TestFleet("permitdsm6")
FIRST, SECOND = "bookworm", "bookworm2"

pytestmark = pytest.mark.parametrize(
    ("fleet", "method"), [(DSM7, "api"), (DSM7, "ssh"), (DSM6, "ssh")], ids=["api", "ssh", "ssh6"]
)


def permit(fleet: TestFleet, method: str, second: dict[str, Any] | None = None) -> Run:
    """Run with two hosts, on which no upsmon is."""
    host_variables = {"nas": {**fleet.api, "dsm_ups_server_method": method}, SECOND: second or {}}
    return fleet.playbook("permit", without=set(fleet.hosts) - {FIRST, SECOND}, host_variables=host_variables)


def touched(fleet: TestFleet) -> tuple[list[str], int, int]:
    """What a change would leave on the NAS."""
    return fleet.nas.permitted(), fleet.nas.show()["dsm"]["restarts"], fleet.nas.calls()["set"]


def addresses(fleet: TestFleet) -> list[str]:
    return [fleet.hosts[name].address for name in (FIRST, SECOND)]


def test_nothing_is_set_while_the_ups_tests_its_battery(fleet: TestFleet, method: str) -> None:
    """By SSH the NAS tells it; the WebAPI knows no such word, so there it is the host that is permitted already."""
    own = addresses(fleet)
    fleet.nas("reset")
    fleet.nas.permit(own[0])
    fleet.nas("status", "OL CAL")
    before = touched(fleet)
    run = permit(fleet, method).fails().changes_nothing()

    assert run.verdicts == {FIRST: "not_logged_in", SECOND: "not_permitted"}
    assert "The UPS says OL CAL: it tests its battery" in run.of_the_nas
    assert "Run this again when the test is over. Nothing was changed." in run.of_the_nas
    assert touched(fleet) == before

    fleet.nas("status", "OL CHRG")
    permit(fleet, method).succeeds()
    assert fleet.nas.permitted() == own


def test_one_host_that_the_nas_sees_as_itself(fleet: TestFleet, method: str) -> None:
    first, second = addresses(fleet)
    fleet.nas("reset")
    fleet.nas("seen-as", second, "127.0.0.1")
    run = permit(fleet, method).succeeds()

    assert run.verdicts == dict.fromkeys((FIRST, SECOND), "not_logged_in")
    assert f"{SECOND} arrives from 127.0.0.1 (loopback)" in run.of_the_nas
    assert "set ups_client_address to" in run.of_the_nas
    assert fleet.nas.permitted() == [first]

    run = permit(fleet, method, {"ups_client_address": second}).succeeds()
    assert "arrives from" not in run.of_the_nas
    assert fleet.nas.permitted() == [first, second]
