# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's report: one row a host, and what is said below the table."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils import fleet

NOTE = "NUT 2.8.1 ignores DEADTIME"
PROTECTED: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "logged_in": True,
    "nut_version": "2.8.0",
    "address": "192.0.2.21",
    "changes": {"steps": [], "reason": ""},
    "drift": [],
    "drift_details": [],
    "advice": "",
    "notes": [],
    "access": [{"status": "OL"}],
}
DENIED = {
    **PROTECTED,
    "verdict": "not_permitted",
    "protected": False,
    "logged_in": False,
    "advice": "192.0.2.10 does not permit 192.0.2.21.",
    "access": [{"status": None}],
}
BARE = {
    **PROTECTED,
    "verdict": "not_logged_in",
    "protected": False,
    "logged_in": False,
    "advice": "Run upsfleet.synology.site.",
    "drift": ["package", "config"],
    "drift_details": ["/etc/nut/nut.conf differs"],
    "changes": {"steps": ["install", "configure", "service"], "reason": ""},
}
ROW: dict[str, Any] = {
    "name": "web1",
    "address": "192.0.2.21",
    "verdict": "ok",
    "protected": True,
    "will_be_protected": False,
    "logged_in": True,
    "nut_version": "2.8.0",
    "ups_status": "OL",
    "drift": [],
    "drift_details": [],
    "advice": "",
    "notes": [],
}
NOT_AUDITED = {
    **ROW,
    "address": "198.51.100.21",
    "verdict": "not_audited",
    "protected": False,
    "logged_in": None,
    "nut_version": None,
    "ups_status": None,
}

# the host's result, the failure that ended its run, what its row is beside ROW
ROWS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (PROTECTED, "", {}),
    (
        DENIED,
        "not_permitted: 192.0.2.10 does not permit 192.0.2.21.",
        {
            "verdict": "not_permitted",
            "protected": False,
            "logged_in": False,
            "ups_status": None,
            "advice": "192.0.2.10 does not permit 192.0.2.21.",
        },
    ),
    (
        {**BARE, "notes": [NOTE]},
        "",
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            "advice": "Run upsfleet.synology.site.",
            "drift": ["package", "config"],
            "drift_details": ["/etc/nut/nut.conf differs"],
            "notes": [NOTE],
        },
    ),
    # protected when it was looked at, but then the run failed
    (PROTECTED, "no space left on device", {"protected": False, "advice": "The run failed: no space left on device"}),
    (
        {**BARE, "drift": [], "drift_details": [], "advice": ""},
        "broken",
        {"verdict": "not_logged_in", "protected": False, "logged_in": False, "advice": "broken"},
    ),
    # several UPSes
    ({**PROTECTED, "access": [{"status": "OL"}, {"status": "OL CHRG"}]}, "", {"ups_status": "OL; OL CHRG"}),
    ({**PROTECTED, "access": [{"status": None}, {"status": "OL"}]}, "", {}),
    # the NAS could not tell the host's address
    ({**PROTECTED, "address": None}, "", {"address": "198.51.100.21"}),
    # never looked at
    ({}, "", {**NOT_AUDITED, "advice": "It was not looked at: see the failure above."}),
    ({}, "Failed to connect to the host via ssh", {**NOT_AUDITED, "advice": "Failed to connect to the host via ssh"}),
    ({"msg": "This host has no Python."}, "", {**NOT_AUDITED, "advice": "This host has no Python."}),
    ({"msg": "unused"}, "fedora 41 is not supported", {**NOT_AUDITED, "advice": "fedora 41 is not supported"}),
]


@pytest.mark.parametrize(("result", "failure", "changes"), ROWS)
def test_row(result: dict[str, Any], failure: str, changes: dict[str, Any]) -> None:
    assert fleet.row("web1", result, failure, "198.51.100.21") == {**ROW, **changes}


@pytest.mark.parametrize(
    ("result", "failure", "predicted", "promised"),
    [
        (BARE, "", True, True),
        (BARE, "", False, False),
        (BARE, "no such owner or group: nut", True, False),
        ({**BARE, "changes": {"steps": [], "reason": "The UPS is on battery"}}, "", True, False),
        (DENIED, "", True, False),
        (PROTECTED, "", True, False),
        ({}, "", True, False),
        ({"msg": "This host has no Python."}, "", True, False),
    ],
)
def test_only_check_mode_promises_and_only_what_it_would_do(
    result: dict[str, Any], failure: str, predicted: bool, promised: bool
) -> None:
    assert fleet.row("web1", result, failure, "web1", predicted)["will_be_protected"] is promised


def rows() -> list[dict[str, Any]]:
    """Return a fleet with one host of each kind."""
    return [
        fleet.row("web1", {**PROTECTED, "notes": [NOTE]}, "", "web1"),
        fleet.row("database", DENIED, "", "192.0.2.22"),
        fleet.row("new", {**BARE, "notes": [NOTE]}, "", "192.0.2.23", predicted=True),
        fleet.row("bare", BARE, "", "192.0.2.24"),
        fleet.row("gone", {}, "Connection timed out", "192.0.2.25"),
    ]


def test_unprotected_names_cause_and_remedy_of_each_host_that_is_not() -> None:
    assert fleet.unprotected(rows()) == {
        "database": "not_permitted: 192.0.2.10 does not permit 192.0.2.21.",
        "bare": "not_logged_in: Run upsfleet.synology.site.",
        "gone": "not_audited: Connection timed out",
    }


def test_table() -> None:
    assert fleet.table(rows()) == [
        "host      address     verdict        logged in  nut    ups  drift",
        "web1      192.0.2.21  ok             yes        2.8.0  OL   -",
        "database  192.0.2.21  not_permitted  no         2.8.0  -    -",
        "new       192.0.2.21  not_logged_in  no         2.8.0  OL   package, config",
        "bare      192.0.2.21  not_logged_in  no         2.8.0  OL   package, config",
        "gone      192.0.2.25  not_audited    unknown    -      -    -",
    ]


def test_summary() -> None:
    assert fleet.summary(rows()) == [
        "database: not_permitted: 192.0.2.10 does not permit 192.0.2.21.",
        "bare: not_logged_in: Run upsfleet.synology.site.",
        "gone: not_audited: Connection timed out",
        "new: would be provisioned (package, config).",
        "Note for web1, new: NUT 2.8.1 ignores DEADTIME.",
        "1 of 5 hosts are proven protected.",
    ]


def test_a_fleet_of_none() -> None:
    assert fleet.unprotected([]) == {}
    assert fleet.summary([]) == ["0 of 0 hosts are proven protected."]
    assert fleet.table([]) == ["host  address  verdict  logged in  nut  ups  drift"]
