# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of every double: ``python3 -m macos COMMAND ARGUMENT...``; called by the wrappers of setup_double.sh."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import brew, identity, interfaces, launchctl, port, shutdown
from .common import LOG, Answer, Refused, record, refused


def _commands() -> dict[str, Callable[[Sequence[str]], Answer]]:
    root = os.geteuid() == 0
    return {
        "brew": lambda argv: brew.answer(argv, brew.PREFIX, root),
        "ifconfig": lambda argv: interfaces.ifconfig(argv, Path("/proc/net/if_inet6").read_text(encoding="ascii")),
        "launchctl": lambda argv: launchctl.answer(argv, launchctl.Launchd(), root),
        "port": lambda argv: port.answer(argv, port.PREFIX, root),
        "shutdown": lambda argv: shutdown.answer(argv, root),
        "sw_vers": lambda argv: identity.sw_vers(argv, identity.SYSTEM_VERSION.read_bytes()),
        "uname": lambda argv: identity.uname(argv, os.uname().nodename),
    }


def main(command: str, arguments: Sequence[str]) -> int:
    """Log the call, answer it, and return the exit status."""
    record(LOG, command, arguments)
    try:
        answer = _commands()[command](arguments)
    except Refused as problem:
        answer = refused(command, problem)
    sys.stdout.write(answer.out)
    sys.stderr.write(answer.err)
    return answer.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
