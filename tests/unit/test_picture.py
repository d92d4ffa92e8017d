# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's picture: it is what the tool draws, tells the story, and loads nothing. `./dev picture` makes it."""

from __future__ import annotations

import importlib
import ipaddress
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
picture = importlib.import_module("picture")

OUTPUT = """
TASK [Show the fleet report] ***
ok: [a]

host  address       verdict        ups  drift
a     198.51.100.10  not_permitted  -    -
bb    198.51.100.1   ok             OL   -

not_permitted: a (198.51.100.10): 198.51.100.2 does not permit 198.51.100.10 & "more" <than> that.
Note for bb: what depends on the moment.
1 of 2 hosts are proven protected.
skipping: [bb]
"""
FLEET = {"nas": {"address": "198.51.100.2"}, "hosts": [{"address": "198.51.100.10"}, {"address": "198.51.100.1"}]}
SHOWN = [
    "host  address     verdict        ups  drift",
    "a     192.0.2.21  not_permitted  -    -",
    "bb    192.0.2.22  ok             OL   -",
    "",
    'not_permitted: a (192.0.2.21): 192.0.2.10 does not permit 192.0.2.21 & "more" <than> that.',
    "1 of 2 hosts are proven protected.",
]


@pytest.fixture
def tracked() -> str:
    """Return the picture in docs/."""
    text: str = picture.PICTURE.read_text(encoding="utf-8")
    return text


def test_the_report_is_cut_out_with_other_addresses() -> None:
    assert picture.shown(OUTPUT, picture.documentation_addresses(FLEET)) == SHOWN


def test_a_long_line_is_wrapped() -> None:
    lines = picture.wrapped("a: " + "word " * 60)
    assert len(lines) > 1
    assert max(map(len, lines)) <= picture.COLUMNS
    assert all(line.startswith("    ") for line in lines[1:])


def test_what_is_drawn_can_be_read_back() -> None:
    assert picture.text_of(picture.draw(SHOWN)) == SHOWN


def test_the_tracked_picture_is_what_the_tool_draws(tracked: str) -> None:
    assert picture.draw(picture.text_of(tracked)) == tracked


def test_the_tracked_picture_tells_the_story(tracked: str) -> None:
    lines = picture.text_of(tracked)
    commands = [line[len(picture.COMMAND) :] for line in lines if line.startswith(picture.COMMAND)]
    assert commands == ["audit", "permit", "audit"]
    text = "\n".join(lines)
    assert text.index("not_permitted") < text.index("now permits") < text.rindex("  ok  ")


def test_the_tracked_picture_has_only_addresses_of_the_documentation(tracked: str) -> None:
    found = re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", "\n".join(picture.text_of(tracked)))
    # Windows' own version looks like the beginning of an address, but has three parts.
    assert found
    assert all(ipaddress.ip_address(address) in ipaddress.ip_network("192.0.2.0/24") for address in found)


def test_the_tracked_picture_loads_nothing(tracked: str) -> None:
    assert not re.search(r"href|url\(|@import|<script|<image|<style", tracked)
