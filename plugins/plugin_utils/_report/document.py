# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a document, which is written as report.json and which its other faces are drawn from. Pure.

Its form is docs/report.schema.json. Nothing in it is secret.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import NOT_AUDITED
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import Extent

VERSION = 1
"""Of the document's form. What only adds to it does not change the number."""

_STATS_NAMES = 2000  # characters of names in the statistics, which are to stay small


def document(
    rows: Sequence[Mapping[str, Any]],
    nas: Sequence[Mapping[str, Any]],
    extent: Extent,
    failures: Sequence[str],
    time: str,
    versions: Mapping[str, str],
    returns: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the report.

    :param rows: of the hosts, by rows.row.
    :param nas: of the NAS boxes, by nas.entry.
    :param failures: what fails the run as a whole.
    :param time: ISO 8601, UTC.
    :param versions: C(ansible_core) and C(collection).
    :param returns: how each host comes back, by name.
    """
    return {
        "schema": VERSION,
        "time": time,
        "scope": extent.scope(),
        "versions": dict(versions),
        "counts": {"hosts": len(rows), "protected": sum(bool(row["protected"]) for row in rows)},
        "expected": extent.expectation(),
        "failures": list(failures),
        "hosts": list(rows),
        "nas": list(nas),
        "shared_addresses": shared_addresses(rows),
        "returns": dict(returns),
    }


def shared_addresses(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the addresses from which more than one host comes to the same UPS server: a gateway's, as behind NAT."""
    found: dict[tuple[Any, str], list[str]] = {}
    for row in rows:
        if row["verdict"] == NOT_AUDITED:
            continue
        ends = {(one["address"] or one["server"], one["seen_as"]) for one in row["monitors"] if one["seen_as"]}
        for server, address in sorted(ends, key=str):
            found.setdefault((server, address), []).append(row["name"])
    several = {key: names for key, names in found.items() if len(names) > 1}
    merged: dict[str, list[str]] = {}
    for (_server, address), names in several.items():
        merged[address] = list(dict.fromkeys([*merged.get(address, ()), *names]))
    return [{"address": address, "hosts": merged[address]} for address in sorted(merged)]


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
    kept = {key: written[key] for key in ("schema", "time", "scope", "counts")}
    return {**kept, "failures": len(written["failures"]), "verdicts": verdicts}
