# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' files agree with each other and with the code: defaults, argument specs, settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.argspec import CONNECTION
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import DIRECTIVES, Directive
from ansible_collections.upsfleet.synology.plugins.modules.dsm_ups import FLEET, MOMENT, SETTINGS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import SETTING_NAMES, setting_lines
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.scenarios import SCENARIOS

ROLES = Path(__file__).parents[3] / "roles"
CLIENT, SERVER, DRILL = "nut_client", "dsm_ups_server", "nut_drill"
ALL = (CLIENT, SERVER, DRILL)


def load(role: str, name: str | Path) -> Any:
    """Return the YAML file *name* of a role."""
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


ALL_DEFAULTS: dict[str, dict[str, Any]] = {role: load(role, "defaults/main.yml") for role in ALL}
ALL_SPECS: dict[str, dict[str, Any]] = {role: load(role, "meta/argument_specs.yml")["argument_specs"] for role in ALL}
ALL_VARS: dict[str, dict[str, Any]] = {
    role: {
        name: value
        for file in sorted((ROLES / role / "vars").rglob("*.yml"))
        for name, value in load(role, file).items()
    }
    for role in ALL
}
ENTRY_POINTS = [(role, entry_point) for role, specs in ALL_SPECS.items() for entry_point in specs]
VARIABLES = [(role, name) for role, defaults in ALL_DEFAULTS.items() for name in defaults]

DEFAULTS, VARS = ALL_DEFAULTS[CLIENT], ALL_VARS[CLIENT]
OPTIONS: dict[str, Any] = ALL_SPECS[CLIENT]["main"]["options"]


def is_computed(value: Any) -> bool:
    """Return whether Ansible computes the value, or a part of it, from other variables."""
    return "{{" in str(value)


LITERAL = [(role, name) for role, name in VARIABLES if not is_computed(ALL_DEFAULTS[role][name])]


def test_every_role_is_looked_at() -> None:
    assert {path.name for path in ROLES.iterdir() if path.is_dir()} == set(ALL)


@pytest.mark.parametrize(("role", "entry_point"), ENTRY_POINTS)
def test_every_default_is_specified_and_every_specified_variable_has_a_default(role: str, entry_point: str) -> None:
    assert list(ALL_SPECS[role][entry_point]["options"]) == list(ALL_DEFAULTS[role])


def test_every_entry_point_is_specified() -> None:
    assert ENTRY_POINTS == [(CLIENT, "main"), (CLIENT, "audit"), (CLIENT, "apply"), (SERVER, "main"), (DRILL, "main")]
    assert all((ROLES / role / "tasks" / f"{name}.yml").exists() for role, name in ENTRY_POINTS)


@pytest.mark.parametrize(("role", "name"), LITERAL)
def test_a_default_is_what_the_specification_says(role: str, name: str) -> None:
    default = ALL_SPECS[role]["main"]["options"][name].get("default")
    assert (ALL_DEFAULTS[role][name], type(ALL_DEFAULTS[role][name])) == (default, type(default))


def test_only_these_defaults_are_computed() -> None:
    assert sorted(set(VARIABLES) - set(LITERAL)) == [
        (SERVER, "dsm_ups_server_host"),
        (CLIENT, "nut_client_minsupplies"),
        (CLIENT, "nut_client_monitors"),
    ]


@pytest.mark.parametrize(("role", "name"), VARIABLES)
def test_names_tell_whose_they_are(role: str, name: str) -> None:
    assert name.startswith(f"{role}_")
    assert ALL_SPECS[role]["main"]["options"][name]["description"]


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in ALL_VARS.items() for name in names])
def test_internal_names_say_so(role: str, name: str) -> None:
    assert name.startswith(f"__{role}_")


@pytest.mark.parametrize(("role", "name"), VARIABLES)
def test_a_default_is_one_of_the_choices(role: str, name: str) -> None:
    option = ALL_SPECS[role]["main"]["options"][name]
    assert option.get("default") in option.get("choices", [option.get("default")])


@pytest.mark.parametrize("role", ALL)
def test_no_variable_without_a_use(role: str) -> None:
    """Neither a default nor an internal name that no task, template or other variable reads."""
    files = [
        path for folder in ("tasks", "vars", "templates", "defaults") for path in (ROLES / role / folder).rglob("*")
    ]
    plugins = ROLES.parent / "plugins"  # which read some by their names
    files += [*(plugins / "action").glob("*.py"), *(plugins / "plugin_utils").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.is_file())
    # looked up by their names
    settings = {f"nut_client_{name}" for name in SETTING_NAMES}
    settings |= {f"__nut_client_settings_on_{platform}" for platform in ("debian", "macos", "windows")}
    names = {*ALL_DEFAULTS[role], *ALL_VARS[role]} - settings
    assert {name for name in names if len(re.findall(rf"\b{name}\b", text)) < 2} == set()


@pytest.mark.parametrize("setting", SETTING_NAMES)
def test_every_setting_has_its_variable(setting: str) -> None:
    assert f"nut_client_{setting}" in DEFAULTS


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_the_type_of_a_variable_is_its_directives(directive: Directive) -> None:
    kind = OPTIONS[f"nut_client_{directive.name.lower()}"]["type"]
    assert {"path": "text", "str": "text"}.get(kind, kind) == directive.kind.replace("exit", "text")


