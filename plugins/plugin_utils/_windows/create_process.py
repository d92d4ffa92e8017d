# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program Windows' CreateProcess starts of a command line, and what keeps it from starting one. Pure.

upsmon.exe runs SHUTDOWNCMD and NOTIFYCMD through it, without a shell (NUT common/wincompat.c, win_system). What it does
with a command line is Microsoft's page "CreateProcessA function": the program ends at the first space that makes the
name of one that exists, .exe is appended to a name without extension, and a name without a folder is searched for.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

SYNTAX = "syntax"
NO_PROGRAM = "no_program"
VARIABLE = "variable"
BUILTIN = "builtin"
RELATIVE = "relative"
NOT_A_PROGRAM = "not_a_program"
OPERATOR = "operator"
NOT_FOUND = "not_found"
OTHER_PROGRAM = "other_program"
UNQUOTED = "unquoted"

# Where a name without a folder is looked for; the folders of the machine's PATH, which come last, are not known here.
SYSTEM_FOLDERS = ("C:\\Windows\\System32", "C:\\Windows\\System", "C:\\Windows")

_VARIABLE = re.compile(r"%[A-Za-z_][A-Za-z0-9_()]{2,}%")  # %C3%BC of an address is none
_ABSOLUTE = re.compile(r"[A-Za-z]:[\\/]|[\\/]{2}")
_EXTENSION = re.compile(r"\.([^.\\/]+)$")
_RUNS = ("exe", "com", "bat", "cmd")  # the last two by cmd.exe, which CreateProcess starts by itself
_ENDS = re.compile(r"(.*?\.(?:exe|com|bat|cmd|ps1|vbs|js|msi|lnk))(?:\s|$)", re.IGNORECASE)
_OWN_WORDS = ("cmd", "powershell", "pwsh")  # these take operators, and what follows them, by themselves
_BUILTINS = {
    *("assoc", "break", "call", "cd", "chdir", "cls", "color", "copy", "date", "del", "dir", "dpath", "echo", "erase"),
    *("exit", "for", "ftype", "goto", "if", "md", "mkdir", "mklink", "move", "path", "pause", "popd", "prompt"),
    *("pushd", "rd", "rem", "ren", "rename", "rmdir", "set", "setlocal", "shift", "start", "time", "title", "type"),
    *("ver", "verify", "vol"),
}
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_CMD_GIVEN = re.compile(r"(?:^|\s|/[a-z])/[ck]\s*(.*)$", re.IGNORECASE | re.DOTALL)

_SHELL = 'put the whole into cmd.exe /c "..."'
PROBLEMS = {
    SYNTAX: "has a quote that is not closed",
    NO_PROGRAM: "names no program",
    VARIABLE: f"has an environment variable, which no shell is there to expand: write its value, or {_SHELL}",
    OPERATOR: f"has a shell's operator, which {{program}} gets as a word, because no shell runs it: {_SHELL}",
    BUILTIN: f"begins with {{program}}, which is a word of cmd.exe and no program: {_SHELL}",
    RELATIVE: "runs {program}, which depends on the folder that upsmon happens to be in: write its full path",
    NOT_A_PROGRAM: "runs {program}, which is no program: name the one that reads it, such as powershell.exe -File",
    NOT_FOUND: "runs {program}, which does not exist",
    OTHER_PROGRAM: "has a path with a space that is not in quotes, so {program} is run in its place: put it in quotes",
    UNQUOTED: "has a path with a space that is not in quotes, so {program} would be run in its place: put it in quotes",
}
"""What each code says behind the name of the command, with the program that it is about."""


class Start(NamedTuple):
    """What CreateProcess makes of a command line."""

    program: str
    """As it is written, without quotes; empty where there is none."""
    candidates: tuple[str, ...]
    """Full paths of the files that it tries, in this order; none where the name cannot lead to a program."""
    complete: bool
    """Whether it tries nothing else; else also the folders of upsmon.exe and of the machine's PATH."""
    problem: str
    """The code of what keeps it from working wherever that is, empty where nothing is known."""


