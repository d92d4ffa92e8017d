"""Nothing past the callback: a document stays one, and the report is in it; people see the report once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Play = Callable[..., Any]
FLEET: dict[str, dict[str, Any]] = {"a1": {}, "a2": {"double": "refused"}}
COUNT = "1 of 2 hosts are proven protected."


def results(value: Any) -> list[dict[str, Any]]:
    """Return every task's result that a document holds, wherever."""
    if isinstance(value, list):
        return [result for entry in value for result in results(entry)]
    if not isinstance(value, dict):
        return []
    below = [result for entry in value.values() for result in results(entry)]
    return [value, *below] if "unprotected" in value else below


@pytest.mark.parametrize("callback", ["ansible.posix.json", "ansible.posix.jsonl"])
def test_a_document_parses_and_holds_the_report(play: Play, callback: str) -> None:
    run = play("audit", clients=FLEET, callback=callback)
    assert run.status == 2, run.errors
    documents = [run.text] if callback.endswith("json") else run.text.splitlines()
    found = results([json.loads(document) for document in documents])
    assert found
    for result in found:
        assert COUNT in result["msg"]
        assert any(line.startswith("a2: not_permitted: ") for line in result["msg"])
    stats = [result["ansible_stats"]["data"]["upsfleet"] for result in found]
    assert stats[0]["verdicts"] == {
        "ok": {"count": 1, "hosts": ["a1"]},
        "not_permitted": {"count": 1, "hosts": ["a2"]},
    }
    assert stats[0]["counts"] == {"hosts": 2, "protected": 1}


@pytest.mark.parametrize("callback", ["minimal", "community.general.unixy"])
def test_people_see_the_report_once(play: Play, callback: str) -> None:
    run = play("audit", clients=FLEET, callback=callback)
    assert (run.status, run.text.count(COUNT)) == (2, 1), run.text
    assert "\nhost  address " in run.text
