# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's judgement on what an audit saw of a host."""

from __future__ import annotations

import copy
import inspect
import re
from types import SimpleNamespace
from typing import Any, Callable

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action.nut_client_audit import (
    _SUDO_ON_WINDOWS,
    ActionModule,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_proof
from ansible_collections.upsfleet.synology.plugins.module_utils._host.changes import STEPS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import assessment
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.assessment import Moment, Wishes, assess

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


def told(text: str) -> dict[str, str]:
    """Return something that differs."""
    return {"code": "a_code", "text": text}


def report(
    logged_in: bool | None = True, reason: str = "", code: Any = "second_reader", **changes: Any
) -> dict[str, Any]:
    """Return what the host's half says of one monitor; *changes* are those of the exchange."""
    exchange = probe.Exchange(**{"host": "192.0.2.10", "port": 3493, "ups": "ups", **WELL, **changes})
    return {
        **probe.report(exchange),
        "power_value": 1,
        "peer_address": exchange.peer_address,
        "logged_in": logged_in,
        "logged_in_code": code,
        "logged_in_reason": reason or f"LIST CLIENT lists {ME}",
    }


def seen(**changes: Any) -> dict[str, Any]:
    """Return what the host's half saw of a protected host, but for *changes*."""
    return {
        "changed": False,
        "os": {"platform": "debian", "name": "debian", "version": "12"},
        "package": {"installed": True, "version": "2.8.0-7", "server": False},
        "installation": {"prefix": "/", "upsmon": "/sbin/upsmon", "etc": "/etc/nut"},
        "mode": "netclient",
        "files": {NUT_CONF: FILE, CONF: FILE},
        "units": {"nut-monitor.service": UNIT, "nut.target": UNIT},
        "server_units": {},
        "time": NOW,
        "upsmon": {"pids": [812, 813], "started": NOW - 50},
        "access": [report()],
        "running_client_logged_in": True,
        **changes,
    }


ROWS: dict[str, dict[str, Any]] = {
    "debian": {"logs": "`journalctl -u nut-monitor`", "connections": "ss -tnp", "files": []},
    "macos": {
        "logs": "`log show --last 5m --predicate 'process == \"upsmon\"'`",
        "connections": "lsof -nP -iTCP",
        "files": [],
    },
    "windows": {
        "logs": 'Event Viewer > Windows Logs > Application, source "Network UPS Tools",',
        "connections": "netstat -abno",
        "service": "Network UPS Tools",
        "files": [],
    },
}


def judge(
    host: dict[str, Any], desired: list[dict[str, Any]], version: str, replace_server: bool, waited: float = 0
) -> dict[str, Any]:
    """Return the assessment, what differs as texts alone; whoever waited had restarted upsmon."""
    row = ROWS[host["os"]["platform"]]
    moment = Moment(restarted=bool(waited), waited=waited)
    result = assess(host, desired, version, row, Wishes(replace_server), moment)
    assert all(set(detail) == {"code", "text"} for detail in result["drift_details"])
    changes = result["changes"]
    assert (changes.pop("code") == "") == (changes["reason"] == "")
    assert changes.pop("roll_back") is False
    assert (result.pop("gaps"), result.pop("reason")) == ([], "")  # see test_chain.py
    assert ME not in result.pop("cause")
    return {**result, "drift_details": [detail["text"] for detail in result["drift_details"]]}


PROTECTED: dict[str, Any] = {
    "verdict": "ok",
    "protected": True,
    "accepted": False,
    "predicted": False,
    "power_failure": None,
    "logged_in": True,
    "drift": [],
    "drift_details": [],
    "replaced": [],
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
    "running_client_logged_in": False,
}
HELD: dict[str, Any] = {
    "held": "nut-monitor.service",
    "units": {"nut-monitor.service": {"enabled": True, "active": False, "need_daemon_reload": False}},
    "upsmon": {"pids": [], "started": None},
    "running_client_logged_in": False,
}
WAITS = (
    "Until then nut-monitor.service waits on this host instead of shutting it down, and starts by itself: no run is "
    "needed."
)
BARE_DRIFT = {
    "drift": ["package", "config", "service", "login"],
    "drift_details": [f"{NUT_CONF} differs", f"{CONF} differs", "upsmon does not run"],
}
OTHER_PROGRAM = (
    "Whether upsmon is logged in cannot be told: {}. Another program on this host is connected to that upsd too "
    "(ss -tnp tells which). A run of upsfleet.synology.site tells the two apart by restarting upsmon; if it does not, "
    "stop that program."
)
NOT_AS_DESIRED = "It is logged in, but not as desired ({})."
OWN_ADDRESS = "Whether upsmon is logged in cannot be told: {}. Give the host an address of its own towards the NAS."
NOT_LOGGED_IN = "The NAS would take the login, but upsmon is not logged in: {}."
RUN_SITE = f"{NOT_LOGGED_IN} Run upsfleet.synology.site."
FSD = "FSD is set: starting upsmon would shut this host down, so nothing is changed."
OB = "The UPS is on battery: nothing is changed until the power is back."
KEPT = "Not changed: upsmon is logged in with its current configuration and could not log in with the new one."
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
            "verdict": "drifted",
            "protected": False,
            "drift": ["config", "service"],
            "drift_details": [f"{CONF} differs", "upsmon is older than its files"],
            "changes": {"steps": ["configure", "service"], "reason": ""},
            "advice": NOT_AS_DESIRED.format(f"{CONF} differs; upsmon is older than its files")
            + " Run upsfleet.synology.site.",
        },
    ),
    # one whose upsmon would not come back after a boot
    (
        {"units": {"nut-monitor.service": {**UNIT, "enabled": False}, "nut.target": UNIT}},
        {
            "verdict": "drifted",
            "protected": False,
            "drift": ["service"],
            "drift_details": ["nut-monitor.service is not enabled"],
            "changes": {"steps": ["service"], "reason": ""},
            "advice": NOT_AS_DESIRED.format("nut-monitor.service is not enabled") + " Run upsfleet.synology.site.",
        },
    ),
    # one whose file was edited, while its UPS is on battery
    (
        {"files": {NUT_CONF: FILE, CONF: {**FILE, "mode": "0644"}}, "access": [report(status="OB DISCHRG")]},
        {
            "verdict": "drifted",
            "protected": False,
            "drift": ["config"],
            "drift_details": [f"{CONF} differs"],
            "changes": {"steps": [], "reason": OB},
            "power_failure": "OB",
            "advice": f"{NOT_AS_DESIRED.format(f'{CONF} differs')} {OB}",
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
        {
            "access": [report(False, REFUSED_LOGIN, clients_before=[], clients_after=[ME])],
            "running_client_logged_in": False,
        },
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
            "drift": ["login"],
            "changes": {"steps": ["service"], "reason": ""},
            "advice": OTHER_PROGRAM.format("it cannot be told"),
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
            "power_failure": "FSD",
            "advice": f"{advise(LATCHED)} {FSD}",
        },
    ),
    # the boot guard waits for the end of a latch, and starts upsmon when it is gone
    (
        {**HELD, "access": [{**NOT_RUNNING, "status": "FSD OL", "verdict": "forced_shutdown"}]},
        {
            "verdict": "forced_shutdown",
            "protected": False,
            "logged_in": False,
            "power_failure": "FSD",
            "advice": f"{advise(LATCHED)} {WAITS}",
        },
    ),
    (
        {**HELD, "access": [NOT_RUNNING]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            "drift": ["login"],
            "changes": {"steps": ["service"], "reason": ""},
            "advice": RUN_SITE.format(NO_CONNECTION),
        },
    ),
    ({**HELD, "access": [report()]}, {}),
    (
        {**BARE, "access": [{**NOT_RUNNING, "status": "OB DISCHRG"}]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": False,
            **BARE_DRIFT,
            "changes": {"steps": [], "reason": OB},
            "power_failure": "OB",
            "advice": f"{RUN_SITE.format(NO_CONNECTION)} {OB}",
        },
    ),
    ({"access": [report(status="OB DISCHRG")]}, {"power_failure": "OB"}),
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
    # each that is not well is spoken of, not the worst alone
    (
        {"access": [BAD_PASSWORD, report(), NOT_PERMITTED]},
        {
            "verdict": "not_permitted",
            "protected": False,
            "logged_in": False,
            "advice": f"{advise(BAD_PASSWORD)} {advise(NOT_PERMITTED)}",
        },
    ),
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
        {"access": [report(None, "gateway", "gateway", clients_after=["203.0.113.1", ME])]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": None,
            "address": "203.0.113.1",
            "advice": OWN_ADDRESS.format("gateway"),
        },
    ),
    (
        {"access": [report(None, "here"), report(None, "gateway", "gateway", clients_after=["203.0.113.1", ME])]},
        {
            "verdict": "not_logged_in",
            "protected": False,
            "logged_in": None,
            "drift": ["login"],
            "changes": {"steps": ["service"], "reason": ""},
            "advice": f"{OTHER_PROGRAM.format('here; gateway')} {OWN_ADDRESS.partition('}. ')[2]}",
        },
    ),
]


