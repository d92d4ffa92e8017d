# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a conversation with an upsd. Import it from module_utils/_nut/client.py."""

from __future__ import annotations

from typing import Sequence


class UpsdError(Exception):
    """Talking to an upsd failed.

    ``kind`` names the class for machines, ``local_address`` is this host's address towards the server, where known,
    ``addresses`` are the server's, where its name was resolved.
    """

    kind = "error"

    def __init__(self, text: str, local_address: str | None = None) -> None:
        super().__init__(text)
        self.local_address = local_address
        self.addresses: Sequence[str] = ()


class Unreachable(UpsdError):
    """No conversation came about, or it broke off.

    ``reason`` is one of ``name`` (does not resolve), ``source_address`` (not ours, or of another family), ``family``
    (no address that the client can use), ``no_route``, ``timeout`` (no connection in time), ``silent`` (connected, no
    answer in time) and ``lost`` (closed midway).
    """

    kind = "unreachable"

    def __init__(self, reason: str, text: str = "", local_address: str | None = None) -> None:
        super().__init__(text or reason, local_address)
        self.reason = reason


class Refused(UpsdError):
    """Nothing listens there."""

    kind = "refused"


class NotUpsd(UpsdError):
    """The reply is not NUT's, or it is too big to be."""

    kind = "not_upsd"


class TlsFailed(UpsdError):
    """No TLS as asked for. ``code`` is upsd's error word where it refused STARTTLS."""

    kind = "tls_failed"

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class ErrReply(UpsdError):
    """upsd answered ``ERR code detail``."""

    kind = "err_reply"

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"ERR {code} {detail}".rstrip())
        self.code = code
        self.detail = detail


def lost(reason: str | None, address: str | None) -> Unreachable:
    """Return the error for a connection that broke for *reason*, or that the server closed."""
    return Unreachable("lost", f"connection lost: {reason}" if reason else "the server closed the connection", address)


def silent(address: str | None) -> Unreachable:
    """Return the error for an answer that did not come."""
    return Unreachable("silent", "connected, but no answer in time", address)


def cut_short() -> NotUpsd:
    """Return the error for a connection that ended in the midst of a line."""
    return NotUpsd("a reply without the end of its line")
