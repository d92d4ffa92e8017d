# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that shuts a Windows host down, its line in upsmon.conf, and which folder may be NUT's alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.upsfleet.synology.plugins.filter.windows_shutdown_command import FilterModule
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import split_words
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import setting_lines
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import (
    check_folder,
    hibernates,
    windows_shutdown_command,
)
from hypothesis import given
from hypothesis import strategies as st

PROGRAM = r"C:\Windows\System32\shutdown.exe"
LINE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=511)
VERSIONS = ("2.6.5", "2.8.4", "2.8.5")

# value of the variable, command, whether it hibernates
COMMANDS: list[tuple[Any, str, bool]] = [
    ({}, f"{PROGRAM} /s /t 0 /f", False),
    ({"action": "shutdown", "delay": 0, "force": True}, f"{PROGRAM} /s /t 0 /f", False),
    ({"force": False}, f"{PROGRAM} /s /t 0", False),
    ({"force": "no"}, f"{PROGRAM} /s /t 0", False),
    ({"delay": 60}, f"{PROGRAM} /s /t 60 /f", False),
    ({"delay": "60", "force": "True"}, f"{PROGRAM} /s /t 60 /f", False),
    ({"delay": 300}, f"{PROGRAM} /s /t 300 /f", False),
    ({"action": "hibernate"}, f"{PROGRAM} /h /f", True),
    ({"action": "hibernate", "delay": 0, "force": True}, f"{PROGRAM} /h /f", True),
    ({"action": "hibernate", "force": False}, f"{PROGRAM} /h", True),
    *[
        (command, command, sleeps)
        for command, sleeps in [
            ("shutdown /h", True),
            ("shutdown -h", True),
            ("SHUTDOWN.EXE /H", True),
            ("shutdown.exe /f /h", True),
            (r"C:\WINDOWS\system32\shutdown.exe -h", True),
            (r'"C:\Program Files\x\shutdown.exe" /h', True),
            ('cmd /c "shutdown /h"', True),
            ('cmd /c "echo x & shutdown /h"', True),
            ("cmd.exe /d /c shutdown /h", True),
            ("shutdown -s -t 0", False),
            ('shutdown /s /c "good -h bye"', False),
            ('cmd /c "shutdown /s & echo /h"', False),
            ("notshutdown /h", False),
            ("net stop x", False),
            ("psshutdown -k -t 5", False),  # powers off
            (r'cmd /c "C:\ups\bye.cmd"', False),
            ("x" * 511, False),
        ]
    ],
]


@pytest.mark.parametrize(("value", "command", "sleeps"), COMMANDS)
def test_a_value_becomes_a_command(value: Any, command: str, sleeps: bool) -> None:
    assert windows_shutdown_command(value) == command
    assert hibernates(value) is sleeps
    filters = FilterModule().filters()
    assert (filters["windows_shutdown_command"](value), filters["windows_hibernates"](value)) == (command, sleeps)


KEYS = "action, delay, force"
TOO_LATE = ".delay must be whole seconds, 0 to 300: upsmon asks for the shutdown when the battery may not last longer."
NO_LINE = f" must be one line of printable ASCII, 1 to 511 characters (upsmon drops the rest), or a mapping of {KEYS}."
FORCED = (
    ".force is false: with a delay only true is allowed, because Windows then forces programs to close anyway. Set "
    "delay to 0 or force to true."
)

SUSPENDS = (
    " suspends the host: it comes back without a boot, and upsmon, which has ended, does not. Use action: hibernate, "
    "which brings a task that starts upsmon again, or action: shutdown."
)

# value that cannot be used, the message behind the variable's name
REFUSED: list[tuple[Any, str]] = [
    *[(text, NO_LINE) for text in ("", "  ", "a\nb", "a\tb", "ä", "x" * 512)],
    *[(value, f" must be a command or a mapping of {KEYS}.") for value in (None, 5, True, ["shutdown"], b"shutdown")],
    ({"actoin": "hibernate"}, f".actoin is unknown: allowed are {KEYS}."),
    ({"delay": 1, 5: 1}, f".5 is unknown: allowed are {KEYS}."),
    *[
        ({"action": value}, ".action must be shutdown or hibernate.")
        for value in list[Any](("reboot", "", None, True, []))
    ],
    *[
        ({"delay": value}, TOO_LATE)
        for value in list[Any]((-1, 301, 315360000, 10**12, 1.5, "1.5", "", None, True, False, [1], "soon", "0 /r"))
    ],
    *[({"force": value}, ".force must be true or false.") for value in list[Any](("maybe", "", None, 1, 0, []))],
    (
        {"action": "hibernate", "delay": 30},
        ".delay is 30: with action hibernate only 0 is allowed, Windows hibernates at once.",
    ),
    ({"delay": 30, "force": False}, FORCED),
    *[(command, SUSPENDS) for command in (
        "rundll32.exe powrprof.dll,SetSuspendState 0,1,0",
        "C:\\Windows\\System32\\rundll32.exe POWRPROF.DLL,SetSuspendState",
        "psshutdown -d -t 0", "C:\\tools\\psshutdown64.exe /h",
        'powershell -c "Add-Type -A System.Windows.Forms; [Windows.Forms.Application]::SetSuspendState(1, 0, 0)"',
        "nircmd.exe standby",
    )],
]  # fmt: skip


