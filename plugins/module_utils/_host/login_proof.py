# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the host's own upsmon among the clients that an upsd lists?

A refused LOGIN leaves upsmon polling and its unit green (NUT issue 3403), so only LIST CLIENT proves a login. Its
lines hold addresses and nothing else; the host's own sockets tell which of them can be ours.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence


class Socket(NamedTuple):
    """An ESTABLISHED TCP connection of the host."""

    local: str
    remote: str
    port: int
    upsmon: bool  # whether the host's upsmon holds it


def judge_login(
    clients: Sequence[str] | None,
    seen_as: str | None,
    source_address: str | None,
    peer_address: str | None,
    port: int,
    sockets: Sequence[Socket],
) -> tuple[bool | None, str]:
    """Return whether the host's upsmon is logged in to the upsd at *peer_address*, and why that is the answer.

    :param clients: LIST CLIENT's addresses for the UPS, read before the probe's own LOGIN; None if it was refused.
    :param seen_as: this host's address as the upsd sees it, None where no LOGIN could show it.
    :param source_address: the probe's own end of the connection.
    :param sockets: the host's connections, read before the probe.
    :return: None where counting cannot tell.
    """
    here = [socket for socket in sockets if (socket.remote, socket.port) == (peer_address, port)]
    own = sum(socket.upsmon for socket in here)
    if own and clients is None:
        return None, "upsmon is connected, but this upsd refuses LIST CLIENT"
    clients = clients or []
    address = seen_as or source_address
    listed = sum(client == address for client in clients)
    if not own:
        return False, "upsmon has no connection to this upsd"
    if not listed and seen_as is None:
        if any(client not in {socket.local for socket in here} for client in clients):
            return None, "without a LOGIN of our own this host's line in LIST CLIENT cannot be told from others"
        return False, f"upsmon is connected, but LIST CLIENT has no line for {address}"
    if not listed:
        return False, f"upsmon is connected, but LIST CLIENT has no line for {address}: its LOGIN was refused"
    if address != source_address:
        return None, f"{address} is a gateway's address: its {listed} line(s) in LIST CLIENT may be other hosts'"
    if own < len(here) and listed < len(here):
        return None, f"{len(here)} connections of this host, {listed} logged in: which are upsmon's cannot be told"
    return True, f"LIST CLIENT lists {address}"
