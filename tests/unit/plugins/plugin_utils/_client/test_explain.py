# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told where no module could run, for what sudo, Python, shells and Ansible itself say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import explain

BROKEN = "MODULE FAILURE: see stdout/stderr for the exact error."
NO_PYTHON = explain._NO_PYTHON.format(host="web1")
NO_PYTHON_ON_A_MAC = explain._NO_PYTHON_ON_A_MAC.format(host="web1")
NO_FOLDER = (
    "Failed to create temporary directory. In some cases, you may have been able to authenticate and did not have "
    "permissions on the target directory. Consider changing the remote tmp path in ansible.cfg to a path rooted in "
    '"/tmp", for more error information use -vvv. Failed command was: ( umask 77 && mkdir -p "` echo ~/.ansible/tmp `" '
    "), exited with result 1"
)
TOO_OLD = """Traceback (most recent call last):
  File "<stdin>", line 121, in <module>
  File "/tmp/x.zip/ansible_collections/upsfleet/synology/plugins/module_utils/_nut/client.py", line 11, in <module>
ImportError: cannot import name 'Protocol' from 'typing' (/usr/lib/python3.7/typing.py)
"""
# how it ended, what Ansible said, what came of the module; what is told
SAID: list[tuple[str, str, str, str]] = [
    # Windows behind a Unix shell: cmd, PowerShell; in another language, or where only the folder fails
    (
        "failed",
        BROKEN,
        "'sudo' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
        explain._SHELL_OF_WINDOWS,
    ),
    (
        "failed",
        BROKEN,
        "/bin/sh : The term '/bin/sh' is not recognized as the name of a cmdlet, function, script file, or operable",
        explain._SHELL_OF_WINDOWS,
    ),
    ("failed", BROKEN, "The system cannot find the path specified.\r\n", explain._SHELL_OF_WINDOWS),
    ("unreachable", NO_FOLDER, "", explain._NO_TEMPORARY_DIRECTORY),
    # sudo
    ("failed", "Missing sudo password", "", explain._SUDO_ASKS),
    ("failed", BROKEN, "sudo: a password is required\n", explain._SUDO_ASKS),
    ("failed", BROKEN, "sudo: interactive authentication is required\n", explain._SUDO_ASKS),
    ("failed", "Incorrect sudo password", "", explain._SUDO_REFUSES),
    ("failed", BROKEN, "me is not in the sudoers file.\n", explain._NOT_ALLOWED),
    ("failed", "Timeout (12s) waiting for privilege escalation prompt: ", "", explain._SUDO_IS_SILENT),
    ("unreachable", "Timeout (12s) waiting for privilege escalation prompt: ", "", explain._SUDO_IS_SILENT),
    ("failed", BROKEN, "/bin/sh: 1: sudo: not found\r\n", explain._NO_SUDO),
    ("failed", BROKEN, "bash: line 1: sudo: command not found\n", explain._NO_SUDO),
    # a Python that is too old
    ("failed", BROKEN, TOO_OLD, explain._OLD_PYTHON),
    (
        "failed",
        BROKEN,
        '  File "x.py", line 5\nSyntaxError: future feature annotations is not defined',
        explain._OLD_PYTHON,
    ),
    (
        "failed",
        "ansible-core requires a minimum of Python version 3.9. Current version: 3.7.3 (default, Oct 31 2022)",
        "",
        explain._OLD_PYTHON,
    ),
    # none
    ("failed", BROKEN, "/bin/sh: 1: /usr/bin/python3: not found\r\n", NO_PYTHON),
    ("failed", BROKEN, "bash: line 1: /usr/bin/python3: No such file or directory", NO_PYTHON),
    ("failed", BROKEN, "zsh:1: no such file or directory: /usr/bin/python3", NO_PYTHON),
    ("failed", "The module interpreter '/usr/bin/python3.12' was not found.", "", NO_PYTHON),
    ("failed", BROKEN, "xcode-select: note: No developer tools were found, requesting install.", NO_PYTHON_ON_A_MAC),
    # what nobody knows: the first line that means something
    (
        "failed",
        BROKEN,
        "\r\nTraceback (most recent call last):\r\n  File x\r\nOSError: full\r\n",
        f"{BROKEN} OSError: full",
    ),
    (
        "failed",
        BROKEN,
        "Traceback (most recent call last):\n  File \"/lib/python3/os.py\"\nFileNotFoundError: No such file: '/x'\n",
        f"{BROKEN} FileNotFoundError: No such file: '/x'",
    ),
    ("failed", BROKEN, "Sorry, no\r\nShared connection to 192.0.2.21 closed.\r\n", f"{BROKEN} Sorry, no"),
    ("failed", BROKEN, "Warning: Permanently added '192.0.2.21' to known hosts.\nno\n", f"{BROKEN} no"),
    # what is good enough
    ("failed", BROKEN, "\n", ""),
    ("failed", "no such owner or group: nut", "", ""),
    ("failed", "fedora 41 is not supported", "", ""),
    ("unreachable", "Failed to connect to the host via ssh: No such file or directory", "", ""),
    ("unreachable", "Failed to connect to the host via ssh: /usr/bin/python3: not found", "", ""),
    ("changed", "python: not found", "", ""),
]


