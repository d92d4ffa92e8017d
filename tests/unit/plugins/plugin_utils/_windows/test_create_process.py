# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program CreateProcess starts of a command line, and what keeps it from starting one."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.create_process import (
    PROBLEMS,
    examine,
    found,
    through_shell,
    tried_first,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import check_command
from hypothesis import given
from hypothesis import strategies as st

SYSTEM32 = "C:\\Windows\\System32"
SHUTDOWN = f"{SYSTEM32}\\shutdown.exe"
SEARCHED = ("C:\\Windows\\System32", "C:\\Windows\\System", "C:\\Windows")


def searched(name: str) -> list[str]:
    """Return where a name without a folder is looked for."""
    return [f"{folder}\\{name}" for folder in SEARCHED]


# command, program, candidates
TRIED: list[tuple[str, str, list[str]]] = [
    (f"{SHUTDOWN} /s /t 0 /f", SHUTDOWN, [SHUTDOWN]),
    (f"  {SHUTDOWN} /s", SHUTDOWN, [SHUTDOWN]),
    (f'"{SHUTDOWN}" /s', SHUTDOWN, [SHUTDOWN]),
    ("C:\\ups\\down", "C:\\ups\\down", ["C:\\ups\\down.exe"]),
    ("C:\\nut-2.8.4\\down /now", "C:\\nut-2.8.4\\down", ["C:\\nut-2.8.4\\down.exe"]),
    ("C:\\ups\\down. /now", "C:\\ups\\down.", ["C:\\ups\\down."]),
    ("C:/ups/down.com", "C:/ups/down.com", ["C:/ups/down.com"]),
    ("\\\\server\\share\\down.exe", "\\\\server\\share\\down.exe", ["\\\\server\\share\\down.exe"]),
    ("shutdown /s", "shutdown", searched("shutdown.exe")),
    ("shutdown.exe -s", "shutdown.exe", searched("shutdown.exe")),
    ('"shutdown" /s', "shutdown", searched("shutdown.exe")),
    # Microsoft's own example
    (
        "c:\\program files\\sub dir\\program.exe name",
        "c:\\program files\\sub dir\\program.exe",
        ["c:\\program.exe", "c:\\program files\\sub.exe", "c:\\program files\\sub dir\\program.exe"],
    ),
    (
        "C:\\nut-2.8.4 x64\\bin\\nut.exe",
        "C:\\nut-2.8.4 x64\\bin\\nut.exe",
        ["C:\\nut-2.8.4", "C:\\nut-2.8.4 x64\\bin\\nut.exe"],
    ),
    ('"C:\\Program Files\\x\\down.exe" /s', "C:\\Program Files\\x\\down.exe", ["C:\\Program Files\\x\\down.exe"]),
    # a path behind the program is none of it
    ("C:\\ups\\wrap C:\\ups\\down.exe", "C:\\ups\\wrap", ["C:\\ups\\wrap.exe"]),
    ("C:\\ups\\wrap /run ups\\down.exe", "C:\\ups\\wrap", ["C:\\ups\\wrap.exe"]),
    ("C:\\ups\\wrap down.exe", "C:\\ups\\wrap", ["C:\\ups\\wrap.exe"]),
    ("%SystemRoot%\\System32\\shutdown.exe /s", "%SystemRoot%\\System32\\shutdown.exe", []),
    (".\\down.exe", ".\\down.exe", []),
    ("", "", []),
]


@pytest.mark.parametrize(("command", "program", "candidates"), TRIED)
def test_which_programs_are_tried(command: str, program: str, candidates: list[str]) -> None:
    start = examine(command)
    assert (start.program, list(start.candidates)) == (program, candidates)
    assert start.complete is (bool(candidates) and candidates != searched("shutdown.exe"))


