# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row a host: who is protected, who is not, and what to do about it. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import own_addresses
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.adoption import keeping
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import (
    NOT_AUDITED,
    REMOVED,
    will_be_protected,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome

UNSEEN = "Nothing looked at it in this run: its audit failed (see above), or tags or a first task left it out."
UNREACHABLE = "Ansible cannot reach it."
_COLUMNS = ("host", "address", "system", "verdict", "logged in", "nut", "ups", "drift")


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


def unprotected(rows: Sequence[Mapping[str, Any]], accept: Sequence[str] = ()) -> dict[str, str]:
    """Return cause and remedy of each host that is not protected, and neither will be (in check mode) nor need be.

    :param accept: verdicts that are good enough for what was asked.
    """
    return {
        row["name"]: f"{row['verdict']}: {row['advice']}"
        for row in rows
        if not (row["protected"] or row["accepted"] or row["will_be_protected"] or row["verdict"] in (REMOVED, *accept))
    }


def nas_lines(entry: Mapping[str, Any]) -> list[str]:
    """Return what to say of one NAS.

    :param entry: by _report/nas.py.
    """
    name, planned = entry["name"], entry["planned"]
    lines = [f"{name}: {entry['failure']}"] if entry["failure"] else []
    added = ", ".join(entry["added"])
    removed = ", ".join(_whose(address, entry["recorded"].get(address)) for address in entry["removed"])
    ours = ", ".join(_whose(one["address"], one["hosts"]) for one in entry["extra"] if one["hosts"])
    foreign = ", ".join(one["address"] for one in entry["extra"] if not one["hosts"])
    if added:
        lines.append(
            f"{name}: does not permit {added} yet; upsfleet.synology.permit does it."
            if planned
            else f"{name}: now permits {added}."
        )
    if removed:
        lines.append(f"{name}: {'would drop' if planned else 'no longer permits'} {removed}.")
    if entry["changed"] and not added and not removed:
        lines.append(
            f"{name}: its UPS settings are not as asked for; upsfleet.synology.permit sets them."
            if planned
            else f"{name}: its UPS settings are now as asked for."
        )
    if ours:
        lines.append(
            f"{name}: also permits {ours}, from which no host of this run came. Where that host is gone for good, "
            "dsm_ups_server_exact and ups_expected_clients drop it; else DSM's dialog does."
        )
    if foreign:
        lines.append(
            f"{name}: also permits {foreign}, from which no host of this run came. Somebody else permitted it, so it "
            "stays: DSM's dialog drops it."
        )
    return lines + [f"{name}: {text}" for text in entry["notes"]]


def _whose(address: str, hosts: Mapping[str, str] | None) -> str:
    """Return an address with the hosts that it was permitted for, and when."""
    text = ", ".join(f"{host}, {date}" for host, date in (hosts or {}).items())
    return f"{address} ({text})" if text else address


def replaced_lines(rows: Sequence[Mapping[str, Any]], planned: bool) -> list[str]:
    """Return what goes of what somebody set up by hand, and where nothing is done yet, the variables that keep it.

    :param planned: whether the hosts were only looked at.
    """
    lines = []
    for row in rows:
        if row["replaced"]:
            done = "would replace" if planned or "config" in row["drift"] else "replaced"
            lines.append(f"{row['name']}: upsfleet.synology.site {done} what was set up by hand:")
            lines += [f"  {one['text']}." for one in row["replaced"]]
        variables = keeping(row["replaced"]) if planned else ""
        if variables:
            lines += ["", f"# host_vars/{row['name']}.yml: keeps it", *variables.splitlines(), ""]
    return lines


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fleet as lines of text."""
    cells = [_COLUMNS, *(_cells(row) for row in rows)]
    if any(row.get("drill") for row in rows):  # most fleets have other things to read first
        cells = [(*line, said) for line, said in zip(cells, ["drilled", *(summary_of_drill(row) for row in rows)])]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]


def summary_of_drill(row: Mapping[str, Any]) -> str:
    """Return what a host's last drill said, in a few words."""
    return outcome.summary(row.get("drill")) or "-"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    logged_in = {True: "yes", False: "no", None: "unknown"}[row["logged_in"]]
    return (
        row["name"],
        row["address"] or "-",
        f"{row['system'] or '-'}{' (double)' if row['double'] else ''}",
        row["verdict"],
        logged_in,
        row["nut_version"] or "-",
        row["ups_status"] or "-",
        ", ".join(row["drift"]) or "-",
    )


def summary(rows: Sequence[Mapping[str, Any]], accept: Sequence[str] = (), failures: Sequence[str] = ()) -> list[str]:
    """Return what to say below the table: a line for each host that needs something, and the count.

    :param failures: what fails the run as a whole.
    """
    lines = [f"{name}: {text}" for name, text in unprotected(rows, accept).items()]
    for row in rows:
        if row["will_be_protected"] and not row["protected"]:
            what = f"provisioned ({', '.join(row['drift'])})" if row["drift"] else "let in by the NAS"
            lines.append(f"{row['name']}: would be {what}.")
    notes: dict[str, list[str]] = {}
    for row in rows:
        for note in row["notes"]:
            notes.setdefault(note, []).append(row["name"])
    lines += [f"Note for {', '.join(names)}: {note}." for note, names in notes.items()]
    untouched = [row["name"] for row in rows if row["held_back"] and row["protected"]]
    lines += [f"Left untouched, because other hosts failed before: {', '.join(untouched)}."] if untouched else []
    count = sum(bool(row["protected"]) for row in rows)
    return [*lines, *failures, f"{count} of {len(rows)} hosts are proven protected."]
