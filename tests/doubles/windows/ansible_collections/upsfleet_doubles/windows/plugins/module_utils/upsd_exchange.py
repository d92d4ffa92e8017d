# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of upsfleet.synology.win_upsd_exchange: lines to an upsd and its raw replies, from the double's own address.

Cannot show: .NET's sockets, Windows' firewall, or how the PowerShell module splits what it reads.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import re
import socket
import time
from typing import Any

_WSA = {
    errno.ECONNREFUSED: 10061,
    errno.ETIMEDOUT: 10060,
    errno.EHOSTUNREACH: 10065,
    errno.ENETUNREACH: 10051,
    errno.ECONNRESET: 10054,
    errno.EADDRNOTAVAIL: 10049,
}


class _Broken(Exception):
    def __init__(self, error: str, message: str, number: int = 0, partial: bytes = b"") -> None:
        super().__init__(message)
        self.error = error
        self.number = number
        self.partial = partial


def _number(error: OSError) -> int:
    return _WSA.get(error.errno or 0, 0)


class _Conversation:
    def __init__(self, sock: socket.socket, limit: int, deadline: float) -> None:
        self._sock = sock
        self._limit = limit
        self._deadline = self._reply_deadline = deadline
        self._buffer = b""

    def _more(self, reply: bytes) -> None:
        left = self._reply_deadline - time.monotonic()
        partial = reply + self._buffer
        try:
            if left <= 0:
                raise socket.timeout
            self._sock.settimeout(left)
            chunk = self._sock.recv(65536)
        except socket.timeout as error:
            raise _Broken("silent", "no reply in time", 10060, partial) from error
        except OSError as error:
            raise _Broken("lost", str(error), _number(error), partial) from error
        if not chunk:
            raise _Broken("lost", "the server closed the connection", 0, partial)
        self._buffer += chunk

    def _line(self, reply: bytes) -> bytes:
        while b"\n" not in self._buffer and len(reply + self._buffer) <= self._limit:
            self._more(reply)
        line, _lf, self._buffer = self._buffer.partition(b"\n")
        if len(reply + line) > self._limit:
            raise _Broken("too_long", f"a reply of more than {self._limit} bytes")
        return line + b"\n"

    def ask(self, line: str, patience: float | None) -> bytes:
        """Send one line and return its reply: one line, or a whole list."""
        self._reply_deadline = min(self._deadline, time.monotonic() + (patience or float("inf")))
        try:
            self._sock.sendall(line.encode() + b"\n")
        except OSError as error:
            raise _Broken("lost", str(error), _number(error)) from error
        reply = last = self._line(b"")
        while reply.startswith(b"BEGIN LIST ") and not last.startswith((b"END LIST ", b"ERR ")):
            last = self._line(reply)
            reply += last
        return reply


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _addresses(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _Broken("name", f"{host}: {error}", 11001) from error


def _source_family(source: str) -> int:
    try:
        found = socket.getaddrinfo(source, 0, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as sock:
            sock.bind(found[4])
    except OSError as error:
        raise _Broken("source_address", f"{source}: {error}", 10049) from error
    return int(found[0])


def _local_address(family: int, address: Any, source: str | None) -> str | None:
    """Return the double's address on the way to another: connecting a UDP socket sends nothing."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
        if source:
            sock.bind((source, 0))
        sock.connect(address)
        return str(sock.getsockname()[0])
    return None


def _connect(family: int, address: Any, params: dict[str, Any], deadline: float) -> socket.socket:
    wait = min(float(params["connect_timeout"]), deadline - time.monotonic())
    if wait <= 0:
        raise _Broken("connect", "no address tried in time", 10060)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if params["source_address"]:
            sock.bind((params["source_address"], 0))
        sock.settimeout(wait)
        sock.connect(address)
    except socket.timeout as error:
        sock.close()
        raise _Broken("connect", f"{address[0]}: the connection was not answered in time", 10060) from error
    except OSError as error:
        sock.close()
        raise _Broken("connect", f"{address[0]}: {error}", _number(error)) from error
    return sock


def _connected(params: dict[str, Any], result: dict[str, Any], deadline: float) -> socket.socket:
    source = params["source_address"]
    found = _addresses(params["host"], params["port"])
    result["addresses"] = [one[4][0] for one in found]
    found.sort(key=lambda one: one[4][0] not in params["prefer"])
    if source:
        family = _source_family(source)
        found = [one for one in found if one[0] == family]
        if not found:
            raise _Broken("source_address", f"{source} is of another family than the server's addresses", 10049)
    failure = _Broken("connect", "no address tried in time", 10060)
    for family, _type, _proto, _name, address in found:
        try:
            sock = _connect(family, address, params, deadline)
        except _Broken as broken:
            failure = broken
            result["local_address"] = _local_address(family, address, source)
            continue
        result.update(local_address=sock.getsockname()[0], peer_address=sock.getpeername()[0])
        return sock
    raise failure


def _talk(sock: socket.socket, params: dict[str, Any], deadline: float, replies: list[str]) -> None:
    talk = _Conversation(sock, params["reply_limit"], deadline)
    for line in params["lines"]:
        text = line["send"]
        text = text if params["password"] is None else text.replace("{password}", params["password"])
        reply = talk.ask(text, _seconds(line.get("patience")))
        replies.append(base64.b64encode(reply).decode())
        go_on = line.get("go_on")
        if go_on and not re.search(go_on, reply.partition(b"\n")[0].decode("latin-1")):
            return


def exchange(params: dict[str, Any]) -> dict[str, Any]:
    """Return what the real module returns; it never fails, ``error`` tells what went wrong."""
    begun = time.monotonic()
    deadline = begun + float(params["timeout"])
    replies: list[str] = []
    result: dict[str, Any] = {"changed": False, "error": None, "socket_error": 0, "message": ""}
    result.update(local_address=None, peer_address=None, addresses=[], replies=replies)
    try:
        with contextlib.closing(_connected(params, result, deadline)) as sock:
            _talk(sock, params, deadline, replies)
    except _Broken as broken:
        result.update(error=broken.error, socket_error=broken.number, message=str(broken))
        if broken.partial:
            replies.append(base64.b64encode(broken.partial).decode())
    return {**result, "elapsed": time.monotonic() - begun}
