# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's judgement on what an audit saw of a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.action.nut_client_audit import _python_is_missing, judge
from ansible_collections.upsfleet.synology.plugins.module_utils import access
from ansible_collections.upsfleet.synology.plugins.module_utils.advice import advise

NOW = 1_800_000_000.0
CONF = "/etc/nut/upsmon.conf"
NUT_CONF = "/etc/nut/nut.conf"
ME = "192.0.2.21"

UNIT = {"enabled": True, "active": True, "need_daemon_reload": False}
FILE = {"exists": True, "checksum": "a", "mode": "0640", "owner": "root", "group": "nut", "mtime": NOW - 100}
DESIRED = [
    {"path": path, "checksum": "a", "mode": "0640", "owner": "root", "group": "nut"} for path in (NUT_CONF, CONF)
]
WELL: dict[str, Any] = {
    "version": "Network UPS Tools upsd DSM7-2-1-NewModel-repack-64570-230831 - http://www.networkupstools.org/",
    "upses": {"ups": "Description unavailable"},
    "status": "OL",
    "clients_before": [ME],
    "clients_after": [ME, ME],
    "login": "ok",
    "source_address": ME,
    "peer_address": "192.0.2.10",
}


def report(logged_in: bool | None = True, reason: str = "", **changes: Any) -> dict[str, Any]:
    """Return what the host's half says of one monitor; *changes* are those of the exchange."""
    exchange = access.Exchange(**{"host": "192.0.2.10", "port": 3493, "ups": "ups", **WELL, **changes})
    return {
        **access.report(exchange),
        "power_value": 1,
        "peer_address": exchange.peer_address,
        "logged_in": logged_in,
        "logged_in_reason": reason or f"LIST CLIENT lists {ME}",
    }


def seen(**changes: Any) -> dict[str, Any]:
    """Return what the host's half saw of a protected host, but for *changes*."""
    return {
        "changed": False,
        "os": {"platform": "debian", "name": "debian", "version": "12"},
        "package": {"installed": True, "version": "2.8.0-7", "server": False},
        "mode": "netclient",
        "files": {NUT_CONF: FILE, CONF: FILE},
        "units": {"nut-monitor.service": UNIT, "nut.target": UNIT},
        "server_units": {},
        "time": NOW,
        "upsmon": {"pids": [812, 813], "started": NOW - 50},
        "access": [report()],
        "well": True,
        **changes,
    }


PROTECTED: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "logged_in": True,
    "drift": [],
    "drift_details": [],
    "changes": {"steps": [], "reason": ""},
    "advice": "",
    "notes": [],
    "address": ME,
}

NO_CONNECTION = "upsmon has no connection to this upsd"
REFUSED_LOGIN = f"upsmon is connected, but LIST CLIENT has no line for {ME}: its LOGIN was refused"
NOT_RUNNING = report(False, NO_CONNECTION, clients_before=[], clients_after=[ME])
NOT_PERMITTED = report(
    False,
    NO_CONNECTION,
    **{**dict.fromkeys(WELL), "version_error": "ACCESS-DENIED", "source_address": ME, "peer_address": "192.0.2.10"},
)
BAD_PASSWORD = report(False, REFUSED_LOGIN, login="ACCESS-DENIED", clients_after=None)
LATCHED = report(status="FSD OL")
MISSING = {"exists": False}
BARE: dict[str, Any] = {
    "package": {"installed": False, "version": "2.8.0-7", "server": False},
    "mode": None,
    "files": {NUT_CONF: MISSING, CONF: MISSING},
    "units": {},
    "upsmon": {"pids": [], "started": None},
    "access": [NOT_RUNNING],
    "well": False,
}
BARE_DRIFT = {
    "drift": ["package", "config", "service", "login"],
    "drift_details": [f"{NUT_CONF} differs", f"{CONF} differs", "upsmon does not run"],
}
OWN_ADDRESS = "Whether upsmon is logged in cannot be told: {}. Give the host an address of its own towards the NAS."
RUN_SITE = "The NAS would take the login, but upsmon is not logged in: {}. Run upsfleet.synology.site."
FSD = "FSD is set: starting upsmon would shut this host down, so nothing is changed."
OB = "The UPS is on battery: nothing is changed until the power is back."
KEPT = "It is logged in now and the desired monitors would not be, so nothing is changed."
SERVER = (
    "It serves UPSes itself (MODE=netserver in nut.conf). Set nut_client_replace_server: true to turn it into a "
    "client of the NAS (its upsd and drivers are stopped), or take it out of the group."
)

