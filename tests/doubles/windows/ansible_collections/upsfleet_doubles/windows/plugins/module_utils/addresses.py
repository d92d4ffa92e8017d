# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPv6 addresses of the Linux host behind the double, in the words of Get-NetIPAddress."""

from __future__ import annotations

import contextlib
import ipaddress

_LOOPBACK, _LINK, _TEMPORARY = "10", "20", 0x01  # scopes, and a flag, of /proc/net/if_inet6


def ipv6(table: str = "/proc/net/if_inet6") -> list[dict[str, str]]:
    """Return each address with the origin of its halves."""
    with contextlib.suppress(OSError), open(table) as file:
        return [_row(*line.split()) for line in file]
    return []


def _row(digits: str, index: str, _prefix: str, scope: str, flags: str, _name: str) -> dict[str, str]:
    address = str(ipaddress.ip_address(bytes.fromhex(digits)))
    if scope == _LOOPBACK:
        origins = ("WellKnown", "WellKnown")
    elif scope == _LINK:
        address, origins = f"{address}%{int(index, 16)}", ("WellKnown", "Link")
    else:
        origins = ("RouterAdvertisement", "Random" if int(flags, 16) & _TEMPORARY else "Link")
    return {"address": address, "prefix_origin": origins[0], "suffix_origin": origins[1]}
