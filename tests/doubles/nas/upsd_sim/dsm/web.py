"""HTTPS for this test double of DSM: just enough HTTP/1.1, one request a connection."""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie
from typing import Mapping
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.listening import bind_all

from .. import access
from .certificates import Certificates
from .nas import Dsm
from .webapi import PAGE, Reply, Request, WebApi

BODY_LIMIT = 1 << 20
"""Bytes; a longer request is not read."""

PATIENCE = 30.0
"""Seconds for a request to arrive."""


class WebServer:
    """The WebAPI's socket."""

    def __init__(self, dsm: Dsm, hosts: list[str], port: int, certificates: Certificates) -> None:
        self.certificates = certificates
        self._dsm = dsm
        self._api = WebApi(dsm)
        self._hosts = hosts
        self.port = port
        self._servers: list[asyncio.AbstractServer] = []

    async def start(self) -> None:
        """Listen; nothing happens if it already does."""
        if self._servers:
            return
        for sock in bind_all(self._hosts, self.port):
            self.port = sock.getsockname()[1]
            listener = await asyncio.start_server(self._serve, sock=sock, ssl=self.certificates.context)
            self._servers.append(listener)

    def stop(self) -> None:
        """From now on the kernel refuses connects."""
        for listener in self._servers:
            listener.close()
        self._servers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            reply = await asyncio.wait_for(self._answer(reader, writer), PATIENCE + self._dsm.faults.slow)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, OSError, ValueError):
            writer.transport.abort()
            return
        if reply.cut:
            writer.transport.abort()
            return
        writer.write(_encode(reply))
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Reply:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        target = head[0].split()[1]
        fields = (line.partition(":") for line in head[1:] if ":" in line)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= BODY_LIMIT:
            raise ValueError(length)
        body = (await reader.readexactly(length)).decode("utf-8")
        if self._dsm.faults.slow:
            await asyncio.sleep(self._dsm.faults.slow)
        return self._reply(target, headers, body, writer.get_extra_info("peername")[0])

    def _reply(self, target: str, headers: Mapping[str, str], body: str, peer: str) -> Reply:
        url = urlsplit(target)
        folder, _, script = url.path.rpartition("/")
        if folder != "/webapi":
            return Reply(PAGE, "text/html")
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        params.update(parse_qsl(body, keep_blank_values=True))
        token = headers.get("x-syno-token", "")
        return self._api.answer(Request(script, params, access.canonical(peer), token, _cookie(headers)))


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get("id")
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _encode(reply: Reply) -> bytes:
    body = reply.body.encode()
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *([f"Set-Cookie: id={reply.cookie};path=/;Secure;HttpOnly"] if reply.cookie else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
