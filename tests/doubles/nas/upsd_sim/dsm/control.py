"""Control commands of this test double of DSM: a person at its dialog, its own tools, and faults of its WebAPI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Awaitable, Callable, List, Union

from ..arguments import UsageError, address, choice, none, number, one, seconds
from .accounts import ADMIN, Account
from .files import SLOTS
from .nas import Dsm
from .web import WebServer

if TYPE_CHECKING:
    from ..server import Server

Command = Callable[["Server", List[str]], Union[str, Awaitable[str]]]


def _dsm(server: Server) -> Dsm:
    if not server.state.profile.dsm:
        raise UsageError(f"the profile {server.state.profile.name} is not a DSM, dsm6 and dsm7 are")
    return server.dsm


def _web(server: Server) -> WebServer:
    if server.web is None:
        raise UsageError("there is no WebAPI: serve was not given --web-port")
    return server.web


# a person at DSM's dialog: every Apply writes the files and restarts the service


def _dialog(server: Server, args: list[str]) -> str:
    """Save exactly these addresses; what a longer stored list held besides is lost."""
    addresses = [address([text]) for text in args]
    if not 1 <= len(addresses) <= SLOTS:
        raise UsageError(f"DSM's dialog takes 1 to {SLOTS} addresses, got {len(addresses)}")
    dsm = _dsm(server)
    dsm.files.permit(addresses)
    dsm.restart_service()
    return f"saved: {' '.join(addresses)}"


def _ups_support(server: Server, args: list[str]) -> str:
    """The box "Enable UPS support"."""
    word = choice(args, ("on", "off"))
    dsm = _dsm(server)
    dsm.files.change({"ups_enabled": "yes" if word == "on" else "no"})
    dsm.restart_service()
    return f"UPS support: {word}"


def _network_server(server: Server, args: list[str]) -> str:
    """The box "Enable network UPS server"; turned on, the list starts empty, because off keeps no list."""
    word = choice(args, ("on", "off"))
    dsm = _dsm(server)
    dsm.files.permit((dsm.files.permitted or []) if word == "on" else None)
    dsm.restart_service()
    return f"network UPS server: {word}"


# what DSM's own tools do over SSH; the doubles of them call these


def _reload(server: Server, args: list[str]) -> str:
    """upsd -c reload."""
    none(args)
    if not server.listening:
        raise UsageError("upsd is not running")
    server.state.load()
    return server.state.profile.banner


def _service(server: Server, args: list[str]) -> str:
    """Restart a service; only the one of the current mode has an upsd to restart."""
    name = choice(args, ("ups-usb", "ups-net"))
    dsm = _dsm(server)
    if name == ("ups-net" if dsm.files.keys().get("ups_mode") == "snmp" else "ups-usb"):
        dsm.restart_service()
    return f"{name} restarted"


def _ca(server: Server, args: list[str]) -> str:
    none(args)
    with open(_web(server).certificates.ca, encoding="ascii") as stream:
        return stream.read().strip()


# faults of the WebAPI


def _account(dsm: Dsm) -> Account:
    return dsm.accounts.by_name[ADMIN]


def _otp(server: Server, args: list[str]) -> str:
    word = one(args, "a code, or off")
    _account(server.dsm).otp = "" if word == "off" else word
    return f"{ADMIN} has {'no' if word == 'off' else 'a'} second factor"


def _admin(server: Server, args: list[str]) -> str:
    _account(server.dsm).admin = choice(args, ("on", "off")) == "on"
    return f"{ADMIN} is an administrator: {args[0]}"


def _password(server: Server, args: list[str]) -> str:
    _account(server.dsm).password = one(args, "a password")
    return f"{ADMIN} has a new password"


def _code(args: list[str]) -> int:
    return 0 if args == ["off"] else number(args, "a code", 9999)


def _login_error(server: Server, args: list[str]) -> str:
    server.dsm.accounts.refuse_with = _code(args)
    return f"right credentials are answered by {args[0]}"


def _error(server: Server, args: list[str]) -> str:
    server.dsm.faults.answer = _code(args)
    return f"get and set are answered by {args[0]}"


def _expire_sessions(server: Server, args: list[str]) -> str:
    code = number(args, "a code", 9999) if args else 119
    server.dsm.sessions.expire(code)
    return f"sessions are over, their next request is answered by {code}"


def _html(server: Server, args: list[str]) -> str:
    word = choice(args or ["on"], ("on", "off"))
    server.dsm.faults.html = word == "on"
    return f"HTML for everything: {word}"


def _cut_set(server: Server, args: list[str]) -> str:
    word = choice(args or ["after"], ("before", "after", "off"))
    server.dsm.faults.cut_set = "" if word == "off" else word
    return f"the next set is cut: {word}"


def _overtaken_by(server: Server, args: list[str]) -> str:
    """Another run, that reads the list now, sets it right after the next one has: what it had read, and these."""
    dsm = server.dsm
    dsm.faults.overtaken_by = (*(dsm.files.permitted or []), *(address([text]) for text in args))
    return f"after the next set the list is: {' '.join(dsm.faults.overtaken_by)}"


def _slow(server: Server, args: list[str]) -> str:
    server.dsm.faults.slow = seconds(one(args, "seconds"))
    return f"every answer waits {server.dsm.faults.slow:g} s"


def _down(server: Server, args: list[str]) -> str:
    none(args)
    _web(server).stop()
    server.dsm.faults.down = True
    return "the WebAPI refuses connects"


async def _up(server: Server, args: list[str]) -> str:
    none(args)
    await _web(server).start()
    server.dsm.faults.down = False
    return "the WebAPI listens"


def _tls_name(server: Server, args: list[str]) -> str:
    name = one(args, "a name, or off")
    server.dsm.faults.tls_name = "" if name == "off" else name
    _web(server).certificates.issue(server.dsm.faults.tls_name)
    return f"the certificate is for: {'the NAS' if name == 'off' else name}"


def _restart_seconds(server: Server, args: list[str]) -> str:
    server.dsm.restart_seconds = seconds(one(args, "seconds"))
    return f"a restart of the UPS service takes {server.dsm.restart_seconds:g} s"


def _block_after(server: Server, args: list[str]) -> str:
    server.dsm.accounts.block_after = number(args, "refused logins")
    return f"an address is blocked after {args[0]} refused logins"


def _unblock(server: Server, args: list[str]) -> str:
    none(args)
    server.dsm.accounts.unblock()
    return "no address is blocked"


def _status(server: Server, args: list[str]) -> str:
    none(args)
    return json.dumps(server.dsm.show(), indent=2, sort_keys=True)


def _issued(server: Server, args: list[str]) -> str:
    """Every secret that the WebAPI has handed out: no log or output may hold one."""
    none(args)
    devices = [device for account in server.dsm.accounts.by_name.values() for device in account.devices.values()]
    return "\n".join([*server.dsm.sessions.issued, *devices])


WEB: dict[str, Command] = {
    "otp": _otp,
    "admin": _admin,
    "password": _password,
    "login-error": _login_error,
    "error": _error,
    "expire-sessions": _expire_sessions,
    "html": _html,
    "cut-set": _cut_set,
    "overtaken-by": _overtaken_by,
    "slow": _slow,
    "down": _down,
    "up": _up,
    "tls-name": _tls_name,
    "restart-seconds": _restart_seconds,
    "block-after": _block_after,
    "unblock": _unblock,
    "issued": _issued,
    "status": _status,
}


def _web_command(server: Server, args: list[str]) -> str | Awaitable[str]:
    if not args or args[0] not in WEB:
        raise UsageError(f"expected one of {' '.join(WEB)}")
    _dsm(server)
    return WEB[args[0]](server, args[1:])


COMMANDS: dict[str, Command] = {
    "dialog": _dialog,
    "ups-support": _ups_support,
    "network-server": _network_server,
    "reload": _reload,
    "service": _service,
    "ca": _ca,
    "web": _web_command,
}
