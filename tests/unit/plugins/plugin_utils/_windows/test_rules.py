# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs on a Windows host, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from unit.plugins.plugin_utils._windows.windows_host import (
    ARCHIVE,
    CLOSED,
    FILES,
    FIND,
    INFO,
    NOW,
    OPEN_TO_USERS,
    PROGRAM_FILES,
    RULE_OF_SOMEBODY,
    SERVICE,
    SERVICES,
    SOMEBODY,
    STATE_DIR,
    USERS_MAY_RUN,
    WINNUT,
    Windows,
    assessed,
    coded,
    named,
    pairs,
)

EARLY = f"{SERVICE} starts before the network does"

# what differs of the service; code and text of the drift
UNITS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    (
        {"path": "C:\\NUT\\bin\\nut.exe"},
        [("service_path", f'{SERVICE} starts C:\\NUT\\bin\\nut.exe and not "C:\\NUT\\bin\\nut.exe"')],
    ),
    (
        {"path": '"D:\\NUT\\nut.exe"'},
        [("service_path", f'{SERVICE} starts "D:\\NUT\\nut.exe" and not "C:\\NUT\\bin\\nut.exe"')],
    ),
    ({"start_mode": "auto"}, [("service_start_mode", EARLY)]),
    ({"start_mode": "manual"}, [("unit_not_enabled", f"{SERVICE} is not enabled")]),
    ({"start_mode": "disabled"}, [("unit_not_enabled", f"{SERVICE} is not enabled")]),
    ({"state": "stopped"}, [("unit_not_active", f"{SERVICE} is not active")]),
    ({"state": "start_pending"}, [("unit_not_active", f"{SERVICE} is not active")]),
    ({"dependencies": ["tcpip", "DNSCACHE"]}, []),
    ({"dependencies": ["Tcpip"]}, [("service_dependencies", f"{SERVICE} does not wait for dnscache")]),
    ({"dependencies": []}, [("service_dependencies", f"{SERVICE} does not wait for dnscache, tcpip")]),
    ({"dependencies": None}, [("service_dependencies", f"{SERVICE} does not wait for dnscache, tcpip")]),
    (
        {"dependencies": ["Tcpip", "Dnscache", "NlaSvc"]},
        [("service_dependencies", f"{SERVICE} would not start where one of these does not: nlasvc")],
    ),
]


@pytest.mark.parametrize(("changes", "drift"), UNITS)
def test_service_drift(windows: Windows, changes: dict[str, Any], drift: list[tuple[str, str]]) -> None:
    windows.results[SERVICES]["services"][0].update(changes)
    result = assessed(windows.look())
    assert pairs(result["drift_details"]) == drift
    assert result["changes"]["steps"] == (["service"] if drift else [])


def test_a_service_of_a_similar_name_is_not_ours(windows: Windows) -> None:
    windows.results[SERVICES]["services"][0]["name"] = "Network UPS Tools 2"
    unit = windows.look()["units"][SERVICE]
    assert (unit["registered"], unit["enabled"], unit["active"], unit["main_pid"]) == (False, False, False, 0)


UNREGISTERED = "its events have no texts: the event source is not registered"


@pytest.mark.parametrize(
    ("registered", "files", "drift"),
    [
        ("C:\\NUT\\bin\\nut.exe", FILES, []),
        (None, FILES, [UNREGISTERED]),
        ("C:\\Old\\nut.exe", FILES, [UNREGISTERED]),
        (None, named("installed.txt"), [UNREGISTERED]),
        (None, named("nut.exe"), []),
    ],
)
def test_event_source(windows: Windows, registered: str | None, files: list[dict[str, Any]], drift: list[str]) -> None:
    windows.results[FIND]["files"] = files
    windows.results[INFO]["event_message_file"] = registered
    assert pairs(windows.look()["service_drift"]) == coded("event_source", drift)


# folders

