# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals that the handlers share."""

from __future__ import annotations

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver, State, Ups


class Refused(Exception):
    """Becomes ``ERR <text>`` on the wire."""


def need(condition: bool) -> None:
    """Refuse a wrong number of arguments."""
    if not condition:
        raise Refused("INVALID-ARGUMENT")


def find_ups(state: State, name: str) -> Ups:
    """The UPS of that name, whatever its case."""
    ups = state.upses.get(name.lower())
    if ups is None:
        raise Refused("UNKNOWN-UPS")
    return ups


def need_data(state: State, ups: Ups) -> None:
    """Refuse while there is no fresh data (ups_available in NUT server/upsd.c)."""
    if ups.driver is Driver.DOWN:
        raise Refused("DRIVER-NOT-CONNECTED")
    if state.is_stale(ups):
        raise Refused("DATA-STALE")
