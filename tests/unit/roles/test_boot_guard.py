# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When upsmon must not start: the script that nut-monitor.service asks, with doubles of upsc and systemctl."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "roles/nut_client/templates/debian/upsmon-guard.j2"  # it holds no expression
HELD, START = 75, 0
SECRET = "Sentinel-13"

# Each call of upsc is the next line of the UPS's file, the last one for ever; a UPS without a file is unreachable.
# How nut-monitor's last start ended is told the same way.
UPSC = """#!/bin/sh
echo "upsc $*" >>"$DOUBLES/calls"
file="$DOUBLES/$1"
[ -e "$file" ] || { echo "Error: Connection failure: No route to host" >&2; exit 1; }
head -n 1 "$file"
[ "$(wc -l <"$file")" -le 1 ] || sed -i 1d "$file"
"""
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"$DOUBLES/calls"
case $* in
*=Result*)
    echo "Result=$(head -n 1 "$DOUBLES/result")"
    [ "$(wc -l <"$DOUBLES/result")" -le 1 ] || sed -i 1d "$DOUBLES/result"
    ;;
show*) cat "$DOUBLES/environment" 2>/dev/null; exit 0 ;;
*is-active*) exit "$(cat "$DOUBLES/is-active")" ;;
*) exit "$(cat "$DOUBLES/start")" ;;
esac
"""
SLEEP = """#!/bin/sh
echo "sleep $*" >>"$DOUBLES/calls"
"""


class Doubles:
    """A PATH of doubles, and a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in {"upsc": UPSC, "systemctl": SYSTEMCTL, "sleep": SLEEP}.items():
            path = folder / "bin" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        (folder / "etc").mkdir()
        self.systemctl(start=0, is_active=0)

    def systemctl(self, start: int, is_active: int, *results: str) -> None:
        (self.folder / "result").write_text("".join(f"{one}\n" for one in results or ["success"]))
        (self.folder / "start").write_text(str(start))
        (self.folder / "is-active").write_text(str(is_active))

    def configure(self, *lines: str, folder: str = "etc") -> None:
        (self.folder / folder).mkdir(exist_ok=True)
        (self.folder / folder / "upsmon.conf").write_text("".join(f"{line}\n" for line in lines))

    def says(self, system: str, *statuses: str) -> None:
        (self.folder / system).write_text("".join(f"{status}\n" for status in statuses))

    def start(self, *arguments: str, conf: str = "etc") -> subprocess.Popen[str]:
        """Start the script; NUT_CONFPATH is *conf*."""
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "DOUBLES": str(self.folder)}
        environment.update({"NUT_CONFPATH": str(self.folder / conf)} if conf else {})
        command = ["sh", str(SCRIPT), *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments: str, conf: str = "etc") -> tuple[int, str]:
        """Run the script; return its status and what it said."""
        with self.start(*arguments, conf=conf) as script:
            said, _none = script.communicate(timeout=60)
        return script.returncode, said

    def calls(self, program: str) -> list[str]:
        """What a program was called with."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{program} ")]


@pytest.fixture
def doubles(tmp_path: Path) -> Doubles:
    return Doubles(tmp_path)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, a minute at most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def monitor(system: str, value: int = 1) -> str:
    return f'MONITOR "{system}" {value} "monuser" "{SECRET}" secondary'


NAS = "ups@192.0.2.10"

# what the only UPS says (None: nothing), whether upsmon is held back
ONE: list[tuple[str | None, int]] = [
    ("FSD OL", HELD),
    ("OL FSD", HELD),
    ("FSD OL CHRG", HELD),
    ("FSD OL CHRG LB", HELD),
    ("OL", START),
    ("OL CHRG LB", START),
    ("OL FSDX", START),
    ("OB DISCHRG", START),
    ("OB LB", START),
    ("FSD", START),
    ("FSD WAIT", START),
    ("FSD OB LB", START),
    ("FSD OL OB", START),
    ("FSD OFF", START),
    ("WAIT", START),
    ("", START),
    ("*", START),
    (None, START),
]


@pytest.mark.parametrize(("status", "expected"), ONE)
def test_only_a_latched_fsd_holds_upsmon_back(doubles: Doubles, status: str | None, expected: int) -> None:
    doubles.configure("MINSUPPLIES 1", monitor(NAS))
    if status is not None:
        doubles.says(NAS, status)
    ended, said = doubles.run()

    assert ended == expected
    assert doubles.calls("upsc") == [f"{NAS} ups.status"]
    waits = ["--no-block start nut-monitor-guard.service"] if expected == HELD else []
    assert doubles.calls("systemctl") == waits
    assert (f"{NAS} says FSD although it is on line" in said) == bool(waits)
    assert said.count("\n") == len(waits)


LATCHED, WELL, FAILING, LOW = "FSD OL", "OL", "FSD OB", "OB LB"

# power value and status of each UPS, MINSUPPLIES, whether upsmon is held back
SEVERAL: list[tuple[list[tuple[int, str]], int, int]] = [
    # the other one is enough: upsmon would not shut down
    ([(1, LATCHED), (1, WELL)], 1, START),
    ([(1, WELL), (1, LATCHED)], 1, START),
    ([(1, LATCHED), (1, "")], 1, START),
    # both are needed
    ([(1, LATCHED), (1, WELL)], 2, HELD),
    ([(1, LATCHED), (1, LATCHED)], 1, HELD),
    ([(1, LATCHED), (1, LATCHED)], 2, HELD),
    # what is on line in truth is enough, or not
    ([(1, LATCHED), (1, FAILING)], 1, HELD),
    ([(1, LATCHED), (1, LOW)], 1, HELD),
    ([(1, LATCHED), (1, FAILING)], 2, START),
    ([(2, LATCHED), (1, FAILING)], 2, HELD),
    # what feeds nothing does not count
    ([(1, WELL), (0, LATCHED)], 1, START),
    ([(1, LATCHED), (0, WELL)], 1, HELD),
    ([(0, LATCHED)], 1, START),
    # upsmon only watches
    ([(1, LATCHED)], 0, START),
]


@pytest.mark.parametrize(("upses", "minsupplies", "expected"), SEVERAL)
def test_several_upses_count_as_upsmon_counts_them(
    doubles: Doubles, upses: list[tuple[int, str]], minsupplies: int, expected: int
) -> None:
    systems = [f"ups{number}@192.0.2.10" for number in range(len(upses))]
    lines = [monitor(system, value) for system, (value, _status) in zip(systems, upses)]
    doubles.configure(*lines, f"MINSUPPLIES {minsupplies}")
    for system, (_value, status) in zip(systems, upses):
        doubles.says(system, status)

    assert doubles.run()[0] == expected
    asked = [f"{system} ups.status" for system, (value, _status) in zip(systems, upses) if value]
    assert sorted(doubles.calls("upsc")) == asked


# a line as people write it, which UPS it means
LINES: list[tuple[str, str]] = [
    (f"MONITOR {NAS} 1 monuser {SECRET} slave", NAS),
    (f"\tMONITOR   {NAS}\t1 monuser {SECRET} slave", NAS),
    (f'MONITOR "{NAS}:3493" "1" "monuser" "{SECRET}" "secondary"', f"{NAS}:3493"),
    (f"MONITOR ups@[2001:db8::10]:3493 1 monuser {SECRET} secondary", "ups@[2001:db8::10]:3493"),
    (f"MONITOR my-ups_2@nas.example.com 1 monuser {SECRET} secondary\r", "my-ups_2@nas.example.com"),
]


@pytest.mark.parametrize(("line", "system"), LINES)
def test_a_line_is_read_as_people_write_it(doubles: Doubles, line: str, system: str) -> None:
    doubles.configure("# MONITOR other@192.0.2.99 1 monuser x secondary", line)
    doubles.says(system, LATCHED)
    assert doubles.run()[0] == HELD
    assert doubles.calls("upsc") == [f"{system} ups.status"]


@pytest.mark.parametrize("lines", [[], ["MONITOR"], ["MONITOR $(reboot)@x 1 a b slave"], ["MONITOR -h 1 a b slave"]])
def test_what_cannot_be_read_starts_upsmon(doubles: Doubles, lines: list[str]) -> None:
    doubles.configure(*lines)
    assert doubles.run()[0] == START


def test_without_a_configuration_upsmon_starts_and_says_why_itself(doubles: Doubles) -> None:
    assert doubles.run()[0] == START
    assert doubles.calls("systemctl") == []


def test_a_guard_that_cannot_wait_holds_nothing_back(doubles: Doubles) -> None:
    doubles.configure(monitor(NAS))
    doubles.says(NAS, LATCHED)
    doubles.systemctl(start=1, is_active=3)
    assert doubles.run()[0] == START


def test_the_password_goes_nowhere(doubles: Doubles) -> None:
    doubles.configure(monitor(NAS))
    doubles.says(NAS, LATCHED, WELL)
    said = doubles.run()[1] + doubles.run("wait")[1]
    assert SECRET not in said + (doubles.folder / "calls").read_text()


def test_it_waits_says_so_once_a_minute_and_starts_upsmon(doubles: Doubles) -> None:
    doubles.configure(monitor(NAS))
    doubles.says(NAS, *[LATCHED] * 25, WELL)
    ended, said = doubles.run("wait")

    assert ended == 0
    assert doubles.calls("sleep") == ["5"] * 25
    assert said.count("upsmon is not started") == 3  # at once, and after a minute each
    assert doubles.calls("systemctl")[-2:] == ["start nut-monitor.service", "--quiet is-active nut-monitor.service"]


@pytest.mark.parametrize("status", [WELL, FAILING, "FSD WAIT", LOW])
def test_whatever_follows_the_latch_starts_upsmon(doubles: Doubles, status: str) -> None:
    doubles.configure(monitor(NAS))
    doubles.says(NAS, LATCHED, status)
    assert doubles.run("wait")[0] == 0
    assert doubles.calls("systemctl") == ["start nut-monitor.service", "--quiet is-active nut-monitor.service"]


def test_it_goes_on_waiting_where_the_unit_has_had_another_answer(doubles: Doubles) -> None:
    """Answers were lost: the unit asks by itself, and does not start; a second guard it cannot have."""
    doubles.configure(monitor(NAS))
    doubles.says(NAS, LATCHED, WELL, WELL, LATCHED, WELL)
    doubles.systemctl(0, 3, "exec-condition", "exec-condition", "success")
    assert doubles.run("wait")[0] == 0
    assert doubles.calls("systemctl").count("start nut-monitor.service") == 3
    assert len(doubles.calls("sleep")) == 4


def test_a_start_that_fails_is_tried_again_by_systemd(doubles: Doubles) -> None:
    """The guard's unit restarts it on failure; nobody else would start upsmon."""
    doubles.configure(monitor(NAS))
    doubles.says(NAS, WELL)
    doubles.systemctl(start=1, is_active=3)
    assert doubles.run("wait")[0] == 1
    assert doubles.calls("systemctl") == ["start nut-monitor.service"]


