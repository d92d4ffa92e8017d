# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would a Windows host go down, and be protected afterwards?"""

from __future__ import annotations

from typing import Any, Callable

import pytest
from unit.plugins.plugin_utils._windows.windows_host import (
    ARCHIVE,
    EXCHANGE,
    HIBERNATES,
    INFO,
    NAS,
    NOW,
    OLD_NAS,
    OUR_UPSMON,
    PORTABLE,
    SERVICE,
    SERVICES,
    SESSION,
    Windows,
    assessed,
    process,
    task_xml,
    upsd,
)


def test_a_host_that_serves_upses_is_known_by_its_upsd(windows: Windows) -> None:
    windows.results[INFO]["processes"].append(process("Upsd", 5000, None, None))
    seen = windows.look()
    assert seen["upsd_runs"] is True
    assert assessed(seen)["verdict"] == "ups_server"


THEIR_UPSMON = "C:\\Program Files (x86)\\NUT\\sbin\\upsmon.exe"


@pytest.mark.parametrize(
    ("processes", "upsmon"),
    [
        ([], {"pids": [], "started": None}),
        ([("nut", 1, OUR_UPSMON, NOW)], {"pids": [], "started": None}),
        ([("upsmon", 9, None, NOW - 5), ("upsmon", 7, None, NOW - 9)], {"pids": [7, 9], "started": NOW - 9}),
        ([("upsmon", 9, OUR_UPSMON, NOW - 5)], {"pids": [9], "started": NOW - 5}),
        ([("UPSMON", 9, OUR_UPSMON.upper(), NOW - 5)], {"pids": [9], "started": NOW - 5}),
        # wherever it is, it protects the host; but how old ours is, another one does not tell
        ([("upsmon", 9, THEIR_UPSMON, NOW - 5)], {"pids": [9], "started": NOW - 5}),
        (
            [("upsmon", 9, THEIR_UPSMON, NOW - 9), ("upsmon", 7, OUR_UPSMON, NOW - 5)],
            {"pids": [7, 9], "started": NOW - 5},
        ),
        # Windows does not tell: then it cannot be older than its files
        ([("upsmon", 9, None, None)], {"pids": [9], "started": NOW}),
        ([("upsmon", 9, OUR_UPSMON, NOW - 5), ("upsmon", 7, None, None)], {"pids": [7, 9], "started": NOW - 5}),
    ],
)
def test_upsmon(
    windows: Windows, processes: list[tuple[str, int, str | None, float | None]], upsmon: dict[str, Any]
) -> None:
    windows.results[INFO]["processes"] = [process(*told) for told in processes]
    assert windows.look()["upsmon"] == upsmon


REPLACED = f"a NUT at {PORTABLE} is logged in now; it will be replaced, but not before the NAS would take the new login"


def test_a_nut_that_was_set_up_elsewhere_protects_the_host(by_hand: Windows) -> None:
    """Hosts of NUT issues 3208, 5 and 3420: the same service, from wherever NUT was unpacked."""
    seen = by_hand.look()
    assert (seen["access"][0]["logged_in"], seen["running_client_logged_in"]) == (True, True)
    result = assessed(seen)
    assert result["notes"] == [REPLACED]
    assert (result["verdict"], result["changes"]["steps"]) == ("drifted", ["install", "configure", "service"])


@pytest.mark.parametrize(
    ("exchange", "verdict"),
    [
        (upsd(PASSWORD="ERR INVALID-PASSWORD", LOGIN="ERR ACCESS-DENIED"), "bad_credentials"),
        (upsd(**dict.fromkeys(("VER", "LIST", "GET", "USERNAME"), "ERR ACCESS-DENIED")), "not_permitted"),
    ],
)
def test_it_is_not_replaced_by_what_the_nas_would_refuse(
    by_hand: Windows, exchange: Callable[[dict[str, Any]], dict[str, Any]], verdict: str
) -> None:
    by_hand.results[INFO]["connections"][1]["remote_address"] = OLD_NAS
    elsewhere = upsd()
    by_hand.results[EXCHANGE] = lambda asked: (exchange if asked["host"] == NAS else elsewhere)(asked)
    result = assessed(by_hand.look())
    assert result["verdict"] == verdict
    assert (result["changes"]["steps"], result["changes"]["code"]) == ([], "would_lose_login")


