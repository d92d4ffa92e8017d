# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For which hosts a play has something to do; the rules stand in plugin_utils/_client/play_hosts.py."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import play_hosts


class FilterModule:
    """Filters on hostvars, for the keyword hosts of a play."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "boxes_to_manage": boxes_to_manage,
            "clients_let_in": clients_let_in,
            "clients_mended": clients_mended,
            "clients_to_change": clients_to_change,
            "hosts_unsettled": hosts_unsettled,
        }


def boxes_to_manage(hostvars: Any, boxes: Iterable[str], said: bool = False) -> list[str]:
    """Return a pattern of the NAS boxes that somebody has told how to manage.

    :param said: whether it was told for the whole play, which hostvars do not tell.
    """
    names = list(boxes)
    if not hostvars or said:
        return [play_hosts.BOXES] if names else [play_hosts.NOBODY]  # no warning of a group that is not there
    return play_hosts.pattern(play_hosts.to_manage(_raw(hostvars, names)), play_hosts.BOXES)


def clients_to_change(hostvars: Any, clients: Iterable[str], serial: Any = None, state: str = "present") -> list[str]:
    """Return a pattern of the clients that are to be changed, or of all: in batches everybody has a turn.

    :param state: what nut_client_state is for the whole play, which hostvars do not tell.
    """
    if not hostvars or serial is not None or state != "present":
        return [play_hosts.CLIENTS]
    return play_hosts.pattern(play_hosts.to_change(_raw(hostvars, clients)))


def clients_let_in(hostvars: Any, clients: Iterable[str], boxes: Iterable[str]) -> list[str]:
    """Return a pattern of the clients that a NAS may let in now."""
    if not hostvars:
        return [play_hosts.CLIENTS]
    return play_hosts.pattern(play_hosts.let_in(_raw(hostvars, clients), _raw(hostvars, boxes)))


def clients_mended(hostvars: Any, boxes: Iterable[str]) -> list[str]:
    """Return a pattern of the clients that a NAS had to permit a second time."""
    if not hostvars:
        return [play_hosts.CLIENTS]
    return play_hosts.pattern(play_hosts.mended(_raw(hostvars, boxes)))


def hosts_unsettled(hostvars: Any, groups: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a pattern of the hosts that the report fails, and of somebody to show it."""
    everybody = [play_hosts.CLIENTS, play_hosts.BOXES] if groups.get(play_hosts.BOXES) else [play_hosts.CLIENTS]
    if not hostvars:
        return [*everybody, "localhost"]
    names = {name: None for group in everybody for name in groups.get(group, ())}
    return play_hosts.unsettled(_raw(hostvars, [*names, "localhost"]), [*everybody, "localhost"])


def _raw(hostvars: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return variables as they are: rendering all of a host's would cost more than the play that is spared."""
    return {name: hostvars.raw_get(name) for name in names}