# command, code
JUDGED: list[tuple[str, str]] = [
    (f"{SHUTDOWN} /s /t 0 /f", ""),
    ("shutdown /s", ""),
    ('shutdown /s /c "good & bye > now %NAME%"', "variable"),
    ('shutdown /s /c "good & bye > now"', ""),
    ("curl.exe http://192.0.2.5/?a=1&b=%C3%BC", ""),
    ("C:\\ups\\down.cmd now", ""),
    ("C:\\ups\\down.BAT", ""),
    ("%SystemRoot%\\System32\\shutdown.exe /s /t 0", "variable"),
    ('"%ProgramFiles(x86)%\\x\\down.exe"', "variable"),
    ("C:\\ups\\down.exe %COMPUTERNAME%", "variable"),
    (f"{SHUTDOWN} /s && echo y", "operator"),
    (f"{SHUTDOWN} /s& echo y", "operator"),
    (f"{SHUTDOWN} /s | more", "operator"),
    (f"{SHUTDOWN} /s > C:\\ups\\log", "operator"),
    ("C:\\ups\\off.cmd>C:\\ups\\log", "operator"),
    ("C:\\ups\\off.cmd|more", "operator"),
    (f"{SHUTDOWN} /s 2>&1", "operator"),
    (f"{SHUTDOWN} /s >>C:\\ups\\log", "operator"),
    ("type C:\\ups\\x", "builtin"),
    ("echo x & shutdown /h", "builtin"),
    ("start shutdown /s", "builtin"),
    (".\\down.exe", "relative"),
    ("tools\\down.exe", "relative"),
    ("\\ups\\down.exe", "relative"),
    ("/h", "relative"),
    ("C:\\ups\\down.ps1", "not_a_program"),
    ('"C:\\my ups\\down.vbs" now', "not_a_program"),
    ("C:\\my ups\\down.ps1 -Now", "not_a_program"),
    ("down.ps1", "not_a_program"),
    ('"C:\\ups\\down.exe /s', "syntax"),
    ('C:\\ups\\down.exe /c "good bye', "syntax"),
    ("", "no_program"),
    ('"" /s', "no_program"),
    # a shell of its own
    ('cmd.exe /c "shutdown /s && echo y > %TEMP%\\log"', ""),
    ("cmd /c shutdown /s & echo y", ""),
    (f"{SYSTEM32}\\cmd.exe /d /c %SystemRoot%\\down.cmd", ""),
    ("powershell -Command Stop-Computer -Force | Out-Null", ""),
    ("powershell.exe -File C:\\ups\\down.ps1", ""),
    ("%ComSpec% /c shutdown /s", "variable"),
]


@pytest.mark.parametrize(("command", "code"), JUDGED)
def test_what_keeps_a_command_from_working(command: str, code: str) -> None:
    assert examine(command).problem == code
    if code:
        with pytest.raises(InvalidInput) as error:
            check_command(command, "nut_client_notifycmd")
        assert str(error.value).startswith("nut_client_notifycmd (")
    else:
        check_command(command, "nut_client_notifycmd")


def test_a_path_with_a_space_is_to_be_quoted() -> None:
    with pytest.raises(InvalidInput, match=r"so C:\\Program\.exe would be run in its place: put it in quotes"):
        check_command("C:\\Program Files\\x\\down.exe /s", "nut_client_notifycmd")


def test_the_remedy_is_a_shell() -> None:
    for code in ("variable", "operator", "builtin"):
        assert 'cmd.exe /c "..."' in PROBLEMS[code]


SPACED = "C:\\Program Files\\x\\down.exe"


# command, what is there, the program and what is wrong
FOUND: list[tuple[str, set[str], tuple[str, str]]] = [
    (f"{SHUTDOWN} /s", {SHUTDOWN}, (SHUTDOWN, "")),
    (f"{SHUTDOWN} /s", set(), (SHUTDOWN, "not_found")),
    ("shutdown /s", {SHUTDOWN}, (SHUTDOWN, "")),
    ("shutdown /s", set(), ("shutdown", "")),  # it may be in a folder of PATH
    (SPACED, {SPACED}, (SPACED, "")),
    (SPACED, {SPACED, "C:\\Program.exe"}, ("C:\\Program.exe", "other_program")),
    (SPACED, set(), (SPACED, "not_found")),
    (f'"{SPACED}"', {SPACED, "C:\\Program.exe"}, (SPACED, "")),
]


@pytest.mark.parametrize(("command", "there", "result"), FOUND)
def test_what_the_host_says_of_it(command: str, there: set[str], result: tuple[str, str]) -> None:
    assert found(examine(command), there.__contains__) == result


@pytest.mark.parametrize(
    ("command", "given_to_cmd"),
    [
        ('cmd /c "a & b"', "a & b"),
        ("cmd.exe /c a & b", "a & b"),
        (f"{SYSTEM32}\\CMD.EXE /d /s /C a", "a"),
        ('"C:\\Windows\\System32\\cmd.exe" /c""C:\\my ups\\x.cmd" /s"', '"C:\\my ups\\x.cmd" /s'),
        ("cmd /k a", "a"),
        ("cmd", None),
        ("cmd /d", None),
        ("shutdown /c a", None),
    ],
)
def test_what_a_shell_is_given(command: str, given_to_cmd: str | None) -> None:
    assert through_shell(command) == given_to_cmd


def test_what_is_tried_before_a_path_with_spaces() -> None:
    assert tried_first("C:\\NUT\\sbin\\upsmon.exe") == ()
    assert tried_first("C:\\Program Files (x86)\\NUT\\sbin\\upsmon.exe") == (
        "C:\\Program.exe",
        "C:\\Program Files.exe",
    )


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_any_text_can_be_examined(command: str) -> None:
    start = examine(command)
    assert start.problem in (*PROBLEMS, "")
    assert not start.complete or start.candidates
