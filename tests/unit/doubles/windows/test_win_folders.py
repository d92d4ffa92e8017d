# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that are created with their rights on a double of Windows, as tests/powershell has the real module."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import acl as rules
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

Call = Callable[..., "dict[str, Any]"]

NAME = "upsfleet_doubles.win_nut_folders"
KINDS = {"C:\\NUT": "root", "C:\\NUT\\bin": "programs", "C:\\NUT\\etc": "etc"}
FOLDERS = rules.given(KINDS)


def test_folders_are_created_once_and_are_as_the_rules_want_them(machine: Machine, call: Call) -> None:
    assert call(NAME, check=True, folders=FOLDERS)["created"] == list(KINDS)
    assert not machine.drive.exists("C:\\NUT")
    assert [call(NAME, folders=FOLDERS)["changed"] for _time in range(2)] == [True, False]
    for path, kind in KINDS.items():
        assert rules.problems(str(machine.sddl(path)), kind) == [], path


def test_rights_and_owners_are_corrected(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT\\bin")
    machine.drive.write("C:\\NUT\\bin\\a.dll", b"")
    machine.describe(
        "C:\\NUT\\bin\\a.dll", {**machine.descriptor("C:\\NUT\\bin\\a.dll"), "owner": "S-1-5-21-1-2-3-1001"}
    )
    done = call(NAME, folders=FOLDERS)
    assert (done["created"], done["corrected"]) == (
        ["C:\\NUT\\etc"],
        ["C:\\NUT", "C:\\NUT\\bin\\a.dll", "C:\\NUT\\bin"],
    )
    assert not call(NAME, folders=FOLDERS)["changed"]


def test_a_file_is_no_folder(machine: Machine, call: Call) -> None:
    machine.drive.write("C:\\NUT", b"")
    with pytest.raises(Failed, match="it is a file"):
        call(NAME, folders=FOLDERS)
