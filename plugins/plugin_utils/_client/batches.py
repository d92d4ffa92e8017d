# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts in batches: what failed in one leaves the hosts of later ones untouched. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import REMOVED
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

BATCH, HELD_BACK = "__ups_batch", "__ups_held_back"
"""Facts: the hosts of a host's batch, once it had its turn; who failed before a host that had none."""


def failed_before(
    fleet: Mapping[str, Mapping[str, Any]], batch: Sequence[str], max_fail_percentage: Any = None
) -> list[str]:
    """Return which hosts failed in earlier batches, if a batch among them failed as a whole; else nothing.

    As in Ansible, a batch has failed where every host of it did, or more than *max_fail_percentage* of them. Hosts that
    could not be audited before their turn had none, so they do not count.

    :param fleet: the facts of each host of the play.
    :param batch: the hosts whose turn it is.
    :param max_fail_percentage: a number, or a text such as ``30%``; None where nothing is said.
    :raises InvalidInput: if it is something else.
    """
    limit = _percentage(max_fail_percentage)
    batches: dict[tuple[str, ...], list[str]] = {}
    for name, facts in fleet.items():
        if facts.get(BATCH) and not facts.get(HELD_BACK) and name not in batch:
            batches.setdefault(tuple(facts[BATCH]), []).append(name)
    failed: list[str] = []
    for names in batches.values():
        bad = [name for name in names if _failed(fleet[name])]
        if len(bad) == len(names) or (limit is not None and 100 * len(bad) > limit * len(names)):
            failed += bad
    return failed


def _failed(facts: Mapping[str, Any]) -> bool:
    """Return whether a host's turn ended badly: it failed, or is not as it should be, nor will be in a real run."""
    result = facts.get("nut_client_result") or {}
    good = (
        result.get("protected") or result.get("accepted") or result.get("predicted") or result.get("verdict") == REMOVED
    )
    return bool(facts.get("nut_client_failure")) or not good


def _percentage(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(str(value).strip().rstrip("%"))
    except ValueError:
        number = -1
    if isinstance(value, bool) or not 0 <= number <= 100:
        raise InvalidInput(f"ups_max_fail_percentage is {value!r}: allowed is a percentage, 0 to 100.")
    return number
