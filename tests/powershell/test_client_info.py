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

import pytest
from powershell.session import Job, Session

MODULE = "win_nut_client_info"

CMDLETS = {
    "Get-CimInstance": "if ($ClassName -eq 'Win32_OperatingSystem') {"
    " [pscustomobject]@{ Caption = 'Microsoft Windows 11 Pro'; Version = '10.0.26100' } }",
    "Get-Acl": "[pscustomobject]@{ Sddl = 'O:BAD:(A;;FA;;;SY)' }",
    "Get-NetTCPConnection": "",
    "Get-NetIPAddress": "",
}
OWN = {
    "Get-MachineValue": "param ([string]$Path, [string]$Name) $null",
    "Get-SourceEvent": "param ([string]$Source, [double]$Since, [int]$Limit)",
    "Get-TaskXml": "param ([string]$Name)",
    "Get-PowerCapability": ", [byte[]]::new(256)",
    "Test-Administrator": "$true",
}


def job(arguments: Mapping[str, Any] | None = None, **doubles: str) -> Job:
    """Return a job; a double's name is written with an underscore, such as ``Get_Acl``."""
    given = {name.replace("_", "-"): body for name, body in doubles.items()}
    assert not given.keys() - CMDLETS.keys() - OWN.keys()
    cmdlets = {name: given.get(name, body) for name, body in CMDLETS.items()}
    return Job(
        MODULE,
        arguments or {},
        before="\n".join(
            f"Function {name} {{ [CmdletBinding()] param ({PARAMETERS}) {body} }}" for name, body in cmdlets.items()
        ),
        doubles={name: given.get(name, body) for name, body in OWN.items()},
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


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize(("key", "double", "row"), LISTS, ids=[key for key, _double, _row in LISTS])
def test_none_one_and_many_are_a_list(powershell: Session, key: str, double: str, row: str, count: int) -> None:
    found = powershell.run(job(ASKED, **{double: row * count}))[key]
    assert isinstance(found, list)
    assert len(found) == count
    assert all(isinstance(one, dict) and one == found[0] for one in found)


BOOT = 1767225600.0
UPSMON = "C:\\NUT\\sbin\\upsmon.exe"


@pytest.mark.parametrize(
    ("rows", "parent", "parent_name", "started"),
    [
        (process("nut.exe", 400, 700) + process("UPSMON.EXE", 412, 400), 400, "nut", BOOT + 60),
        (process("upsmon.exe", 412, 400) + process("Nut.Exe", 400, 700), 400, "Nut", BOOT + 60),
        (process("upsmon.exe", 412, 400), 400, None, BOOT + 60),
        # the parent's number belongs to a younger process now
        (process("upsmon.exe", 412, 400) + process("nut.exe", 400, 1, "2026-01-01T00:02:00Z"), 400, None, BOOT + 60),
        (process("upsmon.exe", 412, 400, "") + process("nut.exe", 400, 1), 400, None, None),
        (process("upsmon.exe", 412, None), None, None, BOOT + 60),
    ],
)
def test_who_started_a_process(
    powershell: Session, rows: str, parent: int | None, parent_name: str | None, started: float | None
) -> None:
    (found,) = powershell.run(job({"processes": ["upsmon", "upsd"]}, Get_CimInstance=rows))["processes"]
    assert (found["name"].lower(), found["pid"], found["path"]) == ("upsmon", 412, None)
    assert (found["parent"], found["parent_name"], found["started"]) == (parent, parent_name, started)


def test_paths_and_the_last_start_of_windows_are_told(powershell: Session) -> None:
    told = powershell.run(job(ASKED, Get_CimInstance=SYSTEM + process("upsmon.exe", 412, 400, path=UPSMON)))
    assert (told["booted"], told["processes"][0]["path"]) == (BOOT, UPSMON)
    assert powershell.run(job())["booted"] is None


POWER = "switch ($Name) { HibernateEnabled { 1 } HibernateEnabledDefault { 0 } HiberFileTypeDefault { 2 } }"


@pytest.mark.parametrize(
    ("registry", "bytes_set", "asked", "hibernation"),
    [
        (POWER, "6, 8", True, (True, 2, True, True)),
        (POWER, "6", True, (True, 2, True, False)),
        (POWER, "5, 7, 9", True, (True, 2, False, False)),
        (POWER, "6, 8", False, (True, 2, None, None)),
        ("switch ($Name) { HibernateEnabledDefault { 1 } HiberFileType { 1 } }", "6", False, (True, 1, None, None)),
        (
            "switch ($Name) { HibernateEnabled { 0 } HibernateEnabledDefault { 1 } }",
            "6",
            False,
            (False, None, None, None),
        ),
        ("", "", False, (False, None, None, None)),
    ],
)
def test_what_hibernation_needs(
    powershell: Session, registry: str, bytes_set: str, asked: bool, hibernation: tuple[bool, int | None, Any, Any]
) -> None:
    """SystemS4 is byte 6 and HiberFilePresent byte 8 of SYSTEM_POWER_CAPABILITIES."""
    capable = f"$bytes = [byte[]]::new(256); foreach ($at in @({bytes_set})) {{ $bytes[$at] = 1 }}; , $bytes"
    found = powershell.run(
        job(
            {"power_capabilities": asked},
            Get_MachineValue=f"param ([string]$Path, [string]$Name) {registry}",
            Get_PowerCapability=capable,
        )
    )["hibernation"]
    assert tuple(found[name] for name in ("enabled", "file_type", "supported", "file_present")) == hibernation


def test_the_call_of_windows_compiles_and_one_that_fails_is_no_answer(powershell: Session) -> None:
    asked = job({"power_capabilities": True})
    asked.doubles = {name: body for name, body in asked.doubles.items() if name != "Get-PowerCapability"}
    failed = powershell.run(asked)
    assert failed["failed"] is True
    assert "powrprof.dll" in failed["msg"]  # which is not there


@pytest.mark.parametrize(
    ("asked", "double", "told"),
    [
        ({"task": "resume"}, "param ([string]$Name) \"<Task name='$Name'/>\"", "<Task name='resume'/>"),
        ({"task": "resume"}, "param ([string]$Name)", None),
        ({}, "throw 'asked for'", None),
    ],
)
def test_a_task_is_told_or_null(powershell: Session, asked: dict[str, Any], double: str, told: str | None) -> None:
    assert powershell.run(job(asked, Get_TaskXml=double))["task_xml"] == told


NOT_FOUND = "Write-Error 'none' -ErrorId 'CmdletizationQuery_NotFound_State' -Category ObjectNotFound\n"
INVALID_CLASS = "Write-Error 'Invalid class' -ErrorId 'HRESULT 0x80041010' -Category MetadataError\n"


@pytest.mark.parametrize(("key", "double", "row"), LISTS[:2], ids=["connections", "ipv6_addresses"])
@pytest.mark.parametrize(("error", "told"), [(NOT_FOUND, 0), (INVALID_CLASS, None), (NOT_FOUND + INVALID_CLASS, None)])
def test_none_is_another_answer_than_an_error(
    powershell: Session, key: str, double: str, row: str, error: str, told: int | None
) -> None:
    found = powershell.run(job({}, **{double: error}))[key]
    assert found == ([] if told == 0 else None)
    assert powershell.run(job({}, **{double: row + INVALID_CLASS}))[key] is None


@pytest.mark.parametrize(("administrator", "hint"), [("$true", False), ("$false", True)])
def test_a_failure_without_rights_says_so(powershell: Session, administrator: str, hint: bool) -> None:
    assert powershell.run(job(Test_Administrator=administrator))["administrator"] is not hint
    failed = powershell.run(job({"paths": ["/"]}, Test_Administrator=administrator, Get_Acl="throw 'denied'"))
    assert failed["failed"] is True
    assert ("log in as an administrator" in failed["msg"]) is hint


def test_the_machine_is_told(powershell: Session) -> None:
    assert set(powershell.run(job())["architecture"]) == {"is_64bit", "processor"}
