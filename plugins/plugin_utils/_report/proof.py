# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of proof of each host: what has to hold so that it goes down in time and comes back. Pure.

It is read from a row of the report's document. What a row does not tell is unknown, and never taken for good.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.module_utils._host.changes import UNIT_MASKED
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.starters import OTHER_STARTER
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.chain import RESUME_TASK, RESUME_TASK_ALTERED

Row = Mapping[str, Any]

YES, NO, UNKNOWN, NONE = "yes", "no", "unknown", "none"
"""It is so; it is not; it was not seen; there is nothing of the kind, which is no fault."""

UNPROTECTED, ACCEPTED, REMOVED, PROTECTED = "unprotected", "accepted", "removed", "protected"
STANDINGS = (UNPROTECTED, ACCEPTED, REMOVED, PROTECTED)
"""Where a host stands, the worst first; accepted is what its user has asked for."""

# A host that nobody looked at comes first: of it nothing is known.
_ORDER = (policy.NOT_AUDITED, *VERDICTS[:-1], *policy.HOST_VERDICTS, VERDICTS[-1])
_LET_IN = VERDICTS[VERDICTS.index(policy.NOT_PERMITTED) + 1 :]
# Of the gaps of a host those that are about its next boot; the others keep it up in a power failure.
_BOOT = (UNIT_MASKED, "unit_not_enabled", "lost_at_boot", OTHER_STARTER, RESUME_TASK, RESUME_TASK_ALTERED)
_WAYS = {
    "wake_on_lan": (YES, "Wake-on-LAN"),
    "bmc": (YES, "BMC"),
    "host": (YES, "its host"),
    "by_hand": (NONE, "by hand"),
}


class Link(NamedTuple):
    """One link of the chain."""

    name: str
    state: str
    """One of :data:`YES`, :data:`NO`, :data:`UNKNOWN`, :data:`NONE`."""
    text: str = ""
    """What it is, in a few words, where that says more than the state."""


LINKS = ("permitted", "logged in", "powers off", "starts at boot", "drilled", "way back")


def chain(row: Row) -> tuple[Link, ...]:
    """Return a host's links, in the order of :data:`LINKS`."""
    found = (
        (_permitted(row.get("monitors") or ()), ""),
        (_logged_in(row), ""),
        (_without_gap(row, boot=False), ""),
        (_without_gap(row, boot=True), ""),
        _drilled(row.get("drill")),
        _way_back(row.get("returns")),
    )
    return tuple(Link(name, *link) for name, link in zip(LINKS, found))


def standing(row: Row) -> str:
    """Return where a host stands, one of :data:`STANDINGS`."""
    if row["protected"]:
        return PROTECTED
    if row["verdict"] == policy.REMOVED:
        return REMOVED
    return ACCEPTED if row.get("accepted") else UNPROTECTED


def worst_first(rows: Iterable[Row]) -> list[Row]:
    """Return the hosts in the order in which a person wants to read of them."""

    def key(row: Row) -> tuple[Any, ...]:
        verdict = row["verdict"]
        place = _ORDER.index(verdict) if verdict in _ORDER else -1
        return STANDINGS.index(standing(row)), place, natural(str(row["name"])), str(row.get("machine_id"))

    return sorted(rows, key=key)


def natural(text: str) -> list[tuple[bool, int, str]]:
    """Return what sorts lab2 before lab10."""
    parts = re.split(r"([0-9]{1,18})", text)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _permitted(monitors: Iterable[Row]) -> str:
    verdicts = [one["verdict"] for one in monitors]
    if policy.NOT_PERMITTED in verdicts:
        return NO
    return YES if verdicts and all(verdict in _LET_IN for verdict in verdicts) else UNKNOWN


def _logged_in(row: Row) -> str:
    return {True: YES, False: NO}.get(row.get("logged_in"), UNKNOWN)  # type: ignore[arg-type]


def _without_gap(row: Row, boot: bool) -> str:
    """Return whether no gap of one kind was found; of an upsmon that is not logged in that would mean little."""
    if any((gap["code"] in _BOOT) is boot for gap in row.get("gaps") or ()):
        return NO
    if boot and "service" in (row.get("drift") or ()):
        return UNKNOWN
    return YES if row.get("logged_in") and "gaps" in row else UNKNOWN


def _drilled(drill: Row | None) -> tuple[str, str]:
    if not drill:
        return NONE, "never"
    wrong = any(one["result"] != outcome.RIGHT for one in drill["scenarios"].values())
    return (NO if wrong else YES), str(drill["date"])


def _way_back(returns: Row | None) -> tuple[str, str]:
    return _WAYS.get(str((returns or {}).get("way")), (UNKNOWN, ""))