@pytest.mark.parametrize(("of_nut_conf", "system"), [("", "ups@192.0.2.11"), ("etc", NAS)])
def test_it_reads_the_configuration_that_upsmon_is_led_to(doubles: Doubles, of_nut_conf: str, system: str) -> None:
    """By nut.conf, which both units read, or else by what nut-monitor.service says of its own."""
    elsewhere = str(doubles.folder / "elsewhere")
    (doubles.folder / "environment").write_text(f"Environment=LANG=C NUT_CONFPATH={elsewhere} TZ=UTC\n")
    doubles.configure(monitor(NAS))
    doubles.configure(monitor("ups@192.0.2.11"), folder="elsewhere")
    assert doubles.run("wait", conf=of_nut_conf)[0] == 0
    assert doubles.calls("upsc") == [f"{system} ups.status"]


def test_a_stop_ends_it_at_once(doubles: Doubles) -> None:
    doubles.configure(monitor(NAS))
    doubles.says(NAS, LATCHED)
    asleep = doubles.folder / "asleep"
    (doubles.folder / "bin" / "sleep").write_text(
        f"#!/bin/sh\necho $$ >{asleep}.new\nmv {asleep}.new {asleep}\nexec tail -f\n"
    )
    with doubles.start("wait") as guard:
        until(asleep.exists)
        guard.send_signal(signal.SIGTERM)
        assert guard.wait(timeout=60) == 0
    until(lambda: not Path(f"/proc/{asleep.read_text().strip()}").exists())
    assert doubles.calls("systemctl") == []
