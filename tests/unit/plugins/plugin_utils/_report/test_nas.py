# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says of a NAS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas

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
    assert nas.lines(nas.entry("nas", result, failure, False, {}, ())) == done
    assert nas.lines(nas.entry("nas", result, failure, True, {}, ())) == planned


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize(("result", "failure"), [(NAS, ""), ({}, "It broke."), ({}, "")])
def test_what_was_found_of_a_nas_clients_is_said(result: dict[str, Any], failure: str, planned: bool) -> None:
    """Also where the NAS was not managed: a client of it has something to do."""
    said = nas.lines(nas.entry("nas", result, failure, planned, {}, ()))
    found = nas.entry("nas", result, failure, planned, {"notes": ["one"]}, ())
    assert nas.lines(found) == [*said, "nas: one"]


@pytest.mark.parametrize(("whole", "said"), [(True, 1), (False, 0)])
def test_who_is_logged_in_and_no_host_is_said_of_the_whole_fleet_only(whole: bool, said: int) -> None:
    found = nas.entry("nas", {}, "", True, {"connected": ["192.0.2.99", "192.0.2.21", "127.0.0.1"]}, ["192.0.2.21"])
    lines = ["nas: also has logins from 192.0.2.99, from which no host of this run came."]
    assert nas.lines(found, whole) == lines[:said]
