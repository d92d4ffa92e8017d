# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's variables for Windows may be: the command that shuts a host down, and NUT's own folder.

Which switches of shutdown.exe go together is Microsoft's "shutdown" page of the Windows commands (2025-03-18).
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.shutdown_command import SUSPENDS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import shown
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import create_process, shutdown_command

_SHUTDOWN = "nut_client_windows_shutdown"
_PROGRAM = r"C:\Windows\System32\shutdown.exe"
_ACTIONS = ("shutdown", "hibernate")
_KEYS = ("action", "delay", "force")
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_LONGEST_COMMAND = 511  # characters; NUT common/parseconf.c drops the rest of a longer word


def windows_shutdown_command(value: Any) -> str:
    """Return the command line as Windows is to run it, before it is quoted for upsmon.conf.

    :param value: a command, taken as it is, or a mapping of ``action`` (``shutdown`` or ``hibernate``), ``delay``
        (seconds, with ``shutdown`` only) and ``force`` (close programs without asking them).
    :raises InvalidInput: naming the variable or its key, and what is allowed.
    """
    if isinstance(value, str):
        return _verbatim(value)
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{_SHUTDOWN} must be a command or a mapping of {', '.join(_KEYS)}.")
    unknown = sorted(str(key) for key in value if key not in _KEYS)
    if unknown:
        raise InvalidInput(f"{_SHUTDOWN}.{unknown[0]} is unknown: allowed are {', '.join(_KEYS)}.")
    action, delay, force = _action(value), _delay(value), _force(value)
    if action == "hibernate" and delay:
        raise InvalidInput(
            f"{_SHUTDOWN}.delay is {delay}: with action hibernate only 0 is allowed, Windows hibernates at once."
        )
    if delay and not force:
        raise InvalidInput(
            f"{_SHUTDOWN}.force is false: with a delay only true is allowed, because Windows then forces programs to "
            "close anyway. Set delay to 0 or force to true."
        )
    switches = ["/h"] if action == "hibernate" else ["/s", "/t", str(delay)]
    return " ".join([_PROGRAM, *switches, *(["/f"] if force else [])])


def hibernates(value: Any) -> bool:
    """Return whether the command hibernates the host instead of shutting it down.

    :param value: as :func:`windows_shutdown_command` takes it; it must be valid.
    """
    if isinstance(value, str):
        return shutdown_command.hibernates(value)
    return bool(value.get("action") == "hibernate")


def check_command(command: str, variable: str) -> None:
    """Refuse a command line that Windows cannot run, wherever that is.

    :raises InvalidInput: naming the variable, the cause and the remedy.
    """
    start = create_process.examine(command)
    problem, program = start.problem, start.program
    if not problem and start.complete and len(start.candidates) > 1:
        problem, program = create_process.UNQUOTED, start.candidates[0]
    if problem:
        text = create_process.PROBLEMS[problem].format(program=program)
        raise InvalidInput(f"{variable} ({shown(command)}) {text}.")


def _verbatim(command: str) -> str:
    if not command.strip() or len(command) > _LONGEST_COMMAND or not all(" " <= char <= "~" for char in command):
        raise InvalidInput(
            f"{_SHUTDOWN} must be one line of printable ASCII, 1 to {_LONGEST_COMMAND} characters (upsmon drops the "
            f"rest), or a mapping of {', '.join(_KEYS)}."
        )
    flaw = shutdown_command.flaw(command)
    if flaw == SUSPENDS:
        raise InvalidInput(
            f"{_SHUTDOWN} suspends the host: it comes back without a boot, and upsmon, which has ended, does not. Use "
            "action: hibernate, which brings a task that starts upsmon again, or action: shutdown."
        )
    check_command(command, _SHUTDOWN)
    if flaw:
        raise InvalidInput(f"{_SHUTDOWN} ({shown(command)}) {shutdown_command.FLAWS[flaw]}.")
    return command


def _action(value: Mapping[str, Any]) -> str:
    action = value.get("action", "shutdown")
    if action not in _ACTIONS:
        raise InvalidInput(f"{_SHUTDOWN}.action must be {' or '.join(_ACTIONS)}.")
    return str(action)


def _delay(value: Mapping[str, Any]) -> int:
    delay = value.get("delay", 0)
    if (
        isinstance(delay, bool)
        or not re.fullmatch(r"[0-9]{1,9}", str(delay))
        or int(delay) > shutdown_command.LONGEST_DELAY
    ):
        raise InvalidInput(
            f"{_SHUTDOWN}.delay must be whole seconds, 0 to {shutdown_command.LONGEST_DELAY}: upsmon asks for the "
            "shutdown when the battery may not last longer."
        )
    return int(delay)


def _force(value: Mapping[str, Any]) -> bool:
    force = value.get("force", True)
    if isinstance(force, str):
        force = _BOOLEANS.get(force.lower())
    if not isinstance(force, bool):
        raise InvalidInput(f"{_SHUTDOWN}.force must be true or false.")
    return force


# The folder: its rights are taken away from others, and it may be removed.

_DIR = "nut_client_windows_dir"

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

    :raises InvalidInput: naming the variable and what is allowed.
    """
    if not _FOLDER.fullmatch(text):
        raise InvalidInput(
            f"{_DIR} is {text!r}: allowed is a full path with backslashes and without one at its end, such as "
            "C:\\NUT; no variable, no '..'."
        )
    if re.search(r"~[0-9]|\\\$", text):
        raise InvalidInput(f"{_DIR} is {text!r}: write the name in full; names with $ are Windows' own.")
    first, *more = text.lower().split("\\")[1:]
    if (first in _SYSTEM and not more) or first in _WHOLLY:
        raise InvalidInput(
            f"{_DIR} is {text!r}, which is Windows' own: choose a folder for NUT alone, such as C:\\NUT."
        )
    if " " in text:
        raise InvalidInput(
            f"{_DIR} is {text!r}: a space is not allowed, because nut.exe starts upsmon without quotes, and Windows "
            f"then tries {create_process.tried_first(text)[0]} first. Choose a folder without one, such as C:\\NUT."
        )
    return text
