# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses of the clients a NAS has to permit."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping


def client_addresses(clients: Iterable[Mapping[str, Any]], nas: str = "") -> list[str]:
    """Return each client's address as the NAS sees it, without those of which none is known.

    An explicit ``ups_client_address`` (or a list of them, for a host with several routes) counts first, then what the
    audit found, then the address of the default route where facts were gathered.

    :param nas: only clients whose UPS hangs there, and the address that they use towards it; empty for the one NAS.
    """
    return list(dict.fromkeys(address for client in clients for address in _addresses(client, nas)))


def clients_without_address(clients: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the clients of which no address is known."""
    return [str(client.get("inventory_hostname")) for client in clients if not _addresses(client, "")]


def _addresses(client: Mapping[str, Any], nas: str) -> list[str]:
    result = client.get("nut_client_result") or {}
    seen = result.get("address") or _default_address(client)
    if nas and result.get("access"):
        here = [one for one in result["access"] if nas in (one.get("host"), one.get("peer_address"))]
        if not here:
            return []
        seen = here[0].get("seen_as") or here[0].get("source_address")
    given = client.get("ups_client_address")
    explicit = [given] if isinstance(given, str) else given or []
    return [str(address) for address in ([one for one in explicit if one] or [seen]) if address]


def _default_address(client: Mapping[str, Any]) -> Any:
    return ((client.get("ansible_facts") or {}).get("default_ipv4") or {}).get("address")


class FilterModule:
    """The collection's filters for the permitted list."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"client_addresses": client_addresses, "clients_without_address": clients_without_address}
