# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads what a run shows."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.audience import is_for_people


@pytest.mark.parametrize(
    ("callback", "people"),
    [
        ("default", True),
        ("minimal", True),
        ("yaml", True),
        ("ansible.builtin.default", True),
        ("ansible.posix.debug", True),
        ("community.general.unixy", True),
        ("ansible.posix.json", False),
        ("json", False),
        ("ansible.posix.jsonl", False),
        ("awx_display", False),
        ("ansible_runner.callback.display", False),
        ("somebody.else.default", False),
        ("community.general.null", False),
    ],
)
def test_beside_a_callback_that_nobody_is_known_to_read_nothing_is_shown(callback: str, people: bool) -> None:
    assert is_for_people(callback) is people
