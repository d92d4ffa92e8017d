# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A login that would go to the machine that makes it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import argspec, own_machine
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import Unreachable

LINK_LOCAL = (socket.AF_INET6, ("fe80::5%lan", 5001, 0, 2))
# What the name resolves to, from where this machine would speak to each, and which of them is its own
CASES: list[tuple[list[Any], dict[str, str], str]] = [
    (["127.0.0.1"], {}, "127.0.0.1"),
    (["127.0.0.2"], {"127.0.0.2": "127.0.0.1"}, "127.0.0.2"),
    (["::1"], {}, "::1"),
    (["::ffff:127.0.0.1"], {}, "::ffff:127.0.0.1"),
    (["0.0.0.0"], {"0.0.0.0": "127.0.0.1"}, "0.0.0.0"),
    (["::"], {}, "::"),
    (["192.0.2.5"], {"192.0.2.5": "192.0.2.5"}, "192.0.2.5"),
    (["2001:db8::5"], {"2001:db8::5": "2001:DB8::5"}, "2001:db8::5"),
    ([LINK_LOCAL], {"fe80::5%lan": "fe80::5%lan"}, "fe80::5%lan"),
    (["192.0.2.2", "192.0.2.5"], {"192.0.2.2": "192.0.2.5", "192.0.2.5": "192.0.2.5"}, "192.0.2.5"),
    (["192.0.2.2"], {"192.0.2.2": "192.0.2.5"}, ""),
    (["192.0.2.2", "2001:db8::2"], {"2001:db8::2": "2001:db8::5"}, ""),
    ([LINK_LOCAL], {"fe80::5%lan": "fe80::6%lan"}, ""),
    ([], {}, ""),
]


def target(address: Any) -> Any:
    """Return what the resolver tells of an address."""
    if not isinstance(address, str):
        return address
    return (socket.AF_INET6, (address, 5001, 0, 0)) if ":" in address else (socket.AF_INET, (address, 5001))


@pytest.mark.parametrize(("addresses", "sources", "own"), CASES)
def test_an_address_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, addresses: list[Any], sources: dict[str, str], own: str
) -> None:
    def resolve(*arguments: Any) -> list[Any]:
        assert arguments == ("nas", 5001, 7.0)
        if not addresses:
            raise Unreachable("name", "nas: no answer from the resolver in time")
        return [target(address) for address in addresses]

    def source(one: Any) -> str:
        return sources.get(one[1][0], "")

    monkeypatch.setattr(own_machine, "resolve", resolve)
    assert own_machine.own_address("nas", 5001, 7.0, source, [str(tmp_path / "VERSION")]) == own
    (tmp_path / "VERSION").touch()
    assert own_machine.own_address("nas", 5001, 7.0, source, [str(tmp_path / "VERSION")]) == "", "a DSM is a NAS"


def test_what_the_routing_table_says() -> None:
    """Of this very machine: the address from which it speaks to the world is its own."""
    outward = own_machine.source_address(target("192.0.2.1"))
    if outward:
        assert own_machine.own_address(outward, 5001, 5.0, dsm_files=[]) == outward
    assert own_machine.source_address(target("127.0.0.1")) == "127.0.0.1"
    assert own_machine.own_address("198.51.100.77", 5001, 5.0, dsm_files=[]) == ""
    assert own_machine.own_address("nas.invalid", 5001, 5.0, dsm_files=[]) == ""
    assert own_machine.source_address((socket.AF_INET6, ("fe80::1", 5001, 0, 0))) == "", "no zone, no route"


PARAMS: dict[str, Any] = {
    **{name: option.get("default") for name, option in argspec.CONNECTION.items()},
    "host": "nas.example.com",
    "username": "upsadmin",
    "password": "Sentinel-1",
}


@pytest.mark.parametrize(
    ("host", "own", "begin"),
    [
        ("nas.example.com", "192.0.2.5", "host: nas.example.com (192.0.2.5) is the machine that runs this module, "),
        ("192.0.2.5", "192.0.2.5", "host: 192.0.2.5 is the machine that runs this module, "),
    ],
)
def test_it_is_refused_before_anything_is_sent(host: str, own: str, begin: str) -> None:
    with pytest.raises(ValueError, match="Nothing was sent") as caught:
        argspec.connect({**PARAMS, "host": host}, lambda *_arguments: own)
    assert str(caught.value).startswith(begin)
    assert "dsm_ups_server_host" in str(caught.value)
    assert "Sentinel-1" not in str(caught.value)
    assert argspec.connect({**PARAMS, "host": host}, lambda *_arguments: "")

    def asked(*_arguments: Any) -> str:
        raise AssertionError("who allows it is not asked")

    assert argspec.connect({**PARAMS, "host": host, "allow_local": True}, asked)
