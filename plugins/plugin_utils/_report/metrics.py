# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as metrics, for the textfile collector of Prometheus's node_exporter. Pure.

The format is Prometheus's text exposition, version 0.0.4. A series that comes twice spoils the whole file for the
collector, so each comes once, whatever the report holds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterator, Mapping, NamedTuple

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas, proof, upses
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.proof import Row

_PREFIX = "upsfleet_"
_TIME = "%Y-%m-%dT%H:%M:%S%z"
_LABEL_LIMIT = 200  # characters, of a text from the network


class Sample(NamedTuple):
    """One value."""

    name: str
    """Of the metric, without the prefix."""
    value: float
    labels: Mapping[str, Any] = {}


HELP = {
    "report_timestamp_seconds": "When the report was made; of merged ones when the oldest was.",
    "report_info": "Who made the report, and of what: whole, limited, slice or pull.",
    "report_failures": "Reasons why the report proves nothing of the whole fleet.",
    "hosts": "Hosts that the report is about.",
    "hosts_protected": "Hosts that are proven protected.",
    "hosts_expected": "Hosts that ups_expected_clients says there are.",
    "host_protected": "Whether the host is proven protected.",
    "host_verdict_info": "The host's verdict; accepted is yes where nobody wants more of the host.",
    "host_logged_in": "Whether the host's own upsmon is logged in to every UPS that counts.",
    "host_audit_timestamp_seconds": "When the host was audited.",
    "host_drill_timestamp_seconds": "The day of the host's last drill.",
    "ups_charge_ratio": "Charge of the battery, as its server told at the audit.",
    "ups_runtime_seconds": "How long the battery lasts, as its server told at the audit.",
    "ups_on_battery": "Whether the UPS was on battery at the audit.",
    "ups_forced_shutdown": "Whether its server said FSD at the audit.",
    "ups_hosts": "Hosts that watch the UPS.",
    "ups_hosts_logged_in": "Hosts of them that are logged in.",
    "nas_failed": "Whether the NAS could not be managed.",
    "nas_permitted_addresses": "Addresses that the NAS permits.",
    "nas_extra_addresses": "Addresses of them from which no host came.",
    "nas_unknown_clients": "Addresses that are logged in at the NAS and no host's.",
}
"""What each metric is; all of them are gauges."""


def metrics(document: Mapping[str, Any]) -> str:
    """Return a report's document as metrics.

    :param document: by document.document, or read from a report.json.
    """
    series: dict[str, dict[str, float]] = {}
    for sample in _samples(document):
        series.setdefault(sample.name, {}).setdefault(_labels(sample.labels), sample.value)
    lines = []
    for name, text in HELP.items():
        if name in series:
            lines += [f"# HELP {_PREFIX}{name} {text}", f"# TYPE {_PREFIX}{name} gauge"]
            lines += [f"{_PREFIX}{name}{labels} {value:.15g}" for labels, value in series[name].items()]
    return "\n".join([*lines, ""])


def _samples(document: Mapping[str, Any]) -> Iterator[Sample]:
    scope, versions = document["scope"]["kind"], document["versions"]
    yield Sample("report_timestamp_seconds", _seconds(document["time"]))
    yield Sample("report_info", 1, {**versions, "scope": scope})
    yield Sample("report_failures", len(document["failures"]))
    yield Sample("hosts", document["counts"]["hosts"])
    yield Sample("hosts_protected", document["counts"]["protected"])
    if document["expected"]:
        yield Sample("hosts_expected", document["expected"]["hosts"])
    rows = proof.worst_first(document["hosts"])  # of two that cannot be told apart the worse one counts
    for row in rows:
        yield from _of_host(row)
    for ups in upses.upses(rows):
        yield from _of_ups(ups)
    for box in document["nas"]:
        yield from _of_nas(box)


def _of_host(row: Row) -> Iterator[Sample]:
    # Two machines may have one name; an empty label is none.
    who = {"host": row["name"], "machine_id": row["machine_id"] or ""}
    accepted = proof.standing(row) in (proof.ACCEPTED, proof.REMOVED)
    yield Sample("host_protected", bool(row["protected"]), who)
    yield Sample("host_verdict_info", 1, {**who, "verdict": row["verdict"], "accepted": "yes" if accepted else "no"})
    if row["logged_in"] is not None:
        yield Sample("host_logged_in", row["logged_in"], who)
    yield Sample("host_audit_timestamp_seconds", _seconds(row["time"]), who)
    if row["drill"]:
        yield Sample("host_drill_timestamp_seconds", _seconds(f"{row['drill']['date']}T00:00:00Z"), who)


def _of_ups(ups: upses.Ups) -> Iterator[Sample]:
    which = {"server": ups.server, "port": ups.port, "ups": ups.name}
    if ups.charge is not None:
        yield Sample("ups_charge_ratio", ups.charge / 100, which)
    if ups.runtime is not None:
        yield Sample("ups_runtime_seconds", ups.runtime, which)
    if ups.status is not None:
        yield Sample("ups_on_battery", upses.ON_BATTERY in ups.words, which)
        yield Sample("ups_forced_shutdown", upses.FORCED_SHUTDOWN in ups.words, which)
    yield Sample("ups_hosts", ups.hosts, which)
    yield Sample("ups_hosts_logged_in", ups.logged_in, which)


def _of_nas(box: Row) -> Iterator[Sample]:
    which = {"nas": box["name"]}
    yield Sample("nas_failed", bool(box["failure"]), which)
    permitted = nas.permits(box)
    if permitted is not None:
        yield Sample("nas_permitted_addresses", len(permitted), which)
        yield Sample("nas_extra_addresses", len(box["extra"]), which)
    yield Sample("nas_unknown_clients", len(box["unknown_clients"]), which)


def _seconds(time: str) -> float:
    """Return a time of the report as seconds since the epoch."""
    return datetime.strptime(time.replace("Z", "+0000"), _TIME).timestamp()


def _labels(labels: Mapping[str, Any]) -> str:
    """Return labels as they stand behind a metric's name; those without a value are none."""
    parts = [f'{name}="{_escaped(value)}"' for name, value in labels.items() if value != ""]
    return f"{{{','.join(parts)}}}" if parts else ""


def _escaped(value: Any) -> str:
    """Return the value of a label; a backslash, a double quote and the end of a line would end it."""
    text = printable(" ".join(str(value).split()))[:_LABEL_LIMIT]
    return text.replace("\\", "\\\\").replace('"', '\\"')
