# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the directives of an upsmon.conf as upsmon does, without the passwords."""

from __future__ import annotations

import re
from typing import Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import DIRECTIVES

# NUT common/parseconf.c: words, "quoted words", a backslash before any character, # to the end of the line. A = is a
# word of its own.
_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\f\v]|\\\n)+)
    | (?P<comment>\#[^\n]*)
    | (?P<end>\n)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"?
    | (?P<equals>=)
    | (?P<word>(?:[^\s"\#=\\]|\\.)+)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SECRET_AT = {"MONITOR": 4, "CERTIDENT": 2}  # the place of the password among the words of the line
_KNOWN = {*_SECRET_AT, "CERTHOST", "NOTIFYFLAG", "NOTIFYMSG", *(directive.name for directive in DIRECTIVES)}
_NAME = re.compile(r"[A-Za-z][A-Za-z_]{1,40}")
SECRET = None
"""What stands where a password was."""

Line = Sequence["str | None"]


def directives(text: str) -> list[list[str | None]]:
    """Return the lines of an upsmon.conf that say something, each as its words; a password is None.

    A MONITOR or CERTIDENT that has other than its own number of words loses all but its name, because a password that
    should have been quoted may be in any of them; so does a directive that is not known, which may be a misspelt one.
    """
    lines: list[list[str | None]] = []
    words: list[str | None] = []
    for token in _TOKEN.finditer(text + "\n"):
        kind = token.lastgroup or "quoted"
        if kind == "end":
            if words:
                lines.append(_without_secret(words))
            words = []
        elif kind not in ("space", "comment", "other"):
            words.append(re.sub(r"\\(.)", r"\1", token.group(kind), flags=re.DOTALL))
    return lines


def _without_secret(words: list[str | None]) -> list[str | None]:
    name = str(words[0])
    if name not in _KNOWN:
        return [name if _NAME.fullmatch(name) else "?"]
    at = _SECRET_AT.get(name)
    if at is None:
        return words
    expected = 6 if words[0] == "MONITOR" else 3
    if len(words) != expected:
        return words[:1]
    return [*words[:at], SECRET, *words[at + 1 :]]


def last(lines: Sequence[Line], name: str) -> str | None:
    """Return the value of a directive that is one word: of its last line, as for upsmon; None where there is none."""
    found = [line[1] for line in lines if line[0] == name and len(line) > 1]
    return found[-1] if found else None
