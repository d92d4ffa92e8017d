# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a Windows host: what modules return, and what follows from it."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from typing import Any, Callable, Mapping, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_audit
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.assessment import assess
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.audit import WindowsHost
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules

NOW = 1_800_000_000.0
ME, NAS, OLD_NAS = "192.0.2.31", "192.0.2.10", "192.0.2.11"
SERVICE = "Network UPS Tools"
SENTINEL = "S3ntinel"

FIND = "ansible.windows.win_find"
SERVICES = "ansible.windows.win_service_info"
INFO = "upsfleet.synology.win_nut_client_info"
TASK = "community.windows.win_scheduled_task_stat"
EXCHANGE = "upsfleet.synology.win_upsd_exchange"
REGISTRY = "ansible.windows.win_reg_stat"

STATE_DIR = "C:\\ProgramData\\upsfleet"
MARKER = "archive 2.8.4 0123456789abcdef"
FOLDERS = {"C:\\NUT": "root", "C:\\NUT\\bin": "programs", "C:\\NUT\\etc": "etc"}
ARCHIVE: dict[str, Any] = {
    "method": "archive",
    "is_service": True,
    "service": SERVICE,
    "service_start_mode": "delayed",
    "service_dependencies": ["Tcpip", "Dnscache", "NlaSvc"],
    "logs": "Event Viewer",
    "connections": "netstat -abno",
    "prefix": "C:\\NUT",
    "version": "2.8.4",
    "state_dir": STATE_DIR,
    "marker": MARKER,
    "marker_path": f"{STATE_DIR}\\installed.txt",
    "programs": ["bin\\nut.exe", "sbin\\upsmon.exe"],
    "folders": [{"path": path, "kind": kind} for path, kind in FOLDERS.items()],
    "files": [
        {"path": "{etc}\\nut.conf", "template": "nut.conf.j2"},
        {"path": "{etc}\\upsmon.conf", "template": "upsmon.conf.j2"},
    ],
    "registry": [],
    "task": "upsfleet resume",
    "hibernate": False,
    "accept_unproven": False,
}
KEY = "HKCU:\\SOFTWARE\\WinNUT"
RUN_KEY = "HKCU:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
VALUES = [
    (f"{KEY}\\Connexion", "ServerAddress", "string", NAS),
    (f"{KEY}\\Connexion", "Port", "dword", 3493),
    (f"{KEY}\\Connexion", "UPSName", "string", "ups"),
    (f"{KEY}\\Connexion", "AutoReconnect", "string", "True"),
    (f"{KEY}\\Power", "Follow_FSD", "string", "True"),
    (f"{KEY}\\Power", "TypeOfStop", "dword", 0),
    (RUN_KEY, "WinNUT-Client", "string", '"C:\\Program Files (x86)\\WinNUT-client\\WinNUT-Client.exe"'),
]
WINNUT = {
    **ARCHIVE,
    "method": "winnut",
    "is_service": False,
    "prefix": "C:\\Program Files (x86)\\WinNUT-client",
    "programs": ["WinNUT-Client.exe"],
    "folders": [],
    "files": [],
    "registry": [dict(zip(("path", "name", "type", "data"), value)) for value in VALUES],
}
CLOSED = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
USERS_MAY_RUN = "O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
OPEN_TO_USERS = USERS_MAY_RUN.replace("OICI;0x", "OICIID;0x")  # by what it inherits
PROGRAM_FILES = "O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)"
SOMEBODY = "S-1-5-21-1004336348-1177238915-682003330-1001"
RULE_OF_SOMEBODY = f"(A;OICI;FA;;;{SOMEBODY})"


def checksum(text: str) -> str:
    """Return what win_find says of a file that holds *text*."""
    return hashlib.sha256(text.encode()).hexdigest()


def file(path: str, text: str = "") -> dict[str, Any]:
    """Return what win_find says of a file; its times are local ones, and would make every upsmon too old."""
    return {"path": path, "checksum": checksum(text), "lastwritetime": NOW - 1, "isdir": False}


