"""`get` and `set` of the mock NAS's WebAPI and what they do to its files: no sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from doubles.nas.upsd_sim.dsm.webapi import AUTH, INFO, UPS

LIST = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
SET = {"enable": "true", "mode": '"USB"'}


@pytest.mark.parametrize(("method", "params"), [("get", {}), ("set", SET)])
def test_only_administrators(dsm: Any, method: str, params: dict[str, Any]) -> None:
    """Others can log in, and no more."""
    sid = dsm.login(account="guest", passwd="Guest-Password-1")["sid"]
    assert dsm.call(UPS, method, _sid=sid, **params) == {"code": 105}
    assert dsm.restarts == []


def test_get(dsm: Any) -> None:
    """Settings, list and device; `type` tells a part."""
    told = dsm.admin("get")
    assert (told["enable"], told["mode"], told["delay_time"], told["shutdown_device"]) == (True, "USB", -1, False)
    assert (told["ACL_enable"], told["ACL_list"]) == (True, LIST)
    assert (told["status"], told["charge"], told["model"]) == ("usb_ups_status_online", 100, "Back-UPS ES 700G\n")
    assert dsm.admin("get", type='"ACL"') == {"ACL_enable": True, "ACL_list": LIST}
    assert dsm.restarts == []


@pytest.mark.parametrize(
    ("status", "name"), [("OB DISCHRG", "battery"), ("OB LB", "low_batt"), ("FSD OL", "online"), ("OFF", "unknown")]
)
def test_get_status(status: str, name: str, make_dsm: Any) -> None:
    """The words of ups.status, in DSM's own."""
    dsm = make_dsm(7)
    dsm.nas.state.upses["ups"].variables["ups.status"] = status
    assert dsm.admin("get")["status"] == f"usb_ups_status_{name}"


REFUSED_SETS: list[tuple[dict[str, Any], int]] = [
    ({}, 114),
    ({"enable": "true"}, 114),
    ({"enable": "1", "mode": '"USB"'}, 120),
    ({"enable": "true", "mode": '"MASTER"'}, 120),
    ({"enable": "true", "mode": '"SLAVE"'}, 114),
    ({"enable": "true", "mode": '"SLAVE"', "net_server_ip": '"nas"'}, 120),
    ({"enable": "true", "mode": '"SNMP"', "snmp_server_ip": '"192.0.2.9"'}, 114),
    ({**SET, "delay_time": "true"}, 120),
    ({**SET, "delay_time": '"60"'}, 120),
    ({**SET, "shutdown_device": "0"}, 120),
    ({**SET, "ACL_enable": '"yes"'}, 120),
    ({**SET, "ACL_list": '"192.0.2.9"'}, 120),
    ({**SET, "ACL_list": "[1]"}, 120),
]


@pytest.mark.parametrize(("params", "code"), REFUSED_SETS)
def test_refused_set(dsm: Any, params: dict[str, Any], code: int) -> None:
    """It changes and restarts nothing."""
    before = dsm.nas.files.keys()
    assert dsm.admin("set", **params) == {"code": code}
    assert (dsm.nas.files.keys(), dsm.restarts) == (before, [])


@pytest.mark.parametrize(("generation", "expected"), [(6, {}), (7, {"code": 120})])
def test_dsm7_takes_json_only(generation: int, expected: dict[str, int], make_dsm: Any) -> None:
    """A bare word is a string on DSM 6."""
    assert make_dsm(generation).admin("set", enable="true", mode="USB") == expected


NINE = "192.0.2.9"
SETS: list[tuple[dict[str, Any], dict[str, str | None]]] = [
    ({"enable": "false"}, {"ups_enabled": "no", "ups_mode": "usb"}),
    ({**SET, "delay_time": "300"}, {"ups_wait_time": "300"}),
    ({**SET, "delay_time": "-1"}, {"ups_wait_time": None}),
    ({**SET, "shutdown_device": "true"}, {"ups_safeshutdown": "yes"}),
    ({**SET, "ACL_enable": "false"}, {"ups_acl": None}),
    ({**SET, "ACL_list": json.dumps([NINE, "", "", "", ""])}, {"ups_acl": f"{NINE}|"}),
    ({**SET, "ACL_list": json.dumps([NINE])}, {"ups_acl": f"{NINE}|192.0.2.2|192.0.2.3|"}),
    ({**SET, "ACL_list": json.dumps(["", NINE])}, {"ups_acl": f"{NINE}|192.0.2.3|"}),
    ({**SET, "ACL_list": json.dumps(list("abcdefg"))}, {"ups_acl": "a|b|c|d|e|"}),
    ({**SET, "snmp_auth_key_dirty": "false"}, {"ups_acl": "192.0.2.1|192.0.2.2|192.0.2.3|"}),
    (
        {"enable": "true", "mode": '"SNMP"', "snmp_server_ip": f'"{NINE}"', "snmp_version": '"v1"'},
        {"ups_mode": "snmp", "ups_snmp_server_ip": NINE},
    ),
    (
        {"enable": "true", "mode": '"SLAVE"', "net_server_ip": f'"{NINE}"'},
        {"ups_mode": "slave", "upsslave_server": NINE},
    ),
]


