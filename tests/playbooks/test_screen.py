"""What a person sees at the end: the report is the last thing before the recap, and fits a screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

Play = Callable[..., Any]
WIDE = "\u4e3b\u6a5f\u623f"


def fleet(**kinds: int) -> dict[str, dict[str, Any]]:
    """Return so many hosts of each kind."""
    names = [kind for kind, count in kinds.items() for _ in range(count)]
    return {f"{WIDE}{number}.example.com": {"double": kind} for number, kind in enumerate(names, 1)}


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


# how many hosts of which kind; who is named in which line
FLEETS: list[tuple[dict[str, int], list[str]]] = [
    (
        {"ok": 28, "refused": 4, "stays_up": 4, "away": 4},
        ["28 hosts are protected: ", "not_permitted: ", "would_stay_up: ", "not_audited: "],
    ),
    ({"refused": 40}, ["not_permitted: "]),
]


@pytest.mark.parametrize(("kinds", "beginnings"), FLEETS, ids=["12 of 40", "40 of 40"])
def test_the_report_is_the_last_thing_and_fits_a_screen(
    play: Play, kinds: dict[str, int], beginnings: list[str]
) -> None:
    """So many hosts need something, each cause is said once, and recap and report agree on who."""
    hosts = fleet(**kinds)
    run = play("audit", clients=hosts, nas={})
    failed = {name for name, host in hosts.items() if host["double"] != "ok"}
    assert (run.status, run.failed) == (2, failed), run.screen
    screen = run.screen.splitlines()
    first = next(number for number, line in enumerate(screen) if line.startswith("host  "))
    report = screen[first : next(number for number, line in enumerate(screen) if line.startswith("PLAY RECAP"))]
    assert len(report) <= 60, run.screen
    assert max(map(width, report)) <= 100
    assert not [line for line in report if line.startswith(("fatal", "[ERROR]", "TASK"))]
    for beginning in beginnings:
        assert [line for line in report if line.startswith(beginning)][1:] == []
    count = f"{40 - len(failed)} of 40 hosts are proven protected."
    assert [line for line in report if line][-2:] == [count, report[-2]]
    assert report[-2].startswith("ok: ")  # the task that shows it
