# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs, what it means, and what may be changed then."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy

NOW = 1_800_000_000.0
CONF = "/etc/nut/upsmon.conf"
DROP_IN = "/etc/systemd/system/nut-monitor.service.d/upsfleet.conf"

WANT = {"path": CONF, "checksum": "abc", "mode": "0640", "owner": "root", "group": "nut"}
FILE = {"exists": True, "checksum": "abc", "mode": "0640", "owner": "root", "group": "nut", "mtime": NOW - 100}
UNIT = {"enabled": True, "active": True, "need_daemon_reload": False}
STOPPED = {"enabled": False, "active": False, "need_daemon_reload": False}


def report(**changes: Any) -> dict[str, Any]:
    """Return what an audit saw of one monitor that is well, but for *changes*."""
    return {"verdict": "ok", "status": "OL", "power_value": 1, "logged_in": True, **changes}


# what the host has, the paths that differ
CONFIG: list[tuple[dict[str, Any], list[str]]] = [
    ({CONF: FILE}, []),
    ({}, [CONF]),
    ({CONF: {"exists": False}}, [CONF]),
    ({CONF: {**FILE, "checksum": "abd"}}, [CONF]),
    ({CONF: {**FILE, "mode": "0644"}}, [CONF]),
    ({CONF: {**FILE, "owner": "nut"}}, [CONF]),
    ({CONF: {**FILE, "group": "root"}}, [CONF]),
    ({CONF: {**FILE, "mtime": NOW}}, []),
]


@pytest.mark.parametrize(("files", "paths"), CONFIG)
def test_config_drift(files: dict[str, Any], paths: list[str]) -> None:
    assert policy.config_drift(files, [WANT]) == paths


def test_config_drift_names_each_file() -> None:
    desired = [WANT, {**WANT, "path": "/etc/nut/nut.conf"}, {**WANT, "path": DROP_IN}]
    assert policy.config_drift({"/etc/nut/nut.conf": FILE}, desired) == [CONF, DROP_IN]


# what differs from a service that is well, the reasons
SERVICE: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"units": {"nut-monitor.service": {**UNIT, "enabled": False}}}, ["nut-monitor.service is not enabled"]),
    ({"units": {"nut-monitor.service": {**UNIT, "active": False}}}, ["nut-monitor.service is not active"]),
    (
        {"units": {"nut-monitor.service": {**UNIT, "need_daemon_reload": True}}},
        ["nut-monitor.service has changed on disk"],
    ),
    (
        {"units": {"nut-monitor.service": UNIT, "nut.target": STOPPED}},
        ["nut.target is not enabled", "nut.target is not active"],
    ),
    ({"units": {}}, []),
    ({"server_units": {"nut-server.service": STOPPED}}, []),
    (
        {"server_units": {"nut-server.service": {**STOPPED, "enabled": True}}},
        ["nut-server.service still serves UPSes"],
    ),
    (
        {"server_units": {"nut-driver.target": {**STOPPED, "active": True}}},
        ["nut-driver.target still serves UPSes"],
    ),
    ({"upsmon": {"pids": [], "started": None}}, ["upsmon does not run"]),
    ({"upsmon": {"pids": [7], "started": NOW - 101}}, ["upsmon is older than its files"]),
    ({"upsmon": {"pids": [7], "started": NOW - 100}}, []),
    ({"files": {CONF: FILE, DROP_IN: {**FILE, "mtime": NOW - 10}}}, ["upsmon is older than its files"]),
    ({"files": {CONF: {**FILE, "mtime": NOW + 3600}}}, []),
    ({"files": {CONF: {"exists": False}}}, []),
    ({"files": {}}, []),
    (
        {"units": {"nut-monitor.service": STOPPED}, "upsmon": {"pids": [], "started": None}},
        ["nut-monitor.service is not enabled", "nut-monitor.service is not active", "upsmon does not run"],
    ),
]


@pytest.mark.parametrize(("changes", "reasons"), SERVICE)
def test_service_drift(changes: dict[str, Any], reasons: list[str]) -> None:
    looked = {
        "units": {"nut-monitor.service": UNIT},
        "server_units": {},
        "upsmon": {"pids": [812, 813], "started": NOW - 50},
        "files": {CONF: FILE},
    }
    assert policy.service_drift({**looked, **changes}, NOW) == reasons


@pytest.mark.parametrize(
    ("statuses", "power"),
    [
        (["OL"], None),
        ([None], None),
        ([], None),
        (["OL CHRG"], None),
        (["OB DISCHRG"], "OB"),
        (["OL", "OB LB"], "OB"),
        (["FSD OB DISCHRG"], "FSD"),
        (["FSD OL"], "FSD"),
        (["OB", "OL FSD"], "FSD"),
        (["NOFSD OBSCURE"], None),
    ],
)
def test_on_battery(statuses: list[str | None], power: str | None) -> None:
    assert policy.on_battery([report(status=status) for status in statuses]) == power


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
        ([report(verdict="bad_credentials", logged_in=False)], False),
        ([report(), report(logged_in=False)], True),
        ([report(), report(logged_in=False, power_value=0)], False),
        ([report(logged_in=False, power_value=0)], True),
        ([report(verdict="refused", logged_in=False), report(logged_in=False)], True),
    ],
)
def test_login_drift(access: list[dict[str, Any]], drifted: bool) -> None:
    assert policy.login_drift(access) is drifted


PACKAGE = "The package nut-server is installed (MODE={}), so it may serve UPSes itself."


