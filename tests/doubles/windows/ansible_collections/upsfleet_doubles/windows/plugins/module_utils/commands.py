# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_command, for two command lines alone: upsmon.exe -c stop, and sc.exe start SERVICE."""

from __future__ import annotations

from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import nut_exe, paths, services
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

SC = "c:\\windows\\system32\\sc.exe"


def _exit_status(machine: Machine, program: str, arguments: list[str]) -> int:
    if not machine.drive.is_file(program):
        raise Failed(f'Exception calling "CreateProcess": the system cannot find the file {program}', rc=2)
    if paths.basename(program).lower() == "upsmon.exe" and arguments == ["-c", "stop"]:
        return nut_exe.stop_upsmon(machine)
    if paths.key(program) == SC and len(arguments) == 2 and arguments[0] == "start":
        return services.sc_start(machine, arguments[1])
    raise Failed(f"double: win_command has no double for {' '.join([program, *arguments])}")


def win_command(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Run one of the two command lines, given as argv; a status other than 0 is a failure (win_command.ps1:143)."""
    if check:
        return {"skipped": True, "changed": False, "msg": "remote module does not support check mode"}
    argv = params["argv"] or []
    if not argv:
        raise Failed("double: win_command is only called with argv, which quotes each word by itself")
    rc = _exit_status(machine, argv[0], argv[1:])
    result = {"changed": True, "cmd": " ".join(f'"{word}"' if " " in word else word for word in argv), "rc": rc}
    if rc:
        raise Failed("non-zero return code", **result)
    return result
