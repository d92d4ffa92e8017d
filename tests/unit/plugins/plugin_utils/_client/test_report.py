# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's report: one row a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy, report

NOTE = "NUT 2.8.1 ignores DEADTIME"
PROTECTED: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "logged_in": True,
    "nut_version": "2.8.0",
    "os": {"platform": "debian", "name": "debian", "version": "12"},
    "address": "192.0.2.21",
    "changes": {"steps": [], "reason": ""},
    "drift": [],
    "drift_details": [],
    "reason": "",
    "gaps": [],
    "advice": "",
    "notes": [],
    "returns": None,
    "access": [{"verdict": "ok", "status": "OL"}],
}
DENIED = {
    **PROTECTED,
    "verdict": "not_permitted",
    "protected": False,
    "logged_in": False,
    "advice": "192.0.2.10 does not permit 192.0.2.21.",
    "access": [{"verdict": "not_permitted", "status": None}],
}
BARE = {
    **PROTECTED,
    "verdict": "not_logged_in",
    "protected": False,
    "logged_in": False,
    "advice": "Run upsfleet.synology.site.",
    "drift": ["package", "config"],
    "drift_details": ["/etc/nut/nut.conf differs"],
    "reason": "",
    "gaps": [],
    "changes": {"steps": ["install", "configure", "service"], "reason": ""},
}
DRIFTED = {
    **BARE,
    "verdict": "drifted",
    "logged_in": True,
    "advice": "It is logged in, but not as desired (/etc/nut/nut.conf differs). Run upsfleet.synology.site.",
    "drift": ["config"],
    "changes": {"steps": ["configure", "service"], "reason": ""},
}
ROW: dict[str, Any] = {
    "name": "web1",
    "address": "192.0.2.21",
    "system": "debian 12",
    "double": False,
    "verdict": "ok",
    "protected": True,
    "accepted": False,
    "will_be_protected": False,
    "logged_in": True,
    "nut_version": "2.8.0",
    "ups_status": "OL",
    "drift": [],
    "drift_details": [],
    "reason": "",
    "gaps": [],
    "replaced": [],
    "held_back": [],
    "drill": None,
    "budget": None,
    "advice": "",
    "notes": [],
    "returns": None,
}
NOT_AUDITED = {
    **ROW,
    "address": "198.51.100.21",
    "system": None,
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
        {**DENIED, "concluded": True},
        "in whatever words the role failed",
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
        {"verdict": "not_logged_in", "protected": False, "logged_in": False, "advice": "The run failed: broken"},
    ),
    # the run failed for another reason than its verdict
    (
        DENIED,
        "no space left on device",
        {
            "verdict": "not_permitted",
            "protected": False,
            "logged_in": False,
            "ups_status": None,
            "advice": "The run failed: no space left on device",
        },
    ),
    (
        DRIFTED,
        "",
        {
            "verdict": "drifted",
            "protected": False,
            "advice": DRIFTED["advice"],
            "drift": ["config"],
            "drift_details": ["/etc/nut/nut.conf differs"],
        },
    ),
    # several UPSes
    (
        {**PROTECTED, "access": [{"verdict": "ok", "status": "OL"}, {"verdict": "ok", "status": "OL CHRG"}]},
        "",
        {"ups_status": "OL; OL CHRG"},
    ),
    ({**PROTECTED, "access": [{"verdict": "stale", "status": None}, {"verdict": "ok", "status": "OL"}]}, "", {}),
    # the NAS could not tell the host's address
    ({**PROTECTED, "address": None}, "", {"address": "198.51.100.21"}),
    # never looked at
    ({}, "", {**NOT_AUDITED, "advice": report.UNSEEN}),
    ({}, "Failed to connect to the host via ssh", {**NOT_AUDITED, "advice": "Failed to connect to the host via ssh"}),
    ({"msg": "This host has no Python."}, "", {**NOT_AUDITED, "advice": "This host has no Python."}),
    ({"msg": "unused"}, "fedora 41 is not supported", {**NOT_AUDITED, "advice": "fedora 41 is not supported"}),
]


@pytest.mark.parametrize(("result", "failure", "changes"), ROWS)
def test_row(result: dict[str, Any], failure: str, changes: dict[str, Any]) -> None:
    row = report.row("web1", result, failure, "198.51.100.21")
    assert {name: row[name] for name in ROW} == {**ROW, **changes}


