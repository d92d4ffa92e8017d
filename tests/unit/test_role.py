# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's files agree with each other and with the code: defaults, argument specs, settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.module_utils.upsmon_conf import SETTING_NAMES, setting_lines
from ansible_collections.upsfleet.synology.plugins.module_utils.upsmon_facts import DIRECTIVES, Directive

ROLE = Path(__file__).parents[2] / "roles" / "nut_client"


def load(name: str) -> Any:
    """Return the role's YAML file *name*."""
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


DEFAULTS: dict[str, Any] = load("defaults/main.yml")
SPECS: dict[str, Any] = load("meta/argument_specs.yml")["argument_specs"]
OPTIONS: dict[str, Any] = SPECS["main"]["options"]
VARS: dict[str, Any] = load("vars/main.yml")


def is_template(value: Any) -> bool:
    """Return whether Ansible computes the value from other variables."""
    return isinstance(value, str) and "{{" in value


LITERAL = [name for name in DEFAULTS if name != "nut_client_monitors" and not is_template(DEFAULTS[name])]


@pytest.mark.parametrize("entry_point", ["main", "audit_only"])
def test_every_default_is_specified_and_every_specified_variable_has_a_default(entry_point: str) -> None:
    assert set(SPECS[entry_point]["options"]) == set(DEFAULTS)


def test_every_entry_point_is_specified() -> None:
    assert set(SPECS) == {"main", "audit_only"}
    assert all((ROLE / "tasks" / f"{name}.yml").exists() for name in SPECS)


@pytest.mark.parametrize("name", LITERAL)
def test_a_default_is_what_the_specification_says(name: str) -> None:
    assert DEFAULTS[name] == OPTIONS[name].get("default")


def test_only_these_defaults_are_computed() -> None:
    assert sorted(set(DEFAULTS) - set(LITERAL)) == ["nut_client_minsupplies", "nut_client_monitors"]


@pytest.mark.parametrize("name", DEFAULTS)
def test_names_tell_whose_they_are(name: str) -> None:
    assert name.startswith("nut_client_")
    assert OPTIONS[name]["description"]


@pytest.mark.parametrize("name", VARS)
def test_internal_names_say_so(name: str) -> None:
    assert name.startswith("__nut_client_")


def test_the_settings_are_those_that_upsmon_has() -> None:
    names = VARS["__nut_client_setting_names"]
    assert set(names) == set(SETTING_NAMES)
    assert len(names) == len(SETTING_NAMES)


@pytest.mark.parametrize("setting", SETTING_NAMES)
def test_every_setting_has_its_variable(setting: str) -> None:
    assert f"nut_client_{setting}" in DEFAULTS


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_the_type_of_a_variable_is_its_directives(directive: Directive) -> None:
    kind = OPTIONS[f"nut_client_{directive.name.lower()}"]["type"]
    assert {"path": "text", "str": "text"}.get(kind, kind) == directive.kind.replace("exit", "text")


def test_the_defaults_are_values_that_upsmon_can_use() -> None:
    lines = setting_lines({name[len("nut_client_") :]: DEFAULTS[name] for name in LITERAL}, "999.0.0")
    assert [line.split()[0] for line in lines] == [
        directive.name
        for directive in DIRECTIVES
        if DEFAULTS[f"nut_client_{directive.name.lower()}"] is not None and directive.name != "MINSUPPLIES"
    ]


def test_the_keys_of_a_monitor_and_their_defaults_agree() -> None:
    suboptions = OPTIONS["nut_client_monitors"]["options"]
    complete: dict[str, Any] = dict(normalise_monitors([{"host": "192.0.2.10"}])[0])
    assert set(suboptions) == set(complete)
    assert {name: entry["default"] for name, entry in suboptions.items() if "default" in entry} == {
        name: value for name, value in complete.items() if name != "host"
    }
    assert [name for name, entry in suboptions.items() if entry.get("required")] == ["host"]
    assert set(DEFAULTS["nut_client_monitors"][0]) <= set(complete)


def test_what_holds_a_password_is_hidden() -> None:
    passwords = [
        entry for option in OPTIONS.values() for name, entry in option.get("options", {}).items() if "password" in name
    ]
    assert len(passwords) == 2
    assert all(entry["no_log"] for entry in passwords)


def test_only_root_and_nut_may_read_a_file_with_a_password() -> None:
    files = {file["template"]: file for file in VARS["__nut_client_files"]}
    upsmon_conf = files["upsmon.conf.j2"]
    assert (upsmon_conf["mode"], upsmon_conf["owner"], upsmon_conf["group"]) == ("0640", "root", "nut")
    assert set(files) == {path.name for path in (ROLE / "templates").iterdir()}
