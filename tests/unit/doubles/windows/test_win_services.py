# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services on a double of Windows, and its nut.exe with a stub for the Linux upsmon behind it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import (
    client_info,
    nut_exe,
    paths,
    pe,
    processes,
    registry,
)
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.fresh import ENVIRONMENT
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine, opened

Call = Callable[..., "dict[str, Any]"]

NUT = "Network UPS Tools"
QUOTED = '"C:\\NUT\\bin\\nut.exe"'


@pytest.fixture
def upsmon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand a script in for upsmon: it notes its configuration's folder and stays."""
    script = tmp_path / "upsmon"
    script.write_text(f'#!/bin/sh\necho "$NUT_CONFPATH $*" >{tmp_path}/called\nexec sleep 600\n')
    script.chmod(0o755)
    monkeypatch.setenv("UPSFLEET_DOUBLE_UPSMON", str(script))
    return script


@pytest.fixture
def installed(machine: Machine, upsmon: Path) -> Machine:
    """Return a double with programs and a configuration in C:\\NUT."""
    for name in ("bin\\nut.exe", "sbin\\upsmon.exe"):
        put(machine, name, pe.program(pe.AMD64))
    put(machine, "etc\\nut.conf", b"# netserver\nMODE=netclient\n")
    return machine


def put(machine: Machine, name: str, content: bytes) -> None:
    path = paths.join("C:\\NUT", name)
    machine.drive.make_folder(paths.parent(path))
    machine.drive.write(path, content)


def look(machine: Machine) -> dict[str, Any]:
    arguments = {"paths": [], "processes": ["nut", "UPSMON"], "event_source": NUT, "events_since": 0, "event_limit": 20}
    return client_info.win_nut_client_info(machine, arguments, False)


def test_a_service_is_registered_once(machine: Machine, call: Call) -> None:
    wanted: dict[str, Any] = {
        "name": NUT,
        "path": QUOTED,
        "start_mode": "delayed",
        "dependencies": ["Tcpip", "Dnscache"],
    }
    assert call("ansible.win_service", check=True, **wanted)["changed"]
    assert not call("ansible.win_service_info", name=NUT)["exists"]
    first, second = (call("ansible.win_service", **wanted) for _time in range(2))
    assert (first["changed"], second["changed"]) == (True, False)
    assert (first["state"], first["username"], first["start_mode"]) == ("stopped", "LocalSystem", "delayed")
    assert call("ansible.win_service_info", name="network ups tools")["services"][0]["path"] == QUOTED
    assert [call("ansible.win_service", name=NUT, state="absent")["changed"] for _time in range(2)] == [True, False]


def test_a_service_that_is_not_there_needs_a_path(call: Call) -> None:
    with pytest.raises(Failed, match="need to set 'path'"):
        call("ansible.win_service", name=NUT, state="started")
    assert not call("ansible.win_service", name=NUT)["exists"]


def test_failure_actions_are_compared(call: Call) -> None:
    wanted: dict[str, Any] = {"name": NUT, "path": QUOTED, "failure_reset_period_sec": "0x10"}
    wanted["failure_actions"] = [{"type": "restart", "delay_ms": 5000}]
    assert [call("ansible.win_service", **wanted)["changed"] for _time in range(2)] == [True, False]


def test_a_started_service_runs_nut_and_upsmon(installed: Machine, call: Call, tmp_path: Path) -> None:
    start = {"name": NUT, "path": QUOTED, "state": "started"}
    assert call("ansible.win_service", **start)["state"] == "running"
    assert not call("ansible.win_service", **start)["changed"]
    rows = {row["name"]: row for row in look(installed)["processes"]}
    assert {name: row["path"] for name, row in rows.items()} == {
        "nut": "C:\\NUT\\bin\\nut.exe",
        "upsmon": "C:\\NUT\\sbin\\upsmon.exe",
    }
    assert call("ansible.win_service_info", name=NUT)["services"][0]["process_id"] == rows["nut"]["pid"]
    assert [row["parent"] for row in installed.running() if row["name"] == "upsmon"] == [rows["nut"]["pid"]]
    assert call("ansible.win_service", name=NUT, state="stopped")["changed"]
    call("community.win_wait_for_process", process_name_exact=["upsmon", "nut"], state="absent")
    assert look(installed)["processes"] == []
    assert [event["message"] for event in look(installed)["events"]] == [
        "Exiting",
        "Stopping upsmon (client only)",
        "Starting upsmon (client only)",
        "Starting",
    ]


def test_nut_does_not_restart_a_killed_upsmon_and_dies_as_a_service_when_killed(installed: Machine, call: Call) -> None:
    call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    pids = {row["name"]: row["pid"] for row in look(installed)["processes"]}
    nut_exe.end(pids["upsmon"])
    assert [row["name"] for row in look(installed)["processes"]] == ["nut"]
    assert call("ansible.win_service_info", name=NUT)["services"][0]["state"] == "started"
    os.kill(pids["nut"], signal.SIGKILL)
    nut_exe.end(pids["nut"])
    assert look(installed)["processes"] == []
    assert call("ansible.win_service_info", name=NUT)["services"][0]["state"] == "stopped"


