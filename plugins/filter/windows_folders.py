# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of a client on Windows, with the rights that each is given."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils._filters import refusing
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import acl, rules


def windows_folders(platform: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what win_nut_folders is to make of the role's row of the platform."""
    return acl.given(rules.kinds(platform))


class FilterModule:
    """The filter of the role nut_client for Windows."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Return the filters by name."""
        return {"windows_folders": refusing(windows_folders)}
