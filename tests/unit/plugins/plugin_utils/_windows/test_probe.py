# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe that a Windows host carries and the controller judges says what a probe on the host itself would say."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from types import SimpleNamespace
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.action.upsd_access import probe_on_windows, with_advice
from ansible_collections.upsfleet.synology.plugins.module_utils._access import argspec
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe as access
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import probe
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules

DEFAULTS: dict[str, Any] = {
    "port": 3493,
    "password": None,
    "connect_timeout": 5.0,
    "timeout": 10.0,
    "source_address": None,
    "prefer": [],
}
LIMIT = 1048576  # bytes


class Carrier(RemoteModules):
    """A double of win_upsd_exchange.ps1 in Python: it shows how its results are judged, nothing of PowerShell's."""

    def __init__(self) -> None:
        super().__init__(None, {})
        self.arguments: dict[str, Any] = {}
        self.result: dict[str, Any] = {}
        self.elapsed = 0.0  # of all executions
        self._received = b""

    def run(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Carry the lines and bring the replies back."""
        assert module == "upsfleet.synology.win_upsd_exchange"
        self.arguments = json.loads(json.dumps(arguments))
        assert set(arguments) <= {"host", "lines", *DEFAULTS}
        self._received = b""
        start = time.monotonic()
        self.result = {
            "changed": False,
            "replies": [],
            "error": None,
            "socket_error": 0,
            "message": "",
            "local_address": None,
            "peer_address": None,
            "addresses": [],
        }
        self._exchange({**DEFAULTS, **arguments}, start + {**DEFAULTS, **arguments}["timeout"])
        self.result["elapsed"] = round(time.monotonic() - start, 3)
        self.elapsed += self.result["elapsed"]
        return json.loads(json.dumps(self.result))  # type: ignore[no-any-return]

    def _exchange(self, given: dict[str, Any], deadline: float) -> None:
        source = given["source_address"]
        try:
            found = [str(info[4][0]) for info in socket.getaddrinfo(given["host"], given["port"], type=1)]
        except OSError as error:
            return self._fail("name", error.strerror or "", 11001)
        self.result["addresses"] = found
        host = min(found, key=lambda address: address not in given["prefer"])
        try:
            sock = socket.create_connection((host, given["port"]), given["connect_timeout"], (source or "", 0))
        except socket.timeout:
            return self._fail("connect", f"{host}: timed out", 10060, source or "127.0.0.1")
        except ConnectionRefusedError as error:
            return self._fail("connect", f"{host}: {error.strerror}", 10061, source or "127.0.0.1")
        except OSError as error:
            return self._fail("source_address" if source else "connect", f"{host}: {error.strerror}", 10049)
        with sock:
            self.result["local_address"] = f"::ffff:{sock.getsockname()[0]}"  # as dual-stack sockets have it
            self.result["peer_address"] = sock.getpeername()[0]
            for line in given["lines"]:
                sock.sendall(line["send"].replace("{password}", given["password"] or "").encode("ascii") + b"\n")
                reply = self._reply(sock, min(deadline, time.monotonic() + line.get("patience", 60)))
                if reply:
                    self.result["replies"].append(base64.b64encode(reply).decode())
                if self.result["error"] or not re.search(line.get("go_on", ""), reply.decode("latin-1")):
                    return None
        return None

    def _reply(self, sock: socket.socket, deadline: float) -> bytes:
        reply = b""
        while len(reply) <= LIMIT:
            line, end, rest = self._received.partition(b"\n")
            if end:
                self._received = rest
                reply += line + end
                if not reply.startswith(b"BEGIN LIST ") or line.startswith((b"END LIST ", b"ERR ")):
                    return reply
                continue
            if len(reply) + len(line) > LIMIT:
                break
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                chunk = sock.recv(65536)
            except OSError:
                self._fail("silent", "no answer in time")
                return reply + self._received
            if not chunk:
                self._fail("lost", "the server closed the connection")
                return reply + self._received
            self._received += chunk
        self._fail("too_long", f"a reply longer than {LIMIT} bytes")
        return b""

    def _fail(self, error: str, message: str, number: int = 0, local: str | None = None) -> None:
        self.result.update(error=error, message=message, socket_error=number)
        self.result["local_address"] = self.result["local_address"] or local


@pytest.fixture
def carrier() -> Carrier:
    """Return what carries the lines."""
    return Carrier()


def options(**changes: Any) -> dict[str, Any]:
    """Return the options of a probe of 127.0.0.1 with the password sentinel."""
    return {"host": "127.0.0.1", "ups": "ups", "username": "monuser", "password": "sentinel", **changes}


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """Return *report* without what differs from one run to the next."""
    return {key: value for key, value in report.items() if key not in ("elapsed", "port")}


def direct(**given: Any) -> dict[str, Any]:
    """Return the report of a probe on this host itself."""
    seen = access.probe(**given)
    return {**access.report(seen), **access.evidence(seen)}


READ = ["VER", "LIST UPS", "GET VAR ups ups.status", "GET VAR ups battery.charge", "LIST CLIENT ups"]
WHO = ["USERNAME monuser", "PASSWORD sentinel"]
BATTERY = ["GET VAR ups battery.charge", "GET VAR ups battery.runtime"]
FULL = [*READ, *WHO, "LOGIN ups", "LIST CLIENT ups", *BATTERY, "LOGOUT"]
COUNT = ["GET NUMLOGINS ups" if line.startswith("LIST CLIENT") else line for line in FULL]
CLOSED = dict.fromkeys(("VER", "LIST", "GET", "USERNAME", "PASSWORD", "LOGIN"), "ERR ACCESS-DENIED\n")
MANY = "BEGIN LIST UPS\n" + 'UPS ups ""\n' * 1000 + "END LIST UPS\n"

# scripted replies, the verdict, the lines that are sent
CARRIED: list[tuple[dict[str, Any], str, list[str]]] = [
    ({}, "ok", FULL),
    (CLOSED, "not_permitted", FULL[:6]),
    ({"VER": "ERR UNKNOWN-COMMAND\n"}, "ok", FULL),
    ({"VER": "ERR\n"}, "not_upsd", FULL),
    ({"VER": b"Network UPS Tools upsd 2.8.0\xff\r\n"}, "ok", FULL),
    ({"LIST UPS": MANY}, "ok", FULL),
    ({"LIST UPS": 'BEGIN LIST UPS\nUPS ups ""\nERR DRIVER-NOT-CONNECTED\n'}, "unknown_ups", FULL),
    ({"LIST UPS": "BEGIN LIST UPS\nwhat?\nEND LIST UPS\n"}, "not_upsd", FULL),
    ({"LIST UPS": "BEGIN LIST UPS\nEND LIST UPS\n", "GET VAR": "ERR UNKNOWN-UPS\n"}, "unknown_ups", FULL[:3]),
    ({"GET VAR": 'VAR ups ups.status "FSD OL"\n'}, "forced_shutdown", FULL),
    ({"GET VAR": 'VAR ups ups.status "FSD OL"\n', "LOGIN": "ERR ACCESS-DENIED\n"}, "bad_credentials", FULL[:8]),
    ({"GET VAR": 'VAR ups ups.status "OB"\n'}, "ok", FULL),
    ({"GET VAR": "ERR DATA-STALE\n"}, "stale", FULL),
    ({"GET VAR": "ERR DRIVER-NOT-CONNECTED\n"}, "driver_down", FULL),
    ({"USERNAME": "ERR ACCESS-DENIED\n"}, "not_permitted", FULL[:6]),
    ({"PASSWORD": "ERR INVALID-ARGUMENT\n"}, "bad_credentials", FULL[:7]),
    ({"LOGIN": "ERR ACCESS-DENIED\n"}, "bad_credentials", FULL[:8]),
    ({"LOGIN": "what?\n"}, "not_upsd", FULL[:8]),
    ({"PASSWORD": "what is sentinel?\n"}, "not_upsd", FULL[:7]),
    ({"LOGOUT": "close"}, "ok", FULL),
    # what is wrong with the battery's numbers is nobody's verdict
    ({BATTERY[1]: "ERR VAR-NOT-SUPPORTED\n"}, "ok", FULL),
    ({BATTERY[0]: "ERR VAR-NOT-SUPPORTED\n"}, "ok", FULL),
    ({BATTERY[0]: "what?\n"}, "ok", FULL),
    ({BATTERY[1]: "close"}, "ok", FULL[:-1]),
    ({BATTERY[1]: None}, "ok", FULL[:-1]),
    ({"LIST UPS": "BEGIN LIST UPS\n"}, "unreachable", FULL[:2]),
    ({"LOGIN": None}, "unreachable", FULL[:8]),
    ({"LOGIN": "close"}, "unreachable", FULL[:8]),
    ({"VER": "x" * 9000 + "\n"}, "not_upsd", FULL),
    ({"VER": "x" * 9000}, "not_upsd", FULL[:1]),
    ({"VER": "x" * 9000, "LIST": "close"}, "not_upsd", FULL[:1]),
    ({"VER": "SSH-2.0-OpenSSH_9.2p1\n", "LIST UPS": "Invalid\n"}, "not_upsd", FULL[:2]),
    ({"VER": "SSH-2.0-OpenSSH_9.2p1\n", "LIST UPS": "close"}, "not_upsd", FULL[:2]),
    # not stock: another execution, with what was learned
    ({"VER": None}, "ok", [*FULL[:1], *FULL[1:]]),
    ({"VER": "close"}, "ok", [*FULL[:1], *FULL[1:]]),
    ({"LIST CLIENT": "ERR INVALID-ARGUMENT\n"}, "ok", [*FULL, *COUNT]),
    ({"LIST CLIENT": "CLIENTS 1\n", "GET NUMLOGINS": "NUMLOGINS ups 1\n"}, "ok", [*FULL, *COUNT]),
    ({"LIST CLIENT": None, "GET NUMLOGINS": "NUMLOGINS ups 1\n"}, "ok", [*FULL[:5], *COUNT]),
    ({"LIST UPS": "ERR ACCESS-DENIED\n"}, "bad_credentials", [*FULL, *WHO, *READ[:2]]),
    ({"GET VAR": "ERR ACCESS-DENIED\n"}, "bad_credentials", [*FULL, *WHO, *READ, *FULL[7:]]),
]
SLOW = [replies for replies, _verdict, _count in CARRIED if None in replies.values()]
SLOW += [{"LIST UPS": "BEGIN LIST UPS\n"}, {"VER": "x" * 9000}, {"VER": "x" * 9000, "LIST": "close"}]


@pytest.mark.parametrize(("replies", "verdict", "said"), CARRIED)
def test_a_carried_probe_says_what_a_direct_one_says(
    fake_upsd: Callable[..., Any], carrier: Carrier, replies: dict[str, Any], verdict: str, said: list[str]
) -> None:
    limit = 1.0 if replies in SLOW else 10.0
    there = fake_upsd(replies, clients=("192.0.2.7",))
    carried = probe.probe(carrier, options(port=there.port, timeout=limit))
    there.stop()
    here = fake_upsd(replies, clients=("192.0.2.7",))
    assert timeless(carried) == timeless(direct(**options(port=here.port, timeout=limit)))
    assert carried["verdict"] == verdict
    assert carried["elapsed"] == pytest.approx(carrier.elapsed)
    assert there.received == said
    assert "sentinel" not in json.dumps(carried)


# a server that wants to know the user first: its answer to everything else, whether it takes this one
LOCKED = [("ERR ACCESS-DENIED\n", True), ("ERR USERNAME-REQUIRED\n", True), ("ERR ACCESS-DENIED\n", False)]


@pytest.mark.parametrize(("locked", "taken"), LOCKED)
def test_a_server_that_wants_to_know_the_user_first(
    fake_upsd: Callable[..., Any], carrier: Carrier, locked: str, taken: bool
) -> None:
    replies = {} if taken else {"PASSWORD": locked}
    server = fake_upsd(replies, locked=locked)
    carried = probe.probe(carrier, options(port=server.port))
    assert timeless(carried) == timeless(direct(**options(port=server.port)))
    assert carried["verdict"] == ("ok" if taken else "bad_credentials")
    assert carried["listed"] == ([] if taken else None)


def test_a_server_that_is_silent_to_all_it_does_not_know(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd({"VER": None, "LIST CLIENT": None, "GET NUMLOGINS": None})
    carried = probe.probe(carrier, options(port=server.port, timeout=2.0))
    assert (carried["verdict"], carried["clients_error"], carried["login"]) == ("ok", "silent", "ok")
    assert timeless(carried) == timeless(direct(**options(port=server.port, timeout=2.0)))


def test_the_address_that_upsmon_uses_is_asked(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd()
    carried = probe.probe(carrier, options(host="localhost", port=server.port, prefer=["127.0.0.1"]))
    assert (carried["peer_address"], carrier.arguments["prefer"]) == ("127.0.0.1", ["127.0.0.1"])
    assert "127.0.0.1" in carried["addresses"]


def test_every_verdict_but_tls_failed_is_carried() -> None:
    others = {"refused", "tls_failed"}
    assert {verdict for _replies, verdict, _count in CARRIED} == set(access.VERDICTS) - others


def test_a_refused_connection(closed_port: int, carrier: Carrier) -> None:
    given = options(port=closed_port)
    carried = probe.probe(carrier, given)
    assert timeless(carried) == timeless(direct(**given))
    assert (carried["verdict"], carried["source_address"]) == ("refused", "127.0.0.1")


def test_a_connection_that_does_not_come_in_time(full_port: int, carrier: Carrier) -> None:
    given = options(port=full_port, connect_timeout=0.1)
    carried = probe.probe(carrier, given)
    assert timeless(carried) == timeless(direct(**given))
    assert (carried["verdict"], carried["reason"]) == ("unreachable", "timeout")


def test_a_name_that_does_not_resolve(carrier: Carrier) -> None:
    carried = probe.probe(carrier, options(host="nas.invalid"))
    assert (carried["verdict"], carried["reason"], carried["source_address"]) == ("unreachable", "name", None)


def test_a_source_address_that_is_not_ours(carrier: Carrier) -> None:
    given = options(source_address="192.0.2.31", port=9)
    carried = probe.probe(carrier, given)
    assert (carried["verdict"], carried["reason"]) == ("unreachable", "source_address")
    assert carried["source_address"] == direct(**given)["source_address"] == "192.0.2.31"


def test_behind_nat(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd(clients=("127.0.0.1",), seen_as="203.0.113.1")
    found = probe.probe(carrier, options(port=server.port))
    assert (found["seen_as"], found["source_address"], found["peer_address"]) == (
        "203.0.113.1",
        "127.0.0.1",
        "127.0.0.1",
    )


def test_the_password_travels_by_itself(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd()
    found = probe.probe(carrier, options(port=server.port, password='two words"', ups="my ups"))
    assert carrier.arguments["password"] == '"two words\\""'
    assert "two words" not in json.dumps(carrier.arguments["lines"])
    assert found["verdict"] == "unknown_ups"


@pytest.mark.parametrize("name", ["ups", "username"])
def test_a_word_that_the_password_would_be_put_into_is_refused(carrier: Carrier, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of"):
        probe.probe(carrier, options(**{name: "x{password}"}))
    assert not carrier.arguments


@pytest.mark.parametrize("name", ["ups", "username", "password"])
def test_words_that_cannot_be_sent_are_refused_before_anything_runs(carrier: Carrier, name: str) -> None:
    with pytest.raises(ValueError, match="only printable ASCII") as caught:
        probe.probe(carrier, options(**{name: "line\nend"}))
    assert "line" not in str(caught.value)
    assert not carrier.arguments


def test_numbers_travel_as_numbers(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    """A host would read text in the culture of its session: "7.5" is 75 where that is German."""
    server = fake_upsd()
    given = options(port=str(server.port), timeout="7.5", connect_timeout="2.5")
    assert probe.probe(carrier, given)["verdict"] == "ok"
    sent = {name: carrier.arguments[name] for name in ("port", "timeout", "connect_timeout")}
    assert sent == {"port": server.port, "timeout": 7.5, "connect_timeout": 2.5}
    assert [line["patience"] for line in carrier.arguments["lines"] if "patience" in line] == [1.5] * 5
    assert probe.listed_clients(carrier, "127.0.0.1", str(server.port)) is not None  # type: ignore[arg-type]
    assert carrier.arguments["port"] == server.port


@pytest.mark.parametrize(
    ("name", "value", "example"), [("timeout", "7,5", "7.5"), ("connect_timeout", "soon", "7.5"), ("port", "ups", "7")]
)
def test_what_is_no_number_is_refused_before_anything_runs(
    carrier: Carrier, name: str, value: str, example: str
) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a number such as {example}, not {value}"):
        probe.probe(carrier, options(**{name: value}))
    assert not carrier.arguments


def test_tls(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    with pytest.raises(ValueError, match=r"tls: require is not possible on a Windows host.*Set tls to never or try"):
        probe.probe(carrier, options(tls="require"))
    assert not carrier.arguments
    server = fake_upsd()
    assert probe.probe(carrier, options(tls="try", ca_file="x", port=server.port))["verdict"] == "ok"
    assert "STARTTLS" not in server.received


FAILED = {"failed": True, "msg": "PowerShell is tired."}


def saying(result: dict[str, Any]) -> RemoteModules:
    """Return a host whose every module says *result*."""
    return RemoteModules(SimpleNamespace(_execute_module=lambda **_options: result), {})


def test_a_module_that_fails_is_no_verdict() -> None:
    for call in (
        lambda modules: probe.probe(modules, options()),
        lambda modules: probe.listed_clients(modules, "192.0.2.5", 3493),
    ):
        with pytest.raises(ModuleFailed, match=r"win_upsd_exchange: PowerShell is tired") as caught:
            call(saying(FAILED))
        assert caught.value.result == FAILED
        with pytest.raises(ModuleFailed, match="no answer"):
            call(saying({}))


def test_clients_without_a_login(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd(
        {
            "LIST UPS": 'BEGIN LIST UPS\nUPS one ""\nUPS two ""\nUPS three ""\nEND LIST UPS\n',
            "LIST CLIENT": "ERR UNKNOWN-COMMAND\n",
            "LIST CLIENT one": "BEGIN LIST CLIENT one\nCLIENT one 192.0.2.7\nEND LIST CLIENT one\n",
            "LIST CLIENT two": "ERR UNKNOWN-UPS\n",
            "LIST CLIENT three": "BEGIN LIST CLIENT three\nCLIENT three ::ffff:192.0.2.8\nEND LIST CLIENT three\n",
        }
    )
    found = probe.listed_clients(carrier, "127.0.0.1", server.port)
    assert found == ["192.0.2.7", "192.0.2.8"]
    assert server.received == ["LIST UPS", "LIST CLIENT one", "LIST CLIENT two", "LIST CLIENT three"]
    assert "password" not in carrier.arguments


def test_clients_of_nobody(closed_port: int, carrier: Carrier) -> None:
    assert probe.listed_clients(carrier, "127.0.0.1", closed_port) is None


@pytest.mark.parametrize(
    ("listed", "clients"),
    [
        ("ERR ACCESS-DENIED\n", []),
        ("BEGIN LIST UPS\nEND LIST UPS\n", []),
        ("ERR UNKNOWN-COMMAND\n", None),
        ("SSH-2.0-OpenSSH_9.2p1\n", None),
        (f'BEGIN LIST UPS\nUPS {"x" * 513} ""\nEND LIST UPS\n', None),  # a name that cannot be sent
        ("close", None),
    ],
)
def test_a_server_that_names_no_ups_is_asked_no_further(
    fake_upsd: Callable[..., Any], carrier: Carrier, listed: str, clients: list[str] | None
) -> None:
    server = fake_upsd({"LIST UPS": listed})
    assert probe.listed_clients(carrier, "127.0.0.1", server.port) == clients
    server.stop()
    assert server.received == ["LIST UPS"]


def test_the_names_are_sent_as_words(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd(
        {
            "LIST UPS": 'BEGIN LIST UPS\nUPS "my ups" ""\nEND LIST UPS\n',
            "LIST CLIENT": 'BEGIN LIST CLIENT "my ups"\nCLIENT "my ups" 192.0.2.7\nEND LIST CLIENT "my ups"\n',
        }
    )
    assert probe.listed_clients(carrier, "127.0.0.1", server.port) == ["192.0.2.7"]
    assert server.received == ["LIST UPS", 'LIST CLIENT "my ups"']


# the action plugin: arguments, the message
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"host": None}, "missing required arguments: host"),
    ({"expect": ["well"]}, "value of expect must be one or more of: " + ", ".join(access.VERDICTS)),
    ({"port": 0}, "port must be from 1 to 65535, not 0."),
    ({"password": ""}, "password must not be empty."),
    ({"expect": []}, "expect must name at least one verdict."),
    ({"colour": 1}, "Unsupported parameters for (upsd_access) module: colour."),
    ({"timeout": "sentinel"}, "argument 'timeout' is of type"),
    ({"tls": "require"}, "tls: require is not possible on a Windows host"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_arguments_refused_by_the_action_plugin(carrier: Carrier, arguments: dict[str, Any], message: str) -> None:
    given = {key: value for key, value in options(**arguments).items() if value is not None}
    result = probe_on_windows(carrier, given)
    assert result["failed"]
    assert result["msg"].startswith(message)
    assert "sentinel" not in result["msg"]
    assert not carrier.arguments


def test_success_of_the_action_plugin(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd()
    result = with_advice(probe_on_windows(carrier, options(port=str(server.port))))
    assert (result["changed"], result["verdict"], result["advice"]) == (False, "ok", "Nothing to do.")
    exchange = access.Exchange(host="192.0.2.5", port=3493, ups="ups", error="refused")
    assert set(result) == {"changed", "advice", *access.report(exchange)}
    assert carrier.arguments["timeout"] == argspec.ACCESS["timeout"]["default"]
    assert "sentinel" not in json.dumps(result)


def test_failure_of_the_action_plugin(fake_upsd: Callable[..., Any], carrier: Carrier) -> None:
    server = fake_upsd(CLOSED)
    result = with_advice(probe_on_windows(carrier, options(port=server.port)))
    place = f"127.0.0.1 port {server.port}"
    assert result["failed"]
    assert result["msg"] == f"{place}: not_permitted, ERR ACCESS-DENIED (expected ok). {result['advice']}"
    expected = probe_on_windows(carrier, options(port=server.port, expect=["not_permitted"]))
    assert (expected["changed"], expected["verdict"]) == (False, "not_permitted")


def test_the_action_plugin_passes_on_why_the_module_failed() -> None:
    said = {**FAILED, "invocation": {"module_args": "sentinel"}, "module_stderr": "at sentinel"}
    result = probe_on_windows(saying(said), options())
    assert result["msg"] == "upsfleet.synology.win_upsd_exchange: PowerShell is tired."
    assert result["failed"]
    assert "sentinel" not in json.dumps(result)
