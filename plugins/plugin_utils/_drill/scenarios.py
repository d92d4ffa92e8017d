# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power failures that a drill plays: what a UPS says when, and what a host must make of it. Pure."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, NamedTuple

from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import Settings, Step
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

DOWN, UP = "down", "up"

_RESTART = 15.0  # seconds that DSM's upsd refuses connects while its UPS service restarts (reported by users)
_NUMBERS = ("pollfreq", "pollfreqalert", "hostsync", "deadtime", "finaldelay", "offduration", "oblbduration")
_SLACK = 5.0  # seconds for a loaded host


class Pace(NamedTuple):
    """What the scenarios are paced by, in seconds: of each setting the largest of all hosts."""

    poll: float = 5
    hostsync: float = 15
    deadtime: float = 15
    finaldelay: float = 5
    oblbduration: float = 0
    least_hostsync: float = 15
    """The smallest: no host may go down before the power is back in time."""


class Scenario(NamedTuple):
    """One power failure."""

    name: str
    steps: Callable[[Pace], list[Step]]
    """From the first event on; before it the UPS is on line, with everybody logged in."""
    must: str
    """What a host must do: DOWN or UP."""
    wrong: str
    """What a host does that does the contrary, in its user's words."""
    early: str = ""
    """What a host does that goes down before DEADTIME is over, where it is to wait that long."""
    no_charge: bool = False
    """Whether the UPS tells no battery.charge while it is on battery, as after a restart of its driver."""


def _lost(pace: Pace) -> float:
    """Return after how many seconds of silence every upsmon has drawn its conclusion."""
    return pace.deadtime + 2 * pace.poll


def _fsd(_pace: Pace) -> list[Step]:
    return [Step(0, "FSD OB DISCHRG")]


def _low_battery(pace: Pace) -> list[Step]:
    return [Step(0, "OB DISCHRG"), Step(2 * pace.poll, "OB DISCHRG LB")]


def _nas_lost_on_battery(pace: Pace) -> list[Step]:
    return [Step(0, "OB DISCHRG"), Step(2 * pace.poll, None)]


def _nas_lost_on_line(pace: Pace) -> list[Step]:
    return [Step(0, None), Step(_lost(pace) + pace.hostsync, "OL")]


def _restart(start: float) -> list[Step]:
    return [
        Step(start, None),
        Step(start + _RESTART, "WAIT"),
        Step(start + _RESTART + 3, "OB"),
        Step(start + _RESTART + 6, "OL"),
    ]


def _nas_restart(_pace: Pace) -> list[Step]:
    return _restart(0)


def _short_blip(pace: Pace) -> list[Step]:
    return [Step(0, "OB DISCHRG"), Step(1.5 * pace.poll, "OL CHRG")]


def _power_back_in_time(pace: Pace) -> list[Step]:
    low = 2 * pace.poll
    # Two polls before HOSTSYNC is over; a shorter one leaves no time for any.
    return [Step(0, "OB DISCHRG"), Step(low, "OB DISCHRG LB"), Step(low + _early(pace), "OL CHRG")]


def _early(pace: Pace) -> float:
    return max(pace.least_hostsync - 2 * pace.poll, pace.least_hostsync / 4)


def _self_test(pace: Pace) -> list[Step]:
    return [Step(0, "OL CAL"), Step(2 * pace.poll, "OL")]


def _calibration_then_outage(pace: Pace) -> list[Step]:
    outage = 4 * pace.poll
    return [*_self_test(pace), Step(outage, "OB DISCHRG"), Step(outage + 2 * pace.poll, "OB DISCHRG LB")]


def _calibration_then_nas_restart(pace: Pace) -> list[Step]:
    return [*_self_test(pace), *_restart(4 * pace.poll)]


def _low_battery_on_mains(pace: Pace) -> list[Step]:
    return [Step(0, "OL CHRG LB"), Step(pace.hostsync + 2 * pace.poll, "OL CHRG")]


def _lb_flicker(pace: Pace) -> list[Step]:
    apart, start = _early(pace), 2 * pace.poll
    words = ["OB DISCHRG LB", "OB DISCHRG"] * 3
    return [
        Step(0, "OB DISCHRG"),
        *(Step(start + number * apart, word) for number, word in enumerate(words)),
        Step(start + len(words) * apart, "OL CHRG"),
    ]


