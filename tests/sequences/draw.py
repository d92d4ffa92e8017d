# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is played: the sequences of field reports, always, and random ones by seed."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import model
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import (
    NOT_CONNECTED,
    PACKAGES,
    STALE,
    Prediction,
    Settings,
    Step,
)

SHORT = Settings(
    pollfreq=1, pollfreqalert=1, hostsync=4, deadtime=6, finaldelay=0, offduration=5, oblbduration=0, alarmcritical=True
)
SLOW = 1.4
"""A sequence counts if nothing depends on whether a loaded host polls every second or every SLOW seconds."""
TAIL = 12.0
"""Seconds that the last status lasts: more than any directive lets upsmon wait."""
AFTERWARDS = 6.0
"""Nor on what is only just not over at the end: so many seconds later it would be the same."""
LONGEST = 26.0
"""Seconds of a random sequence before that."""

LINES = ("OL", "OB", "")
MARKS = {  # word: how often beside OL, beside OB, beside neither
    "LB": (0.1, 0.4, 0.1),
    "CAL": (0.2, 0.15, 0.1),
    "OFF": (0.1, 0.1, 0.25),
    "BYPASS": (0.12, 0.1, 0.25),
    "RB": (0.12, 0.06, 0.1),
    "DISCHRG": (0.1, 0.4, 0.1),
    "ALARM": (0.12, 0.08, 0.25),
    "FSD": (0.09, 0.09, 0.15),
}
TOKENS = (*LINES[:2], *MARKS, "WAIT", "flicker", "silence")


class Sequence(NamedTuple):
    """What upsd says to an upsmon with these settings, until then."""

    name: str
    settings: Settings
    steps: tuple[Step, ...]
    until: float


Part = tuple[str | None, float]


def sequence(name: str, *parts: Part, settings: Settings = SHORT) -> Sequence:
    """Lay (status, seconds) one after the other."""
    steps, at = [], 0.0
    for status, seconds in parts:
        steps.append(Step(at, status))
        at += seconds
    return Sequence(name, settings, tuple(steps), at)


_CAL = (("OL", 2), ("OL CAL", 3), ("OL", 3))
_BLIP = (("OB LB", 2), ("OB", 2), ("OB LB", 2), ("OB", 2), ("OB LB", 2))
ALWAYS: tuple[Sequence, ...] = (
    sequence("D1: low battery after a self-test", *_CAL, ("OB", 3), ("OB LB", TAIL)),
    sequence("D1: the NAS restarts its upsd after a self-test", *_CAL, (None, TAIL)),
    sequence("D1: FSD after a self-test", *_CAL, ("FSD OL", TAIL)),
    sequence("D1: the NAS restarts its upsd during a self-test", ("OL", 2), ("OL CAL", 3), (None, TAIL)),
    sequence("D1: low battery during a self-test", ("OL", 2), ("OB CAL LB", TAIL)),
    sequence("D2: low battery on mains", ("OL", 2), ("OL CHRG LB", 30)),
    sequence("D2: LB and RB flash on mains", ("OL", 2), *(("OL LB RB", 2), ("OL", 2)) * 3, ("OL", TAIL)),
    sequence("D2: one sample on battery, with LB", ("OL LB", 3), ("OB LB", 1), ("OL LB", TAIL)),
    sequence("D11: discharging on line", ("OL", 2), ("OL DISCHRG", 6), ("OL DISCHRG LB", TAIL)),
    sequence("D11: off on battery", ("OL", 2), ("OB OFF", 3), ("OL", TAIL)),
    sequence("D11: off on battery for long", ("OL", 2), ("OB OFF", TAIL)),
    sequence("D11: LB flickers faster than HOSTSYNC", ("OL", 2), *_BLIP, ("OB", 2), ("OL", TAIL)),
    sequence("D11: the countdown begins anew", ("OL", 2), ("OB LB", 2), ("WAIT", 2), ("OB LB", TAIL)),
    sequence("D11: WAIT", ("OL", 2), ("WAIT", 6), ("OL", TAIL)),
    sequence("D12: the list of permitted hosts changes", ("OL", 3), (None, 15), ("WAIT", 2), ("OB", 3), ("OL", TAIL)),
    sequence("the NAS dies on battery", ("OL", 2), ("OB", 3), (None, TAIL)),
    sequence("the NAS is away for a moment on battery", ("OL", 2), ("OB", 3), (None, 3), ("OB", 3), ("OL", TAIL)),
    sequence("the UPS is unplugged on battery", ("OL", 2), ("OB", 3), (STALE, TAIL)),
    sequence("the NAS dies after an alarm", ("OL", 2), ("OL ALARM", 3), (None, TAIL)),
    sequence("the NAS dies on bypass", ("OL", 2), ("OL BYPASS", 3), (NOT_CONNECTED, TAIL)),
)


