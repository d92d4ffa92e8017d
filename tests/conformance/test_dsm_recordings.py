"""The dsm6 profile of the mock NAS answers, byte for byte, what a real DSM 6.2.3 upsd answered.

data/dsm-6.2.3-upsd.json holds recordings of a real DSM 6.2.3 upsd. Each scenario runs on the simulator's pure protocol
with an injected clock: the recorded bytes go in as they were sent, fragments included, the recorded bytes must come
out. How several connections interleave and what happened outside of them is not in the recording's steps; EVENTS says
it by hand. Two scenarios are about sockets and run on real ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import protocol
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver
from doubles.nas.upsd_sim import profiles
from doubles.nas.upsd_sim.server import Server
from doubles.nas.upsd_sim.state import Session, State, Ups, User

DATA = os.path.join(os.path.dirname(__file__), "data", "dsm-6.2.3-upsd.json")

with open(DATA, encoding="utf-8") as _stream:
    SCENARIOS: dict[str, Any] = {entry["scenario"]: entry for entry in json.load(_stream)["scenarios"]}

PERMITTED = "127.0.0.2"
PATIENCE = 62.0
"""Seconds after which every silent client is dropped; the recording saw 61.2."""


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent_bytes(send: Any) -> bytes:
    """The bytes of one step. A very long line is recorded by its ends, its length and its checksum."""
    if isinstance(send, str):
        return send.encode("latin-1")
    head, tail = send["head"], send["tail"]
    data: bytes = (head + head[-1] * (send["len"] - len(head) - 1) + tail[-1]).encode("latin-1")
    assert hashlib.sha256(data).hexdigest() == send["sha256"]
    return data


class Replay:
    """One scenario on one simulator."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.clock = Clock()
        self.state = State(profiles.PROFILES["dsm6"], self.clock)
        self._connections = scenario["connections"]
        self._sessions: list[Session | None] = [None for _ in self._connections]
        self._done = [0 for _ in self._connections]
        self._configure(scenario["config"])

    def _configure(self, config: dict[str, Any]) -> None:
        acl = config.get("ups_acl", PERMITTED + "|") or ""
        enabled = config.get("ups_enabled", config.get("UPS_ENABLED", "yes"))
        # Synology's upsd reads the list only when ups_enabled is exactly yes.
        self.state.permitted = [entry for entry in acl.split("|") if entry] if enabled == "yes" else []
        self.state.hosts_deny = config.get("hosts.deny", "")

    @property
    def ups(self) -> Ups:
        """The UPS."""
        return self.state.upses["ups"]

    def session(self, index: int) -> Session:
        """A connection, opened when it is first needed."""
        session = self._sessions[index]
        if session is None:
            session = self._sessions[index] = self.state.connect(self._connections[index]["src"])
        return session

    def left(self, index: int) -> int:
        """How many steps of a connection are still to do."""
        return len(self._connections[index]["steps"]) - self._done[index]

    def step(self, index: int, linger: float = 0.0) -> None:
        """Send the next recorded bytes, compare the reply, and whether upsd keeps the connection."""
        step = self._connections[index]["steps"][self._done[index]]
        self._done[index] += 1
        session = self.session(index)
        if step.get("wait"):
            self.clock.now += PATIENCE
        elif session in self.state.sessions:
            self._compare(step, protocol.receive(self.state, session, sent_bytes(step["send"])).decode("latin-1"))
        else:
            assert step["reply"] == ""
        self.clock.now += linger
        if session in self.state.sessions and self.state.expired(session):
            self.state.disconnect(session)
        assert (session in self.state.sessions) == step["open"], step

    @staticmethod
    def _compare(step: dict[str, Any], reply: str) -> None:
        if step.get("reply_truncated"):  # the recorder kept the first bytes only
            assert reply.startswith(step["reply"]), step
        else:
            assert reply == step["reply"], step


Op = Callable[[Replay], None]


def steps(connection: int, count: int | None = None, pause: float = 0.0, linger: float = 0.0) -> Op:
    """The next `count` steps (all that are left) of a connection, `pause` seconds between, `linger` after each."""

    def run(replay: Replay) -> None:
        for number in range(replay.left(connection) if count is None else count):
            replay.clock.now += pause if number else 0.0
            replay.step(connection, linger)

    return run


def close(connection: int) -> Op:
    """The client closes its socket without LOGOUT."""
    return lambda replay: replay.state.disconnect(replay.session(connection))


def status(text: str | None) -> Op:
    """The driver tells another ups.status, or none at all."""

    def run(replay: Replay) -> None:
        if text is None:
            del replay.ups.variables["ups.status"]
        else:
            replay.ups.variables["ups.status"] = text

    return run


