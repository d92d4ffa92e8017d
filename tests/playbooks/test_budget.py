"""The budgets of a fleet: who is red fails, nobody's trouble takes the others along, and the fleet's report is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Play = Callable[..., Any]
UNDEFINED = "{{ vm_addresses[inventory_hostname] }}"


def test_who_may_be_cut_off_fails_and_nobody_else(play: Play) -> None:
    kinds = {"a1": "kept", "a2": "exceeded", "a3": "unknown"}
    run = play("budget", clients={name: {"double": kind} for name, kind in kinds.items()})
    assert (run.status, run.failed) == (2, {"a2"}), run.text
    assert sorted(run.log) == ["budget a1", "budget a2", "budget a3"]
    assert "a2: Give it less." in run.text
    assert "Note for a3: nothing is known." in run.text
    assert "1 of 3 hosts are off in time, whatever hangs." in run.text
    assert "proven protected" not in run.text


def test_all_in_time_is_well_and_the_fleets_report_is_not_touched(play: Play) -> None:
    run = play("budget", clients={"a1": {}, "a2": {}})
    assert (run.status, run.report) == (0, {}), run.text
    assert "2 of 2 hosts are off in time, whatever hangs." in run.text


# the host's variables, what the report says of it
MISSED: list[tuple[dict[str, Any], str]] = [
    ({"double": "away"}, "Connection timed out"),
    ({"double": "breaks"}, "It needs root."),
    ({"ansible_user": UNDEFINED}, "The variable ansible_user cannot be rendered: 'vm_addresses' is undefined."),
]


@pytest.mark.parametrize(("variables", "words"), MISSED)
def test_a_host_that_could_not_be_looked_at_is_a_row(play: Play, variables: dict[str, Any], words: str) -> None:
    run = play("budget", clients={"a1": variables, "a2": {"double": "kept"}})
    assert run.status == 2, run.text
    assert "a1" in run.failed
    assert "a2" not in run.failed
    assert f"a1: {words}" in run.text
    assert "not_looked_at" in run.text
    assert "1 of 2 hosts are off in time, whatever hangs." in run.text


@pytest.mark.parametrize("options", [("--limit", "nas"), ("--tags", "foo")])
def test_a_run_that_looked_at_nobody_fails(play: Play, options: tuple[str, str]) -> None:
    run = play("budget", *options, clients={"a1": {}})
    assert (run.status, run.log) == (2, []), run.text


def test_where_a_run_has_both_the_fleets_report_has_both(play: Play) -> None:
    run = play("budget", "upsfleet.synology.audit", clients={"a1": {"double": "ok"}, "a2": {"double": "ok"}})
    assert run.status == 0, run.text
    assert run.rows["a1"]["budget"]["allowed"] == 25
    assert run.text.count("2 of 2 hosts are off in time, whatever hangs.") == 2
    assert "2 of 2 hosts are proven protected." in run.text
