# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a Windows host: what modules return, and what follows from it."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_audit
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed
from unit.plugins.plugin_utils._windows.windows_host import (
    ARCHIVE,
    CONNECTED,
    DENIED,
    EXCHANGE,
    FILES,
    FIND,
    FOLDERS,
    HIBERNATES,
    INFO,
    LOOKED,
    MARKER,
    ME,
    NAS,
    NOW,
    OLD_NAS,
    REGISTRY,
    SENTINEL,
    SERVICE,
    SERVICES,
    SHUTDOWN,
    STATE_DIR,
    WINNUT,
    Clock,
    Windows,
    assessed,
    coded,
    file,
    named,
    pairs,
    refused,
    task_xml,
    upsd,
)


def test_a_protected_host_costs_four_executions(windows: Windows) -> None:
    seen = windows.look()
    assert windows.executed == [FIND, SERVICES, INFO, EXCHANGE]
    result = assessed(seen)
    assert (result["verdict"], result["drift"], result["advice"], result["notes"]) == ("ok", [], "", [])
    told = {"installed": True, "present": True, "marked": True, "kept": False}
    assert seen["package"] == {**told, "version": "2.8.4", "server": False}
    assert seen["os"] == {"platform": "windows", "name": "Windows Server 2022 Standard", "version": "10.0.20348"}
    assert seen["installation"] == {
        "prefix": "C:\\NUT",
        "upsmon": "C:\\NUT\\sbin\\upsmon.exe",
        "etc": "C:\\NUT\\etc",
    }
    assert seen["upsmon"] == {"pids": [4312], "started": NOW - 50}
    assert (seen["running_client_logged_in"], seen["provable"], seen["upsd_runs"]) == (True, True, False)
    assert (seen["blocker"], seen["state_dir_trusted"]) == ("", True)
    assert (seen["folder_existed"], seen["folder_drift"], seen["events"]) == (True, [], [])


def test_the_password_goes_nowhere_but_to_the_exchange(windows: Windows) -> None:
    seen = windows.look()
    assert SENTINEL not in repr(seen)
    assert [name for name, arguments in windows.calls if SENTINEL in repr(arguments)] == [EXCHANGE]


def test_every_further_monitor_costs_one_execution(windows: Windows) -> None:
    monitors = [{"host": host, "password": SENTINEL} for host in (NAS, OLD_NAS)]
    windows.results[INFO]["connections"].append({**CONNECTED, "remote_address": OLD_NAS})
    seen = windows.look(monitors=monitors)
    assert windows.executed == [FIND, SERVICES, INFO, EXCHANGE, EXCHANGE]
    assert [report["logged_in"] for report in seen["access"]] == [True, True]


def test_what_is_asked_of_the_host(windows: Windows) -> None:
    windows.look(events_since="1799999000.5")
    asked = windows.given(INFO)
    assert (asked["events_since"], asked["event_source"]) == (1799999000.5, SERVICE)
    assert asked["paths"] == [*FOLDERS, STATE_DIR]
    assert asked["files"] == ["C:\\NUT\\etc\\nut.conf", "C:\\NUT\\etc\\upsmon.conf", SHUTDOWN]
    assert asked["configurations"] == ["C:\\NUT\\etc\\upsmon.conf", "C:\\NUT\\etc\\nut.conf"]
    assert asked["processes"] == ["nut", "upsmon", "upsd"]
    found = windows.given(FIND)
    assert found["paths"] == ["C:\\NUT", STATE_DIR]
    assert found["patterns"] == ["installed.txt", "kept.txt", "nut.conf", "nut.exe", "upsmon.conf", "upsmon.exe"]
    assert (found["recurse"], found["depth"], found["hidden"]) == (True, 2, True)  # bin, sbin and etc, no deeper
    assert (asked["task"], asked["power_capabilities"]) == ("upsfleet resume", False)


def test_the_prefix_is_asked_about_though_it_is_nobodys_folder(windows: Windows) -> None:
    """Under Program Files only etc is NUT's own; whether the prefix was there decides what is removed later."""
    etc = {"path": "C:\\NUT\\etc", "kind": "etc"}
    windows.look({**ARCHIVE, "folders": [etc]})
    assert windows.given(INFO)["paths"] == ["C:\\NUT", "C:\\NUT\\etc", STATE_DIR]


@pytest.mark.parametrize(("address", "name"), [(f"::ffff:{ME}", "UPSMON"), (ME, "upsmon")])
def test_addresses_and_names_as_windows_writes_them(windows: Windows, address: str, name: str) -> None:
    windows.upsmon["name"] = name
    windows.results[INFO]["connections"] = [{**CONNECTED, "local_address": address, "remote_address": f"::ffff:{NAS}"}]
    assert windows.look()["access"][0]["logged_in"] is True


# files and package

