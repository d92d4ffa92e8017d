"""A drill powers nothing off, touches nothing, says what each release makes of a power failure, and leaves nothing."""

from __future__ import annotations

import glob
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import Settings
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.outcome import expected
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.scenarios import SCENARIOS, pace
from fleet.paths import ROOT
from scenarios.harness import Run, fleet, together, wait_for

# Short, so that all of it takes half a minute; the settings are the hosts' own, as a drill wants it.
SETTINGS = {
    "nut_client_pollfreq": 1,
    "nut_client_pollfreqalert": 1,
    "nut_client_hostsync": 4,
    "nut_client_deadtime": 6,
    "nut_client_finaldelay": 0,
    # Whom a rehearsal must not call.
    "nut_client_notifycmd": "/usr/bin/touch /var/tmp/somebody-was-told",
    "nut_client_notifyflag": {"ONBATT": ["EXEC"], "LOWBATT": ["EXEC"], "FSD": ["EXEC"], "SHUTDOWN": ["EXEC"]},
}
OWN = Settings(pollfreq=1, pollfreqalert=1, hostsync=4, deadtime=6, finaldelay=0)
PACE = pace([OWN._asdict()])
PACKAGE = "dpkg-query -W -f '${Version}' nut-client"
LEFT = (
    "ls -d /run/upsfleet-drill* /run/nut/upsmon-drill* 2>/dev/null; pgrep -af '^/run/upsfleet-drill/'; "
    "systemctl list-units --all --plain --no-legend 'upsfleet-drill*'"
)
SHORTEST = "fsd,short_blip,power_back_in_time"


def nothing_is_left(*names: str) -> bool:
    """No process, no file and no unit of a drill: on the hosts, and of its upsd here."""
    return not any(together(lambda name: fleet.hosts[name].run(LEFT, ok=False), names or fleet.hosts)) and not servers()


def servers() -> list[str]:
    return [
        folder for folder in glob.glob("/run/upsfleet-drill-*") + glob.glob("/tmp/upsfleet-drill-*") if mine(folder)
    ]


def mine(folder: str) -> bool:
    """Whether a folder is of a drill that began after this test did: others may run on this machine."""
    return os.path.exists(folder) and os.stat(folder).st_mtime > BEGUN


BEGUN = Path("/proc/self").stat().st_mtime


def drill(*options: str, **more: Any) -> Run:
    return fleet.playbook("drill", *options, variables={**SETTINGS, **more.pop("variables", {})}, **more)


def test_a_drill_from_the_package_touches_nothing(tmp_path: Path) -> None:
    fleet.playbook("site", variables=SETTINGS).succeeds()
    fleet.nas.wait_for_clients(*fleet.hosts)
    before, calls = fleet.state(), fleet.nas.show()["counters"]
    build = [sys.executable, "-m", "ansible", "galaxy", "collection"]
    subprocess.run([*build, "build", "--output-path", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    package = next(tmp_path.glob("*.tar.gz"))
    collections, empty = tmp_path / "collections", tmp_path / "empty"
    empty.mkdir()
    # by force, because the clone itself counts as installed
    install = ["install", "--force", "--offline", "--no-deps", "--collections-path", str(collections), str(package)]
    subprocess.run([*build, *install], check=True, capture_output=True, cwd=empty)
    run = drill("-e", f"nut_drill_scenarios={SHORTEST}", installed=collections).succeeds()

    for row in run.rows.values():
        results = {name: one["result"] for name, one in row["drill"]["scenarios"].items()}
        assert results == dict.fromkeys(SHORTEST.split(","), "right")
        assert row["drill"]["scenarios"]["fsd"]["outcome"] == "down"
        assert row["protected"]
    assert "scenario" in run.text
    assert nothing_is_left()
    assert fleet.state() == before
    assert all(host.is_up() for host in fleet.hosts.values())
    fleet.nas.wait_for_clients(*fleet.hosts)
    assert not any(fleet.nas.show()["counters"]["dangerous"].values())
    # The probes of two audits logged in; nothing else did.
    assert sum(fleet.nas.show()["counters"]["logins"].values()) == sum(calls["logins"].values()) + 2 * len(fleet.hosts)


def test_each_release_does_what_is_known_of_it_with_the_upsd_on_a_host() -> None:
    run = drill(variables={"nut_drill_server": "forky"}).succeeds()

    packages = dict(zip(fleet.hosts, together(lambda name: fleet.hosts[name].run(PACKAGE), fleet.hosts)))
    for name, row in run.rows.items():
        found = {one: result["outcome"] == "down" for one, result in row["drill"]["scenarios"].items()}
        assert found == {one: expected(one, packages[name], PACE, OWN).down for one in SCENARIOS}, name
    results = {name: {one["result"] for one in row["drill"]["scenarios"].values()} for name, row in run.rows.items()}
    assert results == {
        "bullseye": {"right"},
        "bookworm": {"right", "known"},
        "trixie": {"right", "known"},
        "forky": {"right"},
    }
    assert not any(together(lambda name: fleet.hosts[name].holds("test -e /var/tmp/somebody-was-told"), fleet.hosts))
    assert "bookworm: stays up on a low battery after a self-test of the UPS" in run.text
    assert "trixie: goes down at the first failed poll when the NAS is lost on battery" in run.text
    assert nothing_is_left()


def test_a_host_that_cannot_be_reached_stops_nobody_elses_drill() -> None:
    run = drill("-e", "nut_drill_scenarios=fsd", host_variables={"bullseye": {"ansible_port": 1}}).fails()

    assert run.rows["bullseye"]["verdict"] == "not_audited"
    for name in ("bookworm", "trixie", "forky"):
        assert list(run.rows[name]["drill"]["scenarios"]) == ["fsd"]
        assert run.rows[name]["drill"]["scenarios"]["fsd"]["result"] == "right"
    assert nothing_is_left()


def test_a_killed_drill_ends_by_itself_and_leaves_nothing() -> None:
    before = fleet.state()
    run = fleet.playbook_with(
        "drill",
        "play | Play the power failures",
        "kill -9 $PPID",
        variables={**SETTINGS, "nut_drill_deadline": 30},
    )
    assert run.status == -signal.SIGKILL, run.text
    assert not nothing_is_left()
    wait_for("the end of the drill", nothing_is_left)
    assert fleet.state() == before
    assert all(state == "running" for state in together(system_state, fleet.hosts))


def system_state(name: str) -> str:
    """What systemd says of the whole: an ended drill is no failed unit."""
    return fleet.hosts[name].run("systemctl is-system-running", ok=False)


@pytest.fixture
def nas_well() -> Any:
    """The UPS is on line after a test."""
    yield
    fleet.nas("status", "OL")


@pytest.mark.usefixtures("nas_well")
@pytest.mark.parametrize("status", ["OB DISCHRG", "OL CAL"])
def test_nothing_starts_while_the_ups_is_busy(status: str) -> None:
    fleet.nas("status", status)
    run = drill(limit=["bullseye", "trixie"]).fails().changes_nothing()
    assert f"not drilled: The UPS says {'OB' if 'OB' in status else 'CAL'}" in run.text


def test_a_nas_is_never_the_drills_server() -> None:
    run = drill(limit=["bullseye", "nas"], variables={"nut_drill_server": "nas"}).fails().changes_nothing()
    assert "a drill never touches one" in run.text
