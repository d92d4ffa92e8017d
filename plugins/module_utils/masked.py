# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hide the passwords in a NUT configuration file, so that a difference can be shown."""

from __future__ import annotations

import re

# MONITOR system powervalue username PASSWORD type; CERTIDENT name PASSWORD; also where commented out.
_SECRET_LINE = re.compile(r"^(?P<lead>[\s#]*)(?P<name>MONITOR|CERTIDENT)\b(?P<rest>.*)$", re.IGNORECASE)
_PASSWORD_AT = {"MONITOR": 3, "CERTIDENT": 1}
_WORD = re.compile(r"\"(?:\\.|[^\"\\])*\"?|(?:\\.|\S)+")
HIDDEN = "********"


def mask(text: str) -> str:
    """Return *text* with every password of a MONITOR or CERTIDENT line replaced by asterisks.

    A line that goes on behind its end (a backslash, an open quote) is hidden with all that follows it.
    """
    masked: list[str] = []
    for line in text.splitlines():
        found = _SECRET_LINE.match(line)
        if not found:
            masked.append(line)
        elif line.endswith("\\") or len(re.findall(r"(?<!\\)\"", line)) % 2:
            masked.append(f"{found['lead']}{found['name']} {HIDDEN} (and the rest of the file)")
            break
        else:
            masked.append(f"{found['lead']}{found['name']} {_masked_words(found['name'], found['rest'])}")
    return "".join(f"{line}\n" for line in masked)


def _masked_words(name: str, rest: str) -> str:
    words = _WORD.findall(rest)
    at = _PASSWORD_AT[name.upper()]
    return " ".join(HIDDEN if index == at else word for index, word in enumerate(words))
