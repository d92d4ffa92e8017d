"""Telling this test double what to do, over a UNIX socket, so that nothing on the network can reach it."""

from __future__ import annotations

import asyncio
import json

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import control as wire
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.words import WORD_LIMIT

from . import access
from .arguments import UsageError as UsageError
from .arguments import address as _address
from .arguments import choice as _choice
from .arguments import none as _none
from .arguments import one as _one
from .arguments import seconds as _seconds
from .dsm.control import COMMANDS as DSM_COMMANDS
from .dsm.control import Command
from .server import Server
from .state import State, Ups, User

DEFAULT_PATH = "/run/mock_nas/control.sock"


def _ups(server: Server) -> Ups:
    return server.state.upses["ups"]


def _permit(server: Server, args: list[str]) -> str:
    """Add an address, reload: open connections stay, as after `upsd -c reload` on DSM 6.2.3."""
    address = _address(args)
    stored = server.state.files.permitted or []
    permitted = access.permitted_addresses(stored)
    if address not in permitted and address not in access.LOOPBACK:
        if len(permitted) >= access.LIST_LIMIT:
            raise UsageError(f"the permitted list is full ({access.LIST_LIMIT} addresses)")
        stored.append(address)
    return _store(server, stored)


def _deny(server: Server, args: list[str]) -> str:
    address = _address(args)
    if address in access.LOOPBACK:
        raise UsageError("loopback is always permitted")
    return _store(server, [entry for entry in server.state.files.permitted or [] if entry != address])


def _store(server: Server, entries: list[str]) -> str:
    server.state.files.permit(entries)
    server.state.load()
    return f"permitted: {' '.join(server.state.permitted)}"


def _status(server: Server, args: list[str]) -> str:
    if not args or not all(char.isprintable() and char.isascii() for char in " ".join(args)):
        raise UsageError('expected a status such as "OB DISCHRG"')
    status = " ".join(" ".join(args).split())
    _ups(server).variables["ups.status"] = status
    _note_status(server)
    return f"ups.status: {status}"


def _note_status(server: Server) -> None:
    server.state.note("status", _ups(server).visible().get("ups.status", ""))


def _fsd(server: Server, args: list[str]) -> str:
    _none(args)
    _ups(server).fsd = True
    _note_status(server)
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
    seconds = _seconds(_one(args, "seconds")) if args else server.dsm.restart_seconds
    server.restart(seconds)
    server.state.note("restart", f"{seconds:g}")
    return f"restarting, connects are refused for {seconds:g} s"


def _slow(server: Server, args: list[str]) -> str:
    server.state.slow = _seconds(_one(args, "seconds"))
    return f"every reply waits {server.state.slow:g} s"


def _full(server: Server, args: list[str]) -> str:
    word = _choice(args or ["on"], ("on", "off"))
    server.state.full = word == "on"
    server.admit()
    return f"full: {word}"


def _lack(server: Server, args: list[str]) -> str:
    """Be without commands, as UniFi's upsd (VER is unknown, LIST CLIENT is invalid); no word: be complete again."""
    choices = ("VER", "LIST-CLIENT", "GET-NUMLOGINS")
    server.state.lacking = {_choice([word], choices).replace("-", " ") for word in args}
    return f"lacking: {', '.join(sorted(server.state.lacking))}"


def _mute(server: Server, args: list[str]) -> str:
    """Be silent to what is not known, as esp32-nut 1.4, instead of answering ERR."""
    server.state.mute = _choice(args or ["on"], ("on", "off")) == "on"
    return f"mute: {'on' if server.state.mute else 'off'}"


def _lock(server: Server, args: list[str]) -> str:
    """Want USERNAME and PASSWORD before anything is read, as esp32-nut did (its issue 4; NUT issue 3411 plans it)."""
    server.state.locked = _choice(args or ["on"], ("on", "off")) == "on"
    return f"locked: {'on' if server.state.locked else 'off'}"


def _hide(server: Server, args: list[str]) -> str:
    server.state.hidden.add(_address(args))
    return f"hidden from LIST CLIENT: {' '.join(sorted(server.state.hidden))}"


