# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address of a client the NAS is asked to permit."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.filter.client_addresses import (
    FilterModule,
    client_addresses,
    clients_without_address,
)

GIVEN, SEEN, FACT = "198.51.100.21", "192.0.2.21", "10.0.2.15"
LOOKED = {"nut_client_result": {"address": SEEN}}
GATHERED = {"ansible_facts": {"default_ipv4": {"address": FACT}}}

# a host's variables, the addresses to permit for it
CLIENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"ups_client_address": GIVEN, **LOOKED, **GATHERED}, [GIVEN]),
    ({**LOOKED, **GATHERED}, [SEEN]),
    (GATHERED, [FACT]),
    ({}, []),
    # dual-homed: each route
    ({"ups_client_address": [GIVEN, SEEN], **GATHERED}, [GIVEN, SEEN]),
    ({"ups_client_address": (GIVEN, GIVEN)}, [GIVEN]),
    ({"ups_client_address": [GIVEN, "", None], **LOOKED}, [GIVEN]),
    # IPv6, and behind NAT the gateway that the audit found
    ({"nut_client_result": {"address": "2001:db8::21"}, **GATHERED}, ["2001:db8::21"]),
    ({"nut_client_result": {"address": "203.0.113.1"}, **GATHERED}, ["203.0.113.1"]),
    # a variable that says nothing
    ({"ups_client_address": "", **LOOKED}, [SEEN]),
    ({"ups_client_address": None, **LOOKED}, [SEEN]),
    ({"ups_client_address": [], **LOOKED}, [SEEN]),
    ({"ups_client_address": [""], **GATHERED}, [FACT]),
    # a look that failed, or could not tell
    ({"nut_client_result": {"address": None}, **GATHERED}, [FACT]),
    ({"nut_client_result": {"failed": True, "msg": "This host has no Python."}, **GATHERED}, [FACT]),
    ({"nut_client_result": None, "ansible_facts": None}, []),
    # facts without a default route
    ({"ansible_facts": {}}, []),
    ({"ansible_facts": {"default_ipv4": {}}}, []),
    ({"ansible_facts": {"default_ipv4": None}}, []),
]


@pytest.mark.parametrize(("client", "addresses"), CLIENTS)
def test_a_client(client: dict[str, Any], addresses: list[str]) -> None:
    assert client_addresses([client]) == addresses


def test_a_fleet_in_the_order_of_the_inventory_each_address_once() -> None:
    fleet: list[dict[str, Any]] = [LOOKED, {"ups_client_address": [GIVEN, SEEN]}, {}, GATHERED, LOOKED]
    assert client_addresses(iter(fleet)) == [SEEN, GIVEN, FACT]
    assert client_addresses([]) == []


def test_the_filters_names() -> None:
    assert FilterModule().filters() == {
        "client_addresses": client_addresses,
        "clients_without_address": clients_without_address,
    }


def test_clients_of_which_no_address_is_known_are_named() -> None:
    clients: list[dict[str, Any]] = [
        {"inventory_hostname": "given", "ups_client_address": ["192.0.2.21", "198.51.100.21"]},
        {"inventory_hostname": "seen", "nut_client_result": {"address": "192.0.2.22"}},
        {"inventory_hostname": "unknown", "nut_client_result": {"unreachable": True}},
    ]
    assert clients_without_address(clients) == ["unknown"]


def looked(*access: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a client whose audit asked these servers."""
    return {"nut_client_result": {"address": SEEN, "access": list(access)}, **more}


NAS = "192.0.2.10"
HERE = {"host": NAS, "peer_address": NAS, "seen_as": "192.0.2.31", "source_address": FACT}
BY_NAME = {"host": "nas.example", "peer_address": NAS, "seen_as": None, "source_address": "192.0.2.32"}
ELSEWHERE = {"host": "192.0.2.11", "peer_address": "192.0.2.11", "seen_as": "192.0.2.33", "source_address": FACT}
SILENT = {"host": NAS, "peer_address": None, "seen_as": None, "source_address": None}

# a host's variables, the addresses to permit for it on NAS
OF_A_NAS: list[tuple[dict[str, Any], list[str]]] = [
    (looked(HERE), ["192.0.2.31"]),
    (looked(BY_NAME), ["192.0.2.32"]),  # by another name of it, and the address it was asked from
    (looked(ELSEWHERE, HERE), ["192.0.2.31"]),
    (looked(HERE, ups_client_address=GIVEN), [GIVEN]),
    # its UPS hangs elsewhere
    (looked(ELSEWHERE), []),
    (looked(ELSEWHERE, ups_client_address=GIVEN, **GATHERED), []),
    # it hangs here, and no address is known
    (looked(SILENT), []),
    (looked(SILENT, ups_client_address=GIVEN), [GIVEN]),
    # not audited
    ({"ups_client_address": GIVEN}, [GIVEN]),
    (GATHERED, [FACT]),
    ({"nut_client_result": {"unreachable": True}, **GATHERED}, [FACT]),
    (looked(**GATHERED), [SEEN]),
    ({}, []),
]


@pytest.mark.parametrize(("client", "addresses"), OF_A_NAS)
def test_a_client_of_one_nas_of_several(client: dict[str, Any], addresses: list[str]) -> None:
    assert client_addresses([client], NAS) == addresses


def test_each_nas_permits_its_own_clients() -> None:
    fleet = [looked(HERE), looked(ELSEWHERE), looked(HERE, ELSEWHERE)]
    assert client_addresses(fleet, NAS) == ["192.0.2.31"]
    assert client_addresses(fleet, "192.0.2.11") == ["192.0.2.33"]
    assert client_addresses(fleet, "192.0.2.12") == []
    assert client_addresses(fleet) == [SEEN]
