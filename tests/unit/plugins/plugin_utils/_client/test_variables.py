# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable that cannot be rendered takes nothing else along, and is named."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import Variables, has_template, why

RAW: dict[str, Any] = {
    "ansible_host": "{{ address }}",
    "ansible_port": 22,
    "ansible_failed_result": {"msg": "{{ somebody said so }}"},
    "ansible_odd-name": "{{ bad }}",
    "mine": "{{ bad }}",
    "nut_client_failure": "{{ bad }}",
    "nut_client_notifycmd": "plain",
    "ups_password": "{{ bad }}",
}


def render(name: str) -> Any:
    """Render as an inventory does in which only *bad* is undefined."""
    if "bad" in str(RAW[name]):
        raise LookupError("'bad' is undefined.\nsomewhere")
    return {"ansible_host": "192.0.2.21"}[name]


def test_each_variable_by_itself() -> None:
    variables = Variables(RAW, render)
    assert (variables.get("ansible_host"), variables.get("ansible_port")) == ("192.0.2.21", 22)
    assert (variables.get("ups_password"), variables.get("unknown")) == (None, None)
    assert variables.fact("nut_client_failure") == "{{ bad }}"


def test_the_one_that_is_broken_is_named_and_no_fact_is_rendered() -> None:
    said = "The variable ups_password cannot be rendered: 'bad' is undefined. somewhere. Correct it in the inventory."
    assert Variables(RAW, render).broken() == said
    assert Variables({**RAW, "ups_password": "plain"}, render).broken() == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{ a }}", True),
        ("{% if a %}b{% endif %}", True),
        ("a {b}", False),
        (3, False),
        (None, False),
        ([{"a": "{{ b }}"}], True),
        ({"a": ("b", 1)}, False),
    ],
)
def test_what_may_be_a_template(value: Any, expected: bool) -> None:
    assert has_template(value) is expected


def raised(*errors: BaseException) -> BaseException:
    """Return the last of *errors*, each raised from the one before it."""
    for cause, error in zip(errors, errors[1:]):
        error.__cause__ = cause
    return errors[-1]


class Old(Exception):
    """An error that remembers its cause as ansible-core before 2.19 does."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__("outer")
        self.orig_exc = cause


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("inner"), "inner"),
        (raised(ValueError("inner."), KeyError("outer")), "inner"),
        (raised(RecursionError("maximum recursion depth exceeded"), ValueError("outer")), "it refers to itself"),
        (Old(ValueError("inner")), "inner"),
        (ValueError(), "ValueError"),
        (ValueError("{{ a['b'] }}: 'a' is undefined. 'a' is undefined"), "'a' is undefined"),
        (ValueError("two\n  lines"), "two lines"),
        (ValueError("x" * 500), "x" * 200),
    ],
)
def test_the_cause_at_the_root(error: BaseException, expected: str) -> None:
    assert why(error) == expected
