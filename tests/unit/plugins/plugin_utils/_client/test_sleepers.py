# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is to be woken, and how."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import sleepers
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.waking import Plan, Sleeper
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

MAC = "00:00:5e:00:53:21"
KNOWN = {
    "way": "wake_on_lan",
    "text": "armed at eth0",
    "armed": True,
    "address": "192.0.2.21",
    "cards": [{"macs": [MAC], "armed": True}],
}
NAMES = {"web1": ["192.0.2.31"], "web1.example": ["2001:db8::31", "192.0.2.32"]}


def made(remembered: dict[str, Any] | None = None, **variables: Any) -> Sleeper:
    """Return the host web1 with these variables."""
    given = {"ups_host": "192.0.2.10", **variables}
    return sleepers.sleeper("web1", given.get, remembered or {}, lambda name: NAMES.get(name, []))


def test_what_is_remembered_is_used() -> None:
    host = made(KNOWN)
    assert (host.macs, host.armed, host.addresses, host.passive) == ([MAC], True, ["192.0.2.21"], False)
    assert (host.upses, host.broadcast, host.port) == ([(("192.0.2.10", 3493), "ups")], "255.255.255.255", 9)
    assert host.why == "armed at eth0"


# what is remembered, the variables; the addresses, the MACs, whether it is armed, whether it is only waited for
SOURCES: list[tuple[dict[str, Any], dict[str, Any], list[str], list[str], bool | None, bool]] = [
    ({}, {}, ["192.0.2.31"], [], None, False),
    ({}, {"ansible_host": "web1.example"}, ["2001:db8::31", "192.0.2.32"], [], None, False),
    ({}, {"ansible_host": "nowhere.example"}, [], [], None, False),
    ({"address": "web1"}, {}, ["192.0.2.31"], [], None, False),
    (KNOWN, {"ups_client_address": "192.0.2.41"}, ["192.0.2.41"], [MAC], True, False),
    (
        KNOWN,
        {"ups_client_address": ["192.0.2.41", "2001:DB8::0:41"]},
        ["192.0.2.41", "2001:db8::41"],
        [MAC],
        True,
        False,
    ),
    (KNOWN, {"ups_wake_mac": "00-00-5E-00-53-22"}, ["192.0.2.21"], ["00-00-5E-00-53-22"], True, False),
    (KNOWN, {"ups_wake_mac": [MAC, "00005e005322"]}, ["192.0.2.21"], [MAC, "00005e005322"], True, False),
    ({"way": "host", "armed": False}, {}, ["192.0.2.31"], [], False, True),
    ({"way": "host", "armed": False}, {"ups_wake_mac": MAC}, ["192.0.2.31"], [MAC], False, False),
    ({"armed": "yes", "cards": "x", "address": 5}, {}, ["192.0.2.31"], [], None, False),
    ({"cards": [{"macs": ["; reboot", MAC]}, 5]}, {}, ["192.0.2.31"], [MAC], None, False),
]


@pytest.mark.parametrize(("remembered", "variables", "addresses", "macs", "armed", "passive"), SOURCES)
def test_variables_outrank_what_is_remembered(
    remembered: dict[str, Any],
    variables: dict[str, Any],
    addresses: list[str],
    macs: list[str],
    armed: bool | None,
    passive: bool,
) -> None:
    host = made(remembered, **variables)
    assert (host.addresses, host.macs, host.armed, host.passive) == (addresses, macs, armed, passive)


def test_the_upses_that_feed_a_host_are_read() -> None:
    monitors = [
        {"host": "192.0.2.11"},
        {"host": "192.0.2.12", "port": 3494, "ups": "b"},
        {"host": "x", "power_value": 0},
    ]
    assert made(nut_client_monitors=monitors).upses == [(("192.0.2.11", 3493), "ups"), (("192.0.2.12", 3494), "b")]
    assert made(ups_port="3494", ups_name="office").upses == [(("192.0.2.10", 3494), "office")]


# the variables; what the message says
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"ups_host": ""}, "set ups_host"),
    ({"ups_wake_mac": "00:00:5e:00:53"}, "ups_wake_mac is '00:00:5e:00:53': allowed is a MAC address"),
    ({"ups_wake_mac": ["00:00-5e:00:53:21"]}, "ups_wake_mac"),
    ({"ups_wake_port": 70000}, "ups_wake_port is 70000: allowed is a number from 1 to 65535."),
    ({"nut_client_monitors": "x"}, "nut_client_monitors must be a list"),
]


@pytest.mark.parametrize(("variables", "words"), WRONG)
def test_what_cannot_be_used_is_named(variables: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        made(**variables)


# the options; the plan, or what the message says
PLANS: list[tuple[dict[str, Any], Plan | str]] = [
    ({}, Plan()),
    (
        {"wait": "7200", "interval": 5, "min_charge": "50", "at_once": "2"},
        Plan(wait=7200, interval=5, min_charge=50, at_once=2),
    ),
    ({"timeout": None, "wait": 0}, Plan(wait=0)),
    ({"min_charge": "half"}, "ups_wake_min_charge is 'half': allowed is a number from 0 to 100."),
    ({"min_charge": "nan"}, "ups_wake_min_charge"),
    ({"min_charge": 101}, "ups_wake_min_charge"),
    ({"interval": 0}, "ups_wake_interval is 0: allowed is a number from 0.1 to 3600."),
    ({"timeout": -1}, "ups_wake_timeout"),
    ({"at_once": "all"}, "ups_wake_at_once"),
]


@pytest.mark.parametrize(("options", "expected"), PLANS)
def test_the_numbers_are_checked(options: dict[str, Any], expected: Plan | str) -> None:
    if isinstance(expected, Plan):
        assert sleepers.plan(options) == expected
    else:
        with pytest.raises(InvalidInput, match=expected):
            sleepers.plan(options)


@pytest.mark.parametrize(("value", "woken"), [(None, True), (True, True), ("no", False), (False, False), ("x", False)])
def test_a_host_says_whether_it_is_woken(value: Any, woken: bool) -> None:
    assert sleepers.is_woken(value) is woken


def test_an_address_of_several_hosts_tells_none_of_them() -> None:
    hosts = [Sleeper("a", addresses=["192.0.2.1", "192.0.2.9"]), Sleeper("b", addresses=["192.0.2.9"])]
    assert [host.addresses for host in sleepers.told_apart(hosts)] == [["192.0.2.1"], []]
