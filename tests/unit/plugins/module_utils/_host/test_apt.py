# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps apt from installing: recorded texts of apt and dpkg, a disk and a journal made up, a real lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import apt
from ansible_collections.upsfleet.synology.plugins.module_utils._host.apt import Package

Run = Callable[[Sequence[str]], tuple[int, str]]
OFFERED = "nut-client:\n  Installed: (none)\n  Candidate: 2.8.1-5+deb13u1\n  Version table:\n"
NOT_OFFERED = "nut-client:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n"
PLAN = "Reading package lists...\nInst libnspr4 (2:4.36-1 Debian:13.8/stable [amd64])\nInst nut-client (2.8.1-5)\n"
ABSENT = Package("nut-client", "install", "not-installed")
BROKEN = Package("broken", "install", "half-configured")
# apt 3.0 of Debian 13
UPDATE = """Ign:1 http://127.0.0.1:1/debian nosuch InRelease
Get:2 http://archive.example/debian trixie InRelease [140 kB]
Get:3 http://archive.example/debian trixie-updates InRelease [47.3 kB]
Err:3 http://archive.example/debian trixie-updates InRelease
  Sub-process /usr/bin/sqv returned an error code (1), error message is: No such file or directory
Err:1 http://127.0.0.1:1/debian nosuch InRelease
  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: Connection refused)
  Unable to connect to 127.0.0.1:1:
Reading package lists...
W: OpenPGP signature verification failed: http://archive.example/debian trixie-updates InRelease
E: The repository 'http://archive.example/debian trixie-updates InRelease' is not signed.
"""
UNAUTHORISED = """Hit:1 http://archive.example/debian trixie InRelease
Err:2 https://enterprise.proxmox.com/debian/pve trixie InRelease
  401  Unauthorized [IP: 192.0.2.77 443]
Reading package lists...
E: Failed to fetch https://enterprise.proxmox.com/debian/pve/dists/trixie/InRelease  401  Unauthorized
"""


def host(policy: str = OFFERED, plan: str = PLAN, fetched: int = 0, listed: str = "") -> Run:
    """Return what runs commands on a host where they print this."""

    def run(argv: Sequence[str]) -> tuple[int, str]:
        if argv[0] == "apt-get":
            return (0, plan) if "-s" in argv else (fetched, "E: Failed to fetch http://me:pw@192.0.2.9/x 404 Not Found")
        return 0, {"apt-cache": policy, "dpkg-query": listed}[argv[0]]

    return run


