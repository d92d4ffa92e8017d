# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upsd remembers: UPSes, users, connections."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, List, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.profile import Profile
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.words import WordReader

IDLE_LIMIT = 60.0
"""Seconds without a complete line after which upsd drops a client (NUT server/upsd.c; executed on DSM 6.2.3: 61.2)."""

Clock = Callable[[], float]
"""Seconds, monotonic."""

Handler = Callable[[Any, Any, List[str]], List[str]]
"""Takes a state, a session and a word's arguments, returns the reply's lines; raises Refused."""


class Driver(enum.Enum):
    """How the driver of a UPS is doing."""

    OK = "ok"
    STALE = "stale"
    DOWN = "down"
    WAIT = "wait"
    """Connected again, but has not told its variables yet."""


@dataclass
class Ups:
    """One [section] of ups.conf and its driver."""

    variables: dict[str, str]
    description: str | None = None
    driver: Driver = Driver.OK

    def visible(self) -> dict[str, str]:
        """The variables that upsd shows now."""
        return {"ups.status": "WAIT"} if self.driver is Driver.WAIT else dict(self.variables)


@dataclass
class User:
    """One [section] of upsd.users."""

    password: str
    actions: frozenset[str] = frozenset({"LOGIN"})
    """`upsmon slave` and `upsmon secondary` grant this one (NUT server/user.c)."""


@dataclass
class Session:
    """One connection."""

    address: str
    last_heard: float
    """Seconds, the clock's; minus infinity after LOGOUT, which is how upsd itself marks a client to be dropped."""
    username: str | None = None
    password: str | None = None
    login: str | None = None
    reader: WordReader = field(default_factory=WordReader)


class State:
    """Everything but the sockets. The mock NAS of the tests overrides what it adds."""

    extra: Mapping[str, Handler] = {}
    """Handlers beside those of the protocol, or instead of them."""

    def __init__(self, profile: Profile, clock: Clock, permitted: Iterable[str] = ()) -> None:
        self.profile: Profile = profile
        self.clock = clock
        self.permitted: list[str] = [normalise_address(address) for address in permitted]
        """Addresses that are answered at all, as DSM's list, here without exception."""
        self.users: Mapping[str, User] = {}
        self.upses: Mapping[str, Ups] = {}
        self.sessions: list[Session] = []

    def connect(self, address: str) -> Session:
        """Take a connection from this peer."""
        session = Session(normalise_address(address), self.clock())
        self.sessions.append(session)
        return session

    def log_in(self, session: Session, name: str) -> None:
        """LOGIN to a UPS was granted."""
        session.login = name

    def disconnect(self, session: Session) -> None:
        """Forget a connection and its login, however it ended."""
        if session in self.sessions:
            self.sessions.remove(session)

    def expired(self, session: Session) -> bool:
        """True when upsd would drop this connection: LOGOUT was its last word, or it idles too long."""
        # upsd counts in whole seconds and drops at more than 60.
        return self.clock() - session.last_heard >= IDLE_LIMIT + 1

    def heard(self, session: Session, words: list[str]) -> None:
        """A line came, not judged yet; may raise Refused."""

    def is_permitted(self, session: Session, word: str) -> bool:
        """True if this peer may say a word."""
        return session.address in self.permitted

    def refusal(self, session: Session, text: str) -> list[str]:
        """The lines that say no."""
        return [f"ERR {text}"]

    def is_stale(self, ups: Ups) -> bool:
        """True if upsd has no fresh data of this UPS."""
        return ups.driver is Driver.STALE

    def clients(self, name: str) -> list[Session]:
        """The connections logged in to a UPS, newest first (NUT puts each new client at the head of its list)."""
        return [session for session in reversed(self.sessions) if session.login == name]

    def listed(self, name: str) -> list[Session]:
        """What LIST CLIENT tells of these."""
        return self.clients(name)