@pytest.mark.parametrize(("changes", "judgement"), JUDGED)
def test_judge(changes: dict[str, Any], judgement: dict[str, Any]) -> None:
    assert judge(seen(**changes), DESIRED, "2.8.4", False) == {**PROTECTED, **judgement}


def test_a_server_may_be_replaced_where_that_is_asked_for() -> None:
    """Its own units are what is left to stop."""
    host = seen(
        mode="netclient",
        package={"installed": True, "version": "2.8.0-7", "server": True},
        serves=["unit_active", "upsd_runs"],
        server_units={"nut-server.service": UNIT},
    )
    assert judge(host, DESIRED, "2.8.4", False)["verdict"] == "ups_server"
    judged = judge(host, DESIRED, "2.8.4", True)
    assert (judged["verdict"], judged["drift_details"]) == ("drifted", ["nut-server.service still serves UPSes"])
    assert judged["changes"] == {"steps": ["service"], "reason": ""}


JOURNAL = (
    f"The NAS would take the login, but upsmon is not logged in: {REFUSED_LOGIN}. "
    "It had {} seconds after its restart: look at `journalctl -u nut-monitor` on the host."
)


@pytest.mark.parametrize(
    ("saw", "waited", "advice"),
    [
        (report(False, REFUSED_LOGIN), 0, RUN_SITE.format(REFUSED_LOGIN)),
        (report(False, REFUSED_LOGIN), 20, JOURNAL.format("20")),
        (report(False, REFUSED_LOGIN), 7.5, JOURNAL.format("7.5")),
        # a restart has nothing to do with these
        (report(), 20, ""),
        (report(None, "it cannot be told"), 20, OTHER_PROGRAM.format("it cannot be told")),
        (NOT_PERMITTED, 20, advise(NOT_PERMITTED)),
    ],
)
def test_after_the_restart_the_advice_is_to_look_at_the_journal(
    saw: dict[str, Any], waited: float, advice: str
) -> None:
    assert (
        judge(seen(access=[saw], running_client_logged_in=False), DESIRED, "2.8.4", False, waited)["advice"] == advice
    )