@pytest.mark.parametrize(
    ("mode", "package", "replace", "what"),
    [
        (None, False, False, ""),
        ("none", False, False, ""),
        ("netclient", False, False, ""),
        ("standalone", False, False, "It serves UPSes itself (MODE=standalone in nut.conf)."),
        ("netserver", False, False, "It serves UPSes itself (MODE=netserver in nut.conf)."),
        ("netserver", True, False, "It serves UPSes itself (MODE=netserver in nut.conf)."),
        ("netclient", True, False, PACKAGE.format("netclient")),
        ("none", True, False, PACKAGE.format("none")),
        (None, True, False, PACKAGE.format("none")),
        ("netserver", True, True, ""),
        ("standalone", False, True, ""),
        ("none", True, True, ""),
    ],
)
def test_serves_upses(mode: str | None, package: bool, replace: bool, what: str) -> None:
    text = (
        f"{what} Set nut_client_replace_server: true to turn it into a client of the NAS "
        "(its upsd and drivers are stopped), or take it out of the group."
    )
    assert policy.serves_upses(mode, package, replace) == (text if what else "")


@pytest.mark.parametrize("mode", [None, "none", "netclient", "netserver"])
@pytest.mark.parametrize("package", [True, False])
def test_a_upsd_that_runs_serves_whatever_else_is_said(mode: str | None, package: bool) -> None:
    assert policy.serves_upses(mode, package, False, upsd_runs=True) == (
        "It serves UPSes itself (a upsd runs). Stop and disable that upsd and set nut_client_replace_server: true to "
        "turn the host into a client of the NAS, or take it out of the group."
    )
    assert policy.serves_upses(mode, package, True, upsd_runs=True) == ""


BARE = ["package", "config", "service", "login"]
EVERY_STEP = ("install", "configure", "service")
WELL_ANSWERED = [report()]
NOT_ANSWERED = [report(verdict="unreachable", status=None, logged_in=False)]
FSD = "FSD is set: starting upsmon would shut this host down, so nothing is changed."
OB = "The UPS is on battery: nothing is changed until the power is back."
KEPT = "It is logged in now and the desired monitors would not be, so nothing is changed."

# The change table of docs/architecture.md: drift, the NAS's verdict, what it said, whether upsmon is logged in now;
# the steps that may run and why no others may.
CHANGES: list[tuple[list[str], str, list[dict[str, Any]], bool, tuple[str, ...], str]] = [
    # not logged in, anything but forced_shutdown: all that drifted, and the service
    *[
        (BARE, verdict, NOT_ANSWERED, False, EVERY_STEP, "")
        for verdict in ("unreachable", "refused", "not_upsd", "tls_failed", "not_permitted", "unknown_ups")
    ],
    *[(BARE, verdict, WELL_ANSWERED, False, EVERY_STEP, "") for verdict in ("bad_credentials", "driver_down", "stale")],
    (BARE, "ok", WELL_ANSWERED, False, EVERY_STEP, ""),
    (["config", "login"], "ok", WELL_ANSWERED, False, ("configure", "service"), ""),
    (["service"], "ok", WELL_ANSWERED, False, ("service",), ""),
    (["login"], "ok", WELL_ANSWERED, False, ("service",), ""),
    (["package"], "ok", WELL_ANSWERED, False, ("install", "service"), ""),
    # logged in, the desired monitors answer: all that drifted, and the service
    (["config"], "ok", WELL_ANSWERED, True, ("configure", "service"), ""),
    (["service"], "ok", WELL_ANSWERED, True, ("service",), ""),
    (["config", "service"], "ok", WELL_ANSWERED, True, ("configure", "service"), ""),
    # logged in, the desired monitors do not answer well: nothing
    *[
        (["config"], verdict, NOT_ANSWERED, True, (), KEPT)
        for verdict in VERDICTS
        if verdict not in ("forced_shutdown", "ok")
    ],
    (["service"], "bad_credentials", NOT_ANSWERED, True, (), KEPT),
    # a power failure: nothing, however the host is now
    *[(BARE, "forced_shutdown", [report(status="FSD OL")], well, (), FSD) for well in (True, False)],
    *[(["service"], "forced_shutdown", [report(status="OB FSD")], well, (), FSD) for well in (True, False)],
    *[(BARE, "ok", [report(status="OB DISCHRG")], well, (), OB) for well in (True, False)],
    (["config"], "bad_credentials", [report(status="OB")], True, (), OB),
    (BARE, "bad_credentials", [report(), report(status="FSD OL", verdict="forced_shutdown")], False, (), FSD),
    # nothing drifted: nothing to do and nothing to say
    *[([], verdict, WELL_ANSWERED, True, (), "") for verdict in VERDICTS],
    ([], "forced_shutdown", [report(status="FSD OL")], True, (), ""),
]


@pytest.mark.parametrize(("drift", "verdict", "access", "well", "steps", "reason"), CHANGES)
def test_what_may_be_changed(
    drift: list[str], verdict: str, access: list[dict[str, Any]], well: bool, steps: tuple[str, ...], reason: str
) -> None:
    assert policy.decide(drift, verdict, access, well, "") == (steps, reason)


@pytest.mark.parametrize(("drift", "verdict", "access", "well"), [row[:4] for row in CHANGES])
def test_a_server_is_never_changed(drift: list[str], verdict: str, access: list[dict[str, Any]], well: bool) -> None:
    assert policy.decide(drift, verdict, access, well, "It serves UPSes.") == ((), "It serves UPSes.")


@pytest.mark.parametrize(("drift", "verdict", "access", "well"), [row[:4] for row in CHANGES])
def test_what_a_person_must_do_first_is_said_and_nothing_is_changed(
    drift: list[str], verdict: str, access: list[dict[str, Any]], well: bool
) -> None:
    assert policy.decide(drift, verdict, access, well, "", "Do this.") == ((), "Do this.")
    assert policy.decide(drift, verdict, access, well, "It serves UPSes.", "Do this.") == ((), "It serves UPSes.")
