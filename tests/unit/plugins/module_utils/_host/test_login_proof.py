# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether upsmon is logged in: each row of the rules."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_proof
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Ends, Socket, judge_login

NAS, NAS_6 = "192.0.2.10", "2001:db8::10"
ME, ME_6, OLD_6 = "192.0.2.21", "2001:db8::21", "2001:db8::99"
OTHER = "192.0.2.22"
GATEWAY = "203.0.113.1"
LOCAL = "127.0.0.1"


def socket(local: str = ME, port: int = 40001, remote: str = NAS, upsmon: bool | None = True) -> Socket:
    """Return a connection to an upsd, of upsmon unless said otherwise."""
    return Socket(local, port, remote, 3493, upsmon)


UPSMON = socket()
UPSMON_2 = socket(port=40002)
UPSC = socket(port=50001, upsmon=False)  # another program of this host that talks to the same upsd
ELSEWHERE = socket(remote="192.0.2.11")
OTHER_PORT = Socket(ME, 40001, NAS, 3494, True)

NO_CONNECTION = "upsmon has no connection to this upsd"
DENIED = "upsmon is connected, but LIST CLIENT has no line for {}: its LOGIN was refused"
NOT_LISTED = "upsmon is connected, but LIST CLIENT has no line for {}"
NOT_TOLD = "without a LOGIN of our own this host's line in LIST CLIENT cannot be told from others"
BEHIND = GATEWAY + " is a gateway's address: its {} line(s) in LIST CLIENT may be other hosts'"
SERVERS = "upsmon comes to the server as {}, the server's own address, as its own upsmon may"
WHICH = "{} connections of this host, {} logged in: which are upsmon's cannot be told"
REMEMBERED = "remembered: it logged in when it was started, and its process and connection are the same since"
STARTED = f"the line for {ME} in LIST CLIENT came with upsmon's start"
HIDDEN = "this host does not tell which connections are upsmon's"


def report(listed: Sequence[str] | None = (ME,), **changes: Any) -> dict[str, Any]:
    """Return what the probe says of a server that lists *listed* and sees this host as it is, but for *changes*."""
    return {
        "verdict": "ok",
        "port": 3493,
        "seen_as": ME,
        "source_address": ME,
        "peer_address": NAS,
        "addresses": [NAS],
        "listed": None if listed is None else list(listed),
        "clients_error": None,
        "logins": [None, None],
        **changes,
    }


NO_LOGIN: dict[str, Any] = {"verdict": "bad_credentials", "seen_as": None}
BEHIND_NAT = {"seen_as": GATEWAY}
BOTH: dict[str, Any] = {"addresses": [NAS_6, NAS]}
ON_6: dict[str, Any] = {**BOTH, "seen_as": ME_6, "source_address": ME_6, "peer_address": NAS_6}
TUNNEL: dict[str, Any] = {"seen_as": LOCAL, "source_address": LOCAL, "peer_address": LOCAL, "addresses": [LOCAL]}
TUNNELLED = socket(local=LOCAL, remote=LOCAL)


class Row(NamedTuple):
    """What a server says, the host's connections, and the judgement."""

    report: dict[str, Any]
    sockets: list[Socket] | None
    logged_in: bool | None
    code: str
    reason: str


