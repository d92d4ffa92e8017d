# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""win_nut_client_info.ps1 with doubles of what only Windows has, as client_info.py has them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from powershell.client_info import ASKED, LISTS, MODULE, SYSTEM, asked_for, job, one_list, partly_told, process
from powershell.session import MODULES, Session


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize(("key", "double", "row"), LISTS, ids=[key for key, _double, _row in LISTS])
def test_none_one_and_many_are_a_list(powershell: Session, key: str, double: str, row: str, count: int) -> None:
    one_list(powershell, key, double, row * count, count)


SINCE = 1794484805.25  # seconds since 1970, 2026-11-12T12:00:05.25Z
QUERY = "*[System[Provider[@Name='Network UPS Tools'] and TimeCreated[@SystemTime>='2026-11-12T12:00:05.250Z']]]"


@pytest.mark.parametrize(
    ("since", "query"),
    [
        (0, "*[System[Provider[@Name='Network UPS Tools']]]"),
        (SINCE, QUERY),
        (str(SINCE), QUERY),
        ("7,5", "events_since must be a number of seconds such as 7.5, not 7,5"),
        ("soon", "events_since must be a number of seconds such as 7.5, not soon"),
    ],
)
def test_what_the_event_log_is_asked_for(powershell: Session, since: Any, query: str) -> None:
    assert asked_for(powershell, since) == query


def test_an_apostrophe_would_end_the_query(powershell: Session) -> None:
    result = powershell.run(job({"event_source": "it's"}))
    assert (result["failed"], result["msg"]) == (True, "event_source must not contain an apostrophe")


THROWN = "$PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new('Access denied', 'x', 0, 0))"
REQUIRED = ["Get_CimInstance", "Get_Acl", "Get_NetTCPConnection", "Get_NetIPAddress"]


@pytest.mark.parametrize("cmdlet", REQUIRED)
@pytest.mark.parametrize(("body", "said"), [(THROWN, "Access denied"), (None, "The term '{name}' is not recognized")])
def test_what_throws_or_is_missing_fails_the_module(
    powershell: Session, tmp_path: Path, cmdlet: str, body: str | None, said: str
) -> None:
    result = powershell.run(job({"paths": [str(tmp_path)]}, None, "", **{cmdlet: body}))
    assert result["failed"]
    said = said.format(name=cmdlet.replace("_", "-"))
    assert result["msg"].startswith(f"Failed to look at the NUT client: {said}")


@pytest.mark.parametrize("function", ["Get_MachineValue", "Get_SourceEvent", "Get_TaskXml", "Test_Administrator"])
def test_what_windows_refuses_fails_the_module(powershell: Session, function: str) -> None:
    result = powershell.run(job({**ASKED, "task": "resume"}, None, "", **{function: "throw 'Access denied'"}))
    assert (result["failed"], result["msg"]) == (True, "Failed to look at the NUT client: Access denied")


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize(("key", "double", "row"), LISTS[:2], ids=[key for key, _double, _row in LISTS[:2]])
def test_what_windows_tells_partly_is_not_told(
    powershell: Session, key: str, double: str, row: str, count: int
) -> None:
    partly_told(powershell, key, double, row * count)


@pytest.mark.parametrize(
    ("key", "double", "empty"),
    [
        (
            "connections",
            "Get_NetTCPConnection",
            {"pid": 0, "local_address": "", "local_port": 0, "remote_address": "", "remote_port": 0},
        ),
        ("ipv6_addresses", "Get_NetIPAddress", {"address": "", "prefix_origin": "", "suffix_origin": ""}),
    ],
)
def test_what_lacks_its_properties_is_empty(powershell: Session, key: str, double: str, empty: dict[str, Any]) -> None:
    result = powershell.run(job(None, None, "", **{double: "[pscustomobject]@{}"}))
    assert result[key] == [empty]


def test_files_and_folders(powershell: Session, tmp_path: Path) -> None:
    there, absent = tmp_path / "upsmon [1].conf", tmp_path / "absent"
    there.touch()
    os.utime(there, (SINCE, SINCE))
    given = {"paths": [str(tmp_path), str(absent)], "files": [str(there), str(absent), str(tmp_path)]}
    result = powershell.run(job(given))
    assert result["acls"] == {str(tmp_path): "O:BAD:(A;;FA;;;SY)", str(absent): None}
    assert result["written"] == {str(there): pytest.approx(SINCE, abs=0.001), str(absent): None, str(tmp_path): None}


def test_the_shape_of_a_result(powershell: Session) -> None:
    result = powershell.run(job(ASKED))
    documented = yaml.safe_load((MODULES / f"{MODULE}.yml").read_text(encoding="utf-8"))["RETURN"]
    assert set(result) - {"changed", "invocation"} == set(documented)
    assert result["os"] == {"name": "Microsoft Windows 11 Pro", "version": "10.0.26100"}
    assert result["event_message_file"] is None


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
    assert "GetPwrCapabilities" in failed["msg"]  # of powrprof.dll, which is not there


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
