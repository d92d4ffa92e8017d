# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits in force of what runs: what systemctl showed on four releases, and units made up one by one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import stop_limits

RECORDED = Path(__file__).parent / "recorded"
RELEASES = ("bullseye", "bookworm", "trixie", "forky")
QUIET = 't 5000000\ns ""\ns ""\n'


def shown(release: str) -> str:
    """Return what systemctl showed of a protected host with a unit that ignores TERM and has TimeoutStopSec=300."""
    return (RECORDED / f"{release}.systemctl-show.txt").read_text(encoding="utf-8")


def unit(name: str, **properties: str) -> str:
    """Return what systemctl shows of a unit that runs and is stopped at a shutdown."""
    fields = {
        "Id": name,
        "ActiveState": "active",
        "SubState": "running",
        "TimeoutStopUSec": "10s",
        "Conflicts": "shutdown.target",
        **properties,
    }
    return "\n".join(f"{key}={value}" for key, value in fields.items())


def units(*blocks: str) -> dict[str, stop_limits.Unit]:
    return stop_limits.parse("\n\n".join(blocks))


def chain(*blocks: str, own: dict[str, int | None] | None = None) -> list[tuple[str, int | None]]:
    return [(one["unit"], one["seconds"]) for one in stop_limits.longest_chain(units(*blocks), own or {})]


@pytest.mark.parametrize("release", RELEASES)
def test_a_unit_that_ignores_term_is_the_longest_of_every_release(release: str) -> None:
    found = stop_limits.longest_chain(stop_limits.parse(shown(release)), {})
    assert found[0] == {"unit": "stubborn.service", "seconds": 300}
    assert sum(one["seconds"] for one in found) in (480, 390)


TIMES: list[tuple[str, int | None]] = [
    ("1min 30s", 90),
    ("5min", 300),
    ("30s", 30),
    ("1h 2min 3s", 3723),
    ("500ms", 1),
    ("1min 1us", 61),
    ("0", 0),
    ("infinity", None),
    ("", None),
    ("soon", None),
    ("5parsec", None),
]


@pytest.mark.parametrize(("text", "seconds"), TIMES)
def test_times_as_systemd_says_them(text: str, seconds: int | None) -> None:
    assert stop_limits.seconds(text) == seconds


STOP = "{ path=/bin/true ; argv[]=/bin/true ; ignore_errors=no }"
# the unit, its limit
LIMITS: list[tuple[str, int | None]] = [
    (unit("a.service"), 10),
    (unit("a.service", TimeoutStopUSec="infinity"), None),
    # each command, and then the processes
    (unit("a.service", ExecStop=STOP), 20),
    (unit("a.service", ExecStop=f"{STOP}\nExecStop={STOP}", ExecStopPost=STOP), 40),
    # what has ended long ago has nothing but its commands
    (unit("a.service", SubState="exited"), 0),
    (unit("a.service", SubState="exited", ExecStop=STOP), 10),
    (unit("session-1.scope"), 10),
    (unit("mnt.mount", TimeoutUSec="1min 30s", Type="nfs4"), 90),
    (unit("mnt.mount", TimeoutUSec="1min 30s", Type="tmpfs"), 0),
    (unit("dev-sda2.swap", TimeoutUSec="1min 30s"), 90),
    (unit("a.socket", TimeoutUSec="1min 30s"), 0),
    (unit("a.target"), 0),
]


@pytest.mark.parametrize(("block", "limit"), LIMITS)
def test_the_limit_of_a_unit(block: str, limit: int | None) -> None:
    [(name, fields)] = units(block).items()
    assert stop_limits.limit(name, fields, {}) == limit


def test_a_limit_of_its_own_is_for_a_unit_without_one() -> None:
    own: dict[str, int | None] = {"a.service": 70, "b.service": 70}
    without, bounded = unit("a.service", TimeoutStopUSec="infinity"), unit("b.service")
    assert chain(without, own=own) == [("a.service", 70)]
    assert chain(bounded, own=own) == [("b.service", 10)]


