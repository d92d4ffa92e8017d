# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a double on which nothing was ever done: folders, access rights, services, registry."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.acl import from_sddl

FOLDERS = ("Windows\\System32", "Program Files", "Program Files (x86)", "ProgramData", "Users", "Windows\\Temp")
PROGRAMS = ("shutdown.exe", "sc.exe", "cmd.exe", "msiexec.exe", "svchost.exe")

_PROGRAMS_SDDL = (
    "O:TIG:TID:PAI(A;;FA;;;TI)(A;CIIO;GA;;;TI)(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)"
    "(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)"
)
# As Windows 10 and 11 have them: whoever is logged in may make folders below C:\ and change what is in them.
ACLS = {
    "c:\\": "O:TIG:TID:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)",
    "c:\\windows": _PROGRAMS_SDDL,
    "c:\\program files": _PROGRAMS_SDDL,
    "c:\\program files (x86)": _PROGRAMS_SDDL,
    "c:\\programdata": (
        "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)"
    ),
    "c:\\users": "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)",
}

ENVIRONMENT = "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"
_REGISTRY: dict[str, dict[str, Any]] = {
    "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Power": {
        "HibernateEnabled": ("dword", 1),
        "HiberFileType": ("dword", 2),
    },
    "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application": {"MaxSize": ("dword", 20971520)},
    ENVIRONMENT: {"OS": ("string", "Windows_NT"), "windir": ("expandstring", "%SystemRoot%")},
    "HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion": {"CurrentBuild": ("string", "19045")},
    "HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall": {},
    "HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall": {},
    "HKCU:\\Software": {},
}
_SERVICES = {"Tcpip": "TCP/IP Protocol Driver", "Dnscache": "DNS Client", "NlaSvc": "Network Location Awareness"}


def service(name: str, path: str, **more: Any) -> dict[str, Any]:
    """Return a service as the service control manager makes it where nothing is said."""
    return {
        "name": name,
        "display_name": name,
        "path": path,
        "start_mode": "auto",
        "state": "stopped",
        "dependencies": [],
        "description": None,
        "username": "NT AUTHORITY\\SYSTEM",
        "desktop_interact": False,
        "error_control": "normal",
        "failure_actions": [],
        "failure_command": None,
        "failure_reboot_msg": None,
        "failure_reset_period_sec": 0,
        "failure_actions_on_non_crash_failure": False,
        "pid": 0,
        "unquoted_path": False,
        **more,
    }


def registry() -> dict[str, Any]:
    """Return the registry as state.json holds it."""
    keys: dict[str, Any] = {}
    for path, values in _REGISTRY.items():
        names = path.split("\\")
        for length in range(1, len(names) + 1):
            above = "\\".join(names[:length])
            keys.setdefault(above.lower(), {"path": above, "values": {}})
        stored = {name.lower(): {"name": name, "type": kind, "data": data} for name, (kind, data) in values.items()}
        keys[path.lower()]["values"] = stored
    return keys


def state() -> dict[str, Any]:
    """Return the whole of state.json."""
    svchost = "C:\\Windows\\System32\\svchost.exe -k netsvcs"
    services = {n.lower(): service(n, svchost, display_name=d, state="started") for n, d in _SERVICES.items()}
    return {
        "os": {"name": "Microsoft Windows 10 Pro", "version": "10.0.19045"},
        "architecture": {"is_64bit": True, "processor": "AMD64"},
        "booted": time.time(),
        "power": {"supported": True, "file_present": True},
        "acls": {path: from_sddl(text) for path, text in ACLS.items()},
        "services": services,
        "late_services": [],
        "tasks": {},
        "task_folders": ["\\"],
        "events": [],
        "registry": registry(),
        "products": {},
        "processes": [],
        "locks": [],
        "races": 0,
        "upsmon_takes": 0.2,  # seconds that upsmon goes on after its service was stopped
        "blocked": {},  # programs that policy blocks, in lower case, with the error's number
        "start_errors": {},  # the number with which a service did not start, by its name in lower case
    }
