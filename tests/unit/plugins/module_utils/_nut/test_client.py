# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol client: words, replies, what goes wrong, and what it cannot say."""

from __future__ import annotations

import ast
import errno
import inspect
import socket
import time
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._nut import client as upsd_module
from ansible_collections.upsfleet.synology.plugins.module_utils._nut import connection
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import (
    ErrReply,
    NotUpsd,
    Refused,
    TlsFailed,
    Unreachable,
    Upsd,
    UpsdError,
    quote_word,
    split_words,
)
from hypothesis import given
from hypothesis import strategies as st

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=512)

# line, words: what NUT's parseconf makes of it
SPLIT = [
    ("", []),
    ("   ", []),
    ("VER", ["VER"]),
    ('VAR ups ups.id "odd \\"quoted\\" back\\\\slash"', ["VAR", "ups", "ups.id", 'odd "quoted" back\\slash']),
    ('VAR ups x ""', ["VAR", "ups", "x", ""]),
    ("a\\ b c", ["a b", "c"]),
    ("a\tb\rc", ["a", "b", "c"]),
    ("e=q", ["e", "=", "q"]),
    ('"e=q"', ["e=q"]),
    ("=", ["="]),
    ("a # b", ["a"]),
    ("a#b", ["a"]),
    ('"a#b" c', ["a#b", "c"]),
    ("a\\#b", ["a#b"]),
    ('a"b c"', ['a"b', 'c"']),
    ('a "b c', ["a", "b c"]),
    ('"a""b"', ["a", "b"]),
]

QUOTED = [
    ("ups", "ups"),
    ("pass-word_1.2:3,/@%+*!", "pass-word_1.2:3,/@%+*!"),
    ("", '""'),
    ("two words", '"two words"'),
    ("e=q", '"e=q"'),
    ('a"b', '"a\\"b"'),
    ("a\\b", '"a\\\\b"'),
    ("a#b", '"a\\#b"'),
]

UNSENDABLE = ["x\ny", "x\ry", "x\0y", "ümlaut", "x" * 513, "\x7f"]


@pytest.mark.parametrize(("line", "words"), SPLIT)
def test_split_words(line: str, words: list[str]) -> None:
    assert split_words(line) == words


@pytest.mark.parametrize(("word", "quoted"), QUOTED)
def test_quote_word(word: str, quoted: str) -> None:
    assert quote_word(word) == quoted


@given(st.lists(PRINTABLE, max_size=5))
def test_quoted_words_are_read_back(words: list[str]) -> None:
    assert split_words(" ".join(quote_word(word) for word in words)) == words


@pytest.mark.parametrize("word", UNSENDABLE)
def test_what_cannot_be_sent_is_not_sent_and_not_shown(fake_upsd: Callable[..., Any], word: str) -> None:
    server = fake_upsd()
    with Upsd.connect("127.0.0.1", server.port) as upsd:
        for say in (upsd.username, upsd.password, upsd.login, upsd.list_vars):
            with pytest.raises(ValueError, match="only printable ASCII") as caught:
                say(word)
            assert word not in str(caught.value)
    assert server.received in ([], ["LOGOUT"])


def test_it_cannot_say_anything_that_changes_a_server() -> None:
    """No string of the source holds such a command, and only words of COMMANDS are sent."""
    harmful = {"FSD", "SET", "INSTCMD", "MASTER", "PRIMARY"}
    assert not harmful & set(upsd_module.COMMANDS)
    for module in (upsd_module, connection):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not harmful & set(node.value.replace(".", " ").split()), node.value


