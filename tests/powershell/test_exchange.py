# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of what a server may do, held by probe.probe here and by win_upsd_exchange.ps1 with its replay.

Every field of the two exchanges is equal but the time they took.
"""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe as access
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import probe
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import RemoteModules
from powershell.session import Job, Session

MODULE = "win_upsd_exchange"
SECONDS = 1.0  # for servers that do not answer


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


@pytest.mark.parametrize("server", SERVERS)
def test_both_ways_see_the_same(powershell: Session, fake_upsd: Callable[..., Any], server: str) -> None:
    replies, manner = SERVERS[server]
    seconds = SECONDS if server.startswith(("hangs", "silent")) else 10.0
    here, there = fake_upsd(replies, **manner), fake_upsd(replies, **manner)
    carrier = Carrier(powershell)
    carried = probe.ask(carrier, options(port=there.port, timeout=seconds))
    direct = access.probe(**options(port=here.port, timeout=seconds))
    assert timeless(carried) == timeless(direct)
    assert "sentinel" not in json.dumps(carrier.results)


# Words that PowerShell, .NET or a shell would treat in a way of their own.
WORDS = [
    'two "quoted" words',
    "it's",
    "$env:PATH $(Get-Date) `n",
    "{0} {password} %PATH% }{",
    "a\\b#c;d&e|f<g>",
    "^.*[$",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_password_arrives_as_it_is(powershell: Session, fake_upsd: Callable[..., Any], word: str) -> None:
    here, there = fake_upsd(), fake_upsd()
    carried = probe.ask(Carrier(powershell), options(port=there.port, password=word))
    assert timeless(carried) == timeless(access.probe(**options(port=here.port, password=word)))
    assert [line for line in there.received if "PASS" in line] == [line for line in here.received if "PASS" in line]
    assert carried.login == "ok"


# Addresses: what is asked for, in place of a server's own.
PLACES: dict[str, dict[str, Any]] = {
    "a name": {"host": "localhost"},
    "preferred": {"host": "localhost", "prefer": ["127.0.0.1"]},
    "our address": {"source_address": "127.0.0.1"},
    "another of our addresses": {"source_address": "127.0.0.2"},
    "of nobody": {"source_address": "192.0.2.31"},
    "of another family": {"source_address": "::1"},
    "unresolvable": {"host": "nas.invalid"},
}


@pytest.mark.parametrize("place", PLACES)
def test_places(powershell: Session, fake_upsd: Callable[..., Any], place: str) -> None:
    here, there = fake_upsd(), fake_upsd()
    carried = probe.ask(Carrier(powershell), options(port=there.port, **PLACES[place]))
    assert timeless(carried) == timeless(access.probe(**options(port=here.port, **PLACES[place])))


def test_a_server_on_ipv6(powershell: Session, fake_upsd: Callable[..., Any]) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    here, there = fake_upsd(address="::1"), fake_upsd(address="::1")
    carried = probe.ask(Carrier(powershell), options(host="::1", port=there.port))
    assert timeless(carried) == timeless(access.probe(**options(host="::1", port=here.port)))


def test_a_refused_connection(powershell: Session, closed_port: int) -> None:
    given = options(port=closed_port)
    assert timeless(probe.ask(Carrier(powershell), given)) == timeless(access.probe(**given))


def test_a_connection_that_does_not_come_in_time(powershell: Session, full_port: int) -> None:
    given = options(port=full_port, connect_timeout=0.5)
    carried, direct = timeless(probe.ask(Carrier(powershell), given)), timeless(access.probe(**given))
    assert carried.pop("error_text").startswith("127.0.0.1: ")  # in the words of its system
    assert direct.pop("error_text").startswith("127.0.0.1: ")
    assert carried == direct
