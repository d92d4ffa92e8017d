# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bears on how long a host has in a power failure: its upsmon.conf, and what its UPS servers tell. Reads only."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.reading import RANGES, number
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import ErrReply, Upsd, UpsdError
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import Line, last
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import DIRECTIVES

TIMES = ("POLLFREQALERT", "FINALDELAY")
"""upsmon's times, in seconds, between the server's FSD and the host's shutdown."""

DEFAULT_PORT = 3493
_SYSTEM = re.compile(r"(?P<ups>[^@]+)@(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")

Ask = Callable[[str, int, str], Mapping[str, str]]
"""Returns the variables of a UPS, by the server's host and port and the UPS's name; raises UpsdError."""


def look(lines: Sequence[Line], ask: Ask) -> dict[str, Any]:
    """Return ``times`` (of upsmon, in seconds) and ``upses``, one for each MONITOR that counts.

    A UPS has its ``name`` as MONITOR names it, ``code`` (empty, or why nothing was read), ``status``, and the numbers
    of module_utils/_access/reading.py that can be used; the others are None.

    :param lines: the directives of the upsmon.conf that is in force.
    """
    upses = []
    for line in lines:
        if line[0] == "MONITOR" and len(line) > 2 and line[2] != "0":
            upses.append(_read(str(line[1]), ask))
    defaults = {directive.name: directive.default for directive in DIRECTIVES}
    times = {name.lower(): int(_whole(last(lines, name)) or defaults[name]) for name in TIMES}
    return {"times": times, "upses": upses}


def ask(host: str, port: int, ups: str) -> Mapping[str, str]:
    """Ask an upsd. DSM answers to permitted addresses only, whoever asks.

    :raises UpsdError: where it does not tell.
    """
    with Upsd.connect(host, port) as server:
        return server.list_vars(ups)


def _read(system: str, ask: Ask) -> dict[str, Any]:
    found = _SYSTEM.fullmatch(system)
    variables: Mapping[str, str] = {}
    if not found:
        code = "not_a_system"
    else:
        try:
            host = str(found.group("six") or found.group("host"))
            variables, code = ask(host, int(found.group("port") or DEFAULT_PORT), found.group("ups")), ""
        except ErrReply as error:
            code = error.code
        except (UpsdError, ValueError) as error:
            code = getattr(error, "kind", "not_a_system")
    return {
        "name": system,
        "code": code,
        "status": variables.get("ups.status"),
        **{name.replace(".", "_"): number(variables.get(name), name) for name in RANGES},
    }


def _whole(text: str | None) -> str:
    return text if text and re.fullmatch(r"[0-9]{1,6}", text) else ""
