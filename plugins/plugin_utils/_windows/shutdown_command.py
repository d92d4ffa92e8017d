# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SHUTDOWNCMD of a Windows host would do, as far as its words tell. Pure; a script stays unknown.

The codes are those of module_utils/_upsmon/shutdown_command.py. What the switches of shutdown.exe mean is Microsoft's
"shutdown" page of the Windows commands (2025-03-18).
"""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.shutdown_command import (
    DOES_NOTHING,
    INVALID_TIME,
    LATE,
    LOGS_OFF,
    ONLY_ANNOUNCES,
    OTHER_HOST,
    REBOOTS,
    SUSPENDS,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.create_process import (
    base,
    examine,
    through_shell,
    words,
)

LONGEST_DELAY = 300
"""Seconds that a battery is taken to last when upsmon asks for the shutdown, as on the other platforms."""

FLAWS = {
    SUSPENDS: "suspends the host: it comes back without a boot, and upsmon, which ended, does not. Use a command that "
    "shuts it down",
    REBOOTS: "reboots the host, which then runs on battery again. Use a command that shuts it down",
    ONLY_ANNOUNCES: "only asks somebody, or cancels a shutdown. Use a command that shuts the host down",
    DOES_NOTHING: "does nothing to the host. Use a command that shuts it down, such as shutdown.exe /s /t 0",
    LOGS_OFF: "only logs somebody off. Use a command that shuts the host down",
    OTHER_HOST: "shuts another host down (/m), not this one. Leave /m out",
    LATE: "shuts down later than a battery may last: upsmon calls it when there are no minutes left. Write /t 0, at "
    f"most /t {LONGEST_DELAY}",
    INVALID_TIME: "gives /t no number of seconds. Write /t 0",
}
"""What each code says behind the name of the command, as people read it."""

# After these Windows comes back without a boot, and upsmon, which has stopped its own service, does not (NUT 2601).
_SUSPENDS = re.compile(
    r"\bSetSuspendState\b|\bpowrprof\b|\bpsshutdown(?:64)?(?:\.exe)?\b[^&|]*\s[-/][dh]\b"
    r"|\bnircmdc?(?:\.exe)?\b[^&|]*\b(?:standby|hibernate)\b",
    re.IGNORECASE,
)
_RESTARTS = re.compile(r"\bRestart-Computer\b|\bwmic\b.*\bcall\s+reboot\b", re.IGNORECASE)
_NOTHING = ("echo", "exit", "msg", "pause", "rem", "set", "title", "type", "ver", "cls", "logger", "eventcreate")
_LOGS_OFF = ("logoff", "tsdiscon")
_SWITCH = re.compile(r"[/-]([A-Za-z?]+)(?::(.*))?$", re.DOTALL)
_OPERATOR = re.compile(r"[&|]+")


def flaw(command: str) -> str:
    """Return the code of why *command* does not power the host off for good, empty where nothing speaks against it."""
    if _SUSPENDS.search(command):
        return SUSPENDS
    parts = list(_parts(command))
    if _RESTARTS.search(command):
        return REBOOTS
    said = [part for part in parts if part[0] not in _NOTHING]
    if not said:
        return DOES_NOTHING if parts else ""
    return _of(said[-1])


def hibernates(command: str) -> bool:
    """Return whether a shutdown.exe in *command* has the switch /h. Other ways to hibernate are not known here."""
    return any(part[0] == "shutdown" and "h" in _switches(part[1:]) for part in _parts(command))


def _of(part: Sequence[str]) -> str:
    """Return the flaw of the last program of a command line."""
    name, arguments = part[0], part[1:]
    if name == "cmd":
        return DOES_NOTHING  # it is given nothing to run, and waits
    if name in _LOGS_OFF:
        return LOGS_OFF
    if name != "shutdown":
        return ""
    switches = _switches(arguments)
    for keys, code in _SWITCHES:
        if keys & switches.keys():
            return code
    if not switches.keys() & {"s", "sg", "p", "h"}:
        return DOES_NOTHING
    return _time(switches["t"]) if "t" in switches and "p" not in switches else ""


_SWITCHES = (
    ({"m"}, OTHER_HOST),
    ({"hybrid"}, SUSPENDS),  # fast startup: the session of the services is hibernated, and comes back as it was left
    ({"a", "i", "?"}, ONLY_ANNOUNCES),
    ({"r", "g", "o"}, REBOOTS),
    ({"l"}, LOGS_OFF),
)


def _time(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return INVALID_TIME
    return LATE if int(text) > LONGEST_DELAY else ""


def _switches(arguments: Sequence[str]) -> dict[str, str]:
    """Return the switches of shutdown.exe with the word that follows each, or stands behind its colon."""
    found = {}
    for at, word in enumerate(arguments):
        switch = _SWITCH.match(word)
        before = _SWITCH.match(arguments[at - 1]) if at else None
        if switch and not (before and before.group(1).lower() in ("c", "d") and before.group(2) is None):
            following = arguments[at + 1] if at + 1 < len(arguments) else ""
            found[switch.group(1).lower()] = following if switch.group(2) is None else switch.group(2)
    return found


def _parts(command: str) -> Iterator[list[str]]:
    """Yield the simple commands of a command line, each program by its own name; what cmd.exe is given in its place."""
    inner = through_shell(command)
    if inner is None:
        program = examine(command).program
        at = command.find(program) + len(program)
        name = base(program)
        if name:
            yield [name, *(word.replace('"', "") for word in words(command[at:].lstrip('"')))]
        return
    part: list[str] = []
    for word in [*words(re.sub(r'("[^"]*"?)|([&|()]+)', r"\1 \2 ", inner)), "&"]:
        if not _OPERATOR.fullmatch(word) and not re.fullmatch(r"[()]+", word):
            part.append(word)
        elif part:
            yield from _parts(" ".join(part))
            part = []
