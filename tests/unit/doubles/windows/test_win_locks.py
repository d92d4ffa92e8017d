# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that somebody holds for a while on a double of Windows: what goes, and what stays, when a module meets one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import locks, paths
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

Call = Callable[..., "dict[str, Any]"]

BIN = "C:\\NUT\\bin"
EXE = f"{BIN}\\nut.exe"


def names(machine: Machine, folder: str) -> list[str]:
    rows = machine.drive.real(folder)
    return sorted(entry.name for entry in Path(rows).rglob("*"))


def put(machine: Machine, folder: str, text: bytes, *given: str) -> None:
    for name in given or ("a.dll", "nut.exe", "z.dll", "sub\\b.dll"):
        path = paths.join(folder, name)
        machine.drive.make_folder(paths.parent(path))
        machine.drive.write(path, text)


def test_removing_a_folder_ends_at_the_held_file_and_what_came_before_is_gone(machine: Machine, call: Call) -> None:
    put(machine, BIN, b"old")
    machine.state["locks"] = [{"path": EXE}]
    with pytest.raises(Failed, match=r"^Failed to delete C:\\NUT\\bin\\nut.exe: Access to the path .* is denied.$"):
        call("ansible.win_file", path=BIN, state="absent")
    assert names(machine, BIN) == ["nut.exe", "z.dll"]  # folders first, then files by name


def test_a_held_file_can_be_read_and_copied_from(machine: Machine, call: Call) -> None:
    put(machine, BIN, b"old")
    machine.state["locks"] = [{"path": EXE}]
    assert call("ansible.win_copy", src=BIN, dest="C:\\kept\\", remote_src=True, _copy_mode="remote")["changed"]


def test_a_copy_leaves_equal_files_alone_whoever_holds_them(machine: Machine, call: Call) -> None:
    put(machine, BIN, b"old")
    put(machine, "C:\\new\\bin", b"old")
    put(machine, "C:\\new\\bin", b"new", "z.dll")
    machine.state["locks"] = [{"path": EXE}]
    assert call("ansible.win_copy", src="C:\\new\\bin", dest="C:\\NUT\\", remote_src=True, _copy_mode="remote")[
        "changed"
    ]
    assert machine.drive.read(f"{BIN}\\z.dll") == b"new"


def test_a_copy_ends_at_the_held_file_and_what_came_before_is_new(machine: Machine, call: Call) -> None:
    put(machine, BIN, b"old")
    put(machine, "C:\\new\\bin", b"new")
    machine.state["locks"] = [{"path": EXE}]
    with pytest.raises(Failed, match="denied"):
        call("ansible.win_copy", src="C:\\new\\bin", dest="C:\\NUT\\", remote_src=True, _copy_mode="remote")
    found = {name: machine.drive.read(f"{BIN}\\{name}") for name in ("sub\\b.dll", "a.dll", "nut.exe", "z.dll")}
    assert found == {"sub\\b.dll": b"new", "a.dll": b"new", "nut.exe": b"old", "z.dll": b"old"}


def test_unpacking_ends_at_the_held_file(machine: Machine, call: Call) -> None:
    put(machine, BIN, b"old")
    machine.state["locks"] = [{"path": EXE}]
    with zipfile.ZipFile(machine.drive.real("C:\\a.zip"), "w") as archive:
        for name in ("bin/a.dll", "bin/nut.exe", "bin/z.dll"):
            archive.writestr(name, b"new")
    with pytest.raises(Failed, match=r"Error unzipping .* denied"):
        call("community.win_unzip", src="C:\\a.zip", dest="C:\\NUT")
    assert [machine.drive.read(f"{BIN}\\{name}") for name in ("a.dll", "z.dll")] == [b"new", b"old"]


@pytest.mark.parametrize(
    ("lock", "held"),
    [
        ({}, [True, True, True]),
        ({"begin": {"what": "Written C:\\nut\\BIN\\a.dll"}}, [False, True, True]),
        ({"begin": {"what": "win_copy", "after": 2}}, [False, False, True]),
        ({"end": {"what": "win_copy"}}, [True, True, False]),
        ({"begin": {"what": f"written {BIN}\\a.dll"}, "end": {"what": "win_copy"}}, [False, True, False]),
        ({"begin": {"what": "stopped nut"}}, [False, False, False]),
    ],
)
def test_a_lock_begins_and_ends_with_what_happens(lock: dict[str, Any], held: list[bool]) -> None:
    """At first, after one file was written, after that execution has ended (the second of its kind)."""
    state = {"locks": [{"path": EXE, **lock}]}

    def is_held() -> bool:
        try:
            locks.check(state, EXE.upper())
        except Failed:
            return True
        return False

    found = [is_held()]
    locks.happens(state, f"written {BIN}\\a.dll")
    if lock.get("begin", {}).get("after"):
        locks.happens(state, "win_copy")
    found.append(is_held())
    locks.happens(state, "win_copy")
    assert [*found, is_held()] == held


def test_win_find_forgets_the_depth_after_the_first_folder(machine: Machine, call: Call) -> None:
    """As before ansible.windows 3.6.0; each folder takes one off the depth of the next ones beside it."""
    for first in ("a", "b", "c"):
        put(machine, f"C:\\x\\{first}", b"1", "1\\2\\f.txt")
    found = call("ansible.win_find", paths=["C:\\x"], patterns=["f.txt"], recurse=True, depth=2)
    assert [row["path"][5] for row in found["files"]] == ["b", "c"]
    assert call("ansible.win_find", paths=["C:\\x\\a"], patterns=["f.txt"], recurse=True, depth=3)["matched"] == 1
