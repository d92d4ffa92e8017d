# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are replaced all or not at all, and what was there before comes back."""

from __future__ import annotations

import base64
import functools
import grp
import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import file_owner, file_set
from ansible_collections.upsfleet.synology.plugins.module_utils._host.file_set import FileState
from ansible_collections.upsfleet.synology.plugins.modules.nut_client_config import desired_states, obstacles

UID, GID = os.getuid(), os.getgid()


def wants(path: Path, content: bytes | None, mode: int = 0o640) -> FileState:
    """Return the state of a file of the user who runs the tests."""
    return FileState(str(path), content, mode, UID, GID)


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return every file below *folder* with its content, and every folder with None."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_files_are_written_with_their_mode(tmp_path: Path) -> None:
    old, new = tmp_path / "nut.conf", tmp_path / "system" / "nut-monitor.service.d" / "upsfleet.conf"
    old.write_bytes(b"MODE=none\n")
    old.chmod(0o600)
    states = [wants(old, b"MODE=netclient\n", 0o640), wants(new, b"[Unit]\n", 0o644)]
    file_set.apply(states)
    assert [file_set.current(state.path) for state in states] == states
    assert (mode(old), mode(new), mode(new.parent)) == (0o640, 0o644, 0o755)
    assert set(tree(tmp_path)) == {
        "nut.conf",
        "system",
        "system/nut-monitor.service.d",
        "system/nut-monitor.service.d/upsfleet.conf",
    }