def _unhide(server: Server, args: list[str]) -> str:
    server.state.hidden.discard(_address(args))
    return f"hidden from LIST CLIENT: {' '.join(sorted(server.state.hidden))}"


def _seen_as(server: Server, args: list[str]) -> str:
    """Let a tunnel in userspace mode on the NAS hand over a host's connections, so that upsd sees another address."""
    if len(args) != 2:
        raise UsageError("expected the host's ADDRESS, and the ADDRESS that upsd sees")
    host, seen = (_address([text]) for text in args)
    server.state.seen_as[host] = seen
    return f"{host} is seen as {seen}"


def _user(server: Server, args: list[str]) -> str:
    """Add a user or change a password; open connections are judged by it at their next privileged word."""
    roles = ("master", "slave", "admin")
    if len(args) not in (2, 3) or not all(args) or args[2:] not in ([], *([role] for role in roles)):
        raise UsageError(f"expected NAME PASSWORD [{'|'.join(roles)}]")
    role = args[2] if len(args) == 3 else "master"
    actions = {"master": {"LOGIN", "MASTER", "FSD"}, "slave": {"LOGIN"}, "admin": {"SET"}}[role]
    instcmds = {"ALL"} if role == "admin" else set()
    # upsd reads upsd.users with the parser of the wire, which cuts words.
    server.state.users[args[0]] = User(args[1][:WORD_LIMIT], frozenset(actions), frozenset(instcmds))
    return f"user {args[0]}: {role}"


def _hosts_deny(server: Server, args: list[str]) -> str:
    """Replace hosts.deny; the next permit or deny rewrites the line of upsd, as DSM 6 does on Apply."""
    if not server.state.profile.hosts_deny:
        raise UsageError(f"the profile {server.state.profile.name} has no hosts.deny, dsm6 has")
    server.state.hosts_deny = " ".join(args) + "\n" if args else ""
    return f"hosts.deny: {server.state.hosts_deny.strip()}"


def _drop(server: Server, args: list[str]) -> str:
    _none(args)
    server.drop_all()
    return "all connections closed"


async def _reset(server: Server, args: list[str]) -> str:
    """Back to the initial state; addresses given are permitted before anything is served again."""
    await server.reset([_address([one]) for one in args])
    return "back to the initial state"


def _show(server: Server, args: list[str]) -> str:
    _none(args)
    shown = show(server.state)
    if server.state.profile.dsm:
        shown["dsm"] = {**server.dsm.show(), "restarts": server.restarts, "upsd_listens": server.listening}
    return json.dumps(shown, indent=2, sort_keys=True)


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
        "charge": ups.visible().get("battery.charge"),
        "fsd": ups.fsd,
        "driver": "stale" if state.is_stale(ups) else ups.driver.value,
        "users": sorted(state.users),
        "clients": [{"address": s.address, "ups": s.login} for s in reversed(state.sessions) if s.login],
        "connections": len(state.sessions),
        "hidden": sorted(state.hidden),
        "slow": state.slow,
        "full": state.full,
        "lacking": sorted(state.lacking),
        "mute": state.mute,
        "locked": state.locked,
        "log": list(state.log),
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
    "lack": _lack,
    "mute": _mute,
    "lock": _lock,
    "hide": _hide,
    "unhide": _unhide,
    "seen-as": _seen_as,
    "user": _user,
    "hosts-deny": _hosts_deny,
    "drop": _drop,
    "reset": _reset,
    "show": _show,
    **DSM_COMMANDS,
}


async def run(server: Server, words: list[str]) -> str:
    """Carry out one command; raises UsageError."""
    if not words or words[0] not in COMMANDS:
        raise UsageError(f"unknown command: {' '.join(words) or '(none)'}; there are {' '.join(COMMANDS)}")
    try:
        result = COMMANDS[words[0]](server, words[1:])
        return result if isinstance(result, str) else await result
    except UsageError as error:
        raise UsageError(f"{words[0]}: {error}") from None


async def listen(server: Server, path: str) -> asyncio.AbstractServer:
    """Open the control socket, for the owner only."""
    return await wire.listen(lambda words: run(server, words), path)


ask = wire.ask
