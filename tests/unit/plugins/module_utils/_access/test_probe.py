# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an exchange to a verdict, and what a probe says on the wire."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import Exchange

DSM6 = "Network UPS Tools upsd DSM6-2-25364-191230 - http://www.networkupstools.org/"
DSM7 = "Network UPS Tools upsd DSM7-2-1-NewModel-repack-64570-230831 - http://www.networkupstools.org/"
STOCK = "Network UPS Tools upsd 2.8.0 - https://www.networkupstools.org/"

WELL: dict[str, Any] = {
    "version": DSM7,
    "upses": {"ups": "Description unavailable"},
    "status": "OL",
    "clients_before": ["192.0.2.7"],
    "clients_after": ["192.0.2.31", "192.0.2.7"],
    "login": "ok",
    "source_address": "192.0.2.31",
}


def exchange(**changes: Any) -> Exchange:
    """Return an exchange in which all went well, but for *changes*."""
    return Exchange(**{"host": "192.0.2.5", "port": 3493, "ups": "ups", **WELL, **changes})


def ended(kind: str, reason: str | None = None, **changes: Any) -> Exchange:
    """Return an exchange that an error ended before anything was answered."""
    nothing = dict.fromkeys(WELL)
    return exchange(**{**nothing, "error": kind, "reason": reason, "error_text": "text", **changes})


# what was seen, the verdict
JUDGED: list[tuple[Exchange, str]] = [
    *[(ended("unreachable", reason), "unreachable") for reason in ("name", "no_route", "timeout", "silent", "lost")],
    (exchange(error="unreachable", reason="lost"), "unreachable"),
    (ended("refused"), "refused"),
    (ended("not_upsd"), "not_upsd"),
    (ended("unreachable", "lost", version="SSH-2.0-OpenSSH_9.2p1"), "not_upsd"),
    (ended("unreachable", "silent", version="220 mail.example.com"), "not_upsd"),
    (exchange(version="220 mail", upses=None, upses_error="WHAT"), "not_upsd"),
    (exchange(version="Some upsd of another make"), "ok"),
    (ended("tls_failed"), "tls_failed"),
    (ended("tls_failed", "FEATURE-NOT-CONFIGURED"), "tls_failed"),
    (ended("tls_failed", "ACCESS-DENIED"), "not_permitted"),
    (exchange(version_error="ACCESS-DENIED", version=None, upses=None, login=None), "not_permitted"),
    (exchange(upses_error="ACCESS-DENIED", upses=None, login=None), "not_permitted"),
    (exchange(status_error="ACCESS-DENIED", status=None, login="ACCESS-DENIED"), "not_permitted"),
    (exchange(clients_error="ACCESS-DENIED", clients_before=None, login=None), "not_permitted"),
    (exchange(credentials_error="ACCESS-DENIED", login=None), "not_permitted"),
    (exchange(version_error="UNKNOWN-COMMAND", version=None), "ok"),
    (exchange(ups="other", login=None), "unknown_ups"),
    (exchange(upses={}, login=None), "unknown_ups"),
    (exchange(status_error="UNKNOWN-UPS", status=None), "unknown_ups"),
    (exchange(login="UNKNOWN-UPS"), "unknown_ups"),
    (exchange(ups="UPS"), "ok"),
    (exchange(login="ACCESS-DENIED"), "bad_credentials"),
    (exchange(login=None, credentials_error="INVALID-ARGUMENT"), "bad_credentials"),
    (exchange(status="FSD OL"), "forced_shutdown"),
    (exchange(status="FSD OB DISCHRG"), "forced_shutdown"),
    (exchange(status="OB LB FSD"), "forced_shutdown"),
    (exchange(status="NOFSD OL"), "ok"),
    (exchange(status_error="DRIVER-NOT-CONNECTED", status=None), "driver_down"),
    (exchange(status_error="VAR-NOT-SUPPORTED", status=None), "driver_down"),
    (exchange(status_error="DATA-STALE", status=None), "stale"),
    (exchange(status="OB DISCHRG"), "ok"),
    (exchange(clients_error="UNKNOWN-COMMAND", clients_before=None, clients_after=None), "ok"),
    # it wants to know the user first
    (exchange(version_error="ACCESS-DENIED", version=None, upses=None, login=None, locked=True), "bad_credentials"),
    (exchange(version_error="USERNAME-REQUIRED", version=None, upses=None, login=None), "bad_credentials"),
    (exchange(introduced=True, credentials_error="ACCESS-DENIED", upses=None, login=None), "bad_credentials"),
    (exchange(introduced=True, upses_error="ACCESS-DENIED", upses=None, login=None), "bad_credentials"),
    (exchange(introduced=True, clients_error="ACCESS-DENIED", clients_before=None), "ok"),
    (exchange(introduced=True, upses={}, login=None), "unknown_ups"),
    (exchange(), "ok"),
]

