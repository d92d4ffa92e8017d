# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted upsd on loopback, for what one conversation needs; the full stand-in is tests/doubles/nas.

The fixtures are taken over by the conftest.py of each kind of tests that wants them.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from typing import Any, Callable, Iterator

import pytest

HEALTHY = {
    "VER": "Network UPS Tools upsd DSM7-2-1-NewModel-repack-64570-230831 - http://www.networkupstools.org/\n",
    "NETVER": "1.2\n",
    "STARTTLS": "ERR FEATURE-NOT-CONFIGURED\n",
    "LIST UPS": 'BEGIN LIST UPS\nUPS ups "Description unavailable"\nEND LIST UPS\n',
    "GET VAR": 'VAR ups ups.status "OL"\n',
    "GET VAR ups battery.charge": 'VAR ups battery.charge "100"\n',
    "GET VAR ups battery.runtime": 'VAR ups battery.runtime "2460"\n',
    "LIST VAR": 'BEGIN LIST VAR ups\nVAR ups battery.charge "100"\nVAR ups ups.status "OL"\nEND LIST VAR ups\n',
    "USERNAME": "OK\n",
    "PASSWORD": "OK\n",
    "LOGIN": "OK\n",
    "LOGOUT": "OK Goodbye\n",
}


class FakeUpsd:
    """A server that answers each line with a scripted reply.

    ``replies`` override those of :data:`HEALTHY`; a key is how a line begins, a value is text, bytes, ``None``
    for silence, ``"close"``, or ``"count"`` for how many are logged in. LIST CLIENT is kept as upsd does, newest first,
    unless it is scripted. With *locked* that is the answer to everything but USERNAME, until a PASSWORD follows it.
    """

    def __init__(
        self,
        replies: dict[str, Any] | None = None,
        *,
        address: str = "127.0.0.1",
        clients: tuple[str, ...] = (),
        seen_as: str | None = None,
        piece: int = 65536,
        tls: ssl.SSLContext | None = None,
        locked: str = "",
    ) -> None:
        self.replies = {**HEALTHY, **(replies or {})}
        self.clients = list(clients)
        self.received: list[str] = []
        self._seen_as = seen_as
        self._piece = piece
        self._tls = tls
        self._locked = locked
        self._said: list[str] = []  # in this conversation
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family)
        self.address = address
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the listener and wait for the conversation to end."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                sock, peer = self._listener.accept()
            except OSError:
                return
            self._said = []
            before = list(self.clients)
            with contextlib.suppress(OSError):
                self._talk(sock, self._seen_as or peer[0])
            self.clients = before
            sock.close()

    def _talk(self, sock: socket.socket, peer: str) -> None:
        buffer = b""
        while True:
            sock.settimeout(0.05)
            try:
                chunk = sock.recv(4096)
            except socket.timeout:
                if self._closing.is_set():
                    return
                continue
            if not chunk:
                return
            buffer += chunk
            while b"\n" in buffer:
                raw, _lf, buffer = buffer.partition(b"\n")
                line = raw.decode("latin-1")
                self.received.append(line)
                self._said.append(line.split(" ")[0])
                reply = self._reply(line, peer)
                if reply == "close":
                    return
                self._send(sock, reply)
                if line == "STARTTLS" and self._tls:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                elif line == "STARTTLS" and str(reply).startswith("OK"):
                    self._closing.wait()  # the handshake is never answered
                if line == "LOGOUT":
                    return

    def _reply(self, line: str, peer: str) -> Any:
        if self._locked and "PASSWORD" not in self._said and not line.startswith("USERNAME"):
            return self._locked
        if line.startswith("LIST CLIENT") and "LIST CLIENT" not in self.replies:
            rows = "".join(f"CLIENT ups {client}\n" for client in self.clients)
            return f"BEGIN LIST CLIENT ups\n{rows}END LIST CLIENT ups\n"
        matches = [key for key in self.replies if line.startswith(key)]
        reply = self.replies[max(matches, key=len)] if matches else "ERR UNKNOWN-COMMAND\n"
        if reply == "count":
            return f"NUMLOGINS ups {len(self.clients)}\n"
        if line.startswith("LOGIN") and reply == "OK\n":
            self.clients.insert(0, peer)
        return reply

    def _send(self, sock: socket.socket, reply: str | bytes | None) -> None:
        data = reply.encode("latin-1") if isinstance(reply, str) else reply or b""
        sock.settimeout(5)
        for start in range(0, len(data), self._piece):
            sock.sendall(data[start : start + self._piece])
            if len(data) > self._piece:
                time.sleep(0.001)


@pytest.fixture
def fake_upsd() -> Iterator[Callable[..., FakeUpsd]]:
    """Start scripted servers, with the arguments of :class:`FakeUpsd`; they stop after the test."""
    servers: list[FakeUpsd] = []

    def start(*args: Any, **kwargs: Any) -> FakeUpsd:
        servers.append(FakeUpsd(*args, **kwargs))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def closed_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def full_port() -> Iterator[int]:
    """Yield a port of 127.0.0.1 that answers no further connection: its queue is full and nobody accepts."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _number in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
