# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SHUTDOWNCMD of a Windows host would do."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.shutdown_command import SUSPENDS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import windows_shutdown_command
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.shutdown_command import FLAWS, flaw
from hypothesis import given
from hypothesis import strategies as st

PROGRAM = "C:\\Windows\\System32\\shutdown.exe"

# command, code
COMMANDS: list[tuple[str, str]] = [
    (f"{PROGRAM} /s /t 0 /f", ""),
    (f"{PROGRAM} /h /f", ""),
    (f'"{PROGRAM}" /s', ""),
    ("shutdown -s -t 300", ""),
    ("shutdown /p /f", ""),
    ("shutdown /sg /t 0", ""),
    ("shutdown /s /hybrid /t 0", "suspends"),
    ('shutdown /s /c "/a is what cancels it" /t 0', ""),
    ("shutdown /s /c /r", ""),  # the word behind /c is a comment
    ("shutdown /s /d p:4:1", ""),
    ('cmd /c "echo good bye & shutdown /s /t 0"', ""),
    ('cmd.exe /c "shutdown /s /t 0 && echo y"', ""),
    ("cmd /c (shutdown /s)", ""),
    ('cmd /c "cmd /c shutdown /s"', ""),
    ("C:\\ups\\down.cmd", ""),
    ("powershell -Command Stop-Computer -Force", ""),
    ("shutdown /r /t 0", "reboots"),
    ("SHUTDOWN.EXE -R", "reboots"),
    ("shutdown /g", "reboots"),
    ("shutdown /r /o", "reboots"),
    ('cmd /c "echo x && shutdown /r"', "reboots"),
    ("powershell -Command Restart-Computer -Force", "reboots"),
    ("wmic os where primary=1 call reboot", "reboots"),
    ("shutdown /a", "only_announces"),
    ("shutdown -a", "only_announces"),
    ("shutdown /i", "only_announces"),
    ("shutdown /?", "only_announces"),
    ("shutdown", "does_nothing"),
    ("shutdown /t 0 /f", "does_nothing"),
    ("shutdown /e", "does_nothing"),
    ("cmd", "does_nothing"),
    ("cmd /d", "does_nothing"),
    ("cmd /c echo power fails", "does_nothing"),
    ("msg * power fails", "does_nothing"),
    ("shutdown /l", "logs_off"),
    ("logoff", "logs_off"),
    ("shutdown /s /m \\\\other /t 0", "other_host"),
    ("shutdown /s /t 301", "late"),
    ("shutdown -s -t:600", "late"),
    ("shutdown /s /t soon", "invalid_time"),
    ("shutdown /s /t", "invalid_time"),
    ("rundll32.exe powrprof.dll,SetSuspendState 0,1,0", SUSPENDS),
    ("psshutdown -d -t 0", SUSPENDS),
]


@pytest.mark.parametrize(("command", "code"), COMMANDS)
def test_what_a_command_would_do(command: str, code: str) -> None:
    assert flaw(command) == code
    if not code:
        assert windows_shutdown_command(command) == command
        return
    with pytest.raises(InvalidInput, match=r"^nut_client_windows_shutdown "):
        windows_shutdown_command(command)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_any_text_can_be_judged(command: str) -> None:
    assert flaw(command) in (*FLAWS, "")
