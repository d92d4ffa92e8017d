# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power failure in words: for people on a screen, and as a document. Pure."""

from __future__ import annotations

import textwrap
from datetime import datetime, timezone, tzinfo
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import outage
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import shown

WIDTH = 100
SHOWN = 14
"""The most events in one line; of more the middle is left out."""

_WORDS = {
    "on_battery": "OB", "on_line": "OL", "low_battery": "LB", "fsd": "FSD", "comm_lost": "NAS lost",
    "comm_ok": "NAS there", "unavailable": "NAS unavailable", "shutdown": "shutdown",
    "no_parent": "upsmon's parent died",
    "calibrating": "CAL", "calibrated": "CAL over", "off": "OFF", "not_off": "OFF over",
    "gave_up": "gave up waiting for the NAS", "taken_for_dead": "UPS taken for dead", "login_refused": "login refused",
    "powering_down": "powering down", "down": "down", "ends": "journal ends", "back": "back",
    "begins": "journal begins",
}  # fmt: skip
_KEEP = "mkdir -p /var/log/journal && systemctl restart systemd-journald keeps it from now on"
_NOT_SEEN = {
    "saw_nothing": "its log has nothing of it",
    "not_kept": f"its journal holds nothing from before {{since}}, as where it is kept in memory; {_KEEP}",
    "no_journal": f"its journal has nothing of upsmon; {_KEEP}",
    "macos": "the log of a Mac is not read; on it, log show --last 1d --predicate 'process == \"upsmon\"' does",
    "windows": "the log of Windows is not read; its Application log has what upsmon said",
}


def lines(found: Mapping[str, Any], days: int, failures: Mapping[str, str], zone: tzinfo | None = None) -> list[str]:
    """Return the outage as lines of text.

    :param found: what :func:`outage.explain` returns.
    :param days: how far back the logs were read.
    :param failures: why a host's log could not be read, by name.
    :param zone: where the controller's clock hangs, its own by default.
    """
    span, rows = found["outage"], found["hosts"]
    if span is None:
        told = [f"No host's log tells of a power failure in the last {days} days."]
        return [*told, *_notes(rows, 0.0, zone), *_failed(failures)]
    clock = _Clock(span["begins"], zone)
    text = [f"The power failure of {clock.headline(span['ends'])}, by this controller's clock:", ""]
    width = max([len(row["name"]) for row in rows], default=0)
    several = len({event["ups"] for row in rows for event in row["events"] if event["ups"]}) > 1
    for row in rows:
        text += _wrapped(f"{row['name']}:".ljust(width + 2), _of_host(row, clock, several))
    text.append("")
    for ups in found["upses"]:
        text += _wrapped(f"{shown(ups['name'])}, as the hosts saw it: ", _of_ups(ups, clock))
    text += ["", *_notes(rows, span["begins"], zone), *_failed(failures)]
    if found["others"]:
        times = ", ".join(_Clock(one, zone).date(one) for one in found["others"][:5])
        text.append(f"Others, newest first: {times}. -e ups_outage_number=2 explains the second last.")
    return text


def document(found: Mapping[str, Any], days: int, failures: Mapping[str, str], now: float) -> dict[str, Any]:
    """Return the outage as a document: times are UTC, of the controller's clock."""
    span = found["outage"]
    return {
        "schema": 1,
        "time": _utc(now),
        "days": days,
        "outage": {name: _utc(one) for name, one in span.items()} if span else None,
        "others": [_utc(one) for one in found["others"]],
        "hosts": [
            {**row, "events": [{**_plain(event), "time": _utc(event["time"])} for event in row["events"]]}
            for row in found["hosts"]
        ],
        "upses": [
            {
                "name": shown(ups["name"]),
                "now": ups["now"] and shown(ups["now"]),
                "states": [
                    {**state, "first": _utc(state["first"]), "last": _utc(state["last"])} for state in ups["states"]
                ],
            }
            for ups in found["upses"]
        ],
        "failures": dict(failures),
    }


class _Clock:
    """Times of day; with the date where it is another day than that of *begins*."""

    def __init__(self, begins: float, zone: tzinfo | None) -> None:
        self._zone = zone
        self._begins = begins
        self._day = self._at(begins).date()

    def _at(self, time: float) -> datetime:
        return datetime.fromtimestamp(time, timezone.utc).astimezone(self._zone)

    def time(self, time: float) -> str:
        at = self._at(time)
        return f"{at:%H:%M:%S}" if at.date() == self._day else f"{at:%Y-%m-%d %H:%M:%S}"

    def date(self, time: float) -> str:
        return f"{self._at(time):%Y-%m-%d %H:%M:%S}"

    def headline(self, ends: float) -> str:
        return f"{self._day}, {self.time(self._begins)} to {self.time(ends)} {self._at(ends):%Z}"