@pytest.fixture(autouse=True)
def healthy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nobody holds a lock, the disks are empty, no dpkg was interrupted."""
    for name in ("locked", "interrupted"):
        monkeypatch.setattr(apt, name, lambda: None)
    monkeypatch.setattr(apt, "disk", lambda _needed: None)
    return tmp_path


@pytest.mark.parametrize(
    ("status", "said", "failed"),
    [
        (0, "Hit:1 http://archive.example/debian trixie InRelease\nReading package lists...\n", []),
        (
            100,
            UPDATE,
            [
                "http://archive.example/debian trixie-updates: Sub-process /usr/bin/sqv returned an error code (1), "
                "error message is: No such file or directory",
                "http://127.0.0.1:1/debian nosuch: Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: "
                "Connection refused)",
            ],
        ),
        (
            100,
            UNAUTHORISED,
            ["https://enterprise.proxmox.com/debian/pve trixie: 401  Unauthorized [IP: 192.0.2.77 443]"],
        ),
        (
            100,
            "Hit:1 http://x y InRelease\nE: Release file for http://x/InRelease is expired (invalid since 3d).\n",
            ["E: Release file for http://x/InRelease is expired (invalid since 3d)."],
        ),
        (0, "Err:1 http://me:pw@192.0.2.9/debian x InRelease\n  404\n", ["http://192.0.2.9/debian x: 404"]),
        (0, "Err:1 http://192.0.2.9/debian x InRelease\nReading package lists...\n", ["http://192.0.2.9/debian x: "]),
    ],
)
def test_lists_that_cannot_be_had_are_named(status: int, said: str, failed: list[str]) -> None:
    assert apt.refresh(lambda _argv: (status, said)) == failed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a\n\nlast\n", ["last"]),
        ("Reading...\nE: one\nW: two\nE: three\n", ["E: one", "E: three"]),
        ("E: 1\nE: 2\nE: 3\nE: 4\nend\n", ["E: 2", "E: 3", "E: 4"]),
        ("dpkg: error processing package x (--configure):\n x\n", ["dpkg: error processing package x (--configure):"]),
        ("E: Failed to fetch https://me:s3cret@192.0.2.9/x", ["E: Failed to fetch https://192.0.2.9/x"]),
    ],
)
def test_last_words(text: str, words: list[str]) -> None:
    assert apt.last_words(text) == words


def test_packages_are_read_also_those_that_are_not_there() -> None:
    listed = "nut-client hold not-installed\nlibc6 install installed\n\nbroken install half-configured\n"
    assert apt.packages(host(listed=listed)) == [
        Package("nut-client", "hold", "not-installed"),
        Package("libc6", "install", "installed"),
        BROKEN,
    ]


HELD = [Package("nut-client", "hold", "not-installed")]
TAKES_APCUPSD = f"{PLAN}Remv apcupsd [3.14.14-5]\n"
DEAD = ["http://192.0.2.9/debian x: 404"]
# the host, its packages, what may go, the lists that failed (None: not fetched); what stands in the way, its words
BEFORE: list[tuple[Run, list[Package], list[str], list[str] | None, str, str]] = [
    (host(), [ABSENT], [], None, "", ""),
    (host(), [ABSENT, BROKEN], [], None, "", ""),  # apt configures it, or goes on without
    (host(), HELD, [], None, "held", "sudo apt-mark unhold nut-client"),
    (host(), [Package("libupsclient6", "hold", "installed")], [], None, "", ""),
    (host(plan=TAKES_APCUPSD), [ABSENT], [], None, "would_remove", "would remove apcupsd."),
    (host(plan=TAKES_APCUPSD), [ABSENT], ["apcupsd"], None, "", ""),
    (host(plan=f"{TAKES_APCUPSD}Remv apcupsd-cgi [3]\n"), [ABSENT], ["apcupsd"], None, "would_remove", "apcupsd-cgi."),
    (host(NOT_OFFERED), [ABSENT], [], None, "", ""),  # the lists may be out of date
    (host(NOT_OFFERED), [ABSENT], [], [], "no_candidate", "No package list that could be read offers nut-client."),
    (host(NOT_OFFERED), [ABSENT], [], DEAD, "no_candidate", "Not readable: http://192.0.2.9/debian x: 404"),
    (host(), [ABSENT], [], DEAD, "", ""),
]


@pytest.mark.parametrize(("run", "known", "removable", "failed_lists", "code", "words"), BEFORE)
def test_what_no_attempt_gets_over(
    run: Run, known: list[Package], removable: list[str], failed_lists: list[str] | None, code: str, words: str
) -> None:
    found = apt.before_trying(run, "nut-client", known, removable, failed_lists)
    assert (found.code if found else "") == code
    assert words in (found.text if found else "")


@pytest.mark.parametrize(
    ("run", "known", "code", "words"),
    [
        (host(), HELD, "held", "unhold"),
        (host(NOT_OFFERED), [ABSENT], "no_candidate", "offers nut-client"),
        (host(), [ABSENT, BROKEN], "half_done", "broken is half-configured. Run `sudo dpkg --configure -a`"),
        (host(), [BROKEN, Package("nut-client", "install", "unpacked")], "half_done", "nut-client is unpacked, broken"),
        (host(fetched=100), [ABSENT], "download", "apt-get said: E: Failed to fetch http://192.0.2.9/x 404 Not Found"),
        (host(), [ABSENT], "unknown", "Run `sudo apt-get install nut-client`"),
        (host(), [Package("libupsclient6", "hold", "installed")], "unknown", "one may be in the way: libupsclient6."),
    ],
)
def test_why_the_last_attempt_failed(run: Run, known: list[Package], code: str, words: str) -> None:
    found = apt.after_trying(run, "nut-client", known, [])
    assert found.code == code
    assert words in found.text


@pytest.mark.parametrize(
    ("name", "code"), [("locked", "locked"), ("interrupted", "interrupted"), ("disk", "disk_full")]
)
def test_the_state_of_the_host_comes_before_all_else(name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, name, lambda *_needed: apt.Obstacle(code, "Do this."))
    found = apt.after_trying(host(NOT_OFFERED), "nut-client", HELD, [])
    assert found == (code, "Do this.")


@pytest.mark.parametrize(("policy", "needed"), [(OFFERED, apt.NEEDED), (NOT_OFFERED, apt.NEEDED_FOR_LISTS)])
def test_lists_that_are_to_be_fetched_need_more_room(policy: str, needed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(apt, "disk", asked.append)
    apt.before_trying(host(policy), "nut-client", [ABSENT], [], None)
    assert asked == [needed]


def test_what_is_half_done_is_said() -> None:
    obstacle = apt.Obstacle("half_done", "Do this.")
    unpacked = Package("nut-client", "install", "unpacked")
    assert apt.summary("nut-client", [unpacked], obstacle, "") == "nut-client is unpacked, not installed: Do this."
    assert apt.summary("nut-client", [ABSENT], obstacle, "Reading...\nE: no\n") == (
        "nut-client was not installed: Do this. apt said: E: no"
    )


def test_a_package_is_installed_whatever_became_of_others() -> None:
    assert apt.is_installed("nut-client", [BROKEN, Package("nut-client", "install", "installed")])
    assert not apt.is_installed("nut-client", [BROKEN, ABSENT])


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module as it is, without what stands in for a healthy host."""
    monkeypatch.undo()
    return apt


