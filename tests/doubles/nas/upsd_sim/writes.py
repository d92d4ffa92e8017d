"""The words of this test double that change something (NUT server/netuser.c, netset.c, netinstcmd.c, netmisc.c)."""

from __future__ import annotations

from . import profiles
from .errors import Refused, find_ups, need, need_data
from .state import Session, State


def starttls(state: State, session: Session, args: list[str]) -> list[str]:
    """STARTTLS; refused unless the double was given a certificate, as on every DSM seen."""
    if session.tls:
        raise Refused("ALREADY-SSL-MODE")
    if not state.tls_available:
        raise Refused("FEATURE-NOT-CONFIGURED")
    session.start_tls = True
    return ["OK STARTTLS"]


def username(state: State, session: Session, args: list[str]) -> list[str]:
    """USERNAME; never verified here, the first one stays."""
    need(len(args) == 1)
    if session.username is not None:
        raise Refused("ALREADY-SET-USERNAME")
    session.username = args[0]
    return ["OK"]


def password(state: State, session: Session, args: list[str]) -> list[str]:
    """PASSWORD; never verified here, the first one stays."""
    need(len(args) == 1)
    if session.password is not None:
        raise Refused("ALREADY-SET-PASSWORD")
    session.password = args[0]
    return ["OK"]


def _need_action(state: State, session: Session, action: str) -> None:
    user = state.users.get(session.username or "")
    if user is None or user.password != session.password or action not in user.actions:
        raise Refused("ACCESS-DENIED")


def login(state: State, session: Session, args: list[str]) -> list[str]:
    """LOGIN; the name of the UPS is judged before the credentials."""
    need(len(args) == 1)
    if session.login is not None:
        raise Refused("ALREADY-LOGGED-IN")
    find_ups(state, args[0])
    _need_action(state, session, "LOGIN")
    session.login = args[0].lower()
    return ["OK"]


def logout(state: State, session: Session, args: list[str]) -> list[str]:
    """LOGOUT; upsd only marks the client as long silent, so a further line in the same packet keeps it alive."""
    need(not args)
    session.last_heard = float("-inf")
    return ["OK Goodbye"]


def master(state: State, session: Session, args: list[str]) -> list[str]:
    """MASTER; asks for a right, changes nothing."""
    return _granted(state, session, args, "MASTER")


def primary(state: State, session: Session, args: list[str]) -> list[str]:
    """PRIMARY, since 2.8.0."""
    return _granted(state, session, args, "PRIMARY")


def _granted(state: State, session: Session, args: list[str], word: str) -> list[str]:
    need(len(args) == 1)
    find_ups(state, args[0])
    _need_action(state, session, "MASTER")
    return [f"OK {word}-GRANTED"]


def fsd(state: State, session: Session, args: list[str]) -> list[str]:
    """FSD; latched until a restart, accepted without data and without LOGIN (executed on DSM 6.2.3)."""
    need(len(args) == 1)
    ups = find_ups(state, args[0])
    _need_action(state, session, "FSD")
    ups.fsd = True
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
    _need_action(state, session, "SET")
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