def test_words_outside_commands_are_not_sent(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd()
    with Upsd.connect("127.0.0.1", server.port) as upsd, pytest.raises(ValueError, match="HELP is not one of"):
        upsd._ask("HELP")
    assert server.received == []


@pytest.mark.parametrize("piece", [65536, 7, 1])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_conversation(fake_upsd: Callable[..., Any], piece: int, end: str, address: str) -> None:
    replies = {
        "NETVER": f"1.3{end}",
        "LIST UPS": f'BEGIN LIST UPS{end}UPS ups "The NAS\'s"{end}UPS other ""{end}END LIST UPS{end}',
        "LIST VAR": f'BEGIN LIST VAR ups{end}VAR ups ups.id "a \\"b\\""{end}END LIST VAR ups{end}',
        "GET VAR": f'VAR ups ups.status "OL CHRG"{end}',
    }
    server = fake_upsd(replies, address=address, piece=piece, clients=("192.0.2.7",))
    with Upsd.connect(address, server.port) as upsd:
        assert (upsd.local_address, upsd.peer_address) == (address, address)
        assert repr(upsd) == f"<Upsd {address}>"
        assert upsd.version().startswith("Network UPS Tools upsd DSM7")
        assert upsd.netversion() == "1.3"
        assert upsd.list_ups() == {"ups": "The NAS's", "other": ""}
        assert upsd.list_vars("ups") == {"ups.id": 'a "b"'}
        assert upsd.get_var("ups", "ups.status") == "OL CHRG"
        assert upsd.list_clients("ups") == ["192.0.2.7"]
        upsd.username("monuser")
        upsd.password("two words")
        upsd.login("ups")
        assert upsd.list_clients("ups") == [address, "192.0.2.7"]
    assert server.received[-5:] == [
        "USERNAME monuser",
        'PASSWORD "two words"',
        "LOGIN ups",
        "LIST CLIENT ups",
        "LOGOUT",
    ]


# reply to LIST UPS, the error
BAD_REPLIES: list[tuple[Any, type[UpsdError], str]] = [
    ("ERR ACCESS-DENIED\n", ErrReply, "ERR ACCESS-DENIED"),
    ("ERR DATA-STALE for a while\r\n", ErrReply, "ERR DATA-STALE for a while"),
    ("BEGIN LIST UPS\nERR DATA-STALE\n", ErrReply, "ERR DATA-STALE"),
    ("ERR\n", NotUpsd, "unexpected answer to LIST: 'ERR'"),
    ("ERR <b>\n", NotUpsd, "unexpected answer to LIST"),
    ("500 what?\n", NotUpsd, r"unexpected answer to LIST UPS: '500 what\?'"),
    ("\n", NotUpsd, "unexpected answer to LIST: ''"),
    ("BEGIN LIST VAR\n", NotUpsd, "unexpected answer to LIST UPS"),
    ("BEGIN LIST UPS\nUPS\n", NotUpsd, "unexpected answer to LIST UPS: 'UPS'"),
    (f"BEGIN LIST UPS\nUPS {'x' * 513} a\n", NotUpsd, "unexpected answer to LIST UPS: 'UPS xxx"),
    ("BEGIN LIST UPS\nVAR ups a b\n", NotUpsd, "unexpected answer to LIST UPS: 'VAR ups a b'"),
    ("BEGIN LIST UPS\n\xe9\x1b[31m\n", NotUpsd, r"unexpected answer to LIST UPS: '\?\?\[31m'"),
    (b"\x15\x03\x01", Unreachable, "no answer in time"),
    ("x" * 9000, NotUpsd, "longer than 8192"),
    ("x" * 9000 + "\n", NotUpsd, "longer than 8192"),
    ("BEGIN LIST UPS\n" + 'UPS ups "x"\n' * 100_000, NotUpsd, "a reply longer than 1048576 bytes"),
    (None, Unreachable, "connected, but no answer in time"),
    ("close", Unreachable, "the server closed the connection"),
]


@pytest.mark.parametrize(("reply", "error", "text"), BAD_REPLIES)
def test_bad_replies(fake_upsd: Callable[..., Any], reply: Any, error: type[UpsdError], text: str) -> None:
    server = fake_upsd({"LIST UPS": reply})
    timeout = 0.3 if error is Unreachable else 10
    with Upsd.connect("127.0.0.1", server.port, timeout=timeout) as upsd, pytest.raises(error, match=text):
        upsd.list_ups()


@pytest.mark.parametrize("reply", ["WHAT\n", "VAR ups ups.status\n"])
def test_bad_variable(fake_upsd: Callable[..., Any], reply: str) -> None:
    server = fake_upsd({"GET VAR": reply})
    with Upsd.connect("127.0.0.1", server.port) as upsd, pytest.raises(NotUpsd, match="unexpected answer to GET VAR"):
        upsd.get_var("ups", "ups.status")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_reply_without_line_end(address: str) -> None:
    with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        upsd = Upsd.connect(address, listener.getsockname()[1])
        peer = listener.accept()[0]
        peer.sendall(b"half a li")
        peer.shutdown(socket.SHUT_WR)
        with upsd, peer, pytest.raises(NotUpsd, match="without the end of its line"):
            upsd.version()


def test_slow_replies_end_at_the_deadline(fake_upsd: Callable[..., Any]) -> None:
    """Bytes that keep coming do not push the deadline."""
    server = fake_upsd({"LIST UPS": "BEGIN LIST UPS\n" + 'UPS ups "x"\n' * 50_000}, piece=3)
    with Upsd.connect("127.0.0.1", server.port, timeout=0.3) as upsd, pytest.raises(Unreachable, match="in time"):
        upsd.list_ups()


def test_the_password_is_in_no_text(fake_upsd: Callable[..., Any]) -> None:
    for reply in ("ERR SENTINEL sentinel SENTINEL\n", "what is SENTINEL?\n"):
        server = fake_upsd({"PASSWORD": reply})
        with Upsd.connect("127.0.0.1", server.port) as upsd:
            with pytest.raises(UpsdError) as caught:
                upsd.password("SENTINEL")
            assert "SENTINEL" not in f"{caught.value} {caught.value!r} {upsd!r}"
            assert "********" in str(caught.value)


@pytest.mark.parametrize("reply", ["OK Goodbye\n", "ERR ACCESS-DENIED\n", "what\n", "close", "\n"])
def test_logout_never_raises(fake_upsd: Callable[..., Any], reply: str) -> None:
    server = fake_upsd({"LOGOUT": reply})
    with Upsd.connect("127.0.0.1", server.port) as upsd:
        upsd.logout()
        upsd.logout()
    assert server.received[0] == "LOGOUT"


def test_logout_is_sent_after_the_deadline(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"LOGIN": None})
    with pytest.raises(Unreachable), Upsd.connect("127.0.0.1", server.port, timeout=0.2) as upsd:
        upsd.login("ups")
    assert server.received == ["LOGIN ups", "LOGOUT"]


