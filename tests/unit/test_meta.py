# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""meta/runtime.yml against the plugins: what module_defaults can name is documented, and the options mean one thing."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.doc_fragments import attributes, dsm, upsd

ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "galaxy.yml").exists())
GROUPS: dict[str, list[str]] = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
FRAGMENTS = {"dsm": dsm, "upsd": upsd}
PREFIX = "upsfleet.synology."


@functools.lru_cache(maxsize=None)
def documentation(module: str) -> dict[str, Any]:
    """Return a module's DOCUMENTATION, which is a file of its own beside PowerShell."""
    path = ROOT / "plugins/modules" / module
    if path.with_suffix(".yml").exists():
        found: dict[str, Any] = yaml.safe_load(path.with_suffix(".yml").read_text())["DOCUMENTATION"]
    else:
        text = path.with_suffix(".py").read_text().split('DOCUMENTATION = r"""', 1)[1].split('"""', 1)[0]
        found = yaml.safe_load(text)
    return found


def modules() -> list[str]:
    """Return the names of all modules."""
    return sorted({path.stem for path in (ROOT / "plugins/modules").iterdir() if path.suffix in (".py", ".yml")})


def fragments(module: str) -> list[str]:
    """Return the fragments that a module's documentation extends, without the collection's name."""
    return [name[len(PREFIX) :] for name in documentation(module).get("extends_documentation_fragment", [])]


def test_the_groups() -> None:
    """`all` is gone: `host` means a NAS's DSM in one half of the modules and an upsd in the other."""
    assert sorted(GROUPS) == sorted(FRAGMENTS)


@pytest.mark.parametrize("group", sorted(FRAGMENTS))
def test_a_group_is_what_shares_a_fragment(group: str) -> None:
    """Every module with a group's options is in it, and no other."""
    assert GROUPS[group] == [module for module in modules() if group in fragments(module)]


@pytest.mark.parametrize("module", modules())
def test_a_module_says_its_group(module: str) -> None:
    """What ansible-doc shows as action_group is the group that the module is in."""
    member_of = [group for group in sorted(GROUPS) if module in GROUPS[group]]
    assert [name[23:] for name in fragments(module) if name.startswith("attributes.actiongroup_")] == member_of


@pytest.mark.parametrize("group", sorted(FRAGMENTS))
def test_the_fragments_name_the_group(group: str) -> None:
    """The attribute's text names the group as module_defaults does."""
    text = getattr(attributes.ModuleDocFragment, f"ACTIONGROUP_{group.upper()}")
    attribute = yaml.safe_load(text)["attributes"]["action_group"]
    assert attribute["membership"] == [PREFIX + group]
    assert f"C(group/{PREFIX}{group})" in attribute["description"]


def test_execution_environment_names_files_that_exist() -> None:
    """ansible-builder reads a path that does not exist as an empty list."""
    dependencies = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text())["dependencies"]
    assert sorted(dependencies) == ["python", "system"]
    for path in dependencies.values():
        assert (ROOT / path).read_text().strip()
