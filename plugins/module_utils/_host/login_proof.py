# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the host's own upsmon among the clients that an upsd lists?

A refused LOGIN leaves upsmon polling and its unit green (NUT issue 3403), so only LIST CLIENT proves a login. Its
lines hold addresses and nothing else; the host's own sockets tell which of them can be ours.
"""

from __future__ import annotations

import ipaddress
from typing import AbstractSet, Any, Mapping, NamedTuple, Sequence, Tuple

# Why upsmon is logged in ...
LISTED = "listed"
REMEMBERED = "remembered"
STARTED = "started"
# ... is not ...
NO_CONNECTION = "no_connection"
NOT_LISTED = "not_listed"
REFUSED = "refused"
# ... or cannot be told to be.
GATEWAY = "gateway"
LOOPBACK = "loopback"
SECOND_READER = "second_reader"
LIST_CLIENT_REFUSED = "list_client_refused"
UNKNOWN_CONNECTIONS = "unknown_connections"
NOT_TOLD = "not_told"

Ends = Tuple[str, int, str, int]
"""Both ends of a connection, which name it as long as it lives: local address and port, remote address and port."""

Report = Mapping[str, Any]
"""What module_utils/_access/probe.py reports of an upsd, with its evidence."""


class Socket(NamedTuple):
    """An ESTABLISHED TCP connection of the host."""

    local: str
    local_port: int
    remote: str
    port: int
    upsmon: bool | None  # whether the host's upsmon holds it; None: whose it is cannot be told

    @property
    def ends(self) -> Ends:
        """Return what names the connection."""
        return self[:4]


class Login(NamedTuple):
    """Whether upsmon is logged in (None: it cannot be told), and why, as one of the codes above and for people."""

    logged_in: bool | None
    code: str
    reason: str


def sockets_to(report: Report, sockets: Sequence[Socket] | None) -> list[Socket]:
    """Return those of the host's connections that lead to the upsd, by whichever address of its name."""
    return [one for one in sockets or () if one.remote in report["addresses"] and one.port == report["port"]]


def own_addresses(report: Report) -> list[str]:
    """Return from where this host's upsmon comes to an upsd, as the upsd sees it.

    First what the next connection begins at, which the probe showed, then what upsmon's own connections still begin at,
    as before a route or an IPv6 address changed. Where the probe showed a gateway, theirs is not known unless listed.

    :param report: with the host's ``connections`` to it, as :func:`login_audit.audit_logins` returns it.
    """
    source, seen_as = report.get("source_address"), report.get("seen_as")
    listed = report.get("listed") or ()
    hidden = seen_as not in (None, source)
    held = [one[0] for one in report.get("connections") or () if one[4]]
    others = [local for local in held if local != source and (not hidden or local in listed)]
    return list(dict.fromkeys(filter(None, [seen_as or source, *others])))


def judge_login(
    report: Report,
    sockets: Sequence[Socket] | None,
    running: bool,
    remembered: AbstractSet[Ends] = frozenset(),
    without: Report | None = None,
) -> Login:
    """Return whether the host's upsmon is logged in to an upsd, and why that is the answer.

    :param report: its ``listed`` was read before the probe's own LOGIN.
    :param sockets: the host's connections, read before the probe; None where the host did not tell them.
    :param running: whether there is an upsmon process at all.
    :param remembered: connections that were proved to be logged in, and whose process is the same since.
    :param without: the same server's report of an audit made while upsmon was stopped, with its ``connections``.
    """
    here = sockets_to(report, sockets)
    own = [socket for socket in here if socket.upsmon]
    if not own and running and (sockets is None or any(socket.upsmon is None for socket in here)):
        return Login(None, UNKNOWN_CONNECTIONS, "this host does not tell which connections are upsmon's")
    if not own:
        return Login(False, NO_CONNECTION, "upsmon has no connection to this upsd")
    if report["listed"] is None:
        return _unlisted(report, own)
    missing = _missing(report, here, own)
    return missing or _attributed(report, here, own, remembered, without)