JUDGED = [
    # upsmon has no connection: whatever is listed is not its line
    Row(report([]), [], False, "no_connection", NO_CONNECTION),
    Row(report(), [], False, "no_connection", NO_CONNECTION),
    Row(report(), [UPSC], False, "no_connection", NO_CONNECTION),
    Row(report(), [ELSEWHERE, OTHER_PORT], False, "no_connection", NO_CONNECTION),
    Row(report(None, addresses=[], peer_address=None), [UPSMON], False, "no_connection", NO_CONNECTION),
    # the host does not tell
    Row(report(), None, None, "unknown_connections", HIDDEN),
    Row(report(), [socket(upsmon=None)], None, "unknown_connections", HIDDEN),
    Row(report(), [UPSMON, socket(port=9, upsmon=None)], None, "second_reader", WHICH.format(2, 1)),
    Row(report([ME, ME]), [UPSMON, socket(port=9, upsmon=None)], True, "listed", f"LIST CLIENT lists {ME}"),
    # connected and listed
    Row(report(), [UPSMON], True, "listed", f"LIST CLIENT lists {ME}"),
    Row(report([OTHER, ME]), [UPSMON, ELSEWHERE], True, "listed", f"LIST CLIENT lists {ME}"),
    Row(report(**NO_LOGIN), [UPSMON], True, "listed", f"LIST CLIENT lists {ME}"),
    # connected, not listed: the silent refusal
    Row(report([]), [UPSMON], False, "refused", DENIED.format(ME)),
    Row(report([OTHER]), [UPSMON], False, "refused", DENIED.format(ME)),
    Row(report([], **NO_LOGIN), [UPSMON], False, "not_listed", NOT_LISTED.format(ME)),
    Row(report([], **BEHIND_NAT), [UPSMON], False, "refused", DENIED.format(GATEWAY)),
    # the probe could not log in, and a line may be this host's behind an address that is not known
    Row(report([GATEWAY], **NO_LOGIN), [UPSMON], None, "not_told", NOT_TOLD),
    # behind a gateway a line may be another host's, also one with this host's private address
    Row(report([GATEWAY], **BEHIND_NAT), [UPSMON], None, "gateway", BEHIND.format(1)),
    Row(report([GATEWAY, GATEWAY, OTHER], **BEHIND_NAT), [UPSMON], None, "gateway", BEHIND.format(2)),
    Row(report([ME], **BEHIND_NAT), [UPSMON], False, "refused", DENIED.format(GATEWAY)),
    # a name with several addresses, and the probe is on another one than upsmon
    Row(report([ME], **ON_6), [UPSMON], True, "listed", f"LIST CLIENT lists {ME}"),
    Row(report([ME_6], **BOTH), [socket(ME_6, remote=NAS_6)], True, "listed", f"LIST CLIENT lists {ME_6}"),
    Row(report([], **ON_6), [UPSMON], False, "not_listed", NOT_LISTED.format(ME)),
    Row(report([OTHER], **ON_6), [UPSMON], None, "not_told", NOT_TOLD),
    Row(report([ME], **ON_6), [ELSEWHERE], False, "no_connection", NO_CONNECTION),
    # upsmon connected before this host's IPv6 address changed
    Row(report([OLD_6], **ON_6), [socket(OLD_6, remote=NAS_6)], True, "listed", f"LIST CLIENT lists {OLD_6}"),
    Row(report([OTHER], **ON_6), [socket(OLD_6, remote=NAS_6)], False, "refused", DENIED.format(OLD_6)),
    Row(report([ME_6], **ON_6), [socket(OLD_6, remote=NAS_6)], False, "refused", DENIED.format(OLD_6)),
    # a tunnel whose far end is the server: its own upsmon is listed alike
    Row(report([LOCAL], seen_as=LOCAL), [UPSMON], None, "loopback", SERVERS.format(LOCAL)),
    Row(report(["::1"], seen_as="::1"), [UPSMON], None, "loopback", SERVERS.format("::1")),
    Row(report([NAS], seen_as=NAS), [UPSMON], None, "loopback", SERVERS.format(NAS)),
    Row(report([NAS_6], seen_as=NAS_6, **BOTH), [UPSMON], None, "loopback", SERVERS.format(NAS_6)),
    Row(report([LOCAL, LOCAL, LOCAL], **TUNNEL), [TUNNELLED], None, "loopback", SERVERS.format(LOCAL)),
    Row(report([LOCAL], **{**TUNNEL, **NO_LOGIN}), [TUNNELLED], None, "loopback", SERVERS.format(LOCAL)),
    Row(report([OTHER], **TUNNEL), [TUNNELLED], False, "refused", DENIED.format(LOCAL)),
    Row(report([GATEWAY], **{**TUNNEL, **BEHIND_NAT}), [TUNNELLED], None, "gateway", BEHIND.format(1)),
    # other programs of this host talk to it too: each is logged in at most once
    Row(report([ME, ME]), [UPSMON, UPSC], True, "listed", f"LIST CLIENT lists {ME}"),
    Row(report([ME]), [UPSMON, UPSMON_2], True, "listed", f"LIST CLIENT lists {ME}"),
    Row(report([ME, ME]), [UPSMON, UPSMON_2, UPSC], True, "listed", f"LIST CLIENT lists {ME}"),
    Row(report([ME]), [UPSMON, UPSMON_2, UPSC], None, "second_reader", WHICH.format(3, 1)),
    Row(report([ME]), [UPSMON, UPSC], None, "second_reader", WHICH.format(2, 1)),
    Row(report([]), [UPSMON, UPSC], False, "refused", DENIED.format(ME)),
    # the other one is on another address of the name, so the line is not its
    Row(
        report([ME], **BOTH),
        [UPSMON, socket(ME_6, 50001, NAS_6, upsmon=False)],
        True,
        "listed",
        f"LIST CLIENT lists {ME}",
    ),
]


