# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that shuts a Windows host down, and whether it hibernates the host instead."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.upsfleet.synology.plugins.plugin_utils._filters import refusing
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import settings


def windows_shutdown_command(value: Any) -> str:
    """Return the command line as Windows is to run it."""
    return settings.windows_shutdown_command(value)


def windows_hibernates(value: Any) -> bool:
    """Return whether that command hibernates the host."""
    settings.windows_shutdown_command(value)  # or a misspelt mapping would be one that does not
    return settings.hibernates(value)


class FilterModule:
    """The filters for ``nut_client_windows_shutdown``; they refuse naming the variable and what is allowed."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Return the filters by name."""
        return {
            "windows_hibernates": refusing(windows_hibernates),
            "windows_shutdown_command": refusing(windows_shutdown_command),
        }
