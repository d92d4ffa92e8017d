"""By SSH a DSM 6 gets both of its locks opened for a host, and nobody who is connected notices."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from scenarios.harness import Run, TestFleet, wait_for

fleet = TestFleet("permitdsm6")
first, second = fleet.hosts["bookworm"], fleet.hosts["bookworm2"]
SETTINGS, DENY = "/etc/synoinfo.conf", "/etc/hosts.deny"
OPEN = f"upsd: ALL EXCEPT 127.0.0.1 {first.address}"
FOREIGN = "sshd: 192.0.2.66"


@pytest.fixture(scope="module", autouse=True)
def _empty() -> None:
    """The NAS permits nobody."""
    fleet.nas("reset")
    fleet.nas.run(f"rm -f {SETTINGS}.upsfleet-*")


def playbook(name: str, *options: str, **more: Any) -> Run:
    return fleet.playbook(name, *options, host_variables={"nas": {"dsm_ups_server_method": "ssh"}}, **more)


def hosts_deny() -> list[str]:
    return fleet.nas.run(f"cat {DENY}").splitlines()


def files() -> str:
    return fleet.nas.run(f"stat -c '%n %Y %i' {SETTINGS}* {DENY}*; cat {SETTINGS}* {DENY}*")


def connection() -> str:
    """The first host's upsmon as its kernel sees it."""
    return first.run("ss --no-header --tcp --numeric state established dport = :3493")


def test_one_run_takes_a_bare_host_to_ok() -> None:
    fleet.nas.run(f"echo '{FOREIGN}' >> {DENY}")
    run = playbook("site", without=[second.name]).succeeds()

    assert run.verdicts == {first.name: "ok"}
    assert run.of_the_nas == f"now permits {first.address}."
    assert fleet.nas.permitted() == [first.address]
    assert hosts_deny() == [FOREIGN, OPEN]
    fleet.nas.wait_for_clients(first.name)


def test_another_host_is_permitted_and_nobody_is_disconnected() -> None:
    before = connection()
    run = playbook("permit").succeeds()

    assert run.verdicts == {first.name: "ok", second.name: "not_logged_in"}
    assert fleet.nas.permitted() == [first.address, second.address]
    assert hosts_deny() == [FOREIGN, f"{OPEN} {second.address}"]
    assert connection() == before != ""
    assert fleet.nas.show()["dsm"]["restarts"] == 0


def test_what_was_there_before_is_kept() -> None:
    assert 'admin_port="5000"' in fleet.nas.run(f"cat {SETTINGS}")
    assert fleet.nas.run(f"cat {DENY}.upsfleet-last").splitlines() == [FOREIGN, OPEN]
    assert first.address not in fleet.nas.run(f"cat {SETTINGS}.upsfleet-original {DENY}.upsfleet-original")


def test_the_next_run_writes_nothing() -> None:
    before = files()
    playbook("permit").succeeds().changes_nothing()
    assert files() == before


def test_a_second_lock_out_of_step_is_found_and_opened() -> None:
    fleet.nas("hosts-deny", OPEN)
    run = playbook("audit").fails()
    assert run.verdicts == {first.name: "ok", second.name: "bad_credentials"}
    assert "/etc/hosts.deny" in run.advice(second.name)
    assert "not as asked for; upsfleet.synology.permit sets them" in run.of_the_nas
    assert hosts_deny() == [OPEN]

    run = playbook("permit").succeeds()
    assert run.verdicts == {first.name: "ok", second.name: "not_logged_in"}
    assert hosts_deny() == [f"{OPEN} {second.address}"]


def test_upsd_enforces_what_was_dropped() -> None:
    first.run("systemctl stop nut-monitor.service")
    wait_for("its logout", lambda: fleet.nas.clients() == [])
    exact = {"dsm_ups_server_exact": True, "ups_expected_clients": 1}
    run = playbook("permit", without=[first.name], variables=exact).succeeds()

    assert run.of_the_nas == f"no longer permits {first.address} ({first.name}, {date.today().isoformat()})."
    assert hosts_deny() == [OPEN.replace(first.address, second.address)]
    first.run("systemctl start nut-monitor.service")
    wait_for("the refusal of its login", lambda: "ACCESS-DENIED" in first.run("journalctl --unit=nut-monitor.service"))
    assert fleet.nas.clients() == []
