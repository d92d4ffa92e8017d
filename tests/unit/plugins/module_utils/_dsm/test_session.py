# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of DSM's WebAPI: discovery, one login, every error code, logout in any case, no secret in any text."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import errors, settings
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import session as dsm_session
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import DsmError

HOST = "nas.example.com"


@pytest.fixture
def session(
    fake_dsm: Any, secrets: dict[str, str], clock: Any
) -> Callable[..., tuple[Any, dsm_session.Dsm, dict[str, Any]]]:
    """Return a DSM, a client of it, and what a login takes."""

    def make(*args: Any, timeout: float = 30, host: str = HOST, **kwargs: Any) -> Any:
        nas = fake_dsm(*args, **kwargs)
        return nas, dsm_session.Dsm(nas, host, timeout=timeout, clock=clock), (("upsadmin", secrets["password"]))

    return make


def converse(client: dsm_session.Dsm, login: tuple[str, str], options: dict[str, str]) -> None:
    with client:
        client.login(*login, **options)
        settings.parse_settings(client.ups_get())
        client.ups_set({"enable": "true"})


def refused(client: dsm_session.Dsm, login: tuple[str, str], secrets: dict[str, str], **options: str) -> DsmError:
    """Run a whole conversation that fails, and check that its error tells no secret and brings no exception along."""
    with pytest.raises(DsmError) as caught:
        converse(client, login, options)
    error: BaseException | None = caught.value
    while error:
        text = f"{error} {error!r} {error.args} {vars(error)} {client!r}"
        assert [name for name, secret in secrets.items() if secret in text] == []
        error = error.__context__
    return caught.value


@pytest.mark.parametrize(("generation", "auth"), [(6, "auth.cgi"), (7, "entry.cgi")])
def test_both_generations(session: Any, secrets: dict[str, str], generation: int, auth: str) -> None:
    nas, client, login = session(generation)
    with client:
        assert client.login(*login) is None
        assert client.ups_get()["mode"] == "USB"
    base = f"https://{HOST}:5001/webapi/"
    assert nas.urls == [base + path for path in ("query.cgi", auth, "entry.cgi", auth)]
    assert nas.methods == ["query", "login", "get", "logout"]
    assert nas.form("login") == {
        "api": "SYNO.API.Auth",
        "version": "6",
        "method": "login",
        "account": "upsadmin",
        "passwd": secrets["password"],
        "format": "sid",
        "enable_syno_token": "yes",
        "session": "upsfleet",
    }
    assert nas.form("get") == {
        "api": "SYNO.Core.ExternalDevice.UPS",
        "version": "1",
        "method": "get",
        "_sid": secrets["sid"],
    }
    assert [bool(headers.get("X-SYNO-TOKEN")) for headers in nas.headers] == [False, False, True, True]
    assert nas.form("logout") == {
        "api": "SYNO.API.Auth",
        "version": "6",
        "method": "logout",
        "session": "upsfleet",
        "_sid": secrets["sid"],
    }
    assert not any(secret in " ".join(nas.urls) for secret in secrets.values())


# what the first place answers
FALLBACK = [(404, b"not found"), b"<html>", 102, 103, b"", b"[]"]


@pytest.mark.parametrize("first", FALLBACK)
def test_discovery_falls_back(session: Any, first: Any) -> None:
    nas, client, login = session(script={"query": [first]})
    with client:
        client.login(*login)
    assert [url.rsplit("/", 1)[1] for url in nas.urls[:2]] == ["query.cgi", "entry.cgi"]


def test_an_ipv6_address_is_put_in_brackets(session: Any) -> None:
    nas, client, login = session(host="2001:db8::5")
    client.login(*login)
    assert nas.urls[0] == "https://[2001:db8::5]:5001/webapi/query.cgi"


# what a DSM tells of SYNO.API.Auth, the version used or what the message says
VERSIONS: list[tuple[Any, str]] = [
    ({"path": "auth.cgi", "minVersion": 1, "maxVersion": 3}, "3"),
    ({"path": "entry.cgi", "minVersion": 6, "maxVersion": 9}, "6"),
    ({"path": "entry.cgi", "minVersion": 7, "maxVersion": 9}, "offers SYNO.API.Auth in the versions 7 to 9"),
    ({"path": "auth.cgi", "minVersion": 1, "maxVersion": 2}, "offers SYNO.API.Auth in the versions 1 to 2"),
    ({"path": "https://evil.example.com/x.cgi", "minVersion": 1, "maxVersion": 6}, "in a way that"),
    ({"path": "../x.cgi", "minVersion": 1, "maxVersion": 6}, "in a way that"),
    ({"path": "@evil.example.com/x.cgi", "minVersion": 1, "maxVersion": 6}, "in a way that"),
    ({"path": "auth.cgi", "minVersion": "1", "maxVersion": 6}, "in a way that"),
    ({"path": "auth.cgi", "maxVersion": 6}, "in a way that"),
    ("auth.cgi", "in a way that"),
    (None, "does not offer SYNO.API.Auth"),
]