# what each address answers, the error and its reason
CONNECTING: list[tuple[list[OSError], type[UpsdError], str | None, str]] = [
    ([ConnectionRefusedError(errno.ECONNREFUSED, "Refused")], Refused, None, "192.0.2.1: Refused"),
    ([socket.timeout("timed out")], Unreachable, "timeout", "192.0.2.1: timed out"),
    ([TimeoutError(errno.ETIMEDOUT, "Timed out")], Unreachable, "timeout", "Timed out"),
    ([OSError(errno.EHOSTUNREACH, "No route")], Unreachable, "no_route", "No route"),
    ([OSError(errno.ENETUNREACH, "No network")], Unreachable, "no_route", "No network"),
    ([OSError(errno.EADDRNOTAVAIL, "Not ours")], Unreachable, "source_address", "Not ours"),
    ([PermissionError(errno.EACCES, "Denied")], Unreachable, "no_route", "Denied"),
    (
        [OSError(errno.ENETUNREACH, "No network"), ConnectionRefusedError(errno.ECONNREFUSED, "Refused")],
        Refused,
        None,
        "192.0.2.1: No network; 192.0.2.2: Refused",
    ),
    (
        [OSError(errno.ENETUNREACH, "No network"), socket.timeout("timed out")],
        Unreachable,
        "timeout",
        "192.0.2.2: timed",
    ),
]


