# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry a module's result past the masking of no_log values, which would change more than passwords.

Ansible replaces a no_log value wherever it stands in a module's result, also inside other words: a password ``ups``
would turn ``/etc/nut/upsmon.conf`` into ``/etc/nut/********mon.conf``. Passwords here are ASCII, so text without any
ASCII passes unchanged. Only for results that hold no password by construction.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

_FIRST = 0x2800  # 256 consecutive characters that are not ASCII (Unicode's Braille patterns)


def encode(result: dict[str, Any]) -> str:
    """Return *result* as text without ASCII characters."""
    return "".join(chr(_FIRST + byte) for byte in zlib.compress(json.dumps(result).encode()))


def decode(text: str) -> dict[str, Any]:
    """Return what :func:`encode` was given.

    :raises ValueError: if *text* is something else.
    """
    try:
        result: dict[str, Any] = json.loads(zlib.decompress(bytes(ord(char) - _FIRST for char in text)))
    except (ValueError, zlib.error) as error:
        raise ValueError(f"not a result of encode(): {error}") from None
    return result
