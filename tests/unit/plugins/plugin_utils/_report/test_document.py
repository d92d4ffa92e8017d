# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document that report.json is: its form, and what of it is computed from the rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, Mapping

import jsonschema
import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy, report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.document import (
    document,
    shared_addresses,
    statistics,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.extent import Extent, Slice

ROOT = Path(__file__).resolve().parents[5]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
TIME = "2026-11-01T12:00:00Z"
VERSIONS = {"ansible_core": "2.19.4", "collection": "0.1.0"}
ACCESS: dict[str, Any] = {
    "host": "nas.example.com",
    "port": 3493,
    "ups": "ups",
    "peer_address": "192.0.2.10",
    "verdict": "ok",
    "status": "OL",
    "battery": {"charge": 100, "runtime": 2460},
    "logged_in": True,
    "seen_as": "192.0.2.21",
    "source_address": "192.0.2.21",
    "connections": [["192.0.2.31", 40122, "192.0.2.10", 3493, True]],
}
RESULT: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "logged_in": True,
    "machine_id": "0123456789abcdef0123456789abcdef",
    "nut_version": "2.8.0",
    "os": {"platform": "debian", "name": "debian", "version": "12"},
    "address": "192.0.2.21",
    "changes": {"steps": [], "reason": ""},
    "drift": ["config"],
    "drift_details": [{"code": "differs", "text": "/etc/nut/nut.conf differs"}],
    "notes": ["one"],
    "access": [ACCESS],
    "returns": {"way": None, "text": "not read", "armed": None, "bmc": False, "cards": []},
}
CLIENTS = {"notes": ["two"], "connected": ["192.0.2.21", "127.0.0.1", "192.0.2.99", "\x1b[2J"]}
PERMITTED = {
    "way": "api",
    "permitted": ["192.0.2.21", "192.0.2.7", "192.0.2.9"],
    "added": ["192.0.2.21"],
    "removed": ["192.0.2.8"],
    "extra": ["192.0.2.7", "192.0.2.9"],
    "recorded": {"192.0.2.7": {"web7": "2026-01-02"}, "192.0.2.8": {"web8": "2026-01-02"}},
    "warnings": ["three"],
    "changed": True,
}


