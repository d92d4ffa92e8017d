# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clients hang on a NAS, and which of their addresses it is to permit. Pure: how names resolve is passed in.

Only what a host showed in this run is permitted. What Ansible's facts say may be of another run (field report case F6).
Whose client a host is, and whether the inventory is whole, decides what is dropped under dsm_ups_server_exact, so what
is not known is never taken for none (field report cases 7, F1).
"""

from __future__ import annotations

import socket
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Protocol, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import fault, odd
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import own_addresses
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import OWN_ADDRESS, passing
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import REMOVED

Resolve = Callable[[str], "frozenset[str]"]
"""Tells the addresses of a name; none where it does not resolve."""


class Variables(Protocol):
    """The variables of a host, however they are kept."""

    def get(self, name: str, /) -> Any:
        """Return the value of one, None where there is none."""


"""The variables of a host of the inventory."""


class _Client(NamedTuple):
    """What one client has to do with a NAS."""

    name: str
    addresses: list[str]
    left_out: list[str]  # a sentence for each address that cannot be permitted
    strays: list[str]  # its UPS servers that may be this NAS or not
    read: list[str]  # what it has just read from it as ups.status
    read_elsewhere: list[str]  # and from another DSM
    connected: list[str]  # who is logged in there, whosever it is
    here: bool  # whether its UPS hangs on this NAS, or may, because it was not audited
    hearsay: str  # what facts say is its address, where nothing was seen in this run


def resolve_name(name: str) -> frozenset[str]:
    """Return the addresses of *name* as the controller knows them, none where it does not resolve."""
    try:
        return frozenset(normalise_address(str(row[4][0])) for row in socket.getaddrinfo(name, None))
    except (OSError, UnicodeError):
        return frozenset()


def nas_clients(
    clients: Iterable[Variables],
    name: str,
    boxes: Sequence[Variables],
    exact: bool = False,
    expected: Any = None,
    resolve: Resolve = resolve_name,
) -> dict[str, Any]:
    """Return what a NAS has to know of its clients.

    C(clients), by name the addresses to permit, none where that is not known; C(inventory), the names of all clients
    where the inventory is proved whole and C(exact) asks to drop what is nobody's, else None; C(statuses) that clients
    have read from the NAS; C(connected), the addresses that it told them are logged in; and C(notes) for people.

    :param name: the inventory name of the NAS. :param boxes: every NAS of the inventory; the only one has all clients.
    :param exact: whether what was permitted for hosts that are gone is to be dropped.
    :param expected: how many clients there are, or their names, as ups_expected_clients says it.
    """
    fleet = _Boxes(name, boxes, resolve)
    known = [_client(one, fleet) for one in clients]
    found = [client for client in known if client.here or client.strays]
    notes = [note for client in found for note in client.left_out]
    reasons = _reasons(found) + (_not_whole([client.name for client in known], expected) if exact else [])
    if reasons and (exact or not any(client.here for client in found)):
        notes.append(f"nothing is dropped from its list, because {'; '.join(reasons)}.")
    elif not exact:
        notes += [
            f"{client.name} was not audited, so {client.hearsay}, which facts say is its address, is not permitted."
            for client in found
            if client.hearsay
        ]
    statuses = [status for client in found for status in client.read]
    if fleet.alone and not statuses:  # no name of it may lead there, and there is no other
        statuses = [status for client in found for status in client.read_elsewhere]
    return {
        "clients": {client.name: client.addresses for client in found if client.here},
        "inventory": [client.name for client in known] if exact and not reasons else None,
        "statuses": list(dict.fromkeys(statuses)),
        "connected": list(dict.fromkeys(address for client in found for address in client.connected)),
        "notes": notes,
    }


def clients_at(clients: Mapping[str, Sequence[str]], addresses: Sequence[str]) -> list[str]:
    """Return the names of those *clients* that have one of these addresses."""
    return [name for name, own in clients.items() if set(own) & set(addresses)]


def removed_clients(hostvars: Mapping[str, Variables], names: Sequence[str]) -> list[str]:
    """Return those of *names* from which this run has removed the client."""
    return [name for name in names if (hostvars[name].get("nut_client_result") or {}).get("verdict") == REMOVED]


def _not_whole(names: Sequence[str], expected: Any) -> list[str]:
    """Return why the inventory is not known to hold every client (field report case F1)."""
    if expected is None:
        return ["nothing says that the inventory is whole (ups_expected_clients: how many clients there are)"]
    if isinstance(expected, (int, str)):
        if str(len(names)) == str(expected).strip():
            return []
        return [f"the inventory has {len(names)} clients, and ups_expected_clients is {expected}"]
    missing = [str(one) for one in expected if str(one) not in names]
    more = [one for one in names if one not in [str(other) for other in expected]]
    return [
        f"{', '.join(some)} {text}"
        for some, text in (
            (missing, "of ups_expected_clients is not in the inventory"),
            (more, "is not in ups_expected_clients"),
        )
        if some
    ]


def _reasons(found: Sequence[_Client]) -> list[str]:
    """Return why the list of a NAS may hold addresses of clients that are not known to be theirs."""
    reasons = []
    if not any(client.here for client in found):
        reasons.append("no client's UPS server is known to be this NAS")
    unknown = [
        f"{client.name} (facts say {client.hearsay}, which may be of another run)" if client.hearsay else client.name
        for client in found
        if client.here and (client.left_out or not client.addresses)
    ]
    if unknown:
        reasons.append(f"the address of {', '.join(unknown)} is not known")
    strays: dict[str, list[str]] = {}
    for client in found:
        for stray in client.strays:
            strays.setdefault(stray, []).append(client.name)
    reasons += [
        f"{stray}, the UPS server of {', '.join(names)}, is none of the NAS boxes in ups_nas as far as their names "
        "resolve on the controller (give each an ansible_host)"
        for stray, names in strays.items()
    ]
    return reasons


class _Boxes:
    """One NAS among all of the inventory, and which of them a client's UPS server is."""

    def __init__(self, name: str, boxes: Sequence[Variables], resolve: Resolve) -> None:
        self._resolve = resolve
        self._resolved: dict[str, frozenset[str]] = {}
        self.alone = len(boxes) < 2
        self._names = {str(box.get("inventory_hostname")): _names(box, boxes) for box in boxes}
        self._own = name

    def leads_here(self, entry: Mapping[str, Any]) -> bool | None:
        """Return whether a client's UPS server is this NAS, None where it may be or not.

        :param entry: of the audit's ``access``.
        """
        if self._is(entry, self._own):
            return True
        if any(self._is(entry, name) for name in self._names) or (entry.get("status") and not _is_dsm(entry)):
            return False
        return None

    def _is(self, entry: Mapping[str, Any], name: str) -> bool:
        asked, peer = str(entry.get("host") or "").lower(), entry.get("peer_address")
        names = self._names.get(name, [])
        if {asked, peer} & {text.lower() for text in names}:
            return True
        own = {peer} if peer else self._addresses(asked)
        return any(own & self._addresses(text) for text in names)

    def _addresses(self, name: str) -> frozenset[str]:
        """Return the addresses of a name, each asked for once."""
        if name and name not in self._resolved:
            self._resolved[name] = self._resolve(name)
        return self._resolved.get(name, frozenset())