FILES = [
    file("C:\\NUT\\bin\\nut.exe"),
    file("C:\\NUT\\sbin\\upsmon.exe"),
    file("C:\\NUT\\etc\\nut.conf", "MODE=netclient\n"),
    file("C:\\NUT\\etc\\upsmon.conf", "MONITOR\n"),
    file(f"{STATE_DIR}\\installed.txt", MARKER),
]
DESIRED = [
    {"path": "C:\\NUT\\etc\\nut.conf", "checksum": checksum("MODE=netclient\n")},
    {"path": "C:\\NUT\\etc\\upsmon.conf", "checksum": checksum("MONITOR\n")},
]
REGISTERED: dict[str, Any] = {
    "name": SERVICE,
    "display_name": SERVICE,
    "path": '"C:\\NUT\\bin\\nut.exe"',
    "start_mode": "delayed",
    "state": "started",
    "process_id": 4000,
    "dependencies": ["Tcpip", "Dnscache", "NlaSvc"],
}
CONNECTED = {"pid": 4312, "local_address": ME, "local_port": 51234, "remote_address": NAS, "remote_port": 3493}
SESSION = {"pid": 900, "local_address": ME, "local_port": 5986, "remote_address": "192.0.2.2", "remote_port": 40000}
LOOKED: dict[str, Any] = {
    "os": {"name": "Microsoft Windows Server 2022 Standard", "version": "10.0.20348"},
    "time": NOW,
    "acls": {**dict.fromkeys(FOLDERS, CLOSED), "C:\\NUT\\bin": USERS_MAY_RUN, STATE_DIR: CLOSED},
    "written": {"C:\\NUT\\etc\\nut.conf": NOW - 100, "C:\\NUT\\etc\\upsmon.conf": NOW - 100},
    "processes": [
        {"name": "nut", "pid": 4000, "path": "C:\\NUT\\bin\\nut.exe", "started": NOW - 60},
        {"name": "upsmon", "pid": 4312, "path": "C:\\NUT\\sbin\\upsmon.exe", "started": NOW - 50},
    ],
    "connections": [SESSION, CONNECTED],
    "ipv6_addresses": [],
    "hibernation": False,
    "events": [],
    "event_message_file": "C:\\NUT\\bin\\nut.exe",
    "nut_confpath": None,
}


