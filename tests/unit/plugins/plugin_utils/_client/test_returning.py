# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says of how hosts come back, and remembers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import returning

MAC, OTHER = "00:00:5e:00:53:21", "00:00:5e:00:53:22"


def row(name: str, way: str | None = None, text: str = "") -> dict[str, Any]:
    """Return a row of the report."""
    return {"name": name, "address": "192.0.2.21", "returns": {"way": way, "text": text}}


def test_the_report_tells_only_of_those_that_are_to_be_woken() -> None:
    rows = [
        row("a", "by_hand", "eth0 has no Wake-on-LAN\x1b[2J"),
        row("b", "wake_on_lan", "armed at eth0"),
        row("c", "by_hand", "eth1 is off"),
        row("d", None, "not read on Windows"),
        row("e", "bmc", "it has a BMC"),
        row("f", "host", "it is a container"),
        row("quiet", "by_hand"),
        {"name": "off", "address": None, "returns": None},
    ]
    assert returning.lines(rows, ["a", "b", "c", "d", "e", "f", "off"]) == [
        "Once off, come back by Wake-on-LAN (upsfleet.synology.wake): b.",
        "Once off, come back by their BMC: e (it has a BMC).",
        "Once off, come back by the machine that runs them: f (it is a container).",
        "Once off, come back by hand: a (eth0 has no Wake-on-LAN?[2J), c (eth1 is off).",
        "How they come back once off is not known: d (not read on Windows).",
    ]
    assert returning.lines(rows, []) == []


def test_what_was_seen_alive_is_remembered() -> None:
    before = {"off": {"way": "bmc", "seen": "then"}, "gone": {"way": "host"}, "here": {"way": "bmc"}, "bad": 5}
    rows = [row("here", "wake_on_lan"), {"name": "off", "address": None, "returns": None}]
    assert returning.remembered(rows, {"returns": before}, "now") == {
        "off": {"way": "bmc", "seen": "then"},
        "gone": {"way": "host"},
        "here": {"way": "wake_on_lan", "text": "", "address": "192.0.2.21", "seen": "now"},
    }


@pytest.mark.parametrize("previous", [None, [], "x", {}, {"returns": None}, {"returns": ["a"]}])
def test_what_is_no_report_is_none(previous: Any) -> None:
    assert returning.remembered([], previous, "now") == {}


# the cards; the addresses that get a packet
CARDS: list[tuple[Any, list[str]]] = [
    ([{"macs": [MAC], "armed": True}, {"macs": [OTHER], "armed": False}], [MAC]),
    ([{"macs": [MAC], "armed": False}, {"macs": [MAC, OTHER], "armed": None}], [MAC, OTHER]),
    ([{"macs": None}, {}, "x", {"macs": ["nonsense", 5, MAC]}], [MAC]),
    (None, []),
]


@pytest.mark.parametrize(("cards", "macs"), CARDS)
def test_armed_cards_get_the_packets_else_all(cards: Any, macs: list[str]) -> None:
    assert returning.macs({"cards": cards}) == macs


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (MAC, True),
        ("00-00-5E-00-53-21", True),
        ("00005E005321", True),
        ("00:00-5e:00:53:21", False),
        ("00:00:5e:00:53", False),
        (f"{MAC}\n", False),
        ("00.00.5e.00.53.21", False),
    ],
)
def test_a_mac_address_is_told(text: str, is_one: bool) -> None:
    assert returning.is_mac(text) is is_one
