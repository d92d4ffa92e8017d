# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of a drill on loopback, in one event loop."""

from __future__ import annotations

import asyncio
import errno
import socket
from dataclasses import replace
from typing import Any, Awaitable, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.drill import Drill, Settings
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.script import Scenario, Step
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.server import Server
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver

PATIENCE = 20.0
REAL_START = Server.start
REAL_START = Server.start
HOME = "127.0.0.1"
LOGIN = b"USERNAME drill\nPASSWORD pw\nLOGIN ups\n"
FIRST = 2.0
"""What the clock says."""


def settings(*ports: int) -> Settings:
    return Settings("ups", "drill", "pw", (HOME,), (HOME,), (ports[0], ports[1]) if ports else None)


def scenario(name: str, *steps: tuple[float, str | None]) -> Scenario:
    return Scenario(name, tuple(Step(at, status, 40, Driver.OK) for at, status in steps))


def story(drill_of: Callable[[], Drill], tell: Callable[[Drill], Awaitable[None]]) -> None:
    async def run() -> None:
        drill = drill_of()
        try:
            await drill.open()
            await asyncio.wait_for(tell(drill), PATIENCE)
        finally:
            drill.close()

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def ask(port: int, data: bytes, lines: int) -> tuple[list[str], asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOME, port)
    writer.write(data)
    return [(await reader.readline()).decode().strip() for _ in range(lines)], writer


def test_each_scenario_has_a_port_and_clients_of_its_own() -> None:
    async def tell(drill: Drill) -> None:
        ports = [scene.server.port for scene in drill.scenes.values()]
        assert len(set(ports)) == 2
        replies, writer = await ask(ports[0], LOGIN, 3)
        assert replies == ["OK"] * 3
        shown = drill.show()["scenarios"]
        assert [scene["clients"] for scene in shown.values()] == [[HOME], []]
        writer.close()
        await until(lambda: drill.show()["scenarios"]["one"]["clients"] == [])
        assert drill.show()["scenarios"]["one"]["logins"][0]["how"] == "lost"
        assert drill.show()["played"] is None

    story(lambda: Drill([scenario("one", (0, "OB")), scenario("two", (0, "OB"))], settings(), lambda: FIRST), tell)


def test_the_script_runs_once_and_keeps_its_times() -> None:
    async def tell(drill: Drill) -> None:
        scene = drill.scenes["one"]
        assert (await ask(scene.server.port, b"GET VAR ups ups.status\n", 1))[0] == ['VAR ups ups.status "OL"']
        assert (drill.play(), drill.play()) == (True, False)
        await until(lambda: bool(drill.show()["scenarios"]["one"]["through"]))
        status, charge = "GET VAR ups ups.status\n", "GET VAR ups battery.charge\n"
        replies, _writer = await ask(scene.server.port, (status + charge).encode(), 2)
        assert replies == ['VAR ups ups.status "OB LB"', 'VAR ups battery.charge "40"']
        steps = drill.show()["scenarios"]["one"]["steps"]
        assert [(one["at"], one["status"], one["time"]) for one in steps] == [(0, "OB", FIRST), (0.05, "OB LB", FIRST)]
        assert drill.show()["played"] == FIRST

    story(lambda: Drill([scenario("one", (0, "OB"), (0.05, "OB LB"))], settings(), lambda: FIRST), tell)


def test_a_server_that_is_gone_refuses_and_returns_at_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[OSError] = []

    async def start(server: Server) -> None:
        try:
            await REAL_START(server)
        except OSError as error:
            failures.append(error)
            raise

    monkeypatch.setattr(Server, "start", start)

    async def tell(drill: Drill) -> None:
        scene = drill.scenes["one"]
        port = scene.server.port
        _replies, writer = await ask(port, LOGIN, 3)
        drill.play()
        await until(lambda: not scene.server.listening)
        with pytest.raises(ConnectionRefusedError):
            await ask(port, b"VER\n", 1)
        assert [login.how for login in scene.state.logins] == ["gone"]
        # Another program has the port for a moment.
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((HOME, port))
            other.listen()
            await until(lambda: len(failures) > 1)
            assert not drill.show()["scenarios"]["one"]["through"]
        await until(lambda: bool(drill.show()["scenarios"]["one"]["through"]))
        assert (await ask(port, LOGIN, 3))[0] == ["OK"] * 3
        writer.close()

    story(lambda: Drill([scenario("one", (0, None), (0.2, "WAIT"))], settings(), lambda: FIRST), tell)


def test_a_charge_that_is_not_told() -> None:
    async def tell(drill: Drill) -> None:
        drill.play()
        await until(lambda: bool(drill.show()["scenarios"]["one"]["through"]))
        port = drill.scenes["one"].server.port
        assert (await ask(port, b"GET VAR ups battery.charge\n", 1))[0] == ["ERR VAR-NOT-SUPPORTED"]

    story(lambda: Drill([Scenario("one", (Step(0, "OB", None, Driver.OK),))], settings(), lambda: FIRST), tell)


def test_a_port_is_the_same_at_every_address() -> None:
    two = replace(settings(), addresses=(HOME, "127.0.0.2"))

    async def tell(drill: Drill) -> None:
        for address in two.addresses:
            reader, writer = await asyncio.open_connection(address, drill.scenes["one"].server.port)
            writer.write(b"NETVER\n")
            assert await reader.readline() == b"1.2\n"
            writer.close()

    story(lambda: Drill([scenario("one", (0, "OB"))], two, lambda: FIRST), tell)


def taken() -> tuple[socket.socket, int]:
    """Return a listening socket and its port."""
    sock = socket.socket()
    sock.bind((HOME, 0))
    sock.listen()
    return sock, sock.getsockname()[1]


def test_a_port_that_is_taken_is_passed_over() -> None:
    sock, port = taken()

    async def tell(drill: Drill) -> None:
        assert port < drill.scenes["one"].server.port <= port + 20

    with sock:
        story(lambda: Drill([scenario("one", (0, "OB"))], settings(port, port + 20), lambda: FIRST), tell)


def test_no_port_left_is_an_error() -> None:
    sock, port = taken()

    async def tell(drill: Drill) -> None:
        raise AssertionError(drill)

    with sock, pytest.raises(OSError, match="in use") as failed:
        story(lambda: Drill([scenario("one", (0, "OB"))], settings(port, port), lambda: FIRST), tell)
    assert failed.value.errno == errno.EADDRINUSE


def test_more_clients_than_hosts_are_left_waiting() -> None:
    async def tell(drill: Drill) -> None:
        port = drill.scenes["one"].server.port
        writers: list[Any] = [(await asyncio.open_connection(HOME, port))[1] for _ in range(40)]
        await until(lambda: len(drill.scenes["one"].state.sessions) == 34)  # 2 for the host, 32 for others
        for writer in writers:
            writer.close()
        await until(lambda: drill.scenes["one"].state.sessions == [])

    story(lambda: Drill([scenario("one", (0, "OB"))], settings(), lambda: FIRST), tell)
