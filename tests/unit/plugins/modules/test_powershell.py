# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell modules: syntax, form, and documentation. None of this runs them; no Windows is here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import tree_sitter_pwsh
import yaml
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = sorted((ROOT / "plugins" / "modules").glob("*.ps1"))
PARSER = Parser(Language(tree_sitter_pwsh.language()))

# What the scripts may call beside their own functions: a word that is missing here is an alias or a slip of the pen.
CMDLETS = {
    "Add-Type",
    "ForEach-Object",
    "Get-Acl",
    "Get-ChildItem",
    "Get-CimInstance",
    "Get-Item",
    "Get-NetIPAddress",
    "Get-NetTCPConnection",
    "New-Object",
    "Select-Object",
    "Sort-Object",
    "Test-Path",
    "Where-Object",
}
# PowerShell sets these itself; some cannot be assigned to, others lose their meaning.
AUTOMATIC = {
    "args",
    "error",
    "event",
    "false",
    "home",
    "host",
    "input",
    "matches",
    "pid",
    "sender",
    "this",
    "true",
}
CONSTANTS = {"$true": True, "$false": False, "$null": None}
CHECKED = ("type", "elements", "required", "default", "choices", "no_log")


def parsed(script: Path) -> Node:
    return PARSER.parse(script.read_bytes()).root_node


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def nodes(script: Path, kind: str) -> list[Node]:
    return [node for node in walk(parsed(script)) if node.type == kind]


def text(node: Node | None) -> str:
    assert node is not None
    assert node.text is not None
    return node.text.decode()


def value(node: Node) -> Any:
    """Return what a literal of PowerShell means."""
    if node.type == "hash_literal_expression":
        entries = [inner for body in node.named_children for inner in body.named_children if inner.type == "hash_entry"]
        return {text(entry.named_children[0]).strip("'"): value(entry.named_children[-1]) for entry in entries}
    if node.type in ("array_expression", "array_literal_expression", "statement_list"):
        items = [value(child) for child in node.named_children]
        return items[0] if len(items) == 1 and isinstance(items[0], list) else items
    if node.type == "verbatim_string_characters":
        return text(node)[1:-1]
    if node.type in ("integer_literal", "real_literal"):
        return float(text(node)) if node.type == "real_literal" else int(text(node))
    if node.type == "variable":
        return CONSTANTS[text(node)]
    assert len(node.named_children) == 1, f"not a literal: {text(node)}"
    return value(node.named_children[0])


def spec(script: Path) -> dict[str, Any]:
    """Return the argument spec of *script*."""
    for node in nodes(script, "assignment_expression"):
        if text(node.named_children[0]) == "$spec":
            found: dict[str, Any] = value(node.named_children[-1])
            return found
    raise AssertionError("no $spec")


def documented(script: Path) -> dict[str, Any]:
    documents: dict[str, Any] = yaml.safe_load(script.with_suffix(".yml").read_text(encoding="utf-8"))
    return documents


