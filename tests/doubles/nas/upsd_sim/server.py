"""The sockets of this test double: listening, dropping idle clients, a full server, restarts, TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

from . import protocol
from .dsm.nas import Dsm
from .dsm.web import WebServer
from .listening import bind_all
from .state import Session, State

IDLE_CHECK = 1.0
"""Seconds between two looks for idle clients; upsd's own loop wakes at least every 2."""

WRITE_LIMIT = 1 << 20
"""Bytes waiting for a client that does not read; past it the client is dropped."""


class Connection(asyncio.Protocol):
    """One client socket. It is parked (accepted by the kernel, never read) while the server is full."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._inbox = asyncio.StreamReader()
        self._transport: Any = None
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: somebody connected."""
        self._transport = transport
        self._transport.pause_reading()
        self._server.enter(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._inbox.feed_data(data)

    def eof_received(self) -> bool:
        """Called by asyncio on a half close; what was sent before it is still answered."""
        self._inbox.feed_eof()
        return self._session is None or not self._session.tls  # asyncio knows no half-closed TLS

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the socket is gone, by close or by RST."""
        self._inbox.feed_eof()
        if self._task is not None:
            self._task.cancel()
        self._server.leave(self, self._session)

    def serve(self) -> None:
        """There is a place: take the peer's address and answer it."""
        peer = self._transport.get_extra_info("peername")
        if peer is None:  # gone while it was parked
            self._transport.abort()
            return
        self._session = self._server.state.connect(peer[0])
        self._transport.resume_reading()
        self._task = asyncio.get_running_loop().create_task(self._converse(self._session))

    def drop(self) -> None:
        """Close without a word, as upsd does."""
        if self._session is not None:
            self._server.state.disconnect(self._session)
        self._transport.close()

    def drop_if_idle(self) -> None:
        """Close if upsd would have lost patience."""
        if self._session is not None and self._server.state.expired(self._session):
            self.drop()

    async def _converse(self, session: Session) -> None:
        try:
            while not self._server.state.expired(session):
                data = await self._inbox.read(protocol.READ_SIZE)
                if not data:
                    break
                await self._answer(session, data)
        finally:
            self.drop()

    async def _answer(self, session: Session, data: bytes) -> None:
        state = self._server.state
        reply = protocol.receive(state, session, data)
        if reply and state.slow:
            await asyncio.sleep(state.slow)
        self._transport.write(reply)
        if session.start_tls:
            await self._start_tls(session)
        if self._transport.get_write_buffer_size() > WRITE_LIMIT:
            self._transport.abort()

    async def _start_tls(self, session: Session) -> None:
        session.start_tls = False
        context = self._server.tls
        assert context is not None
        try:
            loop = asyncio.get_running_loop()
            self._transport = await loop.start_tls(self._transport, self, context, server_side=True)
        except (OSError, ssl.SSLError):
            self._transport.abort()
            return
        session.tls = True


class Server:
    """All sockets of one upsd."""

    def __init__(self, state: State, hosts: list[str], port: int, maxconn: int, tls: ssl.SSLContext | None) -> None:
        self.state = state
        self.dsm = Dsm(state, self.restart)
        self.web: WebServer | None = None
        """The WebAPI's socket, if there is one."""
        self.restarts = 0
        self.tls = tls
        state.tls_available = tls is not None
        self._hosts = hosts
        self._port = port
        self._maxconn = maxconn
        self._listeners: list[asyncio.AbstractServer] = []
        self._served: list[Connection] = []
        self._parked: list[Connection] = []
        self._restarting: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The TCP port; useful when 0 was asked for."""
        return self._port

    @property
    def listening(self) -> bool:
        """False while a restart refuses connects."""
        return bool(self._listeners)

    async def start(self) -> None:
        """Read the list, listen on every address."""
        self.state.load()
        if not self.state.files.serves:
            return  # DSM starts no upsd
        loop = asyncio.get_running_loop()
        for sock in bind_all(self._hosts, self._port):
            self._port = sock.getsockname()[1]
            self._listeners.append(await loop.create_server(lambda: Connection(self), sock=sock))

    async def watch(self) -> None:
        """Drop idle clients, forever."""
        while True:
            await asyncio.sleep(IDLE_CHECK)
            self.drop_idle()

    def drop_idle(self) -> None:
        """Drop the clients that are idle now."""
        for connection in list(self._served):
            connection.drop_if_idle()

    def enter(self, connection: Connection) -> None:
        """A new socket: serve it, or park it while the server is full."""
        self._parked.append(connection)
        self.admit()

    def leave(self, connection: Connection, session: Session | None) -> None:
        """A socket is gone."""
        if session is not None:
            self.state.disconnect(session)
        for group in (self._served, self._parked):
            if connection in group:
                group.remove(connection)
        self.admit()

    def admit(self) -> None:
        """Serve parked sockets, oldest first, as far as there are places."""
        while self._parked and not self.state.full and len(self._served) < self._maxconn:
            connection = self._parked.pop(0)
            self._served.append(connection)
            connection.serve()

    def drop_all(self) -> None:
        """Close every connection."""
        for connection in [*self._served, *self._parked]:
            connection.drop()

    def stop_listening(self) -> None:
        """From now on the kernel refuses connects."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

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
        if not self._listeners:
            await self.start()

    async def _reset_dsm(self) -> None:
        wrong_name = self.dsm.faults.tls_name
        self.dsm.reset()
        self.restarts = 0
        if self.web is not None:
            await self.web.start()
            if wrong_name:
                self.web.certificates.issue()