@pytest.mark.parametrize(("answers", "error", "reason", "text"), CONNECTING)
def test_connecting(
    monkeypatch: pytest.MonkeyPatch, answers: list[OSError], error: type[UpsdError], reason: str | None, text: str
) -> None:
    targets = [(socket.AF_INET, (f"192.0.2.{number}", 3493)) for number in range(1, len(answers) + 1)]
    queue = list(answers)

    def connect(*_args: Any) -> socket.socket:
        raise queue.pop(0)

    monkeypatch.setattr(connection, "resolve", lambda *_args: targets)
    monkeypatch.setattr(connection, "_connect", connect)
    with pytest.raises(error, match=text) as caught:
        Upsd.connect("nas.example.com")
    assert getattr(caught.value, "reason", None) == reason
    assert not queue


def test_every_address_is_tried(
    fake_upsd: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    server = fake_upsd()
    targets = [(socket.AF_INET, ("127.0.0.1", closed_port)), (socket.AF_INET, ("127.0.0.1", server.port))]
    monkeypatch.setattr(connection, "resolve", lambda *_args: targets)
    with Upsd.connect("nas.example.com") as upsd:
        assert upsd.netversion() == "1.2"


def test_refused_knows_the_local_address(closed_port: int) -> None:
    with pytest.raises(Refused) as caught:
        Upsd.connect("127.0.0.1", closed_port, source_address="127.0.0.9")
    assert caught.value.local_address == "127.0.0.9"


def test_timeout(full_port: int) -> None:
    with pytest.raises(Unreachable) as caught:
        Upsd.connect("127.0.0.1", full_port, connect_timeout=0.2)
    assert (caught.value.reason, caught.value.local_address) == ("timeout", "127.0.0.1")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a" * 70 + ".example.com", "bad\0name"])
def test_names_that_do_not_resolve(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    original = socket.getaddrinfo

    def resolve(name: str, *args: Any, **kwargs: Any) -> Any:
        if name in ("no-such-host.invalid", ""):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return original(name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unreachable) as caught:
        Upsd.connect(host)
    assert caught.value.reason == "name"


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: time.sleep(2))
    with pytest.raises(Unreachable, match="no answer from the resolver in time"):
        Upsd.connect("nas.example.com", timeout=0.1)


@pytest.mark.parametrize("source", ["not-an-address", "::1", "192.0.2.99"])
def test_source_addresses_that_cannot_be(source: str, closed_port: int) -> None:
    with pytest.raises(Unreachable) as caught:
        Upsd.connect("127.0.0.1", closed_port, source_address=source)
    assert caught.value.reason == "source_address"


def test_source_address(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd()
    with Upsd.connect("127.0.0.1", server.port, source_address="127.0.0.9") as upsd:
        assert upsd.local_address == "127.0.0.9"
        upsd.login("ups")
        assert upsd.list_clients("ups") == ["127.0.0.9"]


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("nas.example.com", "nas.example.com"),
    ],
)
def test_normalise_address(address: str, normal: str) -> None:
    assert normalise_address(address) == normal


@pytest.mark.parametrize(
    ("mode", "host", "ca", "verified"),
    [("require", "localhost", True, True), ("try", "localhost", True, True), ("try", "127.0.0.1", False, False)],
)
def test_tls(
    fake_upsd: Callable[..., Any], certificate: Any, tls_context: Any, mode: str, host: str, ca: bool, verified: bool
) -> None:
    server = fake_upsd({"STARTTLS": "OK STARTTLS\n"}, tls=tls_context)
    with Upsd.connect(host, server.port, tls=mode, ca_file=str(certificate[0]) if ca else None) as upsd:
        assert upsd.netversion() == "1.2"
        assert bool(upsd._connection._sock.getpeercert()) == verified  # type: ignore[attr-defined]
    assert server.received[:2] == ["STARTTLS", "NETVER"]


