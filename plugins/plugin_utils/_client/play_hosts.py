# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For which hosts a play has something to do, so that it costs the others nothing: a skipped task is 10 to 25 ms. Pure.

A play that is about more hosts than it need be does no harm, because its tasks ask each host once more.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import let_in_by_nas

CLIENTS, BOXES = "ups_clients", "ups_nas"
NOBODY = "!all"
"""A pattern that selects no host, without the warning that an unknown name brings."""
# Ansible reads anything else in the name of a host as part of a pattern.
_PLAIN = re.compile(r"[\w.-]+")

Fleet = Mapping[str, Mapping[str, Any]]
"""The variables of each host, as they are written, with the facts of the run."""


def pattern(names: Iterable[str], group: str = CLIENTS) -> list[str]:
    """Return a play's pattern of these hosts; one of their whole group where a name would be read as a pattern."""
    found = list(names)
    if not all(map(_PLAIN.fullmatch, found)):
        return [group]
    return found or [NOBODY]


def to_change(clients: Fleet) -> list[str]:
    """Return the clients that a step was found for, and those that may be about to be removed."""
    return [name for name, facts in clients.items() if _result(facts).get("changes", {}).get("steps") or _state(facts)]


def to_manage(boxes: Fleet) -> list[str]:
    """Return the NAS boxes for which anything is set of what the role asks for: what is wrong there is refused."""
    return [name for name, facts in boxes.items() if any(one.startswith("dsm_ups_server_") for one in facts)]


def let_in(clients: Fleet, boxes: Fleet) -> list[str]:
    """Return the clients that were refused, and that a NAS may let in now."""
    changed = [facts["dsm_ups_server_result"] for facts in boxes.values() if facts.get("dsm_ups_server_result")]
    return [name for name, facts in clients.items() if let_in_by_nas(_result(facts), changed, True)]


def mended(boxes: Fleet) -> list[str]:
    """Return the clients whose permission another run had taken away."""
    return sorted({name for facts in boxes.values() for name in facts.get("ups_nas_mended") or ()})


def unsettled(fleet: Fleet, everybody: list[str]) -> list[str]:
    """Return a pattern of the hosts that the report fails, and of one more, so that somebody shows it.

    :param everybody: the pattern to take where a name would be read as a pattern.
    """
    reports = {name: facts["__fleet_report"] for name, facts in fleet.items() if facts.get("__fleet_report")}
    bad = [name for name, report in reports.items() if name in report["unsettled"]]
    names = dict.fromkeys([*bad, *list(reports)[-1:]])
    return everybody if pattern(names) == [CLIENTS] else pattern(names)


def _result(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return facts.get("nut_client_result") or {}


def _state(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("nut_client_state", "present") != "present")