def test_who_waits_for_the_end_of_upsmon_is_told_whether_it_has_ended(installed: Machine, call: Call) -> None:
    wait = {"process_name_exact": ["UPSMON"], "state": "absent", "timeout": 60}
    assert call("community.win_wait_for_process", **wait)["matched_processes"] == []
    call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    with pytest.raises(Failed, match="Timeout while waiting"):
        call("community.win_wait_for_process", **{**wait, "timeout": 0})
    assert call("community.win_wait_for_process", **{**wait, "process_name_exact": ["ups"]})["matched_processes"] == []


def test_a_service_reports_its_end_before_its_upsmon_ends(installed: Machine, call: Call) -> None:
    call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    assert call("ansible.win_service", name=NUT, state="stopped")["state"] == "stopped"
    assert "upsmon" in [row["name"] for row in installed.running()]
    with pytest.raises(Failed, match="used by another process"):
        call("ansible.win_file", path="C:\\NUT\\sbin", state="absent")
    done = call("community.win_wait_for_process", process_name_exact=["upsmon", "nut"], state="absent")
    assert {row["name"] for row in done["matched_processes"]} == {"upsmon", "nut"}
    assert call("ansible.win_file", path="C:\\NUT\\sbin", state="absent")["changed"]


def test_a_process_that_ends_in_between_fails_the_wait_once(installed: Machine, call: Call) -> None:
    wait = {"process_name_exact": ["upsmon"], "state": "absent"}
    call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    call("ansible.win_service", name=NUT, state="stopped")
    installed.state["races"] = 1
    with pytest.raises(Failed, match="Cannot find a process with the process identifier"):
        call("community.win_wait_for_process", **wait)
    assert not call("community.win_wait_for_process", **wait)["changed"]
    assert installed.running() == [row for row in installed.running() if row["name"] == "nut"]


def test_a_killed_nut_leaves_an_upsmon_that_only_upsmon_can_stop(installed: Machine, call: Call) -> None:
    call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    first = {row["name"]: row["pid"] for row in installed.running()}
    os.kill(first["nut"], signal.SIGKILL)
    while processes.ticks(first["nut"]):
        pass
    assert [(row["name"], row["parent"]) for row in installed.running()] == [("upsmon", first["nut"])]
    assert call("ansible.win_service", name=NUT, state="started")["state"] == "running"
    assert {row["name"]: row["pid"] for row in installed.running()}["upsmon"] == first["upsmon"]
    assert "A previous upsmon instance is already running!" in str(look(installed)["events"])

    call("ansible.win_command", argv=["C:\\NUT\\sbin\\upsmon.exe", "-c", "stop"])
    call("community.win_wait_for_process", process_name_exact=["upsmon"], state="absent")
    assert [row["name"] for row in installed.running()] == ["nut"]  # which does not start another one
    with pytest.raises(Failed, match="non-zero return code"):
        call("ansible.win_command", argv=["C:\\NUT\\sbin\\upsmon.exe", "-c", "stop"])


@pytest.mark.parametrize(
    "argv", [["C:\\NUT\\sbin\\upsmon.exe", "-c", "fsd"], ["C:\\Windows\\System32\\sc.exe", "stop", NUT]]
)
def test_other_commands_have_no_double(installed: Machine, call: Call, argv: list[str]) -> None:
    with pytest.raises(Failed, match="double: win_command has no double for"):
        call("ansible.win_command", argv=argv)


@pytest.mark.parametrize("error", [4551, 1260])
def test_a_program_that_policy_blocks_is_told_by_number_alone(installed: Machine, call: Call, error: int) -> None:
    installed.state["blocked"] = {"c:\\nut\\bin\\nut.exe": error}
    with pytest.raises(Failed, match="cannot be started") as failed:
        call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    assert str(error) not in str(failed.value)
    with pytest.raises(Failed) as failed:
        call("ansible.win_command", argv=["C:\\Windows\\System32\\sc.exe", "start", NUT])
    assert failed.value.result["rc"] == error


def test_a_blocked_upsmon_is_told_in_the_event_log(installed: Machine, call: Call) -> None:
    installed.state["blocked"] = {"c:\\nut\\sbin\\upsmon.exe": 4551}
    assert call("ansible.win_service", name=NUT, path=QUOTED, state="started")["state"] == "running"
    assert look(installed)["events"][0]["message"] == "Can't create process C:\\NUT\\sbin\\upsmon.exe : 4551"


@pytest.mark.parametrize(
    "arguments", [{"process_name_exact": ["upsmon"]}, {"process_name_pattern": "ups.*", "state": "absent"}]
)
def test_other_waits_are_not_doubled(call: Call, arguments: dict[str, Any]) -> None:
    with pytest.raises(Failed, match="only waits for the end of processes with exact names"):
        call("community.win_wait_for_process", **arguments)


