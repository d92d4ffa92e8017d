"""A host that works is not made worse, neither by a bad password nor by a server that no longer lists it."""

from __future__ import annotations

import shlex

from scenarios.harness import UPSMON_CONF, fleet

bookworm, forky = fleet.hosts["bookworm"], fleet.hosts["forky"]
PAIR = ["bookworm", "forky"]
CHANGE = {"nut_client_pollfreq": 7, "nut_client_login_wait": 5}


def pollfreq(name: str) -> str:
    return fleet.hosts[name].run(f"sed -n 's/^POLLFREQ //p' {UPSMON_CONF}")


def test_both_hosts_work() -> None:
    run = fleet.playbook("site", limit=PAIR).succeeds()

    assert run.verdicts == {"bookworm": "ok", "forky": "ok"}
    fleet.nas.wait_for_clients(*PAIR)
    names = ["nut_client_audit", "nut_client_config", "apt_package", "nut_client_config", "nut_client_audit"]
    assert run.modules["bookworm"] == [f"upsfleet.synology.{name}" for name in names]


def test_a_bad_password_does_not_replace_one_that_works() -> None:
    before = fleet.state(*PAIR)
    run = fleet.playbook("site", limit=PAIR, host_variables={"forky": {"ups_password": "wrong"}})
    run.fails().changes_nothing()

    assert run.verdicts == {"bookworm": "ok", "forky": "bad_credentials"}
    assert "Not changed: upsmon is logged in" in run.advice("forky")
    assert fleet.state(*PAIR) == before
    assert fleet.nas.clients() == PAIR


def test_what_was_proven_stays_whatever_the_moment() -> None:
    """As while the NAS restarts its UPS service: upsmon is not logged in, and the new password is refused."""
    files = {name: fleet.hosts[name].run(f"sha256sum {UPSMON_CONF}") for name in PAIR}
    for name in PAIR:
        fleet.hosts[name].run("systemctl stop nut-monitor")
    fleet.nas.wait_for_clients()
    run = fleet.playbook("site", limit=PAIR, variables={"ups_password": "wrong"}).fails()

    assert run.verdicts == dict.fromkeys(PAIR, "bad_credentials")
    for name in PAIR:
        assert "Not changed:" in run.advice(name)  # by the end of the run upsmon is logged in again
        assert fleet.hosts[name].run(f"sha256sum {UPSMON_CONF}") == files[name]
    fleet.nas.wait_for_clients(*PAIR)  # what was proven is started


def test_what_worked_is_put_back_where_the_nas_no_longer_lists_the_host() -> None:
    files = forky.state()["files"].split()
    hide = [*fleet.containers.command("nas", ["mock-nas", "ctl"]), "hide", forky.address]
    run = fleet.playbook_with("site", "at_once |", shlex.join(hide), limit=PAIR, variables=CHANGE).fails()

    assert run.verdicts == {"bookworm": "ok", "forky": "not_logged_in"}
    advice = run.advice("forky")
    assert "files that worked before were put back" in advice
    assert "did not list upsmon" in advice
    assert "LIST CLIENT" in advice
    assert (pollfreq("bookworm"), pollfreq("forky")) == ("7", "5")
    restored = forky.state()["files"].split()
    assert [word for word in restored if not word.isdigit()] == [word for word in files if not word.isdigit()]
    assert forky.units("nut-monitor.service") == {"nut-monitor.service": "enabled active"}
    fleet.nas.wait_for_clients(*PAIR)  # hidden or not, the restored one did log in


def test_the_change_is_made_once_the_nas_is_well_again() -> None:
    fleet.nas.as_new()
    fleet.nas.wait_for_clients(*PAIR)
    run = fleet.playbook("site", limit=PAIR, variables=CHANGE).succeeds()

    assert run.verdicts == {"bookworm": "ok", "forky": "ok"}
    assert run.changed["bookworm"] == 0
    assert run.changed["forky"] > 0
    assert pollfreq("forky") == "7"
    fleet.playbook("site", limit=PAIR, variables=CHANGE).succeeds().changes_nothing()


def test_a_password_that_works_does_replace_the_old_one() -> None:
    fleet.nas("user", "monuser", "another")
    run = fleet.playbook("site", limit=PAIR, variables={**CHANGE, "ups_password": "another"}).succeeds()

    assert run.verdicts == {"bookworm": "ok", "forky": "ok"}
    fleet.nas.wait_for_clients(*PAIR)
