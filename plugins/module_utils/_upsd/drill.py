# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UPS servers of a drill, one a scenario: what they say, when, and who was logged in."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass
from typing import Any, Callable, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.profile import Profile
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.script import Scenario, Step
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.server import Server
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Session, State, Ups, User

PROFILE = Profile("drill", "drill-of-upsfleet")
TRIES = 20
"""Free ports that are tried: one that is free at an address may be taken at the next."""
RETRY = 0.1
"""Seconds until a server that is to return tries its port again, which another program may hold for a moment."""
MOST_REFUSED = 50
"""Addresses of refused clients that are remembered."""


@dataclass(frozen=True)
class Settings:
    """What the servers of a drill have in common."""

    ups: str
    username: str
    password: str
    addresses: tuple[str, ...]
    """Where they listen."""
    permitted: tuple[str, ...]
    """Whom they answer."""
    ports: tuple[int, int] | None = None
    """First and last of the ports that they may have; None: any free ones."""


@dataclass
class Login:
    """One time that a client was logged in; times are seconds since 1970."""

    address: str
    login: float
    logout: float | None = None
    how: str | None = None
    """`logout`: the client said so; `lost`: its connection ended without a word; `gone`: the server went.

    An upsmon that shuts its host down is lost: it ends without LOGOUT (executed: 2.7.4, 2.8.5).
    """


@dataclass
class DrillUps(Ups):
    """A UPS that tells the time, so that what a host's clock says of a drill can be compared."""

    now: Callable[[], float] = time.time

    def visible(self) -> dict[str, str]:
        """The variables that upsd shows now; ups.time in seconds since 1970."""
        return {**super().visible(), "ups.time": f"{self.now():.3f}"}


class DrillState(State):
    """An upsd's that keeps a record."""

    def __init__(self, settings: Settings, clock: Callable[[], float], now: Callable[[], float]) -> None:
        super().__init__(PROFILE, clock, settings.permitted)
        self.users = {settings.username: User(settings.password)}
        self.ups = DrillUps({"battery.charge": "100", "ups.model": "drill", "ups.status": "OL"}, now=now)
        self.upses = {settings.ups.lower(): self.ups}
        self.now = now
        self.going = False
        self.logins: list[Login] = []
        self.refused: dict[str, str] = {}
        """What was wrong, by address: `not_permitted` or `bad_credentials`."""
        self._open: dict[int, Login] = {}

    def log_in(self, session: Session, name: str) -> None:
        """LOGIN was granted."""
        super().log_in(session, name)
        login = Login(session.address, self.now())
        self.logins.append(login)
        self._open[id(session)] = login

    def disconnect(self, session: Session) -> None:
        """A connection ended."""
        super().disconnect(session)
        login = self._open.pop(id(session), None)
        if login is not None:
            login.logout = self.now()
            said_so = session.last_heard == float("-inf")
            login.how = "logout" if said_so else "gone" if self.going else "lost"

    def refusal(self, session: Session, text: str) -> list[str]:
        """Remember who was not let in."""
        if text == "ACCESS-DENIED" and len(self.refused) < MOST_REFUSED:
            known = session.address in self.permitted
            self.refused[session.address] = "bad_credentials" if known else "not_permitted"
        return super().refusal(session, text)


class Scene:
    """One scenario and its server."""

    def __init__(self, scenario: Scenario, settings: Settings, now: Callable[[], float]) -> None:
        self.scenario = scenario
        self._settings = settings
        self._now = now
        self._steps: list[dict[str, Any]] = []
        self._clock = asyncio.get_running_loop().time
        self.state = DrillState(settings, self._clock, now)
        self.server: Server

    async def open(self) -> None:
        """Listen on a port that is free at every address; raises OSError."""
        first, last = self._settings.ports or (0, 0)
        for port in [0] * TRIES if first == 0 else range(first, last + 1):
            # Twice as many as come: upsmon connects anew before an upsd has noticed that it is gone.
            self.server = Server(self.state, list(self._settings.addresses), port, 2 * len(self.state.permitted) + 32)
            try:
                await self.server.start()
                return
            except OSError as error:
                self.server.stop_listening()
                failure = error
        raise failure

    async def play(self, started: float) -> None:
        """Take every step at its time after *started* (seconds, the loop's clock)."""
        for step in self.scenario.steps:
            await asyncio.sleep(max(0.0, started + step.at - self._clock()))
            await self._take(step)
            row = {"at": step.at, "status": step.status, "charge": step.charge, "driver": step.driver.value}
            self._steps.append({**row, "time": self._now()})

    async def _take(self, step: Step) -> None:
        if step.status is None:
            self._go()
            return
        charge = {} if step.charge is None else {"battery.charge": str(step.charge)}
        self.state.ups.variables = {"ups.model": "drill", "ups.status": step.status, **charge}
        self.state.ups.driver = step.driver
        while not self.server.listening:
            try:
                await self.server.start()
            except OSError:
                self.server.stop_listening()
                await asyncio.sleep(RETRY)

    def _go(self) -> None:
        self.state.going = True
        self.server.stop_listening()
        self.server.drop_all()
        self.state.going = False

    def close(self) -> None:
        """No server any more."""
        self._go()

    def show(self) -> dict[str, Any]:
        """What is known; no secrets."""
        return {
            "port": self.server.port,
            "listening": self.server.listening,
            "last": self.scenario.steps[-1].at,
            "linger": self.scenario.linger,
            "through": len(self._steps) == len(self.scenario.steps),
            "steps": self._steps,
            "clients": sorted({session.address for session in self.state.sessions if session.login}),
            "logins": [asdict(login) for login in self.state.logins],
            "refused": self.state.refused,
        }


class Drill:
    """All scenarios of a drill, in one event loop."""

    def __init__(self, scenarios: Sequence[Scenario], settings: Settings, now: Callable[[], float]) -> None:
        self.scenes = {scenario.name: Scene(scenario, settings, now) for scenario in scenarios}
        self._now = now
        self._played: float | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Listen; raises OSError."""
        for scene in self.scenes.values():
            await scene.open()
            self._tasks.append(asyncio.get_running_loop().create_task(scene.server.watch()))

    def play(self) -> bool:
        """Start all scripts at once; false if they had been started."""
        if self._played is not None:
            return False
        loop = asyncio.get_running_loop()
        self._played, started = self._now(), loop.time()
        self._tasks += [loop.create_task(scene.play(started)) for scene in self.scenes.values()]
        return True

    def close(self) -> None:
        """Everything ends."""
        for task in self._tasks:
            task.cancel()
        for scene in self.scenes.values():
            scene.close()

    def show(self) -> dict[str, Any]:
        """What is known; no secrets."""
        return {"played": self._played, "scenarios": {name: scene.show() for name, scene in self.scenes.items()}}