def _of_host(row: Mapping[str, Any], clock: _Clock, several: bool) -> list[str]:
    words = [
        f"{_WORDS[event['code']]}{' of ' + shown(event['ups']) if several and event['ups'] else ''} "
        f"{clock.time(event['time'])}"
        for event in row["events"]
        if event["code"] not in ("powering_down", "shutdown_command")
    ]
    return _cut(words) or ["-"]


def _of_ups(ups: Mapping[str, Any], clock: _Clock) -> list[str]:
    words = []
    for state in ups["states"]:
        first, last = clock.time(state["first"]), clock.time(state["last"])
        when = first if first == last else f"{first} to {last}"
        words.append(f"{_WORDS[state['code']]} {when} ({state['hosts']} host{'s' if state['hosts'] > 1 else ''})")
    return [*_cut(words), f"now {shown(ups['now'])}" if ups["now"] else "now unknown: no host could ask it"]


def _cut(words: list[str]) -> list[str]:
    if len(words) <= SHOWN:
        return words
    half = SHOWN // 2
    return [*words[:half], f"... {len(words) - 2 * half} more ...", *words[-half:]]


def _wrapped(head: str, words: Sequence[str]) -> list[str]:
    """Return words separated by commas, on as many lines as they take; no word is cut."""
    text = [head]
    for at, word in enumerate(words):
        word += "," if at + 1 < len(words) else ""
        if len(text[-1]) + len(word) > WIDTH and text[-1].strip():
            text.append("  ")
        text[-1] += f"{word} "
    return [line.rstrip() for line in text]


def _notes(rows: Iterable[Mapping[str, Any]], begins: float, zone: tzinfo | None) -> list[str]:
    """Return what a person should know, each once with the hosts of which it is true."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for note in _of_row(row, begins, zone):
            found.setdefault(note, []).append(row["name"])
    return [
        line
        for note, names in found.items()
        for line in textwrap.wrap(f"Note for {', '.join(names)}: {note}.", WIDTH, subsequent_indent="  ")
    ]


def _of_row(row: Mapping[str, Any], begins: float, zone: tzinfo | None) -> Iterable[str]:
    codes = [event["code"] for event in row["events"]]
    if row["code"] != "seen" and (begins or row["code"] != "saw_nothing"):
        yield _NOT_SEEN[row["code"]].format(since="its present boot" if codes else "what is left of it")
    if row["ended"] == "cut_off":
        yield "its journal ends in the middle: it lost its power, or was switched off, before it was down"
    if row["code"] == "seen" and not {event["ups"] for event in row["events"]} - {""} and "shutdown" not in codes:
        yield "its upsmon said nothing of it: run upsfleet.synology.audit"
    if row["code"] == "seen" and "fsd" in codes and not set(codes) & {"shutdown", "down", "ends"}:
        yield "it was told FSD, and its log has no shutdown: run upsfleet.synology.audit"
    if "login_refused" in codes:
        yield "the NAS refused its login: run upsfleet.synology.audit"
    for event in row["events"]:
        if event["code"] == "shutdown_command":
            yield f"its shutdown command said: {shown(event['detail'])}"
    if outage.is_off(row["clock"]):
        ahead = row["clock"]["ahead"]
        where = "ahead of" if ahead > 0 else "behind"
        yield f"its clock is {abs(ahead):.1f} s {where} this controller's now, and its times are corrected by that"
    if row["clock_set"]:
        yield f"its clock was wrong by {abs(row['clock_set'])} s when it came back, and its times since are corrected"
    for one in row["untold"]:
        why = "NOTIFYFLAG has no SYSLOG" if one["code"] == "not_logged" else "NOTIFYMSG has one text for several"
        yield f"its log does not tell {one['type']} ({why})"
    if row["cut_short"]:
        yield "its log is longer than what is read of it: set ups_outage_days lower, if the outage is not the last one"


def _failed(failures: Mapping[str, str]) -> list[str]:
    return [f"{name}: {text}" for name, text in failures.items()]


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": event["code"], "ups": shown(event["ups"]), "detail": shown(event["detail"])}


def _utc(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
