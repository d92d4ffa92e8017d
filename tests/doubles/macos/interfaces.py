# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ifconfig(8): IPv6 addresses of the Linux host behind it in macOS's words, and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from .common import Answer, unknown

# Scopes and flags of /proc/net/if_inet6.
_LOOPBACK, _LINK = "10", "20"
_TEMPORARY, _DEPRECATED = 0x01, 0x20


def ifconfig(arguments: Sequence[str], table: str) -> Answer:
    """ifconfig -a of macOS; *table* is the kernel's if_inet6."""
    if list(arguments) != ["-a"]:
        raise unknown(arguments)
    interfaces: dict[str, list[str]] = {}
    for line in table.splitlines():
        digits, index, prefix, scope, flags, name = line.split()
        address = str(ipaddress.ip_address(bytes.fromhex(digits)))
        words = f"inet6 {address} prefixlen {int(prefix, 16)}"
        if scope == _LINK:
            words = f"inet6 {address}%{name} prefixlen {int(prefix, 16)} secured scopeid 0x{int(index, 16):x}"
        elif scope != _LOOPBACK:
            words += " deprecated" * bool(int(flags, 16) & _DEPRECATED)
            words += f" autoconf {'temporary' if int(flags, 16) & _TEMPORARY else 'secured'}"
        interfaces.setdefault(name, []).append(f"\t{words}\n")
    head = "flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500"
    return Answer(out="".join(f"{name}: {head}\n{''.join(rows)}" for name, rows in interfaces.items()))
