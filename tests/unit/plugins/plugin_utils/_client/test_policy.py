# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs, what it means, and what may be changed then."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy


def report(**changes: Any) -> dict[str, Any]:
    """Return what an audit saw of one monitor that is well, but for *changes*."""
    return {"verdict": "ok", "status": "OL", "power_value": 1, "logged_in": True, **changes}


# the monitors, the host's verdict
VERDICT: list[tuple[list[dict[str, Any]], str]] = [
    ([report()], "ok"),
    ([report(), report()], "ok"),
    ([report(logged_in=False)], "not_logged_in"),
    ([report(logged_in=None)], "not_logged_in"),
    ([report(), report(logged_in=False)], "not_logged_in"),
    ([report(verdict="not_permitted", logged_in=False)], "not_permitted"),
    ([report(), report(verdict="stale")], "stale"),
    ([report(verdict="bad_credentials"), report(verdict="refused"), report()], "refused"),
    # a monitor that feeds nothing does not count, unless there are no others
    ([report(), report(verdict="unreachable", power_value=0, logged_in=False)], "ok"),
    ([report(verdict="stale"), report(verdict="unreachable", power_value=0)], "stale"),
    ([report(power_value=0)], "ok"),
    ([report(power_value=0, logged_in=False)], "not_logged_in"),
    ([report(power_value=0), report(power_value=0, verdict="refused")], "refused"),
]


@pytest.mark.parametrize(("access", "verdict"), VERDICT)
def test_host_verdict(access: list[dict[str, Any]], verdict: str) -> None:
    assert policy.host_verdict(access, "", []) == verdict
    assert policy.host_verdict(access, "", ["package", "login"]) == verdict
    for drift in (["config"], ["service"], ["config", "service"], ["package", "config"]):
        assert policy.host_verdict(access, "", drift) == ("drifted" if verdict == "ok" else verdict)
    assert policy.host_verdict(access, "It serves UPSes itself.", ["config"]) == "ups_server"


@pytest.mark.parametrize(("better", "worse"), [(VERDICTS[at + 1], VERDICTS[at]) for at in range(len(VERDICTS) - 1)])
def test_the_worst_verdict_of_two_monitors_is_the_hosts(better: str, worse: str) -> None:
    for access in ([report(verdict=better), report(verdict=worse)], [report(verdict=worse), report(verdict=better)]):
        assert policy.host_verdict(access, "", []) == worse


# the monitors, what differs, the verdict of a host whose client never logs in
UNPROVABLE: list[tuple[list[dict[str, Any]], list[str], str]] = [
    ([report(logged_in=False)], [], "unproven"),
    ([report(logged_in=None)], [], "unproven"),
    ([report(logged_in=True)], [], "unproven"),  # somebody else at its address, perhaps
    *[([report(logged_in=False)], [drift], "drifted") for drift in ("package", "config")],
    ([report(verdict="refused", logged_in=False)], [], "refused"),
    ([report(verdict="forced_shutdown", logged_in=False)], ["config"], "forced_shutdown"),
    ([report(logged_in=False), report(verdict="unreachable", power_value=0)], [], "unproven"),
]


@pytest.mark.parametrize(("access", "drift", "verdict"), UNPROVABLE)
def test_a_client_that_never_logs_in_is_never_well(
    access: list[dict[str, Any]], drift: list[str], verdict: str
) -> None:
    assert policy.host_verdict(access, "", drift, provable=False) == verdict
    assert policy.host_verdict(access, "It serves UPSes itself.", drift, provable=False) == "ups_server"


@pytest.mark.parametrize(
    ("access", "drifted"),
    [
        ([report()], False),
        ([report(logged_in=False)], True),
        ([report(logged_in=None)], False),
        ([report(logged_in=None, logged_in_code="second_reader")], True),
        ([report(logged_in=True, logged_in_code="second_reader")], False),
        ([report(verdict="bad_credentials", logged_in=False)], False),
        ([report(), report(logged_in=False)], True),
        ([report(), report(logged_in=False, power_value=0)], False),
        ([report(logged_in=False, power_value=0)], True),
        ([report(verdict="refused", logged_in=False), report(logged_in=False)], True),
    ],
)
def test_login_drift(access: list[dict[str, Any]], drifted: bool) -> None:
    assert policy.login_drift(access) is drifted


APCUPSD = (
    "apcupsd is installed, and nut-client cannot be beside it. Without apcupsd the UPS that it watches is not watched "
    "from here any more. If that is right, set nut_client_replace_apcupsd: true (its settings are kept, and "
    "nut_client_state: absent brings it back). Otherwise take the host out of the group."
)