def examine(command: str) -> Start:
    """Return the program of a command line, where it is looked for, and what is wrong with it."""
    program, rest = _program(command)
    if command.count('"') % 2:
        return Start(program, (), False, SYNTAX)
    if not program.strip():
        return Start("", (), False, NO_PROGRAM)
    candidates, complete = _candidates(program, command.strip(" \t").startswith('"'))
    return Start(program, candidates, complete, _problem(command, program, rest))


def found(start: Start, exists: Callable[[str], bool]) -> tuple[str, str]:
    """Return the program that is run and the code of what is wrong with it (empty: it is there, or nobody knows).

    :param exists: whether a file is there.
    """
    here = next((path for path in start.candidates if exists(path)), None)
    if here is None:
        return start.program, NOT_FOUND if start.complete else ""
    return here, OTHER_PROGRAM if start.complete and here != start.candidates[-1] else ""


def through_shell(command: str) -> str | None:
    """Return what a command line has cmd.exe run; None where that is not its program, or is given nothing to run."""
    program, rest = _program(command)
    given = _CMD_GIVEN.search(rest) if base(program) == "cmd" else None
    if not given:
        return None
    text = given.group(1).strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def base(program: str) -> str:
    """Return the name of a program without folder and extension, in lower case."""
    return re.sub(r"\.(?:exe|com)$", "", re.split(r"[\\/]", program)[-1].lower())


def words(text: str) -> list[str]:
    """Return the words of a command line, each with its quotes."""
    return _WORD.findall(text)


def tried_first(path: str) -> tuple[str, ...]:
    """Return what Windows would run in the place of *path*, where that stands without quotes."""
    parts = path.split(" ")
    return tuple(_named(" ".join(parts[:count])) for count in range(1, len(parts)))


def _program(command: str) -> tuple[str, str]:
    """Return the program that a person means, without quotes, and what follows it."""
    text = command.strip(" \t")
    if text.startswith('"'):
        name, _quote, rest = text[1:].partition('"')
        return name, rest
    name, _space, rest = text.partition(" ")
    whole = _ENDS.match(text)
    if _ABSOLUTE.match(name) and whole and not _ENDS.match(name):
        more = whole.group(1)[len(name) :]
        # A path with spaces, and not a program with a path behind it.
        if "\\" in more and not re.search(r"\s(?:[/-]|\"|[A-Za-z]:|\\\\)", more):
            return whole.group(1), text[len(whole.group(1)) :]
    return name, rest


def _candidates(program: str, quoted: bool) -> tuple[tuple[str, ...], bool]:
    if not _ABSOLUTE.match(program):
        known = not re.search(r"[\\/%]", program)
        return tuple(f"{folder}\\{_named(program)}" for folder in SYSTEM_FOLDERS if known), False
    return (*(() if quoted else tried_first(program)), _named(program)), True


def _named(path: str) -> str:
    return path if _EXTENSION.search(path) or path.endswith(".") else f"{path}.exe"


def _problem(command: str, program: str, rest: str) -> str:
    if _VARIABLE.search(program):
        return VARIABLE
    if not _ABSOLUTE.match(program) and re.search(r"[\\/]", program):
        return RELATIVE
    if program.lower() in _BUILTINS:
        return BUILTIN
    if re.search(r"[<>|\"]", program):
        return OPERATOR
    extension = _EXTENSION.search(program)
    ends = not _ABSOLUTE.match(program) or _ENDS.match(program)  # C:\\nut-2.8 does not end there
    if extension and ends and extension.group(1).lower() not in _RUNS:
        return NOT_A_PROGRAM
    if base(program) in _OWN_WORDS:
        return ""  # what it is given is its own affair
    if _VARIABLE.search(command):
        return VARIABLE
    return OPERATOR if any(map(_is_operator, words(rest))) else ""


def _is_operator(word: str) -> bool:
    """Return whether only a shell understands a word; an & within a word may be an address's own."""
    return bool(re.match(r"\d?[<>]|[&|]|\d>&", word)) or word[-1] in "&|<>"
