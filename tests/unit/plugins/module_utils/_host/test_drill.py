# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throw-away upsmons: what is started, how it ends by itself, and that nothing is left. With a stand-in for upsmon."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import drill

# Becomes a daemon whose command line begins with the name that it was called by, as upsmon does.
STAND_IN = '#!/bin/bash\necho "Startup successful"\n(exec -a "$0" sleep 600) </dev/null >/dev/null 2>&1 &\n'
CONFIGURATION = 'MONITOR ups@192.0.2.9 1 drill word secondary\nSHUTDOWNCMD "{shutdowncmd}"\n'
BEFORE = {"processes": {"4711": 1000}, "files": {"/etc/nut/upsmon.conf": "abc"}}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to a group")


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[str]:
    """Where a drill lives; nothing of it is left after the test."""
    path = str(tmp_path / "upsfleet-drill")
    yield path
    drill.stop(run, path, systemd=False)
    assert drill.leftovers(path) == []


def run(command: Sequence[str]) -> tuple[int, str]:
    """Run a program for real."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def start(folder: str, deadline: int = 60, command: str = "/bin/true -x", systemd: bool = False) -> None:
    program = Path(folder).parent / "upsmon"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    drilled = [drill.Drilled(name, "ups@192.0.2.9", CONFIGURATION) for name in ("fsd", "short_blip")]
    drill.start(run, folder, drilled, str(program), command, 0, deadline, BEFORE, systemd)


def upsmons(folder: str) -> list[str]:
    return [one for one in drill.leftovers(folder) if one.startswith("process ")]


@needs_root
def test_a_drill_from_start_to_end(folder: str) -> None:
    start(folder)
    until(lambda: len(upsmons(folder)) == 2)
    assert drill.before(folder) == BEFORE
    assert drill.markers(folder) == {}
    place = Path(folder) / "fsd"
    assert (place / "upsmon.conf").read_text().splitlines()[1] == f'SHUTDOWNCMD "{place}/shutdown"'
    assert (place / "upsmon.conf").stat().st_mode & 0o777 == 0o640

    subprocess.run([str(place / "shutdown")], check=True)
    assert drill.markers(folder)["fsd"]["problem"] == ""
    assert abs(drill.markers(folder)["fsd"]["at"] - time.time()) < 60
    assert "Startup successful" in drill.said(folder)["fsd"]
    assert drill.stop(run, folder, systemd=False) == []


@needs_root
def test_it_ends_by_itself_and_takes_everything_along(folder: str) -> None:
    start(folder, deadline=2)
    until(lambda: len(upsmons(folder)) == 2)
    until(lambda: drill.leftovers(folder) == [])
    assert drill.before(folder) is None


@needs_root
def test_a_second_drill_is_refused_while_one_runs(folder: str) -> None:
    start(folder)
    until(lambda: len(upsmons(folder)) == 2)
    with pytest.raises(drill.CannotDrill, match="another drill runs"):
        start(folder)


@needs_root
@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("/sbin/no-such-program -h", "not_found"),
        ("no-such-program", "not_found"),
        ("true; if", "syntax"),
        ('sh -c "exit 1"', ""),
        ("it's; /bin/true", "syntax"),
    ],
)
def test_the_real_command_is_checked_and_not_run(folder: str, command: str, problem: str) -> None:
    start(folder, command=command)
    until(lambda: len(upsmons(folder)) == 2)
    subprocess.run([f"{folder}/fsd/shutdown"], check=True, stderr=subprocess.DEVNULL)
    assert drill.markers(folder)["fsd"]["problem"] == problem


@pytest.mark.parametrize(
    "configuration",
    [
        "",
        CONFIGURATION.replace("192.0.2.9", "192.0.2.10"),
        CONFIGURATION + "MONITOR ups@192.0.2.10 1 monuser secret secondary\n",
        CONFIGURATION.replace("{shutdowncmd}", "/sbin/shutdown -h +0"),
        CONFIGURATION + 'SHUTDOWNCMD "/sbin/shutdown -h +0"\n',
    ],
)
def test_what_watches_a_nas_or_runs_the_real_command_is_never_started(folder: str, configuration: str) -> None:
    drilled = [drill.Drilled("fsd", "ups@192.0.2.9", configuration)]
    with pytest.raises(drill.CannotDrill, match="not a drill's own"):
        drill.start(run, folder, drilled, "/bin/false", "", 0, 60, BEFORE, systemd=False)
    assert not os.path.exists(folder)


@needs_root
def test_systemd_is_asked_for_a_unit_that_ends(tmp_path: Path) -> None:
    folder, asked = str(tmp_path / "upsfleet-drill"), []

    def systemd(command: Sequence[str]) -> tuple[int, str]:
        asked.append(list(command))
        os.mkdir(folder)  # RuntimeDirectory
        return 0, ""

    drill.start(
        systemd,
        folder,
        [drill.Drilled("fsd", "ups@192.0.2.9", CONFIGURATION)],
        "/sbin/upsmon",
        "",
        0,
        300,
        BEFORE,
        systemd=True,
    )
    assert asked[0][0] == "systemd-run"
    assert "--property=RuntimeDirectory=upsfleet-drill" in asked[0]
    assert "--property=RuntimeMaxSec=320" in asked[0]
    assert "--collect" in asked[0]
    script = asked[0][asked[0].index("-c") + 1]
    assert "$$folder" in script  # what systemd leaves of it is what the shell reads
    assert "$" not in script.replace("$$", "")
    assert os.readlink(f"{folder}/fsd/upsmon-drill-fsd") == "/sbin/upsmon"
    shutil.rmtree(folder)


def test_what_systemd_run_says_is_told(tmp_path: Path) -> None:
    with pytest.raises(drill.CannotDrill, match=r"cannot start upsfleet-drill\.service: Unit exists"):
        drill.start(lambda _command: (1, "Unit exists\n"), str(tmp_path / "x"), [], "", "", 0, 9, BEFORE, systemd=True)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (BEFORE, {"processes": True, "files": True}),
        ({**BEFORE, "processes": {"4711": 1002}}, {"processes": True, "files": True}),
        ({**BEFORE, "processes": {"4711": 1009}}, {"processes": False, "files": True}),
        ({**BEFORE, "processes": {"4712": 1000}}, {"processes": False, "files": True}),
        ({**BEFORE, "processes": {}}, {"processes": False, "files": True}),
        ({**BEFORE, "files": {"/etc/nut/upsmon.conf": "abd"}}, {"processes": True, "files": False}),
    ],
)
def test_whether_the_hosts_own_upsmon_was_left_alone(now: dict[str, dict[str, object]], same: dict[str, bool]) -> None:
    assert drill.untouched(BEFORE, now) == same


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"date": 3, "scenarios": {}}', '{"date": "2026-11-27", "scenarios": []}']
)
def test_a_record_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / drill.RECORD).write_text(text)
    assert drill.record(str(tmp_path)) is None


def test_the_record_of_the_last_drill(tmp_path: Path) -> None:
    (tmp_path / drill.RECORD).write_text('{"date": "2026-11-27", "scenarios": {}}')
    assert drill.record(str(tmp_path)) == {"date": "2026-11-27", "scenarios": {}}
