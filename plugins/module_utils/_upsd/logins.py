# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a client that logs in and out (NUT server/netuser.c)."""

from __future__ import annotations

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.errors import Refused, find_ups, need
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Session, State


def starttls(state: State, session: Session, args: list[str]) -> list[str]:
    """STARTTLS; refused, as on every DSM seen."""
    raise Refused("FEATURE-NOT-CONFIGURED")


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


def need_action(state: State, session: Session, action: str) -> None:
    """Refuse a session whose credentials do not grant an action."""
    user = state.users.get(session.username or "")
    if user is None or user.password != session.password or action not in user.actions:
        raise Refused("ACCESS-DENIED")


def login(state: State, session: Session, args: list[str]) -> list[str]:
    """LOGIN; the name of the UPS is judged before the credentials."""
    need(len(args) == 1)
    if session.login is not None:
        raise Refused("ALREADY-LOGGED-IN")
    find_ups(state, args[0])
    need_action(state, session, "LOGIN")
    state.log_in(session, args[0].lower())
    return ["OK"]


def logout(state: State, session: Session, args: list[str]) -> list[str]:
    """LOGOUT; upsd only marks the client as long silent, so a further line in the same packet keeps it alive."""
    need(not args)
    session.last_heard = float("-inf")
    return ["OK Goodbye"]
