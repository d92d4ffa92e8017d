# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task names are imperatives, and no condition of a role or playbook hangs on a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("roles", "playbooks", "molecule", "tests/scenarios")
VERBS = {
    "Add",
    "Apply", "Audit", "Call", "Check", "Close", "Collect", "Complete",
    "Conclude", "Configure", "Copy", "Create", "Enable", "Drill", "Drop",
    "Fail",
    "Forget",
    "Fetch", "Give", "Go", "Install", "Judge", "Keep", "Let", "Load", "Look", "Make", "Manage", "Mark", "Permit",
    "Play",
    "Preflight",
    "Prepare", "Protect", "Provision", "Put", "Read", "Record", "Register", "Reload", "Remove", "Report", "Reset",
    "Restart",
    "Restore", "Roll", "Run", "Schedule", "Set", "Show", "Start", "Stop", "Swap", "Unload", "Unmask", "Unpack",
    "Unregister", "Validate", "Verify", "Wait", "Wake", "Write",
}  # fmt: skip


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types here
    """Reads playbooks, whose tags (!unsafe) do not matter here."""


Loader.add_multi_constructor("!", lambda _loader, _suffix, node: str(node.value))


def named(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every play, block and task."""
    if isinstance(value, list):
        for entry in value:
            if isinstance(entry, dict):
                yield entry
                for key in ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always"):
                    yield from named(entry.get(key))


FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.yml")
    if path.name != "molecule.yml" and not {"meta", "defaults", "vars"} & set(path.parts)
)
ENTRIES = [
    (path.relative_to(ROOT).as_posix(), entry)
    for path in FILES
    for entry in named(yaml.load(path.read_text(encoding="utf-8"), Loader))
]
IDS = [f"{path}-{entry.get('name')}" for path, entry in ENTRIES]


@pytest.mark.parametrize(("path", "entry"), ENTRIES, ids=IDS)
def test_a_name_is_an_imperative(path: str, entry: dict[str, Any]) -> None:
    name = str(entry.get("name"))
    verb = re.sub(r"^([a-z_]+ \| )*", "", name).split()[0].rstrip(",")
    assert verb in VERBS, f"{path}: {name!r} does not begin with one of the verbs in {Path(__file__).name}"


@pytest.mark.parametrize(("path", "entry"), ENTRIES, ids=IDS)
def test_no_condition_hangs_on_a_sentence(path: str, entry: dict[str, Any]) -> None:
    """A word of a condition is a code: no blank within quotes, and no text of a result is looked into."""
    texts = [entry.get(key) for key in ("when", "failed_when", "changed_when", "until")]
    for text in (
        str(one) for value in texts if value is not None for one in (value if isinstance(value, list) else [value])
    ):
        assert not re.search(r"'\w[^',]* [^',]*'|\"\w[^\",]* [^\",]*\"", text), f"{path}: {text}"
        assert not re.search(r"\b(msg|advice|reason|text|stdout|stderr)\b", text), f"{path}: {text}"


VARIABLES = [
    (path.relative_to(ROOT).as_posix(), name, str(value))
    for path in sorted((ROOT / "roles").glob("*/vars/**/*.yml"))
    for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()
]


@pytest.mark.parametrize(("path", "name", "value"), VARIABLES, ids=[name for _path, name, _value in VARIABLES])
def test_a_role_variable_edits_no_sentence(path: str, name: str, value: str) -> None:
    assert not re.search(r"\| *(replace|regex_\w+)\(|\b(advice|reason|drift_details(?!.*'code'))\b", value), path
