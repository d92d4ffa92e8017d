# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a command that upsmon runs through /bin/sh be run at all, by the user that runs it? Nothing is executed."""

from __future__ import annotations

import os
import re
import shlex
import stat
from typing import Any, Sequence

ROOT = (0, (0,))
"""The user that SHUTDOWNCMD is run by, with its groups."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What stands before the program itself, as sh and people write it.
_WRAPPERS = ("exec", "command", "nohup", "setsid", "sudo", "env")
_BUILTINS = {
    *(":", ".", "[", "{", "(", "!", "alias", "break", "case", "cd", "command", "continue", "do", "done", "echo"),
    *("elif", "else", "esac", "eval", "exec", "exit", "export", "false", "fi", "for", "getopts", "hash", "if", "kill"),
    *("local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "test", "then", "times", "trap", "true"),
    *("type", "ulimit", "umask", "unset", "until", "wait", "while"),
}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def examine(command: str, user: tuple[int, Sequence[int]] = ROOT, path: str = PATH) -> dict[str, Any]:
    """Return ``command``, ``program`` (None where it has no file of its own) and ``problem`` (empty where it can run).

    The problems are ``syntax``, ``not_found``, ``not_a_file``, ``not_executable`` and ``no_interpreter``. Only the
    first program of a command line is looked at.

    :param user: user and groups, by number, that run it.
    """
    program, problem = None, ""
    try:
        word = _first_word(command)
    except ValueError:
        word, problem = None, "syntax"
    if word is not None and word not in _BUILTINS:
        program, problem = _examine_program(word, user, path)
    return {"command": command, "program": program, "problem": problem}


def _first_word(command: str) -> str | None:
    """Return the first program of a command line, None where it cannot be told.

    :raises ValueError: where a quote is not closed.
    """
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    for word in words:
        if _ASSIGNMENT.match(word) or word in _WRAPPERS:
            continue
        # A wrapper's option may have a value of its own, and what sh puts together itself is not known.
        return None if re.search(r"^[-~]|[$`*?<>(){};&|]", word) else word
    return None


def _examine_program(word: str, user: tuple[int, Sequence[int]], path: str) -> tuple[str, str]:
    if "/" not in word:
        found = [f"{folder}/{word}" for folder in path.split(":") if os.path.isfile(f"{folder}/{word}")]
        if not found:
            return word, "not_found"
        word = found[0]
    try:
        seen = os.stat(word)
    except (OSError, ValueError):  # a null character, as in a file that a power cut tore
        return word, "not_found"
    if not stat.S_ISREG(seen.st_mode):
        return word, "not_a_file"
    if not _may_execute(word, seen, user):
        return word, "not_executable"
    return word, "" if _has_interpreter(word) else "no_interpreter"


def _may_execute(path: str, seen: os.stat_result, user: tuple[int, Sequence[int]]) -> bool:
    """Return whether *user* may run the file: its own bits, and for others than root those of its folders.

    access(2) as root tells of a file system that is mounted noexec.
    """
    if not os.access(path, os.X_OK) or not _allows(seen, user):
        return False
    if user[0] == 0:
        return True
    folder = os.path.dirname(os.path.realpath(path))
    while True:
        if not _allows(os.stat(folder), user):
            return False
        if folder == "/":
            return True
        folder = os.path.dirname(folder)


def _allows(seen: os.stat_result, user: tuple[int, Sequence[int]]) -> bool:
    uid, gids = user
    if uid == 0:
        return bool(seen.st_mode & 0o111)
    if seen.st_uid == uid:
        return bool(seen.st_mode & 0o100)
    return bool(seen.st_mode & (0o010 if seen.st_gid in gids else 0o001))


def _has_interpreter(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            line = file.readline(256)
    except OSError:
        return True  # cannot be told
    if not line.startswith(b"#!"):
        return True
    words = line[2:].split()
    return bool(words) and os.path.exists(words[0])
