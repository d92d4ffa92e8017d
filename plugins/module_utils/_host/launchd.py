# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What launchd has been told to start on a Mac: a job as it is loaded, and the property lists. Read-only.

Property lists below /Users are their users': nothing in them is believed, and only regular files of a usual size are
read.
"""

from __future__ import annotations

import glob
import os
import plistlib
import re
import stat
from typing import Any, Collection, Iterator, Mapping, NamedTuple, Sequence
from xml.parsers.expat import ExpatError

from ansible_collections.upsfleet.synology.plugins.module_utils._host.chain import CONFIGURATION
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run

DAEMONS = "/Library/LaunchDaemons"
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""Where launchd lets a daemon look for programs (launchctl print: default environment)."""

_FOLDERS = (DAEMONS, "/Library/LaunchAgents", "/Users/*/Library/LaunchAgents")
_BREW = "homebrew.mxcl.nut.plist"  # what `brew services start nut` leaves
_LARGEST = 1 << 20  # bytes; a property list has some hundreds
_MOST_WORDS = 50
# upsmon where a shell takes a word for a command; -c, -K, -V, -h and -P start none that stays.
_COMMAND = re.compile(
    r"(?:^|[;&|(`]|\b(?:exec|sudo|nohup|command|then|do|else)[ \t])[ \t]*(?:\w+=\S*[ \t]+)*"
    r"[\"']?(?:[^\s;&|\"']*/)?upsmon(?=[\s;&|)\"']|$)(?![\"']?[ \t]+-[cKVhP])",
    re.MULTILINE,
)
_ONCE = ("-c", "-K", "-V", "-h", "-P")


class Job(NamedTuple):
    """A job as it is loaded, which may differ from its property list."""

    loaded: bool = False
    pid: int = 0
    environment: Mapping[str, str] = {}


class Starter(NamedTuple):
    """Something beside the role's own job that starts upsmon."""

    path: str
    """The property list."""
    label: str
    """Empty where it is none that a command line could take."""
    user: str
    """Whose agent it is; empty for a daemon, and for an agent of everybody."""
    brew: bool
    """Whether `brew services` keeps it."""
    pid: int
    configuration: str | None
    """NUT_CONFPATH, as it is loaded or else as it is written."""


def job(run: Run, label: str) -> Job:
    """Return what ``launchctl print`` says of a job in the system's domain."""
    status, shown = run(["/bin/launchctl", "print", f"system/{label}"])
    if status:
        return Job()
    pid = re.search(r"^\s*pid = (\d+)", shown, re.MULTILINE)
    block = re.search(r"^\s*environment = \{\n(.*?)^\s*\}", shown, re.MULTILINE | re.DOTALL)
    pairs = re.findall(r"^\s*(\w+) => (.*)$", block.group(1), re.MULTILINE) if block else []
    return Job(True, int(pid.group(1)) if pid else 0, dict(pairs))


def is_disabled(run: Run, label: str, otherwise: bool = False) -> bool:
    """Return whether launchd's override forbids a job.

    :param otherwise: what holds where there is no override: the property list's own Disabled.
    """
    _status, shown = run(["/bin/launchctl", "print-disabled", "system"])
    found = re.search(rf'"{re.escape(label)}"\s*=>\s*(\w+)', shown)
    return found.group(1) in ("disabled", "true") if found else otherwise  # true and false before macOS 12


def definition(path: str) -> dict[str, Any]:
    """Return a property list; empty where it is none, or cannot be read."""
    try:
        values = plistlib.loads(_content(path))
    # what plistlib raises on rubbish: beside ValueError whatever its parsers meet
    except (OSError, ValueError, AttributeError, OverflowError, RecursionError, ExpatError):
        return {}
    return values if isinstance(values, dict) else {}


def _content(path: str) -> bytes:
    """Return what is in a regular file of a usual size, and nothing else: opening a FIFO would wait for ever."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return b""
        content = file.read(_LARGEST + 1)
    return content if len(content) <= _LARGEST else b""


def words(values: Mapping[str, Any]) -> list[str]:
    """Return program and arguments of a property list, empty where it has none."""
    arguments = values.get("ProgramArguments")
    arguments = [one for one in arguments if isinstance(one, str)] if isinstance(arguments, list) else []
    program = values.get("Program")
    return [program, *arguments[1:]] if isinstance(program, str) else arguments


def configuration(values: Mapping[str, Any]) -> str | None:
    """Return the folder that a property list leads upsmon to, None where it says nothing of one."""
    environment = values.get("EnvironmentVariables")
    found = environment.get(CONFIGURATION) if isinstance(environment, dict) else None
    return found if isinstance(found, str) else None


def starts_upsmon(command: Sequence[str], root: str = "") -> bool:
    """Return whether a command line runs upsmon: by itself, as the text of a shell, or in a script that it names."""
    if not command:
        return False
    if os.path.basename(command[0]) == "upsmon":
        return not any(word.startswith(_ONCE) for word in command[1:])
    shell = os.path.basename(command[0]) in ("sh", "bash", "zsh", "dash", "ksh")
    if shell and any(_COMMAND.search(word) for word in command[1:]):
        return True
    return any(_COMMAND.search(_script(root + word)) for word in command[:_MOST_WORDS] if word.startswith("/"))


def _script(path: str) -> str:
    """Return the lines of a script without its comments; empty for any other file."""
    try:
        content = _content(path)
    except (OSError, ValueError):  # a path with a NUL
        return ""
    if not content.startswith(b"#!"):
        return ""
    return re.sub(r"(?m)^[ \t]*#.*$", "", content.decode("utf-8", "replace"))


def starters(run: Run, own: Collection[str], root: str = "") -> list[Starter]:
    """Return what else starts upsmon, now or after the next boot or login.

    :param own: labels of the role's own jobs.
    """
    return [one for folder in _FOLDERS for one in _starters_in(run, folder, own, root)]


def _starters_in(run: Run, folder: str, own: Collection[str], root: str) -> Iterator[Starter]:
    for path in sorted(glob.glob(f"{root}{folder}/*.plist")):
        name = os.path.basename(path)
        if folder == DAEMONS and name[: -len(".plist")] in own:
            continue
        values = definition(path)
        if name != _BREW and not starts_upsmon(words(values), root):
            continue
        label = str(values.get("Label") or name[: -len(".plist")])
        label = label if re.fullmatch(r"[\w.-]+", label) else ""
        loaded = job(run, label) if label and folder == DAEMONS else Job()
        disabled = folder == DAEMONS and is_disabled(run, label, values.get("Disabled") is True)
        if disabled and not loaded.loaded:
            continue
        path = path[len(root) :]
        user = path.split("/")[2] if path.startswith("/Users/") else ""
        folder_read = loaded.environment.get(CONFIGURATION) or configuration(values)
        yield Starter(path, label, user, name == _BREW, loaded.pid, folder_read)
