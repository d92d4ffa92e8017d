# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power failure laid side by side: of each host's events those of one outage, by the controller's clock. Pure.

Times are in seconds since 1970.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

QUIET = 300.0
"""Power that comes and goes is one outage, as long as it does not stay for so many seconds."""

_LONGEST = 86400.0  # between two signs of one outage, unless the host is off meanwhile
_BEGINS = ("on_battery", "fsd", "shutdown", "taken_for_dead")
_GOING = ("shutdown", "powering_down", "shutdown_command", "down", "ends")
_STATES = ("on_battery", "on_line", "low_battery", "fsd", "comm_lost", "comm_ok")
_SURE = 1.0  # seconds by which a clock is off for certain before its times are corrected

Event = Mapping[str, Any]
Bounds = tuple[float, float]


class Span(NamedTuple):
    """An outage: from its first sign on any host to its last."""

    begins: float
    ends: float


def unread(code: str) -> dict[str, Any]:
    """Return what nut_client_log_info says of a host whose log was not read."""
    return {
        "code": code, "events": [], "kept_from": None, "cut_short": False, "days": 0, "clock_set": 0, "untold": [],
        "upses": [], "clock": None,
    }  # fmt: skip


def bounds(host: Sequence[float], here: Sequence[float]) -> Bounds:
    """Return by how much a host's clock is ahead at least and at most.

    :param host: when something began and ended there, by the host's clock.
    :param here: when the controller asked for it and had its answer, by the controller's.
    """
    return host[1] - here[1], host[0] - here[0]


def clock(found: Sequence[Bounds]) -> dict[str, float]:
    """Return by how much a clock is ``ahead``, and within what (``plus_minus``)."""
    least, most = max(one[0] for one in found), min(one[1] for one in found)
    return {"ahead": round((most + least) / 2, 3), "plus_minus": round(abs(most - least) / 2, 3)}


def is_off(told: Mapping[str, float] | None) -> bool:
    """Return whether a clock is surely off by more than a second."""
    return told is not None and abs(told["ahead"]) - told["plus_minus"] > _SURE


def explain(logs: Mapping[str, Mapping[str, Any]], number: int = 1) -> dict[str, Any]:
    """Return ``outage`` (``begins`` and ``ends``, or None), ``others`` (the beginnings of the others, newest first),
    ``hosts`` (a row each) and ``upses``.

    :param logs: what nut_client_log_info said, by host.
    :param number: which outage, 1 for the last.
    :raises InvalidInput: if there are not so many.
    """
    corrected = {name: _corrected(log) for name, log in logs.items()}
    episodes = {name: _episodes(events) for name, events in corrected.items()}
    spans = _spans(one for each in episodes.values() for one in each)
    if number < 1 or number > max(1, len(spans)):
        raise InvalidInput(f"ups_outage_number is {number}, and the logs have {len(spans)} power failures.")
    span = spans[-number] if spans else None
    rows = []
    for name, log in logs.items():
        seen = [event for one in episodes[name] if span and _meets(one, span) for event in one]
        seen = seen or (_within(corrected[name], span) if span else [])
        rows.append(_row(name, log, seen, corrected[name], span))
    return {
        "outage": span._asdict() if span else None,
        "others": [one.begins for one in reversed(spans) if one != span],
        "hosts": rows,
        "upses": _upses(rows, logs),
    }


