"""The wire protocol of this test double: bytes of one connection in, bytes out; no sockets, no real time.

The order of checks is the one executed on DSM 6.2.3: unknown word, USERNAME, PASSWORD, hosts.deny, permitted list,
and only then the word's own arguments.
"""

from __future__ import annotations

from typing import Callable

from . import access, reads, writes
from .errors import Refused
from .profiles import PRIVILEGED
from .state import Session, State

REPLY_LIMIT = 512
"""Characters of one reply line, LF included; a longer one loses its end, LF first (NUT_NET_ANSWER_MAX)."""

READ_SIZE = 512
"""Bytes upsd reads at once; between two reads it looks for clients to drop."""

Handler = Callable[[State, Session, "list[str]"], "list[str]"]

HANDLERS: dict[str, Handler] = {
    "VER": reads.version,
    "NETVER": reads.netver,
    "PROTVER": reads.netver,
    "HELP": reads.help_text,
    "GET": reads.get,
    "LIST": reads.list_,
    "STARTTLS": writes.starttls,
    "USERNAME": writes.username,
    "PASSWORD": writes.password,
    "LOGIN": writes.login,
    "LOGOUT": writes.logout,
    "MASTER": writes.master,
    "PRIMARY": writes.primary,
    "FSD": writes.fsd,
    "SET": writes.set_,
    "INSTCMD": writes.instcmd,
}


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
        unknown = str(refusal) in ("UNKNOWN-COMMAND", "INVALID-ARGUMENT")
        lines = [] if state.mute and unknown else [f"ERR {refusal}"]
    return "".join((line + "\n")[:REPLY_LIMIT] for line in lines).encode("ascii")


def _dispatch(state: State, session: Session, words: list[str]) -> list[str]:
    word = words[0].upper() if words else ""
    if word not in state.profile.words:
        state.counters.words["(unknown)"] += 1
        raise Refused("UNKNOWN-COMMAND")
    state.counters.words[word] += 1
    if state.lacks(words):
        raise Refused("UNKNOWN-COMMAND" if word in state.lacking else "INVALID-ARGUMENT")
    if state.locked and session.password is None and word not in ("USERNAME", "PASSWORD"):
        raise Refused("ACCESS-DENIED")
    if word == "LOGIN":
        state.counters.logins[session.address] += 1
    if word in PRIVILEGED:
        _check_privileged(state, session)
    if not state.is_permitted(session):
        raise Refused("ACCESS-DENIED")
    return HANDLERS[word](state, session, words[1:])


def _check_privileged(state: State, session: Session) -> None:
    if session.username is None:
        raise Refused("USERNAME-REQUIRED")
    if session.password is None:
        raise Refused("PASSWORD-REQUIRED")
    if state.profile.hosts_deny and not access.hosts_access(session.address, state.hosts_deny, state.hosts_allow):
        raise Refused("ACCESS-DENIED")
