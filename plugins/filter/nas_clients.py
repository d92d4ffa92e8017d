# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a NAS has to know of its clients; the rules stand in plugin_utils/_client/permission.py."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import permission
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import clients_at, removed_clients


def nas_clients(
    hostvars: Mapping[str, Any],
    clients: Sequence[str],
    name: str,
    boxes: Sequence[str],
    exact: bool = False,
    expected: Any = None,
) -> dict[str, Any]:
    """Return what a NAS has to know of its clients.

    It takes hostvars as they are: ansible-core before 2.19 would render every variable of a host that is extracted.
    """
    variables = [hostvars[client] for client in clients]
    return permission.nas_clients(variables, name, [hostvars[box] for box in boxes], exact, expected)


class FilterModule:
    """The collection's filters for the permitted list."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"clients_at": clients_at, "nas_clients": nas_clients, "removed_clients": removed_clients}
