"""A power cut takes down exactly those hosts that the audit called protected; each of the others has its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fleet import network
from scenarios.harness import CLEAN, LISTEN, UPSMON_CONF, Host, TestFleet, together

fleet = TestFleet("goesdown")
WELL = ("bullseye", "bookworm", "trixie", "forky")
INHIBITOR = (
    "systemd-run --quiet --unit=holder systemd-inhibit --what=shutdown --mode=block --who=backup --why=copying "
    "sleep 9999; until systemd-inhibit --list | grep -q copying; do sleep 0.1; done"
)
ELSEWHERE = """
mkdir -p /srv/nut
sed 's|^SHUTDOWNCMD .*|SHUTDOWNCMD "/bin/true"|' /etc/nut/upsmon.conf > /srv/nut/upsmon.conf
cp /etc/nut/nut.conf /srv/nut/
chgrp -R nut /srv/nut
"""


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Wait for a power-off, say; systemd gives what does not end 90 seconds."""
    network.wait_until(what, condition, 200)


def in_file(directive: str, value: str) -> str:
    """Edit upsmon.conf by hand, and restart."""
    return f"sed -i 's|^{directive} .*|{directive} {value}|' {UPSMON_CONF}; systemctl restart nut-monitor"


def drop_in(text: str) -> str:
    """Add a drop-in of somebody's own to nut-monitor.service, and restart."""
    path = "/etc/systemd/system/nut-monitor.service.d/zz-own.conf"
    return f"printf '[Service]\\n{text}\\n' > {path}; systemctl daemon-reload; systemctl restart nut-monitor"


def stays_up(host: Host) -> None:
    """upsmon has had its command run and ended, and nothing powers the host off."""
    wait_for(f"the end of upsmon on {host.name}", lambda: not host.holds("pgrep -x upsmon"))
    assert host.is_up()
    assert "poweroff" not in host.run("systemctl list-jobs --no-legend")


def never_tries(host: Host) -> None:
    """upsmon knows of the power failure and goes on; the others have long been down."""
    wait_for(f"the alarm on {host.name}", lambda: host.holds("journalctl --no-pager | grep -qi 'forced shutdown'"))
    assert host.is_up()
    assert host.holds("pgrep -x upsmon")


def is_bare_after_a_boot(host: Host) -> None:
    """No upsmon comes up with the host. The power cut itself takes it down."""
    wait_for(f"the power-off of {host.name}", lambda: not host.is_up())


@dataclass(frozen=True)
class Kind:
    """A gap: how it comes about, its code, and what it leads to."""

    reason: str
    outcome: Callable[[Host], None]
    script: str = ""
    command: str = ""  # nut_client_shutdowncmd, a user's own


KINDS: dict[str, Kind] = {
    "bullseye2": Kind("minsupplies", never_tries, in_file("MINSUPPLIES", "0")),
    "bullseye3": Kind("parent_died", stays_up, "pkill -KILL -o -x -u root upsmon"),
    "bullseye4": Kind("shutdowncmd_suspends", stays_up, in_file("SHUTDOWNCMD", '"systemctl hibernate"')),
    "bookworm2": Kind("shutdowncmd_not_found", stays_up, command="/opt/off"),
    "bookworm3": Kind("other_configuration", stays_up, ELSEWHERE + drop_in("Environment=NUT_CONFPATH=/srv/nut")),
    "bookworm4": Kind("unit_masked", is_bare_after_a_boot, "systemctl mask nut.target"),
    "trixie2": Kind("inhibited", stays_up, INHIBITOR, command="/sbin/shutdown -h +0"),
    "trixie3": Kind(
        "other_configuration",
        stays_up,
        ELSEWHERE
        + "mkdir -p /usr/local/ups/sbin; cd /usr/local/ups/sbin; "
        + "printf '#!/bin/sh\\nexport NUT_CONFPATH=/srv/nut\\nexec /sbin/upsmon -F\\n' > upsmon; chmod 755 upsmon; "
        + drop_in("ExecStart=\\nExecStart=/usr/local/ups/sbin/upsmon"),
    ),
    "trixie4": Kind("unit_not_enabled", is_bare_after_a_boot, "systemctl disable nut-monitor nut.target"),
    "forky2": Kind("shutdowncmd_invalid_time", stays_up, in_file("SHUTDOWNCMD", '"/sbin/shutdown -h +P now"')),
    "forky3": Kind("target_masked", stays_up, "systemctl mask poweroff.target", command="/sbin/shutdown -h +0"),
    "forky4": Kind(
        "other_starter",
        is_bare_after_a_boot,
        "systemctl disable --now nut-monitor nut.target; systemd-run --quiet --unit=by-hand /sbin/upsmon -F",
    ),
    "volatile": Kind("lost_at_boot", is_bare_after_a_boot),
}
VARIABLES: dict[str, dict[str, Any]] = {
    name: {"nut_client_shutdowncmd": kind.command} for name, kind in KINDS.items() if kind.command
}
STUBBORN = [name for name, kind in KINDS.items() if kind.outcome is never_tries]


def clients() -> list[str]:
    return sorted(fleet.nas.clients())


def spoil(host: Host, kind: Kind) -> None:
    if kind.command:
        host.run(in_file("SHUTDOWNCMD", f'"{kind.command}"'))
    host.run(kind.script or "true")


def power_cut() -> None:
    fleet.nas("status", "OB DISCHRG LB")
    fleet.nas("fsd")


