# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling a running server what to do, over a UNIX socket, so that nothing on the network can reach it.

One request a connection: a JSON list of words, answered by {"ok": true|false, "text": ...}.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import Awaitable, Callable, List

LONGEST_LINE = 1 << 20
"""Bytes."""

Run = Callable[[List[str]], Awaitable[str]]


class UsageError(Exception):
    """The command cannot be carried out; the text says why."""


async def listen(run: Run, path: str) -> asyncio.AbstractServer:
    """Open the control socket, for the owner only. *run* carries out a command and returns a text, or raises."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = {"ok": True, "text": await run([str(word) for word in json.loads(await reader.readline())])}
        except (UsageError, ValueError) as error:
            answer = {"ok": False, "text": str(error)}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    if os.path.exists(path):
        os.unlink(path)
    control = await asyncio.start_unix_server(handle, path, limit=LONGEST_LINE)
    os.chmod(path, 0o600)
    return control


def ask(path: str, words: list[str], timeout: float | None = None) -> str:
    """The other end: send one command, return its text; raises UsageError or OSError.

    :param timeout: seconds for each step of it; None: as long as it takes.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        sock.connect(path)
        sock.sendall(json.dumps(words).encode() + b"\n")
        with sock.makefile("r", encoding="utf-8") as stream:
            answer = json.loads(stream.readline())
    if not answer["ok"]:
        raise UsageError(answer["text"])
    return str(answer["text"])
