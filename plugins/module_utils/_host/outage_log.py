# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this host's journal tells of power failures: upsmon's words, and where the host went down and came back.

Read-only. Times are in seconds since 1970, of this host's clock.
"""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._host.last_shutdown import (
    JOURNAL_STOPPED,
    POWERING_DOWN,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.messages import SHUTDOWN, Meaning

JOURNAL_STARTED = "f77379a8490b408bbe5f6940505a777b"  # SD_MESSAGE_JOURNAL_START in systemd's sd-messages.h
LINES = 20000
EVENTS = 500
"""The most events that are returned, the newest."""

_OUR_COMMAND = "upsmon-shutdown"
_FIELDS = "--output-fields=MESSAGE,MESSAGE_ID,SYSLOG_IDENTIFIER"
# A drill's upsmons have names of their own.
_MATCHES = (
    "SYSLOG_IDENTIFIER=upsmon", "SYSLOG_IDENTIFIER=nut-monitor", f"SYSLOG_IDENTIFIER={_OUR_COMMAND}",
    f"MESSAGE_ID={POWERING_DOWN}", f"MESSAGE_ID={JOURNAL_STOPPED}", f"MESSAGE_ID={JOURNAL_STARTED}",
)  # fmt: skip
_DETAIL = 200  # characters
_SAME = 1.0  # seconds within which upsmon's word on standard error and in syslog is one
_SET = 2.0  # seconds by which a clock is off before it counts as set


def command(days: int) -> list[str]:
    """Return what reads the journal of the last so many days, its newest lines."""
    matches = [word for match in _MATCHES for word in ("+", match)][1:]
    return [
        "journalctl", "--quiet", "--no-pager", "--all", f"--since=-{days}days", f"--lines={LINES}", "--output=json",
        _FIELDS, *matches,
    ]  # fmt: skip


def look(run: Run, meaning: Meaning, days: int, boot: str, booted: float | None) -> dict[str, Any]:
    """Return ``events``, oldest first, each with ``time``, ``code``, ``ups`` and ``detail``, and what bounds them.

    ``code`` is empty, or ``no_journal``. ``kept_from`` is the time of the oldest entry that was read; where
    ``cut_short``, older ones were not. ``clock_set`` is by how many seconds the clock was off when this boot began, as
    on a machine without a battery for its clock: its times are then counted from its start.

    :param boot: this boot's id, 32 hexadecimal digits.
    :param booted: when this boot began (seconds since 1970), by the clock as it is now; None where that is not known.
    """
    status, shown = run(command(days))
    found = list(_entries(shown)) if status == 0 else []
    if not found:
        return {"code": "no_journal", "events": [], "kept_from": None, "cut_short": False, "clock_set": 0}
    entries, clock_set = _in_order(found, boot, booted)
    events = _once(sorted(_events(entries, meaning, run), key=lambda event: float(event["time"])))
    return {
        "code": "",
        "events": events[-EVENTS:],
        "kept_from": entries[0]["time"],
        "cut_short": len(found) >= LINES or len(events) > EVENTS,
        "clock_set": round(clock_set),
    }


def _entries(shown: str) -> Iterator[dict[str, Any]]:
    """Yield the journal's entries with the times in seconds; what is none is left out."""
    for line in shown.splitlines():
        try:
            entry = json.loads(line)
            entry["time"] = int(entry["__REALTIME_TIMESTAMP"]) / 1e6
            entry["since_boot"] = int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6
            entry["boot"] = str(entry["_BOOT_ID"])
        except (ValueError, KeyError, TypeError):
            continue
        yield entry


def _in_order(found: list[dict[str, Any]], boot: str, booted: float | None) -> tuple[list[dict[str, Any]], float]:
    """Return the entries boot by boot, and by how much this boot's clock was off when it began."""
    boots: dict[str, list[dict[str, Any]]] = {}
    for entry in found:
        boots.setdefault(entry["boot"], []).append(entry)
    now = boots.pop(boot, [])
    first = next((entry for entry in now if entry.get("MESSAGE_ID") == JOURNAL_STARTED), None)
    clock_set = 0.0
    if first and booted is not None and abs(booted + first["since_boot"] - first["time"]) > _SET:
        clock_set = booted + first["since_boot"] - first["time"]
        for entry in now:
            entry["time"] = booted + entry["since_boot"]
    return [entry for each in (*boots.values(), now) for entry in each], clock_set


def booted_at(now: float, monotonic: float, with_suspend: float) -> float | None:
    """Return when this boot began, None where the host slept since: its journal does not count that time.

    :param now: seconds since 1970; the other two are CLOCK_MONOTONIC and CLOCK_BOOTTIME.
    """
    return now - monotonic if with_suspend - monotonic < _SET / 2 else None


def _events(entries: Iterable[Mapping[str, Any]], meaning: Meaning, run: Run) -> Iterator[dict[str, Any]]:
    """Yield the events. A container has its machine's boot id, so that a shutdown ends a boot there, too."""
    boot, goes_down = "", False
    stopped = None
    for entry in entries:
        text, kind = entry.get("MESSAGE"), entry.get("MESSAGE_ID")
        if kind == JOURNAL_STARTED and boot and (entry["boot"] != boot or goes_down):
            yield from _ended(boot, stopped, goes_down, entry["boot"] != boot, run)
            yield _event(entry["time"], "back")
            goes_down, stopped = False, None
        if kind == JOURNAL_STARTED and not boot:
            yield _event(entry["time"], "begins")
        boot = entry["boot"]
        if kind == JOURNAL_STOPPED:
            stopped = entry["time"]
        elif kind == POWERING_DOWN:
            goes_down, stopped = True, None
            yield _event(entry["time"], "powering_down")
        elif isinstance(text, str):  # what is no text comes as a list of bytes
            if entry.get("SYSLOG_IDENTIFIER") == _OUR_COMMAND:
                yield _event(entry["time"], "shutdown_command", detail=text[:_DETAIL])
            else:
                meant = meaning(text.strip())
                if meant:
                    if meant[0] == SHUTDOWN:
                        goes_down, stopped = True, None
                    yield _event(entry["time"], meant[0], meant[1])


def _ended(boot: str, stopped: float | None, goes_down: bool, told: bool, run: Run) -> Iterator[dict[str, Any]]:
    """Yield how a boot ended: in order, or in the middle, of which the last entry of any kind tells the time."""
    if goes_down and stopped is not None:
        yield _event(stopped, "down")
    elif told:
        status, shown = run(["journalctl", "--quiet", "--no-pager", f"--boot={boot}", "--lines=1", "--output=json"])
        last = list(_entries(shown)) if status == 0 else []
        if last:
            yield _event(last[-1]["time"], "ends")


def _event(time: float, code: str, ups: str = "", detail: str = "") -> dict[str, Any]:
    return {"time": round(time, 3), "code": code, "ups": ups, "detail": detail}


def _once(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the events without what upsmon says twice: to syslog and to standard error, in two texts, or again."""
    kept: list[dict[str, Any]] = []
    for event in events:
        near = [one for one in kept[-10:] if event["time"] - one["time"] <= _SAME]
        if not any((one["code"], one["ups"], one["detail"]) == _key(event) for one in near):
            kept.append(dict(event))
    return kept


def _key(event: Mapping[str, Any]) -> tuple[Any, ...]:
    return (event["code"], event["ups"], event["detail"])
