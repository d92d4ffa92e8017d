# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the templates of upsmon.conf need: monitors completed, values quoted, directives of a version."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import quoted
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import parse_version
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import setting_lines
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import (
    monitor_target,
    normalise_monitors,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._filters import refusing


def monitor_lines(monitors: Any) -> list[str]:
    """Return the MONITOR lines of a list of monitors; ``secondary`` is understood by every version."""
    return [
        f"MONITOR {quoted(monitor_target(monitor))} {monitor['power_value']} "
        f"{quoted(monitor['username'])} {quoted(monitor['password'])} secondary"
        for monitor in normalise_monitors(monitors)
    ]


def upsmon_lines(settings: Mapping[str, Any], version: str) -> list[str]:
    """Return the other lines of upsmon.conf that *version* knows."""
    return setting_lines(settings, version)


def nut_version_before(version: str, other: str) -> bool:
    """Return whether NUT *version* is older than *other*."""
    return parse_version(version) < parse_version(other)


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "monitor_lines": refusing(monitor_lines),
            "nut_version_before": refusing(nut_version_before),
            "upsmon_lines": refusing(upsmon_lines),
        }
