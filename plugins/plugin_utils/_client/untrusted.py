# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's files and programs say is somebody else's text: how it may be shown. Pure."""

from __future__ import annotations

import re

HIDDEN = "********"
# What looks like a password in a command: of a URL, of curl -u, after its own name.
_SECRETS = (
    re.compile(r"(://[^/\s:@]*:)[^@\s/]+(?=@)"),
    re.compile(r"((?:^|\s)(?:-u|--user)[ =]?[^\s:]+:)\S+"),
    re.compile(r"(\b(?:\w*token|pass(?:word|wd)?|secret|api[-_]?key)\b\s*[=: ]\s*)\S+", re.IGNORECASE),
)


def printable(text: str) -> str:
    """Return a host's text without what could move a terminal's cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)


def shown(text: str) -> str:
    """Return a host's text as it may stand in a report: printable, without what looks like a password."""
    for secret in _SECRETS:
        text = secret.sub(rf"\1{HIDDEN}", text)
    return printable(text)
