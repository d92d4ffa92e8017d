# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long this host's last real shutdown took, by its journal. Read-only."""

from __future__ import annotations

import json
from typing import Any, Iterator

from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run

# systemd's catalog: what a message means, in whatever words (SD_MESSAGE_* in sd-messages.h).
UPSMON = "Executing automatic power-fail shutdown"  # NUT clients/upsmon.c, 2.7.4 to 2.8.5
POWERING_DOWN = "98268866d1d54a499c4e98921d93bc40"  # logind's SD_MESSAGE_SHUTDOWN
JOURNAL_STOPPED = "d93fb3c9c24d451a97cea615ce59c00b"  # SD_MESSAGE_JOURNAL_STOP
# The last lines of a boot; a shutdown writes one or two for each unit.
LINES = 5000
COMMAND = (
    "journalctl", "--boot=-1", "--quiet", "--no-pager", f"--lines={LINES}", "--output=json",
    "--output-fields=MESSAGE_ID,MESSAGE",
)  # fmt: skip


def look(run: Run) -> dict[str, Any]:
    """Return ``seconds`` from the first sign of the last shutdown to the journal's last line, and ``code``.

    ``code`` is empty, or why ``seconds`` is None: ``no_journal`` (nothing of an earlier boot is kept) or
    ``no_shutdown`` (it ended without one, as by the power, or the journal's last lines do not hold its beginning). With
    ``cut_short`` the shutdown had begun and the journal ends before it did: it took longer than that.
    ``power_failure`` is whether upsmon's shutdown command was part of it. What comes after journald's end is not seen.
    """
    status, shown = run(list(COMMAND))
    entries = list(_entries(shown)) if status == 0 else []
    if not entries:
        return {"seconds": None, "code": "no_journal", "power_failure": False}
    ours = [at for at, entry in enumerate(entries) if entry.get("MESSAGE") == UPSMON]
    # upsmon waits for FINALDELAY before it asks logind; where it did not ask logind its own word is all there is.
    begins = [at for at, entry in enumerate(entries) if entry.get("MESSAGE_ID") == POWERING_DOWN] or ours
    begin = begins[-1] if begins else None
    if begin is None:
        return {"seconds": None, "code": "no_shutdown", "power_failure": False}
    ended = any(entry.get("MESSAGE_ID") == JOURNAL_STOPPED for entry in entries[begin:])
    took = entries[-1]["time"] - entries[begin]["time"]
    return {"seconds": round(took), "code": "" if ended else "cut_short", "power_failure": bool(ours)}


def _entries(shown: str) -> Iterator[dict[str, Any]]:
    """Yield the journal's entries, with ``time`` in seconds; what is none is left out."""
    for line in shown.splitlines():
        try:
            entry = json.loads(line)
            entry["time"] = int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6
        except (ValueError, KeyError, TypeError):
            continue
        yield entry
