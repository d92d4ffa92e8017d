# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between upsds: values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

WORDS = frozenset({"VER", "NETVER", "HELP", "STARTTLS", "GET", "LIST", "USERNAME", "PASSWORD", "LOGIN", "LOGOUT"})
"""Words of an upsd 2.7 that change nothing but who is logged in."""


@dataclass(frozen=True)
class Profile:
    """One kind of upsd."""

    name: str
    version: str
    words: frozenset[str] = WORDS
    """Words that it knows, each with a handler."""
    privileged: frozenset[str] = frozenset({"LOGIN"})
    """Words that ask for USERNAME and PASSWORD first (FLAG_USER in NUT server/netcmds.h)."""
    netver: str = "1.2"
    url: str = "http://www.networkupstools.org/"
    plain_type: str = "NUMBER"
    """What GET TYPE says of a variable that is neither string, enum nor range."""
    help_words: str = "HELP VER GET LIST LOGIN LOGOUT USERNAME PASSWORD STARTTLS"
    """What HELP admits to."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """What cmdvartab says."""
    strings: Mapping[str, int] = field(default_factory=dict)
    """Writable strings, with their longest length in characters."""
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    commands: tuple[str, ...] = ()

    @property
    def banner(self) -> str:
        """The answer to VER, and the value of server.info."""
        return f"Network UPS Tools upsd {self.version} - {self.url}"