UNTOLD: list[tuple[list[str], str]] = [
    (["gateway"], "Give the host an address of its own towards the NAS."),
    (
        ["loopback"],
        "Let the host reach the server by an address of its own, not through a tunnel that ends on the server "
        "(Tailscale: not in userspace networking), and permit that address.",
    ),
    (
        ["list_client_refused"],
        "Look for this host among the clients that the server itself shows, or use a server that answers LIST CLIENT.",
    ),
    (
        ["unknown_connections"],
        "Find out why ss -tnp does not show upsmon's connections to Ansible's user on this host, and run this again.",
    ),
    (["not_told", "not_told"], "Run this again."),
    (["not_told", "gateway"], "Run this again. Give the host an address of its own towards the NAS."),
]


@pytest.mark.parametrize(("codes", "remedy"), UNTOLD)
def test_what_cannot_be_told_has_the_remedy_of_its_cause(codes: list[str], remedy: str) -> None:
    judged = judge(seen(access=[report(None, code, code) for code in codes]), DESIRED, "2.8.0", False)
    assert judged["advice"] == f"Whether upsmon is logged in cannot be told: {'; '.join(codes)}. {remedy}"
    assert (judged["verdict"], judged["logged_in"], judged["drift"]) == ("not_logged_in", None, [])


def test_every_code_that_cannot_be_told_has_a_remedy() -> None:
    text = inspect.getsource(login_proof)
    untold = set(re.findall(r"Login\(None, ([A-Z_]+)", text))
    assert {getattr(login_proof, name) for name in untold} == set(assessment._UNTOLD)


OS = {name: {"platform": name, "name": name, "version": "1"} for name in ("debian", "macos", "windows")}


