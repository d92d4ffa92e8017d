# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role nut_drill asks for; the rules stand in plugin_utils/_drill."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import plan
from ansible_collections.upsfleet.synology.plugins.plugin_utils._filters import refusing


def drill_judged(
    result: Mapping[str, Any],
    settings: Mapping[str, Any],
    script: Mapping[str, Any],
    played: Mapping[str, Any],
    collected: Mapping[str, Any],
    address: str,
) -> dict[str, Any]:
    """Return what a host made of today's drill, and what is wrong with it."""
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    return plan.judged(result, settings, script, played, collected, address, today)


class FilterModule:
    """The collection's filters for drills."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "drill_expected": refusing(plan.expected_logins),
            "drill_hosts": plan.taking_part,
            "drill_judged": refusing(drill_judged),
            "drill_plan": refusing(plan.plan),
            "drill_script": refusing(plan.script),
            "drill_targets": plan.targets,
        }