@pytest.mark.parametrize(
    ("result", "failure", "predicted", "promised"),
    [
        (BARE, "", True, True),
        (BARE, "", False, False),
        (BARE, "no such owner or group: nut", True, False),
        ({**BARE, "changes": {"steps": [], "reason": "The UPS is on battery"}}, "", True, False),
        (DRIFTED, "", True, True),
        (DRIFTED, "", False, False),
        (DRIFTED, "no space left on device", True, False),
        ({**DRIFTED, "changes": {"steps": [], "reason": "The UPS is on battery"}}, "", True, False),
        (DENIED, "", True, False),
        (PROTECTED, "", True, False),
        ({}, "", True, False),
        ({"msg": "This host has no Python."}, "", True, False),
    ],
)
def test_only_check_mode_promises_and_only_what_it_would_do(
    result: dict[str, Any], failure: str, predicted: bool, promised: bool
) -> None:
    assert report.row("web1", {**result, "predicted": predicted}, failure, "web1")["will_be_protected"] is promised


READY_BUT_DENIED = {**DENIED, "changes": {"steps": ["install", "configure", "service"], "reason": ""}}


@pytest.mark.parametrize(
    ("result", "failure", "predicted", "let_in", "promised"),
    [
        (READY_BUT_DENIED, "", True, True, True),
        (READY_BUT_DENIED, "", True, False, False),
        (READY_BUT_DENIED, "", False, True, False),
        (READY_BUT_DENIED, "no such owner or group: nut", True, True, False),
        (DENIED, "", False, True, True),  # nothing but the permission is missing
        ({**DENIED, "drift": ["config"]}, "", True, True, False),  # what differs may not be changed
        (BARE, "", True, True, True),
        ({}, "", True, True, False),
    ],
)
def test_check_mode_counts_what_the_nas_would_permit(
    result: dict[str, Any], failure: str, predicted: bool, let_in: bool, promised: bool
) -> None:
    assert (
        report.row("web1", {**result, "predicted": predicted}, failure, "192.0.2.21", let_in)["will_be_protected"]
        is promised
    )


def rows() -> list[dict[str, Any]]:
    """Return a fleet with one host of each kind."""
    return [
        report.row("web1", {**PROTECTED, "notes": [NOTE]}, "", "web1"),
        report.row("database", DENIED, "", "192.0.2.22"),
        report.row("new", {**BARE, "notes": [NOTE], "predicted": True}, "", "192.0.2.23"),
        report.row("bare", BARE, "", "192.0.2.24"),
        report.row("gone", {}, "Connection timed out", "192.0.2.25"),
    ]


def test_unprotected_names_cause_and_remedy_of_each_host_that_is_not() -> None:
    assert report.unprotected(rows()) == {
        "database": "not_permitted: 192.0.2.10 does not permit 192.0.2.21.",
        "bare": "not_logged_in: Run upsfleet.synology.site.",
        "gone": "not_audited: Connection timed out",
    }


@pytest.mark.parametrize(
    ("accept", "names"),
    [
        ([], ["database", "bare", "gone"]),
        (["not_logged_in"], ["database", "gone"]),
        (["not_logged_in", "not_permitted"], ["gone"]),
        (["not_audited"], ["database", "bare"]),
        (["ok"], ["database", "bare", "gone"]),
    ],
)
def test_what_is_good_enough_for_what_was_asked(accept: list[str], names: list[str]) -> None:
    """Permitting does not start anything, so a host that is not logged in is no failure of it; nor is it protected."""
    assert list(report.unprotected(rows(), accept)) == names


@pytest.mark.parametrize("accept", [[], ["ok"], [policy.REMOVED]])
def test_a_host_that_was_to_stop_being_a_client_is_no_unprotected_one(accept: list[str]) -> None:
    row = report.row("web1", {"verdict": policy.REMOVED, "protected": False}, "", "192.0.2.21")
    assert (row["verdict"], row["protected"], row["will_be_protected"]) == ("removed", False, False)
    assert report.unprotected([row], accept) == {}


def test_what_was_accepted_is_neither_protected_nor_a_failure() -> None:
    result = {**DENIED, "verdict": "unproven", "accepted": True}
    row = report.row("desktop", result, "", "desktop")
    assert (row["protected"], row["accepted"]) == (False, True)
    assert report.unprotected([row]) == {}
    assert report.unprotected([{**row, "accepted": False}]) != {}


@pytest.mark.parametrize(
    ("result", "advice"),
    [
        (PROTECTED, ""),
        ({**BARE, "predicted": True}, "Left untouched, because a1, a2 failed before it. Run upsfleet.synology.site."),
        ({**DRIFTED, "advice": ""}, "Left untouched, because a1, a2 failed before it."),
    ],
)
def test_a_host_that_was_held_back_keeps_what_the_audit_found(result: dict[str, Any], advice: str) -> None:
    row = report.row("web1", result, "", "web1", held_back=["a1", "a2"])
    assert (row["verdict"], row["held_back"], row["advice"]) == (result["verdict"], ["a1", "a2"], advice)
    assert row["will_be_protected"] is False
