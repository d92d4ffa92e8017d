"""Every release is proven protected: what is on the hosts, what the NAS says, and that another run changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scenarios.harness import UPSMON_CONF, fleet, together

testinfra_hosts = [f"ansible://{name}?sudo=true" for name in ("bullseye", "bookworm", "trixie", "forky")]
DROP_IN = "/etc/systemd/system/nut-monitor.service.d/upsfleet.conf"
# Where the packaged unit restarts a failed upsmon by itself the drop-in does not say it again.
RESTARTS_BY_ITSELF = ("trixie", "forky")


def test_only_the_client_is_installed(host: Any) -> None:
    assert host.package("nut-client").is_installed
    assert not host.package("nut-server").is_installed


@pytest.mark.parametrize(
    ("path", "mode", "group", "words"),
    [
        ("/etc/nut/nut.conf", 0o640, "nut", ["MODE=netclient"]),
        (UPSMON_CONF, 0o640, "nut", ['MONITOR "ups@{nas}" 1 "monuser" ', "MINSUPPLIES 1", "SHUTDOWNCMD"]),
        (DROP_IN, 0o644, "root", ["After=network-online.target", "Wants=network-online.target"]),
    ],
)
def test_files(host: Any, path: str, mode: int, group: str, words: list[str]) -> None:
    file = host.file(path)
    assert (file.mode, file.user, file.group) == (mode, "root", group)
    for word in words:
        assert word.format(nas=fleet.nas_address) in file.content_string


def test_a_failed_upsmon_is_restarted(host: Any) -> None:
    assert host.check_output("systemctl show --property=Restart --value nut-monitor.service") == "on-failure"
    own = "Restart=on-failure" in host.file(DROP_IN).content_string
    assert own == (host.system_info.codename not in RESTARTS_BY_ITSELF)


def test_units(host: Any) -> None:
    assert host.service("nut-monitor").is_running
    assert host.service("nut-monitor").is_enabled
    if host.run("systemctl cat nut.target").rc == 0:  # from NUT 2.8.0 on
        assert host.service("nut.target").is_running
        assert host.service("nut.target").is_enabled
    assert host.check_output("systemctl --failed --no-legend --plain") == ""


def test_nobody_else_can_read_the_password(host: Any) -> None:
    readable = "find / -xdev -type f -perm /007 -size -1M -print0 | xargs -0 grep -lE 'monuser.{1,4}secret'; true"
    assert host.check_output(readable) == ""
    assert host.run("runuser -u nobody -- cat %s", UPSMON_CONF).rc != 0
    assert host.file("/var/lib/upsfleet").mode == 0o700


def test_the_nas_lists_these_hosts_and_nobody_else() -> None:
    assert fleet.nas.clients() == sorted(fleet.hosts)
    assert not any(fleet.nas.show()["counters"]["dangerous"].values())


def test_another_run_reports_everybody_and_changes_nothing() -> None:
    run = fleet.playbook("site").succeeds().changes_nothing()

    assert set(run.rows) == set(fleet.hosts)
    for name, row in run.rows.items():
        assert (row["verdict"], row["logged_in"], row["protected"]) == ("ok", True, True)
        assert (row["address"], row["ups_status"], row["drift"]) == (fleet.hosts[name].address, "OL", [])
    versions = {name: row["nut_version"] for name, row in run.rows.items()}
    assert versions == {"bullseye": "2.7.4", "bookworm": "2.8.0", "trixie": "2.8.1", "forky": "2.8.5"}
    assert "Note for trixie: NUT 2.8.1 ignores DEADTIME" in run.text
    assert "4 of 4 hosts are proven protected." in run.text
    audits = ["upsfleet.synology.nut_client_audit"]
    assert run.modules == dict.fromkeys(fleet.hosts, audits), "one module execution a host"


@pytest.mark.parametrize(("book", "options"), [("site", ["--check", "--diff"]), ("audit", [])])
def test_looking_changes_nothing(book: str, options: list[str]) -> None:
    before = fleet.state()
    run = fleet.playbook(book, *options).succeeds().changes_nothing()

    assert set(run.verdicts.values()) == {"ok"}
    assert fleet.state() == before


# A signal that is ignored stays so for the program that takes the shell's place.
STUBBORN = (
    "systemd-run --quiet --collect --unit=stubborn --property=TimeoutStopSec=300 "
    "sh -c 'trap \"\" TERM; exec sleep infinity'"
)
AWAY = "kill -KILL $(systemctl show --property=MainPID --value stubborn)"


def test_a_unit_that_may_outlast_the_battery_is_named() -> None:
    """Each release tells its limits in its own words; what a power-off may take is the sum over the stop order."""
    before = fleet.state()
    together(lambda name: fleet.hosts[name].run(STUBBORN), fleet.hosts)
    try:
        run = fleet.playbook("budget").fails().changes_nothing()
    finally:
        together(lambda name: fleet.hosts[name].run(AWAY), fleet.hosts)

    for name in fleet.hosts:
        row = rf"^{name} +- +[45]\d\d s +30 s +stubborn.service +exceeded$"
        assert re.search(row, run.text, re.MULTILINE), run.text
        assert f"{name}: Only 30 s are sure" in run.text
    assert "300 s of it stubborn.service. Give stubborn.service less: [Service] TimeoutStopSec" in run.text
    assert "0 of 4 hosts are off in time, whatever hangs." in run.text
    looks = ["upsfleet.synology.nut_client_budget_info"]
    assert run.modules == dict.fromkeys(fleet.hosts, looks), "one module execution a host"
    assert fleet.state() == before
