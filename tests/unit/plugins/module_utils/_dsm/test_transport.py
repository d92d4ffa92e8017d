# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What opens URLs: real HTTPS on loopback, and what goes wrong with it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import session, transport
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import DsmError, DsmTls, DsmUnreachable

FORM = {"api": "SYNO.API.Info", "version": "1", "method": "query", "query": "SYNO.API.Auth", "odd": "ä&=+ %"}


def post(fetch: session.Fetch, port: int, host: str = "localhost", timeout: float = 5) -> tuple[int, bytes]:
    return fetch(f"https://{host}:{port}/webapi/query.cgi", FORM, {"X-SYNO-TOKEN": "t"}, timeout)


def failure(fetch: session.Fetch, port: int, host: str = "localhost", timeout: float = 5) -> DsmError:
    with pytest.raises(DsmError) as caught:
        post(fetch, port, host, timeout)
    return caught.value


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> session.Fetch:
    return transport.opener(ca_path=str(certificate[0]))


@pytest.mark.parametrize("proxy", [None, "http://proxy-user:proxy-sentinel@127.0.0.1:9"])
def test_a_form_is_posted(
    https_dsm: Any, fake_dsm: Any, trusting: session.Fetch, monkeypatch: pytest.MonkeyPatch, proxy: str | None
) -> None:
    if proxy:
        monkeypatch.setenv("https_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
    nas = fake_dsm()
    status, body = post(trusting, https_dsm(nas).port)
    assert (status, body[:16]) == (200, b'{"success": true')
    assert nas.forms == [FORM]
    assert nas.urls == ["/webapi/query.cgi"]
    assert nas.headers[0]["X-SYNO-TOKEN"] == "t"


def test_a_proxy_is_used_on_request_and_not_told(
    closed_port: int, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]
) -> None:
    monkeypatch.setenv("https_proxy", f"http://proxy-user:proxy-sentinel@127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    error = failure(transport.opener(use_proxy=True), 1, "nas.example.com")
    assert isinstance(error, DsmUnreachable)
    assert error.reason == "refused"
    assert "proxy" not in f"{error} {error!r} {vars(error)}"


@pytest.mark.parametrize("status", [404, 500])
def test_a_status_is_handed_on(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch, status: int) -> None:
    server = https_dsm(fake_dsm(script={"query": (status, b"text")}))
    assert post(trusting, server.port) == (status, b"text")


def test_no_redirect_is_followed(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch) -> None:
    server = https_dsm(fake_dsm(), query="redirect")
    assert post(trusting, server.port)[0] == 302


def test_what_is_too_much_is_not_read(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch) -> None:
    server = https_dsm(fake_dsm(script={"query": b"x" * 3_000_000}))
    assert len(post(trusting, server.port)[1]) == session.REPLY_LIMIT + 1


@pytest.mark.parametrize("manner", ["cut", "drop"])
def test_a_cut_connection(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch, manner: str) -> None:
    error = failure(trusting, https_dsm(fake_dsm(), query=manner).port)
    assert isinstance(error, DsmUnreachable)
    assert error.reason == "lost"


def test_the_time_is_for_everything(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch) -> None:
    server = https_dsm(fake_dsm(), query="drip")
    begin = time.monotonic()
    error = failure(trusting, server.port, timeout=0.6)
    assert isinstance(error, DsmUnreachable)
    assert error.reason == "timeout"
    assert time.monotonic() - begin < 2


def test_nobody_answers(closed_port: int, full_port: int, trusting: session.Fetch) -> None:
    errors = [failure(trusting, closed_port), failure(trusting, full_port, "127.0.0.1", timeout=0.3)]
    assert [getattr(error, "reason", None) for error in errors] == ["refused", "timeout"]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70])
def test_a_name_that_is_none(trusting: session.Fetch, host: str) -> None:
    error = failure(trusting, 1, host, timeout=10)
    assert isinstance(error, DsmUnreachable)
    assert error.reason in ("name", "failed", "timeout")


def test_certificates(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch, certificate: tuple[Path, Path]) -> None:
    nas = fake_dsm()
    port = https_dsm(nas).port
    refused: list[tuple[Callable[..., Any], str, str]] = [
        (transport.opener(), "localhost", "self"),
        (trusting, "127.0.0.1", "mismatch"),
    ]
    for fetch, host, text in refused:
        error = failure(fetch, port, host)
        assert isinstance(error, DsmTls)
        assert text in str(error)
    assert nas.forms == []
    assert post(transport.opener(validate_certs=False), port, "127.0.0.1")[0] == 200
    assert post(transport.opener(validate_certs=False, ca_path=str(certificate[0])), port, "127.0.0.1")[0] == 200


def test_plain_http(https_dsm: Any, fake_dsm: Any, trusting: session.Fetch) -> None:
    nas = fake_dsm()
    error = failure(trusting, https_dsm(nas, plain=True).port)
    assert isinstance(error, DsmTls)
    assert "speaks no TLS" in str(error)
    assert nas.forms == []


def test_ca_path(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate", encoding="utf-8")
    for name, text in [("empty.pem", "holds no PEM certificate"), ("missing.pem", "No such file")]:
        with pytest.raises(ValueError, match=f"ca_path: .*{name}: {text}"):
            transport.opener(ca_path=str(tmp_path / name))
