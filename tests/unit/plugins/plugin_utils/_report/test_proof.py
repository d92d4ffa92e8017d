# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of proof: what was seen is yes or no, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import proof
from sample_report import DRILL, monitor, not_audited, row, unprotected, would_stay_up

WRONG = {**DRILL, "scenarios": {"fsd": {**DRILL["scenarios"]["fsd"], "result": "known"}}}


def gap(code: str) -> list[dict[str, str]]:
    return [{"code": code, "text": "text"}]


# a host, and what its links are, in the order of proof.LINKS
CHAINS: list[tuple[dict[str, Any], str]] = [
    (row("a"), "yes yes yes yes yes yes"),
    (unprotected("a"), "no no unknown unknown none none"),
    (would_stay_up("a", "192.0.2.1"), "yes yes no yes yes yes"),
    (not_audited("a"), "unknown unknown unknown unknown none unknown"),
    (row("a", monitors=[monitor(verdict="refused")]), "unknown yes yes yes yes yes"),
    (row("a", monitors=[monitor(), monitor(verdict="not_permitted")]), "no yes yes yes yes yes"),
    (row("a", monitors=[monitor(), monitor(verdict="unreachable")]), "unknown yes yes yes yes yes"),
    (row("a", monitors=[monitor(verdict="bad_credentials")], logged_in=False), "yes no unknown unknown yes yes"),
    (row("a", logged_in=None), "yes unknown unknown unknown yes yes"),
    (row("a", gaps=gap("unit_not_enabled")), "yes yes yes no yes yes"),
    (row("a", gaps=gap("resume_task")), "yes yes yes no yes yes"),
    (row("a", gaps=gap("parent_died")), "yes yes no yes yes yes"),
    (row("a", gaps=gap("parent_died"), logged_in=False), "yes no no unknown yes yes"),
    (row("a", drift=["service"]), "yes yes yes unknown yes yes"),
    (row("a", drill=WRONG), "yes yes yes yes no yes"),
    (row("a", drill=None, returns=None), "yes yes yes yes none unknown"),
    (row("a", returns={"way": None, "text": ""}), "yes yes yes yes yes unknown"),
    (row("a", returns={"way": "bmc", "text": ""}), "yes yes yes yes yes yes"),
    # a report of somebody else's, who left things out
    ({"name": "a", "verdict": "ok", "protected": True}, "unknown unknown unknown unknown none unknown"),
    ({"name": "a", "verdict": "ok", "protected": True, "logged_in": True}, "unknown yes unknown unknown none unknown"),
]


@pytest.mark.parametrize(("host", "states"), CHAINS)
def test_the_chain(host: dict[str, Any], states: str) -> None:
    found = proof.chain(host)
    assert [link.name for link in found] == list(proof.LINKS)
    assert " ".join(link.state for link in found) == states


def test_a_link_says_what_it_is() -> None:
    texts = {link.name: link.text for link in proof.chain(row("a"))}
    assert (texts["drilled"], texts["way back"], texts["permitted"]) == ("2026-11-20", "Wake-on-LAN", "")
    assert proof.chain(unprotected("a"))[-1].text == "by hand"


def test_the_worst_is_first() -> None:
    hosts = [
        row("good"),
        row("gone", verdict="removed", protected=False),
        row("fine", verdict="unproven", protected=False, accepted=True),
        row("drifted", verdict="drifted", protected=False),
        unprotected("refused10"),
        unprotected("refused9"),
        not_audited("away"),
        row("odd", verdict="of a later version", protected=False),
    ]
    names = [host["name"] for host in proof.worst_first(hosts)]
    assert names == ["odd", "away", "refused9", "refused10", "drifted", "fine", "gone", "good"]


def test_hosts_of_one_name_have_an_order() -> None:
    twins = [row("a", machine_id=one) for one in ("2" * 32, "1" * 32, None)]
    assert proof.worst_first(twins) == proof.worst_first(twins[::-1])


def test_every_verdict_has_its_place() -> None:
    assert set(proof._ORDER) == {*VERDICTS, *policy.HOST_VERDICTS}
