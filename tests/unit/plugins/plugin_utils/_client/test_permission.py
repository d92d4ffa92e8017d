# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clients hang on a NAS, which of their addresses it is to permit, and when nothing may be dropped there."""

from __future__ import annotations

import socket
from typing import Any, Iterable

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import advice, permission
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import resolve_name

GIVEN, SEEN, FACT = "198.51.100.21", "192.0.2.21", "10.0.2.15"
LOOKED = {"nut_client_result": {"address": SEEN}}
GATHERED = {"ansible_facts": {"default_ipv4": {"address": FACT}}}
ONLY = [{"inventory_hostname": "nas"}]
DSM = {"version": "DSM7-2-1-NewModel-repack-64570-230831", "dsm": True, "release": "7.2.1"}
STOCK = {"version": "2.8.0", "dsm": False, "release": None}
NOBODY = {"version": None, "dsm": False, "release": None}  # it did not say, because it does not permit the client


def nas_clients(
    clients: Iterable[dict[str, Any]], name: str, boxes: Any, exact: bool = False, resolve: Any = resolve_name
) -> dict[str, Any]:
    """Return what is told, with all addresses in one list, and whether nothing is dropped although exact asks for it.

    Each host has a name, and as many are expected as there are.
    """
    named = [{"inventory_hostname": f"host{number}", **client} for number, client in enumerate(clients)]
    found = permission.nas_clients(named, name, boxes, exact, len(named), resolve)
    whole = permission.nas_clients(named, name, boxes, True, len(named), resolve)["inventory"]
    addresses = [address for own in found.pop("clients").values() for address in own]
    assert found.pop("inventory") == (whole if exact else None)
    del found["connected"]
    return {**found, "addresses": list(dict.fromkeys(addresses)), "keep": whole is None}


# a host's variables, the addresses to permit for it
CLIENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"ups_client_address": GIVEN, **LOOKED, **GATHERED}, [GIVEN]),
    ({**LOOKED, **GATHERED}, [SEEN]),
    (GATHERED, []),
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
    ({"ups_client_address": [""], **GATHERED}, []),
    # a look that failed, or could not tell
    ({"nut_client_result": {"address": None}, **GATHERED}, []),
    ({"nut_client_result": {"failed": True, "msg": "This host has no Python."}, **GATHERED}, []),
    ({"nut_client_result": None, "ansible_facts": None}, []),
    # facts without a default route
    ({"ansible_facts": {}}, []),
    ({"ansible_facts": {"default_ipv4": {}}}, []),
    ({"ansible_facts": {"default_ipv4": None}}, []),
    # an address of which the person says that it is right
    ({"ups_client_address": "169.254.7.7"}, ["169.254.7.7"]),
]


def unresolved(_name: str) -> frozenset[str]:
    return frozenset()


@pytest.mark.parametrize(("client", "addresses"), CLIENTS)
def test_a_client_of_the_only_nas(client: dict[str, Any], addresses: list[str]) -> None:
    found = nas_clients([client], "nas", ONLY, resolve=unresolved)
    assert (found["addresses"], found["keep"]) == (addresses, not addresses)


def test_a_fleet_in_the_order_of_the_inventory_each_address_once() -> None:
    fleet: list[dict[str, Any]] = [LOOKED, {"ups_client_address": [GIVEN, SEEN]}, GATHERED, LOOKED]
    assert nas_clients(iter(fleet), "nas", ONLY)["addresses"] == [SEEN, GIVEN]


@pytest.mark.parametrize("exact", [False, True])
def test_a_client_of_which_no_address_is_known_keeps_the_list(exact: bool) -> None:
    clients: list[dict[str, Any]] = [
        {"inventory_hostname": "given", "ups_client_address": ["192.0.2.21", "198.51.100.21"]},
        {"inventory_hostname": "seen", "nut_client_result": {"address": "192.0.2.22"}},
        {"inventory_hostname": "unknown", "nut_client_result": {"unreachable": True}},
    ]
    found = nas_clients(clients, "nas", ONLY, exact)
    note = "nothing is dropped from its list, because the address of unknown is not known."
    assert (found["keep"], found["notes"]) == (True, [note] if exact else [])
    assert nas_clients(clients[:2], "nas", ONLY, exact)["keep"] is False


# --- field report case F6: facts may be of another run ---


