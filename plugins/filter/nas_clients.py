# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a NAS has to know of its clients; the rules stand in plugin_utils/_client/permission.py."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import (
    clients_at,
    nas_clients,
    removed_clients,
)


class FilterModule:
    """The collection's filters for the permitted list."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"clients_at": clients_at, "nas_clients": nas_clients, "removed_clients": removed_clients}
