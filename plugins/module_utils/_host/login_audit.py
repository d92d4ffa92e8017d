# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the running client logged in, and where? The one loop over the monitors; how a host is asked is passed in."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import (
    NOT_TOLD,
    Ends,
    Socket,
    judge_login,
    sockets_to,
)

_NOT_BACK = ("refused", "unreachable", "driver_down", "stale")

Probe = Callable[[Mapping[str, Any], Sequence[str]], "dict[str, Any]"]
"""Asks the upsd of a monitor from the host, by one of the given addresses if it has them: report and evidence of
module_utils/_access/probe.py."""

ListedClients = Callable[[str, int], "Iterable[str] | None"]
"""Tells which addresses are logged in to any UPS of the upsd at an address and port; None where it does not tell."""

NOTE = "login.json"
"""Where a host keeps ``login_note``, in the platform's state_dir."""

_SAME_START = 5.0  # seconds; a start is computed from an age, which ps on a Mac tells in whole seconds


class Upsmon(NamedTuple):
    """The host's upsmon as it was before any probe, so that none of the connections is a probe's."""

    processes: Mapping[int, float]
    """The start of each process, seconds since the epoch."""
    connections: Sequence[Socket] | None
    """All ESTABLISHED connections of the host; None where the host did not tell them."""

    def note(self, reports: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
        """Return what is worth remembering: the process, and its connections that are proved to be logged in."""
        proved = [list(one.ends) for report in reports if report["logged_in"] for one in self._own(report)]
        if not proved or not self.processes:
            return None
        started, pid = min((started, pid) for pid, started in self.processes.items())
        return {"pid": pid, "started": started, "connections": proved}

    def remembered(self, note: Any) -> set[Ends]:
        """Return the connections of a *note*, none where its process is gone; a note is a file's untrusted text."""
        try:
            started = self.processes[note["pid"]]
            if abs(started - note["started"]) > _SAME_START:
                return set()
            ends = [(str(one[0]), int(one[1]), str(one[2]), int(one[3])) for one in note["connections"]]
        except (KeyError, IndexError, TypeError, ValueError):
            return set()
        return set(ends)

    def _own(self, report: Mapping[str, Any]) -> list[Socket]:
        return [one for one in sockets_to(report, self.connections) if one.upsmon]


def audit_logins(
    monitors: Sequence[Mapping[str, Any]],
    upsmon: Upsmon,
    probe: Probe,
    listed_clients: ListedClients,
    *,
    memory: Any = None,
    without: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return ``access``, a report a monitor, ``running_client_logged_in`` and ``login_note``.

    ``running_client_logged_in`` is whether the upsmon that runs now is logged in anywhere, to a desired monitor or to
    another server under whatever UPS name, or cannot be told not to be. What protects the host now is not given up for
    less. ``login_note`` is what a later audit gets as *memory*, None where nothing was proved.

    :param memory: what was proved before; anything that is no such note counts as none.
    :param without: ``access`` of an audit made while upsmon was stopped.
    """
    remembered = upsmon.remembered(memory)
    reports = []
    for monitor in monitors:
        used = [one.remote for one in upsmon.connections or () if one.upsmon and one.port == monitor["port"]]
        report = probe(monitor, sorted(set(used)))
        stopped = next((one for one in without if _same(one, report)), None)
        login = judge_login(report, upsmon.connections, bool(upsmon.processes), remembered, stopped)
        known = None if upsmon.connections is None else sockets_to(report, upsmon.connections)
        reports.append(
            {
                **report,
                "power_value": monitor["power_value"],
                "connections": None if known is None else [list(one) for one in known],
                "logged_in": login.logged_in,
                "logged_in_code": login.code,
                "logged_in_reason": login.reason,
            }
        )
    return {
        "access": reports,
        "running_client_logged_in": _logged_in_anywhere(reports, upsmon, listed_clients),
        "login_note": upsmon.note(reports),
    }


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(key) == other[key] for key in ("host", "port", "ups"))


def _logged_in_anywhere(reports: Sequence[Mapping[str, Any]], upsmon: Upsmon, listed_clients: ListedClients) -> bool:
    connections = upsmon.connections
    if upsmon.processes and (connections is None or any(one.upsmon is None for one in connections)):
        return True  # some of them may be upsmon's
    asked = [one for one in reports if one["listed"] is not None or one["logged_in_code"] != NOT_TOLD]
    if any(one["logged_in"] is not False for one in asked):
        return True
    # Elsewhere is another server, or another UPS of a server whose desired one would not take the login.
    known = {(address, one["port"]) for one in reports if one["verdict"] == "ok" for address in one["addresses"]}
    for one in connections or ():
        if one.upsmon and (one.remote, one.port) not in known:
            listed = listed_clients(one.remote, one.port)
            if listed is None or one.local in listed:
                return True
    return False


def wait_for_logins(
    seen: dict[str, Any],
    look_again: Callable[[], Mapping[str, Any]],
    *,
    server: float,
    login: float,
    interval: float,
) -> None:
    """Look at the logins again while a server is not ready, then while a running upsmon is not logged in.

    One that is ``held`` by the boot guard runs soon after its server has lost a latched FSD.

    :param seen: what was seen, updated with what *look_again* returns: ``upsmon`` and what :func:`audit_logins` does.
    :param server: seconds to wait for a server that refuses connections, does not answer, or has just started.
    :param login: seconds to wait for the login of an upsmon that runs.
    :param interval: seconds between two looks.
    """
    _wait(seen, look_again, server, interval, _starting)
    if seen["upsmon"]["pids"] or seen.get("held"):
        _wait(seen, look_again, login, interval, lambda report: report["verdict"] == "ok" and not report["logged_in"])


def _starting(report: Mapping[str, Any]) -> bool:
    """Return whether a server is not back yet, as after it has permitted somebody.

    While its driver starts it has no data, says WAIT, or that the UPS is on battery though it is not, and without a
    charge (wolnut issue 12); an outage that is true is still there when the waiting is over.
    """
    words = (report["status"] or "").upper().split()
    unread = "OB" in words and report["charge"] is None
    return report["verdict"] in _NOT_BACK or (("WAIT" in words or unread) and "FSD" not in words)


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
