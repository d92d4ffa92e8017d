# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted DSM: a function that the client takes as its opener, and the same behind HTTPS on loopback."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import time
from typing import Any, Callable, Iterator
from urllib.parse import parse_qsl

import pytest

SECRETS = {
    "password": "Zq7-password-sentinel",
    "otp_code": "918273645546372819",
    "device_id": "Zq7-device-sentinel",
    "sid": "Zq7-sid-sentinel",
    "token": "Zq7-token-sentinel",
    "new_device": "Zq7-new-device-sentinel",
    "community": "Zq7-community-sentinel",
}
SETTINGS = {
    "enable": True,
    "mode": "USB",
    "delay_time": -1,
    "shutdown_device": False,
    "ACL_enable": True,
    "ACL_list": ["192.0.2.1", "", "", "", ""],
    "net_server_ip": "",
    "snmp_server_ip": "",
    "snmp_community": SECRETS["community"],
    "snmp_auth_key": False,
    "manufacture": "American Power Conversion\n",
    "model": "Back-UPS ES 700G\n",
    "charge": 100,
    "runtime": 1620,
    "status": "usb_ups_status_online",
    "usb_ups_connect": True,
}
APIS = {
    6: {
        "SYNO.API.Auth": {"path": "auth.cgi", "minVersion": 1, "maxVersion": 6},
        "SYNO.Core.ExternalDevice.UPS": {"path": "entry.cgi", "minVersion": 1, "maxVersion": 1},
    },
    7: {
        "SYNO.API.Auth": {"path": "entry.cgi", "minVersion": 1, "maxVersion": 7},
        "SYNO.Core.ExternalDevice.UPS": {
            "path": "entry.cgi",
            "minVersion": 1,
            "maxVersion": 1,
            "requestFormat": "JSON",
        },
    },
}
HTML = b"<!DOCTYPE html><html><title>" + SECRETS["password"].encode() + b"</title></html>"


class FakeDsm:
    """A DSM that is called as the client's opener.

    ``script`` overrides what a method answers: an error code, bytes (the body), a tuple (status and body), an exception
    to raise, a function that is called with this object before the real answer, or a list of these for one call each.
    None is the real answer.
    """

    def __init__(self, generation: int = 7, script: dict[str, Any] | None = None, **settings: Any) -> None:
        self.apis = APIS[generation]
        self.script = dict(script or {})
        self.settings = {**SETTINGS, **settings}
        self.forms: list[dict[str, str]] = []
        self.urls: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.timeouts: list[float] = []
        self.session = ""

    @property
    def methods(self) -> list[str]:
        """What was asked, in order."""
        return [form["method"] for form in self.forms]

    def form(self, method: str) -> dict[str, str]:
        """Return the last form of *method*."""
        return [form for form in self.forms if form["method"] == method][-1]

    def __call__(self, url: str, form: dict[str, str], headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
        self.forms.append(dict(form))
        self.urls.append(url)
        self.headers.append(dict(headers))
        self.timeouts.append(timeout)
        step = self.script.get(form["method"])
        if isinstance(step, list):
            step = step.pop(0) if step else None
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, tuple):
            return step
        if isinstance(step, bytes):
            return 200, step
        if callable(step):
            step = step(self)
        code, data = (step, None) if isinstance(step, int) else self.answer(form, headers)
        answer = {"success": True, "data": data}
        if code is not None:
            errors = {"token": SECRETS["token"], "types": [{"type": "otp"}]}
            answer = {"success": False, "error": {"code": code, "errors": errors}}
        return 200, json.dumps(answer).encode()

    def answer(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int | None, Any]:
        """Return error code and data, as DSM would."""
        if form["api"] == "SYNO.API.Info":
            return None, {name: self.apis[name] for name in form["query"].split(",") if name in self.apis}
        if form["method"] == "login":
            if (form["account"], form["passwd"]) != ("upsadmin", SECRETS["password"]):
                return 400, None
            self.session = SECRETS["sid"]
            device = {"did": SECRETS["new_device"]} if form.get("enable_device_token") else {}
            return None, {"sid": SECRETS["sid"], "synotoken": SECRETS["token"], **device}
        if form.get("_sid") != self.session or headers.get("X-SYNO-TOKEN") != SECRETS["token"]:
            return 119, None
        if form["method"] == "logout":
            self.session = ""
        if form["method"] == "get":
            return None, {**self.settings, "ACL_list": self.settings["ACL_list"][:5]}
        if form["method"] == "set":
            self.take({key: json.loads(value) for key, value in form.items() if key in self.settings})
        return None, None

    def take(self, values: dict[str, Any]) -> None:
        """Store what was set."""
        self.settings.update(values)


@pytest.fixture
def clock() -> Callable[[], float]:
    """Return a clock that only moves when its ``sleep`` is called."""

    class Clock:
        now = 1000.0

        def __call__(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    return Clock()


class HttpsDsm:
    """A :class:`FakeDsm` behind HTTPS on 127.0.0.1.

    ``manner`` is how it answers the method of that name: ``cut`` in the middle, ``drip`` slowly, ``redirect``, ``drop``
    without a word, after doing what was asked.
    """

    def __init__(self, fake: FakeDsm, tls: ssl.SSLContext | None, manner: dict[str, str]) -> None:
        outer = self
        self.fake = fake
        self.manner = manner

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.reply(self)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def reply(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        length = int(handler.headers["Content-Length"])
        form = dict(parse_qsl(handler.rfile.read(length).decode(), keep_blank_values=True))
        status, body = self.fake(handler.path, form, {key.upper(): text for key, text in handler.headers.items()}, 0)
        manner = self.manner.get(form["method"])
        if manner == "drop":
            return
        handler.send_response(302 if manner == "redirect" else status)
        if manner == "redirect":
            handler.send_header("Location", "https://127.0.0.1:1/elsewhere")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if manner == "drip":
            for byte in body:
                handler.wfile.write(bytes([byte]))
                time.sleep(0.2)
        handler.wfile.write(body[: len(body) // 2] if manner == "cut" else body)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def https_dsm(tls_context: ssl.SSLContext) -> Iterator[Callable[..., HttpsDsm]]:
    """Start a DSM: ``start(fake, plain=False, **manner)``; its certificate is the fixture ``certificate``'s."""
    servers: list[HttpsDsm] = []

    def start(fake: FakeDsm, *, plain: bool = False, **manner: str) -> HttpsDsm:
        servers.append(HttpsDsm(fake, None if plain else tls_context, manner))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def fake_dsm() -> type[FakeDsm]:
    """Return the class of the scripted DSM."""
    return FakeDsm


@pytest.fixture
def secrets() -> dict[str, str]:
    """Return every secret of the scripted DSM; they may appear in no text."""
    return SECRETS


@pytest.fixture
def html() -> bytes:
    """Return a page that repeats a secret."""
    return HTML
