# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of what a server may do, held by probe.probe here and by win_upsd_exchange.ps1 with its replay.

Every field of the two exchanges is equal but the time they took.
"""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe as access
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import probe
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import RemoteModules
from powershell.session import Job, Session
from scripted_upsd import FakeUpsd

MODULE = "win_upsd_exchange"
SECONDS = 2.0  # for servers that do not answer
PLENTY = 60.0  # for the others, on a machine that has much to do


class Carrier(RemoteModules):
    """The real script in place of a connection to a Windows host."""

    def __init__(self, powershell: Session, **settings: Any) -> None:
        super().__init__(None, {})
        self._powershell = powershell
        self._settings = settings
        self.results: list[dict[str, Any]] = []

    def run(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Run it."""
        assert module == f"upsfleet.synology.{MODULE}"
        job = Job(MODULE, json.loads(json.dumps(arguments)), **self._settings)
        self.results.append(self._powershell.run(job))
        return self.results[-1]


def options(**changes: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "ups": "ups", "username": "monuser", "password": "sentinel", **changes}


def timeless(exchange: access.Exchange) -> dict[str, Any]:
    """Return what both ways must agree on."""
    return {key: value for key, value in dataclasses.asdict(exchange).items() if key not in ("elapsed", "port")}


def listing(rows: str) -> str:
    return f"BEGIN LIST UPS\n{rows}END LIST UPS\n"


def clients(addresses: list[str]) -> str:
    return "BEGIN LIST CLIENT ups\n" + "".join(f"CLIENT ups {one}\n" for one in addresses) + "END LIST CLIENT ups\n"


EVERYTHING = ("VER", "LIST", "GET", "USERNAME", "PASSWORD", "LOGIN")
SILENT: dict[str, Any] = dict.fromkeys((*EVERYTHING, "LOGOUT"))
ERRORS = [
    "ACCESS-DENIED",
    "UNKNOWN-UPS",
    "DATA-STALE",
    "DRIVER-NOT-CONNECTED",
    "VAR-NOT-SUPPORTED",
    "INVALID-ARGUMENT",
    "USERNAME-REQUIRED",
    "PASSWORD-REQUIRED",
    "ALREADY-LOGGED-IN",
    "INVALID-PASSWORD",
    "UNKNOWN-COMMAND",
    "FEATURE-NOT-CONFIGURED",
]
# What a server does: its replies where they are not a healthy one's, and the rest of what FakeUpsd is told.
SERVERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "healthy": ({}, {}),
    "with clients": ({}, {"clients": ("192.0.2.7", "192.0.2.8")}),
    "byte by byte": ({}, {"piece": 1}),
    "behind nat": ({}, {"clients": ("127.0.0.1",), "seen_as": "203.0.113.1"}),
    "closed to this address": (dict.fromkeys(EVERYTHING, "ERR ACCESS-DENIED\n"), {}),
    "wants the user first": ({}, {"locked": "ERR USERNAME-REQUIRED\n"}),
    "wants another user first": ({"PASSWORD": "ERR ACCESS-DENIED\n"}, {"locked": "ERR ACCESS-DENIED\n"}),
    "lists for users only": ({"LIST UPS": "ERR ACCESS-DENIED\n"}, {}),
    "other case of the name": ({"LIST UPS": listing('UPS UPS "a"\n'), "GET VAR": "ERR UNKNOWN-UPS\n"}, {}),
    "lower case": ({"LIST UPS": 'begin list ups\nups ups "a"\nend list ups\n', "LOGIN": "ok\n"}, {}),
    "lower case of OK": ({"USERNAME": "ok\n"}, {}),
    "CRLF": ({"VER": "Network UPS Tools upsd 2.8.0\r\n", "LOGIN": "OK\r\n", "GET": 'VAR ups ups.status "OL"\r\n'}, {}),
    "non-ASCII": ({"VER": b"Network UPS Tools upsd 2.8.0\xff\xe4\n", "LIST UPS": listing('UPS ups "\xdcPS"\n')}, {}),
    "UTF-8": ({"LIST UPS": b'BEGIN LIST UPS\nUPS ups "\xc3\x9cPS"\nEND LIST UPS\n'}, {}),
    "control characters": ({"VER": b"Network\0 UPS\x1b[2J Tools upsd 2.8.0\n"}, {}),
    "1,000 UPSes": ({"LIST UPS": listing('UPS ups ""\n' * 1000)}, {}),
    "4,000 clients": ({"LIST CLIENT": clients([f"10.0.{n // 250}.{n % 250}" for n in range(4000)])}, {}),
    "endless line": ({"VER": "x" * 1_100_000}, {}),
    "endless list": ({"LIST UPS": "BEGIN LIST UPS\n" + f'UPS ups "{"x" * 500}"\n' * 2500}, {}),
    "long line": ({"VER": "x" * 9000 + "\n"}, {}),
    "empty line": ({"VER": "\n"}, {}),
    "ERR without a word": ({"VER": "ERR\n"}, {}),
    "no UPS": ({"LIST UPS": listing("")}, {}),
    "list ends in ERR": ({"LIST UPS": 'BEGIN LIST UPS\nUPS ups ""\nERR DRIVER-NOT-CONNECTED\n'}, {}),
    "list of something else": ({"LIST UPS": "BEGIN LIST UPS\nwhat?\nEND LIST UPS\n"}, {}),
    "HTTP": (dict.fromkeys(EVERYTHING, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), {}),
    "SSH": ({"VER": "SSH-2.0-OpenSSH_9.2p1\r\n", "LIST UPS": "close"}, {}),
    "SMTP": (dict.fromkeys(EVERYTHING, "500 5.5.1 Invalid command\r\n"), {}),
    "forced shutdown": ({"GET VAR": 'VAR ups ups.status "FSD OL"\n'}, {}),
    "on battery": ({"GET VAR": 'VAR ups ups.status "OB DISCHRG"\n'}, {}),
    "strange answer to LOGIN": ({"LOGIN": "what?\n"}, {}),
    "strange answer to PASSWORD": ({"PASSWORD": "what is sentinel?\n"}, {}),
    "counts only": ({"LIST CLIENT": "ERR UNKNOWN-COMMAND\n", "GET NUMLOGINS": "count"}, {}),
    "two replies at once": ({"VER": "Network UPS Tools upsd 2.8.0\nOK\n"}, {}),
    **{f"closes at {word}": ({word: "close"}, {}) for word in (*EVERYTHING, "LOGOUT", "LIST CLIENT")},
    **{f"{code} at GET": ({"GET VAR": f"ERR {code}\n"}, {}) for code in ERRORS[1:5]},
    **{f"{code} at LOGIN": ({"LOGIN": f"ERR {code}\n"}, {}) for code in ERRORS},
    "ACCESS-DENIED at USERNAME": ({"USERNAME": "ERR ACCESS-DENIED\n"}, {}),
    "INVALID-ARGUMENT at PASSWORD": ({"PASSWORD": "ERR INVALID-ARGUMENT\n"}, {}),
    "UNKNOWN-COMMAND at VER": ({"VER": "ERR UNKNOWN-COMMAND\n"}, {}),
    "UNKNOWN-COMMAND at LIST CLIENT": ({"LIST CLIENT": "ERR UNKNOWN-COMMAND\n"}, {}),
    # these cost their time
    "silent": (SILENT, {}),
    "hangs at LOGIN": ({"LOGIN": None}, {}),
    "hangs at VER": ({"VER": None}, {}),
    "hangs in a list": ({"LIST UPS": "BEGIN LIST UPS\n"}, {}),
    "hangs in a line": ({"LIST UPS": "BEGIN LIST UPS\nUPS u"}, {}),
    "silent to LIST CLIENT": ({"LIST CLIENT": None, "GET NUMLOGINS": "count"}, {}),
}


