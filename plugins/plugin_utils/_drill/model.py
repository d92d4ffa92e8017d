# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When which packaged upsmon must, and must not, call SHUTDOWNCMD as a secondary of one UPS. Pure.

Written from field reports, from clients/upsmon.c of each NUT tag, and corrected by the real programs: `./dev test
sequences` plays the same sequences to both.
"""

from __future__ import annotations

from math import floor, gcd
from typing import Iterator, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    latches_calibration,
    parse_version,
)

STALE = "ERR DATA-STALE"
NOT_CONNECTED = "ERR DRIVER-NOT-CONNECTED"
"""What may stand in a step instead of a status: upsd is there, the UPS is not. The connection stays."""

PACKAGES: dict[str, str] = {
    "debian 11": "2.7.4-13",
    "debian 12": "2.8.0-7",
    "debian 13": "2.8.1-5+deb13u1",
    "debian 14": "2.8.5-1",
}
"""The packages whose upsmon plays every sequence in the tests."""

NOT_RUN: dict[str, str] = {
    "ubuntu 24.04": "2.8.1-3.1ubuntu2",
    "ubuntu 25.10": "2.8.3",
    "ubuntu 26.04": "2.8.4",
}
"""What the model says of these is read in NUT's source and in reports: no test here runs them."""


class Step(NamedTuple):
    """From *at* (seconds since the start) on upsd says *status*, the words of ups.status.

    None: upsd is gone, connections are closed and refused. :data:`STALE`, :data:`NOT_CONNECTED`: it answers that.
    """

    at: float
    status: str | None


class Settings(NamedTuple):
    """The directives of upsmon.conf that decide, in seconds, with upsmon's own defaults."""

    pollfreq: float = 5
    pollfreqalert: float = 5
    hostsync: float = 15
    deadtime: float = 15
    finaldelay: float = 5
    offduration: float = 30
    oblbduration: float = 0
    alarmcritical: bool = True


class Prediction(NamedTuple):
    """Whether SHUTDOWNCMD is called, and between which seconds since the start.

    ``down`` is None where it depends on the moment at which upsmon happens to ask.
    """

    down: bool | None
    earliest: float | None
    latest: float | None


class Behaviour(NamedTuple):
    """What a version of upsmon makes of what it is told; a word that it does not know changes nothing."""

    since: tuple[int, int, int]
    knows: frozenset[str]
    lost_is_down: frozenset[str]  # a UPS that last said one of these and is lost: down at once, without DEADTIME
    battery_off_is_down: bool  # OB OFF: at once, without OFFDURATION


_OLD = frozenset({"OL", "OB", "LB", "FSD"})
_NEW = _OLD | {"CAL", "OFF", "BYPASS"}
_DEAD = frozenset({"CAL", "OFF", "BYPASS"})
# Oldest first. OB in lost_is_down is NUT issue 2454, which Debian 13's package has too; OFF NUT issue 2278.
BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour((2, 6, 5), _OLD, frozenset(), False),
    Behaviour((2, 8, 0), _OLD | {"CAL"}, frozenset(), False),
    Behaviour((2, 8, 1), _NEW, _DEAD | {"OB"}, True),
    Behaviour((2, 8, 2), _NEW, _DEAD | {"OB"}, False),
    Behaviour((2, 8, 3), _NEW | {"ALARM"}, _DEAD | {"ALARM"}, False),
)

# These stay as last seen while neither is said, as with WAIT.
_LINE = frozenset({"OL", "OB"})
# A word of these that is new makes upsmon ask every POLLFREQALERT, its end every POLLFREQ again (even on battery).
_ALERTS = frozenset({"OB", "OFF", "BYPASS", "ALARM"})
_FIRST_PACE = 5.0  # compiled in: holds until the first word that changes it, whatever POLLFREQ is
_TURN = 0.01  # seconds that a turn takes beside its sleep; longer on a loaded host
_PHASES = 5
# Where in a second of the clock it begins: upsmon counts in whole ones, and turns that are a little late add up.
_CLOCKS = (0.0, 1 / 3, 2 / 3, 0.97)


def behaviour(package: str) -> Behaviour:
    """Return what the upsmon of a package's version does.

    :raises ValueError: where there is no NUT version in it.
    """
    number = parse_version(package)
    return [each for each in BEHAVIOURS if each.since <= max(number, BEHAVIOURS[0].since)][-1]


