"""The playbook remove puts back what was there before, and only that."""

from __future__ import annotations

import pytest
from scenarios.harness import FILES, UPSMON_CONF, Host, fleet, together, wait_for

# bullseye is bare, bookworm had a nut-client that did nothing, trixie one that worked; forky is never managed.
bullseye, bookworm, trixie, forky = (fleet.hosts[name] for name in ("bullseye", "bookworm", "trixie", "forky"))
MANAGED = ["bullseye", "bookworm", "trixie"]
OWN_NUT_CONF = "# mine\nMODE={mode}\n\n# no more\n"
OWN_UPSMON_CONF = '# mine, with tabs\t\nMONITOR ups@{nas} 1 monuser "secret" slave\nSHUTDOWNCMD "/bin/true"\n'
NEVER_TOUCHED = "/etc/nut/upssched.conf"


def set_up(host: Host, mode: str, rights: tuple[str, str]) -> None:
    host.install("nut-client")
    host.write("/etc/nut/nut.conf", OWN_NUT_CONF.format(mode=mode), rights[0])
    host.write(UPSMON_CONF, OWN_UPSMON_CONF.format(nas=fleet.nas_address), "0640", rights[1])


@pytest.fixture(scope="module")
def before() -> dict[str, dict[str, str]]:
    """What the hosts were before the first run."""

    def dormant() -> None:
        set_up(bookworm, "none", ("0600", "root:root"))
        bookworm.run("systemctl disable --now nut-monitor.service")

    def working() -> None:
        set_up(trixie, "netclient", ("0644", "root:nut"))
        trixie.run("systemctl enable nut-monitor.service; systemctl restart nut-monitor.service")

    jobs = {"bookworm": dormant, "trixie": working}
    together(lambda name: jobs[name](), jobs)
    wait_for("trixie's own upsmon", lambda: fleet.nas.clients() == ["trixie"])
    return without_pids(fleet.state("bookworm", "trixie"))


def without_pids(states: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Whether upsmon runs, not which one; file times move, for the files are written again."""
    return {
        name: {
            **state,
            "upsmon": "runs" if state["upsmon"] else "",
            "files": " ".join(word for word in state["files"].split() if not word.isdigit() or len(word) < 5),
        }
        for name, state in states.items()
    }


def test_site_manages_them(before: dict[str, dict[str, str]]) -> None:
    run = fleet.playbook("site", limit=MANAGED).succeeds()

    assert set(run.verdicts.values()) == {"ok"}
    fleet.nas.wait_for_clients(*MANAGED)
    assert without_pids(fleet.state("bookworm"))["bookworm"] != before["bookworm"]


def test_check_mode_removes_nothing() -> None:
    state = fleet.state(*MANAGED)
    run = fleet.playbook("remove", "--check").succeeds()

    assert all(run.changed[name] > 0 for name in MANAGED)
    assert run.changed["forky"] == 0
    assert fleet.state(*MANAGED) == state


def test_a_package_that_stays_leaves_the_host_as_it_is() -> None:
    bullseye.run("apt-mark hold nut-client")
    run = fleet.playbook("remove", limit=["bullseye"]).fails()
    bullseye.run("apt-mark unhold nut-client")

    assert "nut-client was not removed: nut-client is held." in run.text
    assert run.changed["bullseye"] == 0
    assert fleet.nas.clients() == sorted(MANAGED)


def test_remove_takes_away_what_site_brought(before: dict[str, dict[str, str]]) -> None:
    run = fleet.playbook("remove").succeeds()

    assert all(run.changed[name] > 0 for name in MANAGED)
    assert run.changed["forky"] == 0
    assert bullseye.is_bare()
    assert not bullseye.holds("systemctl cat nut-monitor.service >/dev/null 2>&1")
    assert forky.is_bare()
    assert without_pids(fleet.state("bookworm", "trixie")) == before
    for host in (bookworm, trixie):
        assert not host.holds(f"test -e /var/lib/upsfleet || test -e {FILES[2]}")
        assert host.holds(f"test -e {NEVER_TOUCHED}")
    fleet.nas.wait_for_clients("trixie")


def test_removing_again_changes_nothing() -> None:
    fleet.playbook("remove").succeeds().changes_nothing()