@pytest.mark.parametrize("platform", ROWS)
@pytest.mark.parametrize(
    ("events", "quoted"),
    [(None, ""), ([], ""), (["Login failed", "an older one"], " Event Viewer says: Login failed")],
)
def test_after_the_restart_each_platform_has_its_own_log(platform: str, events: list[str] | None, quoted: str) -> None:
    saw = {"os": OS[platform], "access": [report(False, REFUSED_LOGIN)], "running_client_logged_in": False}
    host = seen(**saw) if events is None else seen(**saw, events=events)
    assert judge(host, DESIRED, "2.8.4", False, 20)["advice"] == (
        f"The NAS would take the login, but upsmon is not logged in: {REFUSED_LOGIN}. It had 20 seconds after its "
        f"restart: look at {ROWS[platform]['logs']} on the host.{quoted}"
    )
    assert judge(host, DESIRED, "2.8.4", False)["advice"] == RUN_SITE.format(REFUSED_LOGIN) + quoted


@pytest.mark.parametrize(
    ("platform", "command"),
    [("debian", "ss -tnp"), ("macos", "lsof -nP -iTCP"), ("windows", "netstat -abno")],
)
def test_each_platform_has_its_own_list_of_connections(platform: str, command: str) -> None:
    host = seen(os=OS[platform], access=[report(None, "it cannot be told")])
    assert f"({command} tells which)" in judge(host, DESIRED, "2.8.4", False)["advice"]


SECOND = "a NUT at C:\\Portable\\NUT\\upsmon.exe is logged in now"
LOGGED = "the Application log has an error of Network UPS Tools: {}"


# what is seen beside a host that is protected; the version, the notes
NOTES: list[tuple[dict[str, Any], str, list[str]]] = [
    ({}, "2.8.4", []),
    ({"notes": [SECOND]}, "2.8.4", [SECOND]),
    ({"events": ["one"]}, "2.8.4", [LOGGED.format("one")]),
    ({"events": ["1", "2", "3", "4"]}, "2.8.4", [LOGGED.format(number) for number in "123"]),
    ({"events": ["1"], "notes": [SECOND]}, "2.8.4", [SECOND, LOGGED.format("1")]),
    # the advice for what is not logged in quotes it, and no other does
    ({"events": ["1"], "access": [report(False, REFUSED_LOGIN)], "running_client_logged_in": False}, "2.8.4", []),
    ({"events": ["1"], "access": [NOT_PERMITTED], "notes": [SECOND]}, "2.8.4", [SECOND, LOGGED.format("1")]),
    ({"events": ["1"], "access": [LATCHED]}, "2.8.4", [LOGGED.format("1")]),
    ({"events": ["1"], "config_drift": [told("x")]}, "2.8.4", [LOGGED.format("1")]),
    ({"events": ["1"], "upsd_runs": True}, "2.8.4", [LOGGED.format("1")]),
]


@pytest.mark.parametrize(("changes", "version", "notes"), NOTES)
def test_notes(changes: dict[str, Any], version: str, notes: list[str]) -> None:
    host = seen(**{"os": OS["windows"], **changes})
    assert judge(host, DESIRED, version, False)["notes"] == notes


def test_defects_are_noted_first() -> None:
    notes = judge(seen(os=OS["windows"], notes=[SECOND], events=["1"]), DESIRED, "2.8.1-5+deb13u1", False)["notes"]
    assert "NUT issue 2454" in notes[0]
    assert notes[1:] == [SECOND, LOGGED.format("1")]


WINNUT: dict[str, Any] = {
    "os": OS["windows"],
    "mode": None,
    "files": {},
    "units": {},
    "upsmon": {"pids": [], "started": None},
    "access": [NOT_RUNNING],
    "running_client_logged_in": False,
    "provable": False,
}
NEVER_LOGS_IN = (
    "The NAS would take the login, but WinNUT never logs in with a UPS name, so the NAS does not know of this host and "
    "does not wait for it. Use nut_client_windows_method: archive, or accept it with "
    "nut_client_windows_accept_unproven: true."
)
PORT = "HKCU:\\SOFTWARE\\WinNUT\\Connexion\\Port differs"

