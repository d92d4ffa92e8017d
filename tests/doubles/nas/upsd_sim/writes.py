"""What a plain upsd of the shipped tree does not serve: words that change something, TLS, tracking.

NUT server/netuser.c, netset.c, netinstcmd.c, netmisc.c, netssl.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import reads
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.errors import Refused, find_ups, need, need_data
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.logins import need_action
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Handler

from . import profiles

if TYPE_CHECKING:
    from .state import Session, State


def starttls(state: State, session: Session, args: list[str]) -> list[str]:
    """STARTTLS; refused unless the double was given a certificate, as on every DSM seen."""
    if session.tls:
        raise Refused("ALREADY-SSL-MODE")
    if not state.tls_available:
        raise Refused("FEATURE-NOT-CONFIGURED")
    session.start_tls = True
    return ["OK STARTTLS"]


def master(state: State, session: Session, args: list[str]) -> list[str]:
    """MASTER; asks for a right, changes nothing."""
    return _granted(state, session, args, "MASTER")


def primary(state: State, session: Session, args: list[str]) -> list[str]:
    """PRIMARY, since 2.8.0."""
    return _granted(state, session, args, "PRIMARY")


def _granted(state: State, session: Session, args: list[str], word: str) -> list[str]:
    need(len(args) == 1)
    find_ups(state, args[0])
    need_action(state, session, "MASTER")
    return [f"OK {word}-GRANTED"]


def fsd(state: State, session: Session, args: list[str]) -> list[str]:
    """FSD; latched until a restart, accepted without data and without LOGIN (executed on DSM 6.2.3)."""
    need(len(args) == 1)
    find_ups(state, args[0])
    need_action(state, session, "FSD")
    state.upses[args[0].lower()].fsd = True
    return ["OK FSD-SET"]


def set_(state: State, session: Session, args: list[str]) -> list[str]:
    """SET VAR, and SET TRACKING since 2.8.0."""
    need(len(args) >= 2)
    if args[0].upper() == "TRACKING" and state.profile.tracking:
        return _set_tracking(session, args[1].upper())
    need(args[0].upper() == "VAR" and len(args) >= 4)
    name, var, value = args[1], args[2].lower(), args[3]
    ups = find_ups(state, name)
    need_data(state, ups)
    need_action(state, session, "SET")
    if var not in ups.visible():
        raise Refused("VAR-NOT-SUPPORTED")
    _check_value(var, value)
    ups.variables[var] = value
    return ["OK"]


def _set_tracking(session: Session, value: str) -> list[str]:
    need(value in ("ON", "OFF"))
    session.tracking = value == "ON"
    return ["OK"]


def _check_value(var: str, value: str) -> None:
    if var in profiles.STRINGS:
        if len(value) > profiles.STRINGS[var]:
            raise Refused("TOO-LONG")
    elif var in profiles.ENUMS:
        if value not in profiles.ENUMS[var]:
            raise Refused("INVALID-VALUE")
    elif var in profiles.RANGES:
        if not value.isdigit() or not any(low <= int(value) <= high for low, high in profiles.RANGES[var]):
            raise Refused("INVALID-VALUE")
    else:
        raise Refused("READONLY")


def instcmd(state: State, session: Session, args: list[str]) -> list[str]:
    """INSTCMD; the command must exist before the user's right to it is judged. It does nothing here."""
    need(len(args) >= 2)
    ups = find_ups(state, args[0])
    need_data(state, ups)
    if args[1].lower() not in profiles.COMMANDS:
        raise Refused("CMD-NOT-SUPPORTED")
    user = state.users.get(session.username or "")
    if user is None or user.password != session.password or not user.instcmds & {"ALL", args[1].lower()}:
        raise Refused("ACCESS-DENIED")
    return ["OK"]


def get(state: State, session: Session, args: list[str]) -> list[str]:
    """GET, and GET TRACKING since 2.8.0."""
    if args and args[0].upper() == "TRACKING" and state.profile.tracking:
        return _get_tracking(session, args[1:])
    return reads.get(state, session, args)


def _get_tracking(session: Session, args: list[str]) -> list[str]:
    if not args:
        return ["ON" if session.tracking else "OFF"]
    raise Refused("UNKNOWN" if session.tracking else "FEATURE-NOT-CONFIGURED")


HANDLERS: Mapping[str, Handler] = {
    "STARTTLS": starttls,
    "GET": get,
    "MASTER": master,
    "PRIMARY": primary,
    "FSD": fsd,
    "SET": set_,
    "INSTCMD": instcmd,
}