# descriptors that differ, the drift, who has a say of their own
ACLS: list[tuple[dict[str, str | None], list[str], str]] = [
    ({}, [], ""),
    ({"C:\\NUT": None, STATE_DIR: None}, [], ""),
    (
        {"C:\\NUT": CLOSED.replace("PAI", "AI")},
        ["C:\\NUT: it inherits access from the folder above"],
        "",
    ),
    ({"C:\\NUT\\bin": CLOSED}, ["C:\\NUT\\bin: Users may not run what is in it"], ""),
    ({"C:\\NUT\\bin": OPEN_TO_USERS}, [], ""),
    ({"C:\\NUT\\etc": OPEN_TO_USERS}, ["C:\\NUT\\etc: Users may read, execute"], ""),
    ({"C:\\NUT\\etc": USERS_MAY_RUN}, ["C:\\NUT\\etc: Users may read, execute"], "Users"),
    (
        {STATE_DIR: OPEN_TO_USERS},
        [f"{STATE_DIR}: it inherits access from the folder above", f"{STATE_DIR}: Users may read, execute"],
        "",
    ),
    (
        {STATE_DIR: USERS_MAY_RUN},
        [f"{STATE_DIR}: it inherits access from the folder above", f"{STATE_DIR}: Users may read, execute"],
        "Users",
    ),
    (
        {"C:\\NUT": CLOSED + RULE_OF_SOMEBODY.replace("OICI", "OICIID")},
        [f"C:\\NUT: {SOMEBODY} may do everything"],
        "",
    ),
    ({"C:\\NUT": CLOSED + RULE_OF_SOMEBODY}, [f"C:\\NUT: {SOMEBODY} may do everything"], SOMEBODY),
    ({"C:\\NUT": CLOSED + "(D;OICI;FR;;;BU)"}, [], "Users"),  # an account is kept out, by somebody's decision
    (
        {"C:\\NUT\\bin": USERS_MAY_RUN + "(A;OICI;0x1301bf;;;AU)"},
        ["C:\\NUT\\bin: Authenticated Users may read, execute, write, delete"],
        "Authenticated Users",
    ),
    ({STATE_DIR: CLOSED + RULE_OF_SOMEBODY}, [f"{STATE_DIR}: {SOMEBODY} may do everything"], SOMEBODY),
    (
        {"C:\\NUT": CLOSED.replace("O:BA", f"O:{SOMEBODY}")},
        [f"C:\\NUT: it is owned by {SOMEBODY}, not by Administrators or SYSTEM"],
        SOMEBODY,
    ),
    (
        {STATE_DIR: CLOSED.replace("O:BA", "")},
        [f"{STATE_DIR}: it is owned by nobody known, not by Administrators or SYSTEM"],
        "nobody",
    ),
]


@pytest.mark.parametrize(("acls", "drift", "whose"), ACLS)
def test_folders(windows: Windows, acls: dict[str, str | None], drift: list[str], whose: str) -> None:
    windows.results[INFO]["acls"].update(acls)
    seen = windows.look()
    assert pairs(seen["folder_drift"]) == pairs(seen["config_drift"]) == coded("folder_rights", drift)
    assert seen["folder_existed"] is (acls.get("C:\\NUT", CLOSED) is not None)
    assert seen["state_dir_trusted"] is not any(problem.startswith(STATE_DIR) for problem in drift)
    path = next(iter(acls), "")
    blocker = (
        f"{path} belongs to {whose}, or has an access rule of its own for that account, so nothing is installed there. "
        f'Move the folder away, or run takeown /a /r /f "{path}" and icacls "{path}" /reset /t as an '
        "administrator, then run this again."
        if whose
        else ""
    )
    assert seen["blocker"] == blocker
    result = assessed(seen)
    assert (result["verdict"], result["drift"]) == (("drifted", ["config"]) if drift or whose else ("ok", []))
    assert (result["changes"]["reason"], result["changes"]["code"]) == (blocker, "blocked" if blocker else "")
    assert bool(result["changes"]["steps"]) is bool(drift and not whose)


NOT_OURS = (
    "C:\\NUT is there already and is not NUT's. Remove it if it is empty, or choose another folder in "
    "nut_client_windows_dir."
)
MADE_BY_ADMINISTRATORS = CLOSED.replace("PAI", "AI").replace("OICI", "OICIID")


@pytest.mark.parametrize(
    ("acl", "missing", "blocker"),
    [
        (None, "nut.exe", ""),
        (CLOSED, "nut.exe", ""),  # a run that was interrupted has made it
        (MADE_BY_ADMINISTRATORS, "nut.exe", NOT_OURS),
        (CLOSED.replace("FA;;;SY", "FR;;;SY"), "upsmon.exe", NOT_OURS),
        (OPEN_TO_USERS, "nut.exe", NOT_OURS),
        (OPEN_TO_USERS, "installed.txt", ""),  # somebody installed NUT by hand
        (OPEN_TO_USERS, "", ""),
    ],
)
def test_a_folder_without_the_programs_is_somebody_elses(
    windows: Windows, acl: str | None, missing: str, blocker: str
) -> None:
    windows.results[INFO]["acls"]["C:\\NUT"] = acl
    windows.results[FIND]["files"] = named(missing)
    seen = windows.look()
    assert (seen["blocker"], seen["folder_existed"]) == (blocker, acl is not None)