# files, installed, present
PACKAGES: list[tuple[list[dict[str, Any]], bool, bool]] = [
    (FILES, True, True),
    ([{**one, "path": one["path"].upper()} for one in FILES], True, True),
    ([*named("installed.txt"), file(f"{STATE_DIR}\\installed.txt", "archive 2.8.3 0")], False, True),
    ([*named("installed.txt"), file(f"{STATE_DIR}\\installed.txt", f"{MARKER}\r\n")], False, True),
    (named("installed.txt"), False, True),
    (named("nut.exe"), False, False),
    (named("upsmon.exe"), False, False),
    ([*named("nut.exe"), file("C:\\NUT\\sbin\\nut.exe")], False, False),
    ([], False, False),
]


@pytest.mark.parametrize(("files", "installed", "present"), PACKAGES)
def test_package(windows: Windows, files: list[dict[str, Any]], installed: bool, present: bool) -> None:
    windows.results[FIND]["files"] = files
    package = windows.look()["package"]
    assert {key: package[key] for key in ("installed", "present")} == {"installed": installed, "present": present}
    assert (package["version"], package["server"]) == ("2.8.4", False)


@pytest.mark.parametrize(
    ("files", "marked", "kept"),
    [
        (FILES, True, False),
        (named("installed.txt"), False, False),
        ([*FILES, file(f"{STATE_DIR}\\Kept.txt")], True, True),
        ([file(f"{STATE_DIR}\\kept.txt"), file("C:\\NUT\\bin\\kept.txt")], False, True),
    ],
)
def test_what_an_interrupted_upgrade_has_left(
    windows: Windows, files: list[dict[str, Any]], marked: bool, kept: bool
) -> None:
    windows.results[FIND]["files"] = files
    package = windows.look()["package"]
    assert (package["marked"], package["kept"]) == (marked, kept)


@pytest.mark.parametrize(
    ("files", "drift"),
    [
        (FILES, []),
        (named("nut.conf"), ["C:\\NUT\\etc\\nut.conf differs"]),
        (
            [*named("upsmon.conf"), file("C:\\NUT\\etc\\upsmon.conf", "MONITOR 2\n")],
            ["C:\\NUT\\etc\\upsmon.conf differs"],
        ),
        ([{**one, "path": one["path"].lower()} for one in FILES], []),
        ([*FILES, file("C:\\NUT\\etc\\upsd.conf", "LISTEN\n")], []),
    ],
)
def test_files_that_differ(windows: Windows, files: list[dict[str, Any]], drift: list[str]) -> None:
    windows.results[FIND]["files"] = files
    result = assessed(windows.look())
    assert pairs(result["drift_details"]) == coded("file_differs", drift)


OLDER = "upsmon is older than its files"


@pytest.mark.parametrize(
    ("written", "started", "drift"),
    [
        (NOW - 51, NOW - 50, []),
        (NOW - 49, NOW - 50, [OLDER]),
        (NOW + 7200, NOW - 50, []),  # the clock was set back
        (None, NOW - 50, []),  # it was removed in between
        (NOW - 100, None, []),  # Windows does not tell when it was started
    ],
)
def test_an_upsmon_that_has_not_read_its_file(
    windows: Windows, written: float | None, started: float | None, drift: list[str]
) -> None:
    windows.results[INFO]["written"]["C:\\NUT\\etc\\upsmon.conf"] = written
    windows.upsmon["started"] = started
    seen = windows.look()
    assert seen["files"]["C:\\NUT\\etc\\upsmon.conf"]["mtime"] == (written or 0.0)
    assert pairs(assessed(seen)["drift_details"]) == coded("upsmon_older_than_files", drift)


def test_a_file_that_is_not_there_has_no_time(windows: Windows) -> None:
    windows.results[FIND]["files"] = named("nut.conf")
    assert windows.look()["files"]["C:\\NUT\\etc\\nut.conf"] == {"exists": False}


def test_a_bare_host_is_made_ready(windows: Windows) -> None:
    windows.results[FIND] = {"files": []}
    windows.results[SERVICES] = {"services": []}
    windows.results[EXCHANGE] = upsd(clients=())
    windows.results[INFO].update(processes=[], connections=[], acls=dict.fromkeys([*FOLDERS, STATE_DIR]))
    windows.results[INFO].update(event_message_file=None, written=dict.fromkeys(LOOKED["written"]))
    seen = windows.look()
    assert (seen["folder_existed"], seen["folder_drift"], seen["blocker"]) == (False, [], "")
    result = assessed(seen)
    assert result["verdict"] == "not_logged_in"
    assert result["changes"] == {
        "steps": ["install", "configure", "service"],
        "code": "",
        "reason": "",
        "roll_back": False,
    }
    assert pairs(result["drift_details"]) == [
        ("file_differs", "C:\\NUT\\etc\\nut.conf differs"),
        ("file_differs", "C:\\NUT\\etc\\upsmon.conf differs"),
        ("unit_not_enabled", f"{SERVICE} is not enabled"),
        ("unit_not_active", f"{SERVICE} is not active"),
        ("upsmon_not_running", "upsmon does not run"),
    ]


# waiting


