# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hiding passwords in what is shown of a file."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import quoted
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.redact import HIDDEN, mask
from hypothesis import given
from hypothesis import strategies as st
from masked_lines import MASKED, REST, SENTINEL


@pytest.mark.parametrize(("line", "shown"), MASKED)
def test_a_password_is_hidden(line: str, shown: str) -> None:
    text = f"# before\n{line.format(SENTINEL)}"
    assert SENTINEL in text
    assert mask(text) == f"# before\n{shown}"


def test_what_follows_a_whole_line_is_shown_and_what_follows_an_open_one_is_not() -> None:
    assert mask("MONITOR a 1 u p slave\nPOLLFREQ 5\n") == f"MONITOR a 1 u {HIDDEN} slave\nPOLLFREQ 5\n"
    assert mask('MONITOR a 1 u "p\nPOLLFREQ 5\n') == f"MONITOR {REST}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "POLLFREQ 5",
        "# Written by Ansible\n\nPOLLFREQ 5\n",
        'SHUTDOWNCMD "/sbin/shutdown -h +0"\r\n',
        "  # If you have a MONITOR line ...\n",
        "MONITORS are many\n",
        "NOTIFYMSG ONBATT \"%s 'is' on battery\n",
        "a\x0bb\x0cc\u2028d\n",
        "MONITOR\n",
        'SHUTDOWNCMD "mailto me@example.com now; shutdown"\n',
        "NOTIFYCMD me@example.com is told\n",
        "# ask me@example.com in a case of doubt, please\n",
    ],
)
def test_lines_without_a_password_stay_as_they_are(text: str) -> None:
    assert mask(text) == text


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
FORMS = st.sampled_from(
    ["MONITOR ups@h 1 u {} slave", "# monitor ups@h 1 u {} master", "CERTIDENT n {}", "#CERTIDENT n {}"]
)


@given(FORMS, PRINTABLE, PRINTABLE, st.booleans())
def test_no_password_is_ever_shown(form: str, before: str, after: str, in_quotes: bool) -> None:
    """Any characters around the sentinel, quoted as they should be or not at all."""
    password = f"{before}{SENTINEL}{after}"
    line = form.format(quoted(password) if in_quotes else password)
    assert SENTINEL not in mask(f"{line}\nPOLLFREQ 5\n{line}\n")


@given(st.lists(st.text(st.characters(exclude_characters="mMcC@\n\0"), max_size=30)))
def test_other_lines_are_never_changed(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert mask(text) == text
