# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drill plays: every scenario for every release, and what the real upsmon of that release makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import NOT_RUN, PACKAGES, Settings
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.outcome import expected
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.scenarios import (
    DOWN,
    SCENARIOS,
    Pace,
    named,
    own,
    pace,
    script,
    until,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

DEFAULT = Settings()
QUICK = Settings(pollfreq=1, pollfreqalert=1, hostsync=4, deadtime=6, finaldelay=0)
SLOW = Settings(pollfreq=30, pollfreqalert=30, hostsync=15, deadtime=90)
# Of these versions it is known that they do the contrary of what a host must do.
CONTRARY = {
    ("calibration_then_outage", "2.8.0-7"),
    ("calibration_then_outage", "2.8.1-3.1ubuntu2"),
    ("calibration_then_nas_restart", "2.8.1-3.1ubuntu2"),
}


@pytest.mark.parametrize("settings", [DEFAULT, QUICK, SLOW], ids=["default", "quick", "slow"])
@pytest.mark.parametrize("package", [*PACKAGES.values(), *NOT_RUN.values()])
@pytest.mark.parametrize("name", SCENARIOS)
def test_each_release_does_what_it_must_or_is_known_not_to(name: str, package: str, settings: Settings) -> None:
    """No scenario hangs on the moment of a poll, whatever the settings."""
    down = expected(name, package, pace([settings._asdict()]), settings).down
    assert down is ((SCENARIOS[name].must == DOWN) is not ((name, package) in CONTRARY))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_over_when_nothing_more_can_come(name: str) -> None:
    for settings in (DEFAULT, QUICK, SLOW):
        for package in PACKAGES.values():
            paced = pace([settings._asdict()])
            latest = expected(name, package, paced, settings).latest
            assert latest is None or latest <= until(SCENARIOS[name], paced)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_script_is_one_that_the_server_takes(name: str) -> None:
    played = script(SCENARIOS[name], Pace())
    moments = [step["at"] for step in played["steps"]]
    assert moments == sorted(set(moments))
    assert moments[0] == 0
    assert played["until"] > moments[-1]


def test_a_restarted_driver_tells_no_charge_while_it_says_ob() -> None:
    steps = script(SCENARIOS["nas_restart"], Pace())["steps"]
    assert [(step["status"], step["charge"]) for step in steps] == [
        (None, 100),
        ("WAIT", 100),
        ("OB", None),
        ("OL", 100),
    ]


@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        ([], {}),
        ([{}], {}),
        ([{"pollfreq": None, "hostsync": "30"}], {"hostsync": 30, "least_hostsync": 30}),
        ([{"pollfreq": 1, "finaldelay": 0}, {"pollfreqalert": 9}], {"poll": 9}),
        ([{"finaldelay": 0, "deadtime": 60, "offduration": -1}], {"finaldelay": 0, "deadtime": 60}),
        ([{"hostsync": 60}, {"oblbduration": 7}], {"hostsync": 60, "least_hostsync": 15, "oblbduration": 7}),
    ],
)
def test_no_host_is_too_slow_for_the_pace(rows: list[dict[str, Any]], changes: dict[str, Any]) -> None:
    assert pace(rows) == Pace()._replace(**changes)


PATIENT = Settings(hostsync=60)
LATE = Settings(oblbduration=45)


@pytest.mark.parametrize("settings", [PATIENT, LATE, DEFAULT], ids=["hostsync", "oblbduration", "default"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_hosts_of_different_settings_are_judged_alike(name: str, settings: Settings) -> None:
    """The longest HOSTSYNC of one host is no fault of the others, and nobody's OBLBDURATION outlasts a scenario."""
    paced = pace([one._asdict() for one in (PATIENT, LATE, DEFAULT)])
    assert expected(name, "2.8.5-1", paced, settings).down is (SCENARIOS[name].must == DOWN)


@pytest.mark.parametrize(
    ("value", "critical"), [(None, True), (False, False), ("no", False), (1, True), ("true", True)]
)
def test_settings_of_a_host(value: Any, critical: bool) -> None:
    assert own({"alarmcritical": value, "oblbduration": 3}) == DEFAULT._replace(alarmcritical=critical, oblbduration=3)


@pytest.mark.parametrize("names", [["fsd", "short_blip", "fsd"], "short_blip, fsd", ("short_blip", "fsd")])
def test_scenarios_by_name(names: Any) -> None:
    assert [one.name for one in named(names)] == ["fsd", "short_blip"]


@pytest.mark.parametrize(
    ("names", "complaint"), [(["fsd", "x"], "unknown scenario 'x'"), ([], "names no scenario"), ("", "''")]
)
def test_a_wrong_name_is_refused(names: Any, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint) as caught:
        named(names)
    assert "allowed are fsd, low_battery" in str(caught.value)
