# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May this host use that upsd? One exchange with it, and the verdict on what was seen.

Everything but :func:`probe` and :func:`converse` is pure. The table of verdicts is in docs/architecture.md.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import (
    ErrReply,
    TlsFailed,
    Unreachable,
    Upsd,
    UpsdError,
    quote_word,
)

__all__ = [
    "VERDICTS",
    "Exchange",
    "converse",
    "has_ups",
    "judge",
    "power_relevant",
    "probe",
    "report",
    "seen_as",
    "server",
    "unexpected",
    "worst",
]

_DSM = re.compile(r"\bupsd DSM(\d+)-(\d+)(?:-(\d{1,2}))?(?=[-\s]|$)")
_BANNER = re.compile(r"Network UPS Tools upsd (\S+)")


@dataclass
class Exchange:
    """What one conversation showed. ``None`` is: not seen, because it was not asked or not answered."""

    host: str
    port: int
    ups: str
    error: str | None = None  # kind of the error that ended it early: unreachable, refused, not_upsd, tls_failed
    reason: str | None = None  # Unreachable's reason, or the word with which STARTTLS was refused
    error_text: str = ""
    version: str | None = None
    version_error: str | None = None  # here and below: the word after ERR
    upses: dict[str, str] | None = None
    upses_error: str | None = None
    status: str | None = None
    status_error: str | None = None
    clients_before: list[str] | None = None
    clients_after: list[str] | None = None
    clients_error: str | None = None
    credentials_error: str | None = None  # USERNAME or PASSWORD refused
    login: str | None = None  # "ok" or the word after ERR
    source_address: str | None = None
    peer_address: str | None = None
    elapsed: float = 0.0  # seconds

    def fail(self, error: UpsdError) -> None:
        """Note the error that ended the conversation."""
        self.error = error.kind
        self.error_text = str(error)
        self.source_address = self.source_address or error.local_address
        if isinstance(error, Unreachable):
            self.reason = error.reason
        elif isinstance(error, TlsFailed):
            self.reason = error.code


def probe(
    *,
    host: str,
    port: int,
    ups: str,
    username: str,
    password: str,
    connect_timeout: float = 5.0,
    timeout: float = 10.0,
    source_address: str | None = None,
    tls: str = "never",
    ca_file: str | None = None,
) -> Exchange:
    """Ask an upsd all that a verdict needs, on one connection; a LOGIN is always followed by LOGOUT.

    The options are those of :meth:`Upsd.connect`; times are in seconds.

    :raises ValueError: if *ups*, *username* or *password* cannot be sent; the text holds none of them.
    """
    for word in (ups, username, password):
        quote_word(word)
    exchange = Exchange(host=host, port=port, ups=ups, source_address=source_address)
    start = time.monotonic()
    try:
        with Upsd.connect(
            host,
            port,
            connect_timeout=connect_timeout,
            timeout=timeout,
            source_address=source_address,
            tls=tls,
            ca_file=ca_file,
        ) as upsd:
            converse(upsd, exchange, username, password)
    except UpsdError as error:
        exchange.fail(error)
    exchange.elapsed = time.monotonic() - start
    return exchange


def converse(upsd: Upsd, exchange: Exchange, username: str, password: str) -> None:
    """Say all that :func:`probe` says once it is connected, and note the answers in *exchange*.

    :raises UpsdError: what ended the conversation early.
    """
    exchange.source_address = upsd.local_address or exchange.source_address
    exchange.peer_address = upsd.peer_address
    if _look(upsd, exchange):
        _log_in(upsd, exchange, username, password)


def _look(upsd: Upsd, exchange: Exchange) -> bool:
    """Read; return whether it makes sense to go on to LOGIN."""
    exchange.version, exchange.version_error = _try(upsd.version)
    if exchange.version_error == "ACCESS-DENIED":
        return False
    exchange.upses, exchange.upses_error = _try(upsd.list_ups)
    if not has_ups(exchange):
        return False
    exchange.status, exchange.status_error = _try(lambda: upsd.get_var(exchange.ups, "ups.status"))
    exchange.clients_before, exchange.clients_error = _try(lambda: upsd.list_clients(exchange.ups))
    return True


def _log_in(upsd: Upsd, exchange: Exchange, username: str, password: str) -> None:
    for say in (lambda: upsd.username(username), lambda: upsd.password(password)):
        _none, exchange.credentials_error = _try(say)
        if exchange.credentials_error:
            return
    _none, login_error = _try(lambda: upsd.login(exchange.ups))
    exchange.login = login_error or "ok"
    if exchange.login == "ok" and exchange.clients_error is None:
        exchange.clients_after, exchange.clients_error = _try(lambda: upsd.list_clients(exchange.ups))


