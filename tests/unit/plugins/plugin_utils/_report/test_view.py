# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page shows of a report: the worst first, each cause once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.view import NAMES, view
from sample_report import document, large, not_audited, row, small, unprotected, would_stay_up


def test_each_cause_is_said_once_with_its_hosts() -> None:
    rows = [unprotected(f"web{number}", f"192.0.2.{number}") for number in (10, 2)]
    found = view(document([row("a"), *rows, not_audited("x"), row("b", protected=False, accepted=True)]))["todo"]
    assert [(one["verdict"], one["hosts"], one["first"]) for one in found] == [
        ("not_audited", 1, ["x"]),
        ("not_permitted", 2, ["web2 (192.0.2.2)", "web10 (192.0.2.10)"]),  # the addresses that are to be permitted
    ]
    assert found[1]["text"] == rows[0]["cause"]


@pytest.mark.parametrize("rows", [[unprotected("a")], [unprotected("a", "192.0.2.9"), unprotected("b", "192.0.2.9")]])
def test_one_advice_is_told_as_it_is(rows: list[dict[str, Any]]) -> None:
    assert [one["text"] for one in view(document(rows))["todo"]] == [rows[0]["advice"]]


def test_many_hosts_of_a_cause_fold_away() -> None:
    found = view(document([unprotected(f"web{number}") for number in range(40)]))["todo"]
    assert [(len(one["first"]), len(one["others"])) for one in found] == [(NAMES, 40 - NAMES)]


def test_a_cause_without_text_is_said_by_the_hosts_advice() -> None:
    found = view(document([unprotected("a", cause="", advice="Do it."), unprotected("b", will_be_protected=True)]))
    assert [(one["text"][:6], one["planned"]) for one in found["todo"]] == [("Do it.", 0), ("192.0.", 1)]


@pytest.mark.parametrize("hosts", [1, 24, 25, 240, 241, 1000])
def test_the_picture_has_a_cell_for_each_host(hosts: int) -> None:
    found = view(large(hosts))
    cells = [cell for one in found["standings"] for cell in one.path.split("z") if cell]
    assert len(cells) == len(set(cells)) == sum(one.hosts for one in found["standings"]) == hosts
    assert found["width"] <= 1200


def test_the_picture_of_nobody_is_none() -> None:
    assert view(document([]))["standings"] == []


def test_notes_are_said_once() -> None:
    found = view(document([row("a", notes=["one", "two"]), row("b", notes=["two"])]))["notes"]
    assert found == [("one", ["a"]), ("two", ["a", "b"])]


DETAILS: list[tuple[dict[str, Any], tuple[str, list[str]]]] = [
    (unprotected("a", advice="Do it."), ("what to do", ["Do it."])),
    (would_stay_up("a", "192.0.2.1"), ("missing", ["SHUTDOWNCMD (/opt/off) runs /opt/off, which does not exist"])),
    (row("a", drift_details=[{"code": "x", "text": "f differs"}]), ("differs", ["f differs"])),
    (row("a", replaced=[{"text": "FINALDELAY 20 becomes 5"}]), ("set up by hand", ["FINALDELAY 20 becomes 5"])),
    (row("a"), ("drilled", ["2026-11-20: down in 12 s"])),
    (row("a"), ("way back", ["Wake-on-LAN is armed at enp3s0"])),
    (row("a", time="2026-11-27T00:00:00Z"), ("audited", ["2026-11-27T00:00:00Z"])),
    (row("a", machine_id="0123456789abcdef" * 2), ("machine", ["0123456789ab"])),
    (
        row("a", budget={"state": "exceeded", "allowed": 90, "budget": 60}),
        ("time to power off", ["exceeded", "may take: 1 min", "is left: 1 min"]),
    ),
]


@pytest.mark.parametrize(("host", "detail"), DETAILS)
def test_details_of_a_host(host: dict[str, Any], detail: tuple[str, list[str]]) -> None:
    assert detail in view(document([host]))["rows"][0]["details"]


def test_what_there_is_nothing_of_is_no_detail() -> None:
    bare = row("a", drill=None, returns=None)
    assert view(document([bare]))["rows"][0]["details"] == []


def test_the_hosts_are_there_once_each() -> None:
    assert [one["name"] for one in view(small())["rows"]] == ["backup", "lab", "pi", "proxmox"]
