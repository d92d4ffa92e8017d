# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils goes to hosts, plugin_utils stays on the controller, and arrows between their rooms run down only."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
PREFIX = "ansible_collections.upsfleet.synology.plugins."

# The rooms of module_utils, from the top floor down. A room may import from rooms below it, never from beside or above.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("_host", "_dsm"),
    ("_access", "_upsmon"),
    ("_nut", "_exit", "_upsd"),
    ("_addresses",),
)
# What of ansible-core and of Python is private is opened in one room each.
DOORS = ROOT / "plugins" / "plugin_utils" / "_core.py"


def name_of(path: Path) -> str:
    """Return a file's name among the plugins, such as module_utils._nut.client."""
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


FILES = {name_of(path): path for path in PLUGINS.rglob("*.py") if path.name != "__init__.py"}


def imports(path: Path) -> set[str]:
    """Return the files of the collection that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            module = str(node.module)[len(PREFIX) :]
            found |= {module} if module in FILES else {f"{module}.{alias.name}" for alias in node.names}
    return found


def modules(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the modules that these statements import."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def closure(names: set[str]) -> set[str]:
    """Return *names* with all that they import, directly or not."""
    seen: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += imports(FILES[name])
    return seen


def room(name: str) -> str:
    """Return the room of a file of module_utils."""
    return name.split(".")[1]


ARROWS = sorted(
    {
        (room(name), room(target))
        for name, path in FILES.items()
        if name.startswith("module_utils.")
        for target in imports(path)
        if room(name) != room(target)
    }
)


def test_every_import_is_a_file() -> None:
    assert {target for path in FILES.values() for target in imports(path)} <= set(FILES)


def test_module_utils_is_what_modules_need() -> None:
    shipped = closure({name for name in FILES if name.startswith("modules.")})
    assert {name for name in FILES if name.startswith("module_utils.")} - shipped == set()
    assert {name for name in shipped if name.startswith(("plugin_utils.", "action."))} == set()


def test_every_room_has_its_floor() -> None:
    rooms = {
        path.name.removesuffix(".py") for path in (PLUGINS / "module_utils").iterdir() if path.name != "__pycache__"
    }
    assert rooms == {name for floor in FLOORS for name in floor}


@pytest.mark.parametrize(("above", "below"), ARROWS)
def test_arrows_run_down(above: str, below: str) -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    assert floor[above] < floor[below]


def test_there_are_about_ten_arrows() -> None:
    assert len(ARROWS) <= 12, ARROWS


@pytest.mark.parametrize("kind", ["action", "filter", "modules"])
def test_what_ansible_loads_is_imported_by_nobody(kind: str) -> None:
    targets = {target for path in FILES.values() for target in imports(path)}
    assert {target for target in targets if target.startswith(f"{kind}.")} == set()


@pytest.mark.parametrize("kind", ["module_utils", "plugin_utils"])
def test_what_is_private_says_so_with_an_underscore(kind: str) -> None:
    assert [path.name for path in (PLUGINS / kind).iterdir() if not path.name.startswith("_")] == []


# What asks a Mac for its proxies; in Ansible's fork that is the end of it. One file starts a process for that.
FETCHING = {"ansible.module_utils.urls", "http.client", "requests", "urllib.request"}
CONTROLLER = closure({name for name in FILES if name.startswith(("action.", "filter.", "plugin_utils."))})


@pytest.mark.parametrize("name", sorted(CONTROLLER - {"plugin_utils._windows.download"}))
def test_nothing_is_fetched_in_ansibles_fork(name: str) -> None:
    assert modules(ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8")))) & FETCHING == set()


def test_what_fetches_imports_it_in_its_own_process() -> None:
    tree = ast.parse(FILES["plugin_utils._windows.download"].read_text(encoding="utf-8"))
    assert modules(ast.iter_child_nodes(tree)) & FETCHING == set()
    assert modules(ast.walk(tree)) & FETCHING == {"ansible.module_utils.urls"}


# ansible-core's objects as action plugins have them; their public attributes are used as they are.
PRIVATE = {
    "_play_context",
    "_shared_loader_obj",
    "_low_level_execute_command",
    "_no_log_values",
    "_IS_WINDOWS",
    "_role",
}


@pytest.mark.parametrize("name", [name for name, path in FILES.items() if path != DOORS])
def test_private_doors_of_core_are_in_one_room(name: str) -> None:
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in PRIVATE}
    assert used & PRIVATE == set()
    assert "copy_with_new_env" not in used