# what is seen beside a host whose WinNUT is as it should be, the judgement beside that one's
JUDGED_WINNUT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"accept_unproven": False}, {}),
    ({"accept_unproven": True}, {"accepted": True}),
    # what differs of a service it has not, is nothing
    ({"service_drift": [told("its events have no texts")]}, {}),
    (
        {"config_drift": [told(PORT)]},
        {
            "verdict": "drifted",
            "drift": ["config"],
            "drift_details": [PORT],
            "changes": {"steps": ["configure", "service"], "reason": ""},
            "advice": f"It is not as desired ({PORT}). Run upsfleet.synology.site.",
        },
    ),
    (
        {"package": {"installed": False, "version": "2.8.4", "server": False}, "accept_unproven": True},
        {
            "verdict": "drifted",
            "drift": ["package"],
            "changes": {"steps": ["install", "service"], "reason": ""},
            "advice": "It is not as desired (another package is wanted). Run upsfleet.synology.site.",
        },
    ),
    (
        {"access": [NOT_PERMITTED], "accept_unproven": True},
        {"verdict": "not_permitted", "advice": advise(NOT_PERMITTED)},
    ),
]


@pytest.mark.parametrize(("changes", "judgement"), JUDGED_WINNUT)
def test_a_client_that_never_logs_in(changes: dict[str, Any], judgement: dict[str, Any]) -> None:
    unproven = {
        **PROTECTED,
        "verdict": "unproven",
        "protected": False,
        "logged_in": False,
        "advice": NEVER_LOGS_IN,
    }
    assert judge(seen(**{**WINNUT, **changes}), [], "2.8.4", False) == {**unproven, **judgement}


def test_a_host_that_is_well_has_nothing_to_be_accepted() -> None:
    assert judge(seen(accept_unproven=True), DESIRED, "2.8.4", False)["accepted"] is False


FIRST = "C:\\NUT has an access rule of its own for Guests."
HOW = "Somebody must do something."


@pytest.mark.parametrize(
    ("changes", "verdict", "drift", "details", "advice"),
    [
        ({"config_drift": [told(FIRST)]}, "drifted", ["config"], [FIRST], f"{NOT_AS_DESIRED.format(FIRST)} {HOW}"),
        (
            {"service_drift": [told("late")]},
            "drifted",
            ["config", "service"],
            ["late"],
            f"{NOT_AS_DESIRED.format('late')} {HOW}",
        ),
        (
            {"access": [NOT_RUNNING], "running_client_logged_in": False},
            "not_logged_in",
            ["config", "login"],
            [],
            f"{NOT_LOGGED_IN.format(NO_CONNECTION)} {HOW}",
        ),
        ({}, "drifted", ["config"], [], f"It is logged in, but not as desired. {HOW}"),
        ({"access": [NOT_PERMITTED]}, "not_permitted", ["config"], [], f"{advise(NOT_PERMITTED)} {HOW}"),
    ],
)
def test_what_a_person_must_do_first_ends_the_advice(
    changes: dict[str, Any], verdict: str, drift: list[str], details: list[str], advice: str
) -> None:
    judged = judge(seen(blocker=HOW, **changes), DESIRED, "2.8.4", False)
    assert (judged["verdict"], judged["drift"], judged["drift_details"]) == (verdict, drift, details)
    assert judged["changes"] == {"steps": [], "reason": HOW}
    assert judged["advice"] == advice


def test_a_rival_keeps_the_package_away_until_a_person_lets_it_go() -> None:
    host = seen(**{**BARE, "package": {**BARE["package"], "rivals": ["apcupsd"]}})
    result = assess(host, DESIRED, "2.8.0", ROWS["debian"])
    assert (result["verdict"], result["changes"]["code"], result["changes"]["steps"]) == ("not_logged_in", "rival", [])
    assert result["advice"] == f"{NOT_LOGGED_IN.format(NO_CONNECTION)} {result['changes']['reason']}"
    assert assess(host, DESIRED, "2.8.0", ROWS["debian"], Wishes(replace_apcupsd=True))["changes"]["steps"] == list(
        STEPS
    )


def test_a_upsd_that_runs_makes_a_host_a_server() -> None:
    host = seen(os=OS["macos"], mode=None, upsd_runs=True)
    judged = judge(host, DESIRED, "2.8.4", False)
    assert (judged["verdict"], judged["changes"]["steps"]) == ("ups_server", [])
    assert judged["advice"].startswith("It serves UPSes itself (an upsd runs). Stop and disable that upsd")
    assert judge(host, DESIRED, "2.8.4", True)["verdict"] == "ok"


