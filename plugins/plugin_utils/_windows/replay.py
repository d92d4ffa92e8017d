# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation with an upsd that another host held, played back in place of a connection.

The recording is the result of the module win_upsd_exchange, which understands nothing of what it sends and receives.
"""

from __future__ import annotations

import base64
import ssl
from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.connection import Lines, too_long
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

__all__ = ["Replay", "Stopped"]

_REFUSED = 10061  # WSAECONNREFUSED
_TIMED_OUT = 10060  # WSAETIMEDOUT
_CHUNK = 4096  # bytes
_ERRORS = (None, "name", "source_address", "connect", "silent", "lost", "too_long")


class Stopped(UpsdError):
    """The recording ends here because upsd refused what was said last; nothing is wrong with the connection."""

    kind = "stopped"


class Replay:
    """Answers with what was recorded.

    A line that was sent but is not asked for here is passed over with its reply, since what makes the conversation
    skip it (such as a LIST CLIENT after one that was refused) was not known to the sender.
    """

    def __init__(self, sent: Sequence[str], result: Mapping[str, Any]) -> None:
        """Take over a recording.

        :param sent: the lines that the host was told to send, as :class:`client.Upsd` says them.
        :param result: what the host returned.
        :raises ValueError: if it is no such recording.
        """
        if result["error"] not in _ERRORS:
            raise ValueError("not a result of win_upsd_exchange: unknown error")
        self._sent = list(sent)
        self._replies = [base64.b64decode(reply, validate=True) for reply in result["replies"]]
        self._error: str | None = result["error"]
        self._socket_error = int(result["socket_error"])
        self._message = str(result["message"])
        self._at = -1  # the line that was asked for last
        self._unread = b""
        self._lines = Lines()
        self.local_address = _address(result["local_address"])
        self.peer_address = _address(result["peer_address"])
        self.addresses = [normalise_address(str(address)) for address in result["addresses"] or []]

    @property
    def unconnected(self) -> UpsdError | None:
        """Why there was no connection, None if there was one."""
        if self.peer_address or self._error not in ("name", "source_address", "connect"):
            return None
        return self._failure()

    def send_line(self, line: str) -> None:
        """Turn to the reply to *line*.

        :raises RuntimeError: if the line was not to be sent, which is an error in this program.
        """
        try:
            self._at = self._sent.index(line, self._at + 1)
        except ValueError:
            raise RuntimeError(f"{line.split()[0]} is not what was sent, or not in this order") from None
        self._lines = Lines()
        self._unread = self._replies[self._at] if self._at < len(self._replies) else b""

    def read_line(self) -> str:
        """Return the next line as :meth:`connection.Connection.read_line` does.

        :raises Stopped: if the line was not sent, because of upsd's answer to one before.
        :raises UpsdError: what kept the host from receiving more, or :class:`NotUpsd` if an answer is too strange.
        """
        while True:
            line = self._lines.take()
            if line is not None:
                return line
            if not self._unread:
                raise self._end()
            self._lines.add(self._unread[:_CHUNK])
            self._unread = self._unread[_CHUNK:]

    def patience(self, seconds: float | None) -> None:
        """Do nothing, as nothing is waited for."""

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Refuse: there is no TLS in a recording."""
        raise TlsFailed("TLS cannot be played back")

    def hurry(self, seconds: float) -> None:
        """Do nothing, as nothing is waited for."""

    def close(self) -> None:
        """Do nothing."""

    def _end(self) -> UpsdError:
        if self._at < len(self._replies) - 1 or (self._at < len(self._replies) and not self._error):
            return NotUpsd("a list without its end")
        if self._error:
            return self._failure()
        if self._replies and self._replies[-1].startswith(b"ERR "):
            return Stopped("not sent")
        return NotUpsd("an answer that no upsd gives")

    def _failure(self) -> UpsdError:
        here = self.local_address
        if self._error == "connect" and self._socket_error == _REFUSED:
            return self._unconnected(Refused(self._message, here))
        if self._error == "connect":
            reason = "timeout" if self._socket_error == _TIMED_OUT else "no_route"
            return self._unconnected(Unreachable(reason, self._message, here))
        if self._error == "too_long":
            return too_long()
        if self._error == "silent":
            return silent(here)
        if self._error == "lost" and not self._socket_error:
            return cut_short() if self._lines.pending else lost(None, here)
        if self._error == "lost":
            return lost(self._message, here)
        return self._unconnected(Unreachable(str(self._error), self._message, here))  # name, source_address

    def _unconnected(self, error: UpsdError) -> UpsdError:
        error.addresses = self.addresses
        return error


def _address(text: Any) -> str | None:
    return normalise_address(str(text)) if text else None
