# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths, files, folders, copies, archives and searches on a double of Windows."""

from __future__ import annotations

import base64
import os
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import paths, processes
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

Call = Callable[..., "dict[str, Any]"]


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("c:/nut/etc", "C:\\nut\\etc"),
        ("C:\\NUT\\", "C:\\NUT"),
        ("C:", "C:\\"),
        ("C:\\NUT\\..\\Users\\.\\a. ", "C:\\Users\\a"),
        ("C:\\..\\..\\NUT", "C:\\NUT"),
        ("\\\\?\\C:\\NUT", "C:\\NUT"),
    ],
)
def test_paths_are_understood_as_windows_does(given: str, normal: str) -> None:
    assert paths.normal(given) == normal


@pytest.mark.parametrize("given", ["NUT", "\\\\server\\share", "/etc", "C:NUT", "C:\\a*b", 'C:\\"NUT"'])
def test_paths_that_windows_or_the_double_refuses(given: str) -> None:
    with pytest.raises(Failed):
        paths.normal(given)


def test_names_are_found_whatever_their_case(machine: Machine) -> None:
    machine.drive.make_folder("C:\\NUT\\etc")
    machine.drive.write("c:/nut/ETC/nut.conf", b"MODE=netclient\n")
    assert machine.drive.read("C:\\nUt\\etc\\NUT.CONF") == b"MODE=netclient\n"
    assert machine.drive.true("c:\\nut\\ETC\\Nut.Conf") == "C:\\NUT\\etc\\nut.conf"


def test_a_fresh_machine_has_windows_on_it(machine: Machine) -> None:
    for path in ("C:\\Windows\\System32\\shutdown.exe", "C:\\Program Files (x86)", "C:\\ProgramData", "C:\\Users"):
        assert machine.drive.exists(path)


def test_there_is_only_drive_c(call: Call) -> None:
    with pytest.raises(Failed, match="Cannot find drive"):
        call("ansible.win_file", path="D:\\NUT", state="directory")
    assert call("ansible.win_stat", path="D:\\NUT")["stat"] == {"exists": False}


def test_win_file_is_idempotent_and_obeys_check_mode(machine: Machine, call: Call) -> None:
    wanted = {"path": "C:\\NUT\\etc", "state": "directory"}
    assert call("ansible.win_file", check=True, **wanted)["changed"]
    assert not machine.drive.exists("C:\\NUT")
    assert [call("ansible.win_file", **wanted)["changed"] for _time in range(2)] == [True, False]
    gone = {"path": "C:\\NUT", "state": "absent"}
    assert [call("ansible.win_file", **gone)["changed"] for _time in range(2)] == [True, False]
    with pytest.raises(Failed, match="will not be created"):
        call("ansible.win_file", path="C:\\NUT\\x", state="file")
    with pytest.raises(Failed, match="is not a directory"):
        call("ansible.win_file", path="C:\\Windows\\System32\\sc.exe", state="directory")


def test_slurp_and_stat_tell_of_the_same_file(machine: Machine, call: Call) -> None:
    machine.drive.write("C:\\a.txt", b"text\r\n")
    assert base64.b64decode(call("ansible.slurp", src="c:/A.TXT")["content"]) == b"text\r\n"
    stat = call("ansible.win_stat", path="c:/A.TXT")["stat"]
    assert (stat["path"], stat["size"], stat["isreg"], stat["owner"]) == (
        "C:\\a.txt",
        6,
        True,
        "BUILTIN\\Administrators",
    )
    with pytest.raises(Failed, match="is not found"):
        call("ansible.slurp", src="C:\\b.txt")


def test_win_find_filters(machine: Machine, call: Call) -> None:
    for name in ("a.conf", "b.conf.sample", "sub\\c.CONF"):
        path = paths.join("C:\\NUT", name)
        machine.drive.make_folder(paths.parent(path))
        machine.drive.write(path, b"123")
    found = call("ansible.win_find", paths=["C:\\NUT"], patterns=["*.conf"], recurse=True)
    assert [row["filename"] for row in found["files"]] == ["a.conf", "c.CONF"]
    assert (found["matched"], found["examined"]) == (2, 4)
    assert call("ansible.win_find", paths=["C:\\NUT"], file_type="directory")["files"][0]["path"] == "C:\\NUT\\sub"
    assert call("ansible.win_find", paths=["C:\\NUT"], size="4", recurse=True)["matched"] == 0
    assert call("ansible.win_find", paths=["C:\\NUT"], patterns=["^[ab]"], use_regex=True)["matched"] == 2
    assert call("ansible.win_find", paths=["C:\\no"])["warnings"]


