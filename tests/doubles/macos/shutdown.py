# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of shutdown(8) of macOS. It powers nothing off; what it was asked for is in the log of calls."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .common import Answer, unknown

_WHEN = re.compile(r"now|\+\d+|\d{4}|\d{10}")  # now, minutes from now, [yymmdd]hhmm


def answer(arguments: Sequence[str], root: bool) -> Answer:
    """``shutdown {-h|-r|-s} WHEN [MESSAGE...]``, as root."""
    if len(arguments) < 2 or arguments[0] not in ("-h", "-r", "-s") or not _WHEN.fullmatch(arguments[1]):
        raise unknown(arguments)
    if any(word.startswith("-") for word in arguments[2:]):
        raise unknown(arguments)
    if not root:
        return Answer(1, err="shutdown: NOT super-user\n")
    return Answer(out="double of shutdown: nothing is powered off\n")