def _status(random: Random) -> str:
    beside = random.choices(range(3), (9, 9, 2))[0]
    words = [LINES[beside]] if LINES[beside] else []
    words += [word for word, often in MARKS.items() if random.random() < often[beside]]
    random.shuffle(words)
    return " ".join(words) or "WAIT"


def _parts(random: Random) -> list[Part]:
    """One thing that happens."""
    kind = random.random()
    if kind < 0.2:
        return [(random.choice((None, None, STALE, NOT_CONNECTED)), random.choice((2.0, 3.0, 4.0, 9.0)))]
    if kind < 0.35:
        low = random.choice(("OB LB", "OB DISCHRG LB", "LB OB RB", "OB LB ALARM"))
        between = random.choice(("OB", "OB DISCHRG", "WAIT", "OL", "OB RB"))
        return [(low, 2.0), (between, 2.0)] * random.choice((1, 2))
    if kind < 0.45:
        return [("WAIT", random.choice((1.5, 2.0, 3.0)))]
    return [(_status(random), random.choice((1.5, 2.0, 3.0, 5.0, 8.0)))]


def _settings(random: Random) -> Settings:
    if random.random() < 0.7:
        return SHORT
    return SHORT._replace(
        finaldelay=random.choice((0, 2)),
        offduration=random.choice((-1, 0, 5)),
        oblbduration=random.choice((0, 6)),
        alarmcritical=random.choice((True, False)),
    )


def expected(package: str, played: Sequence) -> Prediction:
    """What the model says of a package's upsmon, on a host that may be SLOW: None where that is not certain."""
    settings = played.settings
    slow = settings._replace(pollfreq=settings.pollfreq * SLOW, pollfreqalert=settings.pollfreqalert * SLOW)
    both = [model.predict(package, each, played.steps, played.until + AFTERWARDS) for each in (settings, slow)]
    bounds = [each for one in both for each in one[1:] if each is not None]
    if both[0].down is None or both[0].down != both[1].down or max(bounds, default=0.0) > played.until:
        return Prediction(None, None, None)
    return Prediction(both[0].down, min(bounds, default=None), max(bounds, default=None))


def _shown(drawn: Sequence) -> set[str]:
    """The tokens that at least one package's upsmon sees before it shuts down; none where that is not certain."""
    said = [expected(package, drawn) for package in PACKAGES.values()]
    if any(each.down is None for each in said):
        return set()
    end = max(drawn.until if each.earliest is None else each.earliest for each in said)
    return tokens(drawn, {number for number, step in enumerate(drawn.steps) if step.at + SLOW < end}, end)


def _random(random: Random, name: str, token: str) -> Sequence:
    """A sequence that shows a token, and whose end depends on no package on the moment of a poll."""
    while True:
        parts: list[Part] = [(random.choice(("OL", "OL", "OL CHRG", "OB")), 2.0)]
        wanted = random.uniform(6.0, LONGEST)
        while sum(seconds for _status, seconds in parts) < wanted:
            parts += _parts(random)
        parts[-1] = (parts[-1][0], TAIL)
        drawn = sequence(name, *parts, settings=_settings(random))
        if token in tokens(drawn, set(range(len(drawn.steps))), drawn.until) and token in _shown(drawn):
            return drawn


def draw(seed: int, count: int) -> list[Sequence]:
    """Those of :data:`ALWAYS` and random ones, *count* in all; the same ones for the same seed."""
    random = Random(seed)
    more = range(count - len(ALWAYS))
    return [*ALWAYS, *(_random(random, f"seed {seed}, number {each}", TOKENS[each % len(TOKENS)]) for each in more)]


def tokens(played: Sequence, seen: set[int], end: float) -> set[str]:
    """Which of :data:`TOKENS` an upsmon got to see until its end, from the numbers of the steps that it was told.

    A flicker is a low battery on battery that ends before HOSTSYNC. Where upsd was gone nothing was answered.
    """
    found: set[str] = set()
    for number, (step, following) in enumerate(zip(played.steps, (*played.steps[1:], None))):
        words = (step.status or "").split()
        if (step.status is None and step.at + SLOW < end) or ("ERR" in words and number in seen):
            found.add("silence")
        elif number in seen:
            found |= set(words)
            short = following is not None and following.at - step.at < played.settings.hostsync
            if short and {"OB", "LB"} <= set(words) and following and "LB" not in (following.status or "LB"):
                found.add("flicker")
    return found & set(TOKENS)