def test_an_upsmon_that_is_not_logged_in_is_replaced_without_a_word(by_hand: Windows) -> None:
    by_hand.results[INFO]["connections"] = by_hand.results[INFO]["connections"][:1]
    by_hand.results[EXCHANGE] = upsd(clients=())
    assert by_hand.look()["notes"] == []


# the chain

MONITORED = {"monitor_only": True}
HIBERNATING = {"hibernation": HIBERNATES, "task_xml": task_xml()}

# what differs of the service, of the host, of the wishes; code of each gap
GAPS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, {}, []),
    ({"start_mode": "auto"}, {}, {}, []),  # before the network, which is drift
    ({"start_mode": "manual"}, {}, {}, ["unit_not_enabled"]),
    ({"start_mode": "disabled"}, {}, {}, ["unit_not_enabled"]),
    ({}, HIBERNATING, {"hibernate": True}, []),
    ({}, {"hibernation": HIBERNATES}, {"hibernate": True}, ["resume_task"]),
    ({}, {**HIBERNATING, "task_xml": task_xml(TriggerEnabled="false")}, {"hibernate": True}, ["resume_task_altered"]),
    ({}, {"task_xml": task_xml()}, {"hibernate": True}, ["hibernation_off"]),
    ({}, {"task_xml": task_xml()}, {}, []),  # harmless, which is drift
    ({"start_mode": "manual"}, {"hibernation": HIBERNATES}, {"hibernate": True}, ["unit_not_enabled", "resume_task"]),
    ({}, {}, MONITORED, ["monitor_only"]),
    ({"start_mode": "manual"}, {}, {**MONITORED, "hibernate": True}, ["monitor_only", "unit_not_enabled"]),
]


@pytest.mark.parametrize(("service", "host", "wishes", "codes"), GAPS)
def test_gaps(
    windows: Windows, service: dict[str, Any], host: dict[str, Any], wishes: dict[str, Any], codes: list[str]
) -> None:
    windows.results[SERVICES]["services"][0].update(service)
    windows.results[INFO].update(host)
    wishes = dict(wishes)
    row = {**ARCHIVE, "hibernate": wishes.pop("hibernate", False)}
    result = assessed(windows.look(row, **wishes))
    assert [one["code"] for one in result["gaps"]] == codes
    assert (result["verdict"] == "would_stay_up") is bool(codes)
    assert result["reason"] == (codes[0] if codes else "")
    assert result["accepted"] is (codes == ["monitor_only"])


