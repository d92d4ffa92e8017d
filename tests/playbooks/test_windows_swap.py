# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade on Windows meets a file that somebody holds, at each moment: the old or the new client runs, never none.

The whole role on doubles of Windows, one host a moment, with an upsmon that does nothing but log in to a mock NAS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playbooks.windows_hosts import START, NasPool, WindowsHost, archive, play

BIN, SBIN, STATE = "C:\\NUT\\bin", "C:\\NUT\\sbin", "C:\\ProgramData\\upsfleet"
NUT_EXE, UPSMON_EXE = f"{BIN}\\nut.exe", f"{SBIN}\\upsmon.exe"
LIBRARY, GONE = f"{SBIN}\\libwinpthread-1.dll", f"{SBIN}\\libgone.dll"
FIRST_INSTALL = 50  # executions


def held(path: str, begin: str = "", end: str = "", after: int = 1) -> dict[str, Any]:
    """Return a lock as the double keeps it; *after* counts the last of the two moments."""
    lock: dict[str, Any] = {"path": path}
    if begin:
        lock["begin"] = {"what": begin, "after": 1 if end else after}
    if end:
        lock["end"] = {"what": end, "after": after}
    return lock


@dataclass
class Moment:
    """When somebody holds what, and which programs are whole after the first run."""

    locks: tuple[dict[str, Any], ...] = ()
    leaves: str = "old"
    variables: dict[str, Any] = field(default_factory=dict)
    quarantine: tuple[dict[str, str], ...] = ()  # what a virus scanner takes away: path, text
    interrupted: bool = False  # an earlier run was killed when it had replaced one program
    races: int = 0


NO_LOGIN = {"nut_client_forcessl": True}  # the stand-in of upsmon then does not log in
MOMENTS = {
    "from_before_the_run": Moment((held(NUT_EXE),)),
    "until_the_second_attempt": Moment((held(NUT_EXE, end="win_copy", after=7),), "new"),
    "when_the_service_has_stopped": Moment((held(NUT_EXE, begin="stopped Network UPS Tools"),)),
    "when_nut_was_replaced": Moment((held(NUT_EXE, begin=f"written {NUT_EXE}"),), "new"),
    "in_the_middle_of_the_libraries": Moment((held(LIBRARY, begin=f"written {UPSMON_EXE}"),)),
    "in_the_restore": Moment(
        (held(LIBRARY, end=f"written {NUT_EXE}", after=2), held(UPSMON_EXE, begin=f"written {UPSMON_EXE}")), "new"
    ),
    "in_the_rollback_of_a_failed_login": Moment((held(NUT_EXE, begin=f"written {NUT_EXE}"),), "new", NO_LOGIN),
    "not_in_the_rollback": Moment((), "old", NO_LOGIN),
    "taken_away_by_a_virus_scanner": Moment(quarantine=({"path": UPSMON_EXE, "text": "2.8.5"},)),
    "a_library_of_the_old_version": Moment((held(GONE),), "new"),
    "the_kept_copy": Moment((held(f"{STATE}\\programs\\bin\\nut.exe"),), "new"),
    "killed_halfway_and_then_held": Moment((held(NUT_EXE),), "old", interrupted=True),
    "upsmon_ends_between_two_looks": Moment((), "new", races=1),
}


def tree(version: str, more: str) -> dict[str, bytes]:
    """Return an archive of NUT in which every file tells its version, with one library of its own."""
    import make_packages
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import pe

    top = f"NUT-for-Windows-x86_64-RELEASE-{version}/mingw64"
    files = make_packages.archive_tree(version)
    library = pe.program(pe.AMD64, text=version)
    return {
        **{name: library if name.endswith(".dll") else content for name, content in files.items()},
        f"{top}/sbin/{more}": library,
    }


