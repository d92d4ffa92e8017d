# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines over TCP with one deadline. Knows no command of NUT's.

Use module_utils/_nut/client.py, which builds on this.
"""

from __future__ import annotations

import errno
import queue
import re
import socket
import ssl
import threading
import time
from typing import Any, Protocol, Sequence, Tuple

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import (
    NotUpsd,
    Refused,
    TlsFailed,
    Unreachable,
    UpsdError,
    cut_short,
    lost,
    silent,
)

# upsd's own replies end at 512 bytes (NUT server/sstate.h, executed on DSM 6.2.3's upsd); the rest is room for others.
LINE_LIMIT = 8192
REPLY_LIMIT = 1024 * 1024  # bytes; the largest LIST VAR of a managed PDU is a tenth of it

Target = Tuple[int, Tuple[Any, ...]]  # address family, socket address


def too_long() -> NotUpsd:
    """Return the error for a reply that no upsd gives."""
    return NotUpsd(f"a line longer than {LINE_LIMIT} or a reply longer than {REPLY_LIMIT} bytes")


class Lines:
    """What was received, to be taken line by line; the limits hold for one reply."""

    def __init__(self) -> None:
        self._received = b""
        self._budget = REPLY_LIMIT

    @property
    def pending(self) -> bool:
        """Whether something is left."""
        return bool(self._received)

    def start_reply(self) -> None:
        """Count anew: what comes now belongs to another reply."""
        self._budget = REPLY_LIMIT

    def add(self, chunk: bytes) -> None:
        """Add what was received."""
        self._received += chunk

    def take(self) -> str | None:
        """Return the next line without its end, None while its end is missing.

        CR is dropped, bytes outside printable ASCII become ``?``.

        :raises NotUpsd: if the line or the whole reply is too long.
        """
        raw, end, rest = self._received.partition(b"\n")
        if not end and len(raw) > LINE_LIMIT:
            raise too_long()
        if not end:
            return None
        self._received = rest
        self._budget -= len(raw) + 1
        if len(raw) > LINE_LIMIT or self._budget < 0:
            raise too_long()
        return re.sub(rb"[^ -~]", b"?", raw.replace(b"\r", b"")).decode("ascii")


class Talk(Protocol):
    """What :class:`client.Upsd` needs: a :class:`Connection`, or what stands in for one."""

    local_address: str | None
    peer_address: str | None

    @property
    def addresses(self) -> Sequence[str]: ...

    def send_line(self, line: str) -> None: ...

    def read_line(self) -> str: ...

    def patience(self, seconds: float | None) -> None: ...

    def start_tls(self, context: ssl.SSLContext, host: str) -> None: ...

    def hurry(self, seconds: float) -> None: ...

    def close(self) -> None: ...


class Connection:
    """A TCP connection that carries lines ended by LF, all of them before one deadline."""

    def __init__(self, sock: socket.socket, deadline: float, addresses: Sequence[str] = ()) -> None:
        """Take over *sock*; *deadline* is in seconds of ``time.monotonic()``."""
        self._sock = sock
        self._deadline = deadline
        self._reply_deadline: float | None = None
        self._lines = Lines()
        self.addresses: Sequence[str] = addresses
        self.local_address: str | None = normalise_address(str(sock.getsockname()[0]))
        self.peer_address: str | None = normalise_address(str(sock.getpeername()[0]))

    @classmethod
    def open(
        cls,
        host: str,
        port: int,
        *,
        connect_timeout: float,
        timeout: float,
        source_address: str | None,
        prefer: Sequence[str] = (),
        ipv4_only: bool = False,
    ) -> Connection:
        """Try every address of *host* in turn until one accepts.

        :param connect_timeout: seconds for one address.
        :param timeout: seconds for resolving, connecting and everything after it.
        :param source_address: an address of this host to come from.
        :param prefer: which of the addresses of *host* to try first, if it has them.
        :param ipv4_only: try no IPv6 address, as a client that is built without it.
        :raises Unreachable: with the most telling reason of all addresses tried.
        :raises Refused: if any of them refused.
        """
        deadline = time.monotonic() + timeout
        source = _numeric(source_address) if source_address else None
        targets = resolve(host, port, timeout)
        addresses = list(dict.fromkeys(_address(target) for target in targets))
        targets.sort(key=lambda target: _address(target) not in prefer)
        if source:
            targets = [target for target in targets if target[0] == source[0]]
        if not targets:
            raise _unusable("source_address", f"{host} has no address of the family of {source_address}", addresses)
        if ipv4_only:
            targets = [target for target in targets if target[0] == socket.AF_INET]
        if not targets:
            raise _unusable("family", f"{host} has no IPv4 address", addresses)
        failures = []
        for target in targets:
            wait = min(connect_timeout, deadline - time.monotonic())
            if wait <= 0:
                break
            try:
                return cls(_connect(target, source, wait), deadline, addresses)
            except OSError as error:
                failures.append((_why(error), f"{target[1][0]}: {error.strerror or error}", target))
        failed = _summary(failures, source, timeout)
        failed.addresses = addresses
        raise failed

    def send_line(self, line: str) -> None:
        """Send *line* and be ready for a new reply."""
        self._lines.start_reply()
        try:
            self._sock.settimeout(self._left())
            self._sock.sendall(line.encode("ascii") + b"\n")
        except OSError as error:
            raise self._broken(error) from None

    def read_line(self) -> str:
        """Return the next line as :meth:`Lines.take` does.

        :raises NotUpsd: if the line or the whole reply is too long, or ends without LF.
        :raises Unreachable: ``silent`` at the deadline, ``lost`` if the server closed.
        """
        while True:
            line = self._lines.take()
            if line is not None:
                return line
            chunk = self._receive()
            if not chunk:
                raise cut_short() if self._lines.pending else lost(None, self.local_address)
            self._lines.add(chunk)

    def patience(self, seconds: float | None) -> None:
        """Give the next reply at most *seconds*, within the deadline; None: whatever the deadline leaves."""
        self._reply_deadline = None if seconds is None else time.monotonic() + seconds

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Continue in TLS.

        :param host: the name that the certificate must carry, where *context* verifies.
        :raises TlsFailed: with OpenSSL's reason.
        """
        if self._lines.pending:  # a man in the middle may have put words in front of the encrypted ones
            raise TlsFailed("clear text after the answer to STARTTLS")
        try:
            self._sock.settimeout(self._left())
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
        except OSError as error:
            raise self._broken(error, handshake=True) from None
        except ValueError as error:  # a host that cannot be a name in a certificate
            raise TlsFailed(str(error)) from None

    def hurry(self, seconds: float) -> None:
        """Give what follows at most *seconds*, even where the deadline has passed."""
        self._deadline = time.monotonic() + seconds
        self._reply_deadline = None

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _left(self) -> float:
        left = min(self._deadline, self._reply_deadline or self._deadline) - time.monotonic()
        if left <= 0:
            raise silent(self.local_address)
        return left

    def _receive(self) -> bytes:
        try:
            self._sock.settimeout(self._left())
            return self._sock.recv(4096)
        except OSError as error:
            raise self._broken(error) from None

    def _broken(self, error: OSError, handshake: bool = False) -> UpsdError:
        if isinstance(error, socket.timeout):
            return silent(self.local_address)
        if handshake or isinstance(error, ssl.SSLError):
            return TlsFailed(getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error))
        return lost(error.strerror or str(error), self.local_address)