@pytest.mark.parametrize(
    ("exact", "note"),
    [
        (False, f"laptop was not audited, so {FACT}, which facts say is its address, is not permitted."),
        (
            True,
            f"nothing is dropped from its list, because the address of laptop (facts say {FACT}, which may be of "
            "another run) is not known.",
        ),
    ],
)
def test_what_facts_say_is_a_note(exact: bool, note: str) -> None:
    away = {"inventory_hostname": "laptop", "nut_client_result": {"unreachable": True}, **GATHERED}
    found = nas_clients([LOOKED, away], "nas", ONLY, exact)
    assert (found["addresses"], found["notes"]) == ([SEEN], [note])
    assert found["keep"]


# --- field report case F1: whether the inventory is whole ---

WHOLE: list[tuple[Any, str]] = [
    (2, ""),
    ("2", ""),
    (["web1", "web2"], ""),
    (None, "nothing says that the inventory is whole (ups_expected_clients: how many clients there are)"),
    (3, "the inventory has 2 clients, and ups_expected_clients is 3"),
    (1, "the inventory has 2 clients, and ups_expected_clients is 1"),
    (["web1", "web2", "web3"], "web3 of ups_expected_clients is not in the inventory"),
    (["web1"], "web2 is not in ups_expected_clients"),
    ([], "web1, web2 is not in ups_expected_clients"),
]


@pytest.mark.parametrize(("expected", "reason"), WHOLE)
def test_an_inventory_is_whole_only_where_something_says_so(expected: Any, reason: str) -> None:
    fleet: list[dict[str, Any]] = [
        {"inventory_hostname": "web1", **LOOKED},
        {"inventory_hostname": "web2", "ups_client_address": GIVEN},
    ]
    found = permission.nas_clients(fleet, "nas", ONLY, True, expected)
    assert found["inventory"] == (None if reason else ["web1", "web2"])
    assert found["notes"] == ([f"nothing is dropped from its list, because {reason}."] if reason else [])
    assert found["clients"] == {"web1": [SEEN], "web2": [GIVEN]}
    assert permission.nas_clients(fleet, "nas", ONLY, False, expected)["notes"] == []


@pytest.mark.parametrize(
    ("addresses", "names"), [([], []), (["192.0.2.2"], ["a", "b"]), (["192.0.2.1", "192.0.2.9"], ["a"])]
)
def test_whose_an_address_is(addresses: list[str], names: list[str]) -> None:
    clients = {"a": ["192.0.2.1", "192.0.2.2"], "b": ["192.0.2.2"], "c": []}
    assert permission.clients_at(clients, addresses) == names


@pytest.mark.parametrize(("boxes", "connected"), [(ONLY, ["192.0.2.31", "192.0.2.77", "192.0.2.99"]), ([], [])])
def test_who_is_logged_in_is_told_whosever_it_is(boxes: Any, connected: list[str]) -> None:
    boxes = boxes or [{"inventory_hostname": "nas", "ansible_host": "192.0.2.11"}, {"inventory_hostname": "two"}]
    logins = [["192.0.2.31", "192.0.2.77"], None, ["192.0.2.99", "192.0.2.31"]]
    fleet = [looked(access(NAS, NAS, SEEN, clients=one)) for one in logins]
    assert permission.nas_clients(fleet, "nas", boxes, resolve=unresolved)["connected"] == connected


def test_who_was_removed() -> None:
    results: dict[str, Any] = {"a": {"verdict": "removed"}, "b": {"verdict": "ok"}, "c": {"failed": True}}
    hostvars: dict[str, Any] = {"d": {}, **{name: {"nut_client_result": found} for name, found in results.items()}}
    assert permission.removed_clients(hostvars, ["d", "c", "a", "b"]) == ["a"]


# --- field report case 15: one odd address ---

