"""The sockets of this test double beyond a plain upsd's: slow replies, restarts, TLS, DSM's WebAPI beside it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import server as plain
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Session as PlainSession

from .dsm.nas import Dsm
from .dsm.web import WebServer
from .state import Session, State


class Connection(plain.Connection):
    """One client socket."""

    server: Server

    def eof_received(self) -> bool:
        """Called by asyncio on a half close; asyncio knows no half-closed TLS."""
        super().eof_received()
        return not (isinstance(self.session, Session) and self.session.tls)

    async def reply(self, session: PlainSession, data: bytes) -> None:
        """Send what was answered, late where this double is slow, and turn to TLS after OK STARTTLS."""
        assert isinstance(session, Session)
        slow = self.server.state.slow
        if data and slow:
            await asyncio.sleep(slow)
        await super().reply(session, data)
        if session.start_tls:
            await self._start_tls(session)

    async def _start_tls(self, session: Session) -> None:
        session.start_tls = False
        context = self.server.tls
        assert context is not None
        try:
            loop = asyncio.get_running_loop()
            self.transport = await loop.start_tls(self.transport, self, context, server_side=True)
        except (OSError, ssl.SSLError):
            self.transport.abort()
            return
        session.tls = True


class Server(plain.Server):
    """All sockets of one mock NAS."""

    connection = Connection

    def __init__(self, state: State, hosts: list[str], port: int, maxconn: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(state, hosts, port, maxconn)
        self.state: State = state
        self.dsm = Dsm(state, self.restart)
        self.web: WebServer | None = None
        """The WebAPI's socket, if there is one."""
        self.restarts = 0
        self.tls = tls
        state.tls_available = tls is not None
        self._restarting: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        """False also while this double is to be full."""
        return not self.state.full and super().has_room

    async def start(self) -> None:
        """Read the list, listen on every address."""
        self.state.load()
        if self.state.files.serves:  # else DSM starts no upsd
            await super().start()

    def restart(self, seconds: float) -> None:
        """Go away, refuse connects for that many seconds, come back without the FSD latch, with the files' list."""
        self.restarts += 1
        self.stop_listening()
        self.drop_all()
        self.state.restart()
        if self._restarting is not None:
            self._restarting.cancel()
        self._restarting = asyncio.get_running_loop().create_task(self._come_back(seconds))

    async def _come_back(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.start()
        self._restarting = None

    async def reset(self, permitted: Sequence[str] = ()) -> None:
        """Back to the initial state, listening; *permitted* are permitted from the first answer on."""
        self.drop_all()
        self.state.reset()
        if permitted:
            self.state.files.permit([*(self.state.files.permitted or []), *permitted])
            self.state.load()
        await self._reset_dsm()
        if self._restarting is not None:
            self._restarting.cancel()
            self._restarting = None
        if not self.listening:
            await self.start()

    async def _reset_dsm(self) -> None:
        wrong_name = self.dsm.faults.tls_name
        self.dsm.reset()
        self.restarts = 0
        if self.web is not None:
            await self.web.start()
            if wrong_name:
                self.web.certificates.issue()
