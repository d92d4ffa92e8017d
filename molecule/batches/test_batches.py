"""A canary that fails leaves real hosts untouched; the report comes once, whatever part of the fleet a run is about."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scenarios.harness import fleet

CANARY, *OTHERS, AWAY = fleet.hosts  # three are enough, and the last one is no host of the inventory
COUNT = "hosts are proven protected."
SERIAL = {"ups_serial": [1, "50%"]}


def test_a_canary_that_the_nas_refuses_leaves_the_others_bare() -> None:
    fleet.nas("deny", fleet.hosts[CANARY].address)
    run = fleet.playbook("site", without=[AWAY], variables={"ups_serial": 1}).fails()

    assert all(fleet.hosts[name].is_bare() for name in OTHERS)
    assert {name: row["held_back"] for name, row in run.rows.items()} == {
        CANARY: [],
        **{name: [CANARY] for name in OTHERS},
    }
    assert all(run.advice(name).startswith(f"Left untouched, because {CANARY} failed before it.") for name in OTHERS)
    assert run.text.count(COUNT) == 1
    assert run.text.index(COUNT) > run.text.rindex("PLAY [Protect the clients")


def test_once_the_canary_is_well_batch_after_batch_is_proven() -> None:
    fleet.nas("permit", fleet.hosts[CANARY].address)
    run = fleet.playbook("site", without=[AWAY], variables=SERIAL).succeeds()

    assert set(run.verdicts.values()) == {"ok"}
    assert run.text.count("PLAY [Protect the clients") == 3
    assert run.text.count(COUNT) == 1
    fleet.nas.wait_for_clients(CANARY, *OTHERS)


def test_in_batches_an_unchanged_host_is_looked_at_once_more() -> None:
    run = fleet.playbook("site", without=[AWAY], variables=SERIAL).succeeds().changes_nothing()
    assert [len(run.modules[name]) for name in (CANARY, *OTHERS)] == [2, 2, 2]


# options of audit, exit status, the count, who the report is about
PARTS: list[tuple[list[str], int, str, list[str]]] = [
    ([], 0, f"3 of 3 {COUNT}", [CANARY, *OTHERS]),
    (["--limit", "nas"], 2, f"0 of 0 {COUNT}", []),
    (["--tags", "foo"], 2, f"0 of 3 {COUNT}", [CANARY, *OTHERS]),
    (["--limit", f"{CANARY},nas"], 0, f"1 of 1 {COUNT}", [CANARY]),
    (["--start-at-task", "No such task"], 0, "", []),  # Ansible runs nothing
]


@pytest.mark.parametrize(("options", "status", "count", "names"), PARTS)
def test_a_part_is_never_the_whole(options: list[str], status: int, count: str, names: list[str]) -> None:
    run = fleet.playbook("audit", *options, without=[AWAY], variables={"ups_expected_clients": 3})
    assert (run.status, count in run.text, list(run.rows)) == (status, True, names), run.text


@pytest.mark.parametrize("callback", ["ansible.posix.json", "ansible.posix.jsonl"])
def test_a_document_stays_one(callback: str) -> None:
    environment = {"ANSIBLE_STDOUT_CALLBACK": callback}
    run = fleet.playbook("audit", without=[AWAY], environment=environment).succeeds()
    documents: list[Any] = [
        json.loads(text) for text in ([run.output] if callback.endswith("json") else run.output.splitlines())
    ]
    assert any(f"3 of 3 {COUNT}" in json.dumps(document) for document in documents)
