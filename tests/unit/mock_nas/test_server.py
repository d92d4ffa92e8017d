"""The mock NAS's sockets and its control, in one event loop, on loopback; the idle clock is injected."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
from typing import Any, Awaitable, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import IDLE_LIMIT
from doubles.nas.upsd_sim import control, profiles
from doubles.nas.upsd_sim.server import Server
from doubles.nas.upsd_sim.state import State

PATIENCE = 20.0
"""Seconds until something that should happen is given up."""

NAS_DOUBLE = os.path.dirname(os.path.dirname(control.__file__))
COLLECTIONS = os.path.join(NAS_DOUBLE, "..", "..", "..", ".collections")
SIMULATOR = os.pathsep.join([NAS_DOUBLE, COLLECTIONS])


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Client:
    """One connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *lines: str) -> list[str]:
        """Send lines, read as many."""
        self.writer.write("".join(line + "\n" for line in lines).encode())
        return [(await asyncio.wait_for(self.reader.readline(), PATIENCE)).decode().rstrip("\n") for _ in lines]

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE)


class Nas:
    """A server on loopback."""

    def __init__(self, maxconn: int = 8, tls: ssl.SSLContext | None = None) -> None:
        self.clock = Clock()
        self.state = State(profiles.PROFILES["dsm7"], self.clock)
        self.server = Server(self.state, ["127.0.0.1"], 0, maxconn, tls)
        self._clients: list[Client] = []

    async def connect(self) -> Client:
        """A new client."""
        self._clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.server.port)))
        return self._clients[-1]

    def hang_up(self) -> None:
        """Close every client."""
        for client in self._clients:
            client.writer.close()

    async def login(self) -> Client:
        """A client that is logged in."""
        client = await self.connect()
        assert await client.say("USERNAME monuser", "PASSWORD secret", "LOGIN ups") == ["OK"] * 3
        return client

    async def ctl(self, *words: str) -> str:
        """A control command."""
        return await control.run(self.server, list(words))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop run until the condition holds."""

        async def poll() -> None:
            while not condition():
                await asyncio.sleep(0.001)

        await asyncio.wait_for(poll(), PATIENCE)


def play(story: Callable[[Nas], Awaitable[None]], **options: Any) -> None:
    """Run a story on a listening server."""

    async def run() -> None:
        nas = Nas(**options)
        await nas.server.start()
        try:
            await story(nas)
        finally:
            nas.hang_up()
            nas.server.stop_listening()
            nas.server.drop_all()

    asyncio.run(run())


def test_logout_closes() -> None:
    """LOGOUT alone closes at once."""

    async def story(nas: Nas) -> None:
        client = await nas.login()
        client.writer.write(b"LOGOUT\n")
        assert await client.rest() == b"OK Goodbye\n"
        assert nas.state.sessions == []

    play(story)


@pytest.mark.parametrize("how", ["close", "half close", "reset"])
def test_a_login_ends_with_its_socket(how: str) -> None:
    """However the client goes."""

    async def story(nas: Nas) -> None:
        client = await nas.login()
        sock = client.writer.get_extra_info("socket")
        if how == "half close":
            sock.shutdown(socket.SHUT_WR)
        else:
            if how == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.writer.close()
        await nas.until(lambda: nas.state.sessions == [])

    play(story)


def test_idle_clients_are_dropped() -> None:
    """After a minute without a complete line; the one that spoke stays."""

    async def story(nas: Nas) -> None:
        idle, busy = await nas.login(), await nas.login()
        nas.clock.now += IDLE_LIMIT / 2
        await busy.say("VER")
        nas.clock.now += IDLE_LIMIT / 2 + 1
        nas.server.drop_idle()
        assert await idle.rest() == b""
        assert len(nas.state.sessions) == 1
        assert await busy.say("GET NUMLOGINS ups") == ["NUMLOGINS ups 1"]

    play(story)


def test_full_server_connects_and_stays_silent() -> None:
    """By MAXCONN or by control; a waiting client is served when there is a place."""

    async def story(nas: Nas) -> None:
        first, second = await nas.login(), await nas.connect()
        second.writer.write(b"NETVER\n")
        assert await first.say("NETVER") == ["1.2"]
        assert len(nas.state.sessions) == 1
        await nas.ctl("full")
        first.writer.write(b"LOGOUT\n")
        await first.rest()
        await nas.until(lambda: nas.state.sessions == [])
        await nas.ctl("full", "off")
        assert await asyncio.wait_for(second.reader.readline(), PATIENCE) == b"1.2\n"

    play(story, maxconn=1)


def test_restart_drops_refuses_and_forgets_the_latch() -> None:
    """And listens again on the same port."""

    async def story(nas: Nas) -> None:
        client = await nas.login()
        await nas.ctl("fsd")
        await nas.ctl("restart", "3600")
        assert await client.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await nas.connect()
        port = nas.server.port
        await nas.ctl("restart", "0")
        await nas.until(lambda: nas.server.listening)
        again = await nas.connect()
        assert await again.say("GET VAR ups ups.status") == ['VAR ups ups.status "OL"']
        assert nas.server.port == port

    play(story)


def test_reset_listens_again_at_once() -> None:
    """Even in the middle of a restart; connections are dropped."""

    async def story(nas: Nas) -> None:
        await nas.ctl("restart", "3600")
        await nas.ctl("reset")
        client = await nas.login()
        await nas.ctl("reset")
        assert await client.rest() == b""
        assert await (await nas.connect()).say("GET NUMLOGINS ups") == ["NUMLOGINS ups 0"]

    play(story)


def test_reset_permits_what_it_is_told() -> None:
    async def story(nas: Nas) -> None:
        before = nas.state.permitted
        await nas.ctl("reset", "192.0.2.77")
        assert set(nas.state.permitted) == {*before, "192.0.2.77"}
        await nas.ctl("reset")
        assert nas.state.permitted == before

    play(story)


def test_slow_delays_each_reply() -> None:
    """The delay is asked of asyncio, not measured."""

    async def story(nas: Nas) -> None:
        client = await nas.connect()
        await nas.ctl("slow", "3600")
        client.writer.write(b"VER\n")
        await nas.until(lambda: nas.state.counters.words["VER"] == 1)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.reader.readline(), 0.05)
        await nas.ctl("slow", "0")
        assert await (await nas.connect()).say("NETVER") == ["1.2"]

    play(story)


def test_starttls(tmp_path: Any) -> None:
    """With a certificate STARTTLS upgrades the connection, once."""
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*request, *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def client(port: int) -> list[str]:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            plain.sendall(b"STARTTLS\n")
            assert plain.recv(100) == b"OK STARTTLS\n"
            trust = ssl.create_default_context(cafile=cert)
            with trust.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(b"STARTTLS\nUSERNAME monuser\nPASSWORD secret\nLOGIN ups\nLOGOUT\n")
                return secure.makefile("r").read().splitlines()

    async def story(nas: Nas) -> None:
        loop = asyncio.get_running_loop()
        replies = await asyncio.wait_for(loop.run_in_executor(None, client, nas.server.port), PATIENCE)
        assert replies == ["ERR ALREADY-SSL-MODE", "OK", "OK", "OK", "OK Goodbye"]
        await nas.until(lambda: nas.state.sessions == [])

    play(story, tls=context)


MISUSES = [
    ("permit", "one argument"),
    ("permit nas", "not an IPv4 or IPv6 address: nas"),
    ("permit 192.0.2.0/24", "not an IPv4 or IPv6 address"),
    ("deny 127.0.0.1", "always permitted"),
    ("hide x", "not an IPv4"),
    ("seen-as 192.0.2.1", "the ADDRESS that upsd sees"),
    ("seen-as 192.0.2.1 x", "not an IPv4"),
    ("status", "expected a status"),
    ("status \N{SNOWMAN}", "expected a status"),
    ("fsd now", "takes no argument"),
    ("restart soon", "seconds must be a number"),
    ("restart -1", "seconds must be a number"),
    ("slow nan", "seconds must be a number"),
    ("slow", "one argument"),
    ("full maybe", "on or off"),
    ("lack LIST", "expected VER or LIST-CLIENT or GET-NUMLOGINS"),
    ("mute maybe", "on or off"),
    ("lock maybe", "on or off"),
    ("user monuser", "NAME PASSWORD"),
    ("user monuser secret king", "NAME PASSWORD"),
    ("hosts-deny ALL: ALL", "has no hosts.deny"),
    ("explode", "unknown command"),
    ("", "unknown command"),
]


@pytest.mark.parametrize(("words", "complaint"), MISUSES)
def test_usage_errors_are_explained(words: str, complaint: str) -> None:
    """And changes nothing."""

    async def story(nas: Nas) -> None:
        before = control.show(nas.state)
        with pytest.raises(control.UsageError, match=complaint):
            await nas.ctl(*words.split())
        assert control.show(nas.state) == before

    play(story)


# control commands, what the collection's probe makes of the server: verdict, LIST CLIENT's answer, NUMLOGINS
MAKES: list[tuple[list[str], str, str | None, list[int | None]]] = [
    ([], "ok", None, [None, None]),
    (["lack VER LIST-CLIENT"], "ok", "INVALID-ARGUMENT", [0, 1]),
    (["lack VER LIST-CLIENT GET-NUMLOGINS"], "ok", "INVALID-ARGUMENT", [None, None]),
    (["lack VER LIST-CLIENT GET-NUMLOGINS", "mute"], "ok", "silent", [None, None]),
    (["lack VER", "mute on"], "ok", None, [None, None]),
    (["lock"], "ok", None, [None, None]),
    (["lock on", "user monuser changed"], "bad_credentials", None, [None, None]),
    (["lock", "lack VER LIST-CLIENT", "mute"], "ok", "silent", [0, 1]),
    (["lack VER LIST-CLIENT", "mute", "lock", "reset"], "ok", None, [None, None]),
]


@pytest.mark.parametrize(("commands", "verdict", "clients_error", "logins"), MAKES)
def test_it_plays_servers_that_are_not_stock(
    commands: list[str], verdict: str, clients_error: str | None, logins: list[int | None]
) -> None:
    """The probe ends with a verdict, and as nobody's client."""

    async def story(nas: Nas) -> None:
        for command in commands:
            await nas.ctl(*command.split())
        given: dict[str, Any] = {"host": "127.0.0.1", "port": nas.server.port, "ups": "ups", "timeout": 5.0}
        given.update(username="monuser", password="secret")
        ask = functools.partial(probe.probe, **given)
        seen = await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, ask), PATIENCE)
        assert (probe.judge(seen), seen.clients_error) == (verdict, clients_error)
        assert [seen.logins_before, seen.logins_after] == logins
        await nas.until(lambda: nas.state.sessions == [])

    play(story)


