# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a line of upsmon's log means. Its texts are the only protocol there is: it writes no codes.

Read in clients/upsmon.h and clients/upsmon.c of NUT 2.7.4, 2.8.0, 2.8.1 and 2.8.5, whose texts are the same but for
what is said here; they are not translated.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import Line
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import NOTIFY_DEFAULT

SHUTDOWN = "shutdown"
EVENTS: dict[str, tuple[str, str]] = {
    "ONLINE": ("on_line", "UPS %s on line power"),
    "ONBATT": ("on_battery", "UPS %s on battery"),
    "LOWBATT": ("low_battery", "UPS %s battery is low"),
    "FSD": ("fsd", "UPS %s: forced shutdown in progress"),
    "COMMOK": ("comm_ok", "Communications with UPS %s established"),
    "COMMBAD": ("comm_lost", "Communications with UPS %s lost"),
    "NOCOMM": ("unavailable", "UPS %s is unavailable"),
    "SHUTDOWN": (SHUTDOWN, "Auto logout and shutdown proceeding"),
    "NOPARENT": ("no_parent", "upsmon parent process died - shutdown impossible"),
    "CAL": ("calibrating", "UPS %s: calibration in progress"),
    "NOTCAL": ("calibrated", "UPS %s: calibration finished"),
    "OFF": ("off", "UPS %s: administratively OFF or asleep"),
    "NOTOFF": ("not_off", "UPS %s: no longer administratively OFF or asleep"),
}
"""By NOTIFYTYPE: the code, and what upsmon says of it unless NOTIFYMSG says something else."""

# What NOTIFYMSG does not change. 2.7.4 says master, and nothing where it takes a UPS for dead.
_FIXED = (
    (SHUTDOWN, re.compile(r"Executing automatic power-fail shutdown")),
    ("gave_up", re.compile(r"Giving up on the (?:master|primary) for UPS \[(?P<ups>.+?)\].*")),
    ("taken_for_dead", re.compile(r"UPS \[(?P<ups>.+?)\] was last known to be .*assuming dead\b.*")),
    ("login_refused", re.compile(r"Login on UPS \[(?P<ups>.+?)\] failed - got \[.*")),
)

Meaning = Callable[[str], "tuple[str, str] | None"]
"""Returns the code and the UPS (empty where the line names none) of a line of the log; None where it is no event."""


def meaning(lines: Sequence[Line]) -> Meaning:
    """Return what tells the meaning of a line.

    :param lines: the directives of upsmon.conf, whose NOTIFYMSG come before upsmon's own texts: both may be in a log.
    """
    own = {str(line[1]): str(line[2]) for line in lines if line[0] == "NOTIFYMSG" and len(line) > 2}
    known = [(EVENTS[kind][0], text) for kind, text in own.items() if kind in EVENTS and kind not in _alike(own)]
    known += list(EVENTS.values())
    forms = [*_FIXED, *((code, _form(text)) for code, text in known)]

    def of(text: str) -> tuple[str, str] | None:
        for code, form in forms:
            found = form.fullmatch(text)
            if found:
                return code, found.groupdict().get("ups") or ""
        return None

    return of


def untold(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return the events that bear on a power failure and that this upsmon.conf keeps out of what the log tells.

    Each has its ``type`` and a ``code``: ``not_logged`` (NOTIFYFLAG has no SYSLOG) or ``alike`` (NOTIFYMSG has the
    same text for another type).
    """
    flags = {str(line[1]): str(line[2]) for line in lines if line[0] == "NOTIFYFLAG" and len(line) > 2}
    own = {str(line[1]): str(line[2]) for line in lines if line[0] == "NOTIFYMSG" and len(line) > 2}
    found = []
    for kind in ("ONLINE", "ONBATT", "LOWBATT", "FSD"):
        words = flags.get(kind, "+".join(NOTIFY_DEFAULT)).upper().split("+")
        if "SYSLOG" not in words or "IGNORE" in words:
            found.append({"type": kind, "code": "not_logged"})
        elif kind in _alike(own):
            found.append({"type": kind, "code": "alike"})
    return found


def _alike(own: dict[str, str]) -> set[str]:
    """Return the types whose texts of their own cannot be told from another type's."""
    forms = {kind: _form(own.get(kind, text)).pattern for kind, (_code, text) in EVENTS.items()}
    return {kind for kind in own if kind in forms and list(forms.values()).count(forms[kind]) > 1}


def _form(text: str) -> Any:
    """Return what a text looks like in the log, where %s stands for the UPS."""
    first, *rest = map(re.escape, text.split("%s"))
    return re.compile(first + "".join(("(?P<ups>.*?)" if not at else ".*?") + one for at, one in enumerate(rest)))


def codes() -> Iterable[str]:
    """Return every code that a line may have."""
    return dict.fromkeys([*(code for code, _text in EVENTS.values()), *(code for code, _form in _FIXED)])
