# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of the chain from upsmon's login to the power-off of a Linux host."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import chain

WANTED = {
    "etc": "/etc/nut",
    "programs": ["/sbin/upsmon", "/lib/nut/upsmon"],
    "user": "nut",
    "units": ["nut-monitor.service", "nut.target"],
    "persistent": ["/etc/nut", "/etc/systemd/system"],
}
SHOWN = {
    "nut-monitor.service": {
        "Id": "nut-monitor.service",
        "LoadState": "loaded",
        "FragmentPath": "/lib/systemd/system/nut-monitor.service",
        "DropInPaths": "/etc/systemd/system/nut-monitor.service.d/upsfleet.conf",
        "ExecStart": "{ path=/sbin/upsmon ; argv[]=/sbin/upsmon -F ; ignore_errors=no ; pid=0 }",
        "Environment": "",
        "EnvironmentFiles": "/etc/nut/nut.conf (ignore_errors=yes)",
    },
    "poweroff.target": {"Id": "poweroff.target", "LoadState": "masked"},
    "shutdown.target": {"Id": "shutdown.target", "LoadState": "loaded"},
}


class Root:
    """A root file system of a few files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = str(folder)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        target = self.folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def process(self, pid: int, uid: int, parent: int = 1, environment: str = "", unit: str = "") -> None:
        """Add a process of upsmon."""
        self.write(f"/proc/{pid}/status", f"Name:\tupsmon\nPPid:\t{parent}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        self.write(f"/proc/{pid}/environ", f"PATH=/bin\0{environment}\0")
        self.write(f"/proc/{pid}/cmdline", "/lib/nut/upsmon\0-F\0")
        self.write(
            f"/proc/{pid}/cgroup", f"12:cpu:/x.scope\n1:name=systemd:/system.slice/{unit or 'nut-monitor.service'}\n"
        )
        (self.folder / f"proc/{pid}/exe").symlink_to("/usr/lib/nut/upsmon (deleted)")


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def nothing(argv: Sequence[str]) -> tuple[int, str]:
    raise AssertionError(f"nothing is to be executed: {argv}")


def look(root: Root, *pids: int, run: Any = nothing, **more: Any) -> dict[str, Any]:
    return chain.look(run, WANTED, SHOWN, pids, root=root.path, **more)


def test_the_running_upsmon_is_looked_at(root: Root) -> None:
    root.process(812, 0)
    root.process(813, 112, parent=812)
    root.write("/etc/nut/upsmon.conf", 'SHUTDOWNCMD "/opt/off"\nMONITOR ups@192.0.2.10 1 monuser secret slave\n')
    seen = look(root, 813, 812)

    assert [(one["pid"], one["parent"], one["uid"]) for one in seen["processes"]] == [(812, 1, 0), (813, 812, 112)]
    first = seen["processes"][0]
    assert (first["program"], first["arguments"], first["unit"]) == (
        "/usr/lib/nut/upsmon",
        ["-F"],
        "nut-monitor.service",
    )
    assert seen["configuration"] == "/etc/nut"
    assert ["SHUTDOWNCMD", "/opt/off"] in seen["directives"]
    assert seen["commands"]["shutdowncmd"]["problem"] == "not_found"
    assert seen["masked"] == ["poweroff.target"]
    assert seen["units"]["nut-monitor.service"]["files"] == [
        "/lib/systemd/system/nut-monitor.service",
        "/etc/systemd/system/nut-monitor.service.d/upsfleet.conf",
    ]
    assert "secret" not in str(seen)


def test_its_own_environment_leads_to_its_configuration(root: Root) -> None:
    root.process(812, 0, environment="NUT_CONFPATH=/srv/nut")
    root.write("/srv/nut/upsmon.conf", 'SHUTDOWNCMD "/bin/true"\n')
    seen = look(root, 812)
    assert (seen["configuration"], seen["directives"]) == ("/srv/nut", [["SHUTDOWNCMD", "/bin/true"]])


@pytest.mark.parametrize(
    ("fields", "text", "configuration"),
    [
        ({"Environment": "A=b NUT_CONFPATH=/srv/nut"}, "", "/srv/nut"),
        ({}, "NUT_CONFPATH='/srv/two'\nMODE=netclient\n", "/srv/two"),
        ({}, "# NUT_CONFPATH=/srv/two\nMODE=netclient\n", None),
    ],
)
def test_what_the_unit_will_start(root: Root, fields: dict[str, str], text: str, configuration: str | None) -> None:
    root.write("/etc/nut/nut.conf", text)
    start = chain.unit_start({**SHOWN["nut-monitor.service"], **fields}, root.path)
    assert start["configuration"] == configuration
    assert start["program"] == f"{root.path}/sbin/upsmon"


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/nut-monitor.service\n", "nut-monitor.service"),
        ("3:cpu:/a.service\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n", "session-3.scope"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/own.service", "own.service"),
        ("0::/\n", ""),
        ("", ""),
    ],
)
def test_who_started_it(root: Root, cgroup: str, unit: str) -> None:
    root.process(812, 0)
    root.write("/proc/812/cgroup", cgroup)
    assert chain.process(812, root.path)["unit"] == unit


def test_a_process_that_cannot_be_read_is_unknown(root: Root) -> None:
    gone: dict[str, Any] = {
        "pid": 9,
        "parent": None,
        "uid": None,
        "program": "",
        "arguments": [],
        "configuration": None,
        "unit": "",
    }
    assert chain.process(9, root.path) == gone


MOUNTS = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:25 / /run rw - tmpfs tmpfs rw\n"
OVERLAY = "22 1 0:50 / / rw - overlay overlay rw,lowerdir=/media/root-ro,upperdir={},workdir=/w\n"


@pytest.mark.parametrize(
    ("mounts", "cmdline", "lost"),
    [
        (MOUNTS, "root=/dev/sda1", []),
        (MOUNTS + "31 22 0:26 / /etc/nut rw - tmpfs tmpfs rw\n", "", ["/etc/nut"]),
        ("22 1 0:2 / / rw - tmpfs rootfs rw\n", "", WANTED["persistent"]),
        # overlayroot of Debian and Ubuntu
        (
            OVERLAY.format("/media/root-rw/overlay") + "23 22 0:51 / /media/root-rw rw - tmpfs tmpfs-root rw\n",
            "overlayroot=tmpfs",
            WANTED["persistent"],
        ),
        # raspi-config: the upper folder is not to be seen from the running system
        (OVERLAY.format("/upper/data"), "console=tty1 boot=overlay", WANTED["persistent"]),
        # an overlay on a disk, such as a container's
        (OVERLAY.format("/var/lib/containers/1/diff"), "root=/dev/sda1", []),
        (OVERLAY.format("/media/rw/overlay") + "23 22 8:2 / /media/rw rw - ext4 /dev/sda2 rw\n", "", []),
        ("", "", []),
    ],
)
def test_what_is_lost_at_the_next_boot(root: Root, mounts: str, cmdline: str, lost: list[str]) -> None:
    root.write("/proc/self/mountinfo", mounts)
    root.write("/proc/cmdline", cmdline)
    assert chain.volatile(WANTED["persistent"], root.path) == lost


def test_a_container_of_such_a_host_keeps_what_it_has(root: Root) -> None:
    root.write("/proc/self/mountinfo", OVERLAY.format("/var/lib/containers/1/diff"))
    root.write("/proc/cmdline", "boot=overlay")
    root.write("/run/.containerenv", "")
    assert chain.volatile(WANTED["persistent"], root.path) == []


LISTED = """NetworkManager 0 root 610 NetworkManager sleep NetworkManager needs to turn off networks delay
APT 0 root 4711 apt-get shutdown APT is running a transaction block
me 1000 me 99 gnome-session idle:shutdown:sleep somebody works block
"""


@pytest.mark.parametrize(
    ("version", "holders"), [("systemd 252 (252.39)\n+PAM", None), ("systemd 257 (257.13)", 2), ("", None)]
)
def test_who_holds_an_inhibitor(version: str, holders: int | None) -> None:
    answers = {"systemctl": version, "systemd-inhibit": LISTED}
    found = chain.inhibitors(lambda argv: (0, answers[argv[0]]))
    assert (found if found is None else len(found)) == holders


def test_inhibitors_are_asked_for_only_where_they_matter(root: Root) -> None:
    root.write("/etc/nut/upsmon.conf", 'SHUTDOWNCMD "/usr/local/sbin/upsmon-shutdown"\n')
    assert look(root)["inhibitors"] is None
    root.write("/etc/nut/upsmon.conf", 'SHUTDOWNCMD "/sbin/shutdown -h +0"\n')
    assert look(root, run=lambda argv: (0, "systemd 257\n" if "systemctl" in argv else ""))["inhibitors"] == []


@pytest.mark.parametrize(
    ("conf", "journal", "calibrated"),
    [
        ("", "UPS ups@192.0.2.10: calibration in progress\n", True),
        ("", "UPS ups@192.0.2.10 on line power\n", False),
        ('NOTIFYMSG CAL "%s tests itself"', "ups@192.0.2.10 tests itself\n", True),
        ('NOTIFYMSG CAL "%s tests itself"', "UPS ups@192.0.2.10: calibration in progress\n", False),
        ('NOTIFYMSG CAL "%s"', "ups@192.0.2.10\n", False),  # told from no other message
        ('NOTIFYMSG CAL "UPS %s"', "UPS ups@192.0.2.10 on line power\n", False),
    ],
)
def test_a_calibration_is_found_in_the_journal(root: Root, conf: str, journal: str, calibrated: bool) -> None:
    asked: list[str] = []

    def run(argv: Sequence[str]) -> tuple[int, str]:
        asked.extend(argv)
        return 0, journal

    root.write("/etc/nut/upsmon.conf", conf)
    assert look(root, run=run, calibrated_since=1_800_000_000.7)["calibrated"] is calibrated
    assert not asked or "--since=@1800000000" in asked


def test_a_stale_pid_file(root: Root) -> None:
    root.write("/run/nut/upsmon.pid", "4711\n")
    assert chain.stale_pid_file([812], root.path) == "/run/nut/upsmon.pid"
    assert chain.stale_pid_file([4711], root.path) == ""
