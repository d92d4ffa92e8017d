# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a Mac's chain: which job each upsmon belongs to, what it reads, what will start at the next boot."""

from __future__ import annotations

import os
import plistlib
import pwd
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import launchd_chain
from ansible_collections.upsfleet.synology.plugins.module_utils._host.launchd import PATH
from ansible_collections.upsfleet.synology.plugins.module_utils._host.launchd_chain import BY_HAND
from ansible_collections.upsfleet.synology.plugins.module_utils._host.macos import Process

LABEL, OTHER = "io.github.upsfleet.upsmon", "org.networkupstools.upsmon"
ETC, ELSEWHERE = "/opt/local/etc", "/opt/local/etc/nut"
UPSMON = "/opt/local/sbin/upsmon"
INSTALLATION = {"upsmon": UPSMON, "etc": ETC}


class Mac:
    """A double of a Mac below a folder: its property lists, what is loaded of them and the overrides."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.loaded: dict[str, tuple[int, str]] = {LABEL: (812, ETC)}
        self.disabled = ""
        self.plist(LABEL)
        self.put(f"{ETC}/upsmon.conf", "MONITOR ups@192.0.2.10 1 monuser secret secondary\nSHUTDOWNCMD /bin/sh\n")

    def put(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def plist(self, label: str, folder: str | None = ETC, **changes: Any) -> None:
        """Write a property list."""
        values: dict[str, Any] = {"Label": label, "ProgramArguments": [UPSMON, "-F"], **changes}
        if folder:
            values["EnvironmentVariables"] = {"NUT_CONFPATH": folder}
        self.put(f"/Library/LaunchDaemons/{label}.plist", plistlib.dumps(values).decode())

    def __call__(self, argv: Sequence[str]) -> tuple[int, str]:
        assert argv[0] == "/bin/launchctl"
        if argv[1] == "print-disabled":
            return 0, f'"{self.disabled}" => disabled\n'
        label = argv[2].partition("/")[2]
        if label not in self.loaded:
            return 113, ""
        pid, folder = self.loaded[label]
        shown = f"\tpid = {pid}\n" if pid else ""
        return 0, f"{shown}\tenvironment = {{\n\t\tNUT_CONFPATH => {folder}\n\t}}\n" if folder else shown

    def look(self, running: dict[int, Process], desired: str | None = None) -> dict[str, Any]:
        """Return what is seen of it."""
        return launchd_chain.look(self, [LABEL], INSTALLATION, running, desired, str(self.root))


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    """Return a Mac whose own job is as it should be."""
    return Mac(tmp_path)


def upsmon(parent: int, uid: int = 0, program: str = UPSMON) -> Process:
    return Process("upsmon", 1.0, parent, uid, program)


OURS = {812: upsmon(1), 813: upsmon(812, 4294967294)}


def test_a_mac_as_it_should_be(mac: Mac) -> None:
    seen = mac.look(OURS)
    program = os.path.realpath(f"{mac.root}{UPSMON}")
    plist = f"/Library/LaunchDaemons/{LABEL}.plist"
    assert seen == {
        "processes": [
            {"pid": 812, "parent": 1, "uid": 0, "program": program, "configuration": ETC, "unit": LABEL},
            {"pid": 813, "parent": 812, "uid": 4294967294, "program": program, "configuration": ETC, "unit": LABEL},
        ],
        "programs": [program],
        "units": {LABEL: {"program": program, "configuration": ETC, "files": [plist], "masked": False}},
        "etc": ETC,
        "configuration": ETC,
        "directives": [
            ["MONITOR", "ups@192.0.2.10", "1", "monuser", None, "secondary"],
            ["SHUTDOWNCMD", "/bin/sh"],
        ],
        "commands": {
            "shutdowncmd": {"command": "/bin/sh", "program": "/bin/sh", "problem": ""},
            "desired": None,
            "notifycmd": None,
        },
        "starters": [],
        "masked": [],
        "volatile": [],
        "inhibitors": None,
        "stale_pid_file": "",
        "calibrated": False,
    }


# what runs, what is loaded; the job of each upsmon
OWNERS: list[tuple[dict[int, Process], dict[str, tuple[int, str]], dict[int, str]]] = [
    ({}, {LABEL: (0, ETC)}, {}),
    (OURS, {LABEL: (812, ETC)}, {812: LABEL, 813: LABEL}),
    (OURS, {LABEL: (0, ETC)}, {812: BY_HAND, 813: BY_HAND}),
    (OURS, {}, {812: BY_HAND, 813: BY_HAND}),
    (OURS, {LABEL: (0, ETC), OTHER: (812, ELSEWHERE)}, {812: OTHER, 813: OTHER}),
    # a shell that is the job's own process started it
    ({813: upsmon(812)}, {LABEL: (812, ETC)}, {813: LABEL}),
    ({812: upsmon(1), 900: upsmon(1)}, {LABEL: (812, ETC)}, {812: LABEL, 900: BY_HAND}),
    ({900: upsmon(901), 901: upsmon(900)}, {LABEL: (812, ETC)}, {900: BY_HAND, 901: BY_HAND}),  # ps in between
    ({812: Process("upsd", 1.0)}, {LABEL: (0, ETC)}, {}),
]


@pytest.mark.parametrize(("running", "loaded", "owners"), OWNERS)
def test_the_job_that_an_upsmon_belongs_to(
    mac: Mac, running: dict[int, Process], loaded: dict[str, tuple[int, str]], owners: dict[int, str]
) -> None:
    mac.plist(OTHER, ELSEWHERE)
    mac.loaded = loaded
    seen = mac.look(running)
    assert {one["pid"]: one["unit"] for one in seen["processes"]} == owners
    assert [one["label"] for one in seen["starters"]] == [OTHER]
    assert "pid" not in seen["starters"][0]


def test_an_upsmon_of_a_user_belongs_to_that_users_agent(mac: Mac) -> None:
    text = plistlib.dumps({"Label": OTHER, "Program": UPSMON}).decode()
    for user in ("nobody", "there-is-no-such-user"):
        mac.put(f"/Users/{user}/Library/LaunchAgents/a.plist", text)
    nobody = pwd.getpwnam("nobody").pw_uid
    seen = mac.look({900: upsmon(1, nobody), 901: upsmon(1, nobody + 1), 812: upsmon(1), 813: upsmon(812, nobody)})
    owners = {one["pid"]: one["unit"] for one in seen["processes"]}
    assert owners == {900: OTHER, 901: BY_HAND, 812: LABEL, 813: LABEL}


def test_what_runs_tells_which_folder_it_reads_and_not_the_file_that_it_should_have(mac: Mac) -> None:
    mac.loaded = {LABEL: (812, ELSEWHERE)}
    mac.put(f"{ELSEWHERE}/upsmon.conf", "SHUTDOWNCMD /usr/bin/true\n")
    seen = mac.look(OURS)
    assert (seen["configuration"], seen["directives"]) == (ELSEWHERE, [["SHUTDOWNCMD", "/usr/bin/true"]])
    assert [one["configuration"] for one in seen["processes"]] == [ELSEWHERE, ELSEWHERE]
    assert seen["units"][LABEL]["configuration"] == ETC


def test_without_a_folder_that_is_named_the_managers_is_read(mac: Mac) -> None:
    mac.plist(LABEL, None)
    mac.loaded = {LABEL: (812, "")}
    seen = mac.look(OURS)
    assert (seen["processes"][0]["configuration"], seen["units"][LABEL]["configuration"]) == (None, None)
    assert (seen["configuration"], len(seen["directives"])) == (ETC, 2)


def test_what_starts_at_the_next_boot(mac: Mac) -> None:
    mac.plist(LABEL, ELSEWHERE, ProgramArguments=["/usr/bin/true"])
    mac.disabled = LABEL
    unit = mac.look(OURS)["units"][LABEL]
    assert (unit["configuration"], unit["masked"]) == (ELSEWHERE, True)
    assert unit["program"].endswith("/usr/bin/true")
    (mac.root / f"Library/LaunchDaemons/{LABEL}.plist").unlink()
    unit = mac.look(OURS)["units"][LABEL]
    assert (unit["program"], unit["configuration"], unit["files"]) == ("", None, [])


def test_a_program_that_ps_names_without_its_folder_is_not_known(mac: Mac) -> None:
    assert mac.look({812: upsmon(1, program="")})["processes"][0]["program"] == ""


@pytest.mark.parametrize(
    ("running", "user"),
    [(OURS, "root"), ({812: upsmon(1), 813: upsmon(812, os.getuid() or 65534)}, None), ({}, "root")],
)
def test_who_runs_notifycmd(mac: Mac, running: dict[int, Process], user: str | None) -> None:
    """The user that upsmon has become; root where it has no name."""
    mac.put(f"{ETC}/upsmon.conf", "NOTIFYCMD /bin/sh\nNOTIFYFLAG ONBATT SYSLOG+EXEC\n")
    found = mac.look(running)["commands"]["notifycmd"]
    assert (found["user"] == "root") is (user == "root")
    assert (found["program"], found["problem"]) == ("/bin/sh", "")


def test_programs_are_looked_for_where_launchd_lets_a_daemon_look(mac: Mac) -> None:
    """A Mac's login shell has /usr/local and Homebrew in its PATH, a daemon has not."""
    desired = mac.look(OURS, "a-program-of-homebrew -h")["commands"]["desired"]
    assert (desired["program"], desired["problem"]) == ("a-program-of-homebrew", "not_found")
    assert "/usr/local" not in PATH
