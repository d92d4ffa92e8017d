# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which folder of a Windows host may be NUT's alone."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import check_folder


@pytest.mark.parametrize(
    "folder", ["C:\\NUT", "d:\\Power Tools\\NUT", "C:\\Program Files\\NUT", "C:\\nut-2.8.4", "E:\\a.b\\c"]
)
def test_a_folder_of_its_own(folder: str) -> None:
    assert check_folder(folder) == folder


@pytest.mark.parametrize(
    "folder",
    [
        "",
        "NUT",
        "C:",
        "C:\\",
        "C:\\NUT\\",
        "C:/NUT",
        "C:\\NUT/etc",
        "\\\\server\\share",
        "%ProgramFiles%\\NUT",
        "C:\\%TEMP%",
        "C:\\NUT\\..",
        "C:\\.",
        "C:\\NUT\\..\\Windows",
        "C:\\NUT.",
        "C:\\NUT ",
        "C:\\a\\\\b",
        'C:\\"NUT"',
        "C:\\NUT\nx",
    ],
)
def test_no_full_path(folder: str) -> None:
    with pytest.raises(InvalidInput, match=r"nut_client_windows_dir is .*: allowed is a full path"):
        check_folder(folder)


@pytest.mark.parametrize(
    "folder",
    [
        "C:\\Windows",
        "c:\\WINDOWS\\System32",
        "C:\\Program Files (x86)",
        "C:\\Users\\me\\nut",
        "C:\\ProgramData\\upsfleet",
        "C:\\Documents and Settings\\x",
    ],
)
def test_a_folder_of_windows(folder: str) -> None:
    with pytest.raises(InvalidInput, match="Windows' own"):
        check_folder(folder)