def test_permitted_list_is_finite() -> None:
    """Thirty addresses; one that is there already uses no further place."""

    async def story(nas: Nas) -> None:
        for number in range(30):
            await nas.ctl("permit", f"192.0.2.{number}")
        await nas.ctl("permit", "::ffff:192.0.2.7")
        with pytest.raises(control.UsageError, match="full"):
            await nas.ctl("permit", "192.0.2.30")
        await nas.ctl("deny", "192.0.2.7")
        await nas.ctl("permit", "192.0.2.30")
        assert len(nas.state.permitted) == 30

    play(story)


def test_show_tells_clients_and_counters() -> None:
    """What other tests assert on."""

    async def story(nas: Nas) -> None:
        await nas.login()
        await nas.ctl("status", "OB", "DISCHRG")
        await nas.ctl("fsd")
        shown = json.loads(await nas.ctl("show"))
        assert shown["clients"] == [{"address": "127.0.0.1", "ups": "ups"}]
        assert (shown["status"], shown["fsd"], shown["driver"]) == ("FSD OB DISCHRG", True, "ok")
        assert shown["counters"]["dangerous"] == {"FSD": 0, "SET": 0, "INSTCMD": 0}
        assert shown["counters"]["logins"] == {"127.0.0.1": 1}
        await nas.ctl("driver-down")
        assert json.loads(await nas.ctl("show"))["driver"] == "down"
        await nas.ctl("driver-up")
        await nas.ctl("user", "monuser", "changed")
        assert (await (await nas.connect()).say("USERNAME monuser", "PASSWORD secret", "LOGIN ups"))[-1].startswith(
            "ERR"
        )

    play(story)