# Two things wrong at once: the one that must be put right first is the verdict.
ORDER: list[tuple[Exchange, str]] = [
    (ended("unreachable", "lost", version_error="ACCESS-DENIED"), "unreachable"),
    (exchange(version_error="ACCESS-DENIED", upses={}), "not_permitted"),
    (exchange(ups="other", login="ACCESS-DENIED"), "unknown_ups"),
    (exchange(status="FSD OL", login="ACCESS-DENIED"), "bad_credentials"),
    (exchange(status_error="DATA-STALE", status=None, login="ACCESS-DENIED"), "bad_credentials"),
]


@pytest.mark.parametrize(("seen", "verdict"), JUDGED + ORDER)
def test_judge(seen: Exchange, verdict: str) -> None:
    assert probe.judge(seen) == verdict
    assert probe.report(seen)["verdict"] == verdict
    json.dumps([asdict(seen), probe.report(seen)])


def test_the_order_of_verdicts() -> None:
    assert probe.VERDICTS == (
        "unreachable",
        "refused",
        "not_upsd",
        "tls_failed",
        "not_permitted",
        "unknown_ups",
        "bad_credentials",
        "forced_shutdown",
        "driver_down",
        "stale",
        "ok",
    )
    assert {verdict for _seen, verdict in JUDGED} == set(probe.VERDICTS)


# before, after, this host's own address, seen as
SEEN_AS: list[tuple[list[str] | None, list[str] | None, str | None, str | None]] = [
    ([], ["192.0.2.31"], "192.0.2.31", "192.0.2.31"),
    (["192.0.2.31"], ["192.0.2.31", "192.0.2.31"], "192.0.2.31", "192.0.2.31"),
    (["192.0.2.7"], ["203.0.113.1", "192.0.2.7"], "192.0.2.31", "203.0.113.1"),
    (["192.0.2.7"], ["192.0.2.31"], "192.0.2.31", "192.0.2.31"),
    ([], ["192.0.2.8", "192.0.2.31"], "192.0.2.31", "192.0.2.31"),
    ([], ["192.0.2.8", "203.0.113.1"], "192.0.2.31", None),
    ([], ["203.0.113.1", "203.0.113.1"], "192.0.2.31", None),
    ([], [], "192.0.2.31", None),
    (None, ["192.0.2.31"], "192.0.2.31", None),
    (["192.0.2.31"], None, "192.0.2.31", None),
]


@pytest.mark.parametrize(("before", "after", "source", "seen"), SEEN_AS)
def test_seen_as(before: list[str] | None, after: list[str] | None, source: str | None, seen: str | None) -> None:
    assert probe.seen_as(exchange(clients_before=before, clients_after=after, source_address=source)) == seen


@pytest.mark.parametrize(
    ("banner", "version", "dsm", "release"),
    [
        (DSM6, "DSM6-2-25364-191230", True, "6.2"),
        (DSM7, "DSM7-2-1-NewModel-repack-64570-230831", True, "7.2.1"),
        ("Network UPS Tools upsd DSM7-2 - x", "DSM7-2", True, "7.2"),
        (
            "Network UPS Tools upsd DSM7-1-1-42930-workplus-version2-repack-42930-220712 - x",
            "DSM7-1-1-42930-workplus-version2-repack-42930-220712",
            True,
            "7.1.1",
        ),
        (STOCK, "2.8.0", False, None),
        ("something else", "something else", False, None),
        (None, None, False, None),
    ],
)
def test_server(banner: str | None, version: str | None, dsm: bool, release: str | None) -> None:
    assert probe.server(banner) == {"version": version, "dsm": dsm, "release": release}


