# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of Windows in a temporary folder; the doubles themselves are found in tests/doubles/windows."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

DOUBLES = Path(__file__).parents[3] / "doubles" / "windows"
if str(DOUBLES) not in sys.path:
    sys.path.insert(0, str(DOUBLES))

if TYPE_CHECKING:
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

Call = Callable[..., "dict[str, Any]"]


def options_of(name: str) -> dict[str, Any]:
    """Return the options that a double's file names, by its name with the collection's namespace."""
    namespace, _dot, module = name.partition(".")
    path = DOUBLES / "ansible_collections" / namespace / "windows" / "plugins" / "modules" / f"{module}.py"
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "OPTIONS":
            found: dict[str, Any] = ast.literal_eval(node.value)
            return found
    raise AssertionError(f"{path} has no OPTIONS")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Yield a fresh double; what it has started is ended after the test."""
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import nut_exe
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import opened

    with opened(str(tmp_path / "double")) as one:
        yield one
        for process in one.running():
            nut_exe.end(process["pid"])


@pytest.fixture
def call(machine: Machine) -> Call:
    """Run a double as Ansible would, its arguments through its own options: ``call("ansible.win_file", path=...)``."""

    def run(name: str, /, check: bool = False, **arguments: Any) -> dict[str, Any]:
        import importlib

        checked = ArgumentSpecValidator(options_of(name)).validate(arguments)
        assert not checked.error_messages, checked.error_messages
        namespace, _dot, module = name.partition(".")
        file = importlib.import_module(f"ansible_collections.{namespace}.windows.plugins.modules.{module}")
        result: dict[str, Any] = getattr(file, module)(machine, checked.validated_parameters, check)
        return result

    return run
