# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses in the exact text that DSM's upsd compares with a client's (executed on DSM 6.2.3's upsd)."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address

_NUMERIC = re.compile(r"[0-9A-Fa-fxX.]*[0-9][0-9A-Fa-fxX.]*")
_ODD = ("loopback", "unspecified", "multicast", "link-local")
_LEADING_ZERO = re.compile(r"(?:^|\.)0[0-9]")


def canonical(text: str) -> str:
    """Return the address that an entry of the permitted list means to upsd; a host name or the like stays as it is.

    upsd reads IPv4 as inet_aton does: 127.2 is 127.0.0.2, and what begins with 0 is octal.
    """
    text = text.strip()
    if _NUMERIC.fullmatch(text):
        try:
            return socket.inet_ntoa(socket.inet_aton(text))
        except OSError:
            return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def permitted_address(text: str) -> str:
    """Return *text*, an address to permit, in the text that upsd compares.

    :raises ValueError: saying what is wrong with it.
    """
    text = text.strip()
    wrong = fault(text)
    if wrong:
        raise ValueError(f"permitted: {wrong}")
    return normalise_address(text)


def fault(text: str) -> str:
    """Return why *text* cannot be permitted, as a sentence; empty if it can."""
    if "/" in text or "*" in text or "," in text or re.fullmatch(r"[0-9.]+-[0-9.]+", text):
        return f"{text} is not one address. DSM knows no networks, ranges or wildcards: name each address."
    if _LEADING_ZERO.search(text) and _NUMERIC.fullmatch(text):
        return (
            f"{text} has a leading zero, which is octal there, so DSM would permit another host. "
            "Write it without the zero."
        )
    if "%" in text:
        return f"{text} names a zone, which differs on the NAS. Use an address without one."
    kind = odd(text)
    if kind == "loopback":
        return f"{text} is the NAS itself, which is always permitted. Name the client's address."
    if kind and kind != "link-local":
        return f"{text} cannot be the address of a client."
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f"{text!r} is not an IPv4 or IPv6 address."
    return ""


def odd(text: str) -> str:
    """Return which kind of address that tells no client from another *text* is, such as C(loopback); else empty."""
    try:
        address = ipaddress.ip_address(normalise_address(text))
    except ValueError:
        return ""
    if str(address) == "255.255.255.255":
        return "broadcast"
    return next((kind for kind in _ODD if getattr(address, f"is_{kind.replace('-', '_')}")), "")


def nobody_left(present: Sequence[str], target: Sequence[str], exact: bool) -> str:
    """Return why *target* must not replace what is *present*: nobody would be permitted any more; empty if it may.

    DSM's own dialog refuses an empty list too. (Where only some are dropped, :func:`merged` leaves the last ones.)
    """
    if not exact or target or not present:
        return ""
    return (
        f"exact without an address in permitted would shut out everybody ({', '.join(present)}). Name the addresses "
        "that are to stay. To shut everybody out, turn Enable network UPS server off in DSM."
    )


def merged(
    present: Sequence[str], addresses: Sequence[str], exact: bool = False, dropped: Sequence[str] = ()
) -> list[str]:
    """Return the list that shall stand: what is there, in its order and spelling, and new ones behind it; each once.

    :param addresses: what :func:`permitted_address` returned.
    :param exact: drop what is not among *addresses*.
    :param dropped: drop these, unless nobody would be left.
    """
    spelling = {canonical(text): text for text in reversed(present)}
    out = {canonical(text) for text in dropped} - set(addresses)
    if not addresses and not exact and out >= set(spelling):
        out = set()
    kept = [text for known, text in spelling.items() if (known in addresses if exact else known not in out)]
    kept.sort(key=list(present).index)
    return list(dict.fromkeys([*kept, *(address for address in addresses if address not in spelling)]))
