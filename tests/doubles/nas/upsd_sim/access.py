"""Who may talk to the upsd of this test double: the permitted list and, on DSM 6, hosts.deny."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Iterable

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address

LOOPBACK = ("127.0.0.1", "::1")
"""Always permitted by Synology's upsd; the rest of 127.0.0.0/8 is not (executed on DSM 6.2.3)."""

LIST_LIMIT = 30
"""Addresses that the list holds beside loopback (executed on DSM 6.2.3; assumed for DSM 7)."""


def canonical(address: str) -> str:
    """The text upsd compares: as inet_ntop writes it, IPv4-mapped IPv6 as IPv4. Raises ValueError."""
    # Only a link-local address may carry a zone, and upsd's peer text never does.
    ipaddress.ip_address(address.partition("%")[0])
    return normalise_address(address)


def permitted_addresses(entries: Iterable[str]) -> list[str]:
    """The addresses that upsd makes of the stored list; what does not resolve is dropped (executed on DSM 6.2.3).

    Anything inet_aton takes is accepted, so 127.0.0.010 is octal; a host name adds all of its addresses; duplicates
    and loopback take no place.
    """
    found: list[str] = []
    for entry in entries:
        for address in _resolve(entry):
            if address not in found and address not in LOOPBACK and len(found) < LIST_LIMIT:
                found.append(address)
    return found


def _resolve(entry: str) -> list[str]:
    # Only what looks like a name may ask a name server: a range or a wildcard would only cost its timeout.
    flags = 0 if re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", entry) else socket.AI_NUMERICHOST
    try:
        rows = socket.getaddrinfo(entry, None, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return []
    return [canonical(str(row[4][0])) for row in rows]


def hosts_access(address: str, deny: str, allow: str = "") -> bool:
    """The part of tcp_wrappers' hosts_access(5) that DSM 6 relies on, for the daemon `upsd`."""
    if any(_rule_matches(line, address) for line in allow.splitlines()):
        return True
    return not any(_rule_matches(line, address) for line in deny.splitlines())


def _rule_matches(line: str, address: str) -> bool:
    daemons, colon, clients = line.partition(":")
    if not colon or line.startswith("#"):
        return False
    return _list_matches(daemons, "upsd") and _list_matches(clients, address)


def _list_matches(text: str, subject: str) -> bool:
    included, _, excluded = re.sub(r"[\s,]+", " ", text).partition(" EXCEPT ")
    if not any(_word_matches(word, subject) for word in included.split()):
        return False
    return not (excluded and _list_matches(excluded, subject))


def _word_matches(word: str, subject: str) -> bool:
    if word == "ALL":
        return True
    if word.endswith("."):
        return subject.startswith(word)
    return word.strip("[]") == subject
