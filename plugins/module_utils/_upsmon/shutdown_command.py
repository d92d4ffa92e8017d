# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SHUTDOWNCMD of a Linux host or a Mac would do, as far as its words tell. Pure; a script stays unknown.

Sources: shutdown(8), systemctl(1) of systemd 247 to 262, shutdown(8) and pmset(1) of macOS; what was executed is said.
"""

from __future__ import annotations

import re
import shlex
from typing import Sequence

SUSPENDS = "suspends"
NEEDS_SESSION = "needs_session"
REBOOTS = "reboots"
ONLY_ANNOUNCES = "only_announces"
DOES_NOTHING = "does_nothing"
INVALID_TIME = "invalid_time"
LATE = "late"
LOGS_OFF = "logs_off"
OTHER_HOST = "other_host"

# After these the host is back without a boot, and upsmon, which has ended, does not come back with it (NUT issue 1070).
_SUSPENDS = re.compile(
    r"""\bpm-(?:suspend|hibernate) | \bs2(?:ram|disk|both)\b | \bzzz\b | /sys/power/state
    | \brtcwake\b(?!.*(?:-m|--mode)[\ =]*(?:no|off|disable|show)\b)
    | \blogin1\b.*\b(?:Suspend|Hibernate|HybridSleep|SuspendThenHibernate|Sleep)\b
    | \bpmset\b[^;&|]*\bsleepnow\b | \bSystem\ Events\b.*\bsleep\b
    | \bSetSuspendState\b | \bpsshutdown(?:64)?(?:\.exe)?\b[^;&|]*\s[-/][dh]\b""",
    re.VERBOSE | re.IGNORECASE,
)
_SLEEPS = ("suspend", "hibernate", "hybrid-sleep", "suspend-then-hibernate", "sleep")  # verbs of systemctl, loginctl
_SHELLS = ("sh", "bash", "dash")
_LONGEST_DELAY = 5  # minutes; upsmon asks for the shutdown when there may be no more of them
# A daemon has nobody's desktop: these ask programs of a logged-in user, who may also say no (NUT issue 2223).
_NEEDS_SESSION = re.compile(
    r"\bosascript\b|\.(?:applescript|scpt)\b|\btell application\b"
    r"|\b(?:gnome|xfce4|mate|lxqt)-session-(?:quit|logout|save)\b|\bksmserver\b",
    re.IGNORECASE,
)
_NOTHING = ("true", "false", ":", "echo", "printf", "logger", "exit")
_TIME = re.compile(r"now|\+?\d+|\d{1,2}:\d{2}|\d{10}")
_OFF = ("shutdown", "poweroff", "halt")
_FORCED = re.compile(r"--force|-[a-zA-Z]*f[a-zA-Z]*")


def flaw(command: str, platform: str = "debian") -> str:
    """Return the code of why *command* does not power the host off for good, empty where nothing speaks against it."""
    parts = _parts(command)
    if _SUSPENDS.search(command) or any(_sleeps(part) for part in parts):
        return SUSPENDS
    if _NEEDS_SESSION.search(command):
        return NEEDS_SESSION
    for part in parts:
        if part[0] in _SHELLS and "-c" in part[:-1]:
            return flaw(part[part.index("-c") + 1], platform)
    said = [part for part in parts if part[0] not in _NOTHING]
    if parts and not said:
        return DOES_NOTHING
    return _of_shutdown(said[-1], platform) if said else ""


def _sleeps(words: Sequence[str]) -> bool:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    return words[0] in ("systemctl", "loginctl") and bool(verbs) and verbs[0] in _SLEEPS


def _of_shutdown(words: Sequence[str], platform: str) -> str:
    """Return the flaw of the last program of a command line."""
    name, arguments = words[0], words[1:]
    options = [word for word in arguments if word.startswith("-")]
    letters = {letter for word in options if not word.startswith("--") for letter in word[1:]}
    if name == "reboot" or words[:2] in (["init", "6"], ["telinit", "6"]):
        return REBOOTS
    if name == "systemctl":
        verbs = [word for word in arguments if not word.startswith("-")]
        return REBOOTS if verbs[:1] in (["reboot"], ["kexec"], ["soft-reboot"]) or "reboot.target" in verbs else ""
    if name != "shutdown":
        return ""
    if platform == "macos" and "s" in letters:
        return SUSPENDS
    if letters & {"k", "c"}:
        return ONLY_ANNOUNCES
    if "r" in letters or "--reboot" in options:
        return REBOOTS
    times = [word for word in arguments if not word.startswith("-")]
    if not times:
        return ""
    if not _TIME.fullmatch(times[0]):
        return INVALID_TIME
    return "" if times[0] == "now" or _is_soon(times[0]) else LATE


def _is_soon(time: str) -> bool:
    """Return whether a time of shutdown(8) is minutes from now, and few."""
    minutes = time.lstrip("+")
    return minutes.isdecimal() and len(minutes) < 4 and int(minutes) <= _LONGEST_DELAY


def obeys_inhibitors(command: str) -> bool:
    """Return whether systemd refuses *command* while somebody holds a block inhibitor against a shutdown.

    From systemd 257 on that is so for root too, with ``--check-inhibitors=no`` as well; what starts poweroff.target by
    itself is not asked (executed on Debian 13).
    """
    parts = _parts(command)
    return any(map(_is_asked, parts)) and not any(map(_is_not_asked, parts))


def _is_asked(words: Sequence[str]) -> bool:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    return not _is_not_asked(words) and (
        words[0] in _OFF
        or (words[0] in ("systemctl", "loginctl") and verbs[:1] in (["poweroff"], ["halt"]))
        or (words[0] in ("init", "telinit") and verbs[:1] == ["0"])
    )


def _is_not_asked(words: Sequence[str]) -> bool:
    if words[0] == "systemctl" and any(word in ("poweroff.target", "halt.target") for word in words):
        return True
    return words[0] in ("systemctl", "poweroff", "halt") and any(_FORCED.fullmatch(word) for word in words[1:])


def _parts(command: str) -> list[list[str]]:
    """Return the simple commands of a command line as words, each program by its own name without a folder."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    redirected = False
    try:
        for word in lexer:
            operator = set(word) <= set("();<>|&")
            if operator and set(word) & set("<>"):
                if parts[-1] and parts[-1][-1].isdecimal():  # 2>
                    parts[-1].pop()
                redirected = True
            elif operator:
                parts.append([])
                redirected = False
            elif redirected:  # the file
                redirected = False
            else:
                parts[-1].append(word)
    except ValueError:  # a quote that is not closed
        return []
    named = [_named(part) for part in parts]
    return [part for part in named if part]


def _named(words: Sequence[str]) -> list[str]:
    """Return *words* from the program on, without assignments and what is put before a program."""
    for at, word in enumerate(words):
        name = word.rpartition("/")[2]
        put_before = re.match(r"-|[A-Za-z_]\w*=", word) or name in ("exec", "sudo", "nohup", "env")
        if not put_before:
            return [name, *words[at + 1 :]]
    return []