def test_the_umask_does_not_decide(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        file_set.apply([wants(tmp_path / "open", b"x", 0o644)])
    finally:
        os.umask(before)
    assert mode(tmp_path / "open") == 0o644


def test_what_is_not_there(tmp_path: Path) -> None:
    assert file_set.current(str(tmp_path / "none")) == FileState(str(tmp_path / "none"), None)


def test_a_file_is_taken_away_and_its_drop_in_folder_with_it(tmp_path: Path) -> None:
    drop_in, conf = tmp_path / "nut-monitor.service.d" / "upsfleet.conf", tmp_path / "nut" / "upsmon.conf"
    file_set.apply([wants(drop_in, b"x"), wants(conf, b"x")])
    file_set.apply([wants(drop_in, None), wants(conf, None)])
    assert tree(tmp_path) == {"nut": None}


def test_a_drop_in_folder_that_holds_another_file_stays(tmp_path: Path) -> None:
    drop_in, theirs = (tmp_path / "nut-monitor.service.d" / name for name in ("upsfleet.conf", "theirs.conf"))
    file_set.apply([wants(drop_in, b"x"), wants(theirs, b"y")])
    file_set.apply([wants(drop_in, None)])
    assert tree(tmp_path) == {"nut-monitor.service.d": None, "nut-monitor.service.d/theirs.conf": b"y"}


def test_taking_away_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    file_set.apply([wants(tmp_path / "none", None), wants(tmp_path / "nowhere" / "none", None)])
    assert tree(tmp_path) == {}


def test_a_failure_while_replacing_puts_everything_back(tmp_path: Path) -> None:
    """The third file cannot be put where staging the second one made a folder."""
    first, second, third = tmp_path / "first", tmp_path / "third" / "second", tmp_path / "third"
    first.write_bytes(b"before")
    first.chmod(0o604)
    with pytest.raises(OSError, match="third"):
        file_set.apply([wants(first, b"after"), wants(second, b"after"), wants(third, b"after")])
    assert tree(tmp_path) == {"first": b"before", "third": None}
    assert mode(first) == 0o604


def test_a_failure_after_taking_away_brings_the_file_back(tmp_path: Path) -> None:
    drop_in, second, third = tmp_path / "x.d" / "first", tmp_path / "third" / "second", tmp_path / "third"
    drop_in.parent.mkdir()
    drop_in.write_bytes(b"before")
    with pytest.raises(OSError, match="third"):
        file_set.apply([wants(drop_in, None), wants(second, b"after"), wants(third, b"after")])
    assert tree(tmp_path) == {"x.d": None, "x.d/first": b"before", "third": None}


def test_a_failure_while_staging_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """No user has that number, so giving the second file away fails before anything is replaced."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"before")
    with pytest.raises(OverflowError):
        file_set.apply([wants(first, b"after"), wants(second, b"S3ntinel")._replace(uid=2**40)])
    assert tree(tmp_path) == {"first": b"before"}


def test_a_path_that_is_a_folder_is_refused_before_anything_changes(tmp_path: Path) -> None:
    first, folder = tmp_path / "first", tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        file_set.apply([wants(first, b"after"), wants(folder, b"after")])
    assert tree(tmp_path) == {"folder": None}


def test_wanted() -> None:
    me, mine = pwd.getpwuid(UID).pw_name, grp.getgrgid(GID).gr_name
    file = {
        "path": "/etc/nut/upsmon.conf",
        "content": base64.b64encode(b"POLLFREQ 5\n").decode(),
        "mode": "0640",
        "owner": me,
        "group": mine,
    }
    assert file_set.wanted(file, False) == FileState("/etc/nut/upsmon.conf", b"POLLFREQ 5\n", 0o640, UID, GID)


@pytest.mark.parametrize("key", ["owner", "group"])
def test_an_unknown_owner_is_an_error_but_for_a_prediction(key: str) -> None:
    """In check mode the package that makes the user is not installed yet."""
    file = {"path": "/etc/nut/nut.conf", "content": "", "mode": "0640", "owner": "root", "group": "root"}
    file[key] = "nobody-has-this-name"
    with pytest.raises(KeyError, match="nobody-has-this-name"):
        file_set.wanted(file, False)
    assert file_set.wanted(file, True)[3:5] == (-1, -1)


def test_a_saved_set_comes_back_as_it_was(tmp_path: Path) -> None:
    states = [
        wants(tmp_path / "a", b"MONITOR ups@h 1 u p slave\n", 0o640),
        wants(tmp_path / "b", b"\xff\0", 0o4755),
        wants(tmp_path / "empty", b"", 0o600),
        FileState(str(tmp_path / "none"), None),
    ]
    state_dir = tmp_path / "state"
    file_set.save(str(state_dir), file_set.PREVIOUS, states)
    assert file_set.saved(str(state_dir), file_set.PREVIOUS) == states


def test_a_set_that_was_saved_before_a_time_is_none_of_it(tmp_path: Path) -> None:
    """What an older change replaced is not what the upsmon that started since then ran with."""
    states, state_dir = [wants(tmp_path / "a", b"x")], str(tmp_path / "state")
    file_set.save(state_dir, file_set.PREVIOUS, states)
    at = 1_800_000_000
    os.utime(tmp_path / "state" / file_set.PREVIOUS / "index.json", (at, at))
    for since, expected in ((0, states), (at - 0.5, states), (at, states), (at + 0.5, [])):
        assert file_set.saved(state_dir, file_set.PREVIOUS, since) == expected
        params = {"state": "rolled_back", "state_dir": state_dir, "since": since}
        assert desired_states(params, False) == expected
    assert file_set.saved(state_dir, file_set.ORIGINAL, at) == []


def test_what_is_saved_is_for_its_owner_alone(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir(mode=0o755)
    file_set.save(str(state_dir), file_set.PREVIOUS, [wants(tmp_path / "a", b"password", 0o644)])
    file_set.record(str(state_dir), [wants(tmp_path / "a", b"password", 0o644)], {"package_installed": False})
    modes = {path.is_dir(): set[int]() for path in state_dir.rglob("*")}
    for path in [state_dir, *state_dir.rglob("*")]:
        modes[path.is_dir()].add(mode(path))
    assert modes == {True: {0o700}, False: {0o600}}


def test_saving_again_replaces_the_whole_set(tmp_path: Path) -> None:
    state_dir = str(tmp_path / "state")
    file_set.save(state_dir, file_set.PREVIOUS, [wants(tmp_path / name, b"1") for name in ("a", "b")])
    file_set.save(state_dir, file_set.PREVIOUS, [wants(tmp_path / "c", b"2")])
    assert file_set.saved(state_dir, file_set.PREVIOUS) == [wants(tmp_path / "c", b"2")]
    assert set(tree(tmp_path / "state")) == {"previous", "previous/0", "previous/index.json"}


def test_nothing_is_saved_where_nothing_was(tmp_path: Path) -> None:
    assert file_set.saved(str(tmp_path / "state"), file_set.ORIGINAL) == []
    assert file_set.recorded(str(tmp_path / "state")) is None
    assert tree(tmp_path) == {}


def test_only_the_first_record_holds(tmp_path: Path) -> None:
    state_dir, path = str(tmp_path / "state"), tmp_path / "nut.conf"
    first, second = wants(path, b"MODE=none\n"), wants(path, b"MODE=netclient\n")
    assert file_set.record(state_dir, [first], {"package_installed": False})
    assert not file_set.record(state_dir, [second], {"package_installed": True})
    assert file_set.recorded(state_dir) == {"package_installed": False}
    assert file_set.saved(state_dir, file_set.ORIGINAL) == [first]


def test_a_record_is_there_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_dir = tmp_path / "state"
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_paths: (_ for _ in ()).throw(OSError("the power went")))
        with pytest.raises(OSError, match="the power went"):
            file_set.record(str(state_dir), [], {"package_installed": False})
    assert file_set.recorded(str(state_dir)) is None
    assert file_set.record(str(state_dir), [], {"package_installed": False})
    assert file_set.recorded(str(state_dir)) == {"package_installed": False}
    assert not list(state_dir.glob("*.new"))


def test_a_change_is_undone_by_its_saved_set(tmp_path: Path) -> None:
    conf, drop_in = tmp_path / "nut.conf", tmp_path / "nut-monitor.service.d" / "upsfleet.conf"
    conf.write_bytes(b"MODE=none\n")
    conf.chmod(0o644)
    state_dir = str(tmp_path / "state")
    new = [wants(conf, b"MODE=netclient\n"), wants(drop_in, b"[Unit]\n")]
    file_set.save(state_dir, file_set.PREVIOUS, [file_set.current(state.path) for state in new])
    file_set.apply(new)
    file_set.apply(file_set.saved(state_dir, file_set.PREVIOUS))
    assert (conf.read_bytes(), mode(conf)) == (b"MODE=none\n", 0o644)
    assert not drop_in.parent.exists()


def links(folder: Path) -> dict[str, str]:
    """Return where each link below *folder* leads."""
    return {str(path.relative_to(folder)): str(path.readlink()) for path in folder.rglob("*") if path.is_symlink()}


@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_is_written_through_and_put_back(tmp_path: Path, dangling: bool) -> None:
    """Dotfiles: the link stays, what it leads to gets the content, and gets its own back."""
    link, target, state_dir = tmp_path / "etc" / "upsmon.conf", tmp_path / "dot" / "upsmon.conf", tmp_path / "state"
    for folder in (link.parent, target.parent):
        folder.mkdir()
    link.symlink_to("../dot/upsmon.conf")
    if not dangling:
        target.write_bytes(b"mine")
        target.chmod(0o604)
    before = (tree(tmp_path), links(tmp_path))
    (new,) = [wants(link, b"theirs")._replace(link="../dot/upsmon.conf")]
    file_set.record(str(state_dir), [file_set.current(str(link))], {})
    file_set.apply([new])
    assert (file_set.current(str(link)), target.read_bytes(), mode(target)) == (new, b"theirs", 0o640)
    assert links(tmp_path) == {"etc/upsmon.conf": "../dot/upsmon.conf"}
    file_set.apply(file_set.saved(str(state_dir), file_set.ORIGINAL))
    shutil.rmtree(state_dir)
    assert (tree(tmp_path), links(tmp_path)) == before
    assert dangling or mode(target) == 0o604


def test_a_link_that_went_meanwhile_comes_back(tmp_path: Path) -> None:
    link, target = tmp_path / "upsmon.conf", tmp_path / "mine"
    target.write_bytes(b"mine")
    link.symlink_to("mine")
    was = file_set.current(str(link))
    link.unlink()
    link.write_bytes(b"another tool's")
    target.write_bytes(b"changed")
    file_set.apply([was])
    assert (tree(tmp_path), links(tmp_path)) == ({"upsmon.conf": b"mine", "mine": b"mine"}, {"upsmon.conf": "mine"})


def test_a_link_that_came_meanwhile_goes(tmp_path: Path) -> None:
    path, theirs = tmp_path / "upsmon.conf", tmp_path / "theirs"
    path.write_bytes(b"mine")
    was = file_set.current(str(path))
    path.unlink()
    theirs.write_bytes(b"theirs")
    path.symlink_to("theirs")
    file_set.apply([was])
    assert (tree(tmp_path), links(tmp_path)) == ({"upsmon.conf": b"mine", "theirs": b"theirs"}, {})


def test_what_a_link_leads_to_is_not_replaced_where_it_is_a_device(tmp_path: Path) -> None:
    path = tmp_path / "nut.conf"
    path.symlink_to("/dev/null")
    with pytest.raises(OSError, match=r"not a regular file.*nut\.conf"):
        file_set.apply([wants(path, b"x")._replace(link="/dev/null")])
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("fails", ["replace", "unlink"])
@pytest.mark.parametrize("for_ever", [False, True])
def test_nothing_that_was_staged_stays_whatever_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, for_ever: bool
) -> None:
    """With the attribute immutable even putting the old file back fails; it held a password, and mode 0644."""
    conf, gone = tmp_path / "upsmon.conf", tmp_path / "gone"
    real: dict[str, Any] = {name: getattr(os, name) for name in ("replace", "unlink")}
    for path in (conf, gone):
        path.write_bytes(b"MONITOR ups@192.0.2.10 1 monuser S3ntinel slave\n")
        path.chmod(0o644)
    before = tree(tmp_path)
    failing = [conf, gone] if for_ever else [gone if fails == "unlink" else conf]

    def refuse(name: str, *paths: str) -> None:
        assert not any(mode(path) & 0o007 for path in tmp_path.glob(f"{file_set.STAGED}*"))
        if name == fails and Path(paths[-1]) in failing:
            raise PermissionError(1, "Operation not permitted", paths[-1])
        real[name](*paths)

    for name in real:
        monkeypatch.setattr(os, name, functools.partial(refuse, name))
    with pytest.raises(PermissionError):
        file_set.apply([wants(conf, b"after"), wants(gone, None)])
    monkeypatch.undo()
    assert tree(tmp_path).keys() <= before.keys() | {"gone"}
    assert gone.read_bytes() == before["gone"]
    assert fails == "unlink" or conf.read_bytes() == before["upsmon.conf"]


def test_what_a_run_that_was_killed_left_is_cleared_away(tmp_path: Path) -> None:
    left, foreign = tmp_path / f"{file_set.STAGED}upsmon.conf.abcd1234", tmp_path / ".upsmon.conf.swp"
    for path in (left, foreign):
        path.write_bytes(b"old password")
    file_set.apply([wants(tmp_path / "upsmon.conf", b"new")])
    assert set(tree(tmp_path)) == {"upsmon.conf", ".upsmon.conf.swp"}


def test_an_attribute_is_named_before_anything_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf, other = tmp_path / "upsmon.conf", tmp_path / "nut.conf"
    immutable = {str(conf): {"immutable": {"path": str(conf), "flag": "i"}}}
    monkeypatch.setattr(file_owner, "look", lambda path: immutable.get(path, {}))
    assert obstacles([wants(other, b"x")]) == ""
    assert obstacles([wants(other, b"x"), wants(conf, b"x")]) == f"{conf} has the attribute i."
