# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of a NAS. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import odd
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.layout import listed

_NAMES = 12


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
        "unknown_clients": unknown_clients(clients.get("connected") or (), own),
    }


def unknown_clients(connected: Iterable[str], own: Iterable[str]) -> list[str]:
    """Return which addresses that are logged in are no host's; those of the NAS itself, such as 127.0.0.1, left out."""
    known = set(own)
    return sorted({address for address in connected if address not in known and not odd(address)})


def lines(found: Mapping[str, Any], whole: bool = True) -> list[str]:
    """Return what to say of one NAS, by its :func:`entry`.

    :param whole: whether the report is about the whole fleet, so that other clients are nobody's.
    """
    name, planned = found["name"], found["planned"]
    texts = [f"{name}: {found['failure']}"] if found["failure"] else []
    added = ", ".join(found["added"])
    removed = ", ".join(_whose(address, found["recorded"].get(address)) for address in found["removed"])
    ours = ", ".join(_whose(one["address"], one["hosts"]) for one in found["extra"] if one["hosts"])
    foreign = ", ".join(one["address"] for one in found["extra"] if not one["hosts"])
    if added:
        texts.append(
            f"{name}: does not permit {added} yet; upsfleet.synology.permit does it."
            if planned
            else f"{name}: now permits {added}."
        )
    if removed:
        texts.append(f"{name}: {'would drop' if planned else 'no longer permits'} {removed}.")
    if found["changed"] and not added and not removed:
        texts.append(
            f"{name}: its UPS settings are not as asked for; upsfleet.synology.permit sets them."
            if planned
            else f"{name}: its UPS settings are now as asked for."
        )
    if ours:
        texts.append(
            f"{name}: also permits {ours}, from which no host of this run came. Where that host is gone for good, "
            "dsm_ups_server_exact and ups_expected_clients drop it; else DSM's dialog does."
        )
    if foreign:
        texts.append(
            f"{name}: also permits {foreign}, from which no host of this run came. Somebody else permitted it, so it "
            "stays: DSM's dialog drops it."
        )
    if whole and found["unknown_clients"]:
        unknown = listed(found["unknown_clients"], _NAMES)
        texts.append(f"{name}: also has logins from {unknown}, from which no host of this run came.")
    return texts + [f"{name}: {text}" for text in found["notes"]]


def _whose(address: str, hosts: Mapping[str, str] | None) -> str:
    """Return an address with the hosts that it was permitted for, and when."""
    text = ", ".join(f"{host}, {date}" for host, date in (hosts or {}).items())
    return f"{address} ({text})" if text else address


def permits(box: Mapping[str, Any]) -> list[str] | None:
    """Return what a NAS permits now, of its :func:`entry`: not what it only would; None where it was not asked."""
    if box["permitted"] is None:
        return None
    planned = box["added"] if box["planned"] else ()
    return [address for address in box["permitted"] if address not in planned]