# the service; upsmon's path, the process that started it and its name; code of the gap
STRAYS: list[tuple[dict[str, Any], str | None, int | None, str | None, str]] = [
    ({}, OUR_UPSMON, 4000, "nut", ""),
    ({}, None, 4000, "nut", ""),
    ({}, OUR_UPSMON, None, None, ""),  # Windows does not tell
    # nut.exe was killed, and its number may be another process's now
    ({}, OUR_UPSMON, 3900, None, "orphan"),
    ({}, None, 3900, None, "orphan"),
    ({}, OUR_UPSMON, 4000, None, "orphan"),
    ({"state": "stopped", "process_id": 0}, OUR_UPSMON, 4000, None, "orphan"),
    ({"state": "stopped", "process_id": 0}, OUR_UPSMON, 0, "Idle", "other_starter"),
    # a task or a person has started it
    ({}, OUR_UPSMON, 1200, "svchost", "other_starter"),
    ({}, PORTABLE, 1200, "svchost", "other_starter"),
    ({}, PORTABLE, 1200, None, "other_starter"),
    ({}, PORTABLE, None, None, "other_starter"),
    ({"state": "stopped", "process_id": 0}, OUR_UPSMON, 1200, "powershell", "other_starter"),
    # NUT's own service, of another name
    ({}, OUR_UPSMON, 5000, "nut", "other_starter"),
    # a service that somebody set up elsewhere
    ({"path": "C:\\Portable\\NUT\\nut.exe"}, PORTABLE, 4000, "nut", ""),
    ({"path": "C:\\Portable\\NUT\\nut.exe"}, PORTABLE, None, None, ""),
    ({"path": "C:\\Portable\\NUT\\nut.exe"}, PORTABLE, 3900, None, "orphan"),
    ({"path": '"C:\\Portable\\NUT\\bin\\nut.exe"'}, "C:\\Portable\\NUT\\sbin\\upsmon.exe", 3900, None, "orphan"),
    ({"path": "C:\\Portable\\NUT\\nut.exe"}, "C:\\Portable\\NUT 2\\upsmon.exe", 3900, None, "other_starter"),
    ({"path": "C:\\Windows\\srvany.exe"}, "C:\\Windows\\upsmon.exe", 3900, None, "other_starter"),
]


@pytest.mark.parametrize(("service", "program", "parent", "starter", "code"), STRAYS)
def test_an_upsmon_that_the_service_has_not_started(
    windows: Windows, service: dict[str, Any], program: str | None, parent: int | None, starter: str | None, code: str
) -> None:
    windows.results[SERVICES]["services"][0].update(service)
    windows.upsmon.update(path=program, parent=parent, parent_name=starter)
    result = assessed(windows.look())
    assert [one["code"] for one in result["gaps"]] == [code] * bool(code)
    assert (result["verdict"] == "would_stay_up") is bool(code)
    assert (result["changes"]["code"], result["notes"] == []) == (
        "other_starter" if code == "other_starter" and result["drift"] else "",
        bool(code) or program != PORTABLE,
    )


def test_the_orphan_of_a_killed_nut_exe_is_named_and_ended_by_a_run(windows: Windows) -> None:
    """Executed with NUT 2.8.4: the service runs, and the upsmon before it holds the line with its old configuration."""
    windows.upsmon.update(parent=3900, parent_name=None)
    result = assessed(windows.look())
    assert (result["verdict"], result["reason"], result["protected"]) == ("would_stay_up", "orphan", False)
    assert (result["drift"], result["changes"]["steps"]) == (["service"], ["service"])
    said = f"upsmon (PID 4312, {OUR_UPSMON}) has outlived the program that started it (PID 3900)"
    assert said in result["advice"]
    assert said in result["drift_details"][0]["text"]
    assert result["advice"].endswith("Run upsfleet.synology.site.")


def test_a_living_competitor_is_named_and_nothing_is_changed(windows: Windows) -> None:
    """The task that starts it may end at log-off."""
    windows.upsmon.update(path=PORTABLE, parent=1200, parent_name="svchost")
    windows.results[SERVICES]["services"][0]["start_mode"] = "manual"
    result = assessed(windows.look())
    assert (result["changes"]["steps"], result["changes"]["code"]) == ([], "other_starter")
    said = f"upsmon (PID 4312, {PORTABLE}) was started by svchost (PID 1200), not by {SERVICE}"
    assert said in result["advice"]
    assert "Stop it (Stop-Process -Id 4312) and turn off the task or program that starts it" in result["advice"]


