# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""win_nut_client_info.ps1 with doubles of what only Windows has: none, one and many of each, and what goes wrong.

:data:`CMDLETS` are functions that stand before the cmdlets of their names; :data:`OWN` replaces functions of the
script itself that use classes of Windows. A case changes some of them. Texts that are returned here as Windows would
are the doubles', so this shows what the script makes of an answer, not what Windows answers.
"""

from __future__ import annotations

from typing import Any, Mapping

from powershell.session import Job, Session

MODULE = "win_nut_client_info"

CMDLETS = {
    "Get-CimInstance": "if ($ClassName -eq 'Win32_OperatingSystem') {"
    " [pscustomobject]@{ Caption = 'Microsoft Windows 11 Pro'; Version = '10.0.26100' } }",
    "Get-Acl": "[pscustomobject]@{ Sddl = 'O:BAD:(A;;FA;;;SY)' }",
    "Get-NetTCPConnection": "",
    "Get-NetIPAddress": "",
}
SOURCE = "param ([string]$Source, [double]$Since, [int]$Limit)"
OWN = {
    "Get-MachineValue": "param ([string]$Path, [string]$Name) $null",
    "Get-SourceEvent": SOURCE,
    "Get-TaskXml": "param ([string]$Name)",
    "Get-PowerCapability": ", [byte[]]::new(256)",
    "Test-Administrator": "$true",
}


def job(
    arguments: Mapping[str, Any] | None = None, script: str | None = None, culture: str = "", **doubles: str | None
) -> Job:
    """Return a job.

    :param doubles: bodies of other functions, named with an underscore, such as ``Get_Acl``; None leaves the cmdlet
        missing, or the script's own function as it is.
    """
    given = {name.replace("_", "-"): body for name, body in doubles.items()}
    assert not given.keys() - CMDLETS.keys() - OWN.keys()
    cmdlets = {name: body for name, body in {**CMDLETS, **given}.items() if name in CMDLETS and body is not None}
    return Job(
        MODULE,
        arguments or {},
        script,
        culture,
        before="\n".join(
            f"Function {name} {{ [CmdletBinding()] param ({PARAMETERS}) {body} }}" for name, body in cmdlets.items()
        ),
        doubles={name: body for name, body in {**OWN, **given}.items() if name in OWN and body is not None},
    )


# What the script gives the cmdlets.
PARAMETERS = "$ClassName, $Property, $LiteralPath, $State, $AddressFamily, $Filter"


def process(name: str, pid: int, parent: int | None, started: str = "2026-01-01T00:01:00Z", path: str = "") -> str:
    """Return the row of Win32_Process that a double of Get-CimInstance returns."""
    parents = "$null" if parent is None else f"[uint32]{parent}"
    time = f"[DateTime]'{started}'" if started else "$null"
    return (
        f"if ($ClassName -eq 'Win32_Process') {{ [pscustomobject]@{{ Name = '{name}'; ProcessId = [uint32]{pid};"
        f" ParentProcessId = {parents}; ExecutablePath = '{path}'; CreationDate = {time} }} }}\n"
    )


CONNECTION = (
    "[pscustomobject]@{ OwningProcess = [uint32]412; LocalAddress = '192.0.2.31'; LocalPort = [uint16]50123;"
    " RemoteAddress = '192.0.2.5'; RemotePort = [uint16]3493 }\n"
)
ADDRESS = (
    "[pscustomobject]@{ IPAddress = '2001:db8::1%3'; PrefixOrigin = 'RouterAdvertisement'; SuffixOrigin = 'Random' }\n"
)
SYSTEM = (
    "if ($ClassName -ne 'Win32_Process') { [pscustomobject]@{ Caption = 'Windows'; Version = '10.0.26100';"
    " LastBootUpTime = [DateTime]'2026-01-01T00:00:00Z' } }\n"
)
PROCESS = process("upsmon.exe", 412, 400)
EVENT = "@{ time = 1.5; level = 4; message = 'Communications with UPS lost' }\n"
LISTS = [
    ("connections", "Get_NetTCPConnection", CONNECTION),
    ("ipv6_addresses", "Get_NetIPAddress", ADDRESS),
    ("processes", "Get_CimInstance", PROCESS),
    ("events", "Get_SourceEvent", EVENT),
]
ASKED = {"processes": ["upsmon"], "event_source": "Network UPS Tools"}


def one_list(powershell: Session, key: str, double: str, rows: str, count: int, script: str | None = None) -> None:
    """Check that a *key* of the result is a list of so many."""
    result = powershell.run(job(ASKED, script, "", **{double: rows}))
    found = result.get(key, result.get("msg"))
    assert isinstance(found, list)
    assert len(found) == count
    assert all(isinstance(one, dict) and one == found[0] for one in found)


def partly_told(powershell: Session, key: str, double: str, row: str, script: str | None = None) -> None:
    """Check that a cmdlet that ends in an error, which is not thrown, has told nothing."""
    result = powershell.run(job(ASKED, script, "", **{double: f"{row}\nWrite-Error 'Access denied'"}))
    assert result[key] is None


def asked_for(powershell: Session, since: Any, culture: str = "", script: str | None = None) -> str:
    """Return what the event log would be asked for, or what the script says instead."""
    body = f"{SOURCE} @{{ time = 0.0; level = 4; message = (Get-EventFilter -Source $Source -Since $Since) }}"
    arguments = {"event_source": "Network UPS Tools", "events_since": since}
    result = powershell.run(job(arguments, script, culture, Get_SourceEvent=body))
    return str(result["msg"] if result.get("failed") else result["events"][0]["message"])