def _is_dsm(entry: Mapping[str, Any]) -> bool:
    return bool((entry.get("server") or {}).get("dsm"))


def _names(box: Variables, boxes: Sequence[Variables]) -> list[str]:
    """Return names and addresses of a NAS: where Ansible reaches it, and ups_host where it is not another one's too."""
    shared = sum(_value(other, "ups_host") == _value(box, "ups_host") for other in boxes) > 1
    names = [
        _value(box, "ansible_host") or box.get("inventory_hostname"),
        _value(box, "dsm_ups_server_host"),
        None if shared else _value(box, "ups_host"),
    ]
    return list(dict.fromkeys(normalise_address(str(one)) for one in names if one))


def _value(variables: Variables, name: str, instead: Any = None) -> Any:
    """Return a variable of the inventory; *instead* if it cannot be rendered, which is that host's fault alone.

    Since ansible-core 2.19 hostvars return something then that raises when it is used, before they told the template.
    """
    try:
        value = variables.get(name)
        str(value)
        return value
    except Exception:  # whatever a template, filter or lookup of a user raises
        return instead


def _client(client: Variables, fleet: _Boxes) -> _Client:
    result = client.get("nut_client_result") or {}
    access = result.get("access") or []
    whose = [(entry, fleet.leads_here(entry)) for entry in access]
    mine = [entry for entry, here in whose if here]
    strays = [] if fleet.alone else [str(entry["host"]) for entry, here in whose if here is None]
    if fleet.alone or not access:
        seen = [result.get("address")]
    else:
        seen = [entry.get("seen_as") or entry.get("source_address") for entry in mine[:1]]
    here = bool(mine) or fleet.alone or not access
    unfit = result.get("temporary_addresses") or ()  # what upsmon still uses comes beside what it will use next
    held = [one for entry in (mine or access)[:1] for one in own_addresses(entry)[1:]]
    seen += [one for one in held if one not in unfit and not odd(one)]
    name = str(client.get("inventory_hostname"))
    given = _value(client, "ups_client_address", "a variable that cannot be rendered")
    explicit = [str(one) for one in ([given] if isinstance(given, str) else given or []) if one]
    addresses = [str(one) for one in explicit or seen if one] if here else []
    wrong = {address: _wrong(name, address, bool(explicit), result) for address in addresses}
    return _Client(
        name,
        [address for address in addresses if not wrong[address]],
        [text for text in wrong.values() if text],
        list(dict.fromkeys(strays)),
        [str(entry["status"]) for entry in mine if entry.get("status")],
        [str(entry["status"]) for entry in access if entry.get("status") and _is_dsm(entry)],
        [str(one) for entry in (access if fleet.alone else mine) for one in entry.get("clients") or ()],
        here,
        "" if addresses else _default_address(client),
    )


def _wrong(name: str, address: str, explicit: bool, result: Variables) -> str:
    """Return why an address of a client is left out, empty where it is not (field report cases 15 and W12).

    :param result: the fact nut_client_result.
    """
    if explicit:
        reason = fault(address)
        return f"the ups_client_address of {name} is left out: {reason}" if reason else ""
    if address in (result.get("temporary_addresses") or ()):
        report: Mapping[str, Any] = next(
            (one for one in result.get("access") or () if address in own_addresses(one)), {}
        )
        platform = (result.get("os") or {}).get("platform")
        return f"{name} is left out, because it arrives from {address}, {passing(report, platform)}."
    kind = odd(address)
    if not kind:
        return ""
    return f"{name} arrives from {address} ({kind}), which is no address of its own, so it is left out. {OWN_ADDRESS}"


def _default_address(client: Variables) -> str:
    """Return what facts call the host's address, of whatever run they are."""
    found = ((client.get("ansible_facts") or {}).get("default_ipv4") or {}).get("address")
    return normalise_address(str(found)) if found else ""