@pytest.mark.parametrize(
    ("parent", "starter", "code"), [(1200, "svchost", "other_starter"), (1200, None, "orphan"), (None, None, "")]
)
def test_where_no_service_is_registered_what_runs_is_somebody_elses(
    windows: Windows, parent: int | None, starter: str | None, code: str
) -> None:
    """NUT issue 5: people have the Task Scheduler start upsmon.exe. Our service could start no other one."""
    windows.results[SERVICES]["services"] = []
    windows.upsmon.update(parent=parent, parent_name=starter)
    result = assessed(windows.look())
    assert [one["code"] for one in result["gaps"]] == [code] * bool(code)
    assert result["changes"]["steps"] == ([] if code == "other_starter" else ["service"])


def test_beside_the_services_own_upsmon_another_one_is_not_in_the_way(windows: Windows) -> None:
    windows.results[INFO]["processes"].append(process("upsmon", 77, PORTABLE, NOW, 1200, "svchost"))
    assert windows.look()["gaps"] == []


# a forced shutdown that took upsmon, but not the host

FSD = "upsmon - Executing automatic power-fail shutdown"
STOPPING = "Stopping upsmon (client only)"


@pytest.fixture
def stopped(windows: Windows) -> Windows:
    """Return a host on which upsmon has stopped its service and run SHUTDOWNCMD, and that is still up."""
    windows.results[SERVICES]["services"][0].update(state="stopped", process_id=0)
    windows.results[INFO].update(processes=[], connections=[SESSION])
    windows.results[EXCHANGE] = upsd(clients=())
    windows.results[INFO]["events"] = happened("Exiting", STOPPING, FSD, "Starting upsmon (client only)")
    return windows


def happened(*messages: str) -> list[dict[str, Any]]:
    """Return events, the newest (ten minutes ago) first."""
    return [{"time": NOW - 600 - age, "level": 4, "message": text} for age, text in enumerate(messages)]


@pytest.mark.parametrize(
    ("hibernate", "said"),
    [
        (False, "something aborted the shutdown (shutdown /a) or refused it (another one that was scheduled already"),
        (True, "either it has hibernated and the task upsfleet resume did not start the client after it"),
    ],
)
def test_a_shutdown_that_was_aborted_is_told_with_its_remedy(stopped: Windows, hibernate: bool, said: str) -> None:
    stopped.results[INFO].update(hibernation=HIBERNATES, task_xml=task_xml() if hibernate else None)
    result = assessed(stopped.look({**ARCHIVE, "hibernate": hibernate}))
    assert (result["verdict"], result["reason"]) == ("not_logged_in", "shutdown_aborted")
    assert "10 minutes ago upsmon stopped its service and ran SHUTDOWNCMD in a power failure" in result["advice"]
    assert said in result["advice"]
    assert result["advice"].endswith("Run upsfleet.synology.site.")
    assert [one["code"] for one in result["drift_details"]].count("shutdown_aborted") == 1
    assert result["changes"]["steps"] == ["service"]


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ({"booted": NOW - 300}, {}),  # it went down, and somebody has stopped the service since
        ({"booted": None}, {}),
        ({"events": happened(STOPPING, "Starting upsmon (client only)", FSD)}, {}),
        ({"events": happened("Exiting", STOPPING)}, {}),
        ({"events": []}, {}),
        ({}, {"state": "started", "process_id": 4000}),
        ({}, {"name": "another"}),
    ],
)
def test_a_service_that_was_stopped_otherwise(stopped: Windows, host: dict[str, Any], service: dict[str, Any]) -> None:
    stopped.results[INFO].update(host)
    stopped.results[SERVICES]["services"][0].update(service)
    result = assessed(stopped.look())
    assert (result["verdict"], result["reason"]) == ("not_logged_in", "")
    assert "shutdown_aborted" not in [one["code"] for one in result["drift_details"]]


def test_while_the_power_fails_it_is_not_started_into(stopped: Windows) -> None:
    stopped.results[EXCHANGE] = upsd(clients=(), GET='VAR ups ups.status "OB DISCHRG"')
    changes = assessed(stopped.look())["changes"]
    assert (changes["steps"], changes["code"]) == ([], "on_battery")
