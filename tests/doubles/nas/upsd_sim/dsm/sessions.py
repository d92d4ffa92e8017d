"""The sessions of this test double of DSM's WebAPI; no sockets, the clock is injected."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Callable

from .accounts import Account
from .errors import ApiError, Code

IDLE_LIMIT = 900.0
"""Seconds after which an unused session ends (DSM's default is a quarter of an hour)."""


@dataclass
class Session:
    """One login."""

    account: Account
    address: str
    last_used: float
    token: str = ""
    """The SynoToken, if the login asked for one; from then on each request has to bring it."""
    ended: int = 0
    """The code that answers a session which is over."""
    sid: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class Sessions:
    """All logins."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_sid: dict[str, Session] = {}
        self.issued: list[str] = []
        """Every sid and token, for a test that looks for them where they must not be."""

    def __len__(self) -> int:
        return sum(not session.ended for session in self._by_sid.values())

    def reset(self) -> None:
        """Forget all."""
        self._by_sid.clear()
        self.issued.clear()

    def open(self, account: Account, address: str, wants_token: bool) -> Session:
        """A new session."""
        token = secrets.token_urlsafe(10) if wants_token else ""
        session = Session(account, address, self._clock(), token)
        self._by_sid[session.sid] = session
        self.issued += filter(None, (session.sid, session.token))
        return session

    def find(self, sid: str, address: str, token: str) -> Session:
        """The session of a request, or ApiError."""
        session = self._by_sid.get(sid)
        if session is None:
            raise ApiError(Code.NO_SESSION)
        if session.ended:
            raise ApiError(session.ended)
        if session.address != address:
            raise ApiError(Code.OTHER_ADDRESS)
        if self._clock() - session.last_used > IDLE_LIMIT:
            raise ApiError(Code.TIMED_OUT)
        if session.token and not secrets.compare_digest(session.token.encode(), token.encode()):
            raise ApiError(Code.NO_SESSION)
        session.last_used = self._clock()
        return session

    def close(self, sid: str) -> None:
        """A logout; DSM does not say whether there was such a session."""
        self._by_sid.pop(sid, None)

    def expire(self, code: int) -> None:
        """End all sessions; their next request is answered by this code."""
        for session in self._by_sid.values():
            session.ended = code
