# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of a Mac, judged: logged in, but through what, and would it go down?"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host.launchd_chain import BY_HAND
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import chain, starters
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.assessment import assess

LABEL, OTHER = "io.github.upsfleet.upsmon", "org.networkupstools.upsmon"
OURS, THEIRS = (f"/Library/LaunchDaemons/{label}.plist" for label in (LABEL, OTHER))
AGENT = "/Users/sam/Library/LaunchAgents/ups.plist"
BREW = "homebrew.mxcl.nut.plist"
ETC, UPSMON = "/opt/local/etc", "/opt/local/sbin/upsmon"
PLATFORM = {"units": [LABEL], "logs": "log show", "connections": "lsof -nP -iTCP"}
UNIT = {"enabled": True, "active": True, "need_daemon_reload": False, "main_pid": 812, "loaded": True}
SITE = "then run upsfleet.synology.site"


def upsmon(pid: int, unit: str = LABEL, **changes: Any) -> dict[str, Any]:
    return {"pid": pid, "parent": 1, "uid": 0, "program": UPSMON, "configuration": ETC, "unit": unit, **changes}


def starter(path: str, label: str = OTHER, **changes: Any) -> dict[str, Any]:
    user = path.split("/")[2] if path.startswith("/Users/") else ""
    return {"path": path, "label": label, "user": user, "brew": False, "configuration": None, **changes}


def facts(**changes: Any) -> dict[str, Any]:
    """Return what was seen of a Mac that goes down, but for *changes*."""
    return {
        "processes": [upsmon(812), upsmon(813, parent=812, uid=4294967294)],
        "programs": [UPSMON],
        "units": {LABEL: {"program": UPSMON, "configuration": ETC, "files": [OURS], "masked": False}},
        "etc": ETC,
        "configuration": ETC,
        "directives": [["MONITOR", "ups@192.0.2.10", "1", "monuser", None, "secondary"]],
        "commands": command("/sbin/shutdown -h +0"),
        "starters": [],
        "masked": [],
        "volatile": [],
        "inhibitors": None,
        "stale_pid_file": "",
        "calibrated": False,
        **changes,
    }


def command(text: str, problem: str = "") -> dict[str, Any]:
    found = {"command": text, "program": text.split()[0], "problem": problem}
    return {"shutdowncmd": found, "desired": None, "notifycmd": None}


def judged(seen: dict[str, Any], monitor_only: bool = False) -> list[tuple[str, str]]:
    """Return code and text of each gap."""
    found = chain.gaps(seen, {LABEL: UNIT}, PLATFORM, "macos", monitor_only)
    return [(one["code"], one["text"]) for one in found]


IN_THE_WAY = f"not by {LABEL}, so nothing says that it comes back after a boot, and as long as it runs no other one can"
SECOND = f"starts a second upsmon beside {LABEL}, and only the first one that is started stays: run"
AWAY = f"`launchctl bootout gui/$(id -u) {AGENT}` as sam, and move that file away"
EVERYBODYS = "/Library/LaunchAgents/ups.plist"