@pytest.mark.parametrize(("value", "message"), REFUSED)
def test_what_windows_could_not_do_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        windows_shutdown_command(value)
    assert str(error.value) == f"nut_client_windows_shutdown{message}"
    for refusing in FilterModule().filters().values():
        with pytest.raises(AnsibleFilterError, match=r"^nut_client_windows_shutdown"):
            refusing(value)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({}, r'SHUTDOWNCMD "C:\\Windows\\System32\\shutdown.exe /s /t 0 /f"'),
        ({"action": "hibernate"}, r'SHUTDOWNCMD "C:\\Windows\\System32\\shutdown.exe /h /f"'),
        (r'cmd /c "C:\ups\bye.cmd" # now', r'SHUTDOWNCMD "cmd /c \"C:\\ups\\bye.cmd\" \# now"'),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_its_line_has_every_backslash_twice(value: Any, line: str, version: str) -> None:
    assert setting_lines({"shutdowncmd": windows_shutdown_command(value)}, version) == [line]


@given(LINE, st.sampled_from(VERSIONS))
def test_any_command_is_read_back_as_it_is(command: str, version: str) -> None:
    assert [split_words(line) for line in setting_lines({"shutdowncmd": command}, version)] == [
        ["SHUTDOWNCMD", command]
    ]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "action": st.sampled_from(["shutdown", "hibernate"]),
            "delay": st.integers(0, 300),
            "force": st.booleans(),
        },
    )
)
def test_every_mapping_is_refused_or_a_command_of_known_switches(value: dict[str, Any]) -> None:
    action, delay, force = value.get("action", "shutdown"), value.get("delay", 0), value.get("force", True)
    if delay and (action == "hibernate" or not force):
        with pytest.raises(InvalidInput):
            windows_shutdown_command(value)
        return
    program, *switches = windows_shutdown_command(value).split(" ")
    assert program == PROGRAM
    assert switches[: -1 if force else None] == (["/h"] if action == "hibernate" else ["/s", "/t", str(delay)])
    assert hibernates(value) is hibernates(windows_shutdown_command(value)) is (action == "hibernate")


# the folder


@pytest.mark.parametrize("folder", ["C:\\NUT", "d:\\Power_Tools\\NUT", "C:\\nut-2.8.4", "E:\\a.b\\c"])
def test_a_folder_of_its_own(folder: str) -> None:
    assert check_folder(folder) == folder


@pytest.mark.parametrize(
    "folder",
    [
        "",
        "NUT",
        "C:",
        "C:\\",
        "C:\\NUT\\",
        "C:/NUT",
        "C:\\NUT/etc",
        "\\\\server\\share",
        "%ProgramFiles%\\NUT",
        "C:\\%TEMP%",
        "C:\\NUT\\..",
        "C:\\.",
        "C:\\NUT\\..\\Windows",
        "C:\\NUT.",
        "C:\\NUT ",
        "C:\\a\\\\b",
        'C:\\"NUT"',
        "C:\\NUT\nx",
    ],
)
def test_no_full_path(folder: str) -> None:
    with pytest.raises(InvalidInput, match=r"nut_client_windows_dir is .*: allowed is a full path"):
        check_folder(folder)


@pytest.mark.parametrize(
    ("folder", "first"),
    [
        ("d:\\Power Tools\\NUT", "d:\\Power.exe"),
        ("C:\\Program Files\\NUT", "C:\\Program.exe"),
        ("C:\\My.Own NUT", "C:\\My.Own"),
    ],
)
def test_a_folder_with_a_space(folder: str, first: str) -> None:
    """NUT 2.8.4's nut.exe starts upsmon without quotes: C:\\My.exe ran in its place for C:\\My NUT (executed)."""
    with pytest.raises(InvalidInput, match="without quotes") as error:
        check_folder(folder)
    assert f"then tries {first} first" in str(error.value)


@pytest.mark.parametrize(
    "folder",
    [
        "C:\\Windows",
        "c:\\WINDOWS\\System32",
        "C:\\Program Files (x86)",
        "C:\\Users\\me\\nut",
        "C:\\ProgramData\\upsfleet",
        "C:\\Documents and Settings\\x",
    ],
)
def test_a_folder_of_windows(folder: str) -> None:
    with pytest.raises(InvalidInput, match="Windows' own"):
        check_folder(folder)
