"""Discovery, logins, auto block and sessions of the mock NAS's WebAPI: no sockets, the clock injected."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from doubles.nas.upsd_sim.dsm import accounts, sessions
from doubles.nas.upsd_sim.dsm.webapi import AUTH, INFO, UPS

HERE, ELSEWHERE = "192.0.2.50", "192.0.2.51"


@pytest.mark.parametrize(
    ("generation", "auth", "ups"),
    [
        (6, {"path": "auth.cgi", "maxVersion": 6}, {"path": "entry.cgi", "maxVersion": 1}),
        (
            7,
            {"path": "entry.cgi", "maxVersion": 7, "requestFormat": "JSON"},
            {"path": "entry.cgi", "maxVersion": 1, "requestFormat": "JSON"},
        ),
    ],
)
@pytest.mark.parametrize("script", ["query.cgi", "entry.cgi"])
def test_discovery(generation: int, script: str, auth: dict[str, Any], ups: dict[str, Any], make_dsm: Any) -> None:
    """What SYNO.API.Info tells; unknown names are left out."""
    reply = make_dsm(generation).ask(script, api=INFO, version=1, method="query", query=f"{AUTH},{UPS},SYNO.No.Such")
    assert json.loads(reply.body)["data"] == {AUTH: {"minVersion": 1, **auth}, UPS: {"minVersion": 1, **ups}}


def test_login_answers_what_was_asked_for(dsm: Any) -> None:
    """The token on request, the cookie for another format; a sid each time of its own."""
    first, second = dsm.login(), dsm.login(enable_syno_token="yes")
    assert set(first) == {"sid", "is_portal_port"}
    assert set(second) == {"sid", "is_portal_port", "synotoken"}
    assert first["sid"] != second["sid"]
    params = {"account": "upsadmin", "passwd": "Api-Password-1", "version": 6, "method": "login", "api": AUTH}
    script = "auth.cgi" if dsm.generation == 6 else "entry.cgi"
    assert dsm.ask(script, **params).cookie
    assert not dsm.ask(script, **params, format="sid").cookie


def _with(**attributes: Any) -> Callable[[Any], None]:
    return lambda dsm: vars(dsm.nas.accounts.by_name["upsadmin"]).update(attributes)


def _refuse(code: int) -> Callable[[Any], None]:
    return lambda dsm: setattr(dsm.nas.accounts, "refuse_with", code)


def _nothing(dsm: Any) -> None:
    pass


REFUSED_LOGINS = [
    (_nothing, {"passwd": "wrong"}, 400),
    (_nothing, {"account": "nobody"}, 400),
    (_nothing, {"version": 8}, 104),
    (_nothing, {"version": "six"}, 104),
    (_nothing, {"method": "enter"}, 103),
    (_nothing, {"api": "SYNO.No.Such"}, 102),
    (_nothing, {"api": ""}, 101),
    (_with(otp="123456"), {}, 403),
    (_with(otp="123456"), {"otp_code": "000000"}, 404),
    (_with(otp="123456"), {"device_id": "", "device_name": "x"}, 403),
    *((_refuse(code), {}, code) for code in (401, 402, 406, 408, 409, 410, 411)),
    (_refuse(411), {"passwd": "wrong"}, 400),
]


@pytest.mark.parametrize(("before", "params", "code"), REFUSED_LOGINS)
def test_refused_login(before: Callable[[Any], None], params: dict[str, Any], code: int, dsm: Any) -> None:
    """By number, and no session is left."""
    before(dsm)
    assert dsm.login(**params) == {"code": code}
    assert len(dsm.nas.sessions) == 0


@pytest.mark.parametrize(("version", "key"), [(6, "did"), (7, "device_id")])
def test_a_remembered_device_needs_no_code(version: int, key: str, make_dsm: Any) -> None:
    """One device token for one name."""
    dsm = make_dsm(7)
    _with(otp="123456")(dsm)
    asked = {"otp_code": "123456", "enable_device_token": "yes", "device_name": "fleet", "version": version}
    device = dsm.login(**asked)[key]
    assert "sid" in dsm.login(device_id=device, device_name="fleet")
    assert dsm.login(device_id=device, device_name="other") == {"code": 403}
    assert dsm.login(device_id=device + "x", device_name="fleet") == {"code": 403}


def test_auto_block(dsm: Any) -> None:
    """After five refused logins not even the right password helps, from this address, until somebody unblocks it."""
    for _ in range(accounts.BLOCK_AFTER):
        assert dsm.login(passwd="wrong") == {"code": 400}
    assert dsm.login() == {"code": 407}
    assert "sid" in dsm.login(address=ELSEWHERE)
    assert dsm.nas.accounts.blocked == {HERE}
    dsm.nas.accounts.unblock()
    assert "sid" in dsm.login()


def test_auto_block_forgets_in_time(dsm: Any) -> None:
    """Only refusals within five minutes count; a wrong code is one, a missing code is not."""
    _with(otp="123456")(dsm)
    dsm.nas.accounts.block_after = 3
    dsm.login(passwd="wrong")
    dsm.login(otp_code="1")
    dsm.clock.now += accounts.BLOCK_WINDOW
    for _ in range(9):
        assert dsm.login() == {"code": 403}
    dsm.login(otp_code="1")
    assert dsm.nas.accounts.failures == {HERE: 1}
    assert dsm.nas.accounts.blocked == set()


def test_sessions(dsm: Any) -> None:
    """No sid, a wrong one, another address, too long idle, logged out."""
    sid = dsm.login()["sid"]
    assert dsm.call(UPS, "get") == {"code": 119}
    assert dsm.call(UPS, "get", _sid="x") == {"code": 119}
    assert dsm.call(UPS, "get", _sid=sid, address=ELSEWHERE) == {"code": 150}
    assert dsm.call(UPS, "get", _sid=sid)["enable"] is True
    dsm.clock.now += sessions.IDLE_LIMIT + 1
    assert dsm.call(UPS, "get", _sid=sid) == {"code": 106}
    assert dsm.call(AUTH, "logout", version=6, _sid=sid) == {}
    assert dsm.call(UPS, "get", _sid=sid) == {"code": 119}


@pytest.mark.parametrize("code", [106, 107, 119])
def test_expired_sessions(dsm: Any, code: int) -> None:
    """Whichever way they ended."""
    sid = dsm.login()["sid"]
    dsm.nas.sessions.expire(code)
    assert dsm.call(UPS, "get", _sid=sid) == {"code": code}
    assert len(dsm.nas.sessions) == 0


def test_the_token_is_asked_for_once_it_was_given(dsm: Any) -> None:
    """As header or as parameter."""
    login = dsm.login(enable_syno_token="yes")
    assert dsm.call(UPS, "get", _sid=login["sid"]) == {"code": 119}
    assert dsm.call(UPS, "get", _sid=login["sid"], token="\N{SNOWMAN}") == {"code": 119}
    assert "mode" in dsm.call(UPS, "get", _sid=login["sid"], token=login["synotoken"])
    assert "mode" in dsm.call(UPS, "get", _sid=login["sid"], SynoToken=login["synotoken"])


def test_wrong_script(dsm: Any) -> None:
    """An API answers at its own path only; DSM 7 keeps auth.cgi."""
    params = {"api": AUTH, "version": 6, "method": "login", "account": "upsadmin", "passwd": "Api-Password-1"}
    codes = {script: json.loads(dsm.ask(script, **params).body) for script in ("auth.cgi", "entry.cgi", "query.cgi")}
    assert codes["auth.cgi"]["success"]
    assert codes["entry.cgi"]["success"] is (dsm.generation == 7)
    assert codes["query.cgi"]["error"] == {"code": 102}