CHAINS: list[tuple[list[str], list[tuple[str, int | None]]]] = [
    ([], []),
    # at the same time: the longer one
    ([unit("a.service"), unit("b.service", TimeoutStopUSec="20s")], [("b.service", 20)]),
    # what is ordered after another one is stopped before it
    ([unit("a.service"), unit("b.service", After="a.service")], [("b.service", 10), ("a.service", 10)]),
    # also by way of what takes no time
    (
        [unit("a.service"), unit("t.target", After="a.service"), unit("b.service", After="t.target")],
        [("b.service", 10), ("a.service", 10)],
    ),
    # a unit that is not there orders nothing
    ([unit("b.service", After="a.service x.service"), unit("a.service")], [("b.service", 10), ("a.service", 10)]),
    # what does not run takes no time
    ([unit("a.service", ActiveState="inactive"), unit("b.service", After="a.service")], [("b.service", 10)]),
    # what is starting runs
    ([unit("a.service", ActiveState="activating")], [("a.service", 10)]),
    # no shutdown stops it, so it is left over
    ([unit("a.service", Conflicts="")], []),
    # but what it needs is stopped
    ([unit("a.service", Conflicts="", BindsTo="b.service"), unit("b.service")], [("a.service", 10)]),
    ([unit("mnt.mount", Conflicts="umount.target", TimeoutUSec="90s")], [("mnt.mount", 90)]),
    # no limit outweighs all
    (
        [unit("a.service", TimeoutStopUSec="infinity"), unit("b.service", TimeoutStopUSec="1h")],
        [("a.service", None)],
    ),
    # a circle, which systemd breaks somewhere
    (
        [unit("a.service", After="b.service"), unit("b.service", After="a.service")],
        [("b.service", 10), ("a.service", 10)],
    ),
]


@pytest.mark.parametrize(("blocks", "expected"), CHAINS)
def test_the_longest_chain(blocks: list[str], expected: list[tuple[str, int | None]]) -> None:
    assert chain(*blocks) == expected


def look(
    tmp_path: Path, *blocks: str, logind: str = QUIET, default: str = "1min 30s", command: str | None = None
) -> dict[str, Any]:
    """Return what is seen where systemctl and busctl say this."""

    def run(argv: Sequence[str]) -> tuple[int, str]:
        if argv[0] == "busctl":
            return 0, logind
        if "*" in argv:
            return 0, "\n\n".join([unit("sysinit.target"), *blocks])
        return 0, f"DefaultTimeoutStopUSec={default}\n"

    return stop_limits.look(run, command, str(tmp_path))


def poweroff(limit: str, action: str = "poweroff-force") -> str:
    return unit("poweroff.target", ActiveState="inactive", JobTimeoutUSec=limit, JobTimeoutAction=action)


# units, what bounds them: all that there is, seconds
SUMS: list[tuple[list[str], int | None]] = [
    ([unit("a.service")], 100),
    ([unit("a.service", TimeoutStopUSec="1h"), poweroff("30min")], 1890),
    ([unit("a.service", TimeoutStopUSec="infinity"), poweroff("30min")], 1890),
    ([unit("a.service", TimeoutStopUSec="infinity"), poweroff("30min", "none")], None),
    ([unit("a.service", TimeoutStopUSec="infinity"), poweroff("infinity")], None),
    ([unit("a.service"), poweroff("30min")], 100),
]


@pytest.mark.parametrize(("blocks", "expected"), SUMS)
def test_all_that_bounds_a_power_off(tmp_path: Path, blocks: list[str], expected: int | None) -> None:
    found = look(tmp_path, *blocks)
    assert (found["code"], found["seconds"], found["final"]) == ("", expected, 90)


def test_left_over_processes_are_given_no_end_where_systemd_is_told_so(tmp_path: Path) -> None:
    assert look(tmp_path, unit("a.service"), default="infinity")["seconds"] is None


