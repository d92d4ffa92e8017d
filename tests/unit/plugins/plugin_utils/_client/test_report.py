# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's report: one row a host, and what is said below the table."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy, report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas

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
    said = report.summary(rows(), accept)
    assert [line.split(":")[0] for line in said[: len(names)]] == names
    assert said[len(names) :] == report.summary(rows())[3:]


@pytest.mark.parametrize("accept", [[], ["ok"], [policy.REMOVED]])
def test_a_host_that_was_to_stop_being_a_client_is_no_unprotected_one(accept: list[str]) -> None:
    row = report.row("web1", {"verdict": policy.REMOVED, "protected": False}, "", "192.0.2.21")
    assert (row["verdict"], row["protected"], row["will_be_protected"]) == ("removed", False, False)
    assert report.unprotected([row], accept) == {}
    assert report.summary([row], accept) == ["0 of 1 hosts are proven protected."]


NAS: dict[str, Any] = {"changed": True, "added": ["192.0.2.21"], "removed": [], "extra": [], "warnings": []}
PERMITS = "nas: now permits 192.0.2.21."
WOULD_PERMIT = "nas: does not permit 192.0.2.21 yet; upsfleet.synology.permit does it."
EXTRA = (
    "nas: also permits 192.0.2.9, from which no host of this run came. Somebody else permitted it, so it stays: DSM's "
    "dialog drops it."
)
OURS = (
    "nas: also permits 192.0.2.7 (web7, 2026-01-02), from which no host of this run came. Where that host is gone for "
    "good, dsm_ups_server_exact and ups_expected_clients drop it; else DSM's dialog does."
)
RECORDED = {"192.0.2.7": {"web7": "2026-01-02"}, "192.0.2.8": {"web8": "2026-01-02", "web9": "2026-01-03"}}

# the NAS's result, its failure, what is said where it was changed, and where it was only looked at
SAID: list[tuple[dict[str, Any], str, list[str], list[str]]] = [
    ({}, "", [], []),
    ({**NAS, "changed": False, "added": []}, "", [], []),
    (
        {**NAS, "added": []},  # the server was off, or a second lock of DSM 6 was out of step
        "",
        ["nas: its UPS settings are now as asked for."],
        ["nas: its UPS settings are not as asked for; upsfleet.synology.permit sets them."],
    ),
    (NAS, "", [PERMITS], [WOULD_PERMIT]),
    (
        {**NAS, "added": ["192.0.2.21", "2001:db8::6"]},
        "",
        ["nas: now permits 192.0.2.21, 2001:db8::6."],
        ["nas: does not permit 192.0.2.21, 2001:db8::6 yet; upsfleet.synology.permit does it."],
    ),
    (
        {**NAS, "added": [], "removed": ["192.0.2.9", "192.0.2.8"]},
        "",
        ["nas: no longer permits 192.0.2.9, 192.0.2.8."],
        ["nas: would drop 192.0.2.9, 192.0.2.8."],
    ),
    ({**NAS, "changed": False, "added": [], "extra": ["192.0.2.9"]}, "", [EXTRA], [EXTRA]),
    (
        {**NAS, "changed": False, "added": [], "extra": ["192.0.2.9", "192.0.2.7"], "recorded": RECORDED},
        "",
        [OURS, EXTRA],
        [OURS, EXTRA],
    ),
    (
        {**NAS, "added": [], "removed": ["192.0.2.8"], "recorded": RECORDED},
        "",
        ["nas: no longer permits 192.0.2.8 (web8, 2026-01-02, web9, 2026-01-03)."],
        ["nas: would drop 192.0.2.8 (web8, 2026-01-02, web9, 2026-01-03)."],
    ),
    ({}, "The password is wrong.", ["nas: The password is wrong."], ["nas: The password is wrong."]),
    (
        {**NAS, "removed": ["192.0.2.8"], "extra": ["192.0.2.9"], "warnings": ["one", "two"]},
        "It broke.",
        ["nas: It broke.", PERMITS, "nas: no longer permits 192.0.2.8.", EXTRA, "nas: one", "nas: two"],
        ["nas: It broke.", WOULD_PERMIT, "nas: would drop 192.0.2.8.", EXTRA, "nas: one", "nas: two"],
    ),
    ({"added": None, "removed": None, "extra": None, "warnings": None}, "", [], []),
]


@pytest.mark.parametrize(("result", "failure", "done", "planned"), SAID)
def test_what_is_said_of_a_nas(result: dict[str, Any], failure: str, done: list[str], planned: list[str]) -> None:
    assert report.nas_lines(nas.entry("nas", result, failure, False, {}, ())) == done
    assert report.nas_lines(nas.entry("nas", result, failure, True, {}, ())) == planned


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize(("result", "failure"), [(NAS, ""), ({}, "It broke."), ({}, "")])
def test_what_was_found_of_a_nas_clients_is_said(result: dict[str, Any], failure: str, planned: bool) -> None:
    """Also where the NAS was not managed: a client of it has something to do."""
    said = report.nas_lines(nas.entry("nas", result, failure, planned, {}, ()))
    found = nas.entry("nas", result, failure, planned, {"notes": ["one"]}, ())
    assert report.nas_lines(found) == [*said, "nas: one"]


