# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registry, scheduled tasks and packages on a double of Windows, and the packages that tests install there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable

import make_packages
import pytest
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import packages, pe, tasks
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

Call = Callable[..., "dict[str, Any]"]

KEY = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Network UPS Tools"
LEGACY = "C:\\Program Files (x86)\\NUT"


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("string", "C:\\NUT\\bin\\nut.exe", ("REG_SZ", "C:\\NUT\\bin\\nut.exe")),
        ("expandstring", "%SystemRoot%\\x", ("REG_EXPAND_SZ", "C:\\Windows\\x")),
        ("dword", "0x7", ("REG_DWORD", 7)),
        ("dword", -1, ("REG_DWORD", 4294967295)),
        ("multistring", ["a", "b"], ("REG_MULTI_SZ", ["a", "b"])),
        ("binary", "hex:be,ef", ("REG_BINARY", [190, 239])),
    ],
)
def test_a_value_is_written_once(call: Call, kind: str, data: Any, told: tuple[str, Any]) -> None:
    wanted = {"path": KEY, "name": "Value", "data": data, "type": kind}
    assert call("ansible.win_regedit", check=True, **wanted)["changed"]
    assert not call("ansible.win_reg_stat", path=KEY)["exists"]
    assert [call("ansible.win_regedit", **wanted)["changed"] for _time in range(2)] == [True, False]
    found = call("ansible.win_reg_stat", path=KEY.lower().replace("hklm", "HKLM"), name="VALUE")
    assert (found["exists"], found["type"], found["value"]) == (True, *told)


def test_a_changed_type_and_data_are_told(call: Call) -> None:
    call("ansible.win_regedit", path=KEY, name="n", data="1")
    changed = call("ansible.win_regedit", path=KEY, name="n", data=1, type="dword")
    assert (changed["data_changed"], changed["data_type_changed"]) == (True, True)


def test_keys_and_values_are_removed(call: Call) -> None:
    call("ansible.win_regedit", path=KEY, name="n", data="1")
    above = KEY.rpartition("\\")[0]
    assert "Network UPS Tools" in call("ansible.win_reg_stat", path=above)["sub_keys"]
    value = {"path": KEY, "name": "n", "state": "absent"}
    assert [call("ansible.win_regedit", **value)["changed"] for _time in range(2)] == [True, False]
    key = {"path": KEY, "state": "absent"}
    assert [call("ansible.win_regedit", **key)["changed"] for _time in range(2)] == [True, False]
    assert not call("ansible.win_reg_stat", path=KEY)["exists"]


def test_a_path_must_be_powershells(call: Call) -> None:
    with pytest.raises(Failed, match="is not a valid powershell path"):
        call("ansible.win_regedit", path="HKEY_LOCAL_MACHINE\\SOFTWARE")


RESUME: dict[str, Any] = {
    "name": "start upsmon",
    "actions": [{"path": "C:\\Windows\\System32\\sc.exe", "arguments": 'start "Network UPS Tools"'}],
    "triggers": [{"type": "event", "subscription": "<QueryList><Query/></QueryList>", "delay": "PT1M"}],
    "username": "S-1-5-18",
    "run_level": "highest",
    "disallow_start_if_on_batteries": False,
}


def test_a_task_is_made_once_and_told_of(machine: Machine, call: Call) -> None:
    assert call("community.win_scheduled_task", check=True, **RESUME)["changed"]
    assert tasks.definition(machine, "start upsmon") is None
    assert [call("community.win_scheduled_task", **RESUME)["changed"] for _time in range(2)] == [True, False]
    told = tasks.definition(machine, "START upsmon") or ""
    for part in (
        '<?xml version="1.0" encoding="UTF-16"?>',
        "<EventTrigger><Enabled>true</Enabled><Subscription>&lt;QueryList&gt;",
        "<Delay>PT1M</Delay></EventTrigger>",
        '<Principal id="Author"><UserId>S-1-5-18</UserId></Principal>',
        "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>",
        '<Command>C:\\Windows\\System32\\sc.exe</Command><Arguments>start "Network UPS Tools"</Arguments>',
    ):
        assert part in told
    assert call("community.win_scheduled_task", name="start upsmon", enabled=False)["changed"]
    assert "<Enabled>false</Enabled>" in (tasks.definition(machine, "start upsmon") or "")
    gone = {"name": "start upsmon", "state": "absent"}
    assert [call("community.win_scheduled_task", **gone)["changed"] for _time in range(2)] == [True, False]
    assert tasks.definition(machine, "start upsmon") is None


