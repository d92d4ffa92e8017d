# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether upsmon is logged in: each row of the rules."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket, judge_login

NAS = "192.0.2.10"
ME = "192.0.2.21"
OTHER = "192.0.2.22"
GATEWAY = "203.0.113.1"

UPSMON = Socket(ME, NAS, 3493, True)
UPSC = Socket(ME, NAS, 3493, False)  # another program of this host that talks to the same upsd
ELSEWHERE = Socket(ME, "192.0.2.11", 3493, True)
OTHER_PORT = Socket(ME, NAS, 3494, True)

NO_CONNECTION = "upsmon has no connection to this upsd"
DENIED = f"upsmon is connected, but LIST CLIENT has no line for {ME}: its LOGIN was refused"

# LIST CLIENT before the probe, this host as the NAS sees it, the probe's own end, sockets; the answer and its reason
JUDGED: list[tuple[list[str], str | None, str | None, list[Socket], bool | None, str]] = [
    # upsmon has no connection: whatever is listed is not its line
    ([], ME, ME, [], False, NO_CONNECTION),
    ([ME], ME, ME, [], False, NO_CONNECTION),
    ([ME], ME, ME, [UPSC], False, NO_CONNECTION),
    ([ME], ME, ME, [ELSEWHERE], False, NO_CONNECTION),
    ([ME], ME, ME, [OTHER_PORT], False, NO_CONNECTION),
    ([], None, None, [], False, NO_CONNECTION),
    # connected and listed
    ([ME], ME, ME, [UPSMON], True, f"LIST CLIENT lists {ME}"),
    ([OTHER, ME], ME, ME, [UPSMON, ELSEWHERE], True, f"LIST CLIENT lists {ME}"),
    ([ME], None, ME, [UPSMON], True, f"LIST CLIENT lists {ME}"),
    # connected, not listed: the silent refusal
    ([], ME, ME, [UPSMON], False, DENIED),
    ([OTHER], ME, ME, [UPSMON], False, DENIED),
    ([], None, ME, [UPSMON], False, f"upsmon is connected, but LIST CLIENT has no line for {ME}"),
    ([], GATEWAY, ME, [UPSMON], False, DENIED.replace(ME, GATEWAY)),
    # the probe could not log in, and a line may be this host's behind an address that is not known
    (
        [GATEWAY],
        None,
        ME,
        [UPSMON],
        None,
        "without a LOGIN of our own this host's line in LIST CLIENT cannot be told from others",
    ),
    # behind a gateway a line may be another host's
    (
        [GATEWAY],
        GATEWAY,
        ME,
        [UPSMON],
        None,
        f"{GATEWAY} is a gateway's address: its 1 line(s) in LIST CLIENT may be other hosts'",
    ),
    (
        [GATEWAY, GATEWAY, OTHER],
        GATEWAY,
        ME,
        [UPSMON],
        None,
        f"{GATEWAY} is a gateway's address: its 2 line(s) in LIST CLIENT may be other hosts'",
    ),
    # other programs of this host talk to it too
    ([ME, ME], ME, ME, [UPSMON, UPSC], True, f"LIST CLIENT lists {ME}"),
    ([ME], ME, ME, [UPSMON, UPSMON], True, f"LIST CLIENT lists {ME}"),
    (
        [ME],
        ME,
        ME,
        [UPSMON, UPSC],
        None,
        "2 connections of this host, 1 logged in: which are upsmon's cannot be told",
    ),
    ([], ME, ME, [UPSMON, UPSC], False, DENIED),
]


@pytest.mark.parametrize(("clients", "seen_as", "source", "sockets", "logged_in", "reason"), JUDGED)
def test_judge_login(
    clients: list[str],
    seen_as: str | None,
    source: str | None,
    sockets: list[Socket],
    logged_in: bool | None,
    reason: str,
) -> None:
    assert judge_login(clients, seen_as, source, NAS, 3493, sockets) == (logged_in, reason)


def test_ipv6_is_judged_alike() -> None:
    mine = Socket("2001:db8::21", "2001:db8::10", 3493, True)
    judged = judge_login(["2001:db8::21"], "2001:db8::21", "2001:db8::21", "2001:db8::10", 3493, [mine])
    assert judged == (True, "LIST CLIENT lists 2001:db8::21")


def test_a_server_that_was_never_reached_lists_nobody() -> None:
    assert judge_login([], None, None, None, 3493, [UPSMON]) == (False, NO_CONNECTION)
