# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May this host use that upsd? One exchange with it, and the verdict on what was seen.

Everything but :func:`probe` is pure. The table of verdicts is in docs/architecture.md.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.conversation import (
    CLOSED,
    FIRST,
    SHARE,
    Exchange,
    Words,
    converse,
    following,
    has_ups,
    status,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._access.reading import CHARGE, RUNTIME, number
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import Upsd, UpsdError, quote_word
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import silent

__all__ = [
    "VERDICTS",
    "Exchange",
    "evidence",
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
    prefer: Sequence[str] = (),
    ipv4_only: bool = False,
    tls: str = "never",
    ca_file: str | None = None,
) -> Exchange:
    """Ask an upsd all that a verdict needs; a LOGIN is always followed by LOGOUT.

    NUT's own needs one connection, one that lacks commands or wants to know the user first needs more, all of them
    within *timeout*. The options are those of :meth:`Upsd.connect`; times are in seconds.

    :raises ValueError: if *ups*, *username* or *password* cannot be sent; the text holds none of them.
    """
    for word in (ups, username, password):
        quote_word(word)
    start = time.monotonic()
    left, plan = timeout, FIRST
    while True:
        exchange = Exchange(host=host, port=port, ups=ups, source_address=source_address)
        try:
            with Upsd.connect(
                host,
                port,
                connect_timeout=connect_timeout,
                timeout=left,
                source_address=source_address,
                prefer=prefer,
                ipv4_only=ipv4_only,
                tls=tls,
                ca_file=ca_file,
            ) as upsd:
                converse(upsd, exchange, Words(username, password), plan, timeout * SHARE)
        except UpsdError as error:
            exchange.fail(error)
        exchange.elapsed = time.monotonic() - start
        left = timeout - exchange.elapsed
        better = following(exchange, plan)
        if better is not None and left > 0:
            plan = better
            continue
        if better is not None and exchange.error is None:
            exchange.fail(silent(exchange.source_address))
        return exchange


def _denied(exchange: Exchange) -> bool:
    """Return whether the address is not permitted.

    Stock NUT refuses none of these commands to anyone, and user and password are not checked before LOGIN, so
    ACCESS-DENIED is DSM's list of permitted addresses (executed on DSM 6.2.3's upsd). A server that takes USERNAME all
    the same only wants to know the user first.
    """
    if exchange.introduced or exchange.locked:
        return False
    if exchange.error is not None:
        return exchange.error == "tls_failed" and exchange.reason == "ACCESS-DENIED"
    return "ACCESS-DENIED" in (
        exchange.version_error,
        exchange.upses_error,
        exchange.status_error,
        exchange.clients_error,
        exchange.credentials_error,
    )


def _kept_out(exchange: Exchange) -> bool:
    """Return whether a server that wants to know the user before it lets itself be read did not take this one."""
    refused = {exchange.version_error, exchange.upses_error, exchange.status_error} & set(CLOSED)
    return bool(refused) or (exchange.introduced and exchange.credentials_error is not None)


def _not_upsd(exchange: Exchange) -> bool:
    """Return whether something else answers; other servers greet, then hang or hang up at what they do not know."""
    greeted = exchange.version is not None and not _BANNER.match(exchange.version)
    if exchange.error == "unreachable":
        return greeted and exchange.upses is None
    return exchange.error == "not_upsd" or (exchange.error is None and greeted and exchange.upses_error is not None)


def _unknown_ups(exchange: Exchange) -> bool:
    return not has_ups(exchange) or "UNKNOWN-UPS" in (exchange.status_error, exchange.login)


# In judging order, which is also the order from worst to best; the first that holds is the verdict.
_RULES: tuple[tuple[str, Callable[[Exchange], bool]], ...] = (
    ("unreachable", lambda seen: seen.error == "unreachable" and not _not_upsd(seen)),
    ("refused", lambda seen: seen.error == "refused"),
    ("not_upsd", _not_upsd),
    ("tls_failed", lambda seen: seen.error == "tls_failed" and not _denied(seen)),
    ("not_permitted", _denied),
    ("unknown_ups", lambda seen: _unknown_ups(seen) and not _kept_out(seen)),
    ("bad_credentials", lambda seen: seen.login != "ok"),
    ("forced_shutdown", lambda seen: "FSD" in status(seen)),
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
    the word after ERR (or ``silent``, ``lost``, ``not_upsd``) if the server did not tell, ``login`` is ``ok``, the
    word after ERR, or None if not tried, ``battery`` is charge in percent and runtime in seconds (None where the
    server told no number that can be used, or took no login), ``reason`` refines the verdict for machines, ``detail``
    for people, and ``elapsed`` is in seconds.
    """
    code = (
        (exchange.version_error if exchange.version_error in CLOSED else None)
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
        "battery": {"charge": number(exchange.charge, CHARGE), "runtime": number(exchange.runtime, RUNTIME)},
        "clients": list(exchange.clients_before or []),
        "clients_error": exchange.clients_error,
        "login": exchange.login,
        "reason": exchange.reason if exchange.error else code,
        "detail": exchange.error_text or (f"ERR {code}" if code else ""),
        "elapsed": round(exchange.elapsed, 3),
    }


def evidence(exchange: Exchange) -> dict[str, Any]:
    """Return what the proof of a login needs beside the report.

    ``listed`` is LIST CLIENT before the probe's own LOGIN, None where the server did not tell or was not asked,
    ``logins`` what GET NUMLOGINS said before and after that LOGIN, and ``addresses`` all of the server's name.
    """
    return {
        "peer_address": exchange.peer_address,
        "addresses": exchange.addresses or [address for address in (exchange.peer_address,) if address],
        "listed": exchange.clients_before,
        "logins": [exchange.logins_before, exchange.logins_after],
        "charge": exchange.charge,
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