def upsd(
    clients: Sequence[str] = (ME,), ups: str = "ups", **replies: str
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what a host carries back from an upsd that lists *clients*; *replies* by a command's first word."""

    def answer(line: str, listed: list[str]) -> str:
        command = line.split()[0]
        if command in replies:
            return f"{replies[command]}\n"
        if line.startswith(("LIST CLIENT", "GET VAR", "LOGIN")) and line.split()[1 + (command != "LOGIN")] != ups:
            return "ERR UNKNOWN-UPS\n"
        if line.startswith("LIST CLIENT"):
            rows = "".join(f"CLIENT {ups} {client}\n" for client in listed)
            return f"BEGIN {line}\n{rows}END {line}\n"
        if command == "LOGIN":
            listed.insert(0, ME)
        return {
            "VER": "Network UPS Tools upsd 2.8.0\n",
            "LIST": f'BEGIN LIST UPS\nUPS {ups} "x"\nEND LIST UPS\n',
            "GET": f'VAR {ups} ups.status "OL"\n',
            "LOGOUT": "OK Goodbye\n",
        }.get(command, "OK\n")

    def exchange(arguments: dict[str, Any]) -> dict[str, Any]:
        listed, said = list(clients), []
        for line in arguments["lines"]:
            said.append(answer(line["send"], listed))
            if not re.search(line.get("go_on", ""), said[-1]):
                break
        return {
            "replies": [base64.b64encode(one.encode()).decode() for one in said],
            "error": None,
            "socket_error": 0,
            "message": "",
            "local_address": ME,
            "peer_address": arguments["host"],
            "addresses": [arguments["host"]],
            "elapsed": 0.01,
        }

    return exchange


def refused(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what a host says of a server on which no upsd listens."""
    return {
        "replies": [],
        "error": "connect",
        "socket_error": 10061,
        "message": f"{arguments['host']}: refused",
        "local_address": ME,
        "peer_address": None,
        "addresses": [NAS],
        "elapsed": 0.01,
    }


class Windows(RemoteModules):
    """A double of a host's modules: it returns what it was told to, so it shows nothing of PowerShell's."""

    def __init__(self) -> None:
        super().__init__(None, {})
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.results: dict[str, Any] = {
            FIND: {"files": copy.deepcopy(FILES)},
            SERVICES: {"services": [dict(REGISTERED)]},
            INFO: copy.deepcopy(LOOKED),
            TASK: {"task_exists": False},
            EXCHANGE: upsd(),
            REGISTRY: self._key,
        }
        self.registry = {(path, name): data for path, name, _type, data in VALUES}

    def run(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Say what the module is to say, and fail where it is to fail."""
        self.calls.append((module, arguments))
        result = self.results[module]
        found: dict[str, Any] = result(arguments) if callable(result) else copy.deepcopy(result)
        if found.get("failed") or found.get("unreachable"):
            raise ModuleFailed(module, found)
        return found

    @property
    def executed(self) -> list[str]:
        """Names of the modules that ran."""
        return [name for name, _arguments in self.calls]

    def given(self, name: str) -> dict[str, Any]:
        """Return the arguments of a module that ran once."""
        (arguments,) = [arguments for called, arguments in self.calls if called == name]
        return arguments

    def _key(self, arguments: dict[str, Any]) -> dict[str, Any]:
        values = {
            name: {"value": data, "type": "x"}
            for (path, name), data in self.registry.items()
            if path == arguments["path"]
        }
        return {"exists": True, "properties": values} if values else {"exists": False}

    def look(self, wanted: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        """Return what is seen of this host."""
        monitors = arguments.pop("monitors", [{"host": NAS, "password": SENTINEL}])
        options = {"connect_timeout": 5.0, "timeout": 10.0, "tls": "never", **arguments}
        options["monitors"] = normalise_monitors(monitors)
        return WindowsHost(self, options, wanted or ARCHIVE).look()


def assessed(
    seen: dict[str, Any], desired: Sequence[Mapping[str, Any]] = DESIRED, row: dict[str, Any] = ARCHIVE
) -> dict[str, Any]:
    """Return the assessment of what was seen."""
    return assess(seen, [dict(file) for file in desired], "2.8.4", row)


def pairs(details: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Return the code and the text of each difference."""
    return [(one["code"], one["text"]) for one in details]


def coded(code: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return each of *texts* with *code*."""
    return [(code, text) for text in texts]


@pytest.fixture
def windows() -> Windows:
    """Return a protected host."""
    return Windows()


@pytest.fixture
def winnut(windows: Windows) -> Windows:
    """Return a host with WinNUT as it should be."""
    windows.results[FIND]["files"] = [
        file("C:\\Program Files (x86)\\WinNUT-client\\WinNUT-Client.exe"),
        file(f"{STATE_DIR}\\installed.txt", MARKER),
    ]
    acls = {WINNUT["prefix"]: PROGRAM_FILES, STATE_DIR: CLOSED}
    windows.results[INFO].update(processes=[], connections=[], acls=acls, written={}, event_message_file=None)
    windows.results[EXCHANGE] = upsd(clients=())
    return windows


class Clock:
    """A double of the module time, in which sleeping takes no time."""

    def __init__(self, then: Callable[[int], None] = lambda _count: None) -> None:
        self.now = 1000.0
        self.slept = 0
        self._then = then

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass, and what happens then happen."""
        self.now += seconds
        self.slept += 1
        self._then(self.slept)


# a protected host


def test_a_protected_host_costs_five_executions(windows: Windows) -> None:
    seen = windows.look()
    assert windows.executed == [FIND, SERVICES, INFO, TASK, EXCHANGE]
    result = assessed(seen)
    assert (result["verdict"], result["drift"], result["advice"], result["notes"]) == ("ok", [], "", [])
    assert seen["package"] == {"installed": True, "present": True, "version": "2.8.4", "server": False}
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
    assert windows.executed == [FIND, SERVICES, INFO, TASK, EXCHANGE, EXCHANGE]
    assert [report["logged_in"] for report in seen["access"]] == [True, True]


def test_what_is_asked_of_the_host(windows: Windows) -> None:
    windows.look(events_since="1799999000.5")
    asked = windows.given(INFO)
    assert (asked["events_since"], asked["event_source"]) == (1799999000.5, SERVICE)
    assert asked["paths"] == [*FOLDERS, STATE_DIR]
    assert asked["files"] == ["C:\\NUT\\etc\\nut.conf", "C:\\NUT\\etc\\upsmon.conf"]
    assert asked["processes"] == ["nut", "upsmon", "upsd"]
    found = windows.given(FIND)
    assert found["paths"] == ["C:\\NUT", STATE_DIR]
    assert found["patterns"] == ["installed.txt", "nut.conf", "nut.exe", "upsmon.conf", "upsmon.exe"]
    assert (found["recurse"], found["depth"], found["hidden"]) == (True, 2, True)  # bin, sbin and etc, no deeper
    assert windows.given(TASK)["name"] == "upsfleet resume"


def test_the_prefix_is_asked_about_though_it_is_nobodys_folder(windows: Windows) -> None:
    """Under Program Files only etc is NUT's own; whether the prefix was there decides what is removed later."""
    etc = {"path": "C:\\NUT\\etc", "kind": "etc"}
    windows.look({**ARCHIVE, "folders": [etc]})
    assert windows.given(INFO)["paths"] == ["C:\\NUT", "C:\\NUT\\etc", STATE_DIR]


@pytest.mark.parametrize(("address", "name"), [(f"::ffff:{ME}", "UPSMON"), (ME, "upsmon")])
def test_addresses_and_names_as_windows_writes_them(windows: Windows, address: str, name: str) -> None:
    windows.results[INFO]["processes"][1]["name"] = name
    windows.results[INFO]["connections"] = [{**CONNECTED, "local_address": address, "remote_address": f"::ffff:{NAS}"}]
    assert windows.look()["access"][0]["logged_in"] is True


# files and package


def named(*names: str) -> list[dict[str, Any]]:
    """Return what win_find says where those files are missing."""
    return [one for one in FILES if one["path"].rpartition("\\")[2] not in names]


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
    assert package == {"installed": installed, "present": present, "version": "2.8.4", "server": False}


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
    windows.results[INFO]["processes"][1]["started"] = started
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


# the service

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
    ({"state": "stopped", "process_id": 0}, [("unit_not_active", f"{SERVICE} is not active")]),
    ({"state": "start_pending"}, [("unit_not_active", f"{SERVICE} is not active")]),
    ({"dependencies": ["tcpip", "DNSCACHE", "NlaSvc", "Afd"]}, []),
    ({"dependencies": ["Tcpip"]}, [("service_dependencies", f"{SERVICE} does not wait for dnscache, nlasvc")]),
    ({"dependencies": []}, [("service_dependencies", f"{SERVICE} does not wait for dnscache, nlasvc, tcpip")]),
    ({"dependencies": None}, [("service_dependencies", f"{SERVICE} does not wait for dnscache, nlasvc, tcpip")]),
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


NOT_AVAILABLE = (
    "Hibernation is not available on this host, so it could not be hibernated. Run powercfg /hibernate on as an "
    "administrator, or set nut_client_windows_shutdown.action: shutdown."
)


@pytest.mark.parametrize(
    ("wanted", "available", "task", "drift", "blocker"),
    [
        (False, False, False, [], ""),
        (False, True, False, [], ""),
        (
            False,
            False,
            True,
            [("resume_task", "a task starts the service after hibernation, which is not asked for")],
            "",
        ),
        (True, True, True, [], ""),
        (True, True, False, [("resume_task", "no task starts the service again after hibernation")], ""),
        (True, False, True, [("no_hibernation", "hibernation is not available")], NOT_AVAILABLE),
        (True, False, False, [("no_hibernation", "hibernation is not available")], NOT_AVAILABLE),
    ],
)
def test_hibernation(
    windows: Windows, wanted: bool, available: bool, task: bool, drift: list[tuple[str, str]], blocker: str
) -> None:
    windows.results[INFO]["hibernation"] = available
    windows.results[TASK]["task_exists"] = task
    seen = windows.look({**ARCHIVE, "hibernate": wanted})
    assert (pairs(seen["service_drift"]), seen["blocker"]) == (drift, blocker)
    assert assessed(seen)["changes"] == {
        "steps": ["service"] if drift and not blocker else [],
        "code": "blocked" if blocker else "",
        "reason": blocker,
        "roll_back": False,
    }


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


# processes, events


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


PORTABLE = "C:\\Portable\\NUT\\upsmon.exe"
REPLACED = f"a NUT at {PORTABLE} is logged in now; it will be replaced, but not before the NAS would take the new login"


@pytest.fixture
def by_hand(windows: Windows) -> Windows:
    """Return a host on which somebody unpacked NUT elsewhere and made it a service, which is logged in."""
    windows.results[FIND]["files"] = []
    windows.results[SERVICES]["services"][0].update(path="C:\\Portable\\NUT\\nut.exe", start_mode="auto")
    windows.results[INFO]["processes"][1]["path"] = PORTABLE
    windows.results[INFO].update(acls=dict.fromkeys([*FOLDERS, STATE_DIR]), written=dict.fromkeys(LOOKED["written"]))
    return windows


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


# logins

DENIED = upsd(**dict.fromkeys(("VER", "LIST", "GET", "USERNAME"), "ERR ACCESS-DENIED"))


@pytest.mark.parametrize(
    ("exchange", "connections", "verdict", "logged_in", "running_client_logged_in"),
    [
        (upsd(), [CONNECTED], "ok", True, True),
        (upsd(clients=()), [CONNECTED], "ok", False, False),
        (upsd(), [SESSION], "ok", False, False),
        (upsd(), [{**CONNECTED, "pid": 900}], "ok", False, False),
        # what Windows does not tell is not none
        (upsd(), None, "ok", None, True),
        (upsd(), [], "ok", None, True),
        (upsd(clients=()), [], "ok", None, True),
        (upsd(), [SESSION, {**CONNECTED, "pid": 0}], "ok", None, True),
        (upsd(clients=(ME, ME)), [SESSION, {**CONNECTED, "pid": 0}, CONNECTED], "ok", True, True),
        (upsd(), [CONNECTED, {**CONNECTED, "pid": 900}], "ok", None, True),
        (DENIED, [SESSION], "not_permitted", False, False),
        (upsd(LOGIN="ERR ACCESS-DENIED"), [CONNECTED], "bad_credentials", True, True),
        (refused, [SESSION], "refused", False, False),
    ],
)
def test_logins(
    windows: Windows,
    exchange: Callable[[dict[str, Any]], dict[str, Any]],
    connections: list[dict[str, Any]] | None,
    verdict: str,
    logged_in: bool | None,
    running_client_logged_in: bool,
) -> None:
    windows.results[EXCHANGE] = exchange
    windows.results[INFO]["connections"] = connections
    seen = windows.look()
    (report,) = seen["access"]
    assert (report["verdict"], report["logged_in"]) == (verdict, logged_in)
    assert seen["running_client_logged_in"] is running_client_logged_in
    assert report["power_value"] == 1


@pytest.mark.parametrize(("listed", "running_client_logged_in"), [((ME,), True), (("192.0.2.99",), False), ((), False)])
def test_a_login_elsewhere_is_kept(windows: Windows, listed: tuple[str, ...], running_client_logged_in: bool) -> None:
    """upsmon serves another NAS well, and the desired one does not permit it."""
    there = upsd(clients=listed)
    windows.results[EXCHANGE] = lambda arguments: (there if arguments["host"] == OLD_NAS else DENIED)(arguments)
    windows.results[INFO]["connections"] = [{**CONNECTED, "remote_address": OLD_NAS}]
    windows.results[FIND]["files"] = named("nut.conf")
    seen = windows.look()
    assert seen["running_client_logged_in"] is running_client_logged_in
    for (name, asked), line in zip(windows.calls[-2:], ["LIST UPS", "LIST CLIENT ups"]):
        assert (name, asked["host"], asked["port"]) == (EXCHANGE, OLD_NAS, 3493)
        assert [sent["send"] for sent in asked["lines"]] == [line]
        assert "password" not in asked
    changes = assessed(seen)["changes"]
    assert changes["steps"] == ([] if running_client_logged_in else ["configure", "service"])
    assert changes["code"] == ("would_lose_login" if running_client_logged_in else "")


@pytest.mark.parametrize("exchange", [DENIED, refused, upsd(clients=(), LOGIN="ERR ACCESS-DENIED"), upsd(ups="office")])
def test_an_upsmon_logged_in_elsewhere_under_another_ups_name_is_protected_by_the_change_table(
    windows: Windows, exchange: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """It watches rack@other, and the desired ups@nas would not take its login."""
    there = upsd(ups="rack")
    windows.results[EXCHANGE] = lambda arguments: (there if arguments["host"] == OLD_NAS else exchange)(arguments)
    windows.results[INFO]["connections"] = [{**CONNECTED, "remote_address": OLD_NAS}]
    windows.results[FIND]["files"] = named("nut.conf")
    seen = windows.look()
    assert seen["running_client_logged_in"] is True
    assert [sent["send"] for sent in windows.calls[-1][1]["lines"]] == ["LIST CLIENT rack"]
    result = assessed(seen)
    assert (result["drift"], result["changes"]["steps"], result["changes"]["code"]) == (
        ["config"],
        [],
        "would_lose_login",
    )
    assert result["changes"]["reason"].startswith("Not changed: upsmon is logged in")


@pytest.mark.parametrize("there", [upsd(LIST="ERR ACCESS-DENIED"), upsd(LIST="BEGIN LIST UPS\nEND LIST UPS")])
def test_a_server_elsewhere_that_serves_this_host_nothing_keeps_nothing(
    windows: Windows, there: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    windows.results[EXCHANGE] = lambda arguments: (there if arguments["host"] == OLD_NAS else DENIED)(arguments)
    windows.results[INFO]["connections"] = [{**CONNECTED, "remote_address": OLD_NAS}]
    windows.results[FIND]["files"] = named("nut.conf")
    seen = windows.look()
    assert seen["running_client_logged_in"] is False
    assert windows.executed.count(EXCHANGE) == 2
    assert assessed(seen)["changes"]["steps"] == ["configure", "service"]


@pytest.mark.parametrize("there", [refused, upsd(LIST="ERR UNKNOWN-COMMAND")])
def test_a_server_elsewhere_that_does_not_tell_may_list_this_host(
    windows: Windows, there: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    windows.results[EXCHANGE] = lambda arguments: (there if arguments["host"] == OLD_NAS else DENIED)(arguments)
    windows.results[INFO]["connections"] = [{**CONNECTED, "remote_address": OLD_NAS}]
    windows.results[FIND]["files"] = named("nut.conf")
    seen = windows.look()
    assert seen["running_client_logged_in"] is True
    assert assessed(seen)["changes"]["code"] == "would_lose_login"


def test_the_address_that_upsmon_uses_is_probed(windows: Windows) -> None:
    windows.look()
    assert windows.given(EXCHANGE)["prefer"] == [NAS]


# an address, the origins of its halves, whether it is temporary
ORIGINS: list[tuple[str, str, str, bool]] = [
    ("2001:db8::e9ed:2362:7268:c42f", "RouterAdvertisement", "Random", True),
    ("fd00::e9ed:2362:7268:c42f", "RouterAdvertisement", "Random", True),
    ("2001:db8::bc61:889c:f8ef:4efd", "RouterAdvertisement", "Link", False),  # as random, and lasting
    ("fe80::bc61:889c:f8ef:4efd%5", "WellKnown", "Link", False),
    ("fe80::bc61:889c:f8ef:4efd%5", "WellKnown", "Random", False),
    ("2001:db8::31", "Dhcp", "Dhcp", False),
    ("2001:db8::31", "Manual", "Manual", False),
    ("::1", "WellKnown", "WellKnown", False),
]


@pytest.mark.parametrize(("address", "prefix", "suffix", "temporary"), ORIGINS)
def test_temporary_addresses(windows: Windows, address: str, prefix: str, suffix: str, temporary: bool) -> None:
    told = [{"address": address, "prefix_origin": prefix, "suffix_origin": suffix}]
    windows.results[INFO]["ipv6_addresses"] = told
    assert windows.look()["temporary_addresses"] == ([address] if temporary else [])
    assert windows.executed.count(INFO) == 1


def test_a_windows_that_tells_no_ipv6_addresses_has_none_that_is_known_to_pass(windows: Windows) -> None:
    windows.results[INFO]["ipv6_addresses"] = None
    assert windows.look()["temporary_addresses"] == []


def test_beside_another_reader_the_line_that_came_with_the_start_is_upsmons(windows: Windows) -> None:
    reader = {**CONNECTED, "pid": 900, "local_port": 50001}
    windows.results[INFO].update(connections=[SESSION, CONNECTED, reader])
    assert windows.look()["access"][0]["logged_in_code"] == "second_reader"
    running = windows.results[INFO]["processes"]
    windows.results[EXCHANGE] = upsd(clients=())
    windows.results[INFO].update(processes=[], connections=[SESSION, reader])
    stopped = windows.look()
    windows.results[EXCHANGE] = upsd()
    windows.results[INFO].update(processes=running, connections=[SESSION, CONNECTED, reader])
    seen = windows.look(without=stopped["access"])
    assert (seen["access"][0]["logged_in"], seen["access"][0]["logged_in_code"]) == (True, "started")
    assert seen["login_note"] == {
        "pid": 4312,
        "started": NOW - 50,
        "connections": [[ME, 51234, NAS, 3493]],
    }


def test_connections_of_others_are_not_asked_about(windows: Windows) -> None:
    windows.results[EXCHANGE] = DENIED
    windows.results[INFO]["connections"] = [{**CONNECTED, "pid": 900, "remote_address": OLD_NAS}]
    windows.look()
    assert windows.executed.count(EXCHANGE) == 1


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
    assert windows.executed == [FIND, SERVICES, INFO, TASK, EXCHANGE, *again * 3]


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


# WinNUT


def test_winnut_costs_few_executions_and_proves_nothing(winnut: Windows) -> None:
    seen = winnut.look(WINNUT)
    assert winnut.executed == [FIND, INFO, EXCHANGE, REGISTRY, REGISTRY, REGISTRY]
    asked = winnut.given(INFO)
    assert (asked["paths"], asked["files"]) == ([WINNUT["prefix"], STATE_DIR], [])
    assert len(winnut.calls) <= 8
    assert (seen["provable"], seen["units"], seen["config_drift"], seen["service_drift"]) == (False, {}, [], [])
    result = assessed(seen, [], WINNUT)
    assert (result["verdict"], result["protected"], result["accepted"], result["drift"]) == (
        "unproven",
        False,
        False,
        [],
    )


@pytest.mark.parametrize(
    ("said", "accepted"), [(True, True), ("true", True), ("yes", True), ("no", False), ("", False)]
)
def test_what_cannot_be_proven_may_be_accepted(winnut: Windows, said: Any, accepted: bool) -> None:
    result = assessed(winnut.look({**WINNUT, "accept_unproven": said}), [], WINNUT)
    assert (result["verdict"], result["protected"], result["accepted"]) == ("unproven", False, accepted)


@pytest.mark.parametrize(
    ("changes", "drift"),
    [
        ({}, []),
        ({(f"{KEY}\\Connexion", "Port"): "3493"}, []),
        ({(f"{KEY}\\Connexion", "Port"): 3494}, [f"{KEY}\\Connexion\\Port differs"]),
        ({(f"{KEY}\\Connexion", "UPSName"): None}, [f"{KEY}\\Connexion\\UPSName differs"]),
        (
            {(f"{KEY}\\Power", "TypeOfStop"): 2, (RUN_KEY, "WinNUT-Client"): "x"},
            [f"{KEY}\\Power\\TypeOfStop differs", f"{RUN_KEY}\\WinNUT-Client differs"],
        ),
        ({(f"{KEY}\\Power", "Follow_FSD"): "False"}, [f"{KEY}\\Power\\Follow_FSD differs"]),
    ],
)
def test_registry_drift(winnut: Windows, changes: dict[tuple[str, str], Any], drift: list[str]) -> None:
    winnut.registry.update(changes)
    seen = winnut.look(WINNUT)
    assert pairs(seen["config_drift"]) == coded("registry_value_differs", drift)
    result = assessed(seen, [], WINNUT)
    assert (result["verdict"], result["drift"]) == (("drifted", ["config"]) if drift else ("unproven", []))


def test_a_user_without_settings_lacks_all_of_them(winnut: Windows) -> None:
    winnut.registry.clear()
    missing = [f"{path}\\{name} differs" for path, name, _type, _data in VALUES]
    assert pairs(winnut.look(WINNUT)["config_drift"]) == coded("registry_value_differs", missing)


@pytest.mark.parametrize(("available", "blocker"), [(True, ""), (False, NOT_AVAILABLE)])
def test_hibernation_that_is_missing_blocks_winnut_too(winnut: Windows, available: bool, blocker: str) -> None:
    """It has its own way to stop the host, but no service to start again."""
    winnut.results[INFO]["hibernation"] = available
    seen = winnut.look({**WINNUT, "hibernate": True})
    assert (seen["blocker"], seen["service_drift"]) == (blocker, [])
    assert assessed(seen, [], WINNUT)["verdict"] == ("drifted" if blocker else "unproven")


# failures

DENIED_BY_WINDOWS = {"failed": True, "msg": "Access is denied."}


@pytest.mark.parametrize("module", [FIND, SERVICES, INFO, TASK])
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