def test_report_of_success() -> None:
    assert probe.report(exchange(elapsed=0.12345)) == {
        "verdict": "ok",
        "host": "192.0.2.5",
        "port": 3493,
        "ups": "ups",
        "source_address": "192.0.2.31",
        "seen_as": "192.0.2.31",
        "server": {"version": "DSM7-2-1-NewModel-repack-64570-230831", "dsm": True, "release": "7.2.1"},
        "upses": ["ups"],
        "status": "OL",
        "battery": {"charge": None, "runtime": None},
        "clients": ["192.0.2.7"],
        "clients_error": None,
        "login": "ok",
        "reason": None,
        "detail": "",
        "elapsed": 0.123,
    }


@pytest.mark.parametrize(
    ("seen", "reason", "detail"),
    [
        (ended("unreachable", "timeout"), "timeout", "text"),
        (ended("refused"), None, "text"),
        (exchange(version_error="ACCESS-DENIED"), "ACCESS-DENIED", "ERR ACCESS-DENIED"),
        (exchange(status_error="DATA-STALE", status=None), "DATA-STALE", "ERR DATA-STALE"),
        (exchange(login="ACCESS-DENIED", status_error="DATA-STALE"), "ACCESS-DENIED", "ERR ACCESS-DENIED"),
        (exchange(login=None, credentials_error="INVALID-ARGUMENT"), "INVALID-ARGUMENT", "ERR INVALID-ARGUMENT"),
        # that it lacks VER made no verdict
        (exchange(version_error="UNKNOWN-COMMAND", login="ACCESS-DENIED"), "ACCESS-DENIED", "ERR ACCESS-DENIED"),
        (exchange(version_error="UNKNOWN-COMMAND"), None, ""),
    ],
)
def test_reason_and_detail(seen: Exchange, reason: str | None, detail: str) -> None:
    found = probe.report(seen)
    assert (found["reason"], found["detail"]) == (reason, detail)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([("ok", 1)], "ok"),
        ([("ok", 1), ("stale", 1)], "stale"),
        ([("bad_credentials", 1), ("not_permitted", 1), ("ok", 1)], "not_permitted"),
        ([("ok", 1), ("unreachable", 0)], "ok"),
        ([("ok", 0), ("unreachable", 0)], "unreachable"),
    ],
)
def test_worst(verdicts: list[tuple[str, int]], expected: str) -> None:
    reports = [{"verdict": verdict, "power_value": power} for verdict, power in verdicts]
    assert probe.worst(reports) == expected


def test_worst_of_nothing_is_not_ok() -> None:
    with pytest.raises(ValueError, match="empty"):
        probe.worst([])


def test_evidence() -> None:
    assert probe.evidence(exchange(peer_address="192.0.2.5", addresses=["192.0.2.5", "2001:db8::5"])) == {
        "peer_address": "192.0.2.5",
        "addresses": ["192.0.2.5", "2001:db8::5"],
        "listed": ["192.0.2.7"],
        "logins": [None, None],
        "charge": None,
    }
    nothing = probe.evidence(ended("unreachable", "name"))
    assert (nothing["addresses"], nothing["listed"]) == ([], None)


READ = ["VER", "LIST UPS", "GET VAR ups ups.status", "LIST CLIENT ups"]
LOGIN = ["USERNAME monuser", "PASSWORD sentinel", "LOGIN ups"]
CHARGE, RUNTIME = "GET VAR ups battery.charge", "GET VAR ups battery.runtime"
BATTERY = [CHARGE, RUNTIME]
FULL = [*READ, *LOGIN, "LIST CLIENT ups", *BATTERY, "LOGOUT"]
COUNT = ["GET NUMLOGINS ups" if line.startswith("LIST CLIENT") else line for line in FULL]
UNCOUNTED = [*LOGIN, *BATTERY, "LOGOUT"]
ON_BATTERY = [*READ[:3], CHARGE, READ[3], *LOGIN, READ[3]]
CLOSED = dict.fromkeys(("VER", "LIST", "GET", "USERNAME", "PASSWORD", "LOGIN"), "ERR ACCESS-DENIED\n")
SILENT = dict.fromkeys((*CLOSED, "LIST UPS", "GET VAR", *BATTERY))