@pytest.mark.parametrize(("params", "expected"), SETS)
def test_set(dsm: Any, params: dict[str, Any], expected: dict[str, str | None]) -> None:
    """It writes the files, keeps what was not given, and always restarts the service."""
    assert dsm.admin("set", **params) == {}
    keys = dsm.nas.files.keys()
    assert {key: keys.get(key) for key in expected} == expected
    assert dsm.restarts == [2.0]


def test_set_writes_hosts_deny_on_dsm6(make_dsm: Any) -> None:
    """The second lock goes with the list."""
    dsm = make_dsm(6)
    dsm.admin("set", **SET, ACL_list=json.dumps([NINE, "", "", "", ""]))
    assert dsm.nas.state.hosts_deny == f"upsd: ALL EXCEPT 127.0.0.1 {NINE}\n"


@pytest.mark.parametrize("params", [{"ACL_list": json.dumps([NINE])}, {"delay_time": "60"}])
def test_five_of_eight_are_shown_and_a_set_loses_the_others(dsm: Any, params: dict[str, str]) -> None:
    """Which is why a client must not set while all five slots are full."""
    stored = [f"198.51.100.{number}" for number in range(8)]
    dsm.nas.files.permit(stored)
    assert dsm.admin("get")["ACL_list"] == stored[:5]
    dsm.admin("set", **SET, **params)
    kept = dsm.nas.files.permitted
    assert kept is not None
    assert (len(kept), kept[1:]) == (5, stored[1:5])


def test_network_server_off(dsm: Any) -> None:
    """No key, no list; turning it on starts with the list that comes along."""
    dsm.nas.files.permit(None)
    assert dsm.admin("get", type='"ACL"') == {"ACL_enable": False, "ACL_list": []}
    dsm.admin("set", **SET)
    assert dsm.nas.files.permitted is None
    dsm.admin("set", **SET, ACL_enable="true", ACL_list=json.dumps([NINE]))
    assert dsm.nas.files.permitted == [NINE]


@pytest.mark.parametrize(("when", "restarts"), [("before", []), ("after", [2.0])])
def test_a_cut_set(dsm: Any, when: str, restarts: list[float]) -> None:
    """Once, before or after it took effect."""
    dsm.nas.faults.cut_set = when
    params = {"api": UPS, "version": 1, "method": "set", "_sid": dsm.login()["sid"], **SET}
    assert dsm.ask("entry.cgi", **params).cut
    assert dsm.restarts == restarts
    assert not dsm.ask("entry.cgi", **params).cut


def test_faults_of_every_answer(dsm: Any) -> None:
    """A number for get and set; HTML for everything."""
    dsm.nas.faults.answer = 160
    assert dsm.admin("get") == dsm.admin("set", **SET) == {"code": 160}
    dsm.nas.faults.html = True
    assert dsm.ask("query.cgi", api=INFO).content_type == "text/html"


def test_counts(dsm: Any) -> None:
    """Received calls, refused ones too; nothing secret in what is shown."""
    dsm.admin("set", **SET)
    sid = dsm.login()["sid"]
    dsm.login(passwd="wrong")
    dsm.call(UPS, "set", _sid="x", **SET)
    shown = dsm.nas.show()
    assert shown["calls"] == {"query": 0, "login": 3, "logout": 0, "get": 0, "set": 2}
    assert shown["refusals"] == {"login 400": 1, "set 119": 1}
    assert (shown["sessions"], shown["failed_logins"]) == (2, {"192.0.2.50": 1})
    assert not any(secret in json.dumps(shown) for secret in (sid, "Api-Password-1"))
    dsm.nas.reset()
    assert dsm.nas.show()["calls"]["login"] == 0


def test_another_run_that_had_read_the_list_before_sets_it_once(dsm: Any) -> None:
    """As soon as the session is over that has set something; a session that only reads is no such moment."""
    dsm.nas.faults.overtaken_by = (*LIST, "192.0.2.9")
    for method, params, stands in [
        ("get", {}, LIST),
        ("set", {**SET, "ACL_list": '["192.0.2.7"]'}, [*LIST, "192.0.2.9"]),
    ]:
        sid = dsm.login()["sid"]
        dsm.call(UPS, method, _sid=sid, **params)
        dsm.call(AUTH, "logout", _sid=sid)
        assert dsm.nas.files.permitted == stands
    assert len(dsm.restarts) == 2
