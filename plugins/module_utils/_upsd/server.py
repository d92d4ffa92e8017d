# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets of an upsd: listening, dropping idle clients, a full server."""

from __future__ import annotations

import asyncio
from typing import Any

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import protocol
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.listening import bind_all
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Session, State

IDLE_CHECK = 1.0
"""Seconds between two looks for idle clients; upsd's own loop wakes at least every 2."""

WRITE_LIMIT = 1 << 20
"""Bytes waiting for a client that does not read; past it the client is dropped."""


class Connection(asyncio.Protocol):
    """One client socket. It is parked (accepted by the kernel, never read) while the server is full."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: Any = None
        self.session: Session | None = None
        self._inbox = asyncio.StreamReader()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: somebody connected."""
        self.transport = transport
        self.transport.pause_reading()
        self.server.enter(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._inbox.feed_data(data)

    def eof_received(self) -> bool:
        """Called by asyncio on a half close; what was sent before it is still answered."""
        self._inbox.feed_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the socket is gone, by close or by RST."""
        self._inbox.feed_eof()
        if self._task is not None:
            self._task.cancel()
        self.server.leave(self, self.session)

    def serve(self) -> None:
        """There is a place: take the peer's address and answer it."""
        peer = self.transport.get_extra_info("peername")
        if peer is None:  # gone while it was parked
            self.transport.abort()
            return
        self.session = self.server.state.connect(peer[0])
        self.transport.resume_reading()
        self._task = asyncio.get_running_loop().create_task(self._converse(self.session))

    def drop(self) -> None:
        """Close without a word, as upsd does."""
        if self.session is not None:
            self.server.state.disconnect(self.session)
        self.transport.close()

    def drop_if_idle(self) -> None:
        """Close if upsd would have lost patience."""
        if self.session is not None and self.server.state.expired(self.session):
            self.drop()

    async def _converse(self, session: Session) -> None:
        try:
            while not self.server.state.expired(session):
                data = await self._inbox.read(protocol.READ_SIZE)
                if not data:
                    break
                await self.reply(session, protocol.receive(self.server.state, session, data))
        finally:
            self.drop()

    async def reply(self, session: Session, data: bytes) -> None:
        """Send what was answered."""
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > WRITE_LIMIT:
            self.transport.abort()


class Server:
    """All sockets of one upsd."""

    connection: type[Connection] = Connection

    def __init__(self, state: State, hosts: list[str], port: int, maxconn: int) -> None:
        self.state: State = state
        self._hosts = hosts
        self._port = port
        self._maxconn = maxconn
        self._listeners: list[asyncio.AbstractServer] = []
        self._served: list[Connection] = []
        self._parked: list[Connection] = []

    @property
    def port(self) -> int:
        """The TCP port; useful when 0 was asked for."""
        return self._port

    @property
    def listening(self) -> bool:
        """False while connects are refused."""
        return bool(self._listeners)

    @property
    def has_room(self) -> bool:
        """True if one more connection would be served."""
        return len(self._served) < self._maxconn

    async def start(self) -> None:
        """Listen on every address; raises OSError."""
        loop = asyncio.get_running_loop()
        for sock in bind_all(self._hosts, self._port):
            self._port = sock.getsockname()[1]
            self._listeners.append(await loop.create_server(lambda: self.connection(self), sock=sock))

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
        while self._parked and self.has_room:
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
