# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a variable is, whichever host has it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.upsfleet.synology.plugins.filter.batches import FilterModule

said = FilterModule().filters()["said"]
failed_before = FilterModule().filters()["failed_before"]


class HostVars:
    """A double of the variable hostvars.

    :param rendered: what each template means: ansible-core from 2.19 on raises where it is undefined, earlier ones
        return the template.
    """

    def __init__(self, raw: dict[str, dict[str, Any]], rendered: dict[str, Any]) -> None:
        self.raw, self.rendered = raw, rendered

    def raw_get(self, host: str) -> dict[str, Any]:
        return self.raw[host]

    def __getitem__(self, host: str) -> Any:
        rendered, raw = self.rendered, self.raw[host]

        class HostVarsVars:
            def get(self, name: str) -> Any:
                value = rendered[raw[name]]
                if isinstance(value, Exception):
                    raise value
                return value

        return HostVarsVars()


@pytest.mark.parametrize(
    ("values", "rendered", "expected"),
    [
        ([], {}, "otherwise"),
        ([None, None], {}, "otherwise"),
        ([None, 2], {}, 2),
        ([0, 2], {}, 0),
        ([[1, "50%"], 2], {}, [1, "50%"]),
        (["{{ a }}", 2], {"{{ a }}": 3}, 3),
        (["{{ a }}", 2], {"{{ a }}": "{{ a }}"}, 2),
        (["{{ a }}", 2], {"{{ a }}": LookupError("a")}, 2),
    ],
)
def test_the_first_that_can_be_rendered(values: list[Any], rendered: dict[str, Any], expected: Any) -> None:
    raw = {f"web{number}": {} if value is None else {"ups_serial": value} for number, value in enumerate(values)}
    assert said(HostVars(raw, rendered), "ups_serial", list(raw), "otherwise") == expected


@pytest.mark.parametrize("meaning", ["{{ a }}", LookupError("a")])
def test_one_that_can_be_rendered_nowhere_is_named(meaning: Any) -> None:
    hostvars = HostVars({"web1": {"ups_serial": "{{ a }}"}}, {"{{ a }}": meaning})
    with pytest.raises(AnsibleFilterError, match="The variable ups_serial cannot be rendered for web1"):
        said(hostvars, "ups_serial", ["web1"], None)


def test_before_any_play_nobody_has_it() -> None:
    assert said(None, "ups_serial", ["web1"], "otherwise") == "otherwise"


def test_who_failed_before() -> None:
    hostvars = HostVars({"web1": {"__ups_batch": ["web1"], "nut_client_failure": "why"}, "web2": {}}, {})
    assert failed_before(hostvars, ["web1", "web2"], ["web2"]) == ["web1"]
    with pytest.raises(AnsibleFilterError, match="ups_max_fail_percentage is 'many'"):
        failed_before(hostvars, ["web1", "web2"], ["web2"], "many")
