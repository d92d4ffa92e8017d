# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of one host, read so that none that cannot be rendered takes anything else along."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

_OURS = ("ansible_", "nut_client_", "ups_", "dsm_ups_server_")
# What a run records; no inventory has them.
_FACTS = (
    "ansible_facts", "ansible_failed_result", "ansible_failed_task", "ansible_local", "ups_budget",
    "ups_budget_failure", "nut_client_failure", "nut_client_result", "dsm_ups_server_failure",
    "dsm_ups_server_result", "ups_nas_clients", "ups_nas_mended",
)  # fmt: skip
_LONGEST = 200
# Before 2.19 ansible-core puts the template before the cause, and says that twice.
_TEMPLATE = re.compile(r"\{\{.*?\}\}: ")


class Variables:
    """A host's variables.

    :param raw: as the inventory has them, with the facts of the run.
    :param render: returns the value of a variable, by its name, or raises. It must be ansible-core that decides which
        texts are templates: a host may have said some of them.
    """

    def __init__(self, raw: Mapping[str, Any], render: Callable[[str], Any]) -> None:
        self._raw = raw
        self._render = render

    def fact(self, name: str) -> Any:
        """Return what this run has recorded under *name*, or None."""
        return self._raw.get(name)

    def get(self, name: str) -> Any:
        """Return the value of an inventory variable; None if there is none, or if it cannot be rendered."""
        try:
            return self._rendered(name)
        except Exception:  # whatever a template, filter or lookup of a user raises
            return None

    def needed(self, name: str) -> Any:
        """Return the value of an inventory variable, None if there is none.

        :raises InvalidInput: if it cannot be rendered.
        """
        try:
            return self._rendered(name)
        except Exception as error:  # whatever a template, filter or lookup of a user raises
            raise InvalidInput(_broken(name, error)) from None

    def broken(self) -> str:
        """Return which variable cannot be rendered, why, and what to do; empty if all can."""
        for name, error in self._errors():
            return _broken(name, error)
        return ""

    def _errors(self) -> Iterator[tuple[str, BaseException]]:
        for name in sorted(self._raw):
            if name.startswith(_OURS) and name.isidentifier() and name not in _FACTS:
                try:
                    self._rendered(name)
                except Exception as error:
                    yield name, error

    def _rendered(self, name: str) -> Any:
        value = self._raw.get(name)
        return self._render(name) if has_template(value) else value


def _broken(name: str, error: BaseException) -> str:
    return f"The variable {name} cannot be rendered: {why(error)}. Correct it in the inventory."


def variables_of(templar: Any, hostvars: Any, name: str) -> Variables:
    """Return the variables of the host *name*, whatever host the task is of."""
    raw = hostvars.raw_get(name)

    def render(variable: str) -> Any:
        template = _core.trust_as_template("{{ " + variable + " }}")
        return _core.render(templar, template, {**raw, "hostvars": hostvars})

    return Variables(raw, render)


def has_template(value: Any) -> bool:
    """Return whether a template may be somewhere in *value*."""
    if isinstance(value, Mapping):
        return any(map(has_template, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(has_template, value))
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def why(error: BaseException) -> str:
    """Return the cause at the root of what the templar raised, in one short line."""
    while True:
        if isinstance(error, RecursionError):
            return "it refers to itself"
        # orig_exc: how ansible-core before 2.19 remembers it
        cause = error.__cause__ or error.__context__ or getattr(error, "orig_exc", None)
        if cause is None:
            line = _TEMPLATE.sub("", " ".join(str(error).split())) or type(error).__name__
            return ". ".join(dict.fromkeys(line[:_LONGEST].rstrip(". ").split(". ")))
        error = cause
