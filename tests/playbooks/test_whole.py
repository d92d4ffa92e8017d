"""A part is never the whole: who was not looked at is said, and fails the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., Any]
FLEET: dict[str, dict[str, Any]] = {"a1": {}, "a2": {}, "a3": {}}
UNDEFINED, ITSELF = "{{ vm_addresses[inventory_hostname] }}", "{{ %s }}"


@pytest.mark.parametrize("book", ["audit", "site"])
def test_a_limit_that_leaves_no_client_fails(play: Play, book: str) -> None:
    run = play(book, "--limit", "nas", clients=FLEET)
    assert (run.status, run.log, run.failed) == (2, [], {"nas"})
    assert "No host was looked at: the limit leaves none of the group ups_clients." in run.text
    assert "0 of 0 hosts are proven protected." in run.text
    assert (run.report["counts"], run.report["scope"]["limit"]) == ({"hosts": 0, "protected": 0}, "nas")


def test_tags_that_leave_the_audit_out_fail_each_host(play: Play) -> None:
    run = play("audit", "--tags", "foo", clients=FLEET)
    assert (run.status, run.log, run.failed) == (2, [], set(FLEET))
    assert "0 of 3 hosts are proven protected." in run.text
    assert set(run.verdicts.values()) == {"not_audited"}


def test_an_inventory_without_clients_fails(play: Play) -> None:
    run = play("audit")
    assert (run.status, run.failed) == (2, {"localhost"})
    assert "the inventory has no hosts in the group ups_clients" in run.text
    assert run.report["counts"] == {"hosts": 0, "protected": 0}


def test_a_limit_to_a_protected_client_and_the_nas_is_well(play: Play) -> None:
    run = play("audit", "--limit", "a1,nas", clients=FLEET, variables={"ups_expected_clients": 3})
    assert (run.status, run.verdicts) == (0, {"a1": "ok"}), run.text
    assert run.report["expected"] == {"hosts": 3, "names": None, "missing": [], "unexpected": []}
    assert run.report["scope"] == {"kind": "limited", "limit": "a1,nas", "slice": None}


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (5, "ups_expected_clients is 5, but this run was about 3"),
        (["a1", "a2", "b1"], "ups_expected_clients names b1, which this run was not about"),
    ],
)
def test_others_than_expected_fail_the_run(play: Play, expected: Any, words: str) -> None:
    run = play("audit", clients=FLEET, variables={"ups_expected_clients": expected})
    assert (run.status, run.failed) == (2, {"localhost"}), run.text
    assert words in run.text
    assert run.report["counts"] == {"hosts": 3, "protected": 3}


def test_the_report_keeps_how_a_host_comes_back_that_is_off(play: Play, tmp_path: Path) -> None:
    """Also of one outside of the limit; and says it of those that are to be woken."""
    last = tmp_path / "last.json"
    before = {"way": "wake_on_lan", "cards": [], "address": "192.0.2.20", "seen": "2026-11-01T00:00:00Z"}
    last.write_text(json.dumps({"returns": {"a1": before, "a2": before, "a3": before}}), encoding="utf-8")
    clients = {"a1": {"double": "away"}, "a2": {"ups_wake": True}, "a3": {}}
    run = play("audit", "--limit", "a1,a2", clients=clients, variables={"ups_report_file": str(last)})
    written = json.loads(last.read_text(encoding="utf-8"))
    assert (written["returns"]["a1"], written["returns"]["a3"]) == (before, before), run.text
    now = written["returns"]["a2"]
    assert (now["way"], now["address"], now["seen"]) == ("by_hand", "192.0.2.22", written["time"])
    assert {row["name"]: row["returns"] and row["returns"]["way"] for row in written["hosts"]} == {
        "a1": None,
        "a2": "by_hand",
    }
    assert "Once off, come back by hand: a2 (eth0 has no Wake-on-LAN)." in run.text


# whose variable it is: the variable, its value, what is wrong with it
BROKEN: dict[str, tuple[str, Any, str]] = {
    "address": ("ansible_host", UNDEFINED, "'vm_addresses' is undefined"),
    "address of itself": ("ansible_host", ITSELF % "ansible_host", "it refers to itself"),
    "user": ("ansible_user", UNDEFINED, "'vm_addresses' is undefined"),
    "connection": ("ansible_connection", UNDEFINED, "'vm_addresses' is undefined"),
    "password": ("ansible_become_password", UNDEFINED, "'vm_addresses' is undefined"),
    "directive": ("nut_client_notifycmd", UNDEFINED, "'vm_addresses' is undefined"),
}
CASES = [("address", who) for who in ("a1", "a2", "a3", "all")] + [(kind, "a1") for kind in list(BROKEN)[1:]]
CASES += [("address of itself", "all"), ("password", "all")]


@pytest.mark.parametrize(("kind", "who"), CASES)
def test_a_variable_that_cannot_be_rendered_is_a_row(play: Play, kind: str, who: str) -> None:
    """Whoever's it is, the others' rows are complete, and what is to be corrected is named."""
    name, value, what = BROKEN[kind]
    bad = {name: value, **({"ansible_become": True} if kind == "password" else {})}
    clients = {host: bad if host == who else {} for host in FLEET}
    run = play("audit", clients=clients, everybody=bad if who == "all" else {})
    broken = set(FLEET) if who == "all" else {who}
    assert run.status == 2, run.text
    assert run.verdicts == {host: "not_audited" if host in broken else "ok" for host in FLEET}, run.text
    for host in broken:
        assert run.rows[host]["advice"].startswith(f"The variable {name} cannot be rendered: {what}.")
        assert "{{" not in str(run.rows[host]["address"])
    assert broken <= run.failed


def test_a_broken_variable_stops_no_other_host_from_being_provisioned(play: Play) -> None:
    clients = {"a1": {"ansible_host": UNDEFINED}, "a2": {"double": "drifted"}, "a3": {"double": "away"}}
    run = play("site", clients=clients)
    assert (run.status, run.changed) == (2, ["a2"])
    assert run.verdicts == {"a1": "not_audited", "a2": "ok", "a3": "not_audited"}
    assert "Connection timed out" in run.rows["a3"]["advice"]


def test_a_nas_whose_variable_cannot_be_rendered_fails_by_itself(play: Play) -> None:
    nas = {
        "nas": {"ansible_host": UNDEFINED, "dsm_ups_server_api_username": "admin", "dsm_ups_server_api_password": "x"}
    }
    run = play("audit", clients=FLEET, nas=nas)
    assert (run.status, run.failed) == (2, {"nas"}), run.text
    assert "nas: The variable ansible_host cannot be rendered" in run.text
    assert set(run.verdicts.values()) == {"ok"}


AWAY_NAS = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "dsm_ups_server_method": "ssh"}


@pytest.mark.parametrize("book", ["audit", "permit", "site"])
@pytest.mark.parametrize("others", [{}, {"nas2": {}}], ids=["only", "one-of-two"])
def test_a_nas_that_is_unreachable_fails_by_itself(play: Play, book: str, others: dict[str, Any]) -> None:
    """It would end the run for all, where it is the only one."""
    run = play(book, clients=FLEET, nas={"nas": AWAY_NAS, **others})
    assert (run.status, run.failed) == (2, {"nas"}), run.text
    assert "nas: The NAS cannot be reached by SSH" in run.text
    assert run.verdicts == dict.fromkeys(FLEET, "ok")


def test_a_variable_of_a_client_that_the_nas_does_not_need_keeps_nobody_out(play: Play) -> None:
    """ansible-core 2.16 renders all variables of a host that is extracted from hostvars, and shows what it cannot."""
    secret = "Pa{{Zq7-sentinel"
    clients = {"a1": {"app_x": "{{ lookup('ansible.builtin.file', '/nope') }}", "app_y": secret}, "a2": {}}
    run = play("permit", clients=clients, nas={"nas": AWAY_NAS})
    assert "nas: The NAS cannot be reached by SSH" in run.text
    assert run.verdicts == {"a1": "ok", "a2": "ok"}
    assert "sentinel" not in run.text


def test_remove_asks_the_nas_whoever_was_not_removed(play: Play) -> None:
    run = play("remove", "--limit", "a1,nas", clients=FLEET, nas={"nas": AWAY_NAS})
    assert (run.status, run.failed) == (2, {"nas"}), run.text
    assert "The NAS cannot be reached by SSH" in run.text
    run = play("remove", "--limit", "a1", clients=FLEET, nas={"nas": AWAY_NAS})
    assert run.status == 0
    assert "nas is outside of the limit, and goes on permitting" in run.text
    run = play("remove", clients=FLEET)
    assert run.status == 0
    assert "nas goes on permitting what was permitted for these hosts" in run.text
