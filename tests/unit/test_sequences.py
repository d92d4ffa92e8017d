# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the random sequences promise: the same for a seed, each token in them, and no luck."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import PACKAGES, Step
from sequences.compare import Outcome, disagreement, late
from sequences.draw import ALWAYS, SHORT, TAIL, TOKENS, draw, expected, sequence, tokens

FEW = len(ALWAYS) + len(TOKENS)


def test_a_seed_means_the_same_sequences() -> None:
    assert draw(7, FEW) == draw(7, FEW)
    assert draw(7, FEW) != draw(8, FEW)


@pytest.mark.parametrize("seed", [1, 2])
def test_sequences_show_every_token_and_none_depends_on_luck(seed: int) -> None:
    drawn = draw(seed, FEW)
    shown = set().union(*(tokens(each, set(range(len(each.steps))), each.until) for each in drawn))
    assert shown == set(TOKENS)
    assert all(expected(package, each).down is not None for each in drawn for package in PACKAGES.values())
    assert len({each.name for each in drawn}) == FEW


def test_a_token_counts_where_upsmon_saw_it() -> None:
    played = sequence("one", ("OL", 3), ("OB LB", 2), ("OB CAL", 3), (None, 5), ("ERR DATA-STALE", TAIL))
    assert tokens(played, {0, 1, 2}, 10.0) == {"OL", "OB", "LB", "CAL", "flicker", "silence"}
    assert tokens(played, {0, 1, 2}, 8.0) == {"OL", "OB", "LB", "CAL", "flicker"}
    assert tokens(played, {0}, 2.0) == {"OL"}


def test_a_call_counts_only_when_it_is_due() -> None:
    played = sequence("one", ("OL", 10), ("FSD", TAIL))
    package = PACKAGES["debian 12"]
    assert played.settings == SHORT
    assert played.steps == (Step(0, "OL"), Step(10, "FSD"))
    assert not disagreement(Outcome(package, played, 10.9))
    for wrong in (None, 2.0, 19.0):
        assert "FSD" in disagreement(Outcome(package, played, wrong))


def test_a_host_that_was_kept_waiting_is_known() -> None:
    played = sequence("one", ("OL", 3), (None, 5), ("OL", TAIL))
    in_time = [(0.0, 0), (1.0, 0), (2.0, 0), (8.1, 2), (9.1, 2)]
    assert not late(played, in_time, 0.1)
    assert late(played, [*in_time, (11.1, 2)], 0.1)
    assert late(played, in_time, 2.0)
