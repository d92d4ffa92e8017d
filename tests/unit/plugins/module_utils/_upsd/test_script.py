# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios as a module is given them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.script import Step, scenarios
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver


def step(**changed: Any) -> dict[str, Any]:
    return {"at": 0.0, "status": "OL", "charge": None, "driver": "ok", **changed}


def test_what_is_given_is_taken() -> None:
    steps = [step(status=None), step(at=2.5, status="OB DISCHRG", charge=0), step(at=3600.0, driver="stale")]
    (found,) = scenarios([{"name": "nas_restart", "steps": steps, "linger": 1.5}])
    assert (found.name, found.linger) == ("nas_restart", 1.5)
    assert found.steps == (
        Step(0.0, None, None, Driver.OK),
        Step(2.5, "OB DISCHRG", 0, Driver.OK),
        Step(3600.0, "OL", None, Driver.STALE),
    )


# changed in a scenario, what is said
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "two words"}, "a name has 1 to 64 letters, digits, _ and -."),
    ({"name": "x" * 65}, "a name has 1 to 64 letters"),
    ({"steps": []}, "scenario one: steps must have at least one"),
    ({"steps": [step(), step()]}, "scenario one: steps must have at least one, each later than the one before."),
    ({"steps": [step(at=2.0), step(at=1.0)]}, "each later than the one before"),
    ({"steps": [step(at=-1.0)]}, "scenario one: at must be from 0 to 3600 seconds, not -1."),
    ({"steps": [step(at=float("nan"))]}, "at must be from 0 to 3600 seconds, not nan."),
    ({"steps": [step(at=3600.5)]}, "at must be from 0 to 3600 seconds, not 3600.5."),
    ({"steps": [step(status="")]}, "status must be words such as OB DISCHRG, in capitals."),
    ({"steps": [step(status="ob")]}, "status must be words"),
    ({"steps": [step(status="OL\nOB")]}, "status must be words"),
    ({"steps": [step(charge=101)]}, "charge must be from 0 to 100, not 101."),
    ({"linger": -1.0}, "scenario one: linger must be from 0 to 3600 seconds, not -1."),
    ({"steps": [step(charge=-1)]}, "charge must be from 0 to 100, not -1."),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED)
def test_what_cannot_be_played_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="scenario") as refused:
        scenarios([{"name": "one", "steps": [step()], "linger": None, **changed}])
    assert message in str(refused.value)


@pytest.mark.parametrize("names", [[], ["one", "one"]])
def test_scenarios_have_names_of_their_own(names: list[str]) -> None:
    with pytest.raises(ValueError, match="each with a name of its own"):
        scenarios([{"name": name, "steps": [step()], "linger": None} for name in names])