TUNNEL = advice.OWN_ADDRESS
LEFT_OUT: list[tuple[str, str]] = [
    ("127.0.0.1", "loopback"),
    ("::1", "loopback"),
    ("0.0.0.0", "unspecified"),
    ("224.0.0.1", "multicast"),
    ("169.254.7.7", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("255.255.255.255", "broadcast"),
]


@pytest.mark.parametrize(("address", "kind"), LEFT_OUT)
def test_one_odd_address_stops_nobody_else(address: str, kind: str) -> None:
    odd = {"inventory_hostname": "web1", "nut_client_result": {"address": address}}
    found = nas_clients([odd, LOOKED], "nas", ONLY)
    assert found["addresses"] == [SEEN]
    assert found["notes"] == [
        f"web1 arrives from {address} ({kind}), which is no address of its own, so it is left out. {TUNNEL}"
    ]
    assert found["keep"], "what it has is not known, so it may be among those that are permitted"
    mended = {**odd, "ups_client_address": GIVEN}
    assert nas_clients([mended, LOOKED], "nas", ONLY) == {
        "addresses": [GIVEN, SEEN],
        "statuses": [],
        "keep": False,
        "notes": [],
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("127.0.0.1", "127.0.0.1 is the NAS itself"),
        ("192.0.2.0/24", "192.0.2.0/24 is not one address"),
        ("192.0.2.010", "192.0.2.010 has a leading zero"),
        ("web1.example.com", "'web1.example.com' is not an IPv4 or IPv6 address"),
    ],
)
def test_a_wrong_variable_of_one_host_stops_nobody_else(given: str, reason: str) -> None:
    wrong = {"inventory_hostname": "web1", "ups_client_address": [given, GIVEN]}
    found = nas_clients([wrong, LOOKED], "nas", ONLY)
    (note,) = found["notes"]
    assert (found["addresses"], found["keep"]) == ([GIVEN, SEEN], True)
    assert note.startswith(f"the ups_client_address of web1 is left out: {reason}")


# --- field case W12: an address that changes by itself; field report case 18: one that upsmon still uses ---

TODAYS, YESTERDAYS, STABLE = "2001:db8::d4a4:1", "2001:db8::d4a4:2", "2001:db8::21"
NAS_6 = "2001:db8::10"


def used(source: str, *held: str, temporary: list[str] | None = None, seen_as: str | None = None) -> dict[str, Any]:
    """Return a client that asked its only NAS from *source*, while upsmon's own connections begin at *held*."""
    connections = [[local, 40001, NAS_6, 3493, True] for local in held]
    entry = {
        "host": "nas",
        "peer_address": NAS_6,
        "addresses": [NAS_6, "192.0.2.10"],
        "source_address": source,
        "seen_as": seen_as,
        "listed": None,
        "connections": connections,
    }
    result: dict[str, Any] = {"address": seen_as or source, "access": [entry], "os": {"platform": "macos"}}
    return {
        "inventory_hostname": "web1",
        "nut_client_result": result if temporary is None else {**result, "temporary_addresses": temporary},
    }


BOTH = [TODAYS, YESTERDAYS]

# a client, its addresses that are permitted, whether one that passes is left out
PASSING: list[tuple[dict[str, Any], list[str], bool]] = [
    (used(TODAYS, temporary=BOTH), [], True),
    (used(TODAYS, TODAYS, temporary=BOTH, seen_as=TODAYS), [], True),
    (used(TODAYS, YESTERDAYS, temporary=BOTH), [], True),
    # upsmon goes on with one that stays, and will come from one that does not
    (used(TODAYS, STABLE, temporary=BOTH), [STABLE], True),
    # its next connection is from one that stays
    (used(STABLE, YESTERDAYS, temporary=BOTH), [STABLE], False),
    (used(STABLE, STABLE, temporary=BOTH), [STABLE], False),
    # two routes
    (used("192.0.2.21", "198.51.100.21", temporary=[]), ["192.0.2.21", "198.51.100.21"], False),
    (used("192.0.2.21", "169.254.7.7", "127.0.0.1", temporary=[]), ["192.0.2.21"], False),
    # what the NAS sees is a gateway's
    (used(TODAYS, TODAYS, temporary=BOTH, seen_as="203.0.113.1"), ["203.0.113.1"], False),
    # not told
    (used(TODAYS), [TODAYS], False),
    # a person says so
    ({**used(TODAYS, STABLE, temporary=BOTH), "ups_client_address": TODAYS}, [TODAYS], False),
]


@pytest.mark.parametrize(("client", "addresses", "left_out"), PASSING)
def test_what_upsmon_uses_is_permitted_and_what_passes_is_not(
    client: dict[str, Any], addresses: list[str], left_out: bool
) -> None:
    found = nas_clients([client, LOOKED], "nas", ONLY, resolve=unresolved)
    assert (found["addresses"], found["keep"]) == (list(dict.fromkeys([*addresses, SEEN])), left_out)
    assert len(found["notes"]) == left_out
    if left_out:
        note = f"web1 is left out, because it arrives from {TODAYS}, a temporary IPv6 address, "
        assert found["notes"][0].startswith(note)
        assert "ups_host be the NAS's IPv4 address 192.0.2.10, or" in found["notes"][0]
        assert "(sysctl net.inet6.ip6.prefer_tempaddr=0)" in found["notes"][0]


