# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a Windows host's modules, and what they say of a protected one: the tests of this folder share it."""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import re
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.assessment import assess
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.audit import WindowsHost
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules

NOW = 1_800_000_000.0
ME, NAS, OLD_NAS = "192.0.2.31", "192.0.2.10", "192.0.2.11"
SERVICE = "Network UPS Tools"
SHUTDOWN = "C:\\Windows\\System32\\shutdown.exe"
CONF = (
    f'MONITOR "ups@{NAS}" 1 "monuser" ******** secondary\n'
    'SHUTDOWNCMD "C:\\\\Windows\\\\System32\\\\shutdown.exe /s /t 0 /f"\n'
)
SENTINEL = "S3ntinel"

FIND = "ansible.windows.win_find"
SERVICES = "ansible.windows.win_service_info"
INFO = "upsfleet.synology.win_nut_client_info"
EXCHANGE = "upsfleet.synology.win_upsd_exchange"
REGISTRY = "ansible.windows.win_reg_stat"

STATE_DIR = "C:\\ProgramData\\upsfleet"
MARKER = "archive 2.8.4 0123456789abcdef"
FOLDERS = {"C:\\NUT": "root", "C:\\NUT\\bin": "programs", "C:\\NUT\\etc": "etc"}
SUBSCRIPTION = (
    '<QueryList><Query Id="0" Path="System">'
    "<Select Path=\"System\">*[System[Provider[@Name='Microsoft-Windows-Power-Troubleshooter'] and EventID=1]]</Select>"
    "<Select Path=\"System\">*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and EventID=107]]</Select>"
    "</Query></QueryList>"
)
ARCHIVE: dict[str, Any] = {
    "method": "archive",
    "is_service": True,
    "service": SERVICE,
    "service_start_mode": "delayed",
    "service_dependencies": ["Tcpip", "Dnscache"],
    "logs": "Event Viewer",
    "connections": "netstat -abno",
    "prefix": "C:\\NUT",
    "version": "2.8.4",
    "state_dir": STATE_DIR,
    "marker": MARKER,
    "marker_path": f"{STATE_DIR}\\installed.txt",
    "kept_path": f"{STATE_DIR}\\kept.txt",
    "programs": ["bin\\nut.exe", "sbin\\upsmon.exe"],
    "folders": [{"path": path, "kind": kind} for path, kind in FOLDERS.items()],
    "files": [
        {"path": "{etc}\\nut.conf", "template": "nut.conf.j2"},
        {"path": "{etc}\\upsmon.conf", "template": "upsmon.conf.j2"},
    ],
    "registry": [],
    "task": "upsfleet resume",
    "resume": {
        "program": "C:\\Windows\\System32\\sc.exe",
        "arguments": f'start "{SERVICE}"',
        "subscription": SUBSCRIPTION,
        "delay": "PT1M",
    },
    "hibernate": False,
    "accept_unproven": False,
    "init": "windows_service",
    "shutdown_command": "C:\\Windows\\System32\\shutdown.exe /s /t 0 /f",
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
    "dependencies": ["Tcpip", "Dnscache"],
}
PORTABLE = "C:\\Portable\\NUT\\upsmon.exe"  # where somebody unpacked it
OUR_UPSMON = "C:\\NUT\\sbin\\upsmon.exe"


def process(
    name: str, pid: int, path: str | None, started: float | None, parent: int | None = 4000, by: str | None = "nut"
) -> dict[str, Any]:
    """Return what is said of a process, *by* the name of the one that started it."""
    return {"name": name, "pid": pid, "path": path, "started": started, "parent": parent, "parent_name": by}


CONNECTED = {"pid": 4312, "local_address": ME, "local_port": 51234, "remote_address": NAS, "remote_port": 3493}
SESSION = {"pid": 900, "local_address": ME, "local_port": 5986, "remote_address": "192.0.2.2", "remote_port": 40000}
LOOKED: dict[str, Any] = {
    "os": {"name": "Microsoft Windows Server 2022 Standard", "version": "10.0.20348"},
    "booted": NOW - 9000,
    "architecture": {"is_64bit": True, "processor": "AMD64"},
    "administrator": True,
    "time": NOW,
    "acls": {**dict.fromkeys(FOLDERS, CLOSED), "C:\\NUT\\bin": USERS_MAY_RUN, STATE_DIR: CLOSED},
    "written": {
        "C:\\NUT\\etc\\nut.conf": NOW - 100,
        "C:\\NUT\\etc\\upsmon.conf": NOW - 100,
        SHUTDOWN: NOW - 9e8,
    },
    "configurations": {"C:\\NUT\\etc\\nut.conf": "MODE=netclient\n", "C:\\NUT\\etc\\upsmon.conf": CONF},
    "processes": [
        process("nut", 4000, "C:\\NUT\\bin\\nut.exe", NOW - 60, 700, "services"),
        process("upsmon", 4312, OUR_UPSMON, NOW - 50, 4000, "nut"),
    ],
    "connections": [SESSION, CONNECTED],
    "ipv6_addresses": [],
    "hibernation": {"enabled": False, "file_type": None, "supported": None, "file_present": None},
    "task_xml": None,
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


DENIED = upsd(**dict.fromkeys(("VER", "LIST", "GET", "USERNAME"), "ERR ACCESS-DENIED"))


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
        if module == INFO:  # it tells of what it was asked for, and of nothing else
            for option, key in (("files", "written"), ("configurations", "configurations")):
                found[key] = {path: found[key].get(path) for path in arguments.get(option, ())}
        return found

    @property
    def upsmon(self) -> dict[str, Any]:
        """What is said of its upsmon."""
        found: dict[str, Any] = self.results[INFO]["processes"][1]
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


def named(*names: str) -> list[dict[str, Any]]:
    """Return what win_find says where those files are missing."""
    return [one for one in FILES if one["path"].rpartition("\\")[2] not in names]


HIBERNATES = {"enabled": True, "file_type": 2, "supported": True, "file_present": True}


def task_xml(**changes: str) -> str:
    """Return the definition of the task that starts the service after hibernation, as Windows tells it.

    :param changes: what is to stand in place of what the role writes, by element.
    """
    parts = {
        "Trigger": "EventTrigger",
        "TriggerEnabled": "true",
        "Subscription": SUBSCRIPTION,
        "Delay": "<Delay>PT1M</Delay>",
        "Boundary": "",
        "Principal": "<UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>",
        "Enabled": "<Enabled>true</Enabled>",
        "Batteries": "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>"
        "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>",
        "Command": "C:\\Windows\\System32\\sc.exe",
        "Arguments": f'start "{SERVICE}"',
        "More": "",
        "Head": "",
        **changes,
    }
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\r\n{Head}'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
        "<RegistrationInfo><URI>\\upsfleet resume</URI></RegistrationInfo>"
        '<Principals><Principal id="Author">{Principal}</Principal></Principals>'
        "<Settings>{Enabled}{Batteries}<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy></Settings>"
        "<Triggers><{Trigger}>{Boundary}<Enabled>{TriggerEnabled}</Enabled><Subscription>{Query}</Subscription>{Delay}"
        "</{Trigger}>{More}</Triggers>"
        '<Actions Context="Author">'
        "<Exec><Command>{Command}</Command><Arguments>{Arguments}</Arguments></Exec></Actions>"
        "</Task>"
    ).format(**parts, Query=html.escape(parts["Subscription"]))
