# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What win_upsd_exchange.ps1 and the replay of its result show of a server, as exchange.py has it."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe as access
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import probe
from powershell.exchange import MODULE, SERVERS, Carrier, Start, agree, options, timeless
from powershell.session import MODULES, Job, Session


@pytest.mark.parametrize("server", SERVERS)
def test_both_ways_see_the_same(powershell: Session, fake_upsd: Start, server: str) -> None:
    agree(powershell, fake_upsd, server)


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
def test_a_password_arrives_as_it_is(powershell: Session, fake_upsd: Start, word: str) -> None:
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
def test_places(powershell: Session, fake_upsd: Start, place: str) -> None:
    here, there = fake_upsd(), fake_upsd()
    carried = probe.ask(Carrier(powershell), options(port=there.port, **PLACES[place]))
    assert timeless(carried) == timeless(access.probe(**options(port=here.port, **PLACES[place])))


def test_a_server_on_ipv6(powershell: Session, fake_upsd: Start) -> None:
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


LINES = [{"send": "VER"}]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"timeout": "7,5"}, "timeout must be a number of seconds such as 7.5, not 7,5"),
    ({"timeout": "NaN"}, "timeout must be"),
    ({"timeout": "-1"}, "timeout must be"),
    ({"connect_timeout": "soon"}, "connect_timeout must be"),
    ({"connect_timeout": True}, "connect_timeout must be"),
    ({"lines": [*LINES, {"send": "LIST UPS", "patience": "1,5"}]}, "patience must be"),
    ({"port": 0}, "port must be from 1 to 65535, not 0"),
    ({"port": 65536}, "port must be from 1 to 65535, not 65536"),
    ({"port": "ups"}, "argument for port is of type System.String and we were unable to convert to int"),
    ({"host": " "}, "host must not be empty"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_the_script_refuses(powershell: Session, arguments: dict[str, Any], message: str) -> None:
    result = powershell.run(Job(MODULE, {"host": "192.0.2.5", "lines": LINES, **arguments}))
    assert result["failed"]
    assert result["msg"].startswith(message)


def test_the_shape_of_a_result(powershell: Session, fake_upsd: Start) -> None:
    result = powershell.run(Job(MODULE, {"host": "127.0.0.1", "port": fake_upsd().port, "lines": LINES}))
    documented = yaml.safe_load((MODULES / f"{MODULE}.yml").read_text(encoding="utf-8"))["RETURN"]
    assert set(result) - {"changed", "invocation"} == set(documented)
    kinds: dict[str, list[type[Any]]] = {"list": [list], "str": [str, type(None)], "int": [int], "float": [float]}
    assert [key for key, about in documented.items() if type(result[key]) not in kinds[about["type"]]] == []
