# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends of a drill: the process that serves it, and the module that starts, asks and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import time
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import control, daemon
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.drill import Drill, Settings
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.script import Scenario

PATIENCE = 10.0
"""Seconds for an answer of the process, and for its end."""
SETTLE = 2.0
"""Seconds after which a client that went has not only lost its connection for a moment."""
POLL = 0.1
"""Seconds between two looks."""


class DrillError(Exception):
    """It cannot be done; the text says why."""


# in the process that serves


async def _serve(drill: Drill, folder: str, deadline: float, tell: daemon.Tell) -> None:
    loop = asyncio.get_running_loop()
    end, over = loop.time() + deadline, asyncio.Event()

    async def run(words: list[str]) -> str:
        if words == ["stop"]:
            over.set()
        elif words == ["play"]:
            if not drill.play():
                raise control.UsageError("it has been played")
        elif words != ["show"]:
            raise control.UsageError("unknown command")
        return json.dumps({**drill.show(), "ends_in": end - loop.time()})

    await drill.open()
    path = os.path.join(folder, daemon.SOCKET)
    listener = await control.listen(run, path)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    ports = {name: scene.server.port for name, scene in drill.scenes.items()}
    tell({"pid": os.getpid(), "control": path, "ports": ports})
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(over.wait(), deadline)
    drill.close()
    listener.close()


def _run(scenarios: Sequence[Scenario], settings: Settings, deadline: float, tell: daemon.Tell) -> None:
    _raise_limit(len(scenarios) * (2 * len(settings.permitted) + 64))  # every host is at every scenario
    folder = daemon.make_folder(daemon.base())

    async def serve() -> None:
        await _serve(Drill(scenarios, settings, time.time), folder, deadline, tell)

    try:
        asyncio.run(serve())
    except OSError as error:  # an address or port that cannot be had
        tell({"error": str(error)})
    finally:
        daemon.remove_folder(folder)


def _raise_limit(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return
    with contextlib.suppress(OSError, ValueError):  # with fewer files the last clients wait until others are gone
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


# in the module


def start(scenarios: Sequence[Scenario], settings: Settings, deadline: float) -> dict[str, Any]:
    """Start the process, return its pid, its control socket and the ports by scenario.

    :param deadline: seconds after which it ends.
    :raises DrillError: if it cannot listen.
    """
    daemon.remove_stale(daemon.base(), time.time())
    try:
        told = daemon.spawn(lambda tell: _run(scenarios, settings, deadline, tell), deadline)
    except ChildProcessError as error:
        raise DrillError(f"The UPS server of the drill did not start: {error}.") from None
    if "error" in told:
        raise DrillError(f"The UPS server of the drill cannot listen: {told['error']}.")
    return told


def _ask(path: str, word: str) -> dict[str, Any]:
    try:
        shown: dict[str, Any] = json.loads(control.ask(path, [word], PATIENCE))
    except control.UsageError as error:
        raise DrillError(f"The UPS server of the drill refuses to {word}: {error}.") from None
    except (OSError, ValueError) as error:
        raise DrillError(f"No UPS server of a drill answers at {path}: {error}. It ends at its deadline.") from None
    return shown


def missing(shown: Mapping[str, Any], expect: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return who is not logged in, by scenario."""
    absent = {
        name: [address for address in addresses if address not in shown["scenarios"][name]["clients"]]
        for name, addresses in expect.items()
    }
    return {name: addresses for name, addresses in absent.items() if addresses}


def clients(path: str, expect: Mapping[str, Sequence[str]], wait: float) -> dict[str, Any]:
    """Return who is logged in, who is missing and who was refused, by scenario.

    :param expect: who should be, by scenario.
    :param wait: seconds to wait until they are.
    :raises DrillError: if nobody answers, or there is no such scenario.
    """
    until = time.monotonic() + wait
    while True:
        shown = _ask(path, "show")
        unknown = sorted(set(expect) - set(shown["scenarios"]))
        if unknown:
            raise DrillError(f"expect: this drill has no scenario {', '.join(unknown)}.")
        absent = missing(shown, expect)
        if not absent or time.monotonic() >= until:
            rows = shown["scenarios"].items()
            return {
                "clients": {name: scene["clients"] for name, scene in rows},
                "missing": absent,
                "refused": {name: scene["refused"] for name, scene in rows},
            }
        time.sleep(POLL)


def is_over(scene: Mapping[str, Any], linger: float, now: float) -> bool:
    """True if nothing more is to be expected of a scenario.

    That is when every client that ever came has gone by itself, or *linger* seconds after the last step. Whom the
    server left behind may come again, or go down without a word: there is no telling before.

    :param linger: where the scenario has none of its own.
    :param now: seconds since 1970.
    """
    last = {login["address"]: login for login in scene["logins"]}.values()
    if last and all(login["how"] in ("logout", "lost") and now >= login["logout"] + SETTLE for login in last):
        return True
    stays = linger if scene["linger"] is None else scene["linger"]
    return bool(scene["through"]) and now >= scene["steps"][-1]["time"] + stays


def play(path: str, linger: float, until: float) -> dict[str, Any]:
    """Start the scripts, wait until all are over, return what happened.

    :param linger: seconds after the last step of a scenario, for clients that stay.
    :param until: seconds to wait at most.
    :raises DrillError: if nobody answers, it has been played, or the deadline comes before the last step.
    """
    shown = _ask(path, "show")
    scenes = shown["scenarios"].values()
    last = max(scene["last"] + (linger if scene["linger"] is None else scene["linger"]) for scene in scenes)
    if last >= shown["ends_in"]:
        raise DrillError(
            f"It is over {last:g} s after the start, but the server ends in {shown['ends_in']:.0f} s: "
            "give it a later deadline (nut_drill_deadline of the role nut_drill)."
        )
    shown = _ask(path, "play")
    end = time.monotonic() + until
    while True:
        over = all(is_over(scene, linger, time.time()) for scene in shown["scenarios"].values())
        if over or time.monotonic() >= end:
            return {**events(shown), "over": over}
        time.sleep(POLL)
        shown = _ask(path, "show")


def unplayed(path: str) -> dict[str, Any]:
    """Return what :func:`play` would, had nothing happened.

    :raises DrillError: if nobody answers.
    """
    return {**events(_ask(path, "show")), "over": False}


def events(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the steps as they took effect, and each client's log-ins, by scenario; times are seconds since 1970."""
    found: dict[str, Any] = {}
    for name, scene in shown["scenarios"].items():
        addresses = dict.fromkeys(login["address"] for login in scene["logins"])
        found[name] = {
            "steps": scene["steps"],
            "clients": {
                address: [
                    {key: value for key, value in login.items() if key != "address"}
                    for login in scene["logins"]
                    if login["address"] == address
                ]
                for address in addresses
            },
        }
    return {"played": shown["played"], "events": found}


def stop(path: str, check_only: bool) -> bool:
    """End the process and wait until its files are gone; false if there was none.

    :raises DrillError: if it does not end.
    """
    folder = os.path.dirname(path)
    alive = daemon.is_alive(path)
    left = daemon.is_folder(folder)
    if check_only or not (alive or left):
        return alive or left
    if alive:
        _ask(path, "stop")
        if not _becomes(lambda: not os.path.isdir(folder), PATIENCE):
            raise DrillError(f"The UPS server of the drill at {path} did not end within {PATIENCE:.0f} s.")
    else:
        daemon.remove_folder(folder)
    return True


def _becomes(condition: Callable[[], bool], patience: float) -> bool:
    until = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= until:
            return False
        time.sleep(POLL)
    return True
