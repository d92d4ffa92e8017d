# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a command can be run at all, without running it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host.command import examine

NOBODY = (65534, (65534,))


@pytest.fixture
def tools() -> Iterator[Path]:
    """Programs that can and cannot be run, in a folder that others may enter, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        fill(Path(folder))
        yield Path(folder)


def fill(tmp_path: Path) -> None:
    for name, text, mode in [
        ("off", "#!/bin/sh\n", 0o755),
        ("roots", "#!/bin/sh\n", 0o700),
        ("plain", "#!/bin/sh\n", 0o644),
        ("lost", "#!/opt/no/such/shell -e\n", 0o755),
        ("binary", "\x7fELF", 0o755),
    ]:
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to(tmp_path / "off")


# the command, what is wrong with it for root
CASES = [
    ("{0}/off", ""),
    ("{0}/off --now; {0}/missing", ""),  # only the first program is looked at
    ("{0}/link", ""),
    ("{0}/binary", ""),
    ("{0}/roots", ""),
    ("VAR=1 exec {0}/off", ""),
    ("sudo -n {0}/missing", ""),  # its options may have values
    ("sudo {0}/missing", "not_found"),
    ("exec -a name {0}/missing", ""),
    ("{0}/off;{0}/missing", ""),
    ("sync&&{0}/missing", "not_found"),
    ("~/off", ""),
    ("case x in x) {0}/off;; esac", ""),
    ("{0}/o\0ff", "not_found"),
    ("{0}/missing", "not_found"),
    ("{0}/dangling", "not_found"),
    ("{0}/folder", "not_a_file"),
    ("{0}/plain", "not_executable"),
    ("{0}/lost", "no_interpreter"),
    ("{0}/off 'now", "syntax"),
    ("off", ""),
    ("missing", "not_found"),
    ("true", ""),
    (": nothing", ""),
    ("$OFF now", ""),  # what sh puts together cannot be told
]


@pytest.mark.parametrize(("command", "problem"), CASES)
def test_root(tools: Path, command: str, problem: str) -> None:
    found = examine(command.format(tools), path=str(tools))
    assert found["problem"] == problem
    assert found["command"] == command.format(tools)


@pytest.mark.parametrize(("name", "problem"), [("off", ""), ("roots", "not_executable"), ("plain", "not_executable")])
def test_somebody_else(tools: Path, name: str, problem: str) -> None:
    assert examine(f"{tools}/{name}", NOBODY)["problem"] == problem


def test_a_folder_that_somebody_else_may_not_enter(tools: Path) -> None:
    tools.chmod(0o700)
    assert examine(f"{tools}/off", NOBODY)["problem"] == "not_executable"
    tools.chmod(0o755)