def _unlisted(report: Report, own: Sequence[Socket]) -> Login:
    """Judge where there is no list of clients."""
    if report["verdict"] == "unknown_ups":
        return Login(False, NOT_LISTED, "upsmon is connected, but this upsd has no such UPS")
    if report["verdict"] == "not_permitted" and all(one.local == report["source_address"] for one in own):
        return Login(False, REFUSED, f"upsmon is connected, but this upsd does not permit {report['source_address']}")
    if not report["clients_error"]:
        return Login(None, NOT_TOLD, "upsmon is connected, but this upsd did not tell its clients")
    lacks = f"this server has no LIST CLIENT (its answer: {report['clients_error']})"
    before, after = report["logins"]
    if before == 0 and after:  # it counts, since it counted the probe's own
        return Login(False, NOT_LISTED, f"upsmon is connected, but {lacks}, and GET NUMLOGINS counts no login of it")
    if before is None:
        counted = "it does not tell the number of logins either"
    elif after is not None and after <= before:
        counted = "it does not count a LOGIN"
    else:
        counted = f"it counts {before} login(s), and does not tell whose they are"
    return Login(None, LIST_CLIENT_REFUSED, f"upsmon is connected, but {lacks}; {counted}")


def _listed_as(report: Report, socket: Socket) -> str:
    """Return the address under which the upsd lists a connection of this host.

    The probe's own LOGIN showed it for connections that take the probe's way. Any other has its own end, as an upsmon
    that connected before the host's IPv6 address changed.
    """
    probes = (report["source_address"], report["peer_address"])
    seen_as: str | None = report["seen_as"]
    return seen_as if seen_as and (socket.local, socket.remote) == probes else socket.local


def _missing(report: Report, here: Sequence[Socket], own: Sequence[Socket]) -> Login | None:
    """Judge where no line can be upsmon's; None where one can be."""
    listed, seen_as, source = report["listed"], report["seen_as"], report["source_address"]
    names = {_listed_as(report, one) for one in own}
    if names & set(listed):
        return None
    shown = seen_as is not None and all(
        one.remote == report["peer_address"] and source in (one.local, seen_as) for one in own
    )
    if not shown and set(listed) - {one.local for one in here}:
        why = "without a LOGIN of our own this host's line in LIST CLIENT cannot be told from others"
        return Login(None, NOT_TOLD, why)
    text = f"upsmon is connected, but LIST CLIENT has no line for {' or '.join(sorted(names))}"
    return Login(False, REFUSED, f"{text}: its LOGIN was refused") if shown else Login(False, NOT_LISTED, text)


def _attributed(
    report: Report,
    here: Sequence[Socket],
    own: Sequence[Socket],
    remembered: AbstractSet[Ends],
    without: Report | None,
) -> Login:
    """Judge where at least one line can be upsmon's: is it?"""
    listed = report["listed"]
    names = {_listed_as(report, one) for one in own} & set(listed)
    servers = sorted(name for name in names if _is_the_servers(name, report))
    if servers:
        why = f"upsmon comes to the server as {servers[0]}, the server's own address, as its own upsmon may"
        return Login(None, LOOPBACK, why)
    direct = sorted(names & {one.local for one in own})
    if not direct:
        name = min(names)
        why = f"{name} is a gateway's address: its {listed.count(name)} line(s) in LIST CLIENT may be other hosts'"
        return Login(None, GATEWAY, why)
    others = [one for one in here if not one.upsmon]
    for name in direct:  # each of the others is logged in at most once, so what is more is upsmon's
        if listed.count(name) > sum(_listed_as(report, one) == name for one in others):
            return Login(True, LISTED, f"LIST CLIENT lists {name}")
    if remembered & {one.ends for one in own}:
        why = "remembered: it logged in when it was started, and its process and connection are the same since"
        return Login(True, REMEMBERED, why)
    for name in direct:
        if without is not None and _came(name, listed, others, without):
            return Login(True, STARTED, f"the line for {name} in LIST CLIENT came with upsmon's start")
    lines = sum(listed.count(name) for name in direct)
    why = f"{len(here)} connections of this host, {lines} logged in: which are upsmon's cannot be told"
    return Login(None, SECOND_READER, why)


def _is_the_servers(address: str, report: Report) -> bool:
    """Return whether the server's own upsmon may be listed so: a tunnel whose far end is the server itself."""
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    return loopback or address in report["addresses"]


def _came(name: str, listed: Sequence[str], others: Sequence[Socket], without: Report) -> bool:
    """Return whether a line came since upsmon was stopped, and no other program of this host can have brought it."""
    before, connections = without.get("listed"), without.get("connections")
    if before is None or connections is None or any(one[4] is not False for one in connections):
        return False
    known = {tuple(one[:4]) for one in connections}
    return listed.count(name) > list(before).count(name) and all(one.ends in known for one in others)
