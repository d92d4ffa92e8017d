# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a path lies on the controller; the rule stands in plugin_utils/_paths.py."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.upsfleet.synology.plugins.plugin_utils import _paths


def controller_path(path: str, inventory_dir: str | None = None) -> str:
    """Return the absolute path that *path* means."""
    return _paths.controller_path(path, inventory_dir)


def controller_paths(path: str, inventory_dir: str | None = None) -> list[str]:
    """Return where *path* is looked for."""
    return _paths.controller_paths(path, inventory_dir)


class FilterModule:
    """The filters for paths on the controller."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"controller_path": controller_path, "controller_paths": controller_paths}