# They are no upsd, or none for this host: the password is not for them.
UNTOLD = ("lower case of OK", "lower case", "closed to this address", "HTTP", "SMTP", "SSH")

Start = Callable[..., FakeUpsd]


def agree(powershell: Session, start: Start, server: str, patience: float = PLENTY, **settings: Any) -> None:
    """Check that both ways see the same of a *server* of :data:`SERVERS`.

    :param patience: seconds for the whole exchange with one that answers.
    :param settings: the rest of :class:`Job`, such as another text of the script.
    """
    replies, manner = SERVERS[server]
    seconds = SECONDS if server.startswith(("hangs", "silent")) else patience
    here, there = start(replies, **manner), start(replies, **manner)
    carrier = Carrier(powershell, **settings)
    with ThreadPoolExecutor(1) as pool:  # what takes its time takes it once
        meanwhile = pool.submit(access.probe, **options(port=here.port, timeout=seconds))
        carried = probe.ask(carrier, options(port=there.port, timeout=seconds))
        assert timeless(carried) == timeless(meanwhile.result())
    if server in UNTOLD:
        assert [line for line in there.received if line.startswith("PASSWORD")] == []
    assert "sentinel" not in json.dumps(carrier.results)


def milliseconds(powershell: Session, text: str, culture: str, script: str | None = None) -> float:
    """Return the time that the script takes a *timeout* to be, where it shows that instead of asking anybody."""
    shown = {"Invoke-Exchange": "$module.Result.message = $deadline.ToString('R', [cultureinfo]::InvariantCulture)"}
    arguments = {"host": "192.0.2.5", "lines": [{"send": "VER"}], "timeout": text}
    result = powershell.run(Job(MODULE, arguments, script, culture, doubles=shown))
    assert "msg" not in result, result
    return float(result["message"])
