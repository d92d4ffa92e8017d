# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a host off before the UPS cuts its outlets, whatever hangs? Three numbers, and what to do. Pure.

*seen* is what the last shutdown took, *allowed* what systemd waits for at most, *budget* what is sure to be left. All
times are in seconds.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable

FACT, FAILURE = "ups_budget", "ups_budget_failure"
"""Where a run records it."""

LEAST_LIMIT = 20
"""What the role takes as nut_client_shutdown_limit at least."""

KEPT, EXCEEDED, UNKNOWN = "kept", "exceeded", "unknown"

NAS_POWER_OFF = 20
"""What a Synology NAS takes at least from its unmounted volumes to the UPS's order: it reads the status twice, ten
seconds apart (DSM 6.2.3's synoups; what it takes before that is not fixed)."""

_NOTES = {
    "macos": "on macOS it is not known how long a shutdown takes or may take",
    "windows": "on Windows it is not known how long a shutdown takes or may take",
    "no_systemd": "without systemd it is not known how long a shutdown may take",
    "no_journal": "its last shutdown is not known, because the journal holds nothing of an earlier boot (it is kept "
    "where /var/log/journal exists)",
    "no_shutdown": "its last shutdown is not known: as the journal has it, the last boot ended without one",
    "cut_short": "its last shutdown was cut off: the journal ends before the shutdown did",
    "no_monitor": "the budget is not known, because upsmon.conf names no UPS that counts",
    "not_told": "the budget is not known, because no UPS server told anything: see upsfleet.synology.audit",
}
_OWN = {
    "libvirt-guests.service": "PARALLEL_SHUTDOWN and SHUTDOWN_TIMEOUT in /etc/default/libvirt-guests",
    "pve-guests.service": "down= in the guests' startup option (qm set VMID --startup down=SECONDS)",
}
# Where a unit's limit is set, by its kind.
_SECTIONS = {
    "service": "[Service] TimeoutStopSec",
    "scope": "[Scope] TimeoutStopSec",
    "mount": "[Mount] TimeoutSec",
    "swap": "[Swap] TimeoutSec",
}
_COLUMNS = ("host", "seen", "allowed", "budget", "unit that may take most", "state")
_MISSED = ("-", "-", "-", "-", "not_looked_at")


def judge(looked: Mapping[str, Any], nas_stop: int = 0) -> dict[str, Any]:
    """Return seen, allowed, budget, upses, and ``state``, ``advice`` and ``notes``.

    :param looked: what the module saw; only ``code`` where nothing can be known of such a host.
    :param nas_stop: what the NAS was measured to take from FSD until its volumes are unmounted.
    """
    if looked["code"]:
        nothing = {"seconds": None, "code": looked["code"]}
        return {
            "seen": {**nothing, "power_failure": False},
            "allowed": nothing,
            "budget": nothing,
            "upses": [],
            "state": UNKNOWN,
            "advice": "",
            "notes": [_NOTES[looked["code"]]],
        }
    allowed = {"seconds": None, **looked["allowed"]}
    allowed["chain"] = [{**one, "unit": printable(one["unit"])} for one in allowed.get("chain", ())]
    allowed["unit"] = longest(allowed["chain"])
    upses = [{**one, "name": printable(one["name"])} for one in looked["upses"]]
    budget = least(upses, looked["times"], nas_stop)
    state = _state(allowed, budget)
    codes = (looked["seen"]["code"], allowed["code"], budget["code"])
    return {
        "seen": looked["seen"],
        "allowed": allowed,
        "budget": budget,
        "upses": upses,
        "state": state,
        "advice": _advice(allowed, budget) if state == EXCEEDED else "",
        "notes": [_NOTES[code] for code in codes if code] + _ups_notes(upses),
    }


def longest(chain: Sequence[Mapping[str, Any]]) -> str:
    """Return the unit that may take most, the first of several; empty where nothing runs that takes time."""
    limits = {one["unit"]: one["seconds"] for one in chain}
    return max(limits, key=lambda name: _weight(limits[name]), default="")


def least(upses: Sequence[Mapping[str, Any]], times: Mapping[str, int], nas_stop: int) -> dict[str, Any]:
    """Return the budget by the UPS that leaves least.

    From the first FSD to the outlets' cut it is what the NAS takes and the UPS's own delay, unless the battery is empty
    before; upsmon sees the FSD after POLLFREQALERT at the latest, and waits for FINALDELAY. A secondary's HOSTSYNC is
    no part of it, because FSD ends it.
    """
    untold = [one for one in upses if one["code"]]  # it may be the one that leaves least
    if untold or not upses:
        return {"seconds": None, "code": "not_told" if upses else "no_monitor", "ups": "", "parts": {}}
    ups = min(upses, key=lambda one: _span(one, nas_stop)[0])
    span, parts = _span(ups, nas_stop)
    parts.update({name: -seconds for name, seconds in times.items()})
    return {"seconds": max(0, span - sum(times.values())), "code": "", "ups": ups["name"], "parts": parts}