def programs(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return what of an archive is to be there, by the paths below C:\\NUT."""
    below = {name.split("/", 2)[2]: content for name, content in files.items()}
    return {name: content for name, content in below.items() if name.startswith(("bin/", "sbin/"))}


def found(host: WindowsHost, trees: dict[str, dict[str, bytes]]) -> tuple[set[str], int]:
    """Return which versions are whole, and how many upsmons are logged in."""
    there = host.files("C:\\NUT")
    return {version for version, files in trees.items() if files.items() <= there.items()}, host.logins


def interrupt(host: WindowsHost, new: dict[str, bytes]) -> None:
    """Leave the host as a run does that is killed when it has replaced one program."""
    for name, content in host.files("C:\\NUT").items():
        if name.startswith(("bin/", "sbin/")):
            copy = host.path(f"{STATE}\\programs") / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
    host.path(f"{STATE}\\kept.txt").write_text("2.8.3")
    host.path(f"{STATE}\\installed.txt").unlink()
    host.path(UPSMON_EXE).write_bytes(new["sbin/upsmon.exe"])


# The hosts of a group go through the runs together, which takes as long as the slowest of them; two groups are what two
# cores do at once.
GROUPS = [list(MOMENTS)[::2], list(MOMENTS)[1::2]]


@pytest.fixture(params=GROUPS, ids=["one", "other"])
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, WindowsHost]]:
    """Yield a bare host a moment."""
    pool = NasPool()
    made = {name: WindowsHost(tmp_path / name, pool.add()) for name in request.param}
    yield made
    for host in made.values():
        host.end()
    pool.stop()


def test_an_upgrade_that_meets_a_held_file_leaves_one_client_whole(
    hosts: dict[str, WindowsHost], tmp_path: Path
) -> None:
    contents = {"old": tree("2.8.3", "libgone.dll"), "new": tree("2.8.5", "libnew.dll")}
    variables = {
        name: {**archive(tmp_path / f"{name}.zip", files), "nut_client_windows_archive_version": version}
        for (name, files), version in zip(contents.items(), ("2.8.3", "2.8.5"))
    }
    trees = {name: programs(files) for name, files in contents.items()}

    (first, one), *others = hosts.items()
    installed = play(tmp_path, {first: one}, {first: variables["old"]})
    assert len(installed.of("module", first)) == FIRST_INSTALL
    for _name, host in others:
        host.become(one)
    play(tmp_path, dict(others), {}, START)
    for _name, host in others:
        host.wait_for_login()
    assert {name: found(host, trees) for name, host in hosts.items()} == {name: ({"old"}, 1) for name in hosts}

    for name, host in hosts.items():
        if MOMENTS[name].interrupted:
            interrupt(host, trees["new"])
        moment = MOMENTS[name]
        host.change(locks=list(moment.locks), races=moment.races, quarantine=list(moment.quarantine))
    upgraded = play(tmp_path, hosts, {name: {**variables["new"], **MOMENTS[name].variables} for name in hosts})
    after = {name: found(host, trees) for name, host in hosts.items()}
    said = {name: upgraded.not_done(name) for name in hosts}
    assert after == {name: ({MOMENTS[name].leaves}, 1) for name in hosts}, said
    for name in (name for name in hosts if MOMENTS[name].leaves == "old" and MOMENTS[name].locks):
        assert MOMENTS[name].locks[0]["path"] in said[name][-1], said[name]
        assert "Event Viewer, a log agent" in said[name][-1]

    for host in hosts.values():
        host.change(locks=[], quarantine=[])
    mended = play(tmp_path, hosts, dict.fromkeys(hosts, variables["new"]))
    assert {name: mended.not_done(name) for name in hosts} == {name: [] for name in hosts}
    assert {name: found(host, trees) for name, host in hosts.items()} == {name: ({"new"}, 1) for name in hosts}
    for name, host in hosts.items():
        more = {name for name in host.files("C:\\NUT") if name.startswith(("bin/", "sbin/"))} - set(trees["new"])
        assert more == ({"sbin/libgone.dll"} if name == "a_library_of_the_old_version" else set())
        state = host.files(STATE)
        assert set(state) & {"kept.txt", "installed.txt", "nut.zip"} == {"installed.txt"}
        assert any(one.startswith("programs/") for one in state) is (name == "the_kept_copy")
        assert not host.path("C:\\NUT\\upsfleet-new").exists()