@pytest.mark.parametrize(
    ("names", "code"), [([], ""), (["tmp.i"], ""), (["0001"], "interrupted"), (["0", "x"], "interrupted")]
)
def test_a_journal_that_is_left_means_an_interrupted_dpkg(
    real: Any, names: list[str], code: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_text("")
    found = real.interrupted(str(tmp_path))
    assert (found.code if found else "") == code
    assert real.interrupted(str(tmp_path / "none")) is None


def volume(free: int = 1000, inodes: int = 100_000, flags: int = 0, kinds: int = 100_000) -> SimpleNamespace:
    """Return what statvfs says of a disk with *free* MiB."""
    return SimpleNamespace(f_bfree=free * 256, f_frsize=4096, f_flag=flags, f_files=kinds, f_ffree=inodes)


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        (volume(), "", ""),
        (volume(30), "", ""),
        (volume(29), "disk_full", "/usr has 29 MiB left, 30 are needed."),
        (volume(inodes=100), "disk_full", "/usr has 100 inodes left"),
        (volume(inodes=0, kinds=0), "", ""),  # btrfs counts none
        (volume(flags=os.ST_RDONLY), "read_only", "/usr is mounted read-only."),
    ],
)
def test_a_disk_that_cannot_take_it(real: Any, found: SimpleNamespace, code: str, words: str) -> None:
    obstacle = real.disk(30, ("/none", "/usr"), lambda path: disk_at(path, found))
    assert (obstacle.code if obstacle else "") == code
    assert words in (obstacle.text if obstacle else "")


def disk_at(path: str, found: SimpleNamespace) -> SimpleNamespace:
    """Return what statvfs says; nothing is at /none."""
    if path == "/none":
        raise FileNotFoundError(path)
    return found


HOLDER = (
    "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); input()"
)


def test_who_holds_a_lock_is_named(real: Any, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("")
    assert real.locked([str(tmp_path / "none"), str(lock)]) is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        found = real.locked([str(tmp_path / "none"), str(lock)])
        assert found.code == "locked"
        assert f"(process {process.pid}) is using apt or dpkg." in found.text
        process.communicate("\n")
    assert real.locked([str(lock)]) is None