# --- field report case 7: several NAS boxes ---

NAS, OTHER = "192.0.2.10", "192.0.2.11"
BOXES = [{"inventory_hostname": "one", "ansible_host": NAS}, {"inventory_hostname": "two", "ansible_host": OTHER}]
BY_NAME = [{"inventory_hostname": "one.example"}, {"inventory_hostname": "two", "ansible_host": "two.example"}]
ADDRESSES = {"one.example": NAS, "two.example": OTHER, "alias.example": NAS}


def resolve(name: str) -> frozenset[str]:
    """Return what the controller's DNS says; an address is its own."""
    if name in ADDRESSES or name.replace(".", "").isdigit():
        return frozenset([ADDRESSES.get(name, name)])
    return frozenset()


def access(host: str, peer: str | None, seen_as: str | None, **more: Any) -> dict[str, Any]:
    """Return what a client's audit found of a server: the status, unless it could not connect."""
    status = {"server": DSM, "status": "OL"} if peer else {"server": NOBODY, "status": None}
    return {"host": host, "peer_address": peer, "seen_as": seen_as, "source_address": FACT, **status, **more}


def looked(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a client whose audit asked these servers."""
    return {"inventory_hostname": "web1", "nut_client_result": {"address": SEEN, "access": list(entries)}, **more}


HERE = access(NAS, NAS, "192.0.2.31")
ELSEWHERE = access(OTHER, OTHER, "192.0.2.33")
SILENT = {**access(NAS, None, None), "source_address": None}

# a host's variables, the addresses to permit for it on the first NAS, whether it may keep others
OF_A_NAS: list[tuple[dict[str, Any], list[str], bool]] = [
    (looked(HERE), ["192.0.2.31"], False),
    (looked(access("alias.example", NAS, None)), [FACT], False),  # by another name, and the address it was asked from
    (looked(ELSEWHERE, HERE), ["192.0.2.31"], False),
    (looked(HERE, ups_client_address=GIVEN), [GIVEN], False),
    # it did not connect: the names are compared, and resolved
    (looked(access("ONE.example", None, None)), [FACT], False),
    (looked(access("alias.example", None, None)), [FACT], False),
    # it hangs here, and no address is known
    (looked(SILENT), [], True),
    (looked(SILENT, ups_client_address=GIVEN), [GIVEN], False),
    # its UPS hangs elsewhere: nobody is left, and that is no reason to shut out everybody
    (looked(ELSEWHERE), [], True),
    (looked(ELSEWHERE, ups_client_address=GIVEN, **GATHERED), [], True),
    (looked(access("two.example", None, None)), [], True),
    (looked(access("192.0.2.77", "192.0.2.77", SEEN, server=STOCK)), [], True),
    # where it hangs is not known
    (looked(access("192.0.2.77", "192.0.2.77", SEEN)), [], True),
    (looked(access("192.0.2.77", "192.0.2.77", None, server=NOBODY, status=None)), [], True),
    (looked(access("lost.example", None, None)), [], True),
    (looked(HERE, access("lost.example", None, None)), ["192.0.2.31"], True),
    # not audited
    ({"ups_client_address": GIVEN}, [GIVEN], False),
    (GATHERED, [], True),
    ({"nut_client_result": {"unreachable": True}, **GATHERED}, [], True),
    (looked(**GATHERED), [SEEN], False),
    ({}, [], True),
]


@pytest.mark.parametrize("boxes", [BOXES, BY_NAME], ids=["by_address", "by_name"])
@pytest.mark.parametrize(("client", "addresses", "keep"), OF_A_NAS)
def test_a_client_of_one_nas_of_several(
    boxes: list[dict[str, Any]], client: dict[str, Any], addresses: list[str], keep: bool
) -> None:
    name = str(boxes[0]["inventory_hostname"])
    found = nas_clients([client], name, boxes, resolve=resolve)
    assert (found["addresses"], found["keep"]) == (addresses, keep)


def test_each_nas_permits_its_own_clients() -> None:
    fleet = [looked(HERE), looked(ELSEWHERE), looked(HERE, ELSEWHERE)]
    assert nas_clients(fleet, "one.example", BY_NAME, resolve=resolve)["addresses"] == ["192.0.2.31"]
    assert nas_clients(fleet, "two", BY_NAME, resolve=resolve)["addresses"] == ["192.0.2.33"]
    assert nas_clients(fleet, "one.example", BY_NAME[:1], resolve=resolve)["addresses"] == [SEEN]


@pytest.mark.parametrize("exact", [False, True])
def test_a_nas_without_clients_says_so(exact: bool) -> None:
    found = nas_clients([looked(HERE)], "two", BOXES, exact, resolve)
    assert found == {
        "addresses": [],
        "statuses": [],
        "keep": True,
        "notes": ["nothing is dropped from its list, because no client's UPS server is known to be this NAS."],
    }


def test_a_name_that_does_not_resolve_is_not_known_rather_than_nobodys() -> None:
    """Both NAS boxes are known by names that the controller cannot resolve, and the clients by their addresses."""
    found = nas_clients([looked(HERE)], "one.example", BY_NAME, True, unresolved)
    assert (found["addresses"], found["keep"]) == ([], True)
    assert found["notes"] == [
        "nothing is dropped from its list, because no client's UPS server is known to be this NAS; 192.0.2.10, the "
        "UPS server of web1, is none of the NAS boxes in ups_nas as far as their names resolve on the controller (give "
        "each an ansible_host)."
    ]


def test_ups_host_of_all_is_the_address_of_no_nas_in_particular() -> None:
    boxes = [{**box, "ups_host": NAS} for box in BY_NAME]
    fleet = [looked(HERE)]
    assert nas_clients(fleet, "two", boxes, resolve=resolve)["addresses"] == []
    own = [{**BY_NAME[0], "ups_host": OTHER}, {**BY_NAME[1], "ups_host": NAS}]
    assert nas_clients(fleet, "two", own, resolve=unresolved)["addresses"] == ["192.0.2.31"]


def test_a_name_is_resolved_once() -> None:
    asked = []

    def ask(name: str) -> frozenset[str]:
        asked.append(name)
        return resolve(name)

    permission.nas_clients([looked(HERE), looked(ELSEWHERE), looked(HERE)], "two", BY_NAME, resolve=ask)
    assert sorted(asked) == sorted(set(asked))


def test_addresses_need_no_resolution() -> None:
    fleet = [looked(HERE), looked(ELSEWHERE)]
    assert nas_clients(fleet, "one", BOXES, resolve=unresolved)["addresses"] == ["192.0.2.31"]


# the clients' audits, the boxes, what was read from the first of them
STATUSES: list[tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]] = [
    ([looked({**HERE, "status": "OL CAL"}), looked(HERE), looked(HERE)], BOXES, ["OL CAL", "OL"]),
    ([looked(HERE, {**ELSEWHERE, "status": "OB"})], BOXES, ["OL"]),
    ([looked({**ELSEWHERE, "status": "OB"})], BOXES, []),
    ([looked({**HERE, "status": None})], BOXES, []),
    ([{}, GATHERED], BOXES, []),
    # the only NAS, by its address, and where no name leads there
    ([looked({**HERE, "status": "OL CAL"})], BOXES[:1], ["OL CAL"]),
    ([looked(access("lan.example", "192.0.2.77", SEEN, status="OL CAL"))], BOXES[:1], ["OL CAL"]),
    ([looked(HERE, access("192.0.2.77", "192.0.2.77", SEEN, status="OB"))], BOXES[:1], ["OL"]),
    ([looked(access("192.0.2.77", "192.0.2.77", SEEN, server=STOCK, status="OB"))], BOXES[:1], []),
]


@pytest.mark.parametrize(("clients", "boxes", "statuses"), STATUSES)
def test_what_clients_have_read_from_the_nas(
    clients: list[dict[str, Any]], boxes: list[dict[str, Any]], statuses: list[str]
) -> None:
    assert nas_clients(clients, "one", boxes, resolve=resolve)["statuses"] == statuses


def test_the_controllers_own_names() -> None:
    assert resolve_name("127.0.0.1") == {"127.0.0.1"}
    assert resolve_name("2001:DB8:0::1") == {"2001:db8::1"}
    assert resolve_name("nas.invalid") == frozenset()
    assert resolve_name("a" * 99) == frozenset()


def test_a_name_of_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(0, 0, 0, "", (address, 0)) for address in ("192.0.2.10", "::ffff:192.0.2.11", "fe80::1%eth0")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: rows)
    assert resolve_name("nas.example") == {"192.0.2.10", "192.0.2.11", "fe80::1"}
