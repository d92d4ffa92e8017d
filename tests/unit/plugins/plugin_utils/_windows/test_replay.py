# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded conversation, played back, and the lines that it is made of."""

from __future__ import annotations

import base64
import ssl
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import (
    NotUpsd,
    Refused,
    TlsFailed,
    Unreachable,
    Upsd,
    UpsdError,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.probe import exchange_lines, replay
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.replay import Replay, Stopped

SENT = ["VER", "LIST UPS", "LIST CLIENT ups", "LOGIN ups", "LIST CLIENT ups"]


def recording(*replies: bytes, error: str | None = None, number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a result of win_upsd_exchange."""
    return {
        "replies": [base64.b64encode(reply).decode() for reply in replies],
        "error": error,
        "socket_error": number,
        "message": "so says Windows" if error else "",
        "local_address": "192.0.2.31",
        "peer_address": "192.0.2.5",
        "addresses": ["192.0.2.5"],
        "elapsed": 0.25,
        **changes,
    }


def played(*replies: bytes, **changes: Any) -> Replay:
    """Return the playback of :func:`recording`."""
    return Replay(SENT, recording(*replies, **changes))


def test_lines_come_out_as_they_would_from_a_connection() -> None:
    replay = played(b"one\r\n", b"BEGIN\xff\t\ntwo\n")
    replay.send_line("VER")
    assert replay.read_line() == "one"
    replay.send_line("LIST UPS")
    assert [replay.read_line(), replay.read_line()] == ["BEGIN??", "two"]


def test_lines_that_are_not_asked_for_are_passed_over() -> None:
    replay = played(b"1\n", b"2\n", b"3\n", b"4\n", b"5\n")
    replay.send_line("LIST CLIENT ups")
    assert replay.read_line() == "3"
    replay.send_line("LIST CLIENT ups")
    assert replay.read_line() == "5"


@pytest.mark.parametrize("line", ["LOGIN other", "PASSWORD sentinel"])
def test_a_line_that_was_not_to_be_sent_is_an_error_in_the_program(line: str) -> None:
    with pytest.raises(RuntimeError, match=f"^{line.split()[0]} is not what was sent") as caught:
        played(b"1\n").send_line(line)
    assert line.split()[1] not in str(caught.value)


def test_lines_are_asked_for_in_order() -> None:
    replay = played(b"1\n", b"2\n")
    replay.send_line("LIST UPS")
    with pytest.raises(RuntimeError):
        replay.send_line("VER")


# what ended the recording, Winsock's number, the class and the reason of the error
ENDS: list[tuple[str, int, type[UpsdError], str | None]] = [
    ("name", 11001, Unreachable, "name"),
    ("source_address", 10049, Unreachable, "source_address"),
    ("connect", 10061, Refused, None),
    ("connect", 10060, Unreachable, "timeout"),
    ("connect", 10065, Unreachable, "no_route"),
    ("connect", 10051, Unreachable, "no_route"),
    ("connect", 0, Unreachable, "no_route"),
    ("silent", 0, Unreachable, "silent"),
    ("lost", 0, Unreachable, "lost"),
    ("lost", 10054, Unreachable, "lost"),
    ("too_long", 0, NotUpsd, None),
]


@pytest.mark.parametrize(("error", "number", "kind", "reason"), ENDS)
@pytest.mark.parametrize("replies", [(), (b"1\n",)])
def test_the_end(
    error: str, number: int, kind: type[UpsdError], reason: str | None, replies: tuple[bytes, ...]
) -> None:
    replay = played(*replies, error=error, number=number)
    for _reply in replies:
        replay.send_line("VER")
        assert replay.read_line() == "1"
    replay.send_line("LIST UPS" if replies else "VER")
    with pytest.raises(kind) as caught:
        replay.read_line()
    assert type(caught.value) is kind
    assert getattr(caught.value, "reason", None) == reason
    assert caught.value.local_address == (None if kind is NotUpsd else "192.0.2.31")


@pytest.mark.parametrize(
    ("error", "number", "kind", "text"),
    [
        ("lost", 0, NotUpsd, "a reply without the end of its line"),
        ("lost", 10054, Unreachable, "connection lost: so says Windows"),
        ("silent", 0, Unreachable, "connected, but no answer in time"),
    ],
)
def test_an_end_in_the_midst_of_a_line(error: str, number: int, kind: type[UpsdError], text: str) -> None:
    replay = played(b"1\n", b"BEGIN LIST UPS\nUPS u", error=error, number=number)
    replay.send_line("LIST UPS")
    assert replay.read_line() == "BEGIN LIST UPS"
    with pytest.raises(kind, match=f"^{text}$"):
        replay.read_line()


def test_a_reply_that_should_go_on() -> None:
    for following in ((), (b"3\n",)):
        replay = played(b"1\n", b"BEGIN  LIST UPS\n", *following)
        replay.send_line("LIST UPS")
        replay.read_line()
        with pytest.raises(NotUpsd, match="a list without its end"):
            replay.read_line()


@pytest.mark.parametrize(("reply", "kind"), [(b"ERR UNKNOWN-UPS\n", Stopped), (b'"OK"\n', NotUpsd)])
def test_a_line_that_was_not_sent_because_of_the_answer_before(reply: bytes, kind: type[UpsdError]) -> None:
    replay = played(reply)
    replay.send_line("LOGIN ups")
    with pytest.raises(kind):
        replay.read_line()


@pytest.mark.parametrize("reply", [b"x" * 9000, b"x" * 9000 + b"\n", b"\n" * 1100000])
def test_the_limits_are_those_of_a_connection(reply: bytes) -> None:
    replay = played(reply, error="silent")
    replay.send_line("VER")
    with pytest.raises(NotUpsd, match="longer than"):
        all(replay.read_line() == "" for _line in range(len(reply)))


def test_there_is_no_tls_in_a_recording() -> None:
    with pytest.raises(TlsFailed):
        played().start_tls(ssl.create_default_context(), "nas.example.com")


@pytest.mark.parametrize("changes", [{"replies": ["no base64"]}, {"error": "tired"}, {"socket_error": "x"}])
def test_what_is_no_recording_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Replay(SENT, {**recording(), **changes})


def test_addresses_are_as_people_write_them() -> None:
    upsd = Upsd(played(local_address="::ffff:192.0.2.31", peer_address="2001:db8:0::5%12"))
    assert (upsd.local_address, upsd.peer_address) == ("192.0.2.31", "2001:db8::5")
    assert Upsd(played(local_address=None, peer_address="")).local_address is None


def test_the_lines_are_those_that_a_probe_says(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"LIST UPS": 'BEGIN LIST UPS\nUPS "my ups" ""\nEND LIST UPS\n'})
    words: dict[str, Any] = {"ups": "my ups", "username": 'mon "user"'}
    probe.probe(host="127.0.0.1", port=server.port, password="sentinel", **words)
    server.stop()
    lines = exchange_lines(**words)
    said = [line["send"].replace("{password}", "sentinel") for line in lines]
    said.remove('GET VAR "my ups" battery.charge')  # the first of two: a probe asks for it there on battery only
    assert said == server.received
    assert set().union(*lines) == {"send", "go_on", "patience"}


def test_a_ups_that_vanishes_midway_is_unknown() -> None:
    result = recording(b"Network UPS Tools upsd 2.8.0\n", b'BEGIN LIST UPS\nUPS ups ""\nEND LIST UPS\n')
    result["replies"].append(base64.b64encode(b"ERR UNKNOWN-UPS\n").decode())
    seen = replay(result, host="192.0.2.5", port=3493, ups="ups", username="monuser", password="sentinel")
    assert (probe.judge(seen), seen.status_error, seen.elapsed) == ("unknown_ups", "UNKNOWN-UPS", 0.25)
