# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of a NAS. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import odd


def entry(
    name: str,
    result: Mapping[str, Any],
    failure: str,
    planned: bool,
    clients: Mapping[str, Any],
    own: Iterable[str],
) -> dict[str, Any]:
    """Return the report's entry of one NAS.

    :param result: the fact dsm_ups_server_result; empty where the NAS was not managed.
    :param failure: why it could not be managed, if it was to be.
    :param planned: whether it was only looked at.
    :param clients: the fact ups_nas_clients.
    :param own: every address of the run's hosts.
    """
    recorded = result.get("recorded") or {}
    permitted = result.get("permitted")
    return {
        "name": name,
        "failure": failure,
        "way": result.get("way"),
        "permitted": list(permitted) if isinstance(permitted, (list, tuple)) else None,
        "added": list(result.get("added") or ()),
        "removed": list(result.get("removed") or ()),
        "recorded": {address: dict(hosts) for address, hosts in recorded.items()},
        "extra": [
            {"address": address, "hosts": dict(recorded.get(address) or {})} for address in result.get("extra") or ()
        ],
        "changed": bool(result.get("changed")),
        "planned": planned,
        "notes": [*(clients.get("notes") or ()), *(result.get("warnings") or ())],
        "unknown_clients": unknown(clients.get("connected") or (), own),
    }


def unknown(connected: Iterable[str], own: Iterable[str]) -> list[str]:
    """Return which addresses that are logged in are no host's; those of the NAS itself, such as 127.0.0.1, left out."""
    known = set(own)
    return sorted({address for address in connected if address not in known and not odd(address)})
