# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service of a Windows host starts."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.upsfleet.synology.plugins.plugin_utils._filters import refusing
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import rules


class FilterModule:
    """The filter that quotes the service's program, as the audit expects it."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Return the filter by name."""
        return {"windows_service_command": refusing(rules.service_command)}