def power_back() -> None:
    fleet.nas.as_new()


def test_a_run_protects_whom_it_can() -> None:
    run = fleet.playbook("site").fails()
    assert run.verdicts == {**dict.fromkeys(WELL, "ok"), "volatile": "would_stay_up"}
    together(lambda name: fleet.hosts[name].run(CLEAN), WELL)

    fleet.multiply(3)
    wait_for("everybody's login", lambda: clients() == sorted(fleet.hosts))
    assert set(fleet.hosts) == {*WELL, *KINDS}


def test_each_gap_is_named_by_its_own_reason() -> None:
    together(lambda name: spoil(fleet.hosts[name], KINDS[name]), KINDS)
    wait_for("everybody's login", lambda: clients() == sorted(fleet.hosts))
    run = fleet.playbook("audit", host_variables=VARIABLES).fails().changes_nothing()

    assert run.verdicts == {**dict.fromkeys(WELL, "ok"), **dict.fromkeys(KINDS, "would_stay_up")}
    assert {name: run.rows[name]["reason"] for name in KINDS} == {name: kind.reason for name, kind in KINDS.items()}
    for name in KINDS:
        assert not run.rows[name]["protected"]
        assert run.tells(name)
    codes = {"other_configuration", "shutdowncmd_does_nothing", "other_program"}
    assert {one["code"] for one in run.rows["trixie3"]["gaps"]} == codes
    assert "backup" in run.advice("trixie2")
    assert "by-hand.service" in run.advice("forky4")
    assert "/etc/systemd/system/nut-monitor.service.d/zz-own.conf" in run.advice("bookworm3")


def test_what_stands_in_the_way_is_said_before_anything_is_changed() -> None:
    before = fleet.state("bookworm4", "forky4")
    run = fleet.playbook("site", limit=["bookworm4", "forky4"], host_variables=VARIABLES).fails().changes_nothing()

    assert run.verdicts == {"bookworm4": "would_stay_up", "forky4": "would_stay_up"}
    assert fleet.state("bookworm4", "forky4") == before


def test_one_power_cut_takes_down_who_was_called_protected() -> None:
    power_cut()
    for name in WELL:
        wait_for(f"the power-off of {name}", lambda name=name: not fleet.hosts[name].is_up())  # type: ignore[misc]
    together(lambda name: KINDS[name].outcome(fleet.hosts[name]), KINDS)
    assert not any(fleet.nas.show()["counters"]["dangerous"].values())


def test_who_went_down_comes_up_protected_and_the_rest_is_bare() -> None:
    power_back()
    bare = [name for name, kind in KINDS.items() if kind.outcome is is_bare_after_a_boot]
    fleet.boot(*WELL, *bare)
    fleet.nas.wait_for_clients(*WELL, *STUBBORN)

    for name in WELL:
        assert fleet.hosts[name].holds("test -e /var/lib/stopped-in-order")
    for name in bare:
        assert not fleet.hosts[name].holds("pgrep -x upsmon")
    run = fleet.playbook("audit", limit=[*WELL, *bare], host_variables=VARIABLES).fails()
    assert {name for name, verdict in run.verdicts.items() if verdict == "ok"} == set(WELL)


@pytest.mark.parametrize("package", ["polkitd", "molly-guard"])
def test_no_inhibitor_and_no_guard_stops_the_default_command(package: str) -> None:
    hosts = [fleet.hosts[name] for name in WELL]

    def prepare(host: Host) -> None:
        # polkitd brings pam_systemd; in a container with cgroup v1 the end of a user's manager goes unnoticed.
        host.run("ln -sf /dev/null /etc/systemd/system/user@.service; systemctl daemon-reload")
        host.install("policykit-1" if (host.name, package) == ("bullseye", "polkitd") else package)
        host.run(f"rm -f /var/lib/stopped-in-order; systemctl restart clean.service; {INHIBITOR}; {LISTEN}")

    together(lambda name: prepare(fleet.hosts[name]), WELL)
    fleet.playbook("audit", limit=WELL).succeeds()
    power_cut()
    for host in hosts:
        wait_for(f"the power-off of {host.name}", lambda host=host: not host.is_up())  # type: ignore[misc]
    power_back()
    fleet.boot(*WELL)
    for host in hosts:
        assert host.holds("test -e /var/lib/stopped-in-order")
        said = host.run("cat /var/log/said")
        assert "waiting at most 10 s for: backup" in said
    fleet.nas.wait_for_clients(*WELL, *STUBBORN)


def test_a_calibration_that_upsmon_never_forgets_is_seen_and_cured() -> None:
    """Debian 12's upsmon, once it has heard CAL, goes down at FSD alone (NUT issue 2168)."""
    fleet.nas("status", "OL CAL")
    heard = "journalctl --no-pager -u nut-monitor | grep -q 'calibration in progress'"
    wait_for("the calibration", lambda: fleet.hosts["bookworm"].holds(heard))
    fleet.nas("status", "OL")
    run = fleet.playbook("audit", limit=WELL).fails()
    assert run.verdicts == {**dict.fromkeys(WELL, "ok"), "bookworm": "drifted"}
    assert [one["code"] for one in run.rows["bookworm"]["drift_details"]] == ["calibration_latched"]

    run = fleet.playbook("site", limit=WELL).succeeds()
    assert [name for name, count in run.changed.items() if count] == ["bookworm"]
