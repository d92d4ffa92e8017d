# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine a host is, whatever it is called: a hash of its own id, made for this collection only.

The id itself is not to be told to others (machine-id(5)). The hash is that of sd_id128_get_machine_app_specific(3):
HMAC-SHA256 of the application's id keyed with the machine's, its first half marked as a random UUID.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Callable, Sequence

APPLICATION = bytes.fromhex("8d1b8a5c0f2d4e6b9f6a3c41d7e25b90")
"""The id of this collection; another one would make every machine another."""

_ID = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r'"IOPlatformUUID" = "([0-9A-Fa-f-]{36})"')
_IOREG = ("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice")


def hashed(machine_id: str) -> str | None:
    """Return the hash of a machine's id, 32 hexadecimal digits; None where *machine_id* is none.

    :param machine_id: of /etc/machine-id, or a UUID.
    """
    text = machine_id.strip().lower().replace("-", "")
    if not _ID.fullmatch(text) or not text.strip("0"):
        return None
    found = bytearray(hmac.new(bytes.fromhex(text), APPLICATION, hashlib.sha256).digest()[:16])
    found[6] = found[6] & 0x0F | 0x40
    found[8] = found[8] & 0x3F | 0x80
    return found.hex()


def of_mac(run: Callable[[Sequence[str]], tuple[int, str]]) -> str | None:
    """Return the hash of a Mac's hardware UUID; None where ioreg does not tell it."""
    found = _UUID.search(run(_IOREG)[1])
    return hashed(found.group(1)) if found else None
