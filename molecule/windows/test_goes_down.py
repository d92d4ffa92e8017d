"""Would a Windows host (a double) go down, and be protected again afterwards? What is found, and what site mends."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from scenarios.harness import Run, fleet, wait_for
from scenarios.windows import NUT, ROOT, SERVICE, windows

ONLY = ["windows"]
TASK = "\\upsfleet resume"
HIBERNATE = {"nut_client_windows_shutdown": {"action": "hibernate"}}


def site(**variables: Any) -> Run:
    return fleet.playbook("site", limit=ONLY, variables=variables)


def audit(**variables: Any) -> Run:
    return fleet.playbook("audit", limit=ONLY, variables=variables)


def process(name: str) -> dict[str, Any]:
    (found,) = [row for row in windows.state["processes"] if row["name"] == name]
    return dict(found)


@pytest.fixture(scope="module", autouse=True)
def _forgotten() -> Iterator[None]:
    """Leave no trace of the shutdown that this story has brought about."""
    yield
    windows.host.run(f"rm {ROOT}/commands.log")


def test_the_upsmon_of_a_killed_nut_exe_is_found_and_ended() -> None:
    pid = process("upsmon")["pid"]
    windows.host.run(f"kill -9 {process('nut')['pid']}")
    run = audit().fails()
    assert run.verdicts == {"windows": "would_stay_up"}
    said = f"upsmon (PID {pid}, C:\\NUT\\sbin\\upsmon.exe) has outlived the program that started it"
    assert said in run.advice("windows")
    assert fleet.nas.clients() == ["windows"]  # all that a NAS can tell

    site().succeeds()
    assert process("upsmon")["parent"] == windows.service["pid"]
    assert windows.upsmon() != [str(pid)]


def test_an_upsmon_that_somebody_has_started_is_named_and_left_alone() -> None:
    upsmon = process("upsmon")["pid"]
    row = "next(row for row in state['processes'] if row['name'] == 'upsmon')"
    ticks = windows.host.run("cut -d' ' -f22 /proc/1/stat").strip()
    svchost = {"name": "svchost", "pid": 1, "parent": 0, "path": "", "started": 0, "ticks": int(ticks)}
    windows.change(f"{row}.update(parent=1)\nstate['processes'].append({svchost!r})")
    run = site().fails().changes_nothing()
    assert run.verdicts == {"windows": "would_stay_up"}
    assert f"was started by svchost (PID 1), not by {SERVICE}" in run.advice("windows")
    assert f"Stop-Process -Id {upsmon}" in run.advice("windows")

    windows.change(
        f"{row}.update(parent=state['services'][{SERVICE.lower()!r}]['pid'])\n"
        "state['processes'] = [row for row in state['processes'] if row['name'] != 'svchost']"
    )


def test_hibernation_that_the_machine_does_not_have_is_refused_with_a_remedy() -> None:
    before = windows.files()
    windows.change("state['power']['supported'] = False")
    run = site(**HIBERNATE).fails()
    windows.change("state['power']['supported'] = True")
    assert "the machine has no power state S4" in run.advice("windows")
    assert windows.files() == before

    site(**HIBERNATE).succeeds()
    assert 'SHUTDOWNCMD "C:\\\\Windows\\\\System32\\\\shutdown.exe /h /f"' in windows.read(f"{NUT}\\etc\\upsmon.conf")
    (task,) = windows.state["tasks"].values()
    assert "sc.exe" in str(task)
    assert "Power-Troubleshooter" in str(task)
    run = site(**HIBERNATE).succeeds().changes_nothing()
    assert len(run.modules["windows"]) <= 4
    windows.change("state['power']['supported'] = False")
    run = audit(**HIBERNATE).fails()
    windows.change("state['power']['supported'] = True")

    assert run.verdicts == {"windows": "would_stay_up"}
    assert "the machine has no power state S4" in run.advice("windows")
    assert "nut_client_windows_shutdown.action: shutdown" in run.advice("windows")


def test_a_task_that_was_disabled_is_found_and_made_anew() -> None:
    windows.change(f"state['tasks'][{TASK!r}]['settings']['enabled'] = False")
    windows.change(f"state['tasks'][{TASK!r}]['triggers'][0]['end_boundary'] = '2026-01-01T00:00:00'")
    run = audit(**HIBERNATE).fails()
    assert run.verdicts == {"windows": "would_stay_up"}
    assert "after hibernation: it is disabled, its trigger is limited to a time" in run.advice("windows")

    site(**HIBERNATE).succeeds()
    site().succeeds()
    assert windows.state["tasks"] == {}


def test_a_shutdown_that_was_aborted_is_told_and_the_client_started_again() -> None:
    """The double's shutdown.exe only notes that it was called, as one does that is aborted."""
    before = len(windows.shutdowns())
    fleet.nas("fsd")
    wait_for("the shutdown command", lambda: len(windows.shutdowns()) > before)
    wait_for("the service's end", lambda: windows.service["state"] == "stopped")
    fleet.nas.as_new()

    run = audit().fails()
    assert run.verdicts == {"windows": "not_logged_in"}
    assert run.rows["windows"]["reason"] == "shutdown_aborted"
    assert "upsmon stopped its service and ran SHUTDOWNCMD in a power failure" in run.advice("windows")
    assert "something aborted the shutdown (shutdown /a)" in run.advice("windows")

    site().succeeds()
    fleet.nas.wait_for_clients("windows")