def test_it_looks_again_until_upsmon_is_logged_in(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    def then(count: int) -> None:
        if count == 3:
            windows.results[EXCHANGE] = upsd()
            windows.results[INFO]["events"] = [
                {"time": NOW, "level": level, "message": f"level {level}"} for level in (4, 3, 2)
            ]

    clock = Clock(then)
    monkeypatch.setattr(login_audit, "time", clock)
    windows.results[EXCHANGE] = upsd(clients=())
    seen = windows.look(wait=20)
    assert (clock.slept, seen["access"][0]["logged_in"], seen["running_client_logged_in"]) == (3, True, True)
    assert seen["events"] == ["level 2"]
    again = [INFO, EXCHANGE]
    assert windows.executed == [FIND, SERVICES, INFO, EXCHANGE, *again * 3]


def test_what_the_machine_is_capable_of_is_asked_once(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs the host a compilation, and does not change while upsmon is waited for."""
    monkeypatch.setattr(login_audit, "time", Clock())
    windows.results[EXCHANGE] = upsd(clients=())
    told = {**windows.results[INFO], "task_xml": task_xml()}
    windows.results[INFO] = lambda asked: {
        **told,
        "hibernation": {**HIBERNATES, "supported": False if asked["power_capabilities"] else None},
    }
    seen = windows.look({**ARCHIVE, "hibernate": True}, wait=4)
    assert [given["power_capabilities"] for name, given in windows.calls if name == INFO] == [True, False, False]
    assert [one["code"] for one in seen["gaps"]] == ["no_s4"]


NO_LOGIN = upsd(clients=())


@pytest.mark.parametrize(
    ("exchange", "running", "options", "slept"),
    [
        (NO_LOGIN, True, {}, 0),
        (NO_LOGIN, True, {"wait": 0}, 0),
        (NO_LOGIN, True, {"wait": None}, 0),
        (NO_LOGIN, True, {"wait": "5"}, 3),
        (NO_LOGIN, True, {"wait": 20}, 10),
        (NO_LOGIN, False, {"wait": 20}, 0),  # what does not run does not log in
        (NO_LOGIN, True, {"wait_for_server": 20}, 0),
        (upsd(), True, {"wait": 20, "wait_for_server": 20}, 0),
        (DENIED, True, {"wait": 20, "wait_for_server": 20}, 0),  # waiting permits nothing
        (refused, True, {"wait": 20}, 0),
        (refused, True, {"wait_for_server": 6}, 3),
        (refused, False, {"wait_for_server": 6}, 3),
    ],
)
def test_it_waits_for_what_time_may_bring(
    windows: Windows,
    monkeypatch: pytest.MonkeyPatch,
    exchange: Callable[[dict[str, Any]], dict[str, Any]],
    running: bool,
    options: dict[str, Any],
    slept: int,
) -> None:
    clock = Clock()
    monkeypatch.setattr(login_audit, "time", clock)
    windows.results[EXCHANGE] = exchange
    if not running:
        windows.results[INFO].update(processes=[], connections=[])
    windows.look(**options)
    assert clock.slept == slept


def test_a_server_that_comes_back_is_waited_for(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    def then(count: int) -> None:
        windows.results[EXCHANGE] = upsd(clients=() if count < 4 else (ME,)) if count > 1 else refused

    clock = Clock(then)
    monkeypatch.setattr(login_audit, "time", clock)
    windows.results[EXCHANGE] = refused
    seen = windows.look(wait_for_server=60, wait=20)
    assert (clock.slept, seen["access"][0]["verdict"], seen["access"][0]["logged_in"]) == (4, "ok", True)


# failures

DENIED_BY_WINDOWS = {"failed": True, "msg": "Access is denied."}


@pytest.mark.parametrize("module", [FIND, SERVICES, INFO])
@pytest.mark.parametrize(
    ("result", "text"),
    [
        (DENIED_BY_WINDOWS, "Access is denied."),
        ({"failed": True, "module_stderr": "out of memory"}, "out of memory"),
        ({"failed": True}, "no answer"),
        ({"unreachable": True, "msg": "timed out"}, "timed out"),
    ],
)
def test_a_module_that_fails_is_named(windows: Windows, module: str, result: dict[str, Any], text: str) -> None:
    windows.results[module] = result
    with pytest.raises(ModuleFailed) as caught:
        windows.look()
    assert str(caught.value) == f"{module}: {text}"
    assert caught.value.result == result


def test_a_probe_that_fails_is_named(windows: Windows) -> None:
    windows.results[EXCHANGE] = DENIED_BY_WINDOWS
    with pytest.raises(ModuleFailed, match=f"^{EXCHANGE}: Access is denied.$"):
        windows.look()


def test_a_registry_that_cannot_be_read_is_named(winnut: Windows) -> None:
    winnut.results[REGISTRY] = DENIED_BY_WINDOWS
    with pytest.raises(ModuleFailed, match=f"^{REGISTRY}: Access is denied.$"):
        winnut.look(WINNUT)