SCENARIOS: dict[str, Scenario] = {
    one.name: one
    for one in (
        Scenario("fsd", _fsd, DOWN, "stays up when the NAS announces its shutdown"),
        Scenario("low_battery", _low_battery, DOWN, "stays up on a low battery"),
        Scenario(
            "nas_lost_on_battery",
            _nas_lost_on_battery,
            DOWN,
            "stays up when the NAS is lost on battery",
            "goes down at the first failed poll when the NAS is lost on battery, without waiting for DEADTIME",
        ),
        Scenario("nas_lost_on_line", _nas_lost_on_line, UP, "goes down when the NAS is lost while the power is there"),
        Scenario("nas_restart", _nas_restart, UP, "goes down when the NAS restarts its UPS service", no_charge=True),
        Scenario("short_blip", _short_blip, UP, "goes down in a power failure of seconds"),
        Scenario("power_back_in_time", _power_back_in_time, UP, "goes down although the power is back in time"),
        Scenario(
            "calibration_then_outage",
            _calibration_then_outage,
            DOWN,
            "stays up on a low battery after a self-test of the UPS, until the NAS announces its shutdown",
        ),
        Scenario(
            "calibration_then_nas_restart",
            _calibration_then_nas_restart,
            UP,
            "goes down when the NAS restarts its UPS service after a self-test of the UPS",
            no_charge=True,
        ),
        Scenario("low_battery_on_mains", _low_battery_on_mains, UP, "goes down on a low battery on mains"),
        # What takes a host down in the end is the NAS's own shutdown (executed on 2.7.4 to 2.8.5).
        Scenario("lb_flicker", _lb_flicker, UP, "goes down while the low battery comes and goes faster than HOSTSYNC"),
    )
}


def pace(settings: Iterable[Mapping[str, Any]]) -> Pace:
    """Return what a drill of several hosts is paced by: no host must be too slow for it.

    :param settings: of each host, by directive in lower case; None stands for upsmon's own default.
    """
    rows = [own(each) for each in settings] or [Settings()]
    return Pace(
        poll=max(max(row.pollfreq, row.pollfreqalert) for row in rows),
        hostsync=max(row.hostsync for row in rows),
        deadtime=max(row.deadtime for row in rows),
        finaldelay=max(row.finaldelay for row in rows),
        oblbduration=max(row.oblbduration for row in rows),
        least_hostsync=min(row.hostsync for row in rows),
    )


def own(settings: Mapping[str, Any]) -> Settings:
    """Return the settings of one host that decide, as numbers.

    :param settings: by directive in lower case; None stands for upsmon's own default.
    """
    given = {name: settings.get(name) for name in _NUMBERS}
    critical = settings.get("alarmcritical")
    known: dict[str, Any] = {name: float(value) for name, value in given.items() if value is not None}
    if critical is not None:
        known["alarmcritical"] = str(critical).lower() in ("true", "1", "yes", "on")
    return Settings(**known)


def named(names: str | Iterable[str]) -> list[Scenario]:
    """Return the scenarios of these names, each once, in the order of the table.

    :param names: a list, or as a command line has it, names with commas between them.
    :raises InvalidInput: where there is no such scenario, or none is named.
    """
    wanted = set(map(str.strip, names.split(",")) if isinstance(names, str) else names)
    unknown = sorted(wanted - set(SCENARIOS))
    if unknown or not wanted:
        what = f"has the unknown scenario {unknown[0]!r}" if unknown else "names no scenario"
        raise InvalidInput(f"nut_drill_scenarios {what}: allowed are {', '.join(SCENARIOS)}.")
    return [one for name, one in SCENARIOS.items() if name in wanted]


def until(scenario: Scenario, pace: Pace) -> float:
    """Return how many seconds a scenario takes, from its first event until nothing more can come of it."""
    last = scenario.steps(pace)[-1]
    words = (last.status or "").split()
    if last.status is None:
        after = _lost(pace) + pace.hostsync + pace.oblbduration
    elif "FSD" in words:
        after = 2 * pace.poll
    elif "LB" in words and "OB" in words:
        after = pace.hostsync + pace.oblbduration + 3 * pace.poll
    else:
        after = 2 * pace.poll
    return last.at + after + pace.finaldelay + _SLACK


def script(scenario: Scenario, pace: Pace) -> dict[str, Any]:
    """Return what the drill's upsd is to play, as M(upsfleet.synology.nut_drill_server) takes it."""
    steps = []
    for step in scenario.steps(pace):
        on_battery = "OB" in (step.status or "").split()
        steps.append({**step._asdict(), "charge": None if scenario.no_charge and on_battery else 100})
    over = until(scenario, pace)
    return {"name": scenario.name, "steps": steps, "linger": over - steps[-1]["at"], "until": over}