def _try(ask: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return the answer and None, or None and the word after ERR."""
    try:
        return ask(), None
    except ErrReply as error:
        return None, error.code


def has_ups(exchange: Exchange) -> bool:
    """Return whether the server has the UPS; upsd compares names without regard to case (NUT server/upsd.c)."""
    return exchange.ups.lower() in (name.lower() for name in exchange.upses or {})


def _denied(exchange: Exchange) -> bool:
    """Return whether the address is not permitted.

    Stock NUT refuses none of these commands to anyone, and user and password are not checked before LOGIN, so
    ACCESS-DENIED is DSM's list of permitted addresses (executed on DSM 6.2.3's upsd).
    """
    if exchange.error is not None:
        return exchange.error == "tls_failed" and exchange.reason == "ACCESS-DENIED"
    return "ACCESS-DENIED" in (
        exchange.version_error,
        exchange.upses_error,
        exchange.status_error,
        exchange.clients_error,
        exchange.credentials_error,
    )


def _not_upsd(exchange: Exchange) -> bool:
    """Return whether something else answers; other servers greet, then hang or hang up at what they do not know."""
    greeted = exchange.version is not None and not _BANNER.match(exchange.version)
    if exchange.error == "unreachable":
        return greeted and exchange.upses is None
    return exchange.error == "not_upsd" or (exchange.error is None and greeted and exchange.upses_error is not None)


def _status(exchange: Exchange) -> list[str]:
    """Return the words of ups.status; drivers order them differently, so only membership means anything."""
    return (exchange.status or "").upper().split()


# In judging order, which is also the order from worst to best; the first that holds is the verdict.
_RULES: tuple[tuple[str, Callable[[Exchange], bool]], ...] = (
    ("unreachable", lambda seen: seen.error == "unreachable" and not _not_upsd(seen)),
    ("refused", lambda seen: seen.error == "refused"),
    ("not_upsd", _not_upsd),
    ("tls_failed", lambda seen: seen.error == "tls_failed" and not _denied(seen)),
    ("not_permitted", _denied),
    ("unknown_ups", lambda seen: not has_ups(seen) or "UNKNOWN-UPS" in (seen.status_error, seen.login)),
    ("bad_credentials", lambda seen: seen.login != "ok"),
    ("forced_shutdown", lambda seen: "FSD" in _status(seen)),
    ("driver_down", lambda seen: seen.status_error not in (None, "DATA-STALE")),
    ("stale", lambda seen: seen.status_error == "DATA-STALE"),
    ("ok", lambda seen: True),
)

VERDICTS: tuple[str, ...] = tuple(verdict for verdict, _rule in _RULES)


def judge(exchange: Exchange) -> str:
    """Return the verdict: the first of :data:`VERDICTS` that holds."""
    return next(verdict for verdict, rule in _RULES if rule(exchange))


def seen_as(exchange: Exchange) -> str | None:
    """Return this host's address as the server sees it: the entry of LIST CLIENT that LOGIN added.

    Where other hosts logged in at the same moment it is the one that equals the source address, else unknown.
    """
    if exchange.clients_before is None or exchange.clients_after is None:
        return None
    added = Counter(exchange.clients_after) - Counter(exchange.clients_before)
    if sum(added.values()) == 1:
        return next(iter(added))
    return exchange.source_address if exchange.source_address in added else None


def server(version: str | None) -> dict[str, Any]:
    """Return what a banner says: ``version``, whether it is ``dsm``, and DSM's ``release`` such as ``7.2.1``.

    DSM puts its own build there instead of NUT's version: ``DSM7-2-1-NewModel-repack-64570-230831``.
    """
    dsm = _DSM.search(version or "")
    banner = _BANNER.search(version or "")
    return {
        "version": banner.group(1) if banner else version,
        "dsm": dsm is not None,
        "release": ".".join(part for part in dsm.groups() if part) if dsm else None,
    }


def report(exchange: Exchange) -> dict[str, Any]:
    """Return the verdict and what it rests on, for a module's result; it never holds the user or the password.

    Beside the names that speak for themselves: ``clients`` were there before the probe's LOGIN, ``clients_error`` is
    the word after ERR if that could not be asked, ``login`` is ``ok``, the word after ERR, or None if not tried,
    ``reason`` refines the verdict for machines, ``detail`` for people, and ``elapsed`` is in seconds.
    """
    code = (
        exchange.version_error
        or exchange.upses_error
        or exchange.credentials_error
        or (exchange.login if exchange.login != "ok" else None)
        or exchange.status_error
    )
    return {
        "verdict": judge(exchange),
        "host": exchange.host,
        "port": exchange.port,
        "ups": exchange.ups,
        "source_address": exchange.source_address,
        "seen_as": seen_as(exchange),
        "server": server(exchange.version),
        "upses": sorted(exchange.upses or {}),
        "status": exchange.status,
        "clients": list(exchange.clients_before or []),
        "clients_error": exchange.clients_error,
        "login": exchange.login,
        "reason": exchange.reason if exchange.error else code,
        "detail": exchange.error_text or (f"ERR {code}" if code else ""),
        "elapsed": round(exchange.elapsed, 3),
    }


def unexpected(report: Mapping[str, Any], expect: Sequence[str]) -> str | None:
    """Return why a *report* is a failure where the verdicts *expect* were expected, None if it is none."""
    if report["verdict"] in expect:
        return None
    why = f", {report['detail']}" if report["detail"] else ""
    place = f"{report['host']} port {report['port']}"
    return f"{place}: {report['verdict']}{why} (expected {' or '.join(expect)})."


def power_relevant(monitors: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the monitors (or reports) that count: those that feed this host, or all where none does."""
    return [monitor for monitor in monitors if monitor["power_value"] > 0] or list(monitors)


def worst(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return the worst verdict of a host's reports that count.

    :param reports: each with the ``power_value`` of its monitor.
    :raises ValueError: if there is no report at all.
    """
    return VERDICTS[min(VERDICTS.index(entry["verdict"]) for entry in power_relevant(reports))]
