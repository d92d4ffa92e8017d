# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drill plays: scenarios of steps, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver

LONGEST = 3600.0
"""Seconds; the latest that a step may be."""


@dataclass(frozen=True)
class Step:
    """What the UPS server says from a moment on."""

    at: float
    """Seconds after the script was started."""
    status: str | None
    """The value of ups.status; None: no server, connects are refused."""
    charge: int | None
    """The value of battery.charge, in percent; None: the UPS does not tell it."""
    driver: Driver


@dataclass(frozen=True)
class Scenario:
    """One script."""

    name: str
    steps: tuple[Step, ...]
    linger: float | None = None
    """Seconds after its last step at which it is over for those who stay; None: as for all."""


def scenarios(given: Sequence[Mapping[str, Any]]) -> list[Scenario]:
    """Return what a module was given as scenarios.

    :raises ValueError: naming the scenario and what is allowed.
    """
    found = [_scenario(one) for one in given]
    names = [scenario.name for scenario in found]
    if not names or len(set(names)) < len(names):
        raise ValueError("scenarios must have at least one, each with a name of its own.")
    return found


def _scenario(given: Mapping[str, Any]) -> Scenario:
    name = given["name"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise ValueError("scenarios: a name has 1 to 64 letters, digits, _ and -.")
    steps = tuple(_step(name, one) for one in given["steps"])
    moments = [step.at for step in steps]
    if not moments or sorted(set(moments)) != moments:
        raise ValueError(f"scenario {name}: steps must have at least one, each later than the one before.")
    linger = given["linger"]
    if linger is not None and not 0 <= linger <= LONGEST:
        raise ValueError(f"scenario {name}: linger must be from 0 to {LONGEST:.0f} seconds, not {linger:g}.")
    return Scenario(name, steps, linger)


def _step(name: str, given: Mapping[str, Any]) -> Step:
    at, status, charge = given["at"], given["status"], given["charge"]
    if not 0 <= at <= LONGEST:
        raise ValueError(f"scenario {name}: at must be from 0 to {LONGEST:.0f} seconds, not {at:g}.")
    if status is not None and not re.fullmatch(r"[A-Z]+( [A-Z]+)*", status):
        raise ValueError(f"scenario {name}: status must be words such as OB DISCHRG, in capitals.")
    if charge is not None and not 0 <= charge <= 100:
        raise ValueError(f"scenario {name}: charge must be from 0 to 100, not {charge}.")
    return Step(at, status, charge, Driver(given["driver"]))