@pytest.mark.parametrize("row", JUDGED)
def test_judge_login(row: Row) -> None:
    assert judge_login(row.report, row.sockets, True) == (row.logged_in, row.code, row.reason)


LACKS = "upsmon is connected, but this server has no LIST CLIENT (its answer: UNKNOWN-COMMAND)"
LACKING: dict[str, Any] = {"listed": None, "clients_error": "UNKNOWN-COMMAND"}

# what a server says that shows no list of clients, the judgement of an upsmon that is connected to it
UNLISTED: list[tuple[dict[str, Any], bool | None, str, str]] = [
    # GET NUMLOGINS before and after the probe's own LOGIN
    ({"logins": [None, None]}, None, "list_client_refused", f"{LACKS}; it does not tell the number of logins either"),
    (
        {"logins": [1, 2]},
        None,
        "list_client_refused",
        f"{LACKS}; it counts 1 login(s), and does not tell whose they are",
    ),
    (
        {"logins": [2, None]},
        None,
        "list_client_refused",
        f"{LACKS}; it counts 2 login(s), and does not tell whose they are",
    ),
    ({"logins": [1, 1]}, None, "list_client_refused", f"{LACKS}; it does not count a LOGIN"),
    ({"logins": [0, 0]}, None, "list_client_refused", f"{LACKS}; it does not count a LOGIN"),
    (
        {"logins": [0, None]},
        None,
        "list_client_refused",
        f"{LACKS}; it counts 0 login(s), and does not tell whose they are",
    ),
    ({"logins": [0, 1]}, False, "not_listed", f"{LACKS}, and GET NUMLOGINS counts no login of it"),
    # it did not come to the question
    (
        {"clients_error": None, "verdict": "unreachable"},
        None,
        "not_told",
        "upsmon is connected, but this upsd did not tell its clients",
    ),
    (
        {"clients_error": None, "verdict": "unknown_ups"},
        False,
        "not_listed",
        "upsmon is connected, but this upsd has no such UPS",
    ),
    (
        {"clients_error": None, "verdict": "not_permitted"},
        False,
        "refused",
        f"upsmon is connected, but this upsd does not permit {ME}",
    ),
    # upsmon came from an address that may be permitted still
    (
        {"clients_error": None, "verdict": "not_permitted", "source_address": OTHER},
        None,
        "not_told",
        "upsmon is connected, but this upsd did not tell its clients",
    ),
]


@pytest.mark.parametrize(("changes", "logged_in", "code", "reason"), UNLISTED)
def test_without_a_list_of_clients(changes: dict[str, Any], logged_in: bool | None, code: str, reason: str) -> None:
    assert judge_login(report(**{**LACKING, **changes}), [UPSMON], True) == (logged_in, code, reason)


@pytest.mark.parametrize("sockets", [None, [], [socket(upsmon=None)]])
def test_what_does_not_run_has_no_connection(sockets: list[Socket] | None) -> None:
    assert judge_login(report(), sockets, False) == (False, "no_connection", NO_CONNECTION)


def stopped(listed: list[str] | None, connections: Sequence[Socket] | None) -> dict[str, Any]:
    """Return what an audit said of the server while upsmon was stopped."""
    return {"listed": listed, "connections": None if connections is None else [list(one) for one in connections]}


OF_READER = [UPSMON, UPSC]
SECOND: tuple[bool | None, str, str] = (None, "second_reader", WHICH.format(2, 1))

