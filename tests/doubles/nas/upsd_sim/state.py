"""What the upsd of this test double remembers: UPSes, users, connections, faults, counters."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable

from . import access, profiles
from .dsm.files import Files, Memory
from .words import WordReader

IDLE_LIMIT = 60.0
"""Seconds without a complete line after which upsd drops a client (NUT server/upsd.c; executed on DSM 6.2.3: 61.2)."""

Clock = Callable[[], float]
"""Seconds, monotonic."""


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
    silent_since: float | None = None
    """When (seconds, the clock's) the driver fell silent; it counts as stale one MAXAGE later."""
    fsd: bool = False

    def visible(self) -> dict[str, str]:
        """The variables that upsd shows now; a forced shutdown stands before any status (executed on DSM 6.2.3)."""
        shown = {"ups.status": "WAIT"} if self.driver is Driver.WAIT else dict(self.variables)
        if self.fsd and "ups.status" in shown:
            shown["ups.status"] = "FSD " + shown["ups.status"]
        return shown


@dataclass
class User:
    """One [section] of upsd.users."""

    password: str
    actions: frozenset[str] = frozenset({"LOGIN", "MASTER", "FSD"})
    """`upsmon master` grants these three, `upsmon slave` only LOGIN (NUT server/user.c)."""
    instcmds: frozenset[str] = frozenset()


@dataclass
class Session:
    """One connection."""

    address: str
    last_heard: float
    """Seconds, the clock's; minus infinity after LOGOUT, which is how upsd itself marks a client to be dropped."""
    username: str | None = None
    password: str | None = None
    login: str | None = None
    tls: bool = False
    start_tls: bool = False
    """The reply just made is OK STARTTLS: what comes next is TLS."""
    tracking: bool = False
    reader: WordReader = field(default_factory=WordReader)


@dataclass
class Counters:
    """What was received, refused or not; tests assert on it that nothing dangerous was ever sent."""

    words: Counter[str] = field(default_factory=Counter)
    logins: Counter[str] = field(default_factory=Counter)


class State:
    """Everything but the sockets. `files` are the settings that this upsd shares with DSM's other doors."""

    def __init__(
        self, profile: profiles.Profile, clock: Clock, permit: tuple[str, ...] = (), files: Files | None = None
    ) -> None:
        self.profile = profile
        self.files = files or Files(profile.dsm or 7, Memory())
        self.clock = clock
        self._initially_permitted = tuple(access.canonical(address) for address in permit)
        self.tls_available = False
        self.sessions: list[Session] = []
        self.reset()

    def reset(self) -> None:
        """Back to the initial state; connections are forgotten, the caller closes their sockets."""
        self.files.reset(self._initially_permitted)
        self.load()
        self.hosts_allow = ""
        self.users = {"monuser": User("secret")}
        self.upses = {"ups": Ups({**profiles.VARIABLES, **self.profile.driver})}
        self.hidden: set[str] = set()
        self.seen_as: dict[str, str] = {}
        self.slow = 0.0
        self.lacking: set[str] = set()
        self.mute = False
        self.locked = False
        self.full = False
        self.counters = Counters()
        self.sessions.clear()

    def lacks(self, words: list[str]) -> bool:
        """True if this upsd is to be without a command, which may be two words such as LIST CLIENT."""
        upper = [word.upper() for word in words[:2]]
        return bool({" ".join(upper[:1]), " ".join(upper)} & self.lacking)

    def load(self) -> None:
        """What upsd does at start and reload, and only then: read its list; FSD and connections stay as they are.

        Without UPS support it reads none (executed on DSM 6.2.3).
        """
        entries = (self.files.permitted or []) if self.files.enabled else []
        self.permitted: list[str] = access.permitted_addresses(entries)

    def restart(self) -> None:
        """What a restart of upsd and its driver forgets: the FSD latch, connections, trouble with the driver."""
        self.sessions.clear()
        for ups in self.upses.values():
            ups.fsd = False
            self.driver(ups, Driver.OK)

    def driver(self, ups: Ups, driver: Driver) -> None:
        """Change a driver's health."""
        ups.driver = driver
        ups.silent_since = None

    @property
    def hosts_deny(self) -> str:
        """The text of hosts.deny, read anew each time; DSM 6 writes it together with the list."""
        return self.files.hosts_deny if self.profile.hosts_deny else ""

    @hosts_deny.setter
    def hosts_deny(self, text: str) -> None:
        self.files.hosts_deny = text

    def connect(self, address: str) -> Session:
        """Take a connection from this peer."""
        known = access.canonical(address)
        session = Session(self.seen_as.get(known, known), self.clock())
        self.sessions.append(session)
        return session

    def disconnect(self, session: Session) -> None:
        """Forget a connection and its login, however it ended."""
        if session in self.sessions:
            self.sessions.remove(session)

    def expired(self, session: Session) -> bool:
        """True when upsd would drop this connection: LOGOUT was its last word, or it idles too long."""
        # upsd counts in whole seconds and drops at more than 60.
        return self.clock() - session.last_heard >= IDLE_LIMIT + 1

    def is_permitted(self, session: Session) -> bool:
        """True if Synology's address list lets this peer in."""
        if not self.profile.permitted_list:
            return True
        return session.address in access.LOOPBACK or session.address in self.permitted

    def is_stale(self, ups: Ups) -> bool:
        """True if upsd has no fresh data of this UPS."""
        if ups.driver is Driver.STALE:
            return True
        return ups.silent_since is not None and self.clock() - ups.silent_since >= self.profile.maxage

    def clients(self, name: str) -> list[Session]:
        """The connections logged in to a UPS, newest first (NUT puts each new client at the head of its list)."""
        return [session for session in reversed(self.sessions) if session.login == name]
