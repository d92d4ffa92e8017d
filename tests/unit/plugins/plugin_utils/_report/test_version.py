# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of the collection wrote a report."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.version import collection_version


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, ""),
        ({"galaxy.yml": "version: 0.2.0\n"}, "0.2.0"),
        ({"MANIFEST.json": '{"collection_info": {"version": "0.3.0"}}', "galaxy.yml": "version: 0.2.0\n"}, "0.3.0"),
        ({"MANIFEST.json": "{}", "galaxy.yml": "- no\n"}, ""),
        ({"MANIFEST.json": "no", "galaxy.yml": "{"}, ""),
    ],
)
def test_the_version_is_that_of_the_folder(files: dict[str, str], version: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert collection_version(tmp_path) == version
