# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the fleet that playbooks and the role ask for; they stand in plugin_utils/_client/policy.py."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import let_in_by_nas, will_be_protected


class FilterModule:
    """Filters on the fact nut_client_result."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"let_in_by_nas": let_in_by_nas, "will_be_protected": will_be_protected}