def driver(driver_state: Driver) -> Op:
    """Something happens to the driver."""
    return lambda replay: replay.state.driver(replay.ups, driver_state)


def silence(replay: Replay) -> None:
    """The driver falls silent, and as many seconds pass as upsd allows (recorded: 28 to 29)."""
    replay.ups.silent_since = replay.clock()
    replay.clock.now += replay.state.profile.maxage


def permitted(*addresses: str) -> Op:
    """upsd re-reads its permitted list."""

    def run(replay: Replay) -> None:
        replay.state.permitted = list(addresses)

    return run


def user(name: str, entry: User) -> Op:
    """upsd.users holds this user."""

    def run(replay: Replay) -> None:
        # upsd reads its files with the parser of the wire, which cuts a word at 512 characters.
        entry.password = entry.password[:512]
        replay.state.users[name] = entry

    return run


def logged_in_before(replay: Replay) -> None:
    """A connection of another scenario has been logged in all the time."""
    replay.state.connect(PERMITTED).login = "ups"


def restart(replay: Replay) -> None:
    """upsd stops and starts."""
    replay.state.restart()


def remove_ups(replay: Replay) -> None:
    """[ups] leaves ups.conf, upsd reloads."""
    del replay.state.upses["ups"]


def add_ups(replay: Replay) -> None:
    """[ups] is put back, upsd reloads and knows nothing of an earlier FSD."""
    replay.state.upses["ups"] = Ups({**profiles.VARIABLES, **replay.state.profile.driver})


def hosts_deny(text: str) -> Op:
    """hosts.deny holds this; upsd reads it anew for each privileged word."""

    def run(replay: Replay) -> None:
        replay.state.hosts_deny = text

    return run


def _words(length: int) -> User:
    return User("p" * length)


_WORD_LIMIT = "9k word limit: password of {} p in upsd.users, 511/512/513/600 sent"
_BOSS = User("x", frozenset({"SET"}), frozenset({"ALL"}))

EVENTS: dict[str, list[Op]] = {
    "1h permitted: LIST CLIENT / NUMLOGINS with several logins": [
        steps(0, 2),
        steps(1),
        steps(2, 3),
        steps(3),
        steps(0, 2),
        close(1),
        steps(0, 1),
        steps(2),
        steps(0),
    ],
    "1m driver status OB DISCHRG LB": [status("OB DISCHRG LB"), steps(0)],
    "1m driver status OL CHRG": [status("OL CHRG"), steps(0)],
    "4d SIGHUP after swapping the permitted address: open connections": [
        steps(0, 4),
        steps(1, 2),
        permitted("127.0.0.9"),
        steps(0),
        steps(2),
        steps(1),
    ],
    "5 hosts.deny permits, ups_acl does not": [hosts_deny("upsd: ALL EXCEPT 127.0.0.1 127.0.0.9\n"), steps(0)],
    "6a driver says DATASTALE": [driver(Driver.STALE), steps(0), steps(1)],
    "6b driver does not answer PING": [silence, steps(0), steps(1)],
    "6c driver gone (socket closed and removed)": [driver(Driver.DOWN), logged_in_before, steps(0), steps(1)],
    "6d driver back": [
        steps(0, 3),
        driver(Driver.DOWN),
        steps(0, 3),
        driver(Driver.WAIT),
        steps(0, 1),
        driver(Driver.OK),
        steps(0),
    ],
    "1z FSD latch": [
        steps(0),
        steps(1, 1),
        status("OB DISCHRG"),
        steps(1, 1),
        status("OL"),
        steps(1, 2),
        driver(Driver.DOWN),
        steps(1, 1),
        driver(Driver.WAIT),
        steps(1, 1),
        remove_ups,
        steps(1, 2),
        add_ups,
        steps(1),
    ],
    "1z2 FSD, then upsd restart": [steps(0, 3), restart, steps(0), steps(1)],
    "7a idle: one byte every 2.5 s, never a newline": [steps(0, linger=2.5)],
    "7a idle: unterminated quote fed every 12 s": [steps(0, pause=12.0)],
    "7a unknown word every 20 s": [steps(0, pause=20.0)],
    "7a not permitted: VER every 20 s for 140 s": [steps(0, pause=20.0)],
    "7a empty line every 20 s": [steps(0, pause=20.0)],
    "8f upsd.users says upsmon slave": [user("monuser", User("secret", frozenset({"LOGIN"}))), steps(0)],
    "8i user with actions=SET instcmds=ALL (not the DSM default)": [user("boss", _BOSS), steps(0)],
    "8k ups.status missing or empty, then FSD": [
        status(None),
        steps(0, 1),
        status(""),
        steps(0, 5),
        status(None),
        steps(0),
    ],
    "8l upsd started while the driver is absent": [driver(Driver.DOWN), steps(0)],
    "8m driver socket open but dump not delivered yet": [driver(Driver.WAIT), steps(0)],
    "4a reload with synoinfo.conf missing": [permitted(), steps(0), steps(1), steps(2)],
    "9d time until DATA-STALE with a driver that falls silent": [silence, steps(0)],
    "9e driver speaks again after stale": [driver(Driver.STALE), steps(0, 1), driver(Driver.OK), steps(0)],
    "9f FSD while DATASTALE": [driver(Driver.STALE), steps(0, 7), driver(Driver.OK), steps(0)],
    "9f FSD while driver gone": [driver(Driver.DOWN), steps(0, 7), driver(Driver.OK), steps(0)],
    "9i credentials refused first, address permitted by a reload, same connection": [
        permitted(),
        steps(0, 3),
        permitted(PERMITTED),
        steps(0),
    ],
    **{
        _WORD_LIMIT.format(length): [user("monuser", _words(length)), *(steps(number) for number in range(4))]
        for length in (511, 512, 513)
    },
}
"""Scenarios in which something happens besides one connection after the other."""