def test_the_last_task_of_a_folder_takes_the_folder_with_it(machine: Machine, call: Call) -> None:
    for state, folders in (("present", ["\\", "\\upsfleet"]), ("absent", ["\\"])):
        call("community.win_scheduled_task", **RESUME, path="\\upsfleet", state=state)
        assert machine.state["task_folders"] == folders


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"actions": []}, "cannot create a task with no actions"),
        ({"triggers": [{"type": "event"}]}, "mandatory key 'subscription'"),
        ({"triggers": [{"type": "event", "subscription": "<QueryList>"}]}, "no XML"),
        ({"triggers": [{"type": "boot", "delay": "5 minutes"}]}, "XML duration format"),
        ({"name": "a:b"}, "Invalid task name"),
        ({"group": "Users"}, "can not be set at the same time"),
        ({"username": "Administrator", "logon_type": "service_account"}, "username must be SYSTEM"),
    ],
)
def test_tasks_that_windows_refuses(call: Call, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(Failed, match=message):
        call("community.win_scheduled_task", **{**RESUME, **wrong})


def test_an_unknown_key_of_a_trigger_is_only_warned_of(call: Call) -> None:
    done = call("community.win_scheduled_task", **{**RESUME, "triggers": [{"type": "boot", "days_of_week": "monday"}]})
    assert "days_of_week" in done["warnings"][0]


@pytest.fixture
def legacy(machine: Machine) -> str:
    """Return the path of NUT 2.6.5-6's installer on the double."""
    make_packages.make_legacy_msi(Path(machine.drive.real("C:\\nut.msi")))
    return "C:\\nut.msi"


def test_the_old_installer_hangs_in_silence_unless_told_not_to(call: Call, legacy: str) -> None:
    with pytest.raises(Failed, match="Give LIBUSBINSTALL=0"):
        call("ansible.win_package", path=legacy)


def test_the_old_installer_installs_and_its_service_comes_late(machine: Machine, call: Call, legacy: str) -> None:
    install = {"path": legacy, "arguments": "LIBUSBINSTALL=0"}
    assert call("ansible.win_package", check=True, **install)["changed"]
    assert not machine.drive.exists(LEGACY)
    done = [call("ansible.win_package", **install) for _time in range(2)]
    assert [one["changed"] for one in done] == [True, False]
    assert machine.drive.is_file(LEGACY + "\\etc\\upsmon.conf.sample")
    assert not machine.drive.exists(LEGACY + "\\sbin\\libgcc_s_dw2-1.dll")
    looks = [call("ansible.win_service_info", name="Network UPS Tools") for _time in range(2)]
    assert [look["exists"] for look in looks] == [False, True]
    assert looks[1]["services"][0]["path"] == LEGACY + "\\bin\\nut.exe"
    assert machine.state["services"]["network ups tools"]["unquoted_path"]
    assert call("ansible.win_reg_stat", path=KEY, name="EventMessageFile")["value"] == LEGACY + "\\bin\\nut.exe"


def test_what_others_put_there_survives_the_removal(machine: Machine, call: Call, legacy: str) -> None:
    call("ansible.win_package", path=legacy, arguments="LIBUSBINSTALL=0")
    machine.drive.write(LEGACY + "\\etc\\nut.conf", b"MODE=netclient\n")
    gone = {"product_id": make_packages.LEGACY_PRODUCT, "state": "absent"}
    assert [call("ansible.win_package", **gone)["changed"] for _time in range(2)] == [True, False]
    assert machine.drive.is_file(LEGACY + "\\etc\\nut.conf")
    assert not machine.drive.exists(LEGACY + "\\bin")
    assert not call("ansible.win_service_info", name="Network UPS Tools")["exists"]


def test_creates_path_and_checksum_are_honoured(call: Call, legacy: str) -> None:
    assert not call("ansible.win_package", path=legacy, creates_path="C:\\Windows")["changed"]
    with pytest.raises(Failed, match="did not match"):
        call("ansible.win_package", path=legacy, arguments="LIBUSBINSTALL=0", checksum="00")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("LIBUSBINSTALL=0 ALLUSERS=1", {"LIBUSBINSTALL": "0", "ALLUSERS": "1"}),
        ('/x TARGETDIR="C:\\Some Where" A=""', {"TARGETDIR": "C:\\Some Where", "A": ""}),
    ],
)
def test_properties_of_a_command_line(line: str, found: dict[str, str]) -> None:
    assert packages.properties(line) == found


@pytest.mark.parametrize("machine_type", [pe.I386, pe.AMD64])
def test_made_up_programs_say_for_which_machine_they_are(machine_type: int) -> None:
    program = pe.program(machine_type, ["a.dll", "b.dll"], "2.8.4")
    assert (pe.machine(program), pe.needs(program)) == (machine_type, ["a.dll", "b.dll"])
    assert (pe.machine(b"MZ"), pe.machine(b""), pe.needs(b"")) == (0, 0, [])


@pytest.mark.skipif(not shutil.which("bsdtar"), reason="needs bsdtar (Debian: libarchive-tools)")
def test_the_archive_is_laid_out_like_the_real_one(tmp_path: Path) -> None:
    made = make_packages.make_7z(tmp_path / "nut.7z")
    assert made.read_bytes()[:6] == b"7z\xbc\xaf\x27\x1c"
    listed = subprocess.run(["bsdtar", "-tf", str(made)], check=True, capture_output=True, text=True).stdout.split()
    assert "NUT-for-Windows-x86_64-RELEASE-2.8.4/mingw64/sbin/upsmon.exe" in listed


def test_equal_packages_are_equal_files(tmp_path: Path) -> None:
    first, second = (make_packages.make_openssl_zip(tmp_path / name) for name in ("a.zip", "b.zip"))
    assert first.read_bytes() == second.read_bytes()
