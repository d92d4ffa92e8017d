# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IP addresses in one text, whichever program wrote them."""

from __future__ import annotations

import ipaddress


def normalise_address(text: str) -> str:
    """Return an address as people write it: no IPv4-mapped form, no zone, short IPv6; else *text* itself."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    return str(getattr(address, "ipv4_mapped", None) or address)