# what differs; codes and texts of the gaps
GAPS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"processes": []}, []),  # that is not logged in
    (
        {"processes": [upsmon(900, BY_HAND, configuration=None), upsmon(901, BY_HAND, configuration=None)]},
        [
            (
                "other_starter",
                f"upsmon (PID 900, 901) was started by hand, {IN_THE_WAY}. Stop it (sudo kill 900 901) and disable "
                f"what starts it, {SITE}",
            )
        ],
    ),
    # ours is between two starts of which each ends at once
    (
        {"processes": [upsmon(900, BY_HAND), upsmon(812)]},
        [
            (
                "other_starter",
                f"upsmon (PID 900) was started by hand, {IN_THE_WAY}. Stop it (sudo kill 900) and disable what starts "
                f"it, {SITE}",
            )
        ],
    ),
    (
        {"processes": [upsmon(900, OTHER)], "starters": [starter(THEIRS)]},
        [
            (
                "other_starter",
                f"{THEIRS} {SECOND} `sudo launchctl bootout system {THEIRS}` and `sudo launchctl disable "
                f"system/{OTHER}`, {SITE}",
            )
        ],
    ),
    *[
        ({"starters": [one]}, [("other_starter", f"{one['path']} {SECOND} {stop}, {SITE}")])
        for one, stop in (
            (starter(AGENT), AWAY),
            (starter(EVERYBODYS), f"`launchctl bootout gui/$(id -u) {EVERYBODYS}` as each user who is logged in, and "
             "move that file away"),
            (starter(f"/Library/LaunchDaemons/{BREW}", BREW[:-6], brew=True), "`sudo brew services stop nut`"),
            (starter(f"/Users/kim/Library/LaunchAgents/{BREW}", BREW[:-6], brew=True),
             "`brew services stop nut` as kim"),
        )
    ],
    # a hand-made job that reads another folder
    (
        {
            "processes": [upsmon(900, OTHER, configuration="/opt/local/etc/nut")],
            "starters": [starter(THEIRS, configuration="/opt/local/etc/nut")],
        },
        [
            (
                "other_configuration",
                f"upsmon (PID 900) reads /opt/local/etc/nut/upsmon.conf, not {ETC}/upsmon.conf, because NUT_CONFPATH "
                f"says so. Take it out of {THEIRS}",
            ),
            (
                "other_starter",
                f"{THEIRS} {SECOND} `sudo launchctl bootout system {THEIRS}` and `sudo launchctl disable "
                f"system/{OTHER}`, {SITE}",
            ),
        ],
    ),
    (
        {"processes": [upsmon(pid, configuration="/etc/nut") for pid in (812, 813)]},
        [
            (
                "other_configuration",
                f"upsmon (PID 812, 813) reads /etc/nut/upsmon.conf, not {ETC}/upsmon.conf, because NUT_CONFPATH says "
                f"so. Take it out of {OURS}",
            )
        ],
    ),
    (
        {"processes": [upsmon(812, program="/usr/local/ups/sbin/upsmon")]},
        [
            (
                "other_program",
                f"upsmon (PID 812) runs /usr/local/ups/sbin/upsmon, not the package's {UPSMON}. See what starts it: "
                f"{OURS}",
            )
        ],
    ),
    (
        {"processes": [upsmon(813, parent=1, uid=4294967294)]},
        [
            (
                "parent_died",
                f"upsmon's process that runs as root is gone, and only that one can run SHUTDOWNCMD. Restart {LABEL}",
            )
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), GAPS)
def test_gaps(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert judged(facts(**changes)) == expected
    assert chain.notes(facts(**changes), PLATFORM) == []


@pytest.mark.parametrize(
    ("text", "problem", "code"),
    [
        ("/usr/bin/pmset sleepnow", "", "shutdowncmd_suspends"),
        ("/sbin/shutdown -s now", "", "shutdowncmd_suspends"),
        ("osascript -e 'tell application \"System Events\" to shut down'", "", "shutdowncmd_needs_session"),
        ("/opt/local/etc/shutdown.applescript", "", "shutdowncmd_needs_session"),
        ("/opt/local/etc/bye", "not_found", "shutdowncmd_not_found"),
        ("/usr/bin/true", "", "shutdowncmd_does_nothing"),
        ("/sbin/shutdown -h +0", "", ""),
    ],
)
def test_the_command_that_is_in_force(text: str, problem: str, code: str) -> None:
    seen = facts(commands=command(text, problem))
    assert [found for found, _text in judged(seen)] == ([code] if code else [])
    # who wants the host to stay up is not told that the command does not work
    assert [found for found, _text in judged(seen, monitor_only=True)] == ["monitor_only"]


def test_a_users_file_cannot_move_the_cursor() -> None:
    said = judged(facts(starters=[starter("/Users/sam/Library/LaunchAgents/\x1b[2Ja.plist", "")]))
    assert said[0][1].startswith("/Users/sam/Library/LaunchAgents/?[2Ja.plist starts a second upsmon")


def assessed(**changes: Any) -> dict[str, Any]:
    """Return the assessment of a Mac that is logged in."""
    report = {"verdict": "ok", "status": "OL", "power_value": 1, "logged_in": True, "logged_in_reason": ""}
    seen = {
        "os": {"platform": "macos", "name": "macos", "version": "15.5"},
        "package": {"installed": True, "version": "2.8.4", "server": False},
        "mode": None,
        "files": {},
        "units": {LABEL: UNIT},
        "server_units": {},
        "time": 100.0,
        "upsmon": {"pids": [812], "started": 50.0},
        "access": [{**report, "seen_as": "192.0.2.21", "source_address": "192.0.2.21", "login": "ok"}],
        "running_client_logged_in": True,
        **changes,
    }
    return assess(seen, [], "2.8.4", PLATFORM)


def test_only_our_own_job_that_is_logged_in_is_ok() -> None:
    assert assessed(chain=facts())["verdict"] == "ok"
    result = assessed(chain=facts(processes=[upsmon(900, BY_HAND)]))
    assert (result["verdict"], result["reason"], result["protected"]) == ("would_stay_up", "other_starter", False)


@pytest.mark.parametrize(
    "changes",
    [{"processes": [upsmon(900, BY_HAND)]}, {"starters": [starter(AGENT)]}, {"starters": [starter(THEIRS)]}],
)
def test_nothing_is_changed_before_the_other_starter_is_turned_off(changes: dict[str, Any]) -> None:
    """Ours would end as soon as it is started, in every run."""
    unit = {**UNIT, "active": False, "main_pid": 0}
    result = assessed(chain=facts(**changes), units={LABEL: unit})
    assert result["drift"] == ["service"]
    assert (result["changes"]["steps"], result["changes"]["code"]) == ([], starters.OTHER_STARTER)
    assert result["advice"].count(SITE) >= 1
    assert "Run upsfleet.synology.site." not in result["advice"]


def test_what_a_linux_host_has_no_starters_for() -> None:
    """Under systemd a second upsmon of another unit is a note, as long as the unit's own runs too."""
    seen = facts(processes=[upsmon(812, "nut-monitor.service"), upsmon(900, "session-3.scope")])
    del seen["starters"]
    assert list(starters.gaps(seen, "nut-monitor.service")) == []
    seen["processes"] = seen["processes"][1:]
    assert [one["text"] for one in starters.gaps(seen, "nut-monitor.service")] == [
        "upsmon (PID 900) was started by session-3.scope, not by nut-monitor.service, so nothing says that it comes "
        f"back after a boot. Stop it and disable what starts it, {SITE}"
    ]
