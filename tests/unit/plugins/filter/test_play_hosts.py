# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For whom a play has something to do, and that nobody is left out who may need it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.filter.play_hosts import (
    boxes_to_manage,
    clients_let_in,
    clients_mended,
    clients_to_change,
    hosts_unsettled,
)


class HostVars(dict[str, dict[str, Any]]):
    """As Ansible's, as far as it is read."""

    def raw_get(self, name: str) -> dict[str, Any]:
        """Return a host's variables as they are written."""
        return self[name]


def host(verdict: str = "ok", *steps: str, **more: Any) -> dict[str, Any]:
    """Return a client that was audited."""
    return {"nut_client_result": {"verdict": verdict, "changes": {"steps": list(steps)}}, **more}


CLIENTS = HostVars(
    well=host(),
    drifted=host("drifted", "configure", "service"),
    refused=host("not_permitted"),
    blocked=host("drifted"),
    away={"nut_client_result": {"unreachable": True}},
    broken={},
    leaving=host(nut_client_state="absent"),
    perhaps=host(nut_client_state="{{ wanted }}"),
)
ALL, BOXES, NOBODY = ["ups_clients"], ["ups_nas"], ["!all"]


@pytest.mark.parametrize(
    ("names", "serial", "state", "found"),
    [
        (list(CLIENTS), None, "present", ["drifted", "leaving", "perhaps"]),
        (["well", "refused", "blocked", "away", "broken"], None, "present", NOBODY),
        ([], None, "present", NOBODY),
        (["well"], 1, "present", ALL),  # in batches everybody has a turn
        (["well"], None, "absent", ALL),  # said for the whole play, by who imports it
    ],
)
def test_who_is_changed(names: list[str], serial: Any, state: str, found: list[str]) -> None:
    assert clients_to_change(CLIENTS, names, serial, state) == found


@pytest.mark.parametrize("name", ["web[1]", "a:b", "!web", "web*", "a,b", "web 1", "2001:db8::1", "é"])
def test_a_name_that_may_be_read_as_a_pattern_leaves_nobody_out(name: str) -> None:
    fleet = HostVars({name: host("drifted", "service"), "well": host()})
    plain = clients_to_change(fleet, list(fleet))
    assert plain == ([name] if name == "é" else ALL)


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ({"changed": True}, ["refused"]),
        ({"changed": False}, NOBODY),
        ({}, NOBODY),
    ],
)
def test_who_is_let_in(result: dict[str, Any], found: list[str]) -> None:
    fleet = HostVars(CLIENTS, nas={"dsm_ups_server_result": result})
    assert clients_let_in(fleet, list(CLIENTS), ["nas"]) == found


@pytest.mark.parametrize(
    ("boxes", "said", "found"),
    [
        ({"nas": {"ansible_host": "192.0.2.10", "ups_host": "192.0.2.10"}}, False, NOBODY),
        ({"nas": {}}, True, BOXES),
        ({}, True, NOBODY),
        ({"nas1": {"dsm_ups_server_api_username": "admin"}, "nas2": {}}, False, ["nas1"]),
        ({"nas1": {}, "nas2": {"dsm_ups_server_api_password": "{{ vaulted }}"}}, False, ["nas2"]),
        ({"nas[1]": {"dsm_ups_server_method": "ssh"}, "nas2": {}}, False, BOXES),
    ],
)
def test_which_boxes_are_managed(boxes: dict[str, Any], said: bool, found: list[str]) -> None:
    assert boxes_to_manage(HostVars(boxes), list(boxes), said) == found


def test_who_is_mended() -> None:
    fleet = HostVars(nas1={"ups_nas_mended": ["b", "a"]}, nas2={"ups_nas_mended": ["a"]}, nas3={})
    assert clients_mended(fleet, list(fleet)) == ["a", "b"]
    assert clients_mended(fleet, ["nas3"]) == NOBODY


def test_whom_the_report_fails() -> None:
    report = {"__fleet_report": {"unsettled": {"b": "not_permitted"}}}
    groups = {"ups_clients": ["a", "b", "c"], "ups_nas": ["nas"]}
    fleet = HostVars(a=report, b=report, c={}, nas=report, localhost=report)
    assert hosts_unsettled(fleet, groups) == ["b", "localhost"]
    limited = HostVars({**fleet, "localhost": {}})
    assert hosts_unsettled(limited, groups) == ["b", "nas"], "somebody has to show it"
    odd = HostVars({**fleet, "b": {}, "web[1]": report})
    report["__fleet_report"]["unsettled"]["web[1]"] = "stale"
    assert hosts_unsettled(odd, {**groups, "ups_clients": ["a", "b", "c", "web[1]"]}) == [
        "ups_clients",
        "ups_nas",
        "localhost",
    ]


def test_before_the_first_play_everybody_is_named() -> None:
    """As with --syntax-check."""
    assert clients_to_change(None, []) == clients_let_in(None, [], []) == clients_mended(None, []) == ALL
    assert (boxes_to_manage(None, ["nas"]), boxes_to_manage(None, [])) == (BOXES, NOBODY)
    assert hosts_unsettled(None, {}) == ["ups_clients", "localhost"]
