# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cause and remedy where no module could run on a host: the one place that knows other programs' words. Pure."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, NamedTuple

# What any shell may be asked, and changes nothing: each puts in the variables that it knows, and leaves the others.
WHICH_SHELL = "echo %OS% $env:OS"
_WINDOWS = "Windows_NT"  # the variable OS of every Windows, whatever its language

_SHELL_OF_WINDOWS = (
    "This is Windows, and Ansible takes its shell for a Unix shell: set ansible_shell_type: powershell (or cmd, "
    "whatever OpenSSH's DefaultShell is) and ansible_become: false for this host."
)
_KNOWN_SHELL_OF_WINDOWS = (
    "This is Windows, and Ansible takes its shell for a Unix shell: set ansible_shell_type: {shell} (which is what its "
    "OpenSSH server starts) and ansible_become: false for this host."
)
_NO_WINDOWS = (
    "Ansible takes this host for Windows, and it is not: take ansible_shell_type (powershell or cmd) out of its "
    "variables."
)
_NO_TEMPORARY_DIRECTORY = (
    "Ansible could not make its temporary directory on this host. If it is Windows: set ansible_shell_type: powershell "
    "(or cmd, whatever OpenSSH's DefaultShell is) and ansible_become: false for it. Otherwise its disk is full, or the "
    "user may not write to its home directory (df -h ~; ls -ld ~): mend that, or set ansible_remote_tmp: /tmp/.ansible."
)
_SUDO_ASKS = (
    "sudo asks for a password on this host. Run it with -K (--ask-become-pass), or set ansible_become_password for the "
    "host, in a vault."
)
_SUDO_REFUSES = (
    "sudo does not take this password. Give the password of the user that Ansible logs in as, with -K "
    "(--ask-become-pass) or as ansible_become_password."
)
_NOT_ALLOWED = (
    "This user may not use sudo. Let it (on Debian, as root: usermod -aG sudo USER; on a Mac make it an "
    "administrator), or log in as another (ansible_user)."
)
_NO_SUDO = "This host has no sudo: install it, or connect as root (ansible_user: root)."
_SUDO_IS_SILENT = (
    "sudo did not ask for its password in time. If `sudo --version` says sudo-rs on this host (Ubuntu from 25.10 on), "
    "Ansible does not know its prompt: set ansible_become_exe: sudo.ws for it. Otherwise raise ansible_timeout."
)
_OLD_PYTHON = (
    "The Python that Ansible uses on this host is too old: 3.8 is needed, or what your ansible-core asks for. Install "
    "a newer one beside it and name it: ansible_python_interpreter: /usr/local/bin/python3."
)
_NO_PYTHON_ON_A_MAC = (
    "This Mac has no Python, which Ansible's modules need. Run xcode-select --install on it, which brings python3 "
    "(over SSH: ansible {host} -b -m ansible.builtin.raw -a 'xcode-select --install', then confirm on its screen)."
)
_NO_PYTHON = (
    "This host has no Python, which Ansible's modules need. Install it once: "
    "ansible {host} -b -m ansible.builtin.raw -a 'apt-get update && apt-get -y install python3'; "
    "on a Mac run xcode-select --install."
)


class Cause(NamedTuple):
    """What another program says, as a pattern, and what it means; the first row that is found counts."""

    pattern: str
    text: str


_CAUSES = (
    # cmd and PowerShell in English; in another language the host is asked
    Cause(r"is not recognized as (an|the name)|The system cannot find the path specified", _SHELL_OF_WINDOWS),
    Cause(r"sudo: (command )?not found", _NO_SUDO),
    Cause(r"Incorrect sudo password|Sorry, try again", _SUDO_REFUSES),
    # Ansible's own; sudo -n; sudo and sudo-rs without a terminal
    Cause(r"Missing sudo password|sudo: (a password|a terminal|interactive authentication) is required", _SUDO_ASKS),
    Cause(r"is not in the sudoers file|may not run sudo|I'm sorry \S+\. I'm afraid I can't do that", _NOT_ALLOWED),
    Cause(r"waiting for privilege escalation prompt", _SUDO_IS_SILENT),
    Cause(r"[Ff]ailed to create temporary directory", _NO_TEMPORARY_DIRECTORY),
    # Python 3.7, 3.6; what ansible-core says of one that itself does not support
    Cause(
        r"cannot import name 'Protocol'|future feature annotations is not defined|requires a minimum of Python",
        _OLD_PYTHON,
    ),
    # without the command line tools a Mac has a python3 that only says so
    Cause(r"xcode-select", _NO_PYTHON_ON_A_MAC),
    # dash, bash, Ansible
    Cause(r"python[\d.]*'?:? (was |command )?(not found|No such file)", _NO_PYTHON),
    # zsh
    Cause(r"(not found|no such file or directory): \S*python[\d.]*\b", _NO_PYTHON),
)
# What stands before the cause: of a Python traceback (the frames are indented), of ssh and of its debugging.
_NOISE = re.compile(r"\s|$|Traceback |Shared connection to |Warning: |OpenSSH_|debug\d: |mux_client_|Connection to ")


# What Windows says when Ansible speaks to it as to Unix, or may have said in another language.
_PERHAPS_WINDOWS = (_SHELL_OF_WINDOWS, _NO_TEMPORARY_DIRECTORY)


def _nothing() -> str:
    return ""


def explained(
    result: Mapping[str, Any],
    host: str,
    macos: bool = False,
    windows: bool = False,
    ask: Callable[[], str] = _nothing,
) -> str:
    """Return a better message for a module that could not run, or empty where its own is good enough.

    :param result: what came instead of the module's result; it never got so far as to see a password.
    :param macos: whether the inventory says that it is a Mac.
    :param windows: whether Ansible takes its shell for one of Windows.
    :param ask: returns what the host's shell answers to WHICH_SHELL; called only where Ansible may have got it wrong.
    """
    if not (result.get("failed") or result.get("unreachable")):
        return ""
    msg = str(result.get("msg", ""))
    output = f"{result.get('module_stdout', '')}\n{result.get('module_stderr', '')}"
    cause = next((one for one in _CAUSES if re.search(one.pattern, f"{msg} {output}")), None)
    if windows:
        nothing_ran = bool(output.strip()) or (cause is not None and cause.text == _NO_TEMPORARY_DIRECTORY)
        answer = ask() if nothing_ran else ""
        return _NO_WINDOWS if answer and _WINDOWS not in answer else ""
    if cause.text in _PERHAPS_WINDOWS if cause else output.strip():
        shell = _shell_of_windows(ask())
        if shell:
            return _KNOWN_SHELL_OF_WINDOWS.format(shell=shell)
    # ssh speaks of files that are its own
    if cause and not (result.get("unreachable") and cause.text in (_NO_PYTHON, _NO_PYTHON_ON_A_MAC)):
        text = _NO_PYTHON_ON_A_MAC if macos and cause.text == _NO_PYTHON else cause.text
        return text.format(host=host)
    said = next((line.strip() for line in output.splitlines() if not _NOISE.match(line)), "")
    return f"{msg} {said}".strip() if said else ""


def _shell_of_windows(answer: str) -> str:
    """Return what ansible_shell_type must be, from the answer to WHICH_SHELL; empty where it is not Windows."""
    if _WINDOWS not in answer:
        return ""
    return "cmd" if "$env:OS" in answer else "powershell"