def run_action(
    monkeypatch: pytest.MonkeyPatch, execute: Callable[..., dict[str, Any]], **arguments: Any
) -> dict[str, Any]:
    """Return what the action makes of what *execute* returns in place of the module."""
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    action = ActionModule.__new__(ActionModule)
    platforms = {"debian": ROWS["debian"]}
    action._task = SimpleNamespace(
        args={"monitors": [{"host": "192.0.2.10"}], "platforms": platforms, **arguments}, check_mode=False
    )
    action._connection = SimpleNamespace(_shell=None)
    action._templar = None
    action._execute_module = execute
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "web1"})
    return result


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ({"restarted": True, "wait": 20}, JOURNAL.format("20")),
        ({"restarted": "yes", "wait": "20"}, JOURNAL.format("20")),
        ({"restarted": False, "wait": 20}, RUN_SITE.format(REFUSED_LOGIN)),
        ({"wait": 20}, RUN_SITE.format(REFUSED_LOGIN)),
        ({"restarted": True}, RUN_SITE.format(REFUSED_LOGIN)),
    ],
)
def test_only_who_restarted_upsmon_says_so_and_the_host_is_not_told(
    arguments: dict[str, Any], advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that waits for a NAS that restarts, or for a poll, has restarted nothing."""
    sent: dict[str, Any] = {}

    def execute(**call: Any) -> dict[str, Any]:
        sent.update(call["module_args"])
        return {"seen": copy.deepcopy(seen(access=[report(False, REFUSED_LOGIN)], running_client_logged_in=False))}

    assert run_action(monkeypatch, execute, **arguments)["advice"] == advice
    assert "restarted" not in sent
    assert sent.get("wait") == arguments.get("wait")


@pytest.mark.parametrize(("arguments", "code"), [({}, "rival"), ({"replace_apcupsd": "yes"}, "")])
def test_the_action_passes_on_what_a_person_lets_go(
    arguments: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = seen(**{**BARE, "package": {**BARE["package"], "rivals": ["apcupsd"]}})
    result = run_action(monkeypatch, lambda **_call: {"seen": copy.deepcopy(host)}, **arguments)
    assert result["changes"]["code"] == code


@pytest.mark.parametrize(("version", "count"), [("2.8.4", 0), ("2.8.1-5+deb13u1", 1), ("2.8.3", 0)])
def test_defects_of_the_version_are_noted(version: str, count: int) -> None:
    assert len(judge(seen(), DESIRED, version, False)["notes"]) == count


FIND = "ansible.windows.win_find"


@pytest.mark.parametrize(
    ("become", "found", "expected"),
    [
        ("", {"failed": True, "msg": "Access is denied."}, {"failed": True, "msg": f"{FIND}: Access is denied."}),
        (
            "runas",
            {"unreachable": True, "msg": "timed out"},
            {"unreachable": True, "failed": False, "msg": f"{FIND}: timed out"},
        ),
        ("sudo", {}, {"failed": True, "msg": _SUDO_ON_WINDOWS}),
    ],
)
def test_a_windows_host_that_cannot_be_looked_at_says_why(
    become: str, found: dict[str, Any], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    files = {"prefix": "C:\\NUT", "state_dir": "C:\\x", "files": [], "programs": []}
    files.update({"marker_path": "C:\\x\\m", "kept_path": "C:\\x\\k"})
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(
        args={"monitors": [{"host": "192.0.2.10"}], "platforms": {}, "windows": "table"}, check_mode=False
    )
    action._connection = SimpleNamespace(
        _shell=SimpleNamespace(_IS_WINDOWS=True), become=SimpleNamespace(name=become) if become else None
    )
    action._play_context = SimpleNamespace(no_log=False)
    action._templar = SimpleNamespace(template=lambda _text: {"method": "archive", "is_service": True, **files})
    action._execute_module = lambda **_call: found
    assert action.run(task_vars={}) == expected


BEFORE = {"running_client_logged_in": True, "logged_in": True, "drift": ["config"], "drift_details": []}
LOST = {"access": [report(False, REFUSED_LOGIN)], "running_client_logged_in": False}


def test_what_a_restart_took_away_is_rolled_back() -> None:
    moment = Moment(before=BEFORE, restarted=True, waited=20)
    assert assess(seen(**LOST), DESIRED, "2.8.4", ROWS["debian"], moment=moment)["changes"]["roll_back"] is True
    assert assess(seen(), DESIRED, "2.8.4", ROWS["debian"], moment=moment)["changes"]["roll_back"] is False


@pytest.mark.parametrize(("events", "quoted"), [([], ""), (["Login failed"], " Event Viewer said: Login failed.")])
def test_after_a_rollback_both_is_told_and_the_variables_are_to_be_corrected(events: list[str], quoted: str) -> None:
    moment = Moment(before={**BEFORE, "events": events}, restarted=True, waited=20, rolled_back=True)
    files = {NUT_CONF: FILE, CONF: {**FILE, "checksum": "b"}}
    result = assess(seen(files=files), DESIRED, "2.8.4", ROWS["debian"], moment=moment)
    assert result["advice"] == (
        "The NAS did not list upsmon after the restart, so the files that worked before were put back."
        f"{quoted} {NOT_AS_DESIRED.format(f'{CONF} differs')} Correct the variables before the next run."
    )
    assert result["changes"]["roll_back"] is False


def test_check_mode_predicts_once_it_came_to_the_steps() -> None:
    for before, check_mode, predicted in ((BEFORE, True, True), (None, True, False), (BEFORE, False, False)):
        moment = Moment(before=before, check_mode=check_mode)
        assert assess(seen(), DESIRED, "2.8.4", ROWS["debian"], moment=moment)["predicted"] is predicted


CHAIN: dict[str, Any] = {
    "processes": [],
    "programs": ["/sbin/upsmon"],
    "units": {},
    "masked": [],
    "configuration": "/etc/nut",
    "directives": [["FINALDELAY", "20"]],
    "nut_conf": {},
    "commands": {"shutdowncmd": None, "desired": None, "notifycmd": None},
    "volatile": [],
    "stale_pid_file": "",
    "inhibitors": None,
}
BY_HAND = {NUT_CONF: FILE, CONF: {**FILE, "checksum": "b"}}
ROW = {**ROWS["debian"], "etc": "/etc/nut", "units": ["nut-monitor.service"]}


def gone(host: dict[str, Any], **moment: Any) -> list[str]:
    """Return what is said to go of a host's configuration."""
    desired: list[dict[str, Any]] = [DESIRED[0], {**DESIRED[1], "directives": [["FINALDELAY", "5"]]}]
    return [one["text"] for one in assess(host, desired, "2.8.4", ROW, moment=Moment(**moment))["replaced"]]


def test_what_goes_is_named_before_and_to_the_end() -> None:
    """Once it is replaced, nothing on the host tells of it."""
    text = "FINALDELAY 20 becomes 5: nut_client_finaldelay keeps it"
    assert gone(seen(files=BY_HAND, chain=CHAIN)) == [text]
    assert gone(seen(chain=CHAIN)) == [], "no file differs"
    assert gone(seen(files=BY_HAND)) == [], "Windows, a Mac"
    before = {**BEFORE, "replaced": [{"text": text}]}
    assert gone(seen(chain={**CHAIN, "directives": []}), before=before) == [text]
    # what the package brought is nobody's
    assert gone(seen(files=BY_HAND, chain=CHAIN), before={**BEFORE, "replaced": []}) == []


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"managed_by": "openmediavault"}, "managed_elsewhere"),
        ({"immutable": {"path": CONF, "flag": "i"}}, "immutable"),
        ({"not_a_file": True}, "not_a_file"),
    ],
)
def test_whose_file_it_is_decides_whether_it_is_written(state: dict[str, Any], code: str) -> None:
    host = seen(files={NUT_CONF: FILE, CONF: {**FILE, "checksum": "b", **state}})
    result = assess(host, DESIRED, "2.8.4", ROW)
    assert (result["verdict"], result["changes"]["steps"], result["changes"]["code"]) == ("drifted", [], code)
    assert result["changes"]["reason"] in result["advice"]
    allowed = assess(host, DESIRED, "2.8.4", ROW, Wishes(replace_managed_files=True))
    assert (allowed["changes"]["steps"] == ["configure", "service"]) is (code == "managed_elsewhere")
    well = assess(seen(files={NUT_CONF: FILE, CONF: {**FILE, **state}}), DESIRED, "2.8.4", ROW)
    assert (well["verdict"], well["changes"]["code"]) == ("ok", "")


