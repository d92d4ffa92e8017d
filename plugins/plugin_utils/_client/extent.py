# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the fleet a run was about: a part is never the whole. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

_STATS_NAMES = 2000  # characters of names in the statistics, which are to stay small

_NO_HOST_LEFT = "No host was looked at: the limit leaves none of the group ups_clients."
_NO_HOST = (
    "No host was looked at, because the inventory has no hosts in the group ups_clients. See inventory.example in the "
    "collection."
)


class Extent(NamedTuple):
    """Which hosts a run was about, and which it should have been about."""

    names: tuple[str, ...]
    limit: str = ""
    """The limit of the run, if it had one."""
    expected: int | tuple[str, ...] | None = None
    """What ups_expected_clients says: how many clients, or their inventory names; None if nothing."""

    def missing(self) -> list[str]:
        """Return who is expected by name and no host of the run."""
        return sorted(set(self.expected) - set(self.names)) if isinstance(self.expected, tuple) else []

    def unexpected(self) -> list[str]:
        """Return the hosts of the run that are not among those who are expected by name."""
        return sorted(set(self.names) - set(self.expected)) if isinstance(self.expected, tuple) else []

    def failures(self) -> list[str]:
        """Return why the run proves nothing of the whole fleet, whatever it says of each host."""
        if not self.names:
            return [_NO_HOST_LEFT if self.limit else _NO_HOST]
        if self.limit or self.expected is None:
            return []
        return self._differences()

    def _differences(self) -> list[str]:
        if isinstance(self.expected, int):
            if self.expected == len(self.names):
                return []
            return [
                f"ups_expected_clients is {self.expected}, but this run was about {len(self.names)}: the inventory "
                "is not the whole fleet, or the number is out of date."
            ]
        texts = []
        if self.missing():
            texts.append(
                f"ups_expected_clients names {', '.join(self.missing())}, which this run was not about: the "
                "inventory is not the whole fleet, or the list is out of date."
            )
        if self.unexpected():
            texts.append(f"ups_expected_clients does not name {', '.join(self.unexpected())}: add what belongs to it.")
        return texts


def expected_clients(value: Any) -> int | tuple[str, ...] | None:
    """Return what ups_expected_clients means.

    :param value: None, a number (of a command line too) or a list of inventory names.
    :raises InvalidInput: if it is something else.
    """
    if value is None:
        return None
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return tuple(str(one) for one in value)
    if not isinstance(value, bool) and str(value).isdecimal():
        return int(str(value))
    raise InvalidInput(
        f"ups_expected_clients is {value!r}: allowed are the number of clients, or a list of their inventory names."
    )


def document(rows: Sequence[Mapping[str, Any]], extent: Extent, failures: Sequence[str], time: str) -> dict[str, Any]:
    """Return the report as it is written to a file.

    :param failures: what fails the run as a whole.
    :param time: ISO 8601, UTC.
    """
    expected = extent.expected
    return {
        "time": time,
        "counts": {"hosts": len(rows), "protected": _protected(rows)},
        "expected": None
        if expected is None
        else {
            "hosts": expected if isinstance(expected, int) else len(set(expected)),
            "missing": extent.missing(),
            "unexpected": extent.unexpected(),
        },
        "limit": extent.limit or None,
        "failures": list(failures),
        "hosts": list(rows),
    }


def statistics(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts, and the names per verdict, of a :func:`document`, in a few kilobytes however large the fleet.

    :returns: for each verdict how many hosts have it, and the first of their names.
    """
    verdicts: dict[str, dict[str, Any]] = {}
    left = _STATS_NAMES
    for row in written["hosts"]:
        entry = verdicts.setdefault(row["verdict"], {"count": 0, "hosts": []})
        entry["count"] += 1
        left -= len(row["name"])
        if left >= 0:
            entry["hosts"].append(row["name"])
    kept = {key: written[key] for key in ("time", "counts", "limit")}
    return {**kept, "failures": len(written["failures"]), "verdicts": verdicts}


def _protected(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(bool(row["protected"]) for row in rows)