def _span(ups: Mapping[str, Any], nas_stop: int) -> tuple[int, dict[str, int]]:
    """Return how long there is power from the first FSD on, and what that is made of.

    The NAS sets FSD at the latest when the battery is low, which is battery.runtime.low before its end.
    """
    parts = {"nas_stop": nas_stop, "nas_power_off": NAS_POWER_OFF, "outlet_delay": ups["ups_delay_shutdown"] or 0}
    span = sum(parts.values())
    runs = [ups[name] for name in ("battery_runtime_low", "battery_runtime") if ups[name] is not None]
    if runs and min(runs) < span:
        return min(runs), {"battery": min(runs)}
    return span, parts


def _state(allowed: Mapping[str, Any], budget: Mapping[str, Any]) -> str:
    if allowed["code"] or budget["code"]:
        return UNKNOWN
    return KEPT if _weight(allowed["seconds"]) <= budget["seconds"] else EXCEEDED


def _advice(allowed: Mapping[str, Any], budget: Mapping[str, Any]) -> str:
    left, unit, whole = budget["seconds"], allowed["unit"], allowed["seconds"]
    may = "nothing bounds how long powering off takes" if whole is None else f"powering off may take {whole} s"
    text = f"Only {left} s are sure, and {may}"
    todo = [_bound(allowed.get("limit"), left)]
    if unit and allowed.get("limit") is None:
        alone = next(one["seconds"] for one in allowed["chain"] if one["unit"] == unit)
        text += f", {'any time' if alone is None else f'{alone} s'} of it {unit}"
        if _weight(alone) > _weight(allowed.get("final", 0)):
            todo.insert(0, f"Give {unit} less: {_where(unit)}.")
        else:  # no unit is longer than the others
            text += f", as systemd gives each unit {allowed['final']} s by default"
    return " ".join([f"{text}.", *todo])


def _bound(limit: int | None, left: int) -> str:
    if left < LEAST_LIMIT:
        return (
            f"nut_client_shutdown_limit takes no less than {LEAST_LIMIT} s: say what the NAS was measured to take "
            "(ups_nas_stop_time), or shorten nut_client_finaldelay."
        )
    if limit is not None:
        return f"nut_client_shutdown_limit: {left} keeps it; it is {limit} on this host."
    return f"nut_client_shutdown_limit: {left} bounds the whole, whatever hangs."


def _where(unit: str) -> str:
    section = _SECTIONS.get(unit.rpartition(".")[2], _SECTIONS["service"])
    return _OWN.get(unit) or f"{section} in a drop-in (systemctl edit {unit})"


def _ups_notes(upses: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = []
    for ups in upses:
        if ups["code"]:
            notes.append(f"{ups['name']} did not tell its numbers ({ups['code']})")
        elif ups["ups_delay_shutdown"] is None:
            notes.append(f"{ups['name']} does not tell ups.delay.shutdown, so that its delay is not counted")
    return notes


def row(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a host's row of the report says of its budget; None where nobody looked at it in this run.

    :param found: the fact ups_budget.
    """
    if not found or "state" not in found:
        return None
    return {
        "state": found["state"],
        "seen": found["seen"]["seconds"],
        "cut_short": found["seen"]["code"] == "cut_short",
        "allowed": found["allowed"]["seconds"],
        "bounded": bool(found["allowed"]["code"]) or found["allowed"]["seconds"] is not None,
        "budget": found["budget"]["seconds"],
        "unit": found["allowed"].get("unit", ""),
        "advice": found["advice"],
        "notes": list(found["notes"]),
    }


def exceeded(rows: Mapping[str, Mapping[str, Any] | None]) -> dict[str, str]:
    """Return the advice of each host that may be cut off in the middle of its shutdown, by name."""
    return {name: one["advice"] for name, one in rows.items() if one and one["state"] == EXCEEDED}


def lines(rows: Mapping[str, Mapping[str, Any] | None], missed: Mapping[str, str] | None = None) -> list[str]:
    """Return the budgets as lines of text; none where nobody looked at any.

    :param missed: why a host that was to be looked at was not, by name.
    """
    missed = missed or {}
    known = {name: one for name, one in rows.items() if one}
    if not known and not missed:
        return []
    shown = [name for name in rows if name in known or name in missed]
    cells = [_COLUMNS, *(_cells(name, known[name]) if name in known else (name, *_MISSED) for name in shown)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_COLUMNS))]
    found = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
    found += ["", *(f"{name}: {text}" for name, text in {**exceeded(known), **missed}.items())]
    notes: dict[str, list[str]] = {}
    for name, one in known.items():
        for note in one["notes"]:
            notes.setdefault(note, []).append(name)
    found += [f"Note for {', '.join(names)}: {note}." for note, names in notes.items()]
    count = sum(one["state"] == KEPT for one in known.values())
    return [*found, f"{count} of {len(shown)} hosts are off in time, whatever hangs."]


def _cells(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    seen = _spoken(one["seen"])
    return (
        name,
        f"{seen}, cut off" if one["cut_short"] else seen,
        _spoken(one["allowed"]) if one["bounded"] else "no limit",
        _spoken(one["budget"]),
        one["unit"] or "-",
        one["state"],
    )


def _spoken(seconds: int | None) -> str:
    return "-" if seconds is None else f"{seconds} s"


def _weight(seconds: int | None) -> float:
    return float("inf") if seconds is None else float(seconds)
