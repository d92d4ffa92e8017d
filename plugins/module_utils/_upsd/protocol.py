# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire protocol: bytes of one connection in, bytes out; no sockets, no real time.

The order of checks is the one executed on DSM 6.2.3: unknown word, USERNAME, PASSWORD, permitted list, and only then
the word's own arguments.
"""

from __future__ import annotations

from typing import Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import logins, reads
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.errors import Refused
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Handler, Session, State

REPLY_LIMIT = 512
"""Characters of one reply line, LF included; a longer one loses its end, LF first (NUT_NET_ANSWER_MAX)."""

READ_SIZE = 512
"""Bytes upsd reads at once; between two reads it looks for clients to drop."""

HANDLERS: Mapping[str, Handler] = {
    "VER": reads.version,
    "NETVER": reads.netver,
    "PROTVER": reads.netver,
    "HELP": reads.help_text,
    "GET": reads.get,
    "LIST": reads.list_,
    "STARTTLS": logins.starttls,
    "USERNAME": logins.username,
    "PASSWORD": logins.password,
    "LOGIN": logins.login,
    "LOGOUT": logins.logout,
}
"""No word that changes a UPS or asks for the right to: the mock NAS of the tests adds those itself (`State.extra`)."""


def receive(state: State, session: Session, data: bytes) -> bytes:
    """Take bytes from a connection, return the bytes that upsd answers.

    Afterwards `state.expired(session)` says whether upsd would drop the connection.
    """
    replies = []
    for start in range(0, len(data), READ_SIZE):
        for words in session.reader.feed(data[start : start + READ_SIZE]):
            session.last_heard = state.clock()
            replies.append(answer(state, session, words))
        if state.expired(session):
            break
    return b"".join(replies)


def answer(state: State, session: Session, words: list[str]) -> bytes:
    """Answer one line, given as its words."""
    try:
        lines = _dispatch(state, session, words)
    except Refused as refusal:
        lines = state.refusal(session, str(refusal))
    return "".join((line + "\n")[:REPLY_LIMIT] for line in lines).encode("ascii")


def _dispatch(state: State, session: Session, words: list[str]) -> list[str]:
    word = words[0].upper() if words else ""
    state.heard(session, words)
    if word not in state.profile.words:
        raise Refused("UNKNOWN-COMMAND")
    if word in state.profile.privileged:
        _check_credentials_came(session)
    if not state.is_permitted(session, word):
        raise Refused("ACCESS-DENIED")
    handler = state.extra.get(word) or HANDLERS[word]
    return handler(state, session, words[1:])


def _check_credentials_came(session: Session) -> None:
    if session.username is None:
        raise Refused("USERNAME-REQUIRED")
    if session.password is None:
        raise Refused("PASSWORD-REQUIRED")
