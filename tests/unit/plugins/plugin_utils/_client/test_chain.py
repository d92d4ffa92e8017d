# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement on the chain from upsmon's login to the power-off."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import chain

UNIT = "nut-monitor.service"
ROW = {"units": [UNIT, "nut.target"], "etc": "/etc/nut"}
STATE = {"enabled": True, "active": True, "masked": False}
UNITS = {UNIT: STATE, "nut.target": STATE}
LINES = [
    ["MONITOR", "ups@192.0.2.10", "1", "monuser", None, "secondary"],
    ["MINSUPPLIES", "1"],
    ["SHUTDOWNCMD", "/opt/off"],
]
OFF = {"command": "/opt/off", "program": "/opt/off", "problem": ""}
COMMANDS: dict[str, Any] = {"shutdowncmd": OFF, "desired": None, "notifycmd": None}
START = {"program": "/usr/sbin/upsmon", "configuration": None, "files": ["/lib/systemd/nut-monitor.service"]}
OWN = "/etc/systemd/system/nut-monitor.service.d/own.conf"


def process(pid: int, uid: int | None, **changes: Any) -> dict[str, Any]:
    return {
        "pid": pid,
        "parent": 1,
        "uid": uid,
        "program": "/usr/lib/nut/upsmon",
        "arguments": ["-F"],
        "configuration": None,
        "unit": UNIT,
        **changes,
    }


def seen(**changes: Any) -> dict[str, Any]:
    """Return a chain without a gap, but for *changes*."""
    return {
        "processes": [process(812, 0), process(813, 112)],
        "programs": ["/usr/sbin/upsmon", "/usr/lib/nut/upsmon"],
        "units": {UNIT: START},
        "masked": [],
        "configuration": "/etc/nut",
        "directives": LINES,
        "commands": COMMANDS,
        "volatile": [],
        "stale_pid_file": "",
        "calibrated": False,
        "inhibitors": None,
        **changes,
    }


def shutdowncmd(command: str, problem: str = "") -> dict[str, Any]:
    return {"commands": {**COMMANDS, "shutdowncmd": {"command": command, "program": command, "problem": problem}}}


def directive(name: str, value: str) -> dict[str, Any]:
    return {"directives": [*LINES, [name, value]]}


