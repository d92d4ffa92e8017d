# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the doubles of commands share: an answer, the refusal of what a double does not know, and a log of calls."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STATE = Path("/var/lib/macos-double")  # kept over a restart of the host
VOLATILE = Path("/run/macos-double")  # gone after it
LOG = STATE / "commands.log"
REFUSED = 64  # sysexits.h: EX_USAGE


class Refused(Exception):
    """An argument that the double does not know. Never guessed at: a test must not pass on a guess."""


@dataclass(frozen=True)
class Answer:
    """What a command prints and how it ends."""

    status: int = 0
    out: str = ""
    err: str = ""


def refused(command: str, problem: Refused) -> Answer:
    """The answer to an argument that the double does not know."""
    return Answer(REFUSED, err=f"double of {command}: {problem}\n")


def unknown(arguments: Sequence[str]) -> Refused:
    """The refusal of a whole command line."""
    return Refused(f"does not know the arguments: {shlex.join(arguments) or '(none)'}")


def only(arguments: Sequence[str], options: Sequence[str], words: int) -> tuple[set[str], list[str]]:
    """Split arguments into known options and exactly so many words."""
    given = {argument for argument in arguments if argument.startswith("-")}
    rest = [argument for argument in arguments if not argument.startswith("-")]
    if given - set(options) or len(rest) != words or len(given) + len(rest) != len(arguments):
        raise unknown(arguments)
    return given, rest


def record(log: Path, command: str, arguments: Sequence[str]) -> None:
    """Add a call to the log: one line, as a shell would take it. Whoever may call may write."""
    with log.open("a", encoding="utf-8") as stream:
        stream.write(shlex.join([command, *arguments]) + "\n")
