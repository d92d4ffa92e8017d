# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clients hang on a NAS, and which of their addresses it is to permit. Pure: how names resolve is passed in.

Whose client a host is decides what is dropped under dsm_ups_server_exact, so what is not known is never taken for none
(field report case 7).
"""

from __future__ import annotations

import socket
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import fault, odd
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import OWN_ADDRESS

Resolve = Callable[[str], "frozenset[str]"]
"""Tells the addresses of a name; none where it does not resolve."""

Variables = Mapping[str, Any]
"""The variables of a host of the inventory."""


class _Client(NamedTuple):
    """What one client has to do with a NAS."""

    name: str
    addresses: list[str]
    left_out: list[str]  # a sentence for each address that cannot be permitted
    strays: list[str]  # its UPS servers that may be this NAS or not
    read: list[str]  # what it has just read from it as ups.status
    read_elsewhere: list[str]  # and from another DSM
    here: bool  # whether its UPS hangs on this NAS, or may, because it was not audited


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
    resolve: Resolve = resolve_name,
) -> dict[str, Any]:
    """Return what a NAS has to know of its clients.

    C(addresses) to permit, C(statuses) that clients have read from it, whether its other entries must C(keep) although
    exact asks to drop them, and C(notes) for people.

    :param name: the inventory name of the NAS. :param boxes: every NAS of the inventory; the only one has all clients.
    :param exact: whether entries of nobody are to be dropped.
    """
    fleet = _Boxes(name, boxes, resolve)
    found = [client for client in (_client(one, fleet) for one in clients) if client.here or client.strays]
    addresses = list(dict.fromkeys(address for client in found for address in client.addresses))
    notes = [note for client in found for note in client.left_out]
    reasons = _reasons(found, addresses)
    if reasons and (exact or not any(client.here for client in found)):
        notes.append(f"nothing is dropped from its list, because {'; '.join(reasons)}.")
    statuses = [status for client in found for status in client.read]
    if fleet.alone and not statuses:  # no name of it may lead there, and there is no other
        statuses = [status for client in found for status in client.read_elsewhere]
    return {
        "addresses": addresses,
        "statuses": list(dict.fromkeys(statuses)),
        "keep": bool(reasons),
        "notes": notes,
    }


def _reasons(found: Sequence[_Client], addresses: Sequence[str]) -> list[str]:
    """Return why the list of a NAS may hold addresses of clients that are not known to be theirs."""
    reasons = []
    if not any(client.here for client in found):
        reasons.append("no client's UPS server is known to be this NAS")
    elif not addresses:
        reasons.append("no address of its clients is known")
    unknown = [client.name for client in found if client.here and (client.left_out or not client.addresses)]
    if unknown and addresses:
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
    shared = sum(other.get("ups_host") == box.get("ups_host") for other in boxes) > 1
    names = [
        box.get("ansible_host") or box.get("inventory_hostname"),
        box.get("dsm_ups_server_host"),
        None if shared else box.get("ups_host"),
    ]
    return list(dict.fromkeys(normalise_address(str(one)) for one in names if one))


def _client(client: Variables, fleet: _Boxes) -> _Client:
    result = client.get("nut_client_result") or {}
    access = result.get("access") or []
    whose = [(entry, fleet.leads_here(entry)) for entry in access]
    mine = [entry for entry, here in whose if here]
    strays = [] if fleet.alone else [str(entry["host"]) for entry, here in whose if here is None]
    if fleet.alone or not access:
        seen = [result.get("address") or _default_address(client)]
    else:
        seen = [entry.get("seen_as") or entry.get("source_address") for entry in mine[:1]]
    here = bool(mine) or fleet.alone or not access
    name = str(client.get("inventory_hostname"))
    given = client.get("ups_client_address")
    explicit = [str(one) for one in ([given] if isinstance(given, str) else given or []) if one]
    addresses = [str(one) for one in explicit or seen if one] if here else []
    wrong = {address: _wrong(name, address, bool(explicit)) for address in addresses}
    return _Client(
        name,
        [address for address in addresses if not wrong[address]],
        [text for text in wrong.values() if text],
        list(dict.fromkeys(strays)),
        [str(entry["status"]) for entry in mine if entry.get("status")],
        [str(entry["status"]) for entry in access if entry.get("status") and _is_dsm(entry)],
        here,
    )


def _wrong(name: str, address: str, explicit: bool) -> str:
    """Return why an address of a client is left out, empty where it is not (field report case 15)."""
    if explicit:
        reason = fault(address)
        return f"the ups_client_address of {name} is left out: {reason}" if reason else ""
    kind = odd(address)
    if not kind:
        return ""
    return f"{name} arrives from {address} ({kind}), which is no address of its own, so it is left out. {OWN_ADDRESS}"


def _default_address(client: Variables) -> Any:
    return ((client.get("ansible_facts") or {}).get("default_ipv4") or {}).get("address")