# scripted replies, the verdict, what the probe said
PROBED: list[tuple[dict[str, Any], str, list[str]]] = [
    ({}, "ok", FULL),
    (CLOSED, "not_permitted", ["VER", "USERNAME monuser"]),
    ({"VER": "ERR UNKNOWN-COMMAND\n"}, "ok", FULL),
    ({"LIST UPS": 'BEGIN LIST UPS\nUPS rack1 ""\nEND LIST UPS\n'}, "unknown_ups", READ[:2]),
    ({"LOGIN": "ERR ACCESS-DENIED\n"}, "bad_credentials", [*READ, *LOGIN, "LOGOUT"]),
    ({"USERNAME": "ERR ACCESS-DENIED\n"}, "not_permitted", [*READ, *LOGIN[:1]]),
    ({"PASSWORD": "ERR INVALID-ARGUMENT\n"}, "bad_credentials", [*READ, *LOGIN[:2]]),
    ({"GET VAR": 'VAR ups ups.status "FSD OL"\n'}, "forced_shutdown", FULL),
    ({"GET VAR": 'VAR ups ups.status "OB DISCHRG"\n'}, "ok", [*ON_BATTERY, RUNTIME, "LOGOUT"]),
    (
        {"GET VAR": 'VAR ups ups.status "OB"\n', CHARGE: "ERR VAR-NOT-SUPPORTED\n"},
        "ok",
        [*ON_BATTERY, *BATTERY, "LOGOUT"],
    ),
    ({"GET VAR": "ERR DATA-STALE\n"}, "stale", FULL),
    ({"GET VAR": "ERR DRIVER-NOT-CONNECTED\n"}, "driver_down", FULL),
    (SILENT, "unreachable", ["VER", "LIST UPS"]),
    ({"LOGIN": None}, "unreachable", [*READ, *LOGIN, "LOGOUT"]),
    ({"LOGIN": "what?\n"}, "not_upsd", [*READ, *LOGIN, "LOGOUT"]),
    ({"VER": "SSH-2.0-OpenSSH_9.2p1\n", "LIST UPS": "Invalid\n"}, "not_upsd", READ[:2]),
    ({"VER": "SSH-2.0-OpenSSH_9.2p1\n", "LIST UPS": "close"}, "not_upsd", READ[:2]),
    # not stock: another connection, with what was learned
    ({"VER": None}, "ok", FULL),
    ({"VER": "close"}, "ok", FULL),
    ({"LIST CLIENT": "ERR UNKNOWN-COMMAND\n"}, "ok", [*READ, *COUNT[:4], *UNCOUNTED]),
    ({"LIST CLIENT": "ERR INVALID-ARGUMENT\n", "GET NUMLOGINS": "NUMLOGINS ups 1\n"}, "ok", [*READ, *COUNT]),
    ({"LIST CLIENT": "CLIENTS 1\n"}, "ok", [*READ, *COUNT[:4], *UNCOUNTED]),
    ({"LIST CLIENT": "close"}, "ok", [*READ, *COUNT[:4], *UNCOUNTED]),
    ({"LIST UPS": "ERR ACCESS-DENIED\n"}, "bad_credentials", [*READ[:2], *LOGIN[:1], *LOGIN[:2], *READ[:2]]),
]


@pytest.mark.parametrize(("replies", "verdict", "said"), PROBED)
def test_probe(fake_upsd: Callable[..., Any], replies: dict[str, Any], verdict: str, said: list[str]) -> None:
    server = fake_upsd(replies)
    seen = probe.probe(
        host="127.0.0.1",
        port=server.port,
        ups="ups",
        username="monuser",
        password="sentinel",
        timeout=1.0 if None in replies.values() else 10,
    )
    server.stop()
    assert probe.judge(seen) == verdict
    assert server.received == said
    assert "sentinel" not in json.dumps([asdict(seen), probe.report(seen)])
    assert (seen.source_address, seen.peer_address) == ("127.0.0.1", "127.0.0.1")
    assert seen.elapsed > 0


# what a server lacks, and how it answers to it: seen at UniFi's (NUT issue 3155) and at esp32-nut 1.4
LACKING: list[tuple[dict[str, Any], str, list[int | None]]] = [
    ({"VER": "ERR UNKNOWN-COMMAND\n", "LIST CLIENT": "ERR INVALID-ARGUMENT\n"}, "INVALID-ARGUMENT", [None, None]),
    ({"VER": None, "LIST CLIENT": None, "GET NUMLOGINS": None}, "silent", [None, None]),
    ({"VER": None, "LIST CLIENT": None, "GET NUMLOGINS": "NUMLOGINS ups 1\n"}, "silent", [1, 1]),
    ({"LIST CLIENT": "close", "GET NUMLOGINS": "NUMLOGINS ups many\n"}, "lost", [None, None]),
    ({"LIST CLIENT": "clients: 1\n", "GET NUMLOGINS": "close"}, "not_upsd", [None, None]),
]


