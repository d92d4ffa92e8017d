# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report takes from the variables of a host."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import nas_clients
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import Variables
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import collect, nas

NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
BOXES = {"one": "192.0.2.10", "two": "192.0.2.11"}
DENIED = {"verdict": "not_permitted", "drift": [], "changes": {"steps": []}, "predicted": False}
CHANGING = [{"changed": True, "added": ["192.0.2.22"]}]

TODAYS = "2001:db8::d4a4:fbf:415b:7974"


def host(**variables: Any) -> Variables:
    """Return a host's variables, of which *bad* is undefined, and a template means its own name in capitals."""

    def render(name: str) -> Any:
        if "bad" in variables[name]:
            raise LookupError("'bad' is undefined")
        return name.upper()

    return Variables(variables, render)


# the address that the audit found, the one that a variable gives; whether a NAS that permits others would let it in
LET_IN: list[tuple[str | None, Any, bool]] = [
    ("192.0.2.21", None, True),
    (None, None, False),
    ("127.0.0.1", None, False),
    ("127.0.0.1", "192.0.2.21", True),
    (TODAYS, None, False),
    (TODAYS, "192.0.2.21", True),
]


@pytest.mark.parametrize(("address", "given", "let_in"), LET_IN)
def test_check_mode_promises_nothing_to_a_host_that_is_left_out(address: str | None, given: Any, let_in: bool) -> None:
    found = {**DENIED, "address": address, "temporary_addresses": [TODAYS]}
    variables = host(nut_client_result=found, ups_client_address=given)
    assert collect.row("web1", variables, CHANGING, NOW)["will_be_protected"] is let_in


@pytest.mark.parametrize("clients", [{"notes": []}, {"notes": ["one", "two"]}])
def test_notes_of_a_nas_are_shown(clients: dict[str, list[str]]) -> None:
    (entry,) = collect.nas_entries({"nas": host(ups_nas_clients=clients)}, {}, False, (), False)
    assert entry["notes"] == clients["notes"]
    assert nas.lines(entry) == [f"nas: {note}" for note in clients["notes"]]


@pytest.mark.parametrize("exact", [False, True])
def test_a_nas_that_no_client_matches_is_named(exact: bool) -> None:
    """Whatever is asked for, or a misspelt name of it would look like a NAS that all is well with."""
    boxes = [{"inventory_hostname": name, "ansible_host": address} for name, address in BOXES.items()]
    entry = {"host": BOXES["one"], "peer_address": BOXES["one"], "seen_as": "192.0.2.21", "server": {"dsm": True}}
    client = {"inventory_hostname": "web1", "nut_client_result": {"address": "192.0.2.21", "access": [entry]}}
    managed = {name: host(ups_nas_clients=nas_clients([client], name, boxes, exact, 1)) for name in BOXES}
    lines = {entry["name"]: nas.lines(entry) for entry in collect.nas_entries(managed, {}, False, (), False)}
    assert lines["one"] == []
    assert lines["two"] == [
        "two: nothing is dropped from its list, because no client's UPS server is known to be this NAS."
    ]


def test_who_is_logged_in_is_told_of_a_nas_that_nobody_manages_too() -> None:
    entry = {"host": BOXES["one"], "clients": ["192.0.2.21", "192.0.2.99"]}
    client = host(inventory_hostname="web1", nut_client_result={"address": "192.0.2.21", "access": [entry]})
    box = host(inventory_hostname="nas", ansible_host=BOXES["one"])
    (found,) = collect.nas_entries({"nas": box}, {"web1": client}, False, ["192.0.2.21"], False)
    assert (found["way"], found["unknown_clients"]) == (None, ["192.0.2.99"])


@pytest.mark.parametrize("facts", [{}, {"ups_nas_clients": {"connected": ["192.0.2.99"], "notes": []}}])
def test_whom_a_limit_left_out_is_no_stranger_and_no_nas_is_missed(facts: dict[str, Any]) -> None:
    entry = {"host": BOXES["one"], "clients": ["192.0.2.21", "192.0.2.99"]}
    client = host(inventory_hostname="web1", nut_client_result={"address": "192.0.2.21", "access": [entry]})
    boxes = {name: host(inventory_hostname=name, ansible_host=BOXES[name], **facts) for name in BOXES}
    for found in collect.nas_entries(boxes, {"web1": client}, False, ["192.0.2.21"], True):
        assert (found["unknown_clients"], nas.lines(found)) == ([], [])


BROKEN = "The variable ansible_host cannot be rendered: 'bad' is undefined. Correct it in the inventory."

# the host's variables, its address in the report, its advice
NOT_AUDITED: list[tuple[dict[str, Any], str | None, str]] = [
    ({"nut_client_failure": "why"}, "web1", "why"),
    ({"nut_client_failure": "why", "ansible_host": "192.0.2.21"}, "192.0.2.21", "why"),
    ({"nut_client_failure": "why", "ansible_host": "{{ good }}"}, "ANSIBLE_HOST", "why"),
    ({"nut_client_failure": "why", "ansible_host": "{{ bad }}"}, None, BROKEN),
    ({"ansible_host": "{{ bad }}"}, None, BROKEN),
    ({"ansible_host": "{{ bad }}", "nut_client_result": {"unreachable": True, "msg": "away"}}, None, "away"),
    ({"nut_client_failure": "{{ said by a host }}"}, "web1", "{{ said by a host }}"),
]


@pytest.mark.parametrize(("variables", "address", "advice"), NOT_AUDITED)
def test_a_host_that_was_not_audited(variables: dict[str, Any], address: str | None, advice: str) -> None:
    row = collect.row("web1", host(**variables), [], NOW)
    assert (row["verdict"], row["address"], row["advice"]) == ("not_audited", address, advice)


@pytest.mark.parametrize(
    ("variables", "failure"),
    [
        ({}, ""),
        ({"ansible_host": "{{ bad }}"}, ""),  # outside of the run, or without credentials
        ({"dsm_ups_server_failure": "why"}, "why"),
        ({"dsm_ups_server_failure": "why", "ansible_host": "{{ bad }}"}, BROKEN),
    ],
)
def test_why_a_nas_could_not_be_managed(variables: dict[str, Any], failure: str) -> None:
    assert collect.nas_failure(host(**variables)) == failure
