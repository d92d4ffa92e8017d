# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UPSes of a fleet, from what its hosts were told of them. Pure; a status is a text from the network."""

from __future__ import annotations

import math
from typing import Any, Iterable, NamedTuple

from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.proof import Row, natural

# NUT's words of ups.status (docs/new-drivers.txt of NUT 2.8.5).
_WORDS = {
    "OL": "on line",
    "OB": "on battery",
    "LB": "battery low",
    "HB": "battery high",
    "RB": "replace the battery",
    "CHRG": "charging",
    "DISCHRG": "discharging",
    "BYPASS": "on bypass",
    "CAL": "calibrating",
    "OFF": "off",
    "OVER": "overloaded",
    "TRIM": "trimming",
    "BOOST": "boosting",
    "FSD": "forced shutdown",
    "ALARM": "alarm",
    "TEST": "testing",
    "WAIT": "no data yet",
}
ON_BATTERY, FORCED_SHUTDOWN = "OB", "FSD"
_ALARMING = {FORCED_SHUTDOWN, ON_BATTERY, "LB", "RB", "OFF", "OVER", "BYPASS", "ALARM"}

_PORT = 3493


class Ups(NamedTuple):
    """A UPS as the newest audit that it answered was told of it."""

    server: str
    """As the configuration names it, of the first host that has it."""
    port: int
    name: str
    status: str | None
    charge: float | None
    """Percent."""
    runtime: float | None
    """Seconds."""
    time: str
    """Of that audit."""
    hosts: int
    logged_in: int
    """How many of the hosts are."""

    @property
    def place(self) -> str:
        """Return how a MONITOR line names it."""
        return place(self.name, self.server, self.port)

    @property
    def words(self) -> list[str]:
        """Return the words of its status."""
        return status_words(self.status)

    @property
    def meaning(self) -> str:
        """Return its status for people; empty where no word of it is known."""
        return ", ".join(_WORDS[word] for word in self.words if word in _WORDS)

    @property
    def alarming(self) -> bool:
        """Return whether its status is none to sleep well with."""
        return is_alarming(self.status)

    @property
    def left(self) -> str:
        """Return for how long its battery lasts; empty where that is not known."""
        return "" if self.runtime is None else duration(self.runtime)


def upses(rows: Iterable[Row]) -> list[Ups]:
    """Return every UPS once: by the address at which its server answered, so that two names of a server make one."""
    found: dict[tuple[str, int, str], Ups] = {}
    for row in rows:
        for one in row.get("monitors") or ():
            fresh = _ups(one, row["time"])
            key = (str(one["address"] or one["server"]), fresh.port, fresh.name)
            found[key] = _merged(found[key], fresh) if key in found else fresh
    return sorted(found.values(), key=lambda ups: (not ups.alarming, natural(ups.place)))


def _ups(monitor: Row, time: str) -> Ups:
    server, port = str(monitor["server"] or monitor["address"] or "?"), int(monitor["port"] or _PORT)
    return Ups(
        server,
        port,
        str(monitor["ups"] or "?"),
        monitor["status"],
        _number(monitor["charge"]),
        _number(monitor["runtime"]),
        time,
        1,
        int(monitor["logged_in"] is True),
    )


def _number(value: Any) -> float | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return value if number else None


def _merged(known: Ups, fresh: Ups) -> Ups:
    """Return the newer reading of the two, for all their hosts."""
    # Hosts whose LOGIN is refused are not told of the battery.
    newer = max(known, fresh, key=lambda ups: (ups.status is not None, ups.charge is not None, ups.time))
    return newer._replace(
        server=known.server, hosts=known.hosts + fresh.hosts, logged_in=known.logged_in + fresh.logged_in
    )


def place(name: str, server: str, port: int) -> str:
    """Return a UPS as a MONITOR line names it."""
    host = f"[{server}]" if ":" in server else server
    return f"{name}@{host}" + (f":{port}" if port != _PORT else "")


def line(monitor: Row) -> str:
    """Return what a host's details say of one of its UPSes."""
    one = _ups(monitor, "")
    return ", ".join(filter(None, [f"{one.place}: {monitor['verdict']}", one.status]))


def status_words(status: str | None) -> list[str]:
    """Return the words of a status."""
    return str(status or "").upper().split()


def is_alarming(status: str | None) -> bool:
    """Return whether a status, or one of several, is none to sleep well with."""
    return bool(_ALARMING & set(str(status or "").upper().replace(";", " ").split()))


def duration(seconds: float) -> str:
    """Return seconds as people say them."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
