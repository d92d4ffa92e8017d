# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a client on Windows: all of them or none, and never further from what was there than one step back."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import redact
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.files import WindowsFiles
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules

STATE_DIR = "C:\\ProgramData\\upsfleet"
ETC = "C:\\NUT\\etc"
NUT_CONF, CONF = f"{ETC}\\nut.conf", f"{ETC}\\upsmon.conf"
SENTINEL = "S3ntinel"

MODE = "MODE=netclient\n"
MONITOR = f'MONITOR "ups@192.0.2.10" 1 "monuser" "{SENTINEL}" secondary\n'
THEIRS = 'MONITOR "ups@192.0.2.99" 1 "them" "Th3irSecret" secondary\nPOLLFREQ 5\n'
RECORD = {"package_installed": False}
FILES = [{"path": NUT_CONF, "content": MODE}, {"path": CONF, "content": MONITOR}]
OURS = {NUT_CONF: MODE, CONF: MONITOR}
EAST = 7200.0  # seconds that the host's time zone is ahead of UTC
FAILED = {"failed": True, "msg": "There is not enough space on the disk."}


class Disk(RemoteModules):
    """A double of the modules that read and write a host's files: no rights, attributes or locks."""

    def __init__(self) -> None:
        super().__init__(None, {})
        self.files: dict[str, bytes] = {}
        self.times: dict[str, float] = {}
        self.now = 1000.0
        self.changes: list[str] = []
        self.staged: list[Path] = []
        self.fails: dict[str, int] = {}  # by path: the number of the copy onto it that does not work
        self.broken = ""
        self.given = ""

    def put(self, path: str, text: str) -> None:
        """Write a file as somebody else does."""
        self.files[path], self.times[path] = text.encode(), self.now

    def texts(self, folder: str = "C:\\NUT") -> dict[str, str]:
        """Return what is in the files below *folder*."""
        return {path: content.decode() for path, content in self.files.items() if path.startswith(f"{folder}\\")}

    def run(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Do what the module does, and fail where it is to fail."""
        namespace, _dot, name = module.rpartition(".")
        assert namespace == ("upsfleet.synology" if name == "win_nut_client_info" else "ansible.windows")
        self.given += json.dumps(arguments)
        found: dict[str, Any] = FAILED if name == self.broken else getattr(self, f"_{name}")(**arguments)
        if found.get("failed"):
            raise ModuleFailed(module, found)
        return found

    def _win_copy(self, src: str, dest: str, remote_src: bool = False) -> dict[str, Any]:
        """Write a file, whose source is on the controller or on the host."""
        path = dest
        self.fails[path] = self.fails.get(path, 0) - 1
        if not self.fails[path]:
            return dict(FAILED)
        if remote_src:
            content = self.files[src]
        else:
            source = Path(src)
            assert stat.S_IMODE(source.stat().st_mode) == 0o600
            self.staged.append(source)
            content = source.read_bytes()
        self.changes.append(path)
        self.now += 1
        self.files[path], self.times[path] = content, self.now
        return {"changed": True}

    def _win_find(self, paths: list[str], recurse: bool, **options: Any) -> dict[str, Any]:
        (folder,) = paths
        # Below the state folder there may be programs too, which are not to be read.
        patterns = {"patterns": ["*.json", "?"]} if recurse else {}
        assert options == {"hidden": True, "checksum_algorithm": "sha256", **patterns}
        return {
            "files": [
                {
                    "path": path,
                    "checksum": hashlib.sha256(content).hexdigest(),
                    "lastwritetime": self.times[path] + EAST,  # it gives local times
                }
                for path, content in self.files.items()
                if path.lower().startswith(f"{folder}\\".lower()) and (recurse or "\\" not in path[len(folder) + 1 :])
            ]
        }

    def _win_stat(self, path: str) -> dict[str, Any]:
        there = path in self.files
        return {"stat": {"exists": True, "lastwritetime": self.times[path]} if there else {"exists": False}}

    def _slurp(self, src: str) -> dict[str, Any]:
        assert src.endswith(".json"), "what slurp returns may be shown"
        return {"content": base64.b64encode(self.files[src]).decode()}

    def _win_nut_client_info(self, configurations: list[str]) -> dict[str, Any]:
        """Return texts masked, as the host does."""
        texts = {path: self.files.get(path) for path in configurations}
        return {"configurations": {path: text and redact.mask(text.decode()) for path, text in texts.items()}}

    def _win_file(self, path: str, state: str) -> dict[str, Any]:
        self.changes.append(path)
        if state == "absent":
            self.files = {
                name: content
                for name, content in self.files.items()
                if name != path and not name.startswith(f"{path}\\")
            }
        return {"changed": True}


@pytest.fixture
def disk() -> Disk:
    """Return a host that has one file of somebody else, who was there before the role."""
    disk = Disk()
    disk.put(CONF, THEIRS)
    return disk


BEFORE = {CONF: THEIRS}


def run(disk: Disk, check: bool = False, diff: bool = False, **arguments: Any) -> dict[str, Any]:
    """Bring the host's files to a state."""
    return WindowsFiles(disk, STATE_DIR, ETC, check, diff).run(arguments)


def present(disk: Disk, check: bool = False, diff: bool = False, **arguments: Any) -> dict[str, Any]:
    """Write the role's files."""
    return run(disk, check, diff, **{"files": FILES, "record": RECORD, **arguments})


def edited(text: str) -> list[dict[str, Any]]:
    """Return the files with another upsmon.conf."""
    return [FILES[0], {**FILES[1], "content": text}]


# present


def test_the_first_time_everything_is_noted_and_written(disk: Disk) -> None:
    assert present(disk) == {"changed": True, "files": [NUT_CONF, CONF], "record": {}}
    assert disk.texts() == OURS
    state = disk.texts(STATE_DIR)
    assert json.loads(state[f"{STATE_DIR}\\record.json"]) == RECORD
    assert sorted(state) == [
        f"{STATE_DIR}\\original\\1",
        f"{STATE_DIR}\\original\\index.json",
        f"{STATE_DIR}\\previous\\1",
        f"{STATE_DIR}\\previous\\index.json",
        f"{STATE_DIR}\\record.json",
    ]
    assert state[f"{STATE_DIR}\\original\\1"] == state[f"{STATE_DIR}\\previous\\1"] == THEIRS


def test_again_there_is_nothing_to_do(disk: Disk) -> None:
    present(disk)
    disk.changes.clear()
    assert present(disk) == {"changed": False, "files": [], "record": RECORD}
    assert disk.changes == []


@pytest.mark.parametrize("name", [CONF.lower(), CONF.upper(), CONF.replace("etc", "Etc")])
def test_windows_does_not_tell_capitals_apart(disk: Disk, name: str) -> None:
    disk.files.clear()
    disk.put(name, MONITOR)
    disk.put(NUT_CONF, MODE)
    assert present(disk)["changed"] is False


def test_only_what_differs_is_written_and_all_of_it_is_kept(disk: Disk) -> None:
    present(disk)
    disk.changes.clear()
    assert present(disk, files=edited("MONITOR 2\n"))["files"] == [CONF]
    assert [path for path in disk.changes if path.startswith(ETC)] == [CONF]
    previous = disk.texts(f"{STATE_DIR}\\previous")
    assert [previous[f"{STATE_DIR}\\previous\\{number}"] for number in (0, 1)] == [MODE, MONITOR]
    original = disk.texts(f"{STATE_DIR}\\original")
    assert original[f"{STATE_DIR}\\original\\1"] == THEIRS, "what was there before the role is noted once"


def test_the_index_of_a_saved_set_is_written_last(disk: Disk) -> None:
    present(disk)
    for name in ("original", "previous"):
        written = [path for path in disk.changes if path.startswith(f"{STATE_DIR}\\{name}\\")]
        assert written[-1] == f"{STATE_DIR}\\{name}\\index.json"
    assert disk.changes.index(f"{STATE_DIR}\\record.json") < disk.changes.index(NUT_CONF)


@pytest.mark.parametrize(
    "arguments",
    [
        {"files": FILES, "record": RECORD},
        {"state": "recorded", "files": FILES, "record": RECORD},
        {"state": "rolled_back"},
        {"state": "absent"},
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_check_mode_writes_nothing_and_says_what_would_be(disk: Disk, arguments: dict[str, Any], known: bool) -> None:
    if known:
        present(disk, files=edited("POLLFREQ 9\n"))
    before = dict(disk.files)
    disk.changes.clear()
    said = run(disk, check=True, **arguments)
    assert (disk.changes, disk.files) == ([], before)
    really = run(disk, **arguments)
    assert (said["changed"], said["files"]) == (really["changed"], really["files"])


# secrets


def test_the_difference_hides_passwords(disk: Disk) -> None:
    diff = present(disk, diff=True)["diff"]
    assert [(one["before_header"], one["after_header"]) for one in diff] == [(NUT_CONF, NUT_CONF), (CONF, CONF)]
    assert (diff[0]["before"], diff[0]["after"]) == ("", MODE)
    assert diff[1]["before"] == 'MONITOR "ups@192.0.2.99" 1 "them" ******** secondary\nPOLLFREQ 5\n'
    assert diff[1]["after"] == 'MONITOR "ups@192.0.2.10" 1 "monuser" ******** secondary\n'
    assert SENTINEL not in repr(diff)


def test_the_difference_of_what_is_put_back(disk: Disk) -> None:
    present(disk)
    diff = run(disk, diff=True, state="absent")["diff"]
    assert [(one["before_header"], one["before"], one["after"]) for one in diff] == [
        (NUT_CONF, MODE, ""),
        (
            CONF,
            'MONITOR "ups@192.0.2.10" 1 "monuser" ******** secondary\n',
            'MONITOR "ups@192.0.2.99" 1 "them" ******** secondary\nPOLLFREQ 5\n',
        ),
    ]


def test_no_module_is_given_a_password_and_nothing_stays_on_the_controller(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    disk.fails[CONF] = 2
    present(disk, diff=True)
    with pytest.raises(ModuleFailed):
        present(disk, files=edited(f"# {SENTINEL}\n"))
    assert SENTINEL not in disk.given
    assert disk.staged
    assert os.listdir(tmp_path) == []


# failures


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("path", [NUT_CONF, CONF])
def test_a_copy_that_fails_puts_everything_back(disk: Disk, path: str, known: bool) -> None:
    if known:
        present(disk, files=[{**file, "content": f"# {file['content']}"} for file in FILES])
    before = disk.texts()
    disk.fails[path] = 1
    with pytest.raises(ModuleFailed, match=r"^Nothing was changed: There is not enough space on the disk\.$") as caught:
        present(disk)
    assert caught.value.result == FAILED
    assert disk.texts() == before
    assert present(disk)["changed"] is True
    assert disk.texts() == OURS


@pytest.mark.parametrize("path", [f"{STATE_DIR}\\original\\index.json", f"{STATE_DIR}\\record.json"])
def test_what_cannot_be_noted_is_not_changed(disk: Disk, path: str) -> None:
    disk.fails[path] = 1
    with pytest.raises(ModuleFailed, match=r"win_copy: There is not enough space"):
        present(disk)
    assert disk.texts() == BEFORE
    present(disk)
    assert run(disk, state="absent")["record"] == RECORD
    assert disk.texts() == BEFORE


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("win_find", {"files": FILES}),
        ("win_file", {"files": FILES}),
        ("win_copy", {"files": FILES}),
        ("slurp", {"state": "rolled_back"}),
        ("win_stat", {"state": "rolled_back", "since": 1.0}),
    ],
)
def test_a_module_that_fails_is_named(disk: Disk, module: str, arguments: dict[str, Any]) -> None:
    present(disk, files=edited("POLLFREQ 9\n"))
    before = disk.texts()
    disk.broken = module
    with pytest.raises(ModuleFailed, match=rf"^ansible\.windows\.{module}: There is not enough space"):
        run(disk, **arguments)
    assert disk.texts() == before


# recorded


def test_what_was_there_is_noted_once(disk: Disk) -> None:
    """Noting is no change; what is installed in between belongs to the role."""
    assert run(disk, state="recorded", files=FILES, record=RECORD) == {"changed": False, "files": [], "record": RECORD}
    assert disk.texts() == BEFORE
    disk.put(NUT_CONF, "MODE=none\n")
    again = run(disk, state="recorded", files=FILES, record={"package_installed": True})
    assert again["record"] == RECORD
    assert present(disk)["record"] == RECORD
    run(disk, state="absent")
    assert disk.texts() == BEFORE


def test_a_record_that_is_empty_is_noted_too(disk: Disk) -> None:
    run(disk, state="recorded", files=FILES, record={})
    disk.put(NUT_CONF, "MODE=none\n")
    present(disk)
    run(disk, state="absent")
    assert disk.texts() == BEFORE


# rolled_back


def test_rolling_back_takes_one_step(disk: Disk) -> None:
    present(disk)
    present(disk, files=edited("MONITOR 2\n"))
    assert run(disk, state="rolled_back") == {"changed": True, "files": [CONF], "record": RECORD}
    assert disk.texts() == OURS
    assert run(disk, state="rolled_back")["changed"] is False


def test_rolling_back_the_first_change_takes_away_what_was_not_there(disk: Disk) -> None:
    present(disk)
    assert run(disk, state="rolled_back")["files"] == [NUT_CONF, CONF]
    assert disk.texts() == BEFORE


@pytest.mark.parametrize(("after", "back"), [(-1.0, True), (0.0, True), (1.0, False), (EAST - 1, False)])
def test_only_what_was_replaced_since_is_put_back(disk: Disk, after: float, back: bool) -> None:
    """An older set is not what worked last; times are compared in UTC."""
    present(disk)
    since = disk.times[f"{STATE_DIR}\\previous\\index.json"] + after
    result = run(disk, state="rolled_back", since=since)
    assert result["changed"] is back
    assert disk.texts() == (BEFORE if back else OURS)


@pytest.mark.parametrize("since", [0.0, 1.0])
@pytest.mark.parametrize("known", [True, False])
def test_a_set_without_an_index_counts_as_none(disk: Disk, since: float, known: bool) -> None:
    """Saving it was interrupted, so nothing was replaced yet."""
    if known:
        present(disk)
        del disk.files[f"{STATE_DIR}\\previous\\index.json"]
    before = disk.texts()
    assert run(disk, state="rolled_back", since=since) == {
        "changed": False,
        "files": [],
        "record": RECORD if known else {},
    }
    assert disk.texts() == before


def test_an_interrupted_note_is_made_again(disk: Disk) -> None:
    """Before its record is written, nothing was changed."""
    disk.put(f"{STATE_DIR}\\original\\index.json", "[]")
    disk.put(f"{STATE_DIR}\\original\\7", "old")
    present(disk)
    assert f"{STATE_DIR}\\original\\7" not in disk.files
    run(disk, state="absent")
    assert disk.texts() == BEFORE


# a saved set that somebody else wrote

SYSTEM32 = "C:\\Windows\\System32"
LIBRARY, DRIVER = f"{SYSTEM32}\\version.dll", f"{SYSTEM32}\\drivers\\disk.sys"
BACK = [("rolled_back", "previous"), ("absent", "original")]


def plant(disk: Disk, name: str, *entries: dict[str, Any]) -> None:
    """Replace the index of a saved set."""
    disk.put(f"{STATE_DIR}\\{name}\\index.json", json.dumps(entries))


def plant_files(disk: Disk) -> dict[str, bytes]:
    """Put files of Windows on the host, and one that is to take their place; return the first two."""
    disk.put(LIBRARY, "of Windows")
    disk.put(DRIVER, "of Windows")
    disk.put("C:\\Users\\me\\evil.dll", "evil")
    return {path: disk.files[path] for path in (LIBRARY, DRIVER)}


@pytest.mark.parametrize(("state", "name"), BACK)
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "path",
    [
        LIBRARY,
        DRIVER,
        "C:\\NUT\\sbin\\upsmon.exe",
        "C:\\NUT\\upsmon.conf",
        f"{ETC}\\sub\\upsmon.conf",
        f"{ETC}\\..\\..\\Windows\\System32\\version.dll",
        f"{ETC}2\\upsmon.conf",
        ETC,
        "upsmon.conf",
        "",
    ],
)
def test_nothing_outside_the_folder_is_put_back(disk: Disk, state: str, name: str, check: bool, path: str) -> None:
    present(disk)
    windows = plant_files(disk)
    evil = hashlib.sha256(b"evil").hexdigest()
    disk.put(f"{STATE_DIR}\\{name}\\0", "evil")
    plant(disk, name, {"path": path, "saved": f"{STATE_DIR}\\{name}\\0", "checksum": evil}, {"path": path})
    before = disk.texts()
    disk.changes.clear()
    result = run(disk, check, diff=True, state=state)
    assert (result["files"], result["diff"]) == ([], [])
    assert [path for path in disk.changes if path != STATE_DIR] == []
    assert disk.texts() == before
    assert {path: disk.files.get(path) for path in windows} == windows


@pytest.mark.parametrize(("state", "name"), BACK)
def test_a_file_outside_the_folder_is_not_removed(disk: Disk, state: str, name: str) -> None:
    """An entry without a saved file means that there was none before."""
    present(disk)
    windows = plant_files(disk)
    plant(disk, name, {"path": LIBRARY}, {"path": CONF}, {"path": DRIVER})
    assert run(disk, state=state)["files"] == [CONF], "entries keep their numbers"
    assert {path: disk.files.get(path) for path in windows} == windows
    assert disk.texts() == {NUT_CONF: MODE, CONF: THEIRS}


@pytest.mark.parametrize(("state", "name"), BACK)
@pytest.mark.parametrize(
    "saved", ["C:\\Users\\me\\evil.dll", f"{STATE_DIR}\\record.json", f"{STATE_DIR}\\{{}}\\0", "evil.dll", ""]
)
def test_where_a_file_was_saved_is_not_read_from_the_index(disk: Disk, state: str, name: str, saved: str) -> None:
    present(disk)
    plant_files(disk)
    evil = hashlib.sha256(b"evil").hexdigest()
    plant(disk, name, {"path": NUT_CONF}, {"path": CONF, "saved": saved.format(name), "checksum": evil})
    assert run(disk, state=state)["files"] == [NUT_CONF, CONF]
    assert disk.texts() == BEFORE


@pytest.mark.parametrize(("state", "name"), BACK)
def test_a_saved_file_that_is_gone_is_not_found_elsewhere(disk: Disk, state: str, name: str) -> None:
    present(disk)
    plant_files(disk)
    del disk.files[f"{STATE_DIR}\\{name}\\1"]
    plant(disk, name, {"path": NUT_CONF}, {"path": CONF, "saved": "C:\\Users\\me\\evil.dll", "checksum": "0" * 64})
    run(disk, state=state)
    assert disk.texts() == {}


@pytest.mark.parametrize(("state", "name"), BACK)
@pytest.mark.parametrize("checksum", [hashlib.sha256(MONITOR.encode()).hexdigest(), "", None])
def test_what_differs_is_told_by_the_saved_file(disk: Disk, state: str, name: str, checksum: str | None) -> None:
    """A wrong checksum in the index neither keeps a file from being put back nor calls for it."""
    present(disk)
    saved = f"{STATE_DIR}\\{name}\\1"
    plant(disk, name, {"path": NUT_CONF}, {"path": CONF, "saved": saved, "checksum": checksum})
    assert run(disk, check=True, state=state)["files"] == [NUT_CONF, CONF]
    disk.put(CONF, THEIRS)
    assert run(disk, state=state)["files"] == [NUT_CONF]
    assert disk.texts() == BEFORE


@pytest.mark.parametrize("folder", [ETC.lower(), ETC.upper()])
def test_the_folder_is_known_whatever_its_case(disk: Disk, folder: str) -> None:
    present(disk)
    assert WindowsFiles(disk, STATE_DIR, folder, False, False).run({"state": "rolled_back"})["changed"]
    assert disk.texts() == BEFORE


# absent


def test_absent_leaves_what_was_there_before(disk: Disk) -> None:
    other = f"{ETC}\\upsd.conf"
    present(disk)
    present(disk, files=edited("MONITOR 2\n"))
    disk.put(other, "LISTEN\n")
    assert run(disk, state="absent") == {"changed": True, "files": [NUT_CONF, CONF], "record": RECORD}
    assert disk.texts() == {**BEFORE, other: "LISTEN\n"}
    assert disk.texts(STATE_DIR) == {}
    assert run(disk, state="absent") == {"changed": False, "files": [], "record": {}}


def test_absent_takes_the_note_out_where_the_files_are_as_they_were(disk: Disk) -> None:
    run(disk, state="recorded", files=FILES, record=RECORD)
    assert run(disk, state="absent") == {"changed": True, "files": [], "record": RECORD}
    assert disk.files == {CONF: THEIRS.encode()}


def test_a_host_that_the_role_never_changed_is_left_alone(disk: Disk) -> None:
    assert run(disk, state="absent") == {"changed": False, "files": [], "record": {}}
    assert disk.changes == []
    assert disk.texts() == BEFORE
