# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which folder of a Windows host may be ours alone: its rights are taken away from others, and it may be removed."""

from __future__ import annotations

import re

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import InvalidSetting

VARIABLE = "nut_client_windows_dir"

_FOLDER = re.compile(r"[A-Za-z]:(\\[^\\/:*?\"<>|%\x00-\x1f]*[^\\/:*?\"<>|%\x00-\x1f .])+")
_SYSTEM = ("program files", "program files (x86)")
_WHOLLY = (
    "windows",
    "users",
    "programdata",
    "documents and settings",
    "recovery",
    "system volume information",
)  # nothing below these either


def check_folder(text: str) -> str:
    """Return *text*, if it is a folder that may be given to NUT alone.

    :raises InvalidSetting: naming the variable and what is allowed.
    """
    if not _FOLDER.fullmatch(text):
        raise InvalidSetting(
            f"{VARIABLE} is {text!r}: allowed is a full path with backslashes and without one at its end, such as "
            "C:\\NUT; no variable, no '..'."
        )
    if re.search(r"~[0-9]|\\\$", text):
        raise InvalidSetting(f"{VARIABLE} is {text!r}: write the name in full; names with $ are Windows' own.")
    first, *more = text.lower().split("\\")[1:]
    if (first in _SYSTEM and not more) or first in _WHOLLY:
        raise InvalidSetting(
            f"{VARIABLE} is {text!r}, which is Windows' own: choose a folder for NUT alone, such as C:\\NUT."
        )
    return text
