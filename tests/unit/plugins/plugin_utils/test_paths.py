# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule for every path on the controller."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_path, controller_paths

# The path, the folder of the inventory, what is there already, what the path means, where it is looked for
BOTH = ["inv/x.pem", "cwd/x.pem"]
CASES: list[tuple[str, str | None, list[str], str, list[str]]] = [
    ("x.pem", "inv", [], "inv/x.pem", BOTH),
    ("x.pem", "inv", ["cwd/x.pem"], "cwd/x.pem", BOTH),
    ("x.pem", "inv", ["inv/x.pem", "cwd/x.pem"], "inv/x.pem", BOTH),
    ("x.pem", None, [], "cwd/x.pem", ["cwd/x.pem"]),
    ("x.pem", "", [], "cwd/x.pem", ["cwd/x.pem"]),
    ("x.pem", "None", [], "cwd/x.pem", ["cwd/x.pem"]),
    ("x.pem", "cwd", [], "cwd/x.pem", ["cwd/x.pem"]),
    ("../x.pem", "inv", [], "x.pem", ["x.pem"]),
    ("./keys//x.pem", "inv", ["cwd/keys/x.pem"], "cwd/keys/x.pem", ["inv/keys/x.pem", "cwd/keys/x.pem"]),
    ("~/x.pem", "inv", ["inv/x.pem", "inv/~/x.pem"], "home/x.pem", ["home/x.pem"]),
    ("~nobody-of-that-name/x.pem", None, [], "cwd/~nobody-of-that-name/x.pem", ["cwd/~nobody-of-that-name/x.pem"]),
    ("/srv/x.pem", "inv", ["inv/srv/x.pem"], "/srv/x.pem", ["/srv/x.pem"]),
    ("", "inv", [], "", []),
]


@pytest.mark.parametrize("by_process", [False, True])
@pytest.mark.parametrize(("path", "inventory", "there", "meant", "places"), CASES)
def test_where_a_path_lies(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_process: bool,
    path: str,
    inventory: str | None,
    there: list[str],
    meant: str,
    places: list[str],
) -> None:
    (tmp_path / "cwd").mkdir()
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "cwd" if by_process else "/")
    folder = str(tmp_path / inventory) if inventory in ("inv", "cwd") else inventory
    cwd = None if by_process else str(tmp_path / "cwd")
    assert controller_path(path, folder, cwd=cwd) == (meant and os.path.join(tmp_path, meant))
    assert controller_paths(path, folder, cwd=cwd) == [os.path.join(tmp_path, place) for place in places]