def resolve(host: str, port: int, timeout: float) -> list[Target]:
    """Return the addresses of *host*; in a thread that may be left behind, as the resolver knows no time limit.

    :raises Unreachable: if there are none within *timeout* seconds.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:  # ValueError: no host name at all (IDNA, NUL)
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise Unreachable("name", f"{host}: no answer from the resolver in time") from None
    if isinstance(answer, Exception):
        raise Unreachable("name", f"{host}: {getattr(answer, 'strerror', None) or answer}")
    return [(int(info[0]), tuple(info[4])) for info in answer]


def _address(target: Target) -> str:
    return normalise_address(str(target[1][0]))


def _unusable(reason: str, text: str, addresses: Sequence[str]) -> UpsdError:
    error = Unreachable(reason, text)
    error.addresses = addresses
    return error


def _numeric(address: str) -> Target:
    try:
        info = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
    except (OSError, ValueError):
        raise Unreachable("source_address", f"{address} is not an IP address") from None
    return int(info[0]), tuple(info[4])


def _connect(target: Target, source: Target | None, wait: float) -> socket.socket:
    sock = socket.socket(target[0], socket.SOCK_STREAM)
    try:
        sock.settimeout(wait)
        if source:
            sock.bind(source[1])
        sock.connect(target[1])
    except BaseException:
        sock.close()
        raise
    return sock


def _why(error: OSError) -> str:
    if isinstance(error, socket.timeout) or error.errno == errno.ETIMEDOUT:
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "source_address" if error.errno == errno.EADDRNOTAVAIL else "no_route"


def _summary(failures: list[tuple[str, str, Target]], source: Target | None, timeout: float) -> UpsdError:
    """Return one error for all addresses tried; a refusal says most, since somebody answered."""
    text = "; ".join(failure[1] for failure in failures) or f"no address tried within {timeout:g} s"
    for reason in ("refused", "timeout", "no_route", "source_address"):
        for why, _text, target in failures:
            if why == reason:
                local = _local_address(target, source)
                return Refused(text, local) if reason == "refused" else Unreachable(reason, text, local)
    return Unreachable("timeout", text)


def _local_address(target: Target, source: Target | None) -> str | None:
    """Return this host's address towards *target*; connecting a UDP socket looks the route up and sends nothing."""
    try:
        with socket.socket(target[0], socket.SOCK_DGRAM) as sock:
            if source:
                sock.bind(source[1])
            sock.connect(target[1])
            return normalise_address(str(sock.getsockname()[0]))
    except OSError:
        return None