def test_program_files_is_nobodys(windows: Windows) -> None:
    windows.results[INFO]["acls"] = {"C:\\NUT": PROGRAM_FILES, "C:\\NUT\\etc": None, STATE_DIR: None}
    windows.results[FIND]["files"] = []
    seen = windows.look({**ARCHIVE, "folders": [{"path": "C:\\NUT\\etc", "kind": "etc"}]})
    assert (seen["blocker"], seen["folder_drift"], seen["folder_existed"]) == ("", [], True)


# NUT_CONFPATH

ELSEWHERE = (
    "The machine's environment has NUT_CONFPATH={}, so upsmon would not read C:\\NUT\\etc. Remove that variable, then "
    "run this again."
)


@pytest.mark.parametrize("confpath", [None, "", "C:\\NUT\\etc", "c:\\nut\\ETC", "C:\\NUT\\etc\\"])
def test_a_confpath_that_leads_to_our_files(windows: Windows, confpath: str | None) -> None:
    windows.results[INFO]["nut_confpath"] = confpath
    assert windows.look()["blocker"] == ""


@pytest.mark.parametrize("confpath", ["C:\\NUT", "C:\\NUT\\etc2", "C:\\ProgramData\\nut\\"])
def test_a_confpath_that_leads_elsewhere(windows: Windows, confpath: str) -> None:
    windows.results[INFO]["nut_confpath"] = confpath
    seen = windows.look()
    assert seen["blocker"] == ELSEWHERE.format(confpath)
    result = assessed(seen)
    assert (result["verdict"], result["drift"], result["changes"]["steps"]) == ("drifted", ["config"], [])
    assert result["advice"] == f"It is logged in, but not as desired. {ELSEWHERE.format(confpath)}"


def test_winnut_has_no_confpath(winnut: Windows) -> None:
    winnut.results[INFO]["nut_confpath"] = "C:\\ProgramData\\nut"
    assert winnut.look(WINNUT)["blocker"] == ""


# the machine

BITS = (
    "This Windows is a 32-bit one, and NUT's archive has programs for 64-bit Windows. Take the host out of the group, "
    "or install a 64-bit Windows."
)
ARM = (
    "This Windows on ARM (before Windows 11) runs no programs for x86-64, which NUT's archive has. Upgrade it to "
    "Windows 11, or take the host out of the group."
)


@pytest.mark.parametrize(
    ("is_64bit", "processor", "version", "blocker"),
    [
        (True, "AMD64", "10.0.19045", ""),
        (True, "IA64", "6.1.7601", ""),
        (False, "x86", "10.0.19045", BITS),
        (False, "ARM", "10.0.15254", BITS),
        (True, "ARM64", "10.0.19045", ARM),
        (True, "ARM64", "10.0.22000", ""),
        (True, "arm64", "10.0.26100", ""),
    ],
)
@pytest.mark.parametrize("method", ["archive", "legacy_msi", "winnut"])
def test_programs_that_this_windows_cannot_run(
    windows: Windows, is_64bit: bool, processor: str, version: str, blocker: str, method: str
) -> None:
    """Before anything changes; the other ways have 32-bit programs, which run everywhere."""
    windows.results[INFO]["architecture"] = {"is_64bit": is_64bit, "processor": processor}
    windows.results[INFO]["os"]["version"] = version
    assert windows.look({**ARCHIVE, "method": method})["blocker"] == (blocker if method == "archive" else "")


def test_who_is_no_administrator_changes_nothing(windows: Windows) -> None:
    windows.results[INFO]["administrator"] = False
    windows.results[FIND]["files"] = []
    result = assessed(windows.look())
    assert (result["changes"]["steps"], result["changes"]["code"]) == ([], "blocked")
    assert result["changes"]["reason"].startswith("Ansible has no administrator's rights on this host")


# events


def test_only_what_went_wrong_is_quoted(windows: Windows) -> None:
    levels = enumerate(("always told", "critical", "error", "warning", "information"))
    windows.results[INFO]["events"] = [{"time": NOW, "level": level, "message": name} for level, name in levels]
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
    windows.upsmon["started"] = started
    assert windows.look(**({} if since is None else {"events_since": since}))["events"] == quoted


@pytest.mark.parametrize(("options", "quoted"), [({}, []), ({"events_since": NOW - 10}, ["Exiting"])])
def test_where_no_upsmon_runs_only_what_was_asked_for_is_quoted(
    windows: Windows, options: dict[str, Any], quoted: list[str]
) -> None:
    windows.results[INFO].update(processes=[], connections=[])
    windows.results[INFO]["events"] = [{"time": NOW, "level": 2, "message": "Exiting"}]
    assert windows.look(**options)["events"] == quoted
