# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row a host: who is protected, who is not, and what to do about it. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils.plan import NOT_AUDITED, NOT_LOGGED_IN

_COLUMNS = ("host", "address", "verdict", "logged in", "nut", "ups", "drift")


def row(name: str, result: Mapping[str, Any], failure: str, address: str, predicted: bool = False) -> dict[str, Any]:
    """Return the report's row of one host.

    :param result: the fact nut_client_result; empty where the host was not looked at.
    :param failure: the message of the failure that ended the host's run, if any.
    :param address: the address that the inventory knows, for a host that could not be looked at.
    :param predicted: whether a run in check mode went through the steps that would change the host.
    """
    access = result.get("access") or []
    steps = (result.get("changes") or {}).get("steps", [])
    audited = "verdict" in result
    protected = bool(result.get("protected"))
    advice = result.get("advice") or ("" if protected else failure or str(result.get("msg", "")))
    if audited and failure and protected:
        protected, advice = False, f"The run failed: {failure}"
    return {
        "name": name,
        "address": result.get("address") or address,
        "verdict": result["verdict"] if audited else NOT_AUDITED,
        "protected": protected,
        "will_be_protected": predicted and not failure and result.get("verdict") == NOT_LOGGED_IN and bool(steps),
        "logged_in": result.get("logged_in"),
        "nut_version": result.get("nut_version"),
        "ups_status": "; ".join(one["status"] for one in access if one.get("status")) or None,
        "drift": result.get("drift", []),
        "drift_details": result.get("drift_details", []),
        "advice": advice or ("" if protected else "It was not looked at: see the failure above."),
        "notes": result.get("notes", []),
    }


def unprotected(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return cause and remedy of each host that is not protected (and, in check mode, would not be)."""
    return {
        row["name"]: f"{row['verdict']}: {row['advice']}"
        for row in rows
        if not row["protected"] and not row["will_be_protected"]
    }


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fleet as lines of text."""
    cells = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    logged_in = {True: "yes", False: "no", None: "unknown"}[row["logged_in"]]
    return (
        row["name"],
        row["address"] or "-",
        row["verdict"],
        logged_in,
        row["nut_version"] or "-",
        row["ups_status"] or "-",
        ", ".join(row["drift"]) or "-",
    )


def summary(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what to say below the table: a line for each host that needs something, and the count."""
    lines = [f"{name}: {text}" for name, text in unprotected(rows).items()]
    for row in rows:
        if row["will_be_protected"] and not row["protected"]:
            lines.append(f"{row['name']}: would be provisioned ({', '.join(row['drift'])}).")
    notes: dict[str, list[str]] = {}
    for row in rows:
        for note in row["notes"]:
            notes.setdefault(note, []).append(row["name"])
    lines += [f"Note for {', '.join(names)}: {note}." for note, names in notes.items()]
    count = sum(bool(row["protected"]) for row in rows)
    return [*lines, f"{count} of {len(rows)} hosts are proven protected."]