# what is seen beside a protected host, the judgement beside a protected host's
JUDGED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    (
        BARE,
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            **BARE_DRIFT,
            "changes": {"steps": ["install", "configure", "service"], "reason": ""},
            "advice": RUN_SITE.format(NO_CONNECTION),
        },
    ),
    # the NAS permits it not: it is made ready all the same, and the advice is the NAS's
    (
        {**BARE, "access": [NOT_PERMITTED]},
        {
            "verdict": "not_permitted",
            "protected": False,
            "logged_in": False,
            "drift": ["package", "config", "service"],
            "drift_details": BARE_DRIFT["drift_details"],
            "changes": {"steps": ["install", "configure", "service"], "reason": ""},
            "advice": advise(NOT_PERMITTED),
        },
    ),
    # a protected host whose file was edited
    (
        {"files": {NUT_CONF: FILE, CONF: {**FILE, "checksum": "b", "mtime": NOW - 10}}},
        {
            "drift": ["config", "service"],
            "drift_details": [f"{CONF} differs", "upsmon is older than its files"],
            "changes": {"steps": ["configure", "service"], "reason": ""},
        },
    ),
    # a protected host whose variables hold a bad password now
    (
        {"files": {NUT_CONF: FILE, CONF: {**FILE, "checksum": "b"}}, "access": [{**BAD_PASSWORD, "logged_in": True}]},
        {
            "verdict": "bad_credentials",
            "protected": False,
            "drift": ["config"],
            "drift_details": [f"{CONF} differs"],
            "changes": {"steps": [], "reason": KEPT},
            "advice": f"{advise(BAD_PASSWORD)} {KEPT}",
        },
    ),
    # upsmon runs, its unit is green, and its LOGIN was refused
    (
        {"access": [report(False, REFUSED_LOGIN, clients_before=[], clients_after=[ME])], "well": False},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            "drift": ["login"],
            "changes": {"steps": ["service"], "reason": ""},
            "advice": RUN_SITE.format(REFUSED_LOGIN),
        },
    ),
    # nothing tells whether a line is this host's
    (
        {"access": [report(None, "it cannot be told")]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": None,
            "advice": OWN_ADDRESS.format("it cannot be told"),
        },
    ),
    (
        {"access": [report(None, "it cannot be told"), report(False, NO_CONNECTION)]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            "drift": ["login"],
            "changes": {"steps": ["service"], "reason": ""},
            "advice": RUN_SITE.format(f"it cannot be told; {NO_CONNECTION}"),
        },
    ),
    # power failures
    (
        {**BARE, "access": [{**NOT_RUNNING, "status": "FSD OL", "verdict": "forced_shutdown"}]},
        {
            "verdict": "forced_shutdown",
            "protected": False,
            "logged_in": False,
            "drift": ["package", "config", "service"],
            "drift_details": BARE_DRIFT["drift_details"],
            "changes": {"steps": [], "reason": FSD},
            "advice": f"{advise(LATCHED)} {FSD}",
        },
    ),
    (
        {**BARE, "access": [{**NOT_RUNNING, "status": "OB DISCHRG"}]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            **BARE_DRIFT,
            "changes": {"steps": [], "reason": OB},
            "advice": f"{RUN_SITE.format(NO_CONNECTION)} {OB}",
        },
    ),
    ({"access": [report(status="OB DISCHRG")]}, {}),
    # redundant supplies: each must be proven; what feeds nothing does not count
    (
        {"access": [report(), NOT_PERMITTED]},
        {
            "verdict": "not_permitted",
            "protected": False,
            "logged_in": False,
            "advice": advise(NOT_PERMITTED),
        },
    ),
    ({"access": [report(), {**NOT_PERMITTED, "power_value": 0}]}, {}),
    # a host that serves UPSes
    (
        {**BARE, "mode": "netserver"},
        {
            "verdict": "ups_server",
            "protected": False,
            "logged_in": False,
            **BARE_DRIFT,
            "changes": {"steps": [], "reason": SERVER},
            "advice": SERVER,
        },
    ),
    # the address that the NAS sees
    (
        {"access": [report(None, "gateway", clients_after=["203.0.113.1", ME])]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": None,
            "address": "203.0.113.1",
            "advice": OWN_ADDRESS.format("gateway"),
        },
    ),
]


@pytest.mark.parametrize(("changes", "judgement"), JUDGED)
def test_judge(changes: dict[str, Any], judgement: dict[str, Any]) -> None:
    assert judge(seen(**changes), DESIRED, "2.8.0", False) == {**PROTECTED, **judgement}


def test_a_server_may_be_replaced_where_that_is_asked_for() -> None:
    """Its own units are what is left to stop."""
    host = seen(
        mode="netclient",
        package={"installed": True, "version": "2.8.0-7", "server": True},
        server_units={"nut-server.service": UNIT},
    )
    assert judge(host, DESIRED, "2.8.0", False)["verdict"] == "ups_server"
    judged = judge(host, DESIRED, "2.8.0", True)
    assert (judged["verdict"], judged["drift_details"]) == ("ok", ["nut-server.service still serves UPSes"])
    assert judged["changes"] == {"steps": ["service"], "reason": ""}


def test_after_the_restart_the_advice_is_to_look_at_the_journal() -> None:
    host = seen(access=[report(False, REFUSED_LOGIN)], well=False)
    assert judge(host, DESIRED, "2.8.0", False, waited=20)["advice"] == (
        f"The NAS would take the login, but upsmon is not logged in: {REFUSED_LOGIN}. "
        "It had 20 seconds after its restart: look at `journalctl -u nut-monitor` on the host."
    )


@pytest.mark.parametrize(("version", "count"), [("2.8.0", 0), ("2.8.1", 1), ("2.8.3", 0)])
def test_defects_of_the_version_are_noted(version: str, count: int) -> None:
    assert len(judge(seen(), DESIRED, version, False)["notes"]) == count


@pytest.mark.parametrize(
    ("result", "missing"),
    [
        ({"failed": True, "module_stdout": "/bin/sh: 1: /usr/bin/python3: not found\r\n", "rc": 127}, True),
        ({"failed": True, "module_stderr": "bash: line 1: /usr/bin/python3: No such file or directory"}, True),
        ({"failed": True, "msg": "The module interpreter '/usr/bin/python3.12' was not found."}, True),
        ({"failed": True, "msg": "no such owner or group: nut"}, False),
        ({"failed": True, "msg": "fedora 41 is not supported"}, False),
        ({"unreachable": True, "msg": "Failed to connect to the host via ssh: No such file or directory"}, False),
        ({"msg": "python: not found"}, False),
    ],
)
def test_a_host_without_python_is_told_from_other_failures(result: dict[str, Any], missing: bool) -> None:
    assert _python_is_missing(result) is missing
