# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the hosts of a fleet come back: what the report says of it, and remembers for the day they are off. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable

# By `way` of module_utils/_host/returns.py.
_HEADS = {
    "wake_on_lan": "Once off, come back by Wake-on-LAN (upsfleet.synology.wake)",
    "bmc": "Once off, come back by their BMC",
    "host": "Once off, come back by the machine that runs them",
    "by_hand": "Once off, come back by hand",
}
_UNTOLD = "How they come back once off is not known"
_MAC = re.compile(r"[0-9a-f]{2}([:-]?)[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}")


def lines(rows: Sequence[Mapping[str, Any]], wanted: Iterable[str]) -> list[str]:
    """Return what the report says of the hosts that are to be woken.

    :param wanted: their names; of the others nobody asked how they come back.
    """
    names = set(wanted)
    found: dict[str, list[str]] = {}
    for row in rows:
        returns = row["returns"]
        if row["name"] in names and returns:
            way = returns.get("way")
            why = "" if way == "wake_on_lan" else f" ({printable(str(returns.get('text')))})"
            found.setdefault(_HEADS.get(way, _UNTOLD), []).append(f"{row['name']}{why}")
    return [f"{head}: {', '.join(found[head])}." for head in (*_HEADS.values(), _UNTOLD) if head in found]


def remembered(rows: Sequence[Mapping[str, Any]], previous: Any, time: str) -> dict[str, dict[str, Any]]:
    """Return how each host comes back, as the last audit that saw it alive found it: one that is off tells nothing.

    Hosts that are not of this run stay, because a part is never the whole.

    :param previous: the report that was written before; anything that is none counts as none.
    :param time: of this report, which becomes ``seen``.
    """
    fresh = {row["name"]: {**row["returns"], "address": row["address"], "seen": time} for row in rows if row["returns"]}
    return {**known(previous), **fresh}


def known(report: Any) -> dict[str, dict[str, Any]]:
    """Return what a report remembers of each host; of a file that is no report, nothing."""
    found = report.get("returns") if isinstance(report, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {str(name): dict(entry) for name, entry in found.items() if isinstance(entry, Mapping)}


def macs(entry: Mapping[str, Any]) -> list[str]:
    """Return the addresses of a remembered host's cards: of those that are armed, else of all."""
    cards = [card for card in entry.get("cards") or () if isinstance(card, Mapping)]
    chosen = [card for card in cards if card.get("armed")] or cards
    return list(dict.fromkeys(mac for card in chosen for mac in map(str, card.get("macs") or ()) if is_mac(mac)))


def is_mac(text: str) -> bool:
    """Return whether a text is the address of a network card: with colons, with hyphens, or with neither."""
    return bool(_MAC.fullmatch(text.lower()))
