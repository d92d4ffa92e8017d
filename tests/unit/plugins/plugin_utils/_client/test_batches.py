# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who failed in earlier batches, where a batch failed as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.batches import BATCH, HELD_BACK, failed_before
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

BAD: dict[str, Any] = {"nut_client_result": {"verdict": "not_logged_in"}, "nut_client_failure": "not logged in"}
KINDS: dict[str, dict[str, Any]] = {
    "good": {"nut_client_result": {"verdict": "ok", "protected": True}},
    "accepted": {"nut_client_result": {"verdict": "unproven", "accepted": True}},
    "predicted": {"nut_client_result": {"verdict": "drifted", "predicted": True}},  # in check mode
    "removed": {"nut_client_result": {"verdict": "removed"}},
    "refused": {"nut_client_result": {"verdict": "not_permitted", "protected": False}},
    "bad": BAD,
    "lost": {"nut_client_result": {"unreachable": True}},
}


def play(*batches: list[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return a fleet of which these batches, lists of kinds, had their turn, and whose turn it is now."""
    fleet: dict[str, dict[str, Any]] = {}
    for number, kinds in enumerate(batches):
        names = [f"{number}-{place}-{kind}" for place, kind in enumerate(kinds)]
        fleet.update({name: {**KINDS[kind], BATCH: names} for name, kind in zip(names, kinds)})
    return {**fleet, "next": {}}, ["next"]


@pytest.mark.parametrize(
    ("batches", "percentage", "failed"),
    [
        ([], None, []),
        ([["good"]], None, []),
        ([["bad"]], None, ["0-0-bad"]),
        ([["lost"]], None, ["0-0-lost"]),
        ([["refused"]], None, ["0-0-refused"]),
        ([["accepted"], ["predicted"], ["removed"]], None, []),
        ([["good"], ["bad", "lost"]], None, ["1-0-bad", "1-1-lost"]),
        ([["good", "bad"]], None, []),
        ([["good", "bad"]], 100, []),
        ([["bad", "bad"]], 100, ["0-0-bad", "0-1-bad"]),
        ([["good", "bad"]], 50, []),
        ([["good", "bad"]], "49%", ["0-1-bad"]),
        ([["good", "good", "good", "bad"]], 0, ["0-3-bad"]),
        ([["good", "bad"], ["bad"]], None, ["1-0-bad"]),
    ],
)
def test_a_batch_fails_as_in_ansible(batches: list[list[str]], percentage: Any, failed: list[str]) -> None:
    fleet, now = play(*batches)
    assert failed_before(fleet, now, percentage) == failed


def test_the_own_batch_and_those_without_a_turn_do_not_count() -> None:
    fleet: dict[str, dict[str, Any]] = {
        "mine": {**BAD, BATCH: ["mine", "next"]},
        "next": {},
        "held back": {**BAD, BATCH: ["held back"], HELD_BACK: ["somebody"]},
        "without a turn": BAD,
    }
    assert failed_before(fleet, ["mine", "next"], 0) == []


@pytest.mark.parametrize("percentage", ["many", "", -1, 101, "101%", True, [30]])
def test_a_percentage_that_is_none(percentage: Any) -> None:
    with pytest.raises(InvalidInput, match=r"ups_max_fail_percentage is .*: allowed is a percentage, 0 to 100"):
        failed_before({}, [], percentage)
