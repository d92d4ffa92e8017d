# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in the columns of a terminal, whatever script it is in and whatever a host put into it. Pure."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable

COLUMNS = 100
"""Of a terminal; what is longer is cut or wrapped."""

PLAIN, GOOD, BAD, WARN, DIM = "", "good", "bad", "warn", "dim"
_MORE = "\N{HORIZONTAL ELLIPSIS}"
_INDENT = "    "  # of a sentence's next lines
_GAP = "  "


class Line(NamedTuple):
    """A line of the report, of any length."""

    text: str
    tone: str = PLAIN
    whole: bool = False
    """Whether it is to be copied as it is, so that it is never wrapped."""


class Column(NamedTuple):
    """A column of a table."""

    title: str
    least: int = 0
    """To how many columns it may be cut where the table is too wide; 0: never."""


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def cut(text: str, columns: int) -> str:
    """Return a text that takes no more than *columns*."""
    if width(text) <= columns:
        return text
    taken, kept = 1, []
    for char in text:
        taken += width(char)
        if taken > columns:
            break
        kept.append(char)
    return "".join(kept) + _MORE


def padded(text: str, columns: int) -> str:
    """Return a text with spaces behind it, so that it takes *columns*."""
    return text + " " * (columns - width(text))


def clean(text: str) -> str:
    """Return somebody's text as one line that moves no cursor."""
    return printable(" ".join(text.splitlines()))


def wrapped(text: str, columns: int = COLUMNS) -> list[str]:
    """Return the lines that a sentence takes, broken between words where that is possible."""
    if width(text) <= columns:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width(longer) <= columns:
            line = longer
            continue
        if line.strip():
            lines.append(line)
        line = _INDENT + word if lines else word
        while width(line) > columns:
            head = cut(line, columns)[:-1]
            lines.append(head)
            line = _INDENT + line[len(head) :]
    return [*lines, line]


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], limit: int = COLUMNS) -> list[str]:
    """Return the lines of a table with its header; where it is too wide, the widest that may be cut is cut first."""
    cells = [[column.title for column in columns], *([clean(cell) for cell in row] for row in rows)]
    widths = [max(width(row[number]) for row in cells) for number in range(len(columns))]
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - limit
    while over > 0:
        able = [number for number, column in enumerate(columns) if 0 < column.least < widths[number]]
        if not able:
            break
        widest = max(able, key=lambda number: widths[number])
        widths[widest] -= 1
        over -= 1
    lines = [_GAP.join(padded(cut(cell, size), size) for cell, size in zip(row, widths)).rstrip() for row in cells]
    return [cut(line, limit) for line in lines]


def listed(names: Sequence[str], most: int) -> str:
    """Return names with commas between them, no more than *most*, and how many there are beside."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def shown(lines: Sequence[Line], columns: int = COLUMNS) -> list[Line]:
    """Return lines as a terminal has room for them."""
    return [
        Line(part, line.tone)
        for line in lines
        for part in ([line.text] if line.whole else wrapped(clean(line.text), columns))
    ]
