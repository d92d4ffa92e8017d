# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a host of the fleet, as root: plays sequences to real upsmons, all at once, and says what each one did.

JSON on standard input: ``[{"steps": [[at, status], ...], "until": seconds, "conf": text}, ...]``; {port} and {marker}
in the text are filled in. JSON on standard output: ``{"most": upsmons at once, "plays": [{"down": seconds or null,
"polls": [[at, step], ...], "lag": seconds, "log": text}, ...]}``, in that order; the lag is how late this machine was.
All times are seconds since that upsmon's first poll, by the one clock of the server and of what SHUTDOWNCMD leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Iterator

FOLDER = "/run/sequences"
PROGRAMS = ("/lib/nut/upsmon", "/usr/sbin/upsmon")  # the first of Debian 11 to 13, where the other is a wrapper
GRACE = 2.0  # seconds after the end in which a late call still counts
PATIENCE = 60.0  # until the first poll
BEAT = 0.5  # seconds between two looks at how late this machine is
LAST = 8000  # characters of a log that are handed back

ANSWERS = {
    "STARTTLS": "ERR FEATURE-NOT-CONFIGURED",
    "USERNAME": "OK",
    "PASSWORD": "OK",
    "LOGIN": "OK",
    "LOGOUT": "OK Goodbye",
}


class Play:
    """One upsmon and its server."""

    def __init__(self, number: int, order: dict[str, Any]) -> None:
        self.folder = os.path.join(FOLDER, str(number))
        self.marker = os.path.join(self.folder, "marker")
        self.steps: list[tuple[float, str | None]] = order["steps"]
        self.until: float = order["until"]
        self.conf: str = order["conf"]
        self.began: float | None = None
        self.polls: list[tuple[float, int]] = []
        self.lag = 0.0
        self._clients: set[asyncio.StreamWriter] = set()
        self._server: asyncio.AbstractServer | None = None
        self._port = 0

    def _now(self) -> tuple[float, int]:
        """(seconds since the first poll, number of the step)."""
        if self.began is None:
            self.began = time.time()
        now = time.time() - self.began
        return now, max(number for number, step in enumerate(self.steps) if step[0] <= now)

    def _answer(self, line: str) -> str:
        words = line.split()
        if words[:2] != ["GET", "VAR"]:
            return ANSWERS.get(words[0], "ERR UNKNOWN-COMMAND") if words else "ERR UNKNOWN-COMMAND"
        now, number = self._now()
        status = self.steps[number][1] or ""
        if words[3] == "ups.status":
            self.polls.append((round(now, 3), number))
            return status if status.startswith("ERR ") else f'VAR ups ups.status "{status}"'
        return status if status.startswith("ERR ") else "ERR VAR-NOT-SUPPORTED"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while True:
                line = await reader.readline()
                if not line or writer.is_closing():
                    break
                writer.write((self._answer(line.decode("ascii", "replace")) + "\n").encode())
                await writer.drain()
        self._clients.discard(writer)
        writer.close()

    async def _listen(self) -> None:
        self._server = server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = server.sockets[0].getsockname()[1]

    def _vanish(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._clients):
            writer.transport.abort()

    async def _moment(self, at: float) -> None:
        await asyncio.sleep(max(0.0, (self.began or 0.0) + at - time.time()))

    async def _play(self) -> None:
        """The server's side of the sequence: what is said depends on the clock alone."""
        for at, status in self.steps:
            await self._moment(at)
            if status is None:
                self._vanish()
            elif self._server is None:
                await self._listen()
        await self._moment(self.until + GRACE)

    async def _first_poll(self) -> bool:
        deadline = time.time() + PATIENCE
        while self.began is None and time.time() < deadline:
            await asyncio.sleep(0.02)
        return self.began is not None

    async def _until_marker(self) -> None:
        while not os.path.exists(self.marker):
            await asyncio.sleep(0.2)

    def _start(self) -> subprocess.Popen[bytes]:
        os.makedirs(self.folder)
        path = os.path.join(self.folder, "upsmon.conf")
        with open(path, "w") as stream:
            stream.write(self.conf.replace("{port}", str(self._port)).replace("{marker}", self.marker))
        shutil.chown(path, group="nut")
        os.chmod(path, 0o640)
        program = next(each for each in PROGRAMS if os.path.exists(each))
        with open(os.path.join(self.folder, "log"), "w") as log:
            # -D keeps it in the foreground on every version; it splits in two processes as ever.
            return subprocess.Popen(
                [program, "-DD"],
                env={**os.environ, "NUT_CONFPATH": self.folder},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def run(self) -> dict[str, Any]:
        """Play it, and return what the upsmon did."""
        await self._listen()
        process = self._start()
        try:
            if await self._first_poll():
                ends = [asyncio.ensure_future(each) for each in (self._play(), self._until_marker())]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for each in ends:
                    each.cancel()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._vanish()
        return self._outcome()

    def _outcome(self) -> dict[str, Any]:
        down = None
        with contextlib.suppress(FileNotFoundError), open(self.marker) as stream:
            down = round(float(stream.read()) - (self.began or 0.0), 3)
        with open(os.path.join(self.folder, "log"), errors="replace") as stream:
            return {"down": down, "polls": self.polls, "lag": self.lag, "log": stream.read()[-LAST:]}


async def _all(orders: list[dict[str, Any]]) -> dict[str, Any]:
    plays = [Play(number, order) for number, order in enumerate(orders)]
    tasks = [asyncio.ensure_future(play.run()) for play in plays]
    most = 0
    while not all(each.done() for each in tasks):
        alive = [play for play, task in zip(plays, tasks) if play.began is not None and not task.done()]
        most = max(most, len(alive))
        before = time.time()
        await asyncio.sleep(BEAT)
        for play in alive:
            play.lag = max(play.lag, time.time() - before - BEAT)
    return {"most": most, "plays": [each.result() for each in tasks]}


@contextlib.contextmanager
def _nameless() -> Iterator[None]:
    """Every upsmon writes the same PID file and refuses to start beside the process that it names: so it names none.

    Its folder is closed, or the first upsmon that ends would remove the link.
    """
    folder, path = "/run/nut", "/run/nut/upsmon.pid"
    before = os.stat(folder)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.symlink("/dev/null", path)
    os.chown(folder, 0, 0)
    os.chmod(folder, 0o755)
    try:
        yield
    finally:
        os.unlink(path)
        os.chown(folder, before.st_uid, before.st_gid)
        os.chmod(folder, before.st_mode & 0o7777)


def main() -> None:
    """Play what standard input says."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with _nameless():
        json.dump(asyncio.run(_all(json.load(sys.stdin))), sys.stdout)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
