# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The READMEs of the roles say what the argument specs say; UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
role_readme = importlib.import_module("role_readme")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def test_every_role_has_groups() -> None:
    assert sorted(role_readme.GROUPS) == ROLES


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_is_up_to_date(role: str) -> None:
    path = ROOT / "roles" / role / "README.md"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(role_readme.page(role), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == role_readme.page(role)


@pytest.mark.parametrize("role", ROLES)
def test_every_group_begins_with_a_variable_and_the_first_variable_begins_a_group(role: str) -> None:
    names = list(role_readme.options(role))
    groups = list(role_readme.GROUPS[role])
    assert groups == [name for name in names if name in groups]
    assert groups[0] == names[0]


def test_the_markup_of_the_specs_becomes_code() -> None:
    option = {"type": "str", "default": "a", "choices": ["a", "b"], "description": ["See O(x) and V(b).", "C(c)."]}
    assert list(role_readme.entry("y", option)) == [
        "- **`y`** (str; default `a`; one of `a`, `b`): See `x` and `b`. `c`."
    ]
