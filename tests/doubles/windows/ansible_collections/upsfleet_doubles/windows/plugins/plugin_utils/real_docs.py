# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a call of a double against the real module's documentation: its arguments before, its result after.

Cannot show: what a module does beside its documentation, and rules between options, such as required_if.
"""

from __future__ import annotations

import ast
import functools
import os
from typing import Any, Mapping

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

REAL_COLLECTIONS = "UPSFLEET_REAL_COLLECTIONS"
FAMILIES = ("ansible.windows.", "community.windows.")
OURS = "upsfleet.synology.win_"
OUR_DOUBLES = "upsfleet_doubles.windows.win_"
# What any module may return.
ALWAYS = {"changed", "failed", "msg", "diff", "warnings", "deprecations", "invocation", "exception", "skipped", "rc"}
ALWAYS |= {"stdout", "stdout_lines", "stderr", "stderr_lines", "module_stdout", "module_stderr", "ansible_facts"}
# Between the halves of win_copy, not for anybody else.
PRIVATE = {"ansible.windows.win_copy": {"files", "directories", "symlinks", "_copy_mode", "_original_basename"}}
# Documented as a choice of one, while the description and the examples say that it is a list of them with commas.
COMMA_LISTS = {("ansible.windows.win_acl", "inherit")}


class Undocumented(Exception):
    """A call that the real module's documentation does not cover; the message begins with "double:"."""


def _collection(name: str) -> str:
    here = os.path.dirname(os.path.abspath(__file__))
    namespace, collection = name.split(".")[:2]
    if namespace == "upsfleet":  # this clone: up from tests/doubles/windows/ansible_collections/x/y/plugins/z
        return os.path.normpath(os.path.join(here, *[os.pardir] * 8))
    real = os.environ.get(REAL_COLLECTIONS)
    if not real:
        raise Undocumented(f"double: {REAL_COLLECTIONS} must name the folder that holds the real ansible_collections/")
    return os.path.join(real, "ansible_collections", namespace, collection)


def _texts(path: str, owner: str | None = None) -> dict[str, Any]:
    """Return the YAML texts of a Python file, of its class ``owner`` if given, by their names."""
    with open(path) as file:
        body = ast.parse(file.read()).body
    if owner:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == owner)
    found = {}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = getattr(node.value, "value", None)
            if isinstance(text, str) and node.targets[0].id.isupper():
                found[node.targets[0].id] = yaml.safe_load(text) or {}
    return found


def _fragment(name: str) -> dict[str, Any]:
    parts = name.split(".")
    path = os.path.join(_collection(name), "plugins", "doc_fragments", parts[2] + ".py")
    texts = _texts(path, "ModuleDocFragment")
    return dict(texts[parts[3].upper() if len(parts) > 3 else "DOCUMENTATION"])


@functools.lru_cache(maxsize=None)
def documentation(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options and the returned keys that a real module documents."""
    base = os.path.join(_collection(name), "plugins", "modules", name.rpartition(".")[2])
    if os.path.exists(base + ".yml"):
        with open(base + ".yml") as file:
            texts = yaml.safe_load(file)
    elif os.path.exists(base + ".py"):
        texts = _texts(base + ".py")
    else:
        raise Undocumented(f"double: there is no documentation of {name} at {base}.yml or .py")
    about = texts["DOCUMENTATION"]
    fragments = about.get("extends_documentation_fragment") or []
    options: dict[str, Any] = {}
    for fragment in [fragments] if isinstance(fragments, str) else fragments:
        options.update(_fragment(fragment).get("options") or {})
    return {**options, **(about.get("options") or {})}, texts.get("RETURN") or {}


def argument_spec(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ansible's validator wants, from documented options."""
    spec = {}
    for name, option in options.items():
        inner = option.get("suboptions") or option.get("options")
        one = {key: option[key] for key in ("type", "elements", "choices", "required", "aliases") if key in option}
        one.setdefault("type", "dict" if inner else "str")
        if inner and one["type"] in ("dict", "list"):
            one["options"] = argument_spec(inner)
        spec[name] = one
    return spec


def _no_strings(given: Any, spec: Mapping[str, Any], where: str) -> list[str]:
    """Return what is given as a list or a dictionary where text is documented; ansible's validator lets it pass."""
    problems = []
    names = {alias: name for name, option in spec.items() for alias in [name, *option.get("aliases", [])]}
    for key, value in given.items():
        option = spec.get(names.get(key, ""), {})
        if option.get("type") in ("str", "path") and isinstance(value, (list, dict)):
            problems.append(f"{where}{key} is documented as text, but a {type(value).__name__} was given")
        for inner in (value if isinstance(value, list) else [value]) if "options" in option else []:
            if isinstance(inner, dict):
                problems += _no_strings(inner, option["options"], f"{where}{key}.")
            elif option["type"] == "dict" and value is not None:
                problems.append(f"{where}{key} is documented as a dictionary")
    return problems


def check_arguments(name: str, arguments: Mapping[str, Any]) -> None:
    """Raise Undocumented unless the real module documents these arguments, by name, type and choice."""
    spec = argument_spec(documentation(name)[0])
    private = PRIVATE.get(name, set()) if "_copy_mode" in arguments else set()
    given = {key: value for key, value in arguments.items() if key not in private and not key.startswith("_ansible_")}
    if private:  # the real action plugin leaves out what it has dealt with
        spec = {key: {**option, "required": False} for key, option in spec.items()}
    for module, option in COMMA_LISTS:
        if module == name and option in given:
            spec[option] = {**spec[option], "type": "list", "elements": "str"}
            spec[option]["choices"] = [*spec[option]["choices"], "None"]
            given[option] = [word.strip() for word in str(given[option]).split(",")]
    problems = _no_strings(given, spec, "")
    if not problems:
        problems = list(ArgumentSpecValidator(spec).validate(given).error_messages)
    if problems:
        raise Undocumented(f"double: {name} is called as its documentation does not allow: {'; '.join(problems)}")


def check_result(name: str, result: Mapping[str, Any]) -> None:
    """Raise Undocumented if a result has keys that the real module does not document."""
    keys = {key for key in result if not key.startswith("_ansible_")}
    extra = sorted(keys - ALWAYS - set(documentation(name)[1]))
    if extra:
        raise Undocumented(f"double: {name} returned what its documentation does not: {', '.join(extra)}")


def double_of(name: str) -> str:
    """Return the name of a module's double; raises Undocumented if it has none."""
    double = OUR_DOUBLES + name[len(OURS) :] if name.startswith(OURS) else name
    namespace, collection, module = double.split(".")
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 4, namespace, collection)
    if not os.path.exists(os.path.join(folder, "plugins", "modules", module + ".py")):
        raise Undocumented(f"double: the module {name} has no double; write one or do without it")
    return double


def is_windows_module(name: str) -> bool:
    """Return whether a module is one of those that doubles stand for."""
    return name.startswith((*FAMILIES, OURS))