@pytest.mark.parametrize(
    ("installed", "rivals", "replace", "text"),
    [
        (False, [], False, ""),
        (False, ["apcupsd"], True, ""),
        (False, ["apcupsd"], False, APCUPSD),
        (True, ["apcupsd"], False, ""),
    ],
)
def test_rival_packages(installed: bool, rivals: list[str], replace: bool, text: str) -> None:
    assert policy.rival_packages({"installed": installed, "rivals": rivals}, replace) == text


OLDER = [{"code": "upsmon_older_than_files", "text": "in any language"}]


def audited(**changes: Any) -> dict[str, Any]:
    """Return the result of an audit of a host whose old files work, but for *changes*."""
    return {
        "verdict": "ok",
        "logged_in": True,
        "running_client_logged_in": True,
        "power_failure": None,
        "drift": ["config", "service"],
        "drift_details": [],
        "changes": {"steps": ["configure", "service"]},
        **changes,
    }


LOST = audited(verdict="not_logged_in", logged_in=False, running_client_logged_in=False)
UNKNOWN = audited(verdict="not_logged_in", logged_in=None)
NO_STEPS: dict[str, Any] = {"changes": {"steps": []}}

# before the first step, now, whether upsmon was restarted and the programs replaced; whether all is put back
ROLL_BACK: list[tuple[dict[str, Any] | None, dict[str, Any], bool, bool, bool]] = [
    (None, LOST, True, False, False),
    (audited(), LOST, True, False, True),
    (audited(drift=["service"], drift_details=OLDER), LOST, True, False, True),
    (audited(drift=["package", "service"]), LOST, True, True, True),
    # nothing that was replaced took them away
    (audited(drift=["service"]), LOST, True, False, False),
    (audited(running_client_logged_in=False, logged_in=False), LOST, True, False, False),
    (audited(), audited(), True, False, False),
    (audited(), audited(verdict="not_permitted", logged_in=False), True, False, False),
    # what cannot be told is no loss, unless it was told before
    (audited(), UNKNOWN, True, False, True),
    (audited(logged_in=None), UNKNOWN, True, False, False),
    # while the power fails nothing is restarted
    (audited(), {**LOST, "power_failure": "FSD"}, True, False, False),
    (audited(), {**LOST, "power_failure": "OB"}, True, False, False),
    # before the restart: upsmon logged in with its old files meanwhile, and the new ones would not be
    (LOST, audited(**NO_STEPS), False, False, True),
    (LOST, audited(), False, False, False),
    (LOST, audited(running_client_logged_in=False, **NO_STEPS), False, False, False),
    (LOST, audited(power_failure="OB", **NO_STEPS), False, False, False),
]


@pytest.mark.parametrize(("before", "now", "restarted", "swapped", "expected"), ROLL_BACK)
def test_roll_back(
    before: dict[str, Any] | None, now: dict[str, Any], restarted: bool, swapped: bool, expected: bool
) -> None:
    assert policy.roll_back(before, now, restarted, swapped) is expected


@pytest.mark.parametrize("verdict", [*VERDICTS, *policy.HOST_VERDICTS])
def test_what_a_nas_changes_lets_in_who_was_refused(verdict: str) -> None:
    closed = verdict in ("not_permitted", "refused")
    result = {"verdict": verdict}
    assert policy.let_in_by_nas(result, [{"changed": False}, {"changed": True}]) is closed
    assert policy.let_in_by_nas(result, [{"changed": True}], also_login=True) is (
        closed or verdict == "bad_credentials"
    )
    assert policy.let_in_by_nas(result, [{"changed": False}]) is False
    assert policy.let_in_by_nas({}, [{"changed": True}]) is False


def predicted(verdict: str, *steps: str, drift: tuple[str, ...] = ("config",), came: bool = True) -> dict[str, Any]:
    return {"verdict": verdict, "predicted": came, "drift": list(drift), "changes": {"steps": list(steps)}}


# the result of a run in check mode, whether a NAS would let the client in, whether a login is promised
PROMISED: list[tuple[dict[str, Any], bool, bool]] = [
    (predicted("not_logged_in", "service"), False, True),
    (predicted("drifted", "configure", "service"), False, True),
    (predicted("not_permitted", "service"), False, False),
    (predicted("not_permitted", "service"), True, True),
    (predicted("not_logged_in", "service", came=False), False, False),
    (predicted("not_logged_in"), False, False),
    # nothing but the permission is missing
    (predicted("not_permitted", drift=(), came=False), True, True),
    (predicted("not_permitted", came=False), True, False),
    ({}, True, False),
    ({"verdict": "removed"}, True, False),
]


@pytest.mark.parametrize(("result", "let_in", "expected"), PROMISED)
def test_will_be_protected(result: dict[str, Any], let_in: bool, expected: bool) -> None:
    assert policy.will_be_protected(result, let_in) is expected