@pytest.mark.parametrize(("replies", "clients_error", "logins"), LACKING)
def test_a_server_that_answered_is_not_unreachable(
    fake_upsd: Callable[..., Any], replies: dict[str, Any], clients_error: str, logins: list[int | None]
) -> None:
    server = fake_upsd(replies)
    seen = probe.probe(
        host="127.0.0.1", port=server.port, ups="ups", username="monuser", password="sentinel", timeout=2.0
    )
    found = {**probe.report(seen), **probe.evidence(seen)}
    assert (found["verdict"], found["clients_error"], found["login"]) == ("ok", clients_error, "ok")
    assert (found["listed"], found["logins"], found["status"]) == (None, logins, "OL")


# what a server says of its battery, what comes of it, what it was asked for at the end
BATTERIES: list[tuple[dict[str, Any], dict[str, int | None], list[str]]] = [
    ({}, {"charge": 100, "runtime": 2460}, BATTERY),
    ({RUNTIME: "ERR VAR-NOT-SUPPORTED\n"}, {"charge": 100, "runtime": None}, BATTERY),
    ({CHARGE: "ERR VAR-NOT-SUPPORTED\n"}, {"charge": None, "runtime": 2460}, BATTERY),
    ({CHARGE: 'VAR ups battery.charge "<b>97</b>"\n'}, {"charge": None, "runtime": 2460}, BATTERY),
    ({RUNTIME: 'VAR ups battery.runtime "-1"\n'}, {"charge": 100, "runtime": None}, BATTERY),
    ({CHARGE: "what?\n"}, {"charge": None, "runtime": None}, BATTERY[:1]),
    ({CHARGE: None}, {"charge": None, "runtime": None}, BATTERY[:1]),
    ({RUNTIME: "close"}, {"charge": 100, "runtime": None}, BATTERY),
]


@pytest.mark.parametrize(("replies", "battery", "asked"), BATTERIES)
def test_the_battery_never_changes_a_verdict(
    fake_upsd: Callable[..., Any], replies: dict[str, Any], battery: dict[str, int | None], asked: list[str]
) -> None:
    server = fake_upsd(replies, clients=("192.0.2.7",))
    seen = probe.probe(
        host="127.0.0.1", port=server.port, ups="ups", username="monuser", password="sentinel", timeout=2.0
    )
    server.stop()
    found = probe.report(seen)
    assert (found["verdict"], found["seen_as"], found["battery"]) == ("ok", "127.0.0.1", battery)
    assert [line for line in server.received if line.startswith("GET VAR ups battery")] == asked
    assert len([line for line in server.received if line == "VER"]) == 1


def test_logins_are_counted_where_clients_are_not_listed(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"LIST CLIENT": "ERR UNKNOWN-COMMAND\n", "GET NUMLOGINS": "count"}, clients=("192.0.2.7",))
    seen = probe.probe(host="127.0.0.1", port=server.port, ups="ups", username="monuser", password="sentinel")
    assert (seen.logins_before, seen.logins_after) == (1, 2)


@pytest.mark.parametrize("locked", ["ERR ACCESS-DENIED\n", "ERR USERNAME-REQUIRED\n", "ERR PASSWORD-REQUIRED\n"])
@pytest.mark.parametrize(("replies", "verdict"), [({}, "ok"), ({"PASSWORD": "ERR ACCESS-DENIED\n"}, "bad_credentials")])
def test_a_server_that_wants_to_know_the_user_first(
    fake_upsd: Callable[..., Any], locked: str, replies: dict[str, Any], verdict: str
) -> None:
    server = fake_upsd(replies, locked=locked)
    seen = probe.probe(host="127.0.0.1", port=server.port, ups="ups", username="monuser", password="sentinel")
    server.stop()
    assert (probe.judge(seen), seen.introduced) == (verdict, True)
    assert server.received[:4] == ["VER", *LOGIN[:1], *LOGIN[:2]]
    assert (seen.clients_before, seen.clients_after) == (([], ["127.0.0.1"]) if verdict == "ok" else (None, None))


