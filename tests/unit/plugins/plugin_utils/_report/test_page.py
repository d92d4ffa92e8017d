# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a page: every text from outside stays text, nothing is loaded, and people can read it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
import sample_report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import page

FOREIGN = "http://192.0.2.66/"
TAGS = """
a b bdi body caption code dd details div dl dt figcaption figure footer form h1 h2 h3 head header html input label li
link main meta output p path rect script section span style summary svg table tbody td th thead time title tr ul
"""
ATTRIBUTES = """
aria-hidden aria-label aria-labelledby autocomplete charset class colspan content d data-name datetime for height hidden
href http-equiv id lang name placeholder preserveaspectratio rel role scope spellcheck type viewbox width
"""
NEUTRAL = 'text without "marks"'


class Reader(HTMLParser):
    """What an HTML parser makes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "action")]
        self.text += " " if tag in ("dd", "li", "td", "th") else ""

    def handle_data(self, data: str) -> None:
        self.text += "" if self.tags[-1:] in (["style"], ["script"]) else data


def neutral(value: Any) -> Any:
    """Return a document with each hostile text replaced by one that is none."""
    if isinstance(value, dict):
        return {neutral(key): neutral(one) for key, one in value.items()}
    if isinstance(value, list):
        return [neutral(one) for one in value]
    texts = [pattern.replace("{url}", FOREIGN) for pattern in sample_report.HOSTILE]
    return NEUTRAL if isinstance(value, str) and any(text in value for text in texts) else value


def test_a_hostile_text_makes_no_element_and_no_attribute() -> None:
    hostile = sample_report.hostile(FOREIGN)
    found = Reader(page.page(hostile))
    assert set(found.tags) <= set(TAGS.split())
    assert found.attributes <= set(ATTRIBUTES.split())
    assert found.links == ["data:,"]
    for count in (2, 1):  # script and style, each once
        assert found.tags.count(("script", "style")[count - 1]) == 1
    # As many elements as where the same texts are harmless; hosts of one name are still told apart.
    harmless = neutral(hostile)
    for number, row in enumerate(harmless["hosts"]):
        row.update(cause=f"{number}", notes=[f"{number}"])
        row["monitors"][0]["ups"] = f"{number}"
    assert len(found.tags) == len(Reader(page.page(harmless)).tags)


@pytest.mark.parametrize("pattern", sample_report.HOSTILE)
def test_a_hostile_text_can_be_read(pattern: str) -> None:
    text = page.one_line(pattern.replace("{url}", FOREIGN))
    assert text in Reader(page.page(sample_report.hostile(FOREIGN))).text


@pytest.mark.parametrize("document", [sample_report.hostile(FOREIGN), sample_report.small()])
def test_nothing_turns_the_writing_around_or_moves_a_cursor(document: dict[str, Any]) -> None:
    html = page.page(document)
    assert [char for char in html if not char.isprintable() and char != "\n"] == []
    html.encode("utf-8")


def test_the_policy_names_the_script_and_the_style_by_what_they_are() -> None:
    html = page.page(sample_report.small())
    policy = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)[0].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for tag in ("style", "script"):
        inside = html[html.index(f"<{tag}>") + len(tag) + 2 : html.index(f"</{tag}>")]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_nothing_is_loaded() -> None:
    html = page.page(sample_report.small())
    assert not re.search(r"https?:|url\(|@import|<img|<iframe|fetch\(|XMLHttp|eval\(", html)


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.1)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "panel"])
@pytest.mark.parametrize("colour", ["text", "quiet", "good", "bad", "warn"])
def test_text_has_contrast(scheme: int, ground: str, colour: str) -> None:
    style = page._read("page.css")
    schemes = re.findall(r":root \{([^}]*)\}", style)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", schemes[scheme]))
    assert contrast(colours[colour], colours[ground]) >= 4.5
    assert contrast(colours["dot"], colours["page"]) >= 2.5


@pytest.mark.parametrize("hosts", [0, 1, 4, 40, 1000])
def test_the_size_is_in_proportion(hosts: int) -> None:
    html = page.page(sample_report.large(hosts))
    assert len(html) < 30_000 + 1_100 * hosts
    assert Reader(html).tags.count("tbody") == hosts


def test_every_table_says_what_its_heads_are_of() -> None:
    html = page.page(sample_report.small())
    assert not re.search(r"<th(?! scope=)[ >]", html)


def text_of(document: dict[str, Any]) -> str:
    return " ".join(Reader(page.page(document)).text.split())


SAID: list[tuple[dict[str, Any], str]] = [
    ({}, "2 of 4 hosts are proven protected made 2026-11-28 01:15:00 UTC about the whole inventory expected 4 hosts"),
    ({}, "by upsfleet.synology 0.1.0, ansible-core 2.19.4"),
    ({}, "2 not protected: not_permitted 1, would_stay_up 1 2 protected"),
    ({}, "ups@192.0.2.10 OL CHRG on line, charging 97 % 41 min 3 of 4"),
    ({}, "beyond the inventory 192.0.2.77 permitted for lab7, 2026-03-02 192.0.2.78 permitted by somebody else"),
    ({}, "logged in, and no host 192.0.2.78"),
    ({"expected": None}, "expected not said (ups_expected_clients)"),
    (
        {"expected": {"hosts": 5, "names": [], "missing": ["gone", "away"], "unexpected": ["new"]}},
        "expected 5 hosts missing: gone, away not among them: new",
    ),
    ({"scope": {"kind": "limited", "limit": "web*", "slice": None}}, "about limited to web*"),
    ({"scope": {"kind": "slice", "limit": None, "slice": {"number": 2, "count": 3}}}, "about slice 2 of 3"),
    ({"scope": {"kind": "pull", "limit": None, "slice": None}}, "about one host, which pulled its own run"),
    ({"failures": ["Nobody was looked at."]}, "What to do next the run Nobody was looked at."),
    ({"nas": [sample_report.nas(failure="It is off.", permitted=None, extra=[])]}, "nas It is off."),
    ({"nas": [sample_report.nas(permitted=None, extra=[])]}, "permits not asked in this run"),
    ({"nas": [sample_report.nas(permitted=[], extra=[])]}, "permits nobody"),
    ({"nas": [sample_report.nas(added=["192.0.2.9"], planned=False)]}, "now permits 192.0.2.9"),
    (
        {"nas": [sample_report.nas(permitted=["192.0.2.8", "192.0.2.9"], added=["192.0.2.9"], extra=[])]},
        "permits 192.0.2.8 would permit 192.0.2.9",
    ),
    ({"nas": [sample_report.nas(removed=["192.0.2.9"])]}, "would drop 192.0.2.9"),
    ({"shared_addresses": [{"address": "192.0.2.1", "hosts": ["a", "b"]}]}, "Several hosts come from 192.0.2.1: a, b."),
    ({"hosts": [], "nas": []}, "Hosts No host was looked at."),
]


@pytest.mark.parametrize(("changes", "said"), SAID)
def test_the_page_says(changes: dict[str, Any], said: str) -> None:
    assert said in text_of({**sample_report.small(), **changes})