def test_the_defaults_are_values_that_upsmon_can_use() -> None:
    literal = [name for role, name in LITERAL if role == CLIENT]
    lines = setting_lines({name[len("nut_client_") :]: DEFAULTS[name] for name in literal}, "999.0.0")
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
    entries = {
        name: entry
        for options in (OPTIONS, ALL_SPECS[SERVER]["main"]["options"])
        for outer, option in options.items()
        for name, entry in [
            (outer, option),
            *((f"{outer}.{key}", one) for key, one in option.get("options", {}).items()),
        ]
    }
    assert {name for name, entry in entries.items() if entry.get("no_log")} == {
        "nut_client_monitors.password",
        "nut_client_certident.password",
        "dsm_ups_server_api_password",
        "dsm_ups_server_api_otp_code",
        "dsm_ups_server_api_device_id",
    }
    assert all(entry.get("no_log") for name, entry in entries.items() if re.search("password|otp|device_id", name))


def test_what_the_role_takes_for_the_api_reaches_the_module() -> None:
    """As the same type and with the same choices; the rest is the role's own, and the module's to keep."""
    (task,) = [task for task in load(SERVER, "tasks/api.yml") if "upsfleet.synology.dsm_ups" in task]
    given = task["upsfleet.synology.dsm_ups"]
    options = {**CONNECTION, **SETTINGS, **FLEET, **MOMENT}
    assert set(options) - set(given) == {"device_name", "exact", "upsd_port", "use_proxy"}
    taken = {
        re.sub(f"^{SERVER}_(api_)?|_file$", "", name): option
        for name, option in ALL_SPECS[SERVER]["main"]["options"].items()
    }
    assert set(taken) - set(given) == {"exact", "method"}
    for name in given:
        assert taken[name]["type"] == options[name].get("type", "str"), name
        assert set(options[name].get("choices", ())) == set(taken[name].get("choices", ())) - {"keep"}, name


@pytest.mark.parametrize(("platform", "mode", "group"), [("debian", "0640", "nut"), ("macos", "0600", "wheel")])
def test_only_root_and_nut_may_read_a_file_with_a_password(platform: str, mode: str, group: str) -> None:
    """On Windows the folder lets nobody else in: see the scenario windows."""
    files = {file["template"]: file for file in VARS["__nut_client_platforms"][platform]["files"]}
    upsmon_conf = files["upsmon.conf.j2"]
    assert (upsmon_conf["mode"], upsmon_conf["owner"], upsmon_conf["group"]) == (mode, "root", group)


def test_every_template_is_used() -> None:
    tables = [one["files"] for one in VARS["__nut_client_platforms"].values()] + [VARS["__nut_client_windows_files"]]
    templates = ROLES / CLIENT / "templates"
    assert {file["template"] for files in tables for file in files} == {
        path.relative_to(templates).as_posix() for path in templates.rglob("*") if path.is_file()
    }


TASKS = ROLES / CLIENT / "tasks"
PLATFORMS: dict[str, dict[str, Any]] = {
    **VARS["__nut_client_platforms"],
    "windows": VARS["__nut_client_windows_shared"],
}
MANAGERS = ["apt", "homebrew", "macports", "windows_archive", "windows_legacy_msi", "windows_winnut"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_its_hands(platform: str) -> None:
    """A row names task files that are there; what shared task files read of a row is in every one."""
    row = PLATFORMS[platform]
    for name in ("stop", "restart", *["start"] * (not row["at_once"])):
        assert (TASKS / "init" / row["init"] / f"{name}.yml").exists()
    for file in (row["steps"], *row["hooks"].values()):
        assert (TASKS / file).exists()
    assert {"package_manager", "package", "units", "server_units", "state_dir", "logs", "connections"} - set(row) <= {
        "macos": {"package_manager"},
        "windows": {"package", "units", "server_units"},
    }.get(platform, set())


def test_every_package_manager_installs_and_removes() -> None:
    assert sorted(path.name for path in (TASKS / "packages").iterdir()) == MANAGERS
    for manager in MANAGERS:
        assert {path.name for path in (TASKS / "packages" / manager).iterdir()} >= {"install.yml", "remove.yml"}


def test_every_task_file_is_included() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROLES / CLIENT).rglob("*.yml"))
    entry_points = {"main.yml", *(f"{name}.yml" for name in ALL_SPECS[CLIENT])}
    files = {path.relative_to(TASKS).as_posix() for path in TASKS.rglob("*.yml")} - entry_points
    computed = re.compile(r"(packages/[^/]+/(install|remove)|init/[^/]+/(start|stop|restart))\.yml")
    assert {file for file in files if file not in text and not computed.fullmatch(file)} == set()


SHARED = sorted(path.name for path in TASKS.glob("*.yml"))


@pytest.mark.parametrize("name", SHARED)
def test_shared_task_files_ask_for_no_operating_system(name: str) -> None:
    text = (TASKS / name).read_text(encoding="utf-8")
    assert not re.search(
        r"\b(platform|os) *[!=]=|'(debian|macos|windows)'|ansible_os_family|win_",
        text.replace("nut_client_windows_", ""),
    )


def test_every_method_for_windows_says_the_same_things() -> None:
    methods = VARS["__nut_client_windows_methods"]
    assert list(methods) == OPTIONS["nut_client_windows_method"]["choices"]
    assert len({tuple(sorted(method)) for method in methods.values()}) == 1
    assert [f"windows_{name}" for name in methods] == [name for name in MANAGERS if name.startswith("windows_")]


def test_a_drill_is_good_as_long_in_the_report_as_the_role_says() -> None:
    assert ALL_DEFAULTS[DRILL]["nut_drill_max_age"] == outcome.DAYS


def test_the_scenarios_of_a_drill_are_those_that_there_are() -> None:
    option = ALL_SPECS[DRILL]["main"]["options"]["nut_drill_scenarios"]
    assert list(SCENARIOS) == option["default"] == ALL_DEFAULTS[DRILL]["nut_drill_scenarios"]
