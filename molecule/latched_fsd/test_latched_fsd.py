"""While the NAS announces a shutdown or is on battery nothing is started or touched, and nobody is told to go down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenarios.harness import Run, fleet, together, wait_for

MARKER = "/var/tmp/shutdown-was-ordered"
# A real command would end the container.
VARIABLES = {"nut_client_shutdowncmd": f"/usr/bin/touch {MARKER}", "nut_client_finaldelay": 0}


def all_bare() -> bool:
    return all(together(lambda name: fleet.hosts[name].is_bare(), fleet.hosts))


@pytest.fixture
def nas_as_new() -> Iterator[None]:
    """The NAS is well before and after a test."""
    fleet.nas.as_new()
    yield
    fleet.nas.as_new()


@pytest.mark.usefixtures("nas_as_new")
@pytest.mark.parametrize("book", ["audit", "site"])
def test_nothing_happens_on_bare_hosts_while_fsd_is_latched(book: str) -> None:
    fleet.nas("status", "OL")
    fleet.nas("fsd")
    run = fleet.playbook(book, variables=VARIABLES).fails().changes_nothing()

    assert set(run.verdicts.values()) == {"forced_shutdown"}
    for name in fleet.hosts:
        assert "First restart the UPS service on" in run.advice(name)
        assert "nothing is changed" in run.advice(name) or book == "audit"
    assert all_bare()


@pytest.mark.usefixtures("nas_as_new")
@pytest.mark.parametrize("status", ["OB DISCHRG", "FSD OB LB"])
def test_nothing_happens_on_bare_hosts_while_the_power_is_out(status: str) -> None:
    fleet.nas("status", status)
    run = fleet.playbook("site", variables=VARIABLES).fails().changes_nothing()

    assert {row["ups_status"] for row in run.rows.values()} == {status}
    for name in fleet.hosts:
        assert "nothing is changed" in run.advice(name)
    assert all_bare()


def test_a_restart_of_the_ups_service_heals() -> None:
    fleet.nas("fsd")
    fleet.nas("restart", "0")
    wait_for("the NAS's restart", lambda: not fleet.nas.show()["fsd"])
    run = provision()

    assert set(run.verdicts.values()) == {"ok"}
    fleet.nas.wait_for_clients(*fleet.hosts)


def provision() -> Run:
    return fleet.playbook("site", variables=VARIABLES).succeeds()


def test_protected_hosts_with_drift_stay_as_they_are_on_battery() -> None:
    before = fleet.state()
    fleet.nas("status", "OB DISCHRG")
    run = fleet.playbook("site", variables={**VARIABLES, "nut_client_pollfreq": 7}).changes_nothing()
    fleet.nas("status", "OL")

    for row in run.rows.values():
        assert "config" in row["drift"]
        assert "on battery" in row["advice"]
    assert fleet.state() == before
    fleet.nas.wait_for_clients(*fleet.hosts)


def test_a_host_that_shut_down_is_not_started_before_the_latch_is_gone() -> None:
    together(lambda name: fleet.hosts[name].run("systemctl stop nut-monitor"), fleet.hosts)
    fleet.nas("fsd")
    run = fleet.playbook("site", variables=VARIABLES).fails().changes_nothing()
    assert set(run.verdicts.values()) == {"forced_shutdown"}
    assert not any(together(lambda name: fleet.hosts[name].holds("pgrep -x upsmon"), fleet.hosts))

    fleet.nas("restart", "0")
    wait_for("the NAS's restart", lambda: not fleet.nas.show()["fsd"])
    assert set(provision().verdicts.values()) == {"ok"}
    assert not any(together(lambda name: fleet.hosts[name].holds(f"test -e {MARKER}"), fleet.hosts))
