# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the running client logged in, and where? The one loop over the monitors; how a host is asked is passed in."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket, judge_login

_NOT_BACK = ("refused", "unreachable", "driver_down", "stale")

Probe = Callable[[Mapping[str, Any]], "dict[str, Any]"]
"""Asks the upsd of a monitor from the host: the report of module_utils/_access/probe.py with ``peer_address``."""

ListedClients = Callable[[str, int], Iterable[str]]
"""Tells which addresses are logged in to any UPS of the upsd at an address and port; none where it does not answer."""


def audit_logins(
    monitors: Sequence[Mapping[str, Any]],
    connections: Sequence[Socket],
    probe: Probe,
    listed_clients: ListedClients,
) -> dict[str, Any]:
    """Return ``access``, a report a monitor, and ``running_client_logged_in``.

    The latter is whether the upsmon that runs now is logged in anywhere, to a desired monitor or to another server
    under whatever UPS name, or cannot be told not to be. What protects the host now is not given up for less.

    :param connections: the host's, read before any probe, so that none of them is a probe's.
    """
    reports = [_report(monitor, connections, probe) for monitor in monitors]
    logged_in = [one for one in reports if one["logged_in"] is not False]
    # Elsewhere is another server, or another UPS of a server whose desired one would not take the login.
    known = {(one["peer_address"], one["port"]) for one in reports if one in logged_in or one["verdict"] == "ok"}
    elsewhere = [one for one in connections if one.upsmon and (one.remote, one.port) not in known]
    return {
        "access": reports,
        "running_client_logged_in": bool(logged_in)
        or any(one.local in listed_clients(one.remote, one.port) for one in elsewhere),
    }


def _report(monitor: Mapping[str, Any], connections: Sequence[Socket], probe: Probe) -> dict[str, Any]:
    report = probe(monitor)
    logged_in, reason = judge_login(
        None if report["clients_error"] else report["clients"],
        report["seen_as"],
        report["source_address"],
        report["peer_address"],
        monitor["port"],
        connections,
    )
    return {
        **report,
        "power_value": monitor["power_value"],
        "logged_in": logged_in,
        "logged_in_reason": reason,
    }


def wait_for_logins(
    seen: dict[str, Any],
    look_again: Callable[[], Mapping[str, Any]],
    *,
    server: float,
    login: float,
    interval: float,
) -> None:
    """Look at the logins again while a server does not answer, then while a running upsmon is not logged in.

    :param seen: what was seen, updated with what *look_again* returns: ``upsmon`` and what :func:`audit_logins` does.
    :param server: seconds to wait for a server that refuses connections, does not answer, or has just started.
    :param login: seconds to wait for the login of an upsmon that runs.
    :param interval: seconds between two looks.
    """
    _wait(seen, look_again, server, interval, _starting)
    if seen["upsmon"]["pids"]:
        _wait(seen, look_again, login, interval, lambda report: report["verdict"] == "ok" and not report["logged_in"])


def _starting(report: Mapping[str, Any]) -> bool:
    """Return whether a server is not back yet, as after it has permitted somebody.

    While its driver starts it has no data, says WAIT, or that the UPS is on battery though it is not; an outage that is
    true is still there when the waiting is over.
    """
    words = (report.get("status") or "").split()
    return report["verdict"] in _NOT_BACK or (bool({"WAIT", "OB"} & set(words)) and "FSD" not in words)


def _wait(
    seen: dict[str, Any],
    look_again: Callable[[], Mapping[str, Any]],
    limit: float,
    interval: float,
    pending: Callable[[Mapping[str, Any]], bool],
) -> None:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline and any(map(pending, seen["access"])):
        time.sleep(interval)
        seen.update(look_again())
