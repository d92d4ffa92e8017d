# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's filters share."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function* as a filter: a ValueError ends the task with its text."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except ValueError as error:
            raise AnsibleFilterError(str(error)) from None

    return call
