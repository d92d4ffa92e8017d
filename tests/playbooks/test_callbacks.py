"""Nothing past the callback: a document stays one, and the report is in it; people see the report once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Play = Callable[..., Any]
FLEET: dict[str, dict[str, Any]] = {"a1": {}, "a2": {"double": "refused"}}
COUNT = "1 of 2 hosts are proven protected."


def results(value: Any, key: str) -> list[dict[str, Any]]:
    """Return every task's result in a document that has a key, wherever."""
    if isinstance(value, list):
        return [result for entry in value for result in results(entry, key)]
    if not isinstance(value, dict):
        return []
    below = [result for entry in value.values() for result in results(entry, key)]
    return [value, *below] if key in value else below


@pytest.mark.parametrize("callback", ["ansible.posix.json", "ansible.posix.jsonl"])
def test_a_document_parses_and_holds_the_report(play: Play, callback: str) -> None:
    run = play("audit", clients=FLEET, callback=callback)
    assert run.status == 2, run.errors
    documents = [json.loads(text) for text in ([run.text] if callback.endswith("json") else run.text.splitlines())]
    shown = [result["msg"] for result in results(documents, "msg") if COUNT in result["msg"]]
    assert shown
    for lines in shown:
        assert any(line.startswith("not_permitted: a2 (192.0.2.22): ") for line in lines)
    made = results(documents, "unprotected")
    assert {row["name"] for row in made[0]["hosts"]} == set(FLEET)
    stats = [result["ansible_stats"]["data"]["upsfleet"] for result in made]
    assert stats[0]["verdicts"] == {
        "ok": {"count": 1, "hosts": ["a1"]},
        "not_permitted": {"count": 1, "hosts": ["a2"]},
    }
    assert stats[0]["counts"] == {"hosts": 2, "protected": 1}


@pytest.mark.parametrize("callback", ["minimal", "community.general.unixy"])
def test_people_see_the_report_once(play: Play, callback: str) -> None:
    run = play("audit", clients=FLEET, callback=callback)
    assert (run.status, run.text.splitlines().count(COUNT)) == (2, 1), run.text
    assert "\nhost  address " in run.text