def made(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the document of these rows."""
    extent = more.pop("extent", Extent(tuple(row["name"] for row in rows)))
    boxes = more.pop("boxes", [])
    assert not more
    return document(rows, boxes, extent, ["why"], TIME, VERSIONS, {"web9": {"way": "bmc"}})


def row(name: str, result: Mapping[str, Any] = RESULT, failure: str = "", **access: Any) -> dict[str, Any]:
    """Return a host's row, of which some of what it said of its UPS is another."""
    changed = {**result, "access": [{**one, **access} for one in result.get("access", ())]}
    return report.row(name, changed, failure, "192.0.2.50", time=TIME)


FLEETS = [
    made(),
    made(row("web1"), row("web2", {}, "Connection timed out"), row("web3", {"unreachable": True, "msg": "away"})),
    made(row("web1"), boxes=[nas.entry("nas", PERMITTED, "", False, CLIENTS, ["192.0.2.21"])]),
    made(row("web1"), boxes=[nas.entry("nas", {}, "It broke.", True, {}, [])], extent=Extent(("web1",), "web1", 3)),
    made(row("web1"), extent=Extent(("web1",), "", ("web1", "gone"), Slice(1, 2))),
]


@pytest.mark.parametrize("written", FLEETS)
def test_the_form_is_the_documented_one(written: dict[str, Any]) -> None:
    assert written == json.loads(json.dumps(written))
    jsonschema.validate(written, SCHEMA, format_checker=jsonschema.FormatChecker())


def undescribed(value: Any, schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Return where *value* has a key that the schema does not describe."""
    if isinstance(value, list):
        for entry in value:
            yield from undescribed(entry, schema.get("items", {}), f"{path}[]")
    properties = schema.get("properties")
    if isinstance(value, dict) and properties is not None:
        for key, below in value.items():
            if key in properties:
                yield from undescribed(below, properties[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"


@pytest.mark.parametrize("written", FLEETS)
def test_every_key_is_described(written: dict[str, Any]) -> None:
    assert list(undescribed(written, SCHEMA)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"schema": 2}, {"time": "yesterday"}, {"hosts": [{"name": "web1"}]}, {"counts": {"hosts": -1, "protected": 0}}],
)
def test_the_schema_refuses_what_is_no_report(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**FLEETS[1], **wrong}, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_the_schema_knows_every_verdict() -> None:
    properties = SCHEMA["properties"]["hosts"]["items"]["properties"]
    assert set(properties["verdict"]["enum"]) == {*VERDICTS, *policy.HOST_VERDICTS, policy.NOT_AUDITED, policy.REMOVED}
    assert set(properties["monitors"]["items"]["properties"]["verdict"]["enum"]) == set(VERDICTS)


def test_a_row_has_the_host_and_what_its_ups_says() -> None:
    found = row("web1")
    assert (found["machine_id"], found["time"]) == (RESULT["machine_id"], TIME)
    assert found["addresses"] == ["192.0.2.21", "192.0.2.31"]
    assert found["monitors"] == [
        {
            "server": "nas.example.com",
            "port": 3493,
            "ups": "ups",
            "address": "192.0.2.10",
            "verdict": "ok",
            "status": "OL",
            "charge": 100,
            "runtime": 2460,
            "logged_in": True,
            "seen_as": "192.0.2.21",
        }
    ]


# who comes from where to which server; which addresses are shared
SHARED: list[tuple[list[tuple[str, str | None]], list[dict[str, Any]]]] = [
    ([], []),
    ([("192.0.2.10", "192.0.2.21"), ("192.0.2.10", "192.0.2.22")], []),
    ([("192.0.2.10", None), ("192.0.2.10", None)], []),
    ([("192.0.2.10", "192.0.2.1")] * 2, [{"address": "192.0.2.1", "hosts": ["web0", "web1"]}]),
    # two sites
    ([("192.0.2.10", "192.0.2.1"), ("198.51.100.10", "192.0.2.1")], []),
]


@pytest.mark.parametrize(("ends", "shared"), SHARED)
def test_hosts_behind_one_address(ends: list[tuple[str, str | None]], shared: list[dict[str, Any]]) -> None:
    rows = [row(f"web{i}", peer_address=server, seen_as=address) for i, (server, address) in enumerate(ends)]
    assert shared_addresses([*rows, row("away", {}, "away")]) == shared


def test_who_is_logged_in_and_no_host_is_named() -> None:
    entry = nas.entry("nas", PERMITTED, "", False, CLIENTS, ["192.0.2.21"])
    assert entry["unknown_clients"] == ["\x1b[2J", "192.0.2.99"]
    assert entry["notes"] == ["two", "three"]
    assert entry["extra"] == [
        {"address": "192.0.2.7", "hosts": {"web7": "2026-01-02"}},
        {"address": "192.0.2.9", "hosts": {}},
    ]


@pytest.mark.parametrize("permitted", [None, ""])
def test_a_nas_that_was_not_asked_permits_nobody_knows_whom(permitted: Any) -> None:
    assert nas.entry("nas", {"permitted": permitted}, "", True, {}, [])["permitted"] is None


def test_the_statistics_count_every_host_by_its_verdict() -> None:
    kept = statistics(made(row("web1"), row("web2", {}, "away"), row("web3")))
    assert kept == {
        "schema": 1,
        "time": TIME,
        "scope": {"kind": "whole", "limit": None, "slice": None},
        "counts": {"hosts": 3, "protected": 2},
        "failures": 1,
        "verdicts": {"ok": {"count": 2, "hosts": ["web1", "web3"]}, "not_audited": {"count": 1, "hosts": ["web2"]}},
    }


def test_the_statistics_stay_small_however_large_the_fleet() -> None:
    kept = statistics(made(*(row(f"host{number:04}.example.net") for number in range(3000))))
    assert kept["verdicts"]["ok"]["count"] == 3000
    assert kept["verdicts"]["ok"]["hosts"][0] == "host0000.example.net"
    assert len(json.dumps(kept)) < 4096
