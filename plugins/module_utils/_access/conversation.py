# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to an upsd, and what it answered; also to one that is not NUT's own.

One attempt is one connection. Where a server leaves a command unanswered a late answer would be taken for that of the
next one, so :func:`following` asks for another connection, with what was learned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.reading import CHARGE, RUNTIME
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import (
    ErrReply,
    TlsFailed,
    Unreachable,
    Upsd,
    UpsdError,
)

VER = "VER"
LIST_CLIENT = "LIST CLIENT"
NUMLOGINS = "GET NUMLOGINS"
OPTIONAL = (VER, LIST_CLIENT, NUMLOGINS)
"""What a server may lack: UniFi's refuses some of these (NUT issue 3155), esp32-nut 1.4 is silent to all of them."""

SHARE = 0.2
"""The share of the time for everything that the answer to one of :data:`OPTIONAL` may take."""

CLOSED = ("ACCESS-DENIED", "USERNAME-REQUIRED", "PASSWORD-REQUIRED")
"""What a server answers that does not let itself be read: by this address, or before it knows the user."""

# They say something of this UPS or this user, not that the server lacks the command.
_KNOWN = (*CLOSED, "UNKNOWN-UPS", "DATA-STALE", "DRIVER-NOT-CONNECTED")


class Plan(NamedTuple):
    """How to talk to a server of which something is known."""

    introduce: bool = False
    """Whether it wants USERNAME and PASSWORD before it lets itself be read."""
    skip: tuple[tuple[str, str], ...] = ()
    """The commands of :data:`OPTIONAL` that it lacks, each with the word after ERR, or ``silent`` and the like."""


FIRST = Plan()


@dataclass
class Exchange:
    """What one conversation showed. ``None`` is: not seen, because it was not asked or not answered."""

    host: str
    port: int
    ups: str
    error: str | None = None  # kind of the error that ended it early: unreachable, refused, not_upsd, tls_failed
    reason: str | None = None  # Unreachable's reason, or the word with which STARTTLS was refused
    error_text: str = ""
    asking: str | None = None  # the one of OPTIONAL that was asked for when the error came
    version: str | None = None
    version_error: str | None = None  # here and below: the word after ERR
    upses: dict[str, str] | None = None
    upses_error: str | None = None
    status: str | None = None
    status_error: str | None = None
    charge: str | None = None  # battery.charge
    runtime: str | None = None  # battery.runtime, seconds
    clients_before: list[str] | None = None
    clients_after: list[str] | None = None
    clients_error: str | None = None
    logins_before: int | None = None  # NUMLOGINS, asked for where there is no LIST CLIENT
    logins_after: int | None = None
    introduced: bool = False  # USERNAME and PASSWORD were said before anything was read
    locked: bool = False  # the server did not let itself be read, but takes a USERNAME
    credentials_error: str | None = None  # USERNAME or PASSWORD refused
    login: str | None = None  # "ok" or the word after ERR
    source_address: str | None = None
    peer_address: str | None = None
    addresses: list[str] = field(default_factory=list)  # all of the server's name
    elapsed: float = 0.0  # seconds

    def fail(self, error: UpsdError) -> None:
        """Note the error that ended the conversation."""
        self.error = error.kind
        self.error_text = str(error)
        self.source_address = self.source_address or error.local_address
        self.addresses = self.addresses or list(error.addresses)
        if isinstance(error, Unreachable):
            self.reason = error.reason
        elif isinstance(error, TlsFailed):
            self.reason = error.code


class Words(NamedTuple):
    """Who logs in."""

    username: str
    password: str


def converse(upsd: Upsd, exchange: Exchange, words: Words, plan: Plan, patience: float | None = None) -> None:
    """Say all that one attempt says, and note the answers in *exchange*.

    :param patience: seconds for the answer to one of :data:`OPTIONAL`.
    :raises UpsdError: what ended the conversation early.
    """
    exchange.source_address = upsd.local_address or exchange.source_address
    exchange.peer_address = upsd.peer_address
    exchange.addresses = list(upsd.addresses)
    exchange.introduced = plan.introduce
    _Attempt(upsd, exchange, words, plan, patience).run()