def _corrected(log: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a log's events by the controller's clock."""
    ahead = log["clock"]["ahead"] if is_off(log["clock"]) else 0.0
    return [{**event, "time": event["time"] - ahead} for event in log["events"]]


def _episodes(events: Iterable[Event]) -> list[list[Event]]:
    """Return the events of each outage, oldest first; what belongs to none is left out."""
    found: list[list[Event]] = []
    over: float | None = None  # since when the outage that is the last of them is over
    on_battery: set[str] = set()
    for event in events:
        code = event["code"]
        last = found[-1][-1] if found else None
        if last and (over is None or event["time"] - over <= QUIET) and _goes_on(last, event):
            found[-1].append(event)
        elif code in _BEGINS:
            found.append([event])
            on_battery.clear()
        else:
            continue
        if code == "on_line":
            on_battery.discard(event["ups"])
        elif code == "on_battery":
            on_battery.add(event["ups"])
        if code in ("back", "begins"):
            on_battery.clear()
        if code in _BEGINS:
            over = None
        elif code == "back" or (code == "on_line" and not on_battery and not _goes_down(found[-1])):
            over = event["time"]
    return found


def _goes_on(last: Event, event: Event) -> bool:
    return last["code"] in _GOING or event["time"] - last["time"] <= _LONGEST


def _goes_down(events: Sequence[Event]) -> bool:
    """Return whether the host has begun to go down and is not back yet."""
    codes = [event["code"] for event in events]
    since = len(codes) - codes[::-1].index("back") if "back" in codes else 0
    return any(code in ("fsd", *_GOING) for code in codes[since:])


def _spans(episodes: Iterable[Sequence[Event]]) -> list[Span]:
    """Return the outages of the fleet, oldest first: what overlaps on several hosts is one."""
    found: list[Span] = []
    for begins, ends in sorted((one[0]["time"], one[-1]["time"]) for one in episodes):
        if found and begins - found[-1].ends <= QUIET:
            found[-1] = Span(found[-1].begins, max(ends, found[-1].ends))
        else:
            found.append(Span(begins, ends))
    return found


def _meets(episode: Sequence[Event], span: Span) -> bool:
    return bool(span.begins <= episode[0]["time"] <= span.ends)


def _within(events: Sequence[Event], span: Span) -> list[Event]:
    """Return what happened meanwhile on a host whose upsmon saw nothing: it may have gone down without it."""
    found = [event for event in events if span.begins <= event["time"] <= span.ends and event["code"] != "begins"]
    if found and found[-1]["code"] in _GOING:
        found += [event for event in events if event["code"] == "back" and event["time"] > span.ends][:1]
    return found


def _row(
    name: str, log: Mapping[str, Any], seen: list[Event], events: Sequence[Event], span: Span | None
) -> dict[str, Any]:
    """Return a host's row.

    ``code`` is ``seen``, ``saw_nothing``, ``not_kept`` (its journal begins later) or why its log was not read.
    ``ended`` is how the host went through it: ``stayed_up``, ``shut_down``, ``cut_off`` or ``went_down`` (it did not
    write how), None where nothing tells.
    """
    kept_from, code = log["kept_from"], log["code"] or "seen"
    if code == "seen" and not seen:
        code = "not_kept" if span and kept_from is not None and kept_from > span.begins else "saw_nothing"
        seen = [one for one in events if code == "not_kept" and one["code"] == "begins"]
    return {
        "name": name,
        "code": code,
        "ended": _ended([event["code"] for event in seen]) if code == "seen" else None,
        "events": [dict(event) for event in seen],
        "clock": log["clock"],
        "clock_set": log["clock_set"],
        "untold": list(log["untold"]),
        "cut_short": log["cut_short"],
    }


def _ended(codes: Sequence[str]) -> str:
    if "ends" in codes:
        return "cut_off"
    if "down" in codes:
        return "shut_down"
    return "went_down" if any(code in _GOING for code in codes) else "stayed_up"


def _upses(rows: Iterable[Mapping[str, Any]], logs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return of each UPS the states as the hosts saw them: when the first and the last of how many did."""
    seen: dict[str, dict[tuple[str, int], list[float]]] = {}
    for row in rows:
        counts: dict[tuple[str, str], int] = {}
        for event in row["events"]:
            if event["code"] in _STATES and event["ups"]:
                place = (event["ups"], event["code"])
                counts[place] = counts.get(place, 0) + 1
                times = seen.setdefault(event["ups"], {}).setdefault((event["code"], counts[place]), [])
                times.append(event["time"])
    now: dict[str, str | None] = {}
    for log in logs.values():
        for one in log["upses"]:
            now[one["name"]] = now.get(one["name"]) or one["status"]
    return [
        {
            "name": name,
            "now": now.get(name),
            "states": sorted(
                (
                    {"code": code, "first": min(times), "last": max(times), "hosts": len(times)}
                    for (code, _count), times in seen.get(name, {}).items()
                ),
                key=lambda state: float(state["first"]),
            ),
        }
        for name in dict.fromkeys([*seen, *now])
    ]
