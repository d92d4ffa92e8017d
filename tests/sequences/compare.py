# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real upsmons did, held against the model."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple

from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import Settings, Step
from sequences.draw import SLOW, Sequence, expected

SLACK = 3.0
"""Seconds by which a loaded host may call SHUTDOWNCMD outside the model's bounds; DEADTIME is twice that."""


class Outcome(NamedTuple):
    """One sequence on one package's upsmon: when SHUTDOWNCMD was called, in seconds since its first poll, or None."""

    package: str
    played: Sequence
    down: float | None


def disagreement(outcome: Outcome) -> str:
    """What the model says otherwise, or nothing."""
    said = expected(outcome.package, outcome.played)
    if said.down == (outcome.down is not None) and (
        outcome.down is None or (said.earliest or 0.0) - SLACK <= outcome.down <= (said.latest or 0.0) + SLACK
    ):
        return ""
    steps = ", ".join(f"{step.at:g} s {step.status or 'gone'}" for step in outcome.played.steps)
    return f"{outcome.package}: down at {outcome.down}, but the model says {said}; {outcome.played.name}: {steps}"


def late(played: Sequence, polls: list[tuple[float, int]], lag: float) -> bool:
    """Whether the machine was, or this upsmon asked, later than the model allows: between two polls with answers."""
    if lag > SLOW - 1:
        return True
    gone = [step.at for step in played.steps if step.status is None]
    return any(
        after - before > SLOW and not any(before <= at <= after for at in gone)
        for (before, _), (after, _) in zip(polls, polls[1:])
    )


def record(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Outcomes as data, a line a sequence."""
    rows: dict[str, dict[str, Any]] = {}
    for package, played, down in outcomes:
        row = rows.setdefault(played.name, {**played._asdict(), "settings": played.settings._asdict(), "down": {}})
        row["down"][package] = down
    return list(rows.values())


def recorded(rows: Iterable[dict[str, Any]]) -> list[Outcome]:
    """The outcomes that :func:`record` wrote."""
    found = []
    for row in rows:
        steps = tuple(Step(*step) for step in row["steps"])
        played = Sequence(row["name"], Settings(**row["settings"]), steps, row["until"])
        found += [Outcome(package, played, down) for package, down in row["down"].items()]
    return found
