# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the role's templates on the controller, for the platform and the NUT version of one host."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._core import render, trust_as_template

_LOOK_UP = trust_as_template("{{ lookup('ansible.builtin.template', template, template_vars=variables) }}")


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
    """
    installation = host["installation"]
    variables = {
        "nut_version": version,
        "nut_platform": host["os"]["platform"],
        "nut_upsmon": installation["upsmon"],
        "nut_etc": installation["etc"],
        **(instead or {}),
    }
    rendered = []
    for file in files:
        known = {**task_vars, "template": file["template"], "variables": variables}
        content = render(templar, _LOOK_UP, known)
        path = file["path"].replace("{etc}", installation["etc"])
        rendered.append({**file, "path": path, "content": content})
    return rendered