@pytest.mark.parametrize("conf", [None, b"#MODE=netclient\n", b"MODE=none\n"])
def test_nut_ends_at_once_without_a_mode(installed: Machine, call: Call, conf: bytes | None) -> None:
    if conf is None:
        call("ansible.win_file", path="C:\\NUT\\etc\\nut.conf", state="absent")
    else:
        put(installed, "etc\\nut.conf", conf)
    with pytest.raises(Failed, match="Failed to start service"):
        call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    assert [event["level"] for event in look(installed)["events"]] == [4, 2, 4]
    assert look(installed)["processes"] == []


def test_without_upsmon_the_service_stays_started(installed: Machine, call: Call) -> None:
    call("ansible.win_file", path="C:\\NUT\\sbin\\upsmon.exe", state="absent")
    assert call("ansible.win_service", name=NUT, path=QUOTED, state="started")["state"] == "running"
    assert [row["name"] for row in look(installed)["processes"]] == ["nut"]
    assert look(installed)["events"][0]["message"].startswith("Can't create process")


@pytest.mark.parametrize(("library", "runs"), [(None, False), (pe.AMD64, False), (pe.I386, True)])
def test_upsmon_needs_its_libraries(installed: Machine, call: Call, library: int | None, runs: bool) -> None:
    put(installed, "sbin\\upsmon.exe", pe.program(pe.I386, ["ssleay32.dll"]))
    if library is not None:
        put(installed, "sbin\\ssleay32.dll", pe.program(library))
    call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    assert ("upsmon" in [row["name"] for row in look(installed)["processes"]]) is runs
    popups = [event["message"] for event in installed.state["events"] if event["source"] == "Application Popup"]
    assert bool(popups) is not runs


def test_nut_confpath_moves_the_configuration_of_a_modern_nut(installed: Machine, call: Call) -> None:
    registry.write(installed, ENVIRONMENT, "NUT_CONFPATH", "string", "C:\\ProgramData\\nut")
    with pytest.raises(Failed, match="Failed to start service"):
        call("ansible.win_service", name=NUT, path=QUOTED, state="started")
    assert look(installed)["nut_confpath"] == "C:\\ProgramData\\nut"


def test_an_unquoted_path_with_spaces_works_and_is_flagged(installed: Machine, call: Call) -> None:
    path = "C:\\Program Files (x86)\\NUT\\bin\\nut.exe"
    installed.drive.make_folder(paths.parent(path))
    installed.drive.write(path, pe.program(pe.AMD64))
    assert nut_exe.executable(installed, path) == (path, True)
    assert nut_exe.executable(installed, f'"{path}" -x') == (path, False)
    installed.drive.write("C:\\Program.exe", pe.program(pe.AMD64))
    assert nut_exe.executable(installed, path) == ("C:\\Program.exe", True)
    call("ansible.win_service", name=NUT, path=path)
    assert installed.state["services"][NUT.lower()]["unquoted_path"]


@pytest.mark.parametrize("wrong", [{"path": '"C:\\no.exe"'}, {"start_mode": "disabled"}, {"dependencies": ["Nothing"]}])
def test_services_that_cannot_start(installed: Machine, call: Call, wrong: dict[str, Any]) -> None:
    with pytest.raises(Failed, match="cannot be started"):
        call("ansible.win_service", **{"name": NUT, "path": QUOTED, "state": "started", **wrong})


def test_a_service_that_others_need_is_not_stopped(installed: Machine, call: Call) -> None:
    call("ansible.win_service", name=NUT, path=QUOTED, state="started", dependencies=["Dnscache"])
    with pytest.raises(Failed, match="dependent services"):
        call("ansible.win_service", name="Dnscache", state="stopped")
    assert call("ansible.win_service", name="Dnscache", state="stopped", force_dependent_services=True)["changed"]
    call("community.win_wait_for_process", process_name_exact=["upsmon", "nut"], state="absent")
    assert look(installed)["processes"] == []


@pytest.mark.parametrize(
    ("conf", "mode"),
    [
        ("MODE=netclient", "netclient"),
        ("# MODE=netclient\nMODE = standalone\n", "standalone"),
        (" #netclient", "netclient"),
    ],
)
def test_nut_only_looks_for_words(conf: str, mode: str) -> None:
    assert nut_exe.mode(conf) == mode


@pytest.mark.parametrize(
    ("last", "ended"), [("Auto logout and shutdown proceeding", True), ("Signal 15: exiting", False)]
)
def test_lines_of_upsmon_become_events(tmp_path: Path, last: str, ended: bool) -> None:
    script = (
        f"echo 'Login on UPS [ups] failed' >&2; echo 'fopen /run/nut/upsmon.pid: No such file' >&2; echo '{last}' >&2"
    )
    with subprocess.Popen(["sh", "-c", script], stderr=subprocess.PIPE) as upsmon:
        assert nut_exe._carry_output(str(tmp_path / "double"), upsmon) is ended
    with opened(str(tmp_path / "double")) as machine:
        told = [(event["level"], event["message"]) for event in machine.state["events"]]
    assert told == [(2, "upsmon - Login on UPS [ups] failed"), (4, f"upsmon - {last}")]
