# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Columns of a terminal: whatever a name is made of, nothing is wider than it may be, and nothing is lost unseen."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.layout import (
    COLUMNS,
    PLAIN,
    Column,
    Line,
    clean,
    cut,
    listed,
    shown,
    table,
    width,
    wrapped,
)
from report_text import unwrapped

WIDE = "\u4e3b\u6a5f\u623f"  # three letters of two columns each
COMBINED = "e\u0301"  # one column


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("web1", 4), (WIDE, 6), (COMBINED, 1), ("\uff21", 2), ("\u2026", 1)]
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "left"),
    [
        ("web1", 4, "web1"),
        ("web10", 4, "web\u2026"),
        (WIDE, 6, WIDE),
        (WIDE, 5, WIDE[:2] + "\u2026"),
        (WIDE, 4, WIDE[:1] + "\u2026"),  # half a letter is none
        (COMBINED * 3, 2, COMBINED + "\u2026"),
    ],
)
def test_cut(text: str, columns: int, left: str) -> None:
    assert cut(text, columns) == left
    assert width(cut(text, columns)) <= columns


@pytest.mark.parametrize(
    ("text", "left"),
    [("web1", "web1"), ("\x1b[2Jgone", "?[2Jgone"), ("one\ntwo", "one two"), ("a\u202eb", "a?b"), ("a\tb", "a?b")],
)
def test_somebodys_text_moves_no_cursor(text: str, left: str) -> None:
    assert clean(text) == left


SENTENCES = ["word " * 60, "a" * 250, WIDE * 60, f"short {'b' * 120} short", "  " + "c" * 130, "x " + WIDE * 100]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_wrapped_and_nothing_of_it_is_lost(text: str) -> None:
    lines = wrapped(text)
    assert len(lines) > 1
    assert max(map(width, lines)) <= COLUMNS
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_next_lines_are_indented() -> None:
    assert [line[:5] for line in wrapped("word " * 60)][1:] == ["    w"] * (len(wrapped("word " * 60)) - 1)


TITLES = (Column("host", 8), Column("address"), Column("drift", 6))


def test_a_table_is_as_wide_as_what_is_in_it() -> None:
    assert table(TITLES, [("web1", "192.0.2.21", "-"), (WIDE, "192.0.2.22", "config")]) == [
        "host    address     drift",
        "web1    192.0.2.21  -",
        f"{WIDE}  192.0.2.22  config",
    ]


@pytest.mark.parametrize("name", ["n" * 90, WIDE * 30, "\x1b" * 90])
@pytest.mark.parametrize("drift", ["package, config, service, login", WIDE * 20])
def test_a_table_that_is_too_wide_is_cut_where_it_may_be(name: str, drift: str) -> None:
    rows = table(TITLES, [(name, "2001:db8::d4a4:fbf:415b:7974", drift)], 60)
    assert max(map(width, rows)) <= 60
    assert "  2001:db8::d4a4:fbf:415b:7974  " in rows[1]
    assert "\x1b" not in rows[1]


@pytest.mark.parametrize(
    ("names", "text"), [(["a", "b"], "a, b"), (["a", "b", "c"], "a, b, c"), (list("abcde"), "a, b, c and 2 more")]
)
def test_many_names_are_counted(names: list[str], text: str) -> None:
    assert listed(names, 3) == text


def test_what_is_to_be_copied_is_left_whole() -> None:
    yaml = "nut_client_notifycmd: " + "x" * 120
    assert shown([Line(yaml, PLAIN, whole=True), Line("a\nb", "bad")]) == [Line(yaml), Line("a b", "bad")]


@pytest.mark.parametrize("text", ["word " * 60 + "end", "nas: " + "address, " * 40 + "end", "a\nb\n    c\nword"])
def test_the_tests_read_a_wrapped_sentence_back(text: str) -> None:
    assert unwrapped("\n".join(part for line in text.split("\n") for part in wrapped(line))) == text
