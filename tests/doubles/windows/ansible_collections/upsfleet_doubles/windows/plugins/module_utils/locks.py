# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that another program holds for a while, as an Event Viewer or a log agent does that maps bin\\nut.exe.

``state["locks"]`` is a list of ``{"path": ..., "begin": MOMENT, "end": MOMENT}``. A moment is
``{"what": ..., "after": N}``, the N-th time (1) that one of these happens: ``win_copy`` (an execution of that module
has ended), ``written PATH``, ``removed PATH``, ``stopped NAME`` and ``started NAME`` of a service. Without ``begin``
the file is held at once, without ``end`` for good.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed


def _reached(moment: dict[str, Any] | None) -> bool:
    return bool(moment) and int(moment.get("after", 1)) <= 0  # type: ignore[union-attr]


def _begun(lock: dict[str, Any]) -> bool:
    return not lock.get("begin") or _reached(lock["begin"])


def happens(state: dict[str, Any], what: str) -> None:
    """Let locks begin or end that wait for this; one only ends by what happens after its beginning."""
    for lock in state.get("locks", ()):
        moment = lock.get("end") if _begun(lock) else lock["begin"]
        if moment and moment["what"].lower() == what.lower():
            moment["after"] = int(moment.get("after", 1)) - 1


def taken_away(state: dict[str, Any], what: str, read: Callable[[str], bytes]) -> list[str]:
    """Return which file a virus scanner takes away when it was written: ``state["quarantine"]`` has paths and texts."""
    return [
        one["path"]
        for one in state.get("quarantine", ())
        if what.lower() == f"written {one['path']}".lower() and one["text"].encode() in read(one["path"])
    ]


def check(state: dict[str, Any], path: str) -> None:
    """Raise Failed if a file (in lower case) is held now.

    What is mapped can be read and copied, and neither removed nor written: DeleteFile ends with 5 (access denied).
    """
    for lock in state.get("locks", ()):
        if lock["path"].lower() == path.lower() and _begun(lock) and not _reached(lock.get("end")):
            raise Failed(f"Access to the path '{lock['path']}' is denied.")
