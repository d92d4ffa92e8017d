# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own .ps1 modules on the double of Windows, where the fleet has brought a PowerShell 7 along.

tests/fleet mounts it, runner.ps1 of tests/powershell, the scripts, and ansible-core's Ansible.Basic. It starts at the
first use and goes on until the container ends. Cannot show: PowerShell 5.1, nor anything that only Windows has.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed

FOLDER = "/opt/powershell"
PROGRAM = os.path.join(FOLDER, "pwsh/pwsh")
SOCKET = "/run/powershell"
PATIENCE = 60.0  # seconds


def is_there() -> bool:
    """Return whether there is a PowerShell."""
    return os.path.exists(PROGRAM)


def run_script(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the result of the collection's *module*.

    :raises Failed: if it failed, or PowerShell did.
    """
    with open(os.path.join(FOLDER, "modules", f"{module}.ps1"), encoding="utf-8") as stream:
        job = {"name": module, "script": stream.read(), "arguments": arguments, "culture": ""}
    answer = _asked(json.dumps(job).encode() + b"\n")
    if "thrown" in answer or answer["errors"]:
        raise Failed(str(answer.get("thrown") or answer["errors"][0]))
    result: dict[str, Any] = json.loads(answer["output"])
    result.pop("invocation", None)
    if result.pop("failed", False):
        raise Failed(str(result.pop("msg")), **result)
    return result


def _asked(line: bytes) -> dict[str, Any]:
    with contextlib.closing(_connected()) as sock:
        sock.sendall(line)
        with sock.makefile("rb") as stream:
            answer: dict[str, Any] = json.loads(stream.readline() or b'{"thrown": "PowerShell has ended"}')
    return answer


def _connected() -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    try:
        sock.connect(SOCKET)
    except OSError:
        _start()
        sock.connect(SOCKET)
    return sock


def _start() -> None:
    """Start it; nobody else does at the same time, because a double runs under the machine's lock."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(SOCKET)
    script = os.path.join(FOLDER, "tests/runner.ps1")
    argv = [PROGRAM, "-NoProfile", "-NonInteractive", "-File", script, os.path.join(FOLDER, "ansible"), SOCKET]
    with open("/run/powershell.log", "w") as messages:
        started = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
            start_new_session=True,
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": "/root", "NO_COLOR": "1"},
        )
    assert started.stdout is not None
    with started.stdout:
        if started.stdout.readline().strip() != b"ready":
            raise Failed("PowerShell does not start: see /run/powershell.log in the container")
