# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this collection permitted by itself: each address with its hosts and dates. Pure; _dsm/record_file.py keeps it.

A run sees a part of the fleet and does not know that it is one (field report case F1). So an address leaves the
permitted list only if it stands in this record, and all hosts that it was recorded for are known to be gone.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import canonical, permitted_address

Record = Dict[str, Dict[str, str]]
"""By address: the hosts that it was permitted for, each with the date."""

NO_RECORD = "There is no record of what this collection has permitted, so nothing is dropped."
THE_LAST = "What is permitted was permitted for hosts that are gone, and stays, because DSM's list cannot be empty."


class Wish(NamedTuple):
    """What is asked of a permitted list; addresses are in the text that upsd compares."""

    permitted: list[str]  # addresses of no host in particular
    clients: dict[str, list[str]]  # by host, what it was seen from in this run; empty where that is not known
    gone: list[str]  # hosts that are gone
    inventory: list[str] | None  # every host there is; None where that is not known
    connected: list[str]  # addresses that are logged in now, whosever they are

    def is_gone(self, host: str) -> bool:
        """Return whether a host is known to be gone."""
        return host in self.gone or (self.inventory is not None and host not in self.inventory)


def wish(options: Mapping[str, Any]) -> Wish:
    """Return what a module's options ask for.

    :raises ValueError: naming the option and what is allowed.
    """
    clients = options.get("clients") or {}
    for host, addresses in clients.items():
        if isinstance(addresses, str) or not isinstance(addresses, Sequence):
            raise ValueError(f"clients: {host} must have a list of addresses.")
    inventory = options.get("inventory")
    return Wish(
        _addresses(options.get("permitted") or []),
        {str(host): _addresses(addresses) for host, addresses in clients.items()},
        [str(host) for host in options.get("gone") or []],
        None if inventory is None else [str(host) for host in inventory],
        [str(address) for address in options.get("connected") or []],
    )


def _addresses(texts: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(permitted_address(str(text)) for text in texts))


def parse(text: str) -> Record:
    """Return the record that *text* holds, an empty one where there is no text.

    :raises ValueError: where it holds something else, which is not to be overwritten then.
    """
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    check(found)
    return dict(found)


def check(found: Any) -> None:
    """Check that what was read is a record.

    :raises ValueError: if it is none.
    """
    if not isinstance(found, dict) or not all(_is_entry(entry) for entry in found.values()):
        raise ValueError("it is no record of permitted addresses as this collection writes it. Move it away.")


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and bool(entry) and all(isinstance(date, str) for date in entry.values())


def text(record: Record) -> str:
    """Return the record as one line."""
    return json.dumps(record, sort_keys=True)


def asked(wanted: Wish) -> list[str]:
    """Return the addresses to permit."""
    found = [address for addresses in wanted.clients.values() for address in addresses]
    return list(dict.fromkeys([*found, *wanted.permitted]))


def away(wanted: Wish, record: Record) -> list[str]:
    """Return the addresses that were recorded for hosts of which nothing was seen in this run."""
    hosts = {host for host, addresses in wanted.clients.items() if not addresses}
    return [address for address, known in record.items() if hosts & set(known)]


def dropped(wanted: Wish, record: Record) -> list[str]:
    """Return the addresses that were recorded for hosts which are all gone, and that nobody else asks for.

    An address that is logged in belongs to a host that lives: another inventory may have it.
    """
    stay = {canonical(address) for address in asked(wanted)}
    alive = {canonical(address) for address in wanted.connected}
    return [
        address
        for address, hosts in record.items()
        if all(map(wanted.is_gone, hosts))
        and canonical(address) not in stay
        and (canonical(address) not in alive or all(host in wanted.gone for host in hosts))
    ]


def updated(wanted: Wish, record: Record, before: Sequence[str], after: Sequence[str], today: str) -> Record:
    """Return the record once the list is *after*.

    :param before: the list that was found: what somebody else permitted is not this collection's.
    :param today: the date, as YYYY-MM-DD.
    """
    there = {canonical(address) for address in before}
    stands = {canonical(address) for address in after}
    still = {
        address: {host: date for host, date in hosts.items() if not wanted.is_gone(host)}
        for address, hosts in record.items()
    }
    for host, addresses in wanted.clients.items():
        for address in addresses:
            if address in still or canonical(address) not in there:
                still.setdefault(address, {}).setdefault(host, today)
    # What was to go and stands all the same goes another time.
    return {
        address: hosts or record[address] for address, hosts in still.items() if hosts or canonical(address) in stands
    }


def merged(*records: Record) -> Record:
    """Return what all of these say; of the same host and address what the last one says."""
    found: Record = {}
    for record in records:
        for address, hosts in record.items():
            found.setdefault(address, {}).update(hosts)
    return found


def warnings(wanted: Wish, record: Record, removed: Sequence[str], extra: Sequence[str]) -> list[str]:
    """Return what a person should know of what was not dropped."""
    if not record and extra and (wanted.gone or wanted.inventory is not None):
        return [NO_RECORD]
    stays = {canonical(address) for address in dropped(wanted, record)} & {canonical(address) for address in extra}
    return [THE_LAST] if stays and not removed else []


def told(record: Record, addresses: Iterable[str]) -> Record:
    """Return what is recorded of these addresses."""
    return {address: record[address] for address in addresses if address in record}
