# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noted on a host of what was proven."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import note

MONITOR = {"host": "192.0.2.10", "port": 3493, "ups": "ups", "username": "monuser", "password": "secret"}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "upsmon.conf"
    path.write_text("MONITOR ups@192.0.2.10 1 monuser secret secondary")
    return path


def test_what_was_proven_is_known_again(conf: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    written = note.write(str(state), [str(conf), str(tmp_path / "gone")], [MONITOR])
    assert note.read(str(state)) == written
    assert note.holds(written)
    assert [path.name for path in state.iterdir()] == ["proven.json"]
    assert stat.S_IMODE((state / "proven.json").stat().st_mode) == 0o600
    assert "secret" not in (state / "proven.json").read_text()


@pytest.mark.parametrize("text", ["", "MONITOR other"])
def test_a_file_that_changed_is_not_what_was_proven(conf: Path, tmp_path: Path, text: str) -> None:
    written = note.write(str(tmp_path), [str(conf)], [MONITOR])
    conf.write_text(text)
    assert not note.holds(written)
    conf.unlink()
    assert not note.holds(written)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 1}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "proven.json").write_text(text)
    assert note.read(str(tmp_path)) is None
    assert not note.holds(note.read(str(tmp_path / "nowhere")))