@pytest.mark.parametrize(("entry", "expected"), VERSIONS)
def test_versions(session: Any, secrets: dict[str, str], entry: Any, expected: str) -> None:
    nas, client, login = session()
    nas.apis = {**nas.apis, "SYNO.API.Auth": entry}
    if expected.isdigit():
        client.login(*login)
        assert nas.form("login")["version"] == expected
    else:
        assert expected in str(refused(client, login, secrets))
        assert nas.methods == ["query"]


def test_a_dsm_without_the_ups_api_gets_no_password(session: Any, secrets: dict[str, str]) -> None:
    nas, client, login = session()
    nas.apis = {"SYNO.API.Auth": nas.apis["SYNO.API.Auth"]}
    error = refused(client, login, secrets)
    assert "does not offer SYNO.Core.ExternalDevice.UPS" in str(error)
    assert nas.methods == ["query"]


COMMON = [100, 101, 102, 103, 104, 105, 106, 107, 114, 119, 120, 150, 160]
AUTH = {400: "bad_credentials", 403: "otp_needed", 404: "otp_wrong", 406: "otp_needed", 407: "blocked"}


def test_the_tables_are_whole() -> None:
    assert sorted(errors.COMMON_CODES) == COMMON
    assert sorted(errors.AUTH_CODES) == [400, 401, 402, 403, 404, 406, 407, 408, 409, 410, 411]


@pytest.mark.parametrize("code", [*COMMON, *range(400, 412), 0, -1, 999, 4711])
def test_a_refused_login(session: Any, secrets: dict[str, str], code: int) -> None:
    nas, client, login = session(script={"login": code})
    error = refused(client, login, secrets, device_id=secrets["device_id"])
    assert (type(error).__name__, error.code) == ("LoginRefused", code)
    assert error.kind == AUTH.get(code, "login_refused")
    assert_sentence(str(error), code)
    assert nas.methods == ["query", "login"]
    with pytest.raises(DsmError, match="second login"):
        client.login(*login)
    assert nas.methods == ["query", "login"]


@pytest.mark.parametrize("method", ["get", "set"])
@pytest.mark.parametrize("code", [*COMMON, 400, 403, 4711])
def test_a_refused_request(session: Any, secrets: dict[str, str], method: str, code: int) -> None:
    nas, client, login = session(script={method: code})
    error = refused(client, login, secrets)
    kinds = dict.fromkeys((106, 107, 119), "session_expired") | {105: "not_administrator"}
    assert (error.kind, error.code) == (kinds.get(code, "refused"), code)
    assert_sentence(str(error), code)
    assert f"the request to {'read' if method == 'get' else 'change'} the UPS settings" in str(error)
    assert nas.methods.count("login") == 1
    assert nas.methods[-2:] == [method, "logout"]


def assert_sentence(text: str, code: int) -> None:
    assert HOST in text
    assert str(code) in text
    assert text.endswith(".")
    assert len(text) > 80
    assert not re.search(r"[{}]|  ", text)


# code, options of the login, what the sentence says, what it does not
OTP: list[tuple[int, dict[str, str], list[str], list[str]]] = [
    (403, {}, ["run once with otp_code", "device_id", "vault"], ["is not accepted"]),
    (406, {}, ["set it up", "run once with otp_code", "device_id"], ["is not accepted"]),
    (403, {"device_id": "x"}, ["device_id that was given is not accepted"], []),
    (403, {"otp_code": "1", "device_id": "x"}, [], ["is not accepted"]),
    (404, {"otp_code": "1"}, ["30 seconds", "one attempt"], []),
    (407, {}, ["Auto Block"], []),
    (400, {}, ["one attempt"], []),
]


@pytest.mark.parametrize(("code", "options", "said", "not_said"), OTP)
def test_what_to_do_about_a_refused_login(
    session: Any, secrets: dict[str, str], code: int, options: dict[str, str], said: list[str], not_said: list[str]
) -> None:
    _nas, client, login = session(script={"login": code})
    text = str(refused(client, login, secrets, **options))
    assert [words for words in said if words not in text] == []
    assert [words for words in not_said if words in text] == []


# options, which of them are sent, what is returned
DEVICE: list[tuple[dict[str, str], dict[str, str], str | None]] = [
    ({}, {}, None),
    ({"device_id": "d", "device_name": "here"}, {"device_id": "d", "device_name": "here"}, None),
    (
        {"otp_code": "012345", "device_name": "here"},
        {"otp_code": "012345", "enable_device_token": "yes", "device_name": "here"},
        "new",
    ),
    (
        {"otp_code": "1", "device_id": "old"},
        {"otp_code": "1", "enable_device_token": "yes", "device_name": "upsfleet"},
        "new",
    ),
]


