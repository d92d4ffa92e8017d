# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How upsd cuts its input into lines and words, and quotes its output (NUT common/parseconf.c).

The state machine follows parseconf's character by character, because its corners are visible
on the wire: an open quote swallows the lines after it, a CR inside a word splits it, ``VER=x`` is three words.
"""

from __future__ import annotations

import enum
from typing import Iterator

WORD_LIMIT = 512
"""Characters kept of one word; the rest is dropped silently (PCONF_DEFAULT_WORDLEN_LIMIT; executed on DSM 6.2.3)."""

ARGUMENT_LIMIT = 32
"""Words kept of one line (PCONF_DEFAULT_ARG_LIMIT)."""

_SPACE = frozenset(b" \t\r\v\f")
_LF = 0x0A


class _State(enum.Enum):
    FIND_WORD = enum.auto()
    FIND_EOL = enum.auto()
    QUOTED = enum.auto()
    QUOTED_LITERAL = enum.auto()
    WORD = enum.auto()
    WORD_LITERAL = enum.auto()


class WordReader:
    """The parser of one connection; keeps half lines and open quotes between two feeds."""

    def __init__(self) -> None:
        self._state = _State.FIND_WORD
        self._word = bytearray()
        self._words: list[str] = []

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """Yield the words of every line that `data` completes; an empty or comment line yields no words."""
        for byte in data:
            if self._step(byte):
                words, self._words, self._state = self._words, [], _State.FIND_WORD
                yield words

    def _step(self, byte: int) -> bool:
        """Take one byte; true if it ended a line."""
        if self._state is _State.FIND_WORD:
            return self._find_word(byte)
        if self._state is _State.FIND_EOL:
            return byte == _LF
        if self._state is _State.WORD:
            return self._in_word(byte)
        if self._state is _State.QUOTED:
            self._in_quotes(byte)
        else:
            # A backslash before LF joins two lines; before anything else it takes that character as it is.
            if byte != _LF:
                self._add(byte)
            self._state = _State.WORD if self._state is _State.WORD_LITERAL else _State.QUOTED
        return False

    def _find_word(self, byte: int) -> bool:
        if byte == _LF:
            return True
        if byte == ord("#"):
            self._state = _State.FIND_EOL
        elif byte == ord("\\"):
            self._state = _State.WORD_LITERAL
        elif byte == ord('"'):
            self._state = _State.QUOTED
        elif byte == ord("="):
            self._add(byte)
            self._end_word()
        elif byte not in _SPACE:
            self._add(byte)
            self._state = _State.WORD
        return False

    def _in_word(self, byte: int) -> bool:
        if byte == ord("\\"):
            self._state = _State.WORD_LITERAL
            return False
        if byte not in _SPACE and byte not in b"#=\n":
            self._add(byte)
            return False
        self._end_word()
        self._state = _State.FIND_WORD
        return self._find_word(byte)

    def _in_quotes(self, byte: int) -> None:
        if byte == ord('"'):
            self._end_word()
            self._state = _State.FIND_WORD
        elif byte == ord("\\"):
            self._state = _State.QUOTED_LITERAL
        else:
            self._add(byte)

    def _add(self, byte: int) -> None:
        # NUT dropped everything outside 0x20-0x7f after CVE-2012-2944, but lets DEL through.
        if 0x20 <= byte <= 0x7F and len(self._word) < WORD_LIMIT:
            self._word.append(byte)

    def _end_word(self) -> None:
        if len(self._words) < ARGUMENT_LIMIT:
            self._words.append(self._word.decode("ascii"))
        self._word.clear()


def encode(value: str) -> str:
    """Escape a value for a quoted reply, as pconf_encode does."""
    return "".join("\\" + char if char in '#\\"' else char for char in value)