# what the server says now, upsmon's connections that are remembered, what was seen while it was stopped, the judgement
SECOND_READER: list[tuple[dict[str, Any], set[Ends], dict[str, Any] | None, tuple[bool | None, str, str]]] = [
    (report(), set(), None, SECOND),
    # remembered
    (report(), {UPSMON.ends}, None, (True, "remembered", REMEMBERED)),
    (report(), {UPSMON_2.ends}, None, SECOND),
    (report(), {UPSC.ends}, None, SECOND),
    (report([]), {UPSMON.ends}, None, (False, "refused", DENIED.format(ME))),
    (report([GATEWAY], **BEHIND_NAT), {UPSMON.ends}, None, (None, "gateway", BEHIND.format(1))),
    (report([LOCAL], seen_as=LOCAL), {UPSMON.ends}, None, (None, "loopback", SERVERS.format(LOCAL))),
    # the line came with the start
    (report(), set(), stopped([], [UPSC]), (True, "started", STARTED)),
    (report([ME, OTHER]), set(), stopped([OTHER], [UPSC]), (True, "started", STARTED)),
    (report(), set(), stopped([ME], [UPSC]), SECOND),  # the line is the other reader's
    (report(), set(), stopped([], []), SECOND),  # the other reader connected meanwhile, and may have logged in
    (report(), set(), stopped([], [UPSC, UPSMON]), SECOND),  # upsmon was not stopped
    (report(), set(), stopped([], [UPSC, socket(port=9, upsmon=None)]), SECOND),
    (report(), set(), stopped(None, [UPSC]), SECOND),
    (report(), set(), stopped([], None), SECOND),
    (report(), set(), {}, SECOND),
    (report([]), set(), stopped([], [UPSC]), (False, "refused", DENIED.format(ME))),
    (report([LOCAL], seen_as=LOCAL), set(), stopped([], [UPSC]), (None, "loopback", SERVERS.format(LOCAL))),
    (report([GATEWAY], **BEHIND_NAT), set(), stopped([], [UPSC]), (None, "gateway", BEHIND.format(1))),
]


@pytest.mark.parametrize(("says", "remembered", "without", "expected"), SECOND_READER)
def test_a_second_reader_on_the_host(
    says: dict[str, Any],
    remembered: set[Ends],
    without: dict[str, Any] | None,
    expected: tuple[bool | None, str, str],
) -> None:
    assert judge_login(says, OF_READER, True, remembered, without) == expected


def test_ipv6_is_judged_alike() -> None:
    says = report([ME_6], seen_as=ME_6, source_address=ME_6, peer_address=NAS_6, addresses=[NAS_6])
    judged = judge_login(says, [socket(ME_6, remote=NAS_6)], True)
    assert judged == (True, "listed", f"LIST CLIENT lists {ME_6}")


def test_every_code_has_its_row() -> None:
    codes = {value for name, value in vars(login_proof).items() if name.isupper() and isinstance(value, str)}
    rows = {row.code for row in JUDGED} | {code for _changes, _answer, code, _reason in UNLISTED}
    assert rows | {expected[1] for *_given, expected in SECOND_READER} == codes


# --- the addresses that upsmon uses, and those that it will use ---

STABLE, LASTING = "192.0.2.21", "198.51.100.21"


def held(local: str, upsmon: bool | None = True) -> list[Any]:
    return [local, 40001, NAS, 3493, upsmon]


# the probe's source, what the server saw it as, who is listed (None: not told), the host's connections; the addresses
OWN: list[tuple[str | None, str | None, list[str] | None, list[list[Any]] | None, list[str]]] = [
    (STABLE, STABLE, [STABLE], [held(STABLE)], [STABLE]),
    (STABLE, STABLE, [], [], [STABLE]),
    (STABLE, None, None, None, [STABLE]),
    (None, None, None, None, []),
    # the route changed since upsmon connected: both are used, until it starts anew
    (STABLE, STABLE, [LASTING], [held(LASTING)], [STABLE, LASTING]),
    (STABLE, None, None, [held(LASTING)], [STABLE, LASTING]),
    (STABLE, STABLE, [LASTING], [held(LASTING), held(LASTING), held(STABLE)], [STABLE, LASTING]),
    # another program's connections are nobody's to permit
    (STABLE, STABLE, [LASTING], [held(LASTING, False)], [STABLE]),
    (STABLE, STABLE, [LASTING], [held(LASTING, None)], [STABLE]),
    # behind NAT, what another way looks like is not known, unless it is listed
    (STABLE, "203.0.113.1", ["203.0.113.1"], [held(STABLE)], ["203.0.113.1"]),
    (STABLE, "203.0.113.1", ["203.0.113.1"], [held(LASTING)], ["203.0.113.1"]),
    (STABLE, "203.0.113.1", [LASTING], [held(LASTING)], ["203.0.113.1", LASTING]),
]


@pytest.mark.parametrize(("source", "seen_as", "listed", "connections", "addresses"), OWN)
def test_own_addresses(
    source: str | None,
    seen_as: str | None,
    listed: list[str] | None,
    connections: list[list[Any]] | None,
    addresses: list[str],
) -> None:
    seen = {"source_address": source, "seen_as": seen_as, "listed": listed, "connections": connections}
    assert login_proof.own_addresses(seen) == addresses