@pytest.mark.parametrize("key", ["did", "device_id"])
@pytest.mark.parametrize(("options", "sent", "returned"), DEVICE)
def test_devices(session: Any, options: dict[str, str], sent: dict[str, str], returned: str | None, key: str) -> None:
    answer = json.dumps({"success": True, "data": {"sid": "s", key: "new"}}).encode()
    nas, client, login = session(script={"login": answer})
    assert client.login(*login, **options) == returned
    names = ("otp_code", "device_id", "device_name", "enable_device_token")
    assert {name: value for name, value in nas.form("login").items() if name in names} == sent


# method, what is answered instead, the error's kind, what it says
BROKEN: list[tuple[str, Any, str, str]] = [
    ("login", b'{"success": true, "data": {}}', "unexpected", "holds no session"),
    ("login", b'{"success": true}', "unexpected", "holds no session"),
    ("login", b'{"success": true, "data": {"sid": 7}}', "unexpected", "holds no session"),
    ("query", b'{"success": true, "data": []}', "unexpected", "does not offer"),
    ("get", b'{"success": true}', "unexpected", "enable is missing"),
    *(
        (method, answer, kind, text)
        for method in ("query", "login", "get", "set")
        for answer, kind, text in [
            ("html", "not_dsm", "an HTML page"),
            (b"", "not_dsm", "not JSON"),
            (b"\xff\xfe{}", "not_dsm", "not JSON"),
            (b"[" * 200_000, "not_dsm", "not JSON"),
            (b"{" + b" " * 300_000 + b"}", "not_dsm", "more than 262144 bytes"),
            (b"null", "not_dsm", "not JSON"),
            (b"[1]", "not_dsm", "not DSM's"),
            (b'{"success": "true"}', "not_dsm", "not DSM's"),
            (b'{"success": false}', "unexpected", "error without a code"),
            (b'{"success": false, "error": {"code": "400"}}', "unexpected", "error without a code"),
            (b'{"success": false, "error": {"code": true}}', "unexpected", "error without a code"),
            ((500, b'{"success": true}'), "not_dsm", "HTTP status 500"),
            ((302, b""), "not_dsm", "redirect, which is not followed, HTTP status 302"),
            (errors.DsmUnreachable("lost"), "unreachable", "broke off the connection"),
            (errors.DsmUnreachable("refused"), "unreachable", "Nothing listens"),
            (errors.DsmUnreachable("name"), "unreachable", "does not resolve"),
            (errors.DsmUnreachable("timeout"), "unreachable", "within 30 s"),
            (errors.DsmUnreachable("no_route", "Host is down"), "unreachable", "(Host is down)"),
            (errors.DsmUnreachable("odd"), "unreachable", "Talking to"),
            (errors.DsmTls("hostname mismatch"), "tls_failed", "hostname mismatch. The certificate"),
        ]
    ),
]


@pytest.mark.parametrize(("method", "answer", "kind", "text"), BROKEN)
def test_broken_answers(
    session: Any, secrets: dict[str, str], html: bytes, method: str, answer: Any, kind: str, text: str
) -> None:
    answer = html if answer == "html" else answer
    nas, client, login = session(script={method: answer})
    error = refused(client, login, secrets)
    assert error.kind == kind
    assert text in str(error)
    assert HOST in str(error) or method == "get"
    assert nas.methods.count("login") <= 1
    assert nas.methods.count("logout") == (method in ("get", "set"))


@pytest.mark.parametrize("answer", [119, b"<html>", errors.DsmUnreachable("lost"), (500, b"")])
def test_a_failing_logout_hides_nothing(session: Any, secrets: dict[str, str], answer: Any) -> None:
    _nas, client, login = session(script={"get": 105, "logout": answer})
    assert refused(client, login, secrets).kind == "not_administrator"
    _nas, client, login = session(script={"logout": answer})
    with client:
        client.login(*login)


def test_logout_after_an_interruption(session: Any) -> None:
    nas, client, login = session(script={"get": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        converse(client, login, {})
    client.logout()
    assert nas.methods.count("logout") == 1


def test_one_deadline_for_all_but_the_logout(session: Any, secrets: dict[str, str], clock: Any) -> None:
    nas, client, login = session(script={"login": lambda nas: clock.sleep(20), "get": lambda nas: clock.sleep(11)})
    error = refused(client, login, secrets)
    assert (error.kind, nas.methods) == ("unreachable", ["query", "login", "get", "logout"])
    assert nas.timeouts == [30, 30, 10, 3]


def test_nothing_without_a_login(session: Any) -> None:
    nas, client, _login = session()
    with pytest.raises(DsmError, match="Log in first"), client:
        client.ups_get()
    assert nas.methods == []


@pytest.mark.parametrize("token", [None, "", "two words", "line\r\nX-Evil: 1", 5])
def test_a_token_that_is_none_is_not_sent(session: Any, token: Any) -> None:
    answer = json.dumps({"success": True, "data": {"sid": "s", "synotoken": token}}).encode()
    nas, client, login = session(script={"login": answer, "get": b'{"success": true}'})
    client.login(*login)
    client.ups_get()
    assert nas.headers[-1] == {}
