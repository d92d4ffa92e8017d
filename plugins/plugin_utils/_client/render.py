# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the role's templates on the controller, for the platform and the NUT version of one host.

Not by lookup('template'), which copies every variable of the host for each file: a template here gets the variables
that it names, and nothing else. Templates are compiled when this is imported. Ansible imports an action plugin before
it forks a process a host, so all of them share what was compiled.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import quoted
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import parse_version
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import SETTING_NAMES, setting_lines
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import (
    monitor_target,
    normalise_monitors,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._core import render, rendered, trust_as_template
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, meta

_FOLDER = Path(__file__).parents[3] / "roles" / "nut_client" / "templates"


def monitor_lines(monitors: Any) -> list[str]:
    """Return the MONITOR lines of a list of monitors; ``secondary`` is understood by every version."""
    return [
        f"MONITOR {quoted(monitor_target(monitor))} {monitor['power_value']} "
        f"{quoted(monitor['username'])} {quoted(monitor['password'])} secondary"
        for monitor in normalise_monitors(monitors)
    ]


def nut_version_before(version: str, other: str) -> bool:
    """Return whether NUT *version* is older than *other*."""
    return parse_version(version) < parse_version(other)


class _Compiled(NamedTuple):
    template: Template
    names: frozenset[str]
    """The variables that it reads."""


def _compile(folder: Path) -> dict[str, _Compiled]:
    """Return the role's templates by their names."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 # none of them is a page
    )
    environment.filters.update(
        bool=lambda value: boolean(value, strict=False),
        monitor_lines=monitor_lines,
        nut_version_before=nut_version_before,
        upsmon_lines=setting_lines,
    )
    compiled = {}
    for path in sorted(folder.rglob("*.j2")):
        name = path.relative_to(folder).as_posix()
        names = meta.find_undeclared_variables(environment.parse(path.read_text(encoding="utf-8")))
        compiled[name] = _Compiled(environment.get_template(name), frozenset(names))
    return compiled


_TEMPLATES = _compile(_FOLDER)


def settings(templar: Any, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return what upsmon.conf is to hold beside the monitors, by directive in lower case, as the variables have it."""
    return {name: rendered(templar, f"nut_client_{name}", task_vars) for name in SETTING_NAMES}


def _settings_on(platform: str, templar: Any, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return those that are not the same everywhere. Those of other platforms are not rendered.

    What a host says becomes no part of a template: ansible-core up to 2.18 would not render it, a newer one would.
    """
    own = task_vars[f"__nut_client_settings_on_{platform}"]
    found: dict[str, Any] = render(templar, trust_as_template("{{ nut_own }}"), {**task_vars, "nut_own": own})
    return found


def render_files(
    templar: Any,
    task_vars: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    version: str,
    host: Mapping[str, Any],
    instead: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return *files* with their ``path`` completed and their ``content``: the role's templates with its variables.

    :param templar: the action plugin's templar.
    :param files: mappings with path, template and, but for Windows, mode, owner and group.
    :param version: the NUT version that the templates read as ``nut_version``.
    :param host: the audit's os (for ``nut_platform``) and installation (for ``nut_upsmon``, ``nut_etc``, and {etc}
        in a path).
    :param instead: variables that the templates read in place of those of the same name in *task_vars*.
    :raises AnsibleError: where a variable cannot be rendered. :raises InvalidInput: where upsmon could not use it.
    """
    installation = host["installation"]
    variables = {
        "nut_version": version,
        "nut_platform": host["os"]["platform"],
        "nut_upsmon": installation["upsmon"],
        "nut_etc": installation["etc"],
        **(instead or {}),
    }
    compiled = [_TEMPLATES[file["template"]] for file in files]
    for name in sorted(frozenset().union(*(one.names for one in compiled)) - set(variables)):
        if name == "nut_settings":
            variables[name] = {
                **settings(templar, task_vars),
                **_settings_on(variables["nut_platform"], templar, task_vars),
            }
        else:
            variables[name] = rendered(templar, name, task_vars)
    return [
        {
            **file,
            "path": file["path"].replace("{etc}", installation["etc"]),
            "content": one.template.render(variables),
        }
        for file, one in zip(files, compiled)
    ]
