"""Whom the NAS refuses is named with the cause and the remedy, nobody else is disturbed, and fixing it heals."""

from __future__ import annotations

from ipaddress import ip_address

from scenarios.harness import fleet, wait_for

bullseye, bookworm, trixie, forky = (fleet.hosts[name] for name in ("bullseye", "bookworm", "trixie", "forky"))
LISTENS = "ss -ltn | grep -q ':22 '"


def close_ssh() -> None:
    forky.run("systemctl stop ssh.socket ssh.service 2>/dev/null; true")
    wait_for("sshd's end", lambda: not forky.holds(LISTENS))


def open_ssh() -> None:
    forky.run("systemctl start ssh.service")
    wait_for("sshd", lambda: forky.holds(LISTENS))


def test_each_bare_host_gets_its_own_cause_and_remedy() -> None:
    fleet.nas("deny", bullseye.address)
    close_ssh()
    run = fleet.playbook(
        "site",
        host_variables={"bookworm": {"ups_password": "wrong"}, "trixie": {"ups_name": "nosuchups"}},
    ).fails()

    assert run.verdicts == {
        "bullseye": "not_permitted",
        "bookworm": "bad_credentials",
        "trixie": "unknown_ups",
        "forky": "not_audited",
    }
    assert f"add {bullseye.address} under Control Panel" in run.advice("bullseye")
    assert "Check username and password" in run.advice("bookworm")
    assert "no UPS named nosuchups. The UPSes it has: ups." in run.advice("trixie")
    assert run.rows["forky"]["address"] == forky.address
    assert "ssh" in run.advice("forky").lower()
    assert all(map(run.tells, run.rows)), run.text
    assert "0 of 4 hosts are proven protected." in run.text
    # upsmon runs where nothing was lost by it, so that it logs in as soon as the NAS lets it.
    assert bullseye.units("nut-monitor.service") == {"nut-monitor.service": "enabled active"}
    assert fleet.nas.clients() == []


def test_site_heals_what_was_fixed() -> None:
    fleet.nas("permit", bullseye.address)
    open_ssh()
    run = fleet.playbook("site").succeeds()

    assert set(run.verdicts.values()) == {"ok"}
    fleet.nas.wait_for_clients(*fleet.hosts)


def test_an_address_that_is_no_longer_permitted_concerns_that_host_alone() -> None:
    before = fleet.state()
    fleet.nas("deny", trixie.address)
    for name in ("audit", "site"):
        run = fleet.playbook(name).fails().changes_nothing()
        assert run.verdicts == {"bullseye": "ok", "bookworm": "ok", "trixie": "not_permitted", "forky": "ok"}
        assert f"add {trixie.address} under Control Panel" in run.advice("trixie")
        assert run.tells("trixie")
    assert fleet.state() == before
    fleet.nas("permit", trixie.address)
    # Whether upsmon logs in again by itself depends on when it was refused; a run heals it either way.
    fleet.playbook("site").succeeds()
    fleet.nas.wait_for_clients(*fleet.hosts)


def test_a_host_without_ssh_is_in_the_report_and_fails_the_run() -> None:
    close_ssh()
    # A connection that is still open would outlive sshd's listener.
    anew = {"ansible_ssh_common_args": "-o ControlMaster=no -o ControlPath=none -o ConnectTimeout=5"}
    try:
        run = fleet.playbook("audit", host_variables={"forky": anew}).fails().changes_nothing()
    finally:
        open_ssh()
    assert run.verdicts == {"bullseye": "ok", "bookworm": "ok", "trixie": "ok", "forky": "not_audited"}


def test_a_nas_that_is_down_fails_everybody_and_changes_nobody() -> None:
    before = fleet.state()
    fleet.nas("restart", "600")
    for name in ("audit", "site"):
        run = fleet.playbook(name).fails().changes_nothing()
        assert set(run.verdicts.values()) == {"refused"}
        assert f"Nothing listens on {fleet.nas_address} port 3493/tcp" in run.advice("bullseye")
    fleet.nas.as_new()
    assert fleet.state() == before
    fleet.nas.wait_for_clients(*fleet.hosts)  # upsmon logs in again by itself


def test_an_address_where_nothing_is_is_unreachable() -> None:
    before = fleet.state("bookworm")
    nobody = str(ip_address(fleet.nas_address) + 200)
    run = fleet.playbook("site", limit=["bookworm"], variables={"ups_host": nobody}).fails().changes_nothing()

    assert run.verdicts == {"bookworm": "unreachable"}
    assert nobody in run.advice("bookworm")
    assert fleet.state("bookworm") == before


def test_in_the_end_everybody_is_protected() -> None:
    run = fleet.playbook("audit").succeeds()

    assert set(run.verdicts.values()) == {"ok"}
    assert not any(fleet.nas.show()["counters"]["dangerous"].values())