ON_SOCKETS = {
    "1j permitted: VER, LIST UPS, LOGOUT then half close": "a half close is a thing of sockets",
    "7b MAXCONN 8": "connects that hang unanswered are a thing of sockets",
}
"""Replayed below, on real sockets."""

LEFT_OUT: dict[str, str] = {}
"""Scenarios that are not replayed, each with its reason."""


def test_every_scenario_is_replayed_or_listed() -> None:
    """No scenario is forgotten, and no table names one that does not exist."""
    for table in (EVENTS, ON_SOCKETS, LEFT_OUT):
        assert set(table) <= set(SCENARIOS)
    assert not set(LEFT_OUT) & (set(EVENTS) | set(ON_SOCKETS))


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in {**ON_SOCKETS, **LEFT_OUT}])
def test_scenario(name: str) -> None:
    """One connection after the other, unless EVENTS says otherwise; every step is used up."""
    scenario = SCENARIOS[name]
    replay = Replay(scenario)
    default: list[Op] = [steps(number) for number in range(len(scenario["connections"]))]
    for op in EVENTS.get(name, default):
        op(replay)
    assert [replay.left(number) for number in range(len(scenario["connections"]))] == [0] * len(scenario["connections"])


async def _connect(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port, local_addr=(PERMITTED, 0))


async def _listen(clock: Clock, maxconn: int) -> Server:
    state = State(profiles.PROFILES["dsm6"], clock, (PERMITTED,))
    server = Server(state, ["127.0.0.1"], 0, maxconn, None)
    await server.start()
    return server


def test_half_close_is_answered() -> None:
    """What was sent before the half close is answered, then upsd closes."""
    name = "1j permitted: VER, LIST UPS, LOGOUT then half close"
    (step,) = SCENARIOS[name]["connections"][0]["steps"]

    async def play() -> bytes:
        server = await _listen(Clock(), 8)
        reader, writer = await _connect(server)
        writer.write(b"VER\nLIST UPS\nLOGOUT\n")  # named by the scenario; the step records the reply only
        writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
        reply = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.stop_listening()
        return reply

    assert asyncio.run(play()).decode("latin-1") == step["reply"]
    assert step["open"] is False


def test_full_server_connects_and_stays_silent() -> None:
    """At MAXCONN a connect succeeds and hangs; it is answered when a place becomes free, by LOGOUT or idleness."""
    connections = SCENARIOS["7b MAXCONN 8"]["connections"]
    banner = connections[0]["steps"][0]["reply"]
    assert [step["reply"] for step in connections[2]["steps"]] == ["", banner]
    assert [step["reply"] for step in connections[3]["steps"]] == ["", banner]

    async def play() -> None:
        clock = Clock()
        server = await _listen(clock, 2)
        peers = []
        for _ in range(4):
            peers.append(await _connect(server))
            peers[-1][1].write(b"VER\n")
        for reader, _ in peers[:2]:
            assert (await asyncio.wait_for(reader.readline(), 10)).decode() == banner
        assert [entry.last_heard for entry in server.state.sessions] == [clock.now] * 2  # the others are not served
        peers[0][1].write(b"LOGOUT\n")
        assert await asyncio.wait_for(peers[0][0].read(), 10) == b"OK Goodbye\n"
        assert (await asyncio.wait_for(peers[2][0].readline(), 10)).decode() == banner
        clock.now += PATIENCE
        server.drop_idle()
        assert (await asyncio.wait_for(peers[3][0].readline(), 10)).decode() == banner
        for _, writer in peers:
            writer.close()
        server.stop_listening()
        server.drop_all()

    asyncio.run(play())
