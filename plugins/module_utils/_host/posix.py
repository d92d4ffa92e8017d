# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What looking at a Linux host and at a Mac have in common: files, and how commands are run. Read-only.

What keeps a file from being written, and who else writes it, is in :mod:`file_owner`.
"""

from __future__ import annotations

import grp
import hashlib
import hmac
import json
import os
import pwd
import re
import stat
from typing import Any, Callable, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host import file_owner

Run = Callable[[Sequence[str]], "tuple[int, str]"]
"""Runs a command and returns its exit status and standard output."""


_NUTS = re.compile(r"NUT_|UPS(?:D|MON|SCHED|DRVCTL)_|POWEROFF_")


def runner(run_command: Callable[..., tuple[int, str, str]]) -> Run:
    """Return what runs a command in English, and says 127 where there is none of that name.

    :param run_command: AnsibleModule.run_command.
    """

    def run(argv: Sequence[str]) -> tuple[int, str]:
        try:
            status, out, _err = run_command(
                list(argv), environ_update={"LC_ALL": "C", "LANGUAGE": "C"}, handle_exceptions=False
            )
        except OSError:
            return 127, ""
        return status, out

    return run


class CannotLook(Exception):
    """The host is not one that the role knows; the text is for people."""


def read_text(path: str) -> str:
    """Return the file's text, empty where it cannot be read or is none, such as a pipe, which would be waited for."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def read_json(path: str) -> Any:
    """Return what a JSON file holds, None where it cannot be read or is none."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError):
        return None


def nut_mode(nut_conf: str) -> str | None:
    """Return the last MODE that the text of nut.conf sets, as the shell that reads it would."""
    found = re.findall(r"^[ \t]*MODE=[\"']?(\w+)", nut_conf, re.MULTILINE)
    return found[-1].lower() if found else None


def assignments(nut_conf: str) -> dict[str, str]:
    """Return what the text of nut.conf sets beside MODE, empty values left out, as the shell that reads it would."""
    found = {}
    for name, value in re.findall(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(.*)$", nut_conf, re.MULTILINE):
        quoted = re.match(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s#;]*)", value.strip())
        found[name] = next(filter(None, quoted.groups()), "") if quoted else ""
    # Somebody else's variable may hold a password: its name is enough.
    return {name: value if _NUTS.match(name) else "" for name, value in found.items() if value and name != "MODE"}


def file_state(path: str, key: str) -> dict[str, Any]:
    """Return what can be said of a file without saying what is in it.

    The checksum is keyed, so that a result shown or kept somewhere does not let anybody test guesses at a password.
    """
    peculiar = file_owner.look(path)
    if peculiar.get("not_a_file"):
        return {"exists": False, **peculiar}
    try:
        with open(path, "rb") as file:
            content = file.read()
            seen = os.fstat(file.fileno())
    except OSError:
        return {"exists": False, **peculiar}
    return {
        "exists": True,
        **peculiar,
        "checksum": hmac.new(key.encode(), content, hashlib.sha256).hexdigest(),
        "mode": f"{stat.S_IMODE(seen.st_mode):04o}",
        "owner": _name(lambda: pwd.getpwuid(seen.st_uid).pw_name, seen.st_uid),
        "group": _name(lambda: grp.getgrgid(seen.st_gid).gr_name, seen.st_gid),
        "mtime": seen.st_mtime,
    }


def _name(look_up: Callable[[], str], number: int) -> str:
    try:
        return look_up()
    except KeyError:
        return str(number)