def test_win_find_tells_local_time_and_win_stat_does_not(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT")
    machine.drive.write("C:\\NUT\\a", b"1")
    os.utime(machine.drive.real("C:\\NUT\\a"), (1_800_000_000, 1_800_000_100))
    (found,) = call("ansible.win_find", paths=["C:\\NUT"])["files"]
    stat = call("ansible.win_stat", path="C:\\NUT\\a")["stat"]
    assert stat["lastwritetime"] == 1_800_000_100
    ahead = {name: found[name] - stat[name] for name in ("lastwritetime", "creationtime")}
    assert ahead == dict.fromkeys(ahead, 7200)


@pytest.mark.parametrize(("age", "matched"), [("30m", 1), ("90m", 0), ("-90m", 1)])
def test_win_find_knows_how_old_a_file_is(machine: Machine, call: Call, age: str, matched: int) -> None:
    machine.drive.make_folder("C:\\NUT")
    machine.drive.write("C:\\NUT\\a", b"1")
    an_hour_ago = time.time() - 3600
    os.utime(machine.drive.real("C:\\NUT\\a"), (an_hour_ago, an_hour_ago))
    assert call("ansible.win_find", paths=["C:\\NUT"], age=age)["matched"] == matched


def test_client_info_tells_when_files_were_written(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT\\etc")
    machine.drive.write("C:\\NUT\\etc\\nut.conf", b"1")
    os.utime(machine.drive.real("C:\\NUT\\etc\\nut.conf"), (0, 1_800_000_000.5))
    files = ["c:\\nut\\ETC\\nut.conf", "C:\\NUT\\etc", "C:\\NUT\\etc\\upsmon.conf"]
    assert call("upsfleet_doubles.win_nut_client_info", files=files)["written"] == {
        files[0]: 1_800_000_000.5,  # in UTC, by the name that was asked for
        files[1]: None,  # a folder
        files[2]: None,
    }
    assert call("upsfleet_doubles.win_nut_client_info")["written"] == {}


def test_a_single_file_lands_and_keeps_a_backup(machine: Machine, call: Call, tmp_path: Path) -> None:
    sent = tmp_path / "source"
    sent.write_bytes(b"new")
    machine.drive.make_folder("C:\\NUT")
    machine.drive.write("C:\\NUT\\a", b"old")
    done = call("ansible.win_copy", src=str(sent), dest="C:\\NUT\\a", backup=True, _original_basename="a")
    assert machine.drive.read("C:\\NUT\\a") == b"new"
    assert machine.drive.read(done["backup_file"]) == b"old"
    with pytest.raises(Failed, match="does not exist"):
        call("ansible.win_copy", src=str(sent), dest="C:\\nowhere\\a", _original_basename="a")


@pytest.mark.parametrize(("content", "force", "expected"), [(b"x", True, 0), (b"y", True, 1), (b"y", False, 0)])
def test_only_what_differs_is_asked_for(
    machine: Machine, call: Call, content: bytes, force: bool, expected: int
) -> None:
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.find import checksum

    machine.drive.write("C:\\a", b"x")
    asked = [{"src": "/a", "dest": "a", "checksum": checksum(content)}]
    result = call("ansible.win_copy", dest="C:\\", files=asked, force=force, _copy_mode="query")
    assert len(result["files"]) == expected


def test_a_copy_within_the_host(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\a\\inner")
    machine.drive.write("C:\\a\\inner\\f", b"1")
    arguments = {"src": "C:\\a", "dest": "C:\\b", "remote_src": True, "_copy_mode": "remote"}
    assert call("ansible.win_copy", check=True, **arguments)["changed"]
    assert not machine.drive.exists("C:\\b")
    assert [call("ansible.win_copy", **arguments)["changed"] for _time in range(2)] == [True, False]
    assert machine.drive.read("C:\\b\\a\\inner\\f") == b"1"
    file = {"src": "C:\\a\\inner\\f", "dest": "C:\\g", "_copy_mode": "remote"}
    first = call("ansible.win_copy", **file)
    assert (first["operation"], first["size"], first["changed"]) == ("file_copy", 1, True)


def test_a_program_that_runs_can_be_neither_replaced_nor_removed(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT")
    machine.drive.write("C:\\NUT\\nut.exe", b"")
    program = subprocess.Popen(["sleep", "600"])
    row = {"name": "nut", "pid": program.pid, "path": "C:\\NUT\\nut.exe", "started": 0.0}
    machine.state["processes"].append({**row, "ticks": processes.ticks(program.pid)})
    with pytest.raises(Failed, match="used by another process"):
        call("ansible.win_file", path="c:/nut", state="absent")
    program.kill()
    program.wait()
    assert call("ansible.win_file", path="c:/nut", state="absent")["changed"]


def _zip(machine: Machine, *names: str) -> None:
    with zipfile.ZipFile(machine.drive.real("C:\\a.zip"), "w") as archive:
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else b"1")


def test_win_unzip_extracts_unless_told_otherwise(machine: Machine, call: Call) -> None:
    _zip(machine, "top/", "top/bin/a.exe", "b")
    arguments = {"src": "C:\\a.zip", "dest": "C:\\out", "creates": "C:\\out\\b"}
    assert call("community.win_unzip", check=True, **arguments)["changed"]
    assert not machine.drive.exists("C:\\out")
    assert call("community.win_unzip", **arguments)["changed"]
    assert machine.drive.is_file("C:\\out\\TOP\\bin\\a.exe")
    assert call("community.win_unzip", **arguments)["skipped"]
    assert call("community.win_unzip", src="C:\\a.zip", dest="C:\\out", delete_archive=True)["removed"]
    assert not machine.drive.exists("C:\\a.zip")


def test_win_unzip_refuses_what_it_cannot_or_must_not_extract(machine: Machine, call: Call) -> None:
    _zip(machine, "../evil")
    with pytest.raises(Failed, match="outside the destination"):
        call("community.win_unzip", src="C:\\a.zip", dest="C:\\out")
    machine.drive.write("C:\\a.7z", b"7z")
    with pytest.raises(Failed, match="PSCX"):
        call("community.win_unzip", src="C:\\a.7z", dest="C:\\out")
