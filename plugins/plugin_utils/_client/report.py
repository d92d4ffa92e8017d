# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row a host: who is protected, who is not, and what to do about it. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import own_addresses
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import (
    NOT_AUDITED,
    REMOVED,
    will_be_protected,
)

UNSEEN = "Nothing looked at it in this run: its audit failed (see above), or tags or a first task left it out."
UNREACHABLE = "Ansible cannot reach it."


def row(
    name: str,
    result: Mapping[str, Any],
    failure: str,
    address: str | None,
    let_in: bool = False,
    double: bool = False,
    held_back: Sequence[str] = (),
    budget: Mapping[str, Any] | None = None,
    time: str = "",
) -> dict[str, Any]:
    """Return the report's row of one host.

    :param result: the fact nut_client_result; empty where the host was not audited.
    :param failure: the message of the failure that ended the host's run, if any.
    :param address: the address that the inventory knows, for a host that could not be audited; None if it does not.
    :param let_in: whether a NAS would let the client in, had the run not been in check mode.
    :param double: whether the host is a test double of what it says it is.
    :param held_back: which hosts failed before it was this one's turn, so that it was left untouched.
    :param budget: what its power-off may take and what is sure to be left, if this run has looked at that.
    :param time: of the run by the controller's clock, which is right more often than the host's.
    """
    access = result.get("access") or []
    audited = "verdict" in result
    protected = bool(result.get("protected"))
    advice = result.get("advice") or ("" if protected else failure or str(result.get("msg", "")))
    cause = result.get("cause") or advice
    if result.get("unreachable"):
        cause = UNREACHABLE
    if audited and failure and not result.get("concluded"):
        protected, advice = False, f"The run failed: {failure}"
        cause = advice
    if held_back and not protected:
        head = f"Left untouched, because {', '.join(held_back)} failed before it."
        advice, cause = f"{head} {advice}".rstrip(), f"{head} {cause}".rstrip()
    if not (protected or advice):
        advice = cause = UNSEEN
    return {
        "name": name,
        "machine_id": result.get("machine_id"),
        "time": time,
        "address": result.get("address") or address,
        "addresses": list(dict.fromkeys(own for one in access for own in own_addresses(one))),
        "verdict": result["verdict"] if audited else NOT_AUDITED,
        "system": " ".join(filter(None, map((result.get("os") or {}).get, ("name", "version")))) or None,
        "double": double,
        "protected": protected,
        "accepted": bool(result.get("accepted")),
        "will_be_protected": not failure and not held_back and will_be_protected(result, let_in),
        "logged_in": result.get("logged_in"),
        "nut_version": result.get("nut_version"),
        "ups_status": "; ".join(one["status"] for one in access if one.get("status")) or None,
        "drift": result.get("drift", []),
        "drift_details": result.get("drift_details", []),
        "reason": result.get("reason", ""),
        "gaps": result.get("gaps", []),
        "replaced": result.get("replaced", []),
        "held_back": list(held_back),
        "drill": result.get("drill"),
        "budget": budget,
        "advice": advice,
        "cause": cause,
        "notes": result.get("notes", []),
        "returns": result.get("returns"),
        "monitors": [_monitor(one) for one in access],
    }


def _monitor(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a report says of one UPS of a host.

    :param entry: of the audit's ``access``.
    """
    battery = entry.get("battery") or {}
    return {
        "server": entry.get("host"),
        "port": entry.get("port"),
        "ups": entry.get("ups"),
        "address": entry.get("peer_address"),
        "verdict": entry["verdict"],
        "status": entry.get("status"),
        "charge": battery.get("charge"),
        "runtime": battery.get("runtime"),
        "logged_in": entry.get("logged_in"),
        "seen_as": entry.get("seen_as"),
    }


def needs_something(row: Mapping[str, Any], accept: Sequence[str] = ()) -> bool:
    """Return whether a host is not protected, and neither will be (in check mode) nor need be.

    :param accept: verdicts that are good enough for what was asked.
    """
    return not (row["protected"] or row["accepted"] or row["will_be_protected"] or row["verdict"] in (REMOVED, *accept))


def unprotected(rows: Sequence[Mapping[str, Any]], accept: Sequence[str] = ()) -> dict[str, str]:
    """Return cause and remedy of each host that needs something, by name."""
    return {row["name"]: f"{row['verdict']}: {row['advice']}" for row in rows if needs_something(row, accept)}