@pytest.mark.parametrize("refused", ["VER", "USERNAME"])
def test_what_does_not_permit_this_host_gets_no_password(fake_upsd: Callable[..., Any], refused: str) -> None:
    server = fake_upsd({**CLOSED, refused: "ERR ACCESS-DENIED\n"})
    probe.probe(host="127.0.0.1", port=server.port, ups="ups", username="monuser", password="sentinel")
    server.stop()
    assert server.received == ["VER", "USERNAME monuser"]


def test_the_address_that_upsmon_uses_is_asked(fake_upsd: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    server = fake_upsd()

    def resolve(_host: str, port: int, **_options: Any) -> list[Any]:
        both = [(socket.AF_INET6, ("::1", port, 0, 0)), (socket.AF_INET, ("127.0.0.1", port))]
        return [(family, socket.SOCK_STREAM, 6, "", address) for family, address in both]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    given: dict[str, Any] = {"host": "nas", "port": server.port, "ups": "ups", "username": "u", "password": "p"}
    seen = probe.probe(**given, prefer=["192.0.2.1", "127.0.0.1"])
    assert (seen.peer_address, seen.addresses) == ("127.0.0.1", ["::1", "127.0.0.1"])
    server.stop()
    gone = probe.probe(**given, prefer=["127.0.0.1"])
    assert (probe.judge(gone), gone.addresses) == ("refused", ["::1", "127.0.0.1"])
    assert gone.error_text.startswith("127.0.0.1: ")


# the addresses of a name, in the resolver's order; what a client without IPv6 connects to, and the verdict's reason
WITHOUT_IPV6: list[tuple[list[str], str | None, str | None]] = [
    (["::1", "127.0.0.1"], "127.0.0.1", None),
    (["127.0.0.1", "::1"], "127.0.0.1", None),
    (["::1"], None, "family"),
]


@pytest.mark.parametrize(("addresses", "peer", "reason"), WITHOUT_IPV6)
def test_a_client_without_ipv6_is_asked_for_by_ipv4_alone(
    fake_upsd: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    addresses: list[str],
    peer: str | None,
    reason: str | None,
) -> None:
    server = fake_upsd()
    families = {"::1": socket.AF_INET6, "127.0.0.1": socket.AF_INET}

    def resolve(_host: str, port: int, **_options: Any) -> list[Any]:
        return [(families[one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    seen = probe.probe(host="nas", port=server.port, ups="ups", username="u", password="p", ipv4_only=True)
    assert (seen.peer_address, probe.report(seen)["reason"]) == (peer, reason)
    assert probe.judge(seen) == ("unreachable" if reason else "ok")


def test_probe_behind_nat(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd(clients=("127.0.0.1",), seen_as="203.0.113.1")
    found = probe.report(
        probe.probe(host="127.0.0.1", port=server.port, ups="ups", username="monuser", password="sentinel")
    )
    assert (found["seen_as"], found["source_address"], found["clients"]) == ("203.0.113.1", "127.0.0.1", ["127.0.0.1"])


@pytest.mark.parametrize(
    ("code", "verdict"), [("ACCESS-DENIED", "not_permitted"), ("FEATURE-NOT-CONFIGURED", "tls_failed")]
)
def test_probe_that_requires_tls(fake_upsd: Callable[..., Any], code: str, verdict: str) -> None:
    server = fake_upsd({"STARTTLS": f"ERR {code}\n"})
    found = probe.report(
        probe.probe(host="127.0.0.1", port=server.port, ups="ups", username="u", password="p", tls="require")
    )
    assert (found["verdict"], found["reason"], found["source_address"]) == (verdict, code, "127.0.0.1")


def test_probe_without_a_server(closed_port: int) -> None:
    found = probe.report(
        probe.probe(host="127.0.0.1", port=closed_port, ups="ups", username="monuser", password="sentinel")
    )
    assert (found["verdict"], found["source_address"]) == ("refused", "127.0.0.1")


@pytest.mark.parametrize("name", ["ups", "username", "password"])
def test_words_that_cannot_be_sent_are_refused_before_connecting(closed_port: int, name: str) -> None:
    words: dict[str, Any] = {"ups": "ups", "username": "monuser", "password": "sentinel", name: "line\nend"}
    with pytest.raises(ValueError, match="only printable ASCII") as caught:
        probe.probe(host="127.0.0.1", port=closed_port, **words)
    assert "line" not in str(caught.value)