def test_table() -> None:
    assert report.table(rows()) == [
        "host      address     system     verdict        logged in  nut    ups  drift",
        "web1      192.0.2.21  debian 12  ok             yes        2.8.0  OL   -",
        "database  192.0.2.21  debian 12  not_permitted  no         2.8.0  -    -",
        "new       192.0.2.21  debian 12  not_logged_in  no         2.8.0  OL   package, config",
        "bare      192.0.2.21  debian 12  not_logged_in  no         2.8.0  OL   package, config",
        "gone      192.0.2.25  -          not_audited    unknown    -      -    -",
    ]


def test_summary() -> None:
    assert report.summary(rows()) == [
        "database: not_permitted: 192.0.2.10 does not permit 192.0.2.21.",
        "bare: not_logged_in: Run upsfleet.synology.site.",
        "gone: not_audited: Connection timed out",
        "new: would be provisioned (package, config).",
        "Note for web1, new: NUT 2.8.1 ignores DEADTIME.",
        "1 of 5 hosts are proven protected.",
    ]


def test_summary_of_a_host_that_lacks_nothing_but_the_permission() -> None:
    row = report.row("web1", DENIED, "", "web1", let_in=True)
    assert report.unprotected([row]) == {}
    assert report.summary([row]) == ["web1: would be let in by the NAS.", "0 of 1 hosts are proven protected."]


def test_a_fleet_of_none() -> None:
    assert report.unprotected([]) == {}
    assert report.summary([]) == ["0 of 0 hosts are proven protected."]
    assert report.table([]) == ["host  address  system  verdict  logged in  nut  ups  drift"]


def test_a_double_is_marked_as_one() -> None:
    row = report.row("mac", {**PROTECTED, "os": {"name": "macos", "version": "15.5"}}, "", "mac", double=True)
    assert row["double"] is True
    assert "macos 15.5 (double)" in report.table([row])[1]


def test_what_was_accepted_is_neither_protected_nor_a_failure() -> None:
    result = {**DENIED, "verdict": "unproven", "accepted": True}
    row = report.row("desktop", result, "", "desktop")
    assert (row["protected"], row["accepted"]) == (False, True)
    assert report.unprotected([row]) == {}
    assert report.summary([row]) == ["0 of 1 hosts are proven protected."]
    assert report.unprotected([{**row, "accepted": False}]) != {}


GONE = {
    "directive": "FINALDELAY",
    "was": "20",
    "becomes": "5",
    "variable": "nut_client_finaldelay",
    "value": 20,
    "text": "FINALDELAY 20 becomes 5: nut_client_finaldelay keeps it",
}
LOST = {**GONE, "directive": "MONITR", "variable": "", "value": None, "text": "MONITR goes: no variable keeps it"}


@pytest.mark.parametrize(
    ("drift", "gone", "planned", "expected"),
    [
        ([], [], True, []),
        (
            ["config"],
            [GONE, LOST],
            True,
            [
                "web1: upsfleet.synology.site would replace what was set up by hand:",
                f"  {GONE['text']}.",
                "  MONITR goes: no variable keeps it.",
                "",
                "# host_vars/web1.yml: keeps it",
                "nut_client_finaldelay: 20",
                "",
            ],
        ),
        (
            ["config"],
            [LOST],
            True,
            ["web1: upsfleet.synology.site would replace what was set up by hand:", f"  {LOST['text']}."],
        ),
        (
            [],
            [GONE],
            False,
            ["web1: upsfleet.synology.site replaced what was set up by hand:", f"  {GONE['text']}."],
        ),
        (
            ["config"],  # refused, or rolled back
            [GONE],
            False,
            ["web1: upsfleet.synology.site would replace what was set up by hand:", f"  {GONE['text']}."],
        ),
    ],
)
def test_what_goes_of_what_was_set_up_by_hand(
    drift: list[str], gone: list[dict[str, Any]], planned: bool, expected: list[str]
) -> None:
    row = report.row("web1", {**PROTECTED, "drift": drift, "replaced": gone}, "", "web1")
    assert row["replaced"] == gone
    assert report.replaced_lines([row, {**ROW, "name": "web2"}], planned) == expected


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
    told = report.summary([row])
    assert ("Left untouched, because other hosts failed before: web1." in told) is bool(result["protected"])


def test_what_fails_the_run_as_a_whole_stands_before_the_count() -> None:
    assert report.summary([], (), ["why"]) == ["why", "0 of 0 hosts are proven protected."]
