"""The pure WebAPI of the mock NAS and a client of it, for the test modules of this directory."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from doubles.nas.upsd_sim import profiles
from doubles.nas.upsd_sim.dsm.nas import Dsm
from doubles.nas.upsd_sim.dsm.webapi import AUTH, UPS, Reply, Request, WebApi
from doubles.nas.upsd_sim.state import State

HERE = "192.0.2.50"
PERMITTED = ("192.0.2.1", "192.0.2.2", "192.0.2.3")


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class DsmClient:
    """A WebAPI and a client of it."""

    def __init__(self, generation: int = 7) -> None:
        self.clock = Clock()
        state = State(profiles.PROFILES[f"dsm{generation}"], self.clock, PERMITTED)
        self.restarts: list[float] = []
        self.nas = Dsm(state, self.restarts.append)
        self.api = WebApi(self.nas)
        self.generation = generation

    def ask(self, script: str, address: str = HERE, token: str = "", **params: Any) -> Reply:
        """One request."""
        return self.api.answer(Request(script, {key: str(value) for key, value in params.items()}, address, token))

    def call(self, api: str, method: str, /, **params: Any) -> dict[str, Any]:
        """One request's data, or {"code": …}."""
        script = "auth.cgi" if api == AUTH and self.generation == 6 else "entry.cgi"
        given: dict[str, Any] = {"api": api, "version": 1, "method": method, **params}
        answer = json.loads(self.ask(script, **given).body)
        assert answer["success"] is ("error" not in answer)
        return dict(answer.get("data", answer.get("error", {})))

    def login(self, **params: Any) -> dict[str, Any]:
        """A login as the collection makes it."""
        given: dict[str, Any] = {"account": "upsadmin", "passwd": "Api-Password-1", "format": "sid", "version": 6}
        return self.call(AUTH, "login", **{**given, **params})

    def admin(self, method: str, **params: Any) -> dict[str, Any]:
        """A call with a session of its own."""
        return self.call(UPS, method, _sid=self.login()["sid"], **params)


@pytest.fixture
def make_dsm() -> Callable[[int], DsmClient]:
    """By generation, with three addresses permitted."""
    return DsmClient


@pytest.fixture(params=[6, 7])
def dsm(request: pytest.FixtureRequest) -> DsmClient:
    """Both generations."""
    return DsmClient(request.param)
