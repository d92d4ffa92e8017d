"""Telling this test double what to do, over a UNIX socket, so that nothing on the network can reach it.

One request a connection: a JSON list of words, answered by {"ok": true|false, "text": ...}.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import Awaitable, Callable, List, Union

from . import access
from .server import Server
from .state import Driver, State, Ups, User
from .words import WORD_LIMIT

DEFAULT_PATH = "/run/mock_nas/control.sock"
RESTART_SECONDS = 3.0
"""Seconds of refused connects at a restart; 15 is usual on a real NAS, which would only make tests slow."""

LONGEST_WAIT = 3600.0
"""Seconds; the most that slow and restart accept."""


class Misuse(Exception):
    """The command cannot be carried out; the text says why."""


Command = Callable[[Server, List[str]], Union[str, Awaitable[str]]]


def _one(args: list[str], what: str) -> str:
    if len(args) != 1 or not args[0]:
        raise Misuse(f"expected one argument: {what}")
    return args[0]


def _none(args: list[str]) -> None:
    if args:
        raise Misuse(f"takes no argument, got: {' '.join(args)}")


def _address(args: list[str]) -> str:
    text = _one(args, "an IPv4 or IPv6 address")
    try:
        return access.canonical(text)
    except ValueError:
        raise Misuse(f"not an IPv4 or IPv6 address: {text}") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT:
        raise Misuse(f"seconds must be a number from 0 to {LONGEST_WAIT:.0f}, got: {text}")
    return seconds


def _ups(server: Server) -> Ups:
    return server.state.upses["ups"]


def _permit(server: Server, args: list[str]) -> str:
    """Add an address, reload: open connections stay, as after `upsd -c reload` on DSM 6.2.3."""
    address = _address(args)
    permitted = server.state.permitted
    if address not in permitted and address not in access.LOOPBACK:
        if len(permitted) >= access.LIST_LIMIT:
            raise Misuse(f"the permitted list is full ({access.LIST_LIMIT} addresses)")
        permitted.append(address)
    server.state.write_hosts_deny()
    return f"permitted: {' '.join(permitted)}"


def _deny(server: Server, args: list[str]) -> str:
    address = _address(args)
    if address in access.LOOPBACK:
        raise Misuse("loopback is always permitted")
    if address in server.state.permitted:
        server.state.permitted.remove(address)
    server.state.write_hosts_deny()
    return f"permitted: {' '.join(server.state.permitted)}"


def _status(server: Server, args: list[str]) -> str:
    if not args or not all(char.isprintable() and char.isascii() for char in " ".join(args)):
        raise Misuse('expected a status such as "OB DISCHRG"')
    status = " ".join(" ".join(args).split())
    _ups(server).variables["ups.status"] = status
    return f"ups.status: {status}"


def _fsd(server: Server, args: list[str]) -> str:
    _none(args)
    _ups(server).fsd = True
    return "forced shutdown is latched"


def _driver(driver: Driver) -> Command:
    def command(server: Server, args: list[str]) -> str:
        _none(args)
        server.state.driver(_ups(server), driver)
        return f"driver: {driver.value}"

    return command


def _driver_silent(server: Server, args: list[str]) -> str:
    _none(args)
    _ups(server).silent_since = server.state.clock()
    return f"driver is silent, its data will be stale in {server.state.profile.maxage:.0f} s"


def _restart(server: Server, args: list[str]) -> str:
    seconds = _seconds(_one(args, "seconds")) if args else RESTART_SECONDS
    server.restart(seconds)
    return f"restarting, connects are refused for {seconds:g} s"


def _slow(server: Server, args: list[str]) -> str:
    server.state.slow = _seconds(_one(args, "seconds"))
    return f"every reply waits {server.state.slow:g} s"


def _full(server: Server, args: list[str]) -> str:
    word = _one(args, "on or off") if args else "on"
    if word not in ("on", "off"):
        raise Misuse(f"expected on or off, got: {word}")
    server.state.full = word == "on"
    server.admit()
    return f"full: {word}"


def _hide(server: Server, args: list[str]) -> str:
    server.state.hidden.add(_address(args))
    return f"hidden from LIST CLIENT: {' '.join(sorted(server.state.hidden))}"


def _unhide(server: Server, args: list[str]) -> str:
    server.state.hidden.discard(_address(args))
    return f"hidden from LIST CLIENT: {' '.join(sorted(server.state.hidden))}"


def _user(server: Server, args: list[str]) -> str:
    """Add a user or change a password; open connections are judged by it at their next privileged word."""
    roles = ("master", "slave", "admin")
    if len(args) not in (2, 3) or not all(args) or args[2:] not in ([], *([role] for role in roles)):
        raise Misuse(f"expected NAME PASSWORD [{'|'.join(roles)}]")
    role = args[2] if len(args) == 3 else "master"
    actions = {"master": {"LOGIN", "MASTER", "FSD"}, "slave": {"LOGIN"}, "admin": {"SET"}}[role]
    instcmds = {"ALL"} if role == "admin" else set()
    # upsd reads upsd.users with the parser of the wire, which cuts words.
    server.state.users[args[0]] = User(args[1][:WORD_LIMIT], frozenset(actions), frozenset(instcmds))
    return f"user {args[0]}: {role}"


def _hosts_deny(server: Server, args: list[str]) -> str:
    """Replace hosts.deny until the next permit or deny rewrites it, as DSM 6 does on Apply."""
    if not server.state.profile.hosts_deny:
        raise Misuse(f"the profile {server.state.profile.name} has no hosts.deny, dsm6 has")
    server.state.hosts_deny = " ".join(args) + "\n" if args else ""
    return f"hosts.deny: {server.state.hosts_deny.strip()}"


def _drop(server: Server, args: list[str]) -> str:
    _none(args)
    server.drop_all()
    return "all connections closed"


async def _reset(server: Server, args: list[str]) -> str:
    _none(args)
    await server.reset()
    return "back to the initial state"


def _show(server: Server, args: list[str]) -> str:
    _none(args)
    return json.dumps(show(server.state), indent=2, sort_keys=True)


def show(state: State) -> dict[str, object]:
    """What `show` prints."""
    ups = state.upses["ups"]
    words = dict(state.counters.words)
    return {
        "profile": state.profile.name,
        "version": state.profile.version,
        "permitted": list(state.permitted),
        "hosts_deny": state.hosts_deny,
        "status": ups.visible().get("ups.status"),
        "fsd": ups.fsd,
        "driver": "stale" if state.is_stale(ups) else ups.driver.value,
        "users": sorted(state.users),
        "clients": [{"address": s.address, "ups": s.login} for s in reversed(state.sessions) if s.login],
        "connections": len(state.sessions),
        "hidden": sorted(state.hidden),
        "slow": state.slow,
        "full": state.full,
        "counters": {
            "words": words,
            "dangerous": {word: words.get(word, 0) for word in ("FSD", "SET", "INSTCMD")},
            "logins": dict(state.counters.logins),
        },
    }


COMMANDS: dict[str, Command] = {
    "permit": _permit,
    "deny": _deny,
    "status": _status,
    "fsd": _fsd,
    "stale": _driver(Driver.STALE),
    "driver-down": _driver(Driver.DOWN),
    "driver-up": _driver(Driver.OK),
    "driver-wait": _driver(Driver.WAIT),
    "driver-silent": _driver_silent,
    "restart": _restart,
    "slow": _slow,
    "full": _full,
    "hide": _hide,
    "unhide": _unhide,
    "user": _user,
    "hosts-deny": _hosts_deny,
    "drop": _drop,
    "reset": _reset,
    "show": _show,
}


async def run(server: Server, words: list[str]) -> str:
    """Carry out one command; raises Misuse."""
    if not words or words[0] not in COMMANDS:
        raise Misuse(f"unknown command: {' '.join(words) or '(none)'}; there are {' '.join(COMMANDS)}")
    try:
        result = COMMANDS[words[0]](server, words[1:])
        return result if isinstance(result, str) else await result
    except Misuse as misuse:
        raise Misuse(f"{words[0]}: {misuse}") from None


async def listen(server: Server, path: str) -> asyncio.AbstractServer:
    """Open the control socket, for the owner only."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = {
                "ok": True,
                "text": await run(server, [str(word) for word in json.loads(await reader.readline())]),
            }
        except (Misuse, ValueError) as misuse:
            answer = {"ok": False, "text": str(misuse)}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    if os.path.exists(path):
        os.unlink(path)
    control = await asyncio.start_unix_server(handle, path)
    os.chmod(path, 0o600)
    return control


def ask(path: str, words: list[str]) -> str:
    """The other end: send one command, return its text; raises Misuse or OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(path)
        sock.sendall(json.dumps(words).encode() + b"\n")
        with sock.makefile("r", encoding="utf-8") as stream:
            answer = json.loads(stream.readline())
    if not answer["ok"]:
        raise Misuse(answer["text"])
    return str(answer["text"])
