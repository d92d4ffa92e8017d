"""ups_serial: a canary that fails leaves the hosts of later batches untouched; the report comes once, at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Play = Callable[..., Any]


def fleet(*kinds: str) -> dict[str, dict[str, Any]]:
    """Return hosts a1, a2, ... of these kinds."""
    return {f"a{number}": {"double": kind} for number, kind in enumerate(kinds, 1)}


# ups_serial, ups_max_fail_percentage, what the hosts are like, who is changed, who is held back by whom
BATCHES: dict[str, tuple[Any, Any, list[str], list[str], dict[str, list[str]]]] = {
    "all is well": (1, None, ["drifted"] * 3, ["a1", "a2", "a3"], {}),
    "the canary dies": (1, None, ["breaks", "drifted", "ok"], ["a1"], {"a2": ["a1"], "a3": ["a1"]}),
    "more than the percentage fails": ([1, "50%"], "40%", ["drifted", "breaks", "drifted", "drifted"],
                                       ["a1", "a2", "a3"], {"a4": ["a2"]}),
    "a canary that is away had no turn": (1, None, ["away", "drifted"], ["a2"], {}),
    "a canary whom the NAS refuses": (1, None, ["refused", "drifted"], [], {"a2": ["a1"]}),
}  # fmt: skip


@pytest.mark.parametrize("case", BATCHES)
def test_a_batch_that_failed_holds_back_the_later_ones(play: Play, case: str) -> None:
    serial, percentage, kinds, changed, held_back = BATCHES[case]
    variables = {"ups_serial": serial, **({} if percentage is None else {"ups_max_fail_percentage": percentage})}
    run = play("site", clients=fleet(*kinds), variables=variables)
    assert sorted(run.changed) == changed, run.text
    assert {name: row["held_back"] for name, row in run.rows.items() if row["held_back"]} == held_back
    assert run.status == (0 if set(kinds) == {"drifted"} else 2)
    assert run.text.count("hosts are proven protected.") == 1
    assert run.text.index("hosts are proven protected.") > run.text.rindex("PLAY [Protect the clients")
    for name in held_back:
        row = run.rows[name]
        assert row["protected"] or row["advice"].startswith(f"Left untouched, because {held_back[name][0]} failed")


def test_batches_come_from_extra_variables_too(play: Play) -> None:
    run = play("site", "-e", '{"ups_serial": [1, "100%"]}', clients=fleet("breaks", "drifted", "drifted"))
    assert (run.changed, run.status) == (["a1"], 2), run.text
    assert run.verdicts == {"a1": "not_logged_in", "a2": "not_logged_in", "a3": "not_logged_in"}


def test_a_host_is_looked_at_again_at_its_turn_and_only_then(play: Play) -> None:
    once = play("site", clients=fleet("ok", "ok"))
    assert sorted(once.log) == ["audit a1", "audit a2"]
    twice = play("site", clients=fleet("ok", "drifted"), variables={"ups_serial": 1})
    assert twice.log[2:] == ["audit a1", "audit a2", "change a2", "audit a2"]


def test_removing_goes_in_batches(play: Play) -> None:
    run = play("remove", clients=fleet("breaks", "ok"), variables={"ups_serial": 1})
    assert (run.changed, run.status) == (["a1"], 2), run.text
    run = play("remove", clients=fleet("breaks", "ok", "ok"), variables={"ups_serial": 2, "ups_max_fail_percentage": 0})
    assert (sorted(run.changed), run.status) == (["a1", "a2"], 2), run.text
