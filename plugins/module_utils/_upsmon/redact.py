# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hide the passwords in a NUT configuration file, so that a difference can be shown."""

from __future__ import annotations

import itertools
import re

# The same is done on Windows, by plugins/modules/win_nut_client_info.ps1; a table holds the two to each other.
# MONITOR system powervalue username PASSWORD type; CERTIDENT name PASSWORD; also where commented out, behind words of a
# comment too, or in quotes. What has a system as its first word is a misspelt MONITOR.
_SPACE, _OTHER = r"[ \t\r\f\v]", r"[^ \t\r\f\v]"
_SECRET_LINE = re.compile(
    r"(?P<lead>[^A-Za-z0-9_]*|[ \t]*(?:#|;|rem[ \t]).*?(?<![A-Za-z0-9_])(?=MONITOR[ \t]+[^ \t@]+@))"
    r"(?P<name>MONITOR|CERTIDENT)(?![A-Za-z0-9_])\"?(?P<rest>.*)"
    r"|(?P<lead_>[ \t\"]*)(?P<name_>(?![A-Z_]*CMD)[A-Z_]+)\"?"
    rf"(?P<rest_>{_SPACE}+\"?[^ \t\r\f\v\"@]+@{_OTHER}+{_SPACE}.*)",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_PASSWORD_AT = {"MONITOR": 3, "CERTIDENT": 1}
_WORDS = {"MONITOR": 5, "CERTIDENT": 2}
_TYPES = ("primary", "secondary", "master", "slave")
_WORD = re.compile(rf"\"(?:\\.|[^\"\\])*\"?|(?:\\.|{_OTHER})+")
_OPEN_QUOTE = re.compile(r"\"(?:\\.|[^\"\\])*")
HIDDEN = "********"
CUT = f"{HIDDEN} (and the rest of the file)"


def mask(text: str) -> str:
    """Return *text* with every password of a MONITOR or CERTIDENT line replaced by asterisks.

    What such a line holds behind its password is left out, but for the type: it may be the rest of a password that
    should have been quoted. A line that lacks words is hidden whole, one that goes on behind its end (a backslash, an
    open quote) with all that follows it. A file with null characters, such as one of UTF-16, is hidden whole.
    """
    if "\0" in text:
        return CUT
    masked: list[str] = []
    for line in text.split("\n"):
        found = _SECRET_LINE.match(line)
        if not found:
            masked.append(line)
            continue
        lead, name, rest = (found[key] if found["name"] else found[f"{key}_"] for key in ("lead", "name", "rest"))
        start = f"{lead}{name}"
        words = list(itertools.takewhile(lambda word: not word.startswith("#"), _WORD.findall(rest)))
        if line.rstrip("\r").endswith("\\") or (words and _OPEN_QUOTE.fullmatch(words[-1])):
            masked.append(f"{start} {CUT}")
            break
        masked.append(" ".join([start, *_masked_words(name.upper(), words)]))
    return "\n".join(masked)


def _masked_words(name: str, words: list[str]) -> list[str]:
    if len(words) < _WORDS.get(name, 5):
        return [HIDDEN] if words else []
    at = _PASSWORD_AT.get(name, 3)
    return [*words[:at], HIDDEN, *(word for word in words[at + 1 :] if word.lower() in _TYPES)]