def test_without_systemd_nothing_is_known() -> None:
    assert stop_limits.look(lambda argv: (127, "")) == {"code": "no_systemd"}


LOGIND: dict[str, str] = {
    "etc/systemd/logind.conf": "[Login]\n#InhibitDelayMaxSec=5\n",
    "usr/lib/systemd/logind.conf.d/unattended-upgrades-logind-maxdelay.conf": "[Login]\nInhibitDelayMaxSec=30\n",
}
KUBELET = {"etc/systemd/logind.conf.d/99-kubelet.conf": "[Login]\nInhibitDelayMaxSec=60\n"}
UNATTENDED = "/usr/lib/systemd/logind.conf.d/unattended-upgrades-logind-maxdelay.conf"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, ""),
        (LOGIND, UNATTENDED),
        # the last by name wins, wherever it is: 99 comes before u
        ({**LOGIND, **KUBELET}, UNATTENDED),
        (KUBELET, "/etc/systemd/logind.conf.d/99-kubelet.conf"),
        # a file of the same name in /etc hides the package's
        (
            {**LOGIND, "etc/systemd/logind.conf.d/unattended-upgrades-logind-maxdelay.conf": "", **KUBELET},
            "/etc/systemd/logind.conf.d/99-kubelet.conf",
        ),
    ],
)
def test_who_says_how_long_logind_waits(tmp_path: Path, files: dict[str, str], says: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = look(tmp_path, logind='t 30000000\ns "shutdown:sleep"\ns ""\n')
    assert found["inhibit"] == {"seconds": 30, "file": says}
    assert found["seconds"] == 120


@pytest.mark.parametrize("logind", [QUIET, 't 30000000\ns "sleep"\ns "sleep"\n', "", "Failed to get property\n"])
def test_where_nobody_asked_logind_waits_for_nobody(tmp_path: Path, logind: str) -> None:
    assert look(tmp_path, logind=logind)["inhibit"] == {"seconds": 0, "file": ""}


OURS = "#!/bin/sh\n# Written by Ansible (upsfleet.synology.nut_client): ...\nwait=60 # seconds\n"
BLOCKED = 't 5000000\ns ""\ns "shutdown"\n'
# the script that SHUTDOWNCMD names, who holds an inhibitor; wait, limit, and everything
SCRIPTS: list[tuple[str, str, tuple[int, int | None, int]]] = [
    (OURS, QUIET, (0, None, 100)),
    (OURS, BLOCKED, (60, None, 160)),
    (f"{OURS}limit=45 # seconds\n", BLOCKED, (60, 45, 45)),
    (f"{OURS}limit=600\n", QUIET, (0, 600, 100)),
    ("#!/bin/sh\nwait=60\nlimit=45\n", BLOCKED, (0, None, 100)),
    ("", BLOCKED, (0, None, 100)),
]


@pytest.mark.parametrize(("script", "logind", "expected"), SCRIPTS)
def test_what_the_roles_own_shutdowncmd_waits_for_and_bounds(
    tmp_path: Path, script: str, logind: str, expected: tuple[int, int | None, int]
) -> None:
    (tmp_path / "off").write_text(script, encoding="utf-8")
    (tmp_path / "off").chmod(0o755)
    found = look(tmp_path, unit("a.service"), logind=logind, command="/off")
    assert (found["wait"], found["limit"], found["seconds"]) == expected


TEMPLATE = Path(__file__).parents[5] / "roles/nut_client/templates/debian/upsmon-shutdown.j2"


def test_every_number_of_the_roles_script_is_read(tmp_path: Path) -> None:
    template = TEMPLATE.read_text(encoding="utf-8")
    (tmp_path / "off").write_text(re.sub(r"\{\{.*?\}\}", "45", template), encoding="utf-8")
    found = look(tmp_path, logind=BLOCKED, command="/off")
    names = re.findall(r"^(\w+)=\{\{", template, re.MULTILINE)
    assert "wait" in names
    assert [found[name] for name in names] == [45] * len(names)
