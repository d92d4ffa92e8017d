# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the fleet a run was about: a part is never the whole. Pure."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

_NO_HOST_LEFT = "No host was looked at: the limit leaves none of the group ups_clients."
_NO_HOST = (
    "No host was looked at, because the inventory has no hosts in the group ups_clients. See inventory.example in the "
    "collection."
)


WHOLE, LIMITED, SLICE, PULL = "whole", "limited", "slice", "pull"
"""What a report may be about: all that the inventory has, what a limit left of it, a numbered part, or the one host
that ansible-pull runs on."""

_SLICE = re.compile(r"([1-9]\d{0,4})\s*/\s*([1-9]\d{0,4})")


class Slice(NamedTuple):
    """Which part of how many a run was about."""

    number: int
    parts: int


class Extent(NamedTuple):
    """Which hosts a run was about, and which it should have been about."""

    names: tuple[str, ...]
    limit: str = ""
    """The limit of the run, if it had one."""
    expected: int | tuple[str, ...] | None = None
    """What ups_expected_clients says: how many clients, or their inventory names; None if nothing."""
    part: Slice | None = None
    """What ups_report_slice says; a job slice of AWX cannot be told from a whole inventory."""
    merged: str = ""
    """What several reports are about together, where that is what this is of."""

    @property
    def kind(self) -> str:
        """What the run was about. ansible-pull gives a limit of its own making (lib/ansible/cli/pull.py)."""
        if self.merged:
            return self.merged
        if self.limit.startswith("localhost,") and self.limit.endswith(",127.0.0.1"):
            return PULL
        if self.limit:
            return LIMITED
        return SLICE if self.part else WHOLE

    def scope(self) -> dict[str, Any]:
        """Return what the run was about, as a report has it."""
        return {
            "kind": self.kind,
            "limit": self.limit or None,
            "slice": {"number": self.part.number, "count": self.part.parts} if self.part else None,
        }

    def expectation(self) -> dict[str, Any] | None:
        """Return who was expected, as a report has it; None if nobody said it."""
        if self.expected is None:
            return None
        named = isinstance(self.expected, tuple)
        return {
            "hosts": self.expected if isinstance(self.expected, int) else len(set(self.expected)),
            "names": sorted(set(self.expected)) if isinstance(self.expected, tuple) else None,
            "missing": self.missing() if named else [],
            "unexpected": self.unexpected() if named else [],
        }

    def missing(self) -> list[str]:
        """Return who is expected by name and no host of the run."""
        return sorted(set(self.expected) - set(self.names)) if isinstance(self.expected, tuple) else []

    def unexpected(self) -> list[str]:
        """Return the hosts of the run that are not among those who are expected by name."""
        return sorted(set(self.names) - set(self.expected)) if isinstance(self.expected, tuple) else []

    def failures(self) -> list[str]:
        """Return why the run proves nothing of the whole fleet, whatever it says of each host."""
        if not self.names:
            return [_NO_HOST_LEFT if self.limit else _NO_HOST]
        if self.kind != WHOLE or self.expected is None:
            return []
        return self._differences()

    def _differences(self) -> list[str]:
        if isinstance(self.expected, int):
            if self.expected == len(self.names):
                return []
            return [
                f"ups_expected_clients is {self.expected}, but this run was about {len(self.names)}: the inventory "
                "is not the whole fleet, or the number is out of date."
            ]
        texts = []
        if self.missing():
            texts.append(
                f"ups_expected_clients names {', '.join(self.missing())}, which this run was not about: the "
                "inventory is not the whole fleet, or the list is out of date."
            )
        if self.unexpected():
            texts.append(f"ups_expected_clients does not name {', '.join(self.unexpected())}: add what belongs to it.")
        return texts


def expected_clients(value: Any) -> int | tuple[str, ...] | None:
    """Return what ups_expected_clients means.

    :param value: None, a number (of a command line too) or a list of inventory names.
    :raises InvalidInput: if it is something else.
    """
    if value is None:
        return None
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return tuple(str(one) for one in value)
    if not isinstance(value, bool) and str(value).isdecimal():
        return int(str(value))
    raise InvalidInput(
        f"ups_expected_clients is {value!r}: allowed are the number of clients, or a list of their inventory names."
    )


def slice_of(value: Any) -> Slice | None:
    """Return what ups_report_slice means.

    :param value: None, or a text such as 2/3.
    :raises InvalidInput: if it is something else.
    """
    if value is None:
        return None
    found = _SLICE.fullmatch(str(value).strip())
    part = Slice(int(found[1]), int(found[2])) if found else None
    if part is None or part.number > part.parts:
        raise InvalidInput(
            f"ups_report_slice is {value!r}: allowed is the number of the slice and how many there are, 2/3."
        )
    return part