def facts(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return what code and documentation must agree on."""
    return {
        name: {
            **{key: option[key] for key in CHECKED if key in option and key != "no_log"},
            "options": facts(option.get(inner, {}), inner),
        }
        for name, option in options.items()
    }


def secrets(options: dict[str, Any]) -> set[str]:
    return {name for name, option in options.items() if option.get("no_log")}


def results(script: Path) -> set[str]:
    """Return the keys that *script* sets in its result."""
    keys = set()
    for node in nodes(script, "left_assignment_expression"):
        found = re.fullmatch(r"\$module\.Result\.(\w+)", text(node))
        if found:
            keys.add(found[1])
    return keys


def variable(node: Node) -> str:
    """Return the name, in lower case, of the first variable in *node*."""
    return next(text(inner)[1:].lower() for inner in walk(node) if inner.type == "variable")


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 2


each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


@each_script
def test_bytes(script: Path) -> None:
    content = script.read_bytes()
    content.decode("utf-8")
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert b"\t" not in content
    assert content.endswith(b"\n")
    assert [line for line in content.decode().split("\n") if len(line) > 120 or line != line.rstrip()] == []


@each_script
def test_syntax(script: Path) -> None:
    assert [text(node) for node in walk(parsed(script)) if node.is_error or node.is_missing] == []


@each_script
def test_frame(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!powershell"
    assert "GNU General Public License v3.0+" in "".join(lines[:5])
    assert "#AnsibleRequires -CSharpUtil Ansible.Basic" in lines
    assert "$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)" in lines
    assert lines[-1] == "$module.ExitJson()"
    assert spec(script)["supports_check_mode"] is True
    assert not script.with_suffix(".py").exists()  # Ansible would take the one for the other


@each_script
def test_commands_are_known_and_no_aliases(script: Path) -> None:
    own = {text(node) for node in nodes(script, "function_name")}
    assert all(re.fullmatch("[A-Z][A-Za-z]+-[A-Z][A-Za-z]+", name) for name in own)
    assert {text(node) for node in nodes(script, "command_name")} - own - CMDLETS == set()


@each_script
def test_functions_are_used_and_short(script: Path) -> None:
    functions = nodes(script, "function_statement")
    assert {text(node) for node in nodes(script, "function_name")} <= {
        text(node) for node in nodes(script, "command_name")
    }
    assert [text(node) for node in functions if node.end_point[0] - node.start_point[0] >= 40] == []


@each_script
def test_functions_are_called_with_their_parameters(script: Path) -> None:
    parameters = {}
    for function in nodes(script, "function_statement"):
        name = next(text(node) for node in walk(function) if node.type == "function_name")
        given = [node for node in walk(function) if node.type == "script_parameter"]
        parameters[name] = {f"-{variable(node)}" for node in given}
    assert any(parameters.values())
    for command in nodes(script, "command"):
        name = text(command.named_children[0])
        elements = command.named_children[-1].named_children
        used = [node for node in elements if node.type == "command_parameter"]
        if name in parameters:
            assert {text(node).lower() for node in used} <= parameters[name], text(command)


@each_script
def test_what_is_read_of_the_arguments_is_an_option(script: Path) -> None:
    read = set(re.findall(r"\$module\.Params\.(\w+)", script.read_text(encoding="utf-8")))
    assert read == set(spec(script)["options"])
    used = set(re.findall(r"\$module\.Result\.(\w+)", script.read_text(encoding="utf-8")))
    assert used == results(script)


@each_script
def test_automatic_variables_are_left_alone(script: Path) -> None:
    assigned = [*nodes(script, "left_assignment_expression"), *nodes(script, "script_parameter")]
    assigned += [node.named_children[0] for node in nodes(script, "foreach_statement")]
    names = {variable(node) for node in assigned}
    assert names
    assert names & AUTOMATIC == set()


@each_script
def test_options_are_documented(script: Path) -> None:
    options = spec(script)["options"]
    assert facts(options, "options") == facts(documented(script)["DOCUMENTATION"]["options"], "suboptions")
    assert secrets(options) == {name for name in options if name in ("password",)}


@each_script
def test_results_are_documented(script: Path) -> None:
    assert results(script) - {"changed"} == set(documented(script)["RETURN"])


@each_script
def test_documentation(script: Path) -> None:
    found = documented(script)
    assert found["DOCUMENTATION"]["module"] == script.stem
    assert "GNU General Public License v3.0+" in script.with_suffix(".yml").read_text(encoding="utf-8")[:400]
    tasks = yaml.safe_load(found["EXAMPLES"])
    arguments = [task[key] for task in tasks for key in task if key == f"upsfleet.synology.{script.stem}"]
    assert arguments
    assert {name for given in arguments for name in given} <= set(found["DOCUMENTATION"]["options"])


@pytest.mark.parametrize(
    ("cmdlet", "problems", "result"),
    [
        ("Get-NetTCPConnection", "problems", "$module.Result.connections"),
        ("Get-NetIPAddress", "unanswered", "$module.Result.ipv6_addresses"),
    ],
)
def test_what_windows_does_not_tell_is_not_an_empty_list(cmdlet: str, problems: str, result: str) -> None:
    """An error that is not thrown leaves what was told before it, or nothing: the result is null then.

    Unless the error is that there is nothing to tell.
    """
    script = next(path for path in SCRIPTS if path.stem == "win_nut_client_info")
    (command,) = [text(node) for node in nodes(script, "command") if text(node.named_children[0]) == cmdlet]
    assert f"-ErrorVariable {problems}" in command
    assigned = [text(node) for node in nodes(script, "assignment_expression") if result in text(node)]
    assert assigned[0] == f"{result} = $null"
    (guarded,) = [text(node) for node in nodes(script, "if_statement") if assigned[-1] in text(node)]
    assert guarded.startswith(f"if (Test-OnlyNotFound -Problem ${problems})")