@pytest.mark.parametrize(("how", "msg", "output", "text"), SAID)
def test_what_another_program_says_is_told_with_its_remedy(how: str, msg: str, output: str, text: str) -> None:
    for stream in ("module_stdout", "module_stderr"):
        result: dict[str, Any] = {how: True, "msg": msg, stream: output}
        assert explain.explained(result, "web1") == text


def test_a_host_that_is_called_a_mac_is_told_how_a_mac_gets_python() -> None:
    result = {"failed": True, "msg": BROKEN, "module_stdout": "zsh:1: command not found: python3"}
    assert explain.explained(result, "web1", macos=True) == NO_PYTHON_ON_A_MAC


# What shells answer to WHICH_SHELL: cmd, Windows PowerShell and PowerShell 7, Unix shells, and nobody.
CMD, POWERSHELL, UNIX, NOBODY = "Windows_NT $env:OS\r\n", "%OS%\r\nWindows_NT\r\n", "%OS% :OS\n", ""
FRENCH = "'sudo' n'est pas reconnu en tant que commande interne\r\nou externe, ou un fichier de commandes.\r\n"


def known(shell: str) -> str:
    return explain._KNOWN_SHELL_OF_WINDOWS.format(shell=shell)


@pytest.mark.parametrize(
    ("how", "msg", "output", "answer", "text"),
    [
        ("unreachable", NO_FOLDER, "", CMD, known("cmd")),
        ("unreachable", NO_FOLDER, "", POWERSHELL, known("powershell")),
        ("unreachable", NO_FOLDER, "", UNIX, explain._NO_TEMPORARY_DIRECTORY),
        ("unreachable", NO_FOLDER, "", NOBODY, explain._NO_TEMPORARY_DIRECTORY),
        ("failed", BROKEN, "The system cannot find the path specified.\r\n", CMD, known("cmd")),
        ("failed", BROKEN, "The system cannot find the path specified.\r\n", NOBODY, explain._SHELL_OF_WINDOWS),
        # another language, which no pattern knows
        ("failed", BROKEN, FRENCH, CMD, known("cmd")),
        ("failed", BROKEN, FRENCH, NOBODY, f"{BROKEN} {FRENCH.splitlines()[0]}"),
        ("failed", BROKEN, "OSError: full\n", UNIX, f"{BROKEN} OSError: full"),
    ],
)
def test_windows_is_told_by_what_its_shell_answers(how: str, msg: str, output: str, answer: str, text: str) -> None:
    result: dict[str, Any] = {how: True, "msg": msg, "module_stdout": output}
    assert explain.explained(result, "web1", ask=lambda: answer) == text


@pytest.mark.parametrize(
    ("how", "msg", "output", "answer", "text"),
    [
        ("unreachable", NO_FOLDER, "", UNIX, explain._NO_WINDOWS),
        ("failed", BROKEN, "/bin/sh: 1: PowerShell: not found\n", UNIX, explain._NO_WINDOWS),
        ("unreachable", NO_FOLDER, "", POWERSHELL, ""),
        ("unreachable", NO_FOLDER, "", NOBODY, ""),
        ("failed", BROKEN, "The system cannot find the path specified.\r\n", CMD, ""),
        ("failed", "win_find: The system cannot find the path specified.", "", UNIX, ""),  # a module ran
    ],
)
def test_what_is_taken_for_windows_and_is_not_is_named(how: str, msg: str, output: str, answer: str, text: str) -> None:
    result: dict[str, Any] = {how: True, "msg": msg, "module_stdout": output}
    assert explain.explained(result, "web1", windows=True, ask=lambda: answer) == text


@pytest.mark.parametrize(
    "result",
    [
        {"changed": False},
        {"failed": True, "msg": "fedora 41 is not supported"},
        {"failed": True, "msg": "Missing sudo password"},
        {"unreachable": True, "msg": "Connection timed out"},
    ],
)
def test_no_host_is_asked_without_need(result: dict[str, Any]) -> None:
    def ask() -> str:
        raise AssertionError

    assert explain.explained(result, "web1", ask=ask) in ("", explain._SUDO_ASKS)
