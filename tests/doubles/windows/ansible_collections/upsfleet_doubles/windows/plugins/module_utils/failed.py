# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a double says no."""

from __future__ import annotations

from typing import Any


class Failed(Exception):
    """A module's failure: the message, and what it returns beside."""

    def __init__(self, message: str, **result: Any) -> None:
        super().__init__(message)
        self.result = result
