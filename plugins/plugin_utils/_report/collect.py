# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report takes from the variables of a host, and from the facts that the run has left there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, Mapping

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import odd
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import budget, policy, report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.batches import HELD_BACK
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import nas_clients
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import Variables
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import nas

TIME = "%Y-%m-%dT%H:%M:%SZ"
_RESULT, _FAILURE = "nut_client_result", "nut_client_failure"
_LOOKED = (_RESULT, _FAILURE, budget.FACT, budget.FAILURE, "nut_drill_result", "nut_drill_failure")


def fact(variables: Variables, name: str) -> Any:
    """Return what this run has recorded; an empty mapping if nothing."""
    return variables.fact(name) or {}


def was_looked_at(host: Variables) -> bool:
    """Return whether this run has recorded anything of a host."""
    return any(host.fact(name) for name in _LOOKED)


def row(name: str, host: Variables, changing: list[Any], now: datetime) -> dict[str, Any]:
    """Return a host's row.

    :param changing: what was found on the NAS boxes, where this run was not to change them.
    """
    result = fact(host, _RESULT)
    if result.get("drill"):
        result = {**result, "drill": outcome.whole(result["drill"])}
    failure = str(host.fact(_FAILURE) or "")
    if not ("verdict" in result or result.get("unreachable")):
        failure = host.broken() or failure
    address = host.get("ansible_host")
    package, today = (result.get("package") or {}).get("version"), now.date()
    old = outcome.note(result.get("drill"), package, today, host.get("nut_drill_max_age"))
    return report.row(
        name,
        {**result, "notes": [*result.get("notes", ()), old]} if old else result,
        failure,
        None if address is None and host.fact("ansible_host") else str(address or name),
        _can_be_permitted(result, host) and policy.let_in_by_nas(result, changing),
        is_set(host, "ups_double"),
        host.fact(HELD_BACK) or (),
        budget.row(fact(host, budget.FACT)),
        now.strftime(TIME),
    )


def is_set(host: Variables, name: str) -> bool:
    """Return whether a variable of a host says yes."""
    return bool(boolean(host.get(name) or False, strict=False))


def _can_be_permitted(result: Any, host: Variables) -> bool:
    address = result.get("address")
    passing = address in (result.get("temporary_addresses") or ())
    return bool(address) and (not (odd(address) or passing) or bool(host.get("ups_client_address")))


def nas_entries(
    boxes: Mapping[str, Variables], hosts: Mapping[str, Variables], planned: bool, own: Iterable[str], limited: bool
) -> list[dict[str, Any]]:
    """Return the entry of each NAS; the other arguments are those of nas.entry.

    What a NAS has to know of its clients was recorded where it was to be managed, and is found out here where not.

    :param limited: whether a limit left hosts out, so that nobody is known to be a stranger.
    """
    entries = []
    for name, box in boxes.items():
        clients = fact(box, "ups_nas_clients")
        if limited:
            clients = {**clients, "connected": []}
        elif not clients:
            clients = nas_clients(hosts.values(), name, list(boxes.values()))
        result = fact(box, "dsm_ups_server_result")
        entries.append(nas.entry(name, result, nas_failure(box), planned, clients, own))
    return entries


def nas_failure(box: Variables) -> str:
    """Return why a NAS could not be managed; empty if it was, or was not to be."""
    failure = str(box.fact("dsm_ups_server_failure") or "")
    return (box.broken() or failure) if failure else ""


def drilled(name: str, host: Variables) -> dict[str, Any]:
    """Return what a drill of this run made of a host."""
    return {
        "name": name,
        "drill": fact(host, "nut_drill_result").get("drill"),
        "obstacle": fact(host, "nut_drill_plan").get("obstacle"),
        "failure": str(host.fact("nut_drill_failure") or ""),
    }


def budgets(hosts: Mapping[str, Variables]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return each host's budget, and why a host's was not looked at, both by name."""
    found = {name: budget.row(fact(one, budget.FACT)) for name, one in hosts.items()}
    return found, {name: _not_looked_at(hosts[name]) for name, one in found.items() if one is None}


def _not_looked_at(host: Variables) -> str:
    msg = fact(host, budget.FACT).get("msg", "")
    return host.broken() or str(host.fact(budget.FAILURE) or msg) or report.UNSEEN
