"""What the upsd of this test double remembers beyond a plain one: DSM's list and files, FSD, faults, counters."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import state as plain
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.errors import Refused
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Clock, Driver

from . import access, profiles, writes
from .dsm.files import Files, Memory


@dataclass
class Ups(plain.Ups):
    """One whose driver may fall silent, and which may be shut down by force."""

    silent_since: float | None = None
    """When (seconds, the clock's) the driver fell silent; it counts as stale one MAXAGE later."""
    fsd: bool = False

    def visible(self) -> dict[str, str]:
        """The variables that upsd shows now; a forced shutdown stands before any status (executed on DSM 6.2.3)."""
        shown = super().visible()
        if self.fsd and "ups.status" in shown:
            shown["ups.status"] = "FSD " + shown["ups.status"]
        return shown


@dataclass
class User(plain.User):
    """One who may do more than log in."""

    actions: frozenset[str] = frozenset({"LOGIN", "MASTER", "FSD"})
    """`upsmon master` grants these three, `upsmon slave` only LOGIN (NUT server/user.c)."""
    instcmds: frozenset[str] = frozenset()


@dataclass
class Session(plain.Session):
    """One that may turn to TLS, and ask for tracking."""

    tls: bool = False
    start_tls: bool = False
    """The reply just made is OK STARTTLS: what comes next is TLS."""
    tracking: bool = False


@dataclass
class Counters:
    """What was received, refused or not; tests assert on it that nothing dangerous was ever sent."""

    words: Counter[str] = field(default_factory=Counter)
    logins: Counter[str] = field(default_factory=Counter)


class State(plain.State):
    """Everything but the sockets. `files` are the settings that this upsd shares with DSM's other doors."""

    extra = writes.HANDLERS

    def __init__(
        self, profile: profiles.Profile, clock: Clock, permit: tuple[str, ...] = (), files: Files | None = None
    ) -> None:
        super().__init__(profile, clock)
        self.profile: profiles.Profile = profile
        self.files = files or Files(profile.dsm or 7, Memory())
        self._initially_permitted = tuple(access.canonical(address) for address in permit)
        self.tls_available = False
        self.log: deque[dict[str, object]] = deque(maxlen=1000)
        """What happened, with its time (seconds since 1970); a reset does not forget it."""
        self.reset()

    def reset(self) -> None:
        """Back to the initial state; connections are forgotten, the caller closes their sockets."""
        self.files.reset(self._initially_permitted)
        self.load()
        self.hosts_allow = ""
        self.users: dict[str, User] = {"monuser": User("secret")}
        self.upses: dict[str, Ups] = {"ups": Ups({**profiles.VARIABLES, **self.profile.driver})}
        self.hidden: set[str] = set()
        self.seen_as: dict[str, str] = {}
        self.slow = 0.0
        self.lacking: set[str] = set()
        self.mute = False
        self.locked = False
        self.full = False
        self.counters = Counters()
        self.sessions.clear()

    def note(self, what: str, value: str) -> None:
        """Write to the log."""
        self.log.append({"time": time.time(), "what": what, "value": value})

    def heard(self, session: plain.Session, words: list[str]) -> None:
        """Count a line, and refuse what this upsd is to be without."""
        word = words[0].upper() if words else ""
        if word not in self.profile.words:
            self.counters.words["(unknown)"] += 1
            return
        self.counters.words[word] += 1
        if self.lacks(words):
            raise Refused("UNKNOWN-COMMAND" if word in self.lacking else "INVALID-ARGUMENT")
        if self.locked and session.password is None and word not in ("USERNAME", "PASSWORD"):
            raise Refused("ACCESS-DENIED")
        if word == "LOGIN":
            self.counters.logins[session.address] += 1

    def lacks(self, words: list[str]) -> bool:
        """True if this upsd is to be without a command, which may be two words such as LIST CLIENT."""
        upper = [word.upper() for word in words[:2]]
        return bool({" ".join(upper[:1]), " ".join(upper)} & self.lacking)

    def load(self) -> None:
        """What upsd does at start and reload, and only then: read its list; FSD and connections stay as they are.

        Without UPS support it reads none (executed on DSM 6.2.3).
        """
        entries = (self.files.permitted or []) if self.files.enabled else []
        self.permitted = access.permitted_addresses(entries)

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

    def log_in(self, session: plain.Session, name: str) -> None:
        """LOGIN to a UPS was granted."""
        super().log_in(session, name)
        self.note("login", session.address)

    def disconnect(self, session: plain.Session) -> None:
        """Forget a connection and its login, however it ended."""
        if session in self.sessions and session.login:
            self.note("logout", session.address)
        super().disconnect(session)

    def is_permitted(self, session: plain.Session, word: str) -> bool:
        """True if hosts.deny, which is asked for the privileged words, and Synology's list let this peer in."""
        deny = word in self.profile.privileged and self.profile.hosts_deny
        if deny and not access.hosts_access(session.address, self.hosts_deny, self.hosts_allow):
            return False
        if not self.profile.permitted_list:
            return True
        return session.address in access.LOOPBACK or super().is_permitted(session, word)

    def refusal(self, session: plain.Session, text: str) -> list[str]:
        """The lines that say no; none to what is not known, where this upsd is to be mute."""
        unknown = text in ("UNKNOWN-COMMAND", "INVALID-ARGUMENT")
        return [] if self.mute and unknown else super().refusal(session, text)

    def is_stale(self, ups: plain.Ups) -> bool:
        """True if upsd has no fresh data of this UPS."""
        silent_since = ups.silent_since if isinstance(ups, Ups) else None
        silent = silent_since is not None and self.clock() - silent_since >= self.profile.maxage
        return silent or super().is_stale(ups)

    def listed(self, name: str) -> list[plain.Session]:
        """What LIST CLIENT tells."""
        return [client for client in self.clients(name) if client.address not in self.hidden]