@pytest.mark.parametrize(
    ("mode", "host", "ca", "text"),
    [
        ("require", "localhost", False, "self.signed certificate"),
        ("require", "127.0.0.1", True, "IP address mismatch"),
        ("try", "127.0.0.1", True, "IP address mismatch"),
    ],
)
def test_bad_certificates(
    fake_upsd: Callable[..., Any], certificate: Any, tls_context: Any, mode: str, host: str, ca: bool, text: str
) -> None:
    server = fake_upsd({"STARTTLS": "OK STARTTLS\n"}, tls=tls_context)
    with pytest.raises(TlsFailed, match=text):
        Upsd.connect(host, server.port, tls=mode, ca_file=str(certificate[0]) if ca else None)


@pytest.mark.parametrize(
    ("mode", "reply", "error", "text"),
    [
        ("require", "ERR FEATURE-NOT-CONFIGURED\n", TlsFailed, "STARTTLS refused: ERR FEATURE-NOT-CONFIGURED"),
        ("require", "OK STARTTLS\nOK injected\n", TlsFailed, "clear text after the answer to STARTTLS"),
        ("try", "OK STARTTLS\nOK injected\n", TlsFailed, "clear text after the answer to STARTTLS"),
        ("try", "what\n", NotUpsd, "unexpected answer to STARTTLS"),
        ("require", None, Unreachable, "no answer in time"),
        ("require", "OK STARTTLS\n", Unreachable, "no answer in time"),
    ],
)
def test_starttls_refused(
    fake_upsd: Callable[..., Any], mode: str, reply: str | None, error: type[UpsdError], text: str
) -> None:
    server = fake_upsd({"STARTTLS": reply})
    with pytest.raises(error, match=text):
        Upsd.connect("127.0.0.1", server.port, tls=mode, timeout=0.3)


@pytest.mark.parametrize("code", ["FEATURE-NOT-CONFIGURED", "ACCESS-DENIED", "UNKNOWN-COMMAND"])
def test_try_goes_on_in_clear_text(fake_upsd: Callable[..., Any], code: str) -> None:
    server = fake_upsd({"STARTTLS": f"ERR {code}\n"})
    with Upsd.connect("127.0.0.1", server.port, tls="try") as upsd:
        assert upsd.netversion() == "1.2"


def test_tls_settings_are_checked_before_connecting(closed_port: int) -> None:
    with pytest.raises(TlsFailed, match="cannot use ca_file /nonexistent: No such file"):
        Upsd.connect("127.0.0.1", closed_port, tls="require", ca_file="/nonexistent")
    with pytest.raises(ValueError, match="tls must be one of never, try, require"):
        Upsd.connect("127.0.0.1", closed_port, tls="always")


@pytest.mark.parametrize(
    ("reply", "logins"),
    [
        ("NUMLOGINS ups 3\n", 3),
        ("NUMLOGINS ups 0\n", 0),
        *[(f"{wrong}\n", None) for wrong in ("NUMLOGINS ups", "NUMLOGINS ups -1", "NUMLOGINS ups 1e3", "3", "OK")],
    ],
)
def test_num_logins(fake_upsd: Callable[..., Any], reply: str, logins: int | None) -> None:
    server = fake_upsd({"GET NUMLOGINS": reply})
    with Upsd.connect("127.0.0.1", server.port) as upsd:
        if logins is None:
            with pytest.raises(NotUpsd, match="unexpected answer to GET NUMLOGINS"):
                upsd.num_logins("ups")
        else:
            assert upsd.num_logins("ups") == logins


def test_patience_is_for_one_answer(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"VER": None})
    with Upsd.connect("127.0.0.1", server.port) as upsd:
        upsd.patience(0.05)
        with pytest.raises(Unreachable) as caught:
            upsd.version()
        upsd.patience(None)
        assert (caught.value.reason, upsd.netversion()) == ("silent", "1.2")


def test_patience_does_not_outlast_the_deadline(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"VER": None})
    with Upsd.connect("127.0.0.1", server.port, timeout=0.2) as upsd:
        upsd.patience(1e6)
        with pytest.raises(Unreachable):
            upsd.version()
