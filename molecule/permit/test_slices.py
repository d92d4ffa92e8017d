"""Runs over a part of the fleet, which do not know that they are one, take nobody's permission away.

Slices are cut as AWX cuts them: every n-th host of the inventory by name, and no limit tells of it. That every order
comes to the same is shown by the unit tests of the list; here an order by each way, and two runs at once. No upsmon is
installed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, Iterable

import pytest
import yaml
from scenarios.harness import Run, TestFleet

fleet = TestFleet("permit")
SIX = sorted(fleet.hosts)
SSH = {"dsm_ups_server_method": "ssh"}
TODAY = date.today().isoformat()


def addresses(names: Iterable[str]) -> list[str]:
    return [fleet.hosts[name].address for name in names]


def slices(names: list[str], count: int) -> list[list[str]]:
    return [sorted(names)[first::count] for first in range(count)]


def run(playbook: str, names: Iterable[str], nas: dict[str, Any], **more: Any) -> Run:
    """Run over these hosts and no others. The NAS is not in the inventory, as in many slices: a variable names it."""
    variables = {
        **fleet.api,
        "ups_nas_hosts": ["nas"],
        "dsm_ups_server_exact": True,
        **nas,
        **more.pop("variables", {}),
    }
    return fleet.playbook(playbook, without=["nas", *(set(SIX) - set(names))], variables=variables, **more)


def as_new() -> None:
    """The NAS permits nobody, and no run has left anything there."""
    fleet.nas("reset")
    fleet.nas.run("rm -f /usr/syno/etc/ups/*.upsfleet-*")


@pytest.fixture
def api(tmp_path: Path) -> dict[str, Any]:
    """The API's way, with a file in which it records what it permits."""
    return {"dsm_ups_server_method": "api", "dsm_ups_server_record_file": str(tmp_path / "permitted.json")}


@pytest.mark.parametrize(
    ("way", "names", "order"), [("api", SIX[:4], (2, 0, 1)), ("ssh", SIX, (0, 1, 2))], ids=["api", "ssh"]
)
def test_slices_leave_the_union(way: str, names: list[str], order: tuple[int, ...], api: dict[str, Any]) -> None:
    as_new()
    nas = api if way == "api" else SSH
    done: list[str] = []
    for part in (slices(names, 3)[one] for one in order):
        done += part
        done_run = run("permit", part, nas).succeeds()
        assert done_run.verdicts == dict.fromkeys(part, "not_logged_in")
        assert fleet.nas.permitted() == addresses(done)
        assert "nothing says that the inventory is whole" in done_run.of_the_nas


def test_what_left_a_whole_inventory_is_dropped_and_said_before() -> None:
    """It stands there from the slices."""
    left, stay = SIX[0], SIX[1:]
    assert sorted(fleet.nas.permitted()) == sorted(addresses(SIX))
    audit = run("audit", stay, {**SSH, "ups_expected_clients": stay})
    assert f"would drop {addresses([left])[0]} ({left}, {TODAY})." in audit.of_the_nas
    run("permit", stay, {**SSH, "ups_expected_clients": 6}).fails().changes_nothing()
    assert sorted(fleet.nas.permitted()) == sorted(addresses(SIX))

    permit = run("permit", stay, {**SSH, "ups_expected_clients": stay}).succeeds()
    assert f"no longer permits {addresses([left])[0]} ({left}, {TODAY})." in permit.of_the_nas
    assert sorted(fleet.nas.permitted()) == sorted(addresses(stay))


def test_two_slices_at_once_by_ssh() -> None:
    as_new()
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda part: run("permit", part, SSH), slices(SIX, 2)))
    for one in runs:
        one.succeeds()
    assert sorted(fleet.nas.permitted()) == sorted(addresses(SIX))


def test_a_run_that_sets_the_list_without_what_was_just_permitted_is_mended(api: dict[str, Any]) -> None:
    """DSM's API has no lock. The other run had read the list before this one set it."""
    first, second, other = SIX[:3]
    as_new()
    fleet.nas("web", "overtaken-by", *addresses([other]))
    done = run("permit", [first, second], api).succeeds()

    assert done.verdicts == dict.fromkeys((first, second), "not_logged_in")
    assert f"Another run had taken {', '.join(addresses([first, second]))} off the list" in done.of_the_nas
    assert fleet.nas.permitted() == addresses([other, first, second])


@pytest.mark.parametrize("exact", [True, False])
def test_what_cached_facts_say_of_a_host_that_is_away_is_one_note(
    exact: bool, api: dict[str, Any], tmp_path: Path
) -> None:
    """Its lease of last month is in the cache, its address of today was recorded when it was there."""
    here, away, old = *SIX[:2], "203.0.113.20"
    as_new()
    run("permit", [here, away], api).succeeds()
    cache = {
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "cache"),
    }
    fact = {"ansible.builtin.set_fact": {"default_ipv4": {"address": old}, "cacheable": True}}
    last_month = tmp_path / "last_month.yml"
    last_month.write_text(yaml.safe_dump([{"hosts": away, "gather_facts": False, "tasks": [fact]}]))
    fleet.play(last_month, environment=cache).succeeds()
    before = (fleet.nas.permitted(), fleet.nas.calls()["set"])
    done = run(
        "permit",
        [here, away],
        {**api, "dsm_ups_server_exact": exact, "ups_expected_clients": 2},
        host_variables={away: {"ansible_port": 1}},
        environment=cache,
    )

    assert done.verdicts == {here: "not_logged_in", away: "not_audited"}
    assert (fleet.nas.permitted(), fleet.nas.calls()["set"]) == before
    (note,) = done.of_the_nas.splitlines()
    assert old in note
