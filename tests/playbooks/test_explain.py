"""A power failure explained: side by side, one row a host whatever is the matter with it, and a file for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., Any]
UTC = "Etc/UTC"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", UTC)


def test_hosts_side_by_side(play: Play, tmp_path: Path) -> None:
    clients = {"lab2": {"double": "went_down"}, "web": {"double": "stayed_up"}, "spare": {"double": "nothing"}}
    run = play("explain", clients=clients, everybody={"ups_outage_file": str(tmp_path / "outage.json")})
    assert (run.status, sorted(run.log)) == (0, ["log lab2", "log spare", "log web"]), run.text
    lines = run.text.splitlines()
    assert "The power failure of 2026-11-28, 01:06:50 to 01:16:40 UTC, by this controller's clock:" in lines
    assert "lab2:  OB 01:06:50, FSD 01:08:30, shutdown 01:08:30, down 01:08:37, back 01:16:40" in lines
    assert "web:   OB 01:06:52, OL 01:16:30" in lines
    assert "Note for spare: its log has nothing of it." in lines
    written = json.loads((tmp_path / "outage.json").read_text(encoding="utf-8"))
    assert {row["name"]: row["ended"] for row in written["hosts"]} == {
        "lab2": "shut_down", "web": "stayed_up", "spare": None,
    }  # fmt: skip
    assert written["outage"] == {"begins": "2026-11-28T01:06:50.000Z", "ends": "2026-11-28T01:16:40.000Z"}


def test_a_host_that_cannot_be_read_fails_by_itself(play: Play) -> None:
    clients = {
        "a1": {"double": "away"},
        "a2": {"double": "breaks"},
        "a3": {"ansible_user": "{{ vm_addresses[inventory_hostname] }}"},
        "a4": {},
    }
    run = play("explain", clients=clients)
    assert run.status == 2, run.text
    assert {"a1", "a2", "a3"} <= run.failed
    assert "a4" not in run.failed
    for line in (
        "a1: Connection timed out",
        "a2: It needs root.",
        "a3: The variable ansible_user cannot be rendered: 'vm_addresses' is undefined. Correct it in the inventory.",
    ):
        assert line in run.text.splitlines()
    assert "a4: OB 01:06:50" in run.text


def test_no_power_failure_is_well(play: Play) -> None:
    run = play("explain", clients={"a1": {"double": "nothing"}}, variables={"ups_outage_days": 7})
    assert run.status == 0, run.text
    assert "No host's log tells of a power failure in the last 7 days." in run.text


def test_there_are_not_so_many(play: Play) -> None:
    run = play("explain", "-e", "ups_outage_number=2", clients={"a1": {}})
    assert run.status == 2, run.text
    assert "ups_outage_number is 2, and the logs have 1 power failures." in run.text


def test_a_document_parses_and_holds_it(play: Play) -> None:
    run = play("explain", clients={"a1": {}}, callback="ansible.posix.json")
    assert run.status == 0, run.text
    tasks = [task for one in json.loads(run.text)["plays"] for task in one["tasks"]]
    [shown] = [task["hosts"]["a1"] for task in tasks if task["task"]["name"] == "Show the power failure"]
    assert shown["document"]["hosts"][0]["ended"] == "shut_down"
    assert shown["msg"][0].startswith("The power failure of 2026-11-28, ")