UNREADABLE = process(812, None, program="", unit="")
# what is seen, the codes of the gaps, a word of the first one's text
GAPS: list[tuple[dict[str, Any], list[str], str]] = [
    ({}, [], ""),
    ({"processes": [UNREADABLE]}, [], ""),  # unknown is no gap
    ({"processes": [process(812, 0)]}, [], ""),  # upsmon -p
    ({"processes": [process(812, 0, program="/opt/ups/upsmon")]}, ["other_program"], "/opt/ups/upsmon"),
    ({"processes": [process(812, 0, configuration="/srv/nut")]}, ["other_configuration"], "/srv/nut/upsmon.conf"),
    ({"processes": [process(812, 0, configuration="/etc/nut/")]}, [], ""),
    ({"processes": [process(813, 112)]}, ["parent_died"], "root"),
    ({"processes": [process(812, 0, unit="cron.service"), process(813, 112, unit="cron.service")]},
     ["other_starter"], "cron.service"),
    ({"processes": [process(812, 0), process(99, 0, unit="session-3.scope")]}, [], ""),  # a note
    (shutdowncmd("/opt/off", "not_found"), ["shutdowncmd_not_found"], "does not exist"),
    (shutdowncmd("/opt/off", "not_executable"), ["shutdowncmd_not_executable"], "root"),
    (shutdowncmd("/opt/off", "not_a_file"), ["shutdowncmd_not_a_file"], "not a program"),
    (shutdowncmd("/opt/off", "no_interpreter"), ["shutdowncmd_no_interpreter"], "interpreter"),
    (shutdowncmd("/opt/off '", "syntax"), ["shutdowncmd_syntax"], "quote"),
    (shutdowncmd("/bin/true"), ["shutdowncmd_does_nothing"], "does nothing"),
    (shutdowncmd("/sbin/reboot"), ["shutdowncmd_reboots"], "reboots"),
    (shutdowncmd("systemctl hibernate"), ["shutdowncmd_suspends"], "suspends"),
    (shutdowncmd("/sbin/shutdown -k now"), ["shutdowncmd_only_announces"], "announces"),
    (shutdowncmd("/sbin/shutdown -h +P now"), ["shutdowncmd_invalid_time"], "+0"),
    (shutdowncmd("osascript x"), ["shutdowncmd_needs_session"], "session"),
    ({"commands": {**COMMANDS, "shutdowncmd": None}}, ["no_shutdowncmd"], "/etc/nut/upsmon.conf"),
    ({"inhibitors": ["backup 0 root 9 cp shutdown copying block"]}, ["inhibited"], "backup"),
    ({"inhibitors": []}, [], ""),
    ({"masked": ["poweroff.target"]}, ["target_masked"], "systemctl unmask poweroff.target"),
    (directive("MINSUPPLIES", "0"), ["minsupplies"], "never"),
    ({"directives": [["MONITOR", "ups@192.0.2.10", "0", "monuser", None, "slave"]]}, ["power_values"], "only watches"),
    ({"directives": [["MONITOR"]]}, [], ""),  # it has a password that cannot be told from the rest
    ({"units": {UNIT: {**START, "program": "/opt/ups/upsmon", "files": [OWN]}}}, ["other_program"], OWN),
    ({"units": {UNIT: {**START, "configuration": "/srv/nut", "files": [OWN]}}}, ["other_configuration"], OWN),
    ({"units": {UNIT: {**START, "program": "/usr/bin/dash"}}}, [], ""),  # what it starts cannot be told
    (shutdowncmd("curl -u me:s3cret https://x/ \x1b[2J", "not_found"), ["shutdowncmd_not_found"], "me:********"),
    ({"volatile": ["/etc/nut"]}, ["lost_at_boot"], "/etc/nut"),
    ({"processes": [], "directives": [], "commands": {**COMMANDS, "shutdowncmd": None}}, [], ""),  # bare
    ({"masked": ["poweroff.target"], "volatile": ["/etc/nut"], **shutdowncmd("/bin/true")},
     ["shutdowncmd_does_nothing", "target_masked", "lost_at_boot"], "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "codes", "word"), GAPS)
def test_gaps(changes: dict[str, Any], codes: list[str], word: str) -> None:
    found = chain.gaps(seen(**changes), UNITS, ROW, "debian", False)
    assert [one["code"] for one in found] == codes
    assert word in "".join(one["text"] for one in found[:1])
    shown = "".join(one["text"] for one in found)
    assert "s3cret" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("state", "code"),
    [({"masked": True}, "unit_masked"), ({"enabled": False}, "unit_not_enabled"), ({"active": False}, "")],
)
@pytest.mark.parametrize("name", list(UNITS))
def test_a_unit_that_does_not_start_at_boot(name: str, state: dict[str, bool], code: str) -> None:
    found = chain.gaps(seen(), {**UNITS, name: {**STATE, **state}}, ROW, "debian", False)
    assert [one["code"] for one in found] == [code] * bool(code)
    assert all(name in one["text"] for one in found)


def test_a_host_that_is_only_to_watch_has_no_other_gap_of_power() -> None:
    found = chain.gaps(seen(**directive("MINSUPPLIES", "0")), UNITS, ROW, "debian", True)
    assert [one["code"] for one in found] == ["monitor_only"]


def test_nothing_is_judged_where_nothing_was_seen() -> None:
    assert chain.gaps({}, {UNIT: {**STATE, "enabled": False}}, ROW, "windows", True) == []
    assert chain.notes({}, ROW) == []
    assert chain.desired_problem({}, "debian") == ""


NOTIFY = {"command": "/root/tell", "program": "/root/tell", "user": "nut"}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"inhibitors": [], **shutdowncmd("/sbin/shutdown -h +0")}, "block inhibitor"),
        (
            {"commands": {**COMMANDS, "notifycmd": {**NOTIFY, "problem": "not_executable"}}},
            "the user nut may not execute",
        ),
        ({"commands": {**COMMANDS, "notifycmd": {**NOTIFY, "problem": ""}}}, ""),
        ({"processes": [process(812, 0), process(99, 0, unit="session-3.scope")]}, "PID 99 of session-3.scope"),
        ({"stale_pid_file": "/run/nut/upsmon.pid"}, "/run/nut/upsmon.pid"),
        ({"stale_pid_file": "/run/nut/upsmon.pid", "processes": []}, ""),
    ],
)
def test_notes(changes: dict[str, Any], word: str) -> None:
    notes = chain.notes(seen(**changes), ROW)
    assert len(notes) == bool(word)
    assert word in "".join(notes)


@pytest.mark.parametrize(
    ("command", "problem", "word"),
    [
        ("/opt/off", "", ""),
        ("/opt/off", "not_found", "nut_client_shutdowncmd (/opt/off)"),
        ("/sbin/reboot", "", "reboots"),
    ],
)
def test_what_is_wrong_with_the_command_that_is_asked_for(command: str, problem: str, word: str) -> None:
    desired = {"command": command, "program": command, "problem": problem}
    text = chain.desired_problem(seen(commands={**COMMANDS, "desired": desired}), "debian")
    assert bool(text) == bool(word)
    assert word in text
