# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the keywords of plays ask for, and who failed in earlier batches."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import batches
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import has_template
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._filters import refusing


class FilterModule:
    """Filters on hostvars."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"failed_before": refusing(failed_before), "said": refusing(said)}


def failed_before(hostvars: Any, hosts: Iterable[str], batch: list[str], max_fail_percentage: Any = None) -> list[str]:
    """Return which of *hosts* failed before it was the turn of *batch*; see plugin_utils/_client/batches.py."""
    return batches.failed_before({name: hostvars.raw_get(name) for name in hosts}, batch, max_fail_percentage)


def said(hostvars: Any, name: str, hosts: Iterable[str], otherwise: Any) -> Any:
    """Return the value of the variable *name* at the first of *hosts* where it has one that can be rendered.

    A play's own keywords, and what is done once for all hosts, have no host whose variable it would be.

    :param hostvars: None where no play has run yet, or none will, as with --syntax-check.
    :param otherwise: what to return where nobody has it.

    :raises InvalidInput: if it is set, but can be rendered nowhere.
    """
    broken = ""
    for host in hosts if hostvars else ():
        value = hostvars.raw_get(host).get(name)
        if has_template(value):
            try:
                value = hostvars[host].get(name)
            except Exception:  # whatever a template, filter or lookup of a user raises
                broken, value = host, None
            else:
                if has_template(value):  # how ansible-core before 2.19 says it
                    broken, value = host, None
        if value is not None:
            return value
    if broken:
        raise InvalidInput(f"The variable {name} cannot be rendered for {broken}. Correct it in the inventory.")
    return otherwise