class Upsmon:
    """The state that upsmon keeps of one UPS between two polls."""

    def __init__(self, package: str, settings: Settings) -> None:
        self._behaviour = behaviour(package)
        self._settings = settings
        self._kept = {"OL", "OB"} | ({"CAL"} if latches_calibration(package) else set())
        self._flags: set[str] = set()
        self._lost = False
        self._lastpoll = self._lastnoncrit = self._offsince = 0
        self._oblbsince: int | None = None
        self._off_too_long = False
        self.pace = _FIRST_PACE

    def turn(self, now: int, answer: str | None) -> bool:
        """One turn of the main loop: poll, think, and return whether it shuts down.

        :param now: the clock, in whole seconds.
        :param answer: the status; None or an ``ERR`` where there is none.
        """
        if answer and not answer.startswith("ERR "):
            self._lost = False
            self._lastpoll = now
            self._forget(answer)
            for word in answer.split():
                self._hear(now, word)
                if not self._low():
                    self._lastnoncrit = now
        else:
            self._lost = True
        # A UPS that was last seen on battery and has been lost for DEADTIME has a low battery.
        if "OB" in self._flags and now - self._lastpoll > self._settings.deadtime:
            self._flags.add("LB")
        return self._critical(now)

    def _forget(self, answer: str) -> None:
        """Clear what is not said any more; upsmon looks for the letters, not for the word."""
        for flag in [each for each in self._flags - self._kept if each not in answer]:
            self._flags.discard(flag)
            if flag not in _OLD:
                self.pace = self._settings.pollfreq
            if flag == "OFF":
                self._off_too_long = False

    def _hear(self, now: int, word: str) -> None:
        if word not in self._behaviour.knows:
            return
        fresh = word not in self._flags
        limit = self._settings.offduration
        if word == "OL" and (fresh or "BYPASS" in self._behaviour.knows):  # from 2.8.1 at every OL
            self.pace = self._settings.pollfreq
        if fresh and word in _ALERTS:
            self.pace = self._settings.pollfreqalert
        if word in _LINE:
            self._flags -= _LINE
        if word == "OFF":
            self._offsince = now if fresh else self._offsince
            self._off_too_long |= limit == 0 if fresh else 0 < limit < now - self._offsince
        self._flags.add(word)

    def _low(self) -> bool:
        return {"OB", "LB"} <= self._flags and "CAL" not in self._flags

    def _fatal_when_lost(self) -> Iterator[str]:
        for word in self._behaviour.lost_is_down:
            if word == "OFF" and self._settings.offduration < 0:
                continue
            if word != "ALARM" or self._settings.alarmcritical:
                yield word

    def _critical(self, now: int) -> bool:
        if "FSD" in self._flags:
            return True
        if self._lost and not self._flags.isdisjoint(self._fatal_when_lost()):
            return True
        if self._off():
            return True
        if not {"OB", "LB"} <= self._flags and self._oblbsince is not None:
            self._oblbsince = None
            self.pace = self._settings.pollfreqalert if "OB" in self._flags else self._settings.pollfreq
        if not self._low() or self._waits(now):
            return False
        return now - self._lastnoncrit > self._settings.hostsync

    def _off(self) -> bool:
        if "OFF" not in self._flags or self._settings.offduration < 0:
            return False
        return self._off_too_long or (self._behaviour.battery_off_is_down and "OB" in self._flags)

    def _waits(self, now: int) -> bool:
        """Return whether OBLBDURATION, of 2.8.3 and later, holds it back."""
        limit = self._settings.oblbduration
        if limit <= 0 or "ALARM" not in self._behaviour.knows:
            return False
        if self._oblbsince is None:
            self._oblbsince = now
            self.pace = gcd(int(self._settings.pollfreqalert), int(limit))
            return True
        return now - self._oblbsince < limit


def _said(steps: Sequence[Step], asked: float, now: float, connected: bool) -> str | None:
    """Return what upsd answers at *now* to a client that asked last at *asked*; None where it cannot.

    A connection that was closed meanwhile is noticed by the next poll, which fails even if upsd is back.
    """
    if connected and any(step.status is None and asked < step.at <= now for step in steps):
        return None
    past = [step.status for step in steps if step.at <= now]
    return past[-1] if past else None


def _play(package: str, settings: Settings, steps: Sequence[Step], until: float, phase: float, clock: float) -> float:
    """Return when SHUTDOWNCMD is called, or infinity, if upsmon polls first at *phase*."""
    upsmon = Upsmon(package, settings)
    now = asked = phase
    connected = False
    while now + settings.finaldelay <= until:
        answer = _said(steps, asked, now, connected)
        if upsmon.turn(floor(now + clock), answer):
            return now + settings.finaldelay
        connected = answer is not None
        asked, now = now, now + upsmon.pace + _TURN
    return float("inf")


def predict(package: str, settings: Settings, steps: Sequence[Step], until: float) -> Prediction:
    """Return what the upsmon of a package does with a sequence.

    :param package: the version of the package, such as ``2.8.1-5+deb13u1``; a patch of Debian's counts.
    :param settings: what its upsmon.conf says; directives that this version does not know change nothing.
    :param steps: what upsd says, by time, from 0 on; upsmon starts with it and polls first within one POLLFREQ.
    :param until: the end, in seconds since the start: what comes later is not looked at.
    :raises ValueError: where there is no NUT version in *package*.
    """
    grain = settings.pollfreq / _PHASES
    ends = [_play(package, settings, steps, until, each * grain, clock) for each in range(_PHASES) for clock in _CLOCKS]
    down = [end for end in ends if end <= until]
    if not down:
        return Prediction(False, None, None)
    return Prediction(True if len(down) == len(ends) else None, max(0.0, min(down) - grain), max(down) + grain)
