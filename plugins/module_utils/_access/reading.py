# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a UPS's variables are numbers that can be used.

A value counts if it is a number in range (field report case D10): drivers tell 0, -1 and 65535 for what they do not
know.
"""

from __future__ import annotations

import re

CHARGE = "battery.charge"
RUNTIME = "battery.runtime"

RANGES = {
    CHARGE: (0, 100),
    RUNTIME: (1, 65534),
    "battery.runtime.low": (1, 65534),
    "ups.delay.shutdown": (0, 65534),
}
"""The variables that are used, with the range of what they can mean."""


def number(text: str | None, name: str) -> int | None:
    """Return the value of the variable *name* as a whole number, rounded down; None unless it is a number in range."""
    lowest, highest = RANGES[name]
    text = (text or "").strip()
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return None
    found = float(text)
    return int(found) if lowest <= found <= highest else None