def test_a_server_that_serves_nothing_is_noted_and_a_link_that_is_written() -> None:
    installed = {"installed": True, "version": "2.8.4", "server": True}
    files = {NUT_CONF: FILE, CONF: {**FILE, "checksum": "b", "link": "/home/me/upsmon.conf"}}
    result = assess(seen(package=installed, files=files), DESIRED, "2.8.4", ROW)
    assert result["verdict"] == "drifted"
    assert result["notes"] == [
        f"{CONF} is a symbolic link: /home/me/upsmon.conf is written, and the link stays",
        "the package nut-server is installed and serves nothing: it is left alone",
    ]
    serving = assess(seen(package=installed, serves=["ups_conf"]), DESIRED, "2.8.4", ROW)
    assert (serving["verdict"], serving["notes"]) == ("ups_server", [])


# --- field case W12: an address that changes by itself ---

TODAYS, STABLE = "2001:db8::d4a4:fbf:415b:7974", "2001:db8::21"
COMES_6: dict[str, Any] = {"source_address": TODAYS, "peer_address": "2001:db8::10"}
SEEN_6 = report(clients_before=[TODAYS], clients_after=[TODAYS, TODAYS], **COMES_6)
STOCK_6 = report(
    clients_before=[TODAYS], clients_after=[TODAYS, TODAYS], **{**COMES_6, "version": "Network UPS Tools upsd 2.8.0 - "}
)
DENIED_6 = report(False, NO_CONNECTION, **{**dict.fromkeys(WELL), "version_error": "ACCESS-DENIED", **COMES_6})

