# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report takes from the variables of a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.action.fleet_report import _nas_lines, _row

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
