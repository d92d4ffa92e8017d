# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report takes from the variables of a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.action.fleet_report import _nas_lines, _row
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import nas_clients

BOXES = {"one": "192.0.2.10", "two": "192.0.2.11"}
DENIED = {"verdict": "not_permitted", "drift": [], "changes": {"steps": []}, "predicted": False}
CHANGING = [{"changed": True, "added": ["192.0.2.22"]}]

# the address that the audit found, the one that a variable gives; whether a NAS that permits others would let it in
LET_IN: list[tuple[str | None, Any, bool]] = [
    ("192.0.2.21", None, True),
    (None, None, False),
    ("127.0.0.1", None, False),
    ("127.0.0.1", "192.0.2.21", True),
]


@pytest.mark.parametrize(("address", "given", "let_in"), LET_IN)
def test_check_mode_promises_nothing_to_a_host_that_is_left_out(address: str | None, given: Any, let_in: bool) -> None:
    variables = {"nut_client_result": {**DENIED, "address": address}, "ups_client_address": given}
    assert _row("web1", variables, CHANGING)["will_be_protected"] is let_in


@pytest.mark.parametrize("clients", [{}, {"notes": ["one", "two"]}])
def test_notes_of_a_nas_are_shown(clients: dict[str, list[str]]) -> None:
    lines = _nas_lines("nas", {"ups_nas_clients": clients}, "", False)
    assert lines == [f"nas: {note}" for note in clients.get("notes", [])]


@pytest.mark.parametrize("exact", [False, True])
def test_a_nas_that_no_client_matches_is_named(exact: bool) -> None:
    """Whatever is asked for, or a misspelt name of it would look like a NAS that all is well with."""
    boxes = [{"inventory_hostname": name, "ansible_host": address} for name, address in BOXES.items()]
    entry = {"host": BOXES["one"], "peer_address": BOXES["one"], "seen_as": "192.0.2.21", "server": {"dsm": True}}
    client = {"inventory_hostname": "web1", "nut_client_result": {"address": "192.0.2.21", "access": [entry]}}
    lines = {
        name: _nas_lines(name, {"ups_nas_clients": nas_clients([client], name, boxes, exact, 1)}, "", False)
        for name in BOXES
    }
    assert lines["one"] == []
    assert lines["two"] == [
        "two: nothing is dropped from its list, because no client's UPS server is known to be this NAS."
    ]