class _Attempt:
    def __init__(self, upsd: Upsd, seen: Exchange, words: Words, plan: Plan, patience: float | None) -> None:
        self._upsd = upsd
        self._seen = seen
        self._words = words
        self._introduce = plan.introduce
        self._skip = dict(plan.skip)
        self._patience = patience

    def run(self) -> None:
        if self._introduce and not self._say_who():
            return
        if not self._look():
            return
        if (self._introduce or self._say_who()) and self._log_in():
            self._read_battery()

    def _look(self) -> bool:
        """Read; return whether it makes sense to go on to LOGIN."""
        seen, upsd = self._seen, self._upsd
        seen.version, seen.version_error = self._optional(VER, upsd.version)
        if self._closed(seen.version_error):
            return False
        seen.upses, seen.upses_error = _try(upsd.list_ups)
        if self._closed(seen.upses_error) or not has_ups(seen):
            return False
        seen.status, seen.status_error = _try(lambda: upsd.get_var(seen.ups, "ups.status"))
        if self._closed(seen.status_error) or seen.status_error == "UNKNOWN-UPS":
            return False
        if "OB" in status(seen):
            seen.charge, _error = _try(lambda: upsd.get_var(seen.ups, CHARGE))
        seen.clients_before, seen.clients_error = self._list_clients()
        if not self._introduce and self._closed(seen.clients_error):
            return False
        if LIST_CLIENT in self._skip:
            seen.logins_before = self._count()
        return following(seen, Plan(self._introduce, tuple(self._skip.items()))) is None

    def _closed(self, code: str | None) -> bool:
        """Return whether the server does not let itself be read; note whether it only wants to know the user first.

        DSM's permitted list is asked for every known word, so it refuses USERNAME too, and no password is sent.
        """
        if code not in CLOSED:
            return False
        if not self._introduce:
            _none, self._seen.credentials_error = _try(lambda: self._upsd.username(self._words.username))
            self._seen.locked = self._seen.credentials_error is None
        return True

    def _say_who(self) -> bool:
        upsd, words = self._upsd, self._words
        for say in (lambda: upsd.username(words.username), lambda: upsd.password(words.password)):
            _none, self._seen.credentials_error = _try(say)
            if self._seen.credentials_error:
                return False
        return True

    def _log_in(self) -> bool:
        seen, upsd = self._seen, self._upsd
        _none, login_error = _try(lambda: upsd.login(seen.ups))
        seen.login = login_error or "ok"
        if seen.login == "ok" and seen.clients_error is None:
            seen.clients_after, seen.clients_error = self._list_clients()
        elif seen.login == "ok" and seen.logins_before is not None:
            seen.logins_after = self._count()
        return seen.login == "ok"

    def _read_battery(self) -> None:
        """Read what people want to see. It comes last, and whatever goes wrong with it proves nothing."""
        seen, upsd = self._seen, self._upsd
        upsd.patience(self._patience)
        try:
            if seen.charge is None:
                seen.charge, _error = _try(lambda: upsd.get_var(seen.ups, CHARGE))
            seen.runtime, _error = _try(lambda: upsd.get_var(seen.ups, RUNTIME))
        except UpsdError:
            pass
        upsd.patience(None)

    def _list_clients(self) -> tuple[list[str] | None, str | None]:
        clients: tuple[list[str] | None, str | None]
        clients = self._optional(LIST_CLIENT, lambda: self._upsd.list_clients(self._seen.ups))
        return clients if clients != (None, None) else (None, self._skip[LIST_CLIENT])

    def _count(self) -> int | None:
        logins: int | None = self._optional(NUMLOGINS, lambda: self._upsd.num_logins(self._seen.ups))[0]
        return logins

    def _optional(self, command: str, ask: Callable[[], Any]) -> tuple[Any, str | None]:
        """Ask for what the server may lack; return (None, None) where it is known to."""
        if command in self._skip:
            return None, None
        self._seen.asking = command
        self._upsd.patience(self._patience)
        answer = _try(ask)
        self._upsd.patience(None)
        self._seen.asking = None
        return answer


def _try(ask: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return the answer and None, or None and the word after ERR."""
    try:
        return ask(), None
    except ErrReply as error:
        return None, error.code


def following(seen: Exchange, plan: Plan) -> Plan | None:
    """Return how to ask a server again after what was *seen* of it, None where that would show nothing more."""
    if seen.locked and not plan.introduce:
        return plan._replace(introduce=True)
    known = [command for command, _why in plan.skip]
    lacks, why = seen.asking, seen.reason or seen.error
    if not _unanswered(seen):
        lacks, why = LIST_CLIENT, seen.clients_error if seen.error is None else None
        if why in _KNOWN and not (plan.introduce and why in CLOSED):
            return None
    if lacks is None or not why or lacks in known:
        return None
    return plan._replace(skip=(*plan.skip, (lacks, why)))


def _unanswered(seen: Exchange) -> bool:
    """Return whether it was one of :data:`OPTIONAL` that brought no answer, or none of NUT's."""
    if seen.asking not in OPTIONAL:
        return False
    if seen.error == "not_upsd":
        return seen.upses is not None
    return seen.error == "unreachable" and seen.reason in ("silent", "lost")


def clients_of(server: Upsd, names: Iterable[str]) -> list[str] | None:
    """Return the addresses that are logged in to one of the UPSes *names*, None if the server does not tell.

    A server that does not permit this host, or has lost the UPS, serves it none.
    """
    found: list[str] = []
    for name in names:
        try:
            found += server.list_clients(name)
        except ErrReply as error:
            if error.code not in ("ACCESS-DENIED", "UNKNOWN-UPS"):
                return None
        except UpsdError:
            return None
    return found


def has_ups(seen: Exchange) -> bool:
    """Return whether the server has the UPS; upsd compares names without regard to case (NUT server/upsd.c)."""
    return seen.ups.lower() in (name.lower() for name in seen.upses or {})


def status(seen: Exchange) -> Sequence[str]:
    """Return the words of ups.status; drivers order them differently, so only membership means anything."""
    return (seen.status or "").upper().split()
