# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of NUT's wire protocol; nothing else in this collection speaks it.

It reads, and it logs in and out. :data:`COMMANDS` is all it can say, so it cannot ask a server to change anything.
Protocol: docs/net-protocol.txt of NUT 2.8.5. What a server sends is untrusted text.
"""

from __future__ import annotations

import re
import ssl
from types import TracebackType
from typing import Iterator, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.connection import (
    Connection,
    Talk,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import (
    ErrReply,
    NotUpsd,
    Refused,
    TlsFailed,
    Unreachable,
    UpsdError,
)

__all__ = [
    "COMMANDS",
    "TLS_MODES",
    "ErrReply",
    "NotUpsd",
    "Refused",
    "TlsFailed",
    "Unreachable",
    "Upsd",
    "UpsdError",
    "quote_word",
    "split_words",
]

COMMANDS = ("VER", "NETVER", "STARTTLS", "LIST", "GET", "USERNAME", "PASSWORD", "LOGIN", "LOGOUT")
TLS_MODES = ("never", "try", "require")
WORD_LIMIT = 512  # characters; upsd cuts longer words without telling (NUT include/parseconf.h)
LOGOUT_GRACE = 1.0  # seconds for LOGOUT, which is sent even when the deadline has passed

_BARE = re.compile(r"[A-Za-z0-9_.:,/@%+*!?$&|^~;<>(){}\[\]'`-]+")
_ERROR_CODE = re.compile(r"[A-Z][A-Z0-9-]{0,63}")


def split_words(line: str) -> list[str]:
    """Split *line* as NUT does (``pconf_line`` in common/parseconf.c, NUT 2.7.4 to 2.8.5).

    Space separates words, double quotes hold one together, backslash takes the next character literally, ``=`` outside
    quotes is a word of its own and ``#`` outside quotes ends the line.
    """
    words: list[str] = []
    word = ""
    state = "between"  # or: bare, quoted
    characters = iter(line)
    for char in characters:
        if char == "\\":
            word += next(characters, "")
            state = "bare" if state == "between" else state
        elif state == "quoted" and char != '"':
            word += char
        elif state == "quoted":
            words.append(word)
            word, state = "", "between"
        elif char == '"' and state == "between":
            state = "quoted"
        elif char in " \t\r\n\v\f=#":
            if state == "bare":
                words.append(word)
                word, state = "", "between"
            if char == "=":
                words.append(char)
            elif char == "#":
                break
        else:
            word += char
            state = "bare"
    return words + [word] if word else words


def quoted(word: str) -> str:
    """Return *word* in double quotes, as NUT's configuration files and protocol read it back.

    :raises ValueError: if it holds anything but printable ASCII (a line end would start a new command) or more than 512
        characters. The text does not hold the word, which may be a password.
    """
    if len(word) > WORD_LIMIT or not all(" " <= char <= "~" for char in word):
        raise ValueError(f"only printable ASCII characters, at most {WORD_LIMIT} of them, can be sent to an upsd")
    return '"' + re.sub(r'([\\"#])', r"\\\1", word) + '"'


def quote_word(word: str) -> str:
    """Return *word* so that NUT reads it back as one word; plain words stay as they are, as upsmon sends them.

    :raises ValueError: as :func:`quoted`.
    """
    return word if _BARE.fullmatch(word) and len(word) <= WORD_LIMIT else quoted(word)


class Upsd:
    """A conversation with an upsd. As a context manager it logs out, if it logged in, and closes.

    Every method raises :class:`ErrReply` if upsd answers ``ERR``, :class:`NotUpsd` if the answer is not NUT's, and
    :class:`Unreachable` if none comes before the deadline or the connection breaks.
    """

    def __init__(self, connection: Talk) -> None:
        self._connection = connection
        self._hidden: list[str] = []
        self._login_sent = False
        self.local_address = connection.local_address
        self.peer_address = connection.peer_address
        self.addresses = connection.addresses

    @classmethod
    def connect(
        cls,
        host: str,
        port: int = 3493,
        *,
        connect_timeout: float = 5.0,
        timeout: float = 10.0,
        source_address: str | None = None,
        prefer: Sequence[str] = (),
        ipv4_only: bool = False,
        tls: str = "never",
        ca_file: str | None = None,
    ) -> Upsd:
        """Connect to the first address of *host* that accepts.

        :param connect_timeout: seconds for one address.
        :param timeout: seconds for everything, from resolving the name to the last answer.
        :param source_address: address of this host to come from.
        :param prefer: addresses of *host* to try first, where it has them.
        :param ipv4_only: try no IPv6 address.
        :param tls: ``never``; ``try`` (clear text if upsd knows no STARTTLS; verifies only with *ca_file*); ``require``
            (verifies certificate and name against *ca_file* or the system's store).
        :param ca_file: PEM file of certificates to trust.
        :raises Unreachable: no connection. :raises Refused: nothing listens. :raises TlsFailed: no TLS as asked for.
        """
        context = _tls_context(tls, ca_file)
        connection = Connection.open(
            host,
            port,
            connect_timeout=connect_timeout,
            timeout=timeout,
            source_address=source_address,
            prefer=prefer,
            ipv4_only=ipv4_only,
        )
        upsd = cls(connection)
        try:
            if context:
                upsd._start_tls(context, host, required=tls == "require")
        except BaseException as error:
            if isinstance(error, UpsdError):
                error.local_address = upsd.local_address
                error.addresses = upsd.addresses
            upsd.close()
            raise
        return upsd

    def __repr__(self) -> str:
        return f"<Upsd {self.peer_address}>"

    def __enter__(self) -> Upsd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._login_sent:
            self.logout()
        self.close()

    def version(self) -> str:
        """Return the banner, such as ``Network UPS Tools upsd 2.8.0 - https://www.networkupstools.org/``."""
        return self._ask_text("VER")

    def netversion(self) -> str:
        """Return the protocol's version, such as ``1.3``."""
        return self._ask_text("NETVER")

    def list_ups(self) -> dict[str, str]:
        """Return the UPSes: name to description."""
        return {row[1]: row[2] for row in self._list(3, "UPS")}

    def list_vars(self, ups: str) -> dict[str, str]:
        """Return the variables of *ups*: name to value."""
        return {row[2]: row[3] for row in self._list(4, "VAR", ups)}

    def list_clients(self, ups: str) -> list[str]:
        """Return the address of every connection that is logged in to *ups*, in upsd's order."""
        return [normalise_address(row[2]) for row in self._list(3, "CLIENT", ups)]

    def get_var(self, ups: str, name: str) -> str:
        """Return the value of the variable *name* of *ups*."""
        words = self._ask("GET", "VAR", ups, name)
        if words[0] != "VAR" or len(words) < 4:
            raise NotUpsd(self._excerpt("GET VAR", " ".join(words)))
        return words[3]

    def num_logins(self, ups: str) -> int:
        """Return how many connections are logged in to *ups*, as upsd counts them."""
        words = self._ask("GET", "NUMLOGINS", ups)
        if words[0] != "NUMLOGINS" or len(words) < 3 or not re.fullmatch(r"[0-9]{1,6}", words[2]):
            raise NotUpsd(self._excerpt("GET NUMLOGINS", " ".join(words)))
        return int(words[2])

    def patience(self, seconds: float | None) -> None:
        """Give the next answer at most *seconds*, within the time for everything; None: all that is left of it."""
        self._connection.patience(seconds)

    def username(self, name: str) -> None:
        """Say who logs in; upsd checks it at LOGIN only."""
        self._confirm("USERNAME", name)

    def password(self, password: str) -> None:
        """Say the password; upsd checks it at LOGIN only. It appears in no text made here."""
        self._hidden.append(password)
        self._confirm("PASSWORD", password)

    def login(self, ups: str) -> None:
        """Be counted as a client of *ups* until :meth:`logout` or the end of the connection."""
        self._login_sent = True
        self._confirm("LOGIN", ups)

    def logout(self) -> None:
        """Say LOGOUT and read the answer if one comes within a second; never raises."""
        self._login_sent = False
        try:
            self._connection.hurry(LOGOUT_GRACE)
            self._ask("LOGOUT")
        except UpsdError:
            pass  # closing the connection removes the login too

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _start_tls(self, context: ssl.SSLContext, host: str, *, required: bool) -> None:
        try:
            self._confirm("STARTTLS")
        except ErrReply as error:
            if required:
                raise TlsFailed(f"STARTTLS refused: {error}", error.code) from None
            return
        self._connection.start_tls(context, host)

    def _send(self, *words: str) -> None:
        if words[0] not in COMMANDS:
            raise ValueError(f"{words[0]} is not one of {', '.join(COMMANDS)}")
        self._connection.send_line(" ".join(quote_word(word) for word in words))

    def _line(self, command: str) -> str:
        """Return the next line of the reply to *command*.

        :raises ErrReply: if it is an error.
        """
        line = self._connection.read_line()
        words = line.split(None, 2)
        if words and words[0] == "ERR":
            if len(words) < 2 or not _ERROR_CODE.fullmatch(words[1]):
                raise NotUpsd(self._excerpt(command, line))
            raise ErrReply(self._hide(words[1]), self._hide(" ".join(words[2:])))
        return line

    def _ask_text(self, command: str) -> str:
        self._send(command)
        return self._line(command)

    def _ask(self, *words: str) -> list[str]:
        """Return the words of a reply of one line, of which there is at least one."""
        self._send(*words)
        line = self._line(words[0])
        answer = split_words(line)
        if not answer:
            raise NotUpsd(self._excerpt(words[0], line))
        return answer

    def _confirm(self, *words: str) -> None:
        answer = self._ask(*words)
        if answer[0] != "OK":
            raise NotUpsd(self._excerpt(words[0], " ".join(answer)))

    def _list(self, columns: int, kind: str, *query: str) -> Iterator[list[str]]:
        """Yield the rows between ``BEGIN LIST`` and ``END LIST``, each with at least *columns* words."""
        words = self._ask("LIST", kind, *query)
        if words[:3] != ["BEGIN", "LIST", kind]:
            raise NotUpsd(self._excerpt(f"LIST {kind}", " ".join(words)))
        while True:
            line = self._line("LIST")
            words = split_words(line)
            if words[:3] == ["END", "LIST", kind]:
                return
            if words[:1] != [kind] or len(words) < columns or max(map(len, words)) > WORD_LIMIT:
                raise NotUpsd(self._excerpt(f"LIST {kind}", line))
            yield words

    def _excerpt(self, command: str, reply: str) -> str:
        return f"unexpected answer to {command}: {self._hide(reply)[:80]!r}"

    def _hide(self, text: str) -> str:
        """Take the password out of *text*, for a server that repeats what it was sent."""
        for hidden in self._hidden:
            text = text.replace(hidden, "********") if hidden else text
        return text


def _tls_context(tls: str, ca_file: str | None) -> ssl.SSLContext | None:
    """Return how to speak TLS, or None for ``never``; made before connecting, as a bad file needs no server."""
    if tls == "never":
        return None
    if tls not in TLS_MODES:
        raise ValueError(f"tls must be one of {', '.join(TLS_MODES)}")
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise TlsFailed(f"cannot use ca_file {ca_file}: {error.strerror or error}") from None
    if tls == "try" and not ca_file:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