def test_command_line(tmp_path: Any) -> None:
    """`serve` says when it is ready; `ctl` exits 0, 1 when there is nobody, 2 on error; the socket is the owner's."""
    path = str(tmp_path / "control.sock")
    environment = {**os.environ, "PYTHONPATH": SIMULATOR}

    def ctl(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "upsd_sim", "ctl", "--control", path, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert ctl("show")[0] == 1
    serve = ["serve", "--host", "127.0.0.1", "--port", "0", "--permit", "192.0.2.1", "--control", path]
    with subprocess.Popen(
        [sys.executable, "-m", "upsd_sim", *serve], env=environment, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        assert b"listens on port" in server.stdout.readline()
        assert os.stat(path).st_mode & 0o077 == 0
        code, text = ctl("show")
        assert (code, json.loads(text)["permitted"]) == (0, ["192.0.2.1"])
        code, text = ctl("permit", "everyone")
        assert (code, text) == (2, "mock-nas: permit: not an IPv4 or IPv6 address: everyone\n")
        server.terminate()
        assert server.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--port", "65536"], 2, "--port"),
        (["--permit", "nas"], 2, "--permit"),
        (["--profile", "dsm5"], 2, "--profile"),
        (["--cert", "/nonexistent"], 1, "No such file"),
        (["--host", "192.0.2.1"], 1, "mock-nas: "),
    ],
)
def test_bad_command_line(arguments: list[str], code: int, complaint: str, tmp_path: Any) -> None:
    """A sentence, not a traceback."""
    command = [sys.executable, "-m", "upsd_sim", "serve", "--port", "0", "--control", str(tmp_path / "c"), *arguments]
    environment = {**os.environ, "PYTHONPATH": SIMULATOR}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == code
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