# what the server says, the host's temporary addresses, whether the report names one of them
TEMPORARY: list[tuple[dict[str, Any], list[str] | None, bool]] = [
    (SEEN_6, [TODAYS], True),
    ({**SEEN_6, "status": "OB"}, [TODAYS], True),
    (SEEN_6, [STABLE], False),
    (SEEN_6, [], False),
    (SEEN_6, None, False),
    (STOCK_6, [TODAYS], False),  # which permits everybody
    (DENIED_6, [TODAYS], False),  # the advice does
    ({**SEEN_6, "seen_as": "203.0.113.1"}, [TODAYS], False),  # the gateway's is permitted
    ({**SEEN_6, "power_value": 0}, [TODAYS], True),  # of one that counts for lack of another
]


@pytest.mark.parametrize(("access", "temporary", "named"), TEMPORARY)
def test_a_temporary_address_that_is_permitted_is_noted(
    access: dict[str, Any], temporary: list[str] | None, named: bool
) -> None:
    host = seen(access=[access], temporary_addresses=temporary)
    result = assess(host, DESIRED, "2.8.0-7", ROWS["debian"])
    notes = [note for note in result["notes"] if TODAYS in note]
    assert result["protected"] is (access["verdict"] == "ok")
    assert len(notes) == named
    if named:
        assert notes[0].startswith(f"it comes to 192.0.2.10 from {TODAYS}, a temporary IPv6 address, ")
        assert "net.ipv6.conf.INTERFACE.use_tempaddr=1" in notes[0]


def test_the_advice_is_not_to_permit_a_temporary_address() -> None:
    result = assess(seen(access=[DENIED_6], temporary_addresses=[TODAYS]), DESIRED, "2.8.0-7", ROWS["debian"])
    assert (result["verdict"], result["address"]) == ("not_permitted", TODAYS)
    assert result["advice"].startswith(f"192.0.2.10 does not permit {TODAYS}, a temporary IPv6 address, ")
    assert "In DSM add" not in result["advice"]


# --- field case W8: an upsmon that can do less than the probe ---

# why upsmon is not logged in although the probe is; whatever it lacks (IPv6, TLS that FORCESSL or CERTVERIFY asks for,
# a name that its resolver does not know), it has no line in LIST CLIENT
LESS_ABLE: list[tuple[bool | None, str]] = [
    (False, "no_connection"),
    (False, "not_listed"),
    (False, "refused"),
    (None, "not_told"),
]


@pytest.mark.parametrize("peer", ["192.0.2.10", "2001:db8::10"])
@pytest.mark.parametrize(("logged_in", "code"), LESS_ABLE)
def test_what_the_probe_can_do_protects_nobody(logged_in: bool | None, code: str, peer: str) -> None:
    host = seen(access=[report(logged_in, "why", code, peer_address=peer)])
    result = assess(host, DESIRED, "2.8.0-7", ROWS["debian"], Wishes(), Moment(restarted=True, waited=20))
    assert (result["verdict"], result["protected"]) == ("not_logged_in", False)
    by_ipv6 = f"The probe reached {peer} by IPv6: for an upsmon built without it ups_host must be IPv4."
    assert (by_ipv6 in result["advice"]) is (code == "no_connection" and ":" in peer)
