# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an upsd cuts bytes into words: table-driven."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.words import (
    ARGUMENT_LIMIT,
    WORD_LIMIT,
    WordReader,
    encode,
)
from hypothesis import given
from hypothesis import strategies as st

VER = ["VER"]

LINES = [
    (b"VER\n", [VER]),
    (b"VER\r\n", [VER]),
    (b" \t VER \n", [VER]),
    (b"V\rER\n", [["V", "ER"]]),
    (b"a\vb\fc\n", [["a", "b", "c"]]),
    (b"\n", [[]]),
    (b"# nothing\n", [[]]),
    (b"VER # tail\n", [VER]),
    (b"VER#tail\n", [VER]),
    (b"VER=x\n", [["VER", "=", "x"]]),
    (b"VER = x\n", [["VER", "=", "x"]]),
    (b"=\n", [["="]]),
    (b"V\\ER\n", [VER]),
    (b"a\\ b\n", [["a b"]]),
    (b"a\\#b\n", [["a#b"]]),
    (b"VE\\\nR\n", [VER]),
    (b'"a b" c\n', [["a b", "c"]]),
    (b'""\n', [[""]]),
    (b'"a""b"\n', [["a", "b"]]),
    (b'a"b\n', [['a"b']]),
    (b'"a\\"b\\\\c"\n', [['a"b\\c']]),
    (b'"a#b=c"\n', [["a#b=c"]]),
    (b'"open\nVER\n"\n', [["openVER"]]),
    (b'"joined\\\nhere"\n', [["joinedhere"]]),
    (b"V\x00E\x01R\xc3\xa4\n", [VER]),
    (b"\x7fVER\n", [["\x7fVER"]]),
    (b"\x00\n", [[""]]),
    (b"VER\nNETVER\n", [VER, ["NETVER"]]),
    (b"VER", []),
    (b"x" * 600 + b"\n", [["x" * WORD_LIMIT]]),
    (b"w " * 40 + b"\n", [["w"] * ARGUMENT_LIMIT]),
]


@pytest.mark.parametrize(("data", "lines"), LINES)
def test_lines(data: bytes, lines: list[list[str]]) -> None:
    """Fed at once and byte by byte, the words are the same."""
    assert list(WordReader().feed(data)) == lines
    reader = WordReader()
    assert [words for byte in data for words in reader.feed(bytes([byte]))] == lines


def test_half_a_line_is_kept() -> None:
    """A later feed completes it."""
    reader = WordReader()
    assert list(reader.feed(b"VE")) == []
    assert list(reader.feed(b"R\nNET")) == [VER]
    assert list(reader.feed(b"VER\n")) == [["NETVER"]]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7F), max_size=WORD_LIMIT))
def test_what_is_encoded_is_read_back(value: str) -> None:
    """Quoting for a reply and reading a line are each other's inverse."""
    assert list(WordReader().feed(f'"{encode(value)}"\n'.encode("ascii"))) == [[value]]


@given(st.lists(st.binary(max_size=40)))
def test_no_input_breaks_it(chunks: list[bytes]) -> None:
    """Whatever comes in, an LF outside of quotes ends the line and only printable ASCII comes out."""
    reader = WordReader()
    for chunk in chunks:
        for words in reader.feed(chunk):
            assert all(0x20 <= ord(char) <= 0x7F for word in words for char in word)
