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
    INFO,
    NAS,
    NOW,
    OLD_NAS,
    PORTABLE,
    SERVICE,
    SERVICES,
    TASK,
    WINNUT,
    Windows,
    assessed,
    upsd,
)


def test_a_host_that_serves_upses_is_known_by_its_upsd(windows: Windows) -> None:
    windows.results[INFO]["processes"].append({"name": "Upsd", "pid": 5000, "path": None, "started": None})
    seen = windows.look()
    assert seen["upsd_runs"] is True
    assert assessed(seen)["verdict"] == "ups_server"


OUR_UPSMON, THEIR_UPSMON = "C:\\NUT\\sbin\\upsmon.exe", "C:\\Program Files (x86)\\NUT\\sbin\\upsmon.exe"


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
    windows.results[INFO]["processes"] = [
        dict(zip(("name", "pid", "path", "started"), process)) for process in processes
    ]
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


# what differs; code of each gap
GAPS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, []),
    ({"start_mode": "auto"}, {}, []),  # before the network, which is drift
    ({"start_mode": "manual"}, {}, ["unit_not_enabled"]),
    ({"start_mode": "disabled"}, {}, ["unit_not_enabled"]),
    ({"path": "C:\\Other\\nut.exe"}, {"upsmon": PORTABLE}, []),
    ({}, {"upsmon": PORTABLE}, ["other_starter"]),
    ({}, {"hibernate": True, "hibernation": True, "task": True}, []),
    ({}, {"hibernate": True, "hibernation": True}, ["resume_task"]),
    ({}, {"hibernate": True, "task": True}, ["no_hibernation"]),
    ({}, {"task": True}, []),  # harmless, which is drift
    ({"start_mode": "manual"}, {"hibernate": True, "hibernation": True}, ["unit_not_enabled", "resume_task"]),
]


@pytest.mark.parametrize(("service", "host", "codes"), GAPS)
def test_gaps(windows: Windows, service: dict[str, Any], host: dict[str, Any], codes: list[str]) -> None:
    windows.results[SERVICES]["services"][0].update(service)
    windows.results[INFO]["hibernation"] = host.get("hibernation", False)
    windows.results[INFO]["processes"][1]["path"] = host.get("upsmon", OUR_UPSMON)
    windows.results[TASK]["task_exists"] = host.get("task", False)
    result = assessed(windows.look({**ARCHIVE, "hibernate": host.get("hibernate", False)}))
    assert [one["code"] for one in result["gaps"]] == codes
    assert (result["verdict"] == "would_stay_up") is bool(codes)
    assert result["reason"] == (codes[0] if codes else "")


def test_a_living_competitor_is_named_and_nothing_is_changed(windows: Windows) -> None:
    windows.results[INFO]["processes"][1]["path"] = PORTABLE
    windows.results[SERVICES]["services"][0]["start_mode"] = "manual"
    result = assessed(windows.look())
    assert result["changes"]["steps"] == []
    assert f"the upsmon that runs is {PORTABLE} (PID 4312), which {SERVICE} does not start" in result["advice"]


def test_what_is_not_registered_has_drift_and_no_gaps(windows: Windows) -> None:
    windows.results[SERVICES]["services"] = []
    assert windows.look()["gaps"] == []


def test_winnut_has_no_gaps(winnut: Windows) -> None:
    seen = winnut.look(WINNUT)
    assert (seen["gaps"], seen["notes"]) == ([], [])


def test_only_what_went_wrong_is_quoted(windows: Windows) -> None:
    levels = enumerate(("none", "critical", "error", "warning", "information"))
    windows.results[INFO]["events"] = [
        {"time": NOW, "level": level, "message": name} for level, name in levels if level
    ]
    assert windows.look()["events"] == ["critical", "error"]


@pytest.mark.parametrize(
    ("since", "started", "quoted"),
    [
        (None, NOW - 50, ["now", "at the start"]),  # what an upsmon before this one had to say is over
        (0, NOW - 50, ["now", "at the start"]),
        (NOW - 51, NOW - 50, ["now", "at the start", "just before"]),
        (str(NOW - 10), NOW - 50, ["now"]),
        (None, None, ["now"]),
    ],
)
def test_what_happened_before_is_not_quoted(
    windows: Windows, since: Any, started: float | None, quoted: list[str]
) -> None:
    times = {"now": NOW, "at the start": NOW - 50, "just before": NOW - 51, "long ago": NOW - 5000}
    windows.results[INFO]["events"] = [{"time": time, "level": 2, "message": name} for name, time in times.items()]
    windows.results[INFO]["processes"][1]["started"] = started
    assert windows.look(**({} if since is None else {"events_since": since}))["events"] == quoted


@pytest.mark.parametrize(("options", "quoted"), [({}, []), ({"events_since": NOW - 10}, ["Exiting"])])
def test_where_no_upsmon_runs_only_what_was_asked_for_is_quoted(
    windows: Windows, options: dict[str, Any], quoted: list[str]
) -> None:
    windows.results[INFO].update(processes=[], connections=[])
    windows.results[INFO]["events"] = [{"time": NOW, "level": 2, "message": "Exiting"}]
    assert windows.look(**options)["events"] == quoted
