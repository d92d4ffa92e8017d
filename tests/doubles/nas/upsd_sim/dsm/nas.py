"""The parts of this test double of DSM put together: what the doors share, what a test breaks, what it counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable

from ..state import State
from . import settings
from .accounts import Accounts
from .sessions import Sessions

RESTART_SECONDS = 2.0
"""Seconds of refused connects when DSM restarts its UPS service; 15 is usual on a real NAS and would slow tests."""


@dataclass
class Faults:
    """What is broken on purpose."""

    html: bool = False
    """Every request is answered by a page."""
    cut_set: str = ""
    """`before` or `after`: the next `set` ends in a cut connection, before or after it took effect."""
    answer: int = 0
    """A code that answers every get and set."""
    overtaken_by: tuple[str, ...] | None = None
    """What another run sets as soon as the session is over that has set something: it had read the list before."""
    slow: float = 0.0
    """Seconds before each answer."""
    tls_name: str = ""
    """The certificate is for this name instead."""
    down: bool = False


@dataclass
class Counts:
    """What was received, refused or not."""

    calls: Counter[str] = field(default_factory=Counter)
    """By method: login, logout, get, set, query."""
    refusals: Counter[str] = field(default_factory=Counter)
    """By method and code: `login 400`."""


class Dsm:
    """One NAS; `restart` is what the sockets do when DSM restarts its UPS service."""

    def __init__(self, state: State, restart: Callable[[float], None]) -> None:
        self.state = state
        self.files = state.files
        self.accounts = Accounts(state.clock)
        self.sessions = Sessions(state.clock)
        self._restart = restart
        self.reset()

    def reset(self) -> None:
        """As new. The files are put back by the upsd's state."""
        self.accounts.reset()
        self.sessions.reset()
        self.faults = Faults()
        self.counts = Counts()
        self.restart_seconds = RESTART_SECONDS
        self._was_set = False

    def restart_service(self) -> None:
        """DSM restarts ups-usb: upsd goes away, and comes back with what the files say then."""
        self._restart(self.restart_seconds)

    def set(self, given: dict[str, Any]) -> None:
        """The WebAPI's `set`: the service restarts even if nothing changed."""
        settings.apply(self.files, given)
        self._was_set = True
        self.restart_service()

    def session_is_over(self) -> None:
        """A logout: the moment for another run to set what it makes of the list as it was before."""
        if self._was_set and self.faults.overtaken_by is not None:
            self.files.permit(self.faults.overtaken_by)
            self.faults.overtaken_by = None
            self.restart_service()
        self._was_set = False

    def show(self) -> dict[str, Any]:
        """What `web status` prints; no secrets."""
        return {
            "file": "/" + self.files.path,
            "stored": {key: value for key, value in self.files.keys().items() if key.startswith("ups")},
            "stored_permitted": self.files.permitted,
            "sessions": len(self.sessions),
            "blocked": sorted(self.accounts.blocked),
            "failed_logins": self.accounts.failures,
            "calls": {name: self.counts.calls[name] for name in ("query", "login", "logout", "get", "set")},
            "refusals": dict(self.counts.refusals),
            "faults": {**vars(self.faults), "login_error": self.accounts.refuse_with},
            "restart_seconds": self.restart_seconds,
        }
