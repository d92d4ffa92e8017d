# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access rights on a double of Windows: what is inherited, how it is printed, and the three modules that change it."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import accounts, acl
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

Call = Callable[..., "dict[str, Any]"]

WRITE = 0x2


def _dacl(machine: Machine, path: str) -> str:
    return (machine.sddl(path) or "").partition("D:")[2]


def _writers(machine: Machine, path: str) -> set[str]:
    entries = machine.entries(path)
    return {ace.sid for ace in entries if ace.type == "A" and ace.mask & WRITE and "IO" not in ace.flags}


def test_the_root_is_printed_as_windows_prints_it(machine: Machine) -> None:
    assert _dacl(machine, "C:\\") == (
        "PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)"
    )


def test_a_new_folder_below_the_root_is_everybodys_to_change(machine: Machine) -> None:
    machine.drive.make_folder("C:\\NUT")
    assert accounts.AUTHENTICATED_USERS in _writers(machine, "C:\\NUT")
    assert _dacl(machine, "C:\\NUT") == (
        "AI(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)"
    )
    machine.drive.write("C:\\NUT\\a", b"")
    assert _dacl(machine, "C:\\NUT\\a") == "AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)"


def test_a_new_folder_below_program_files_is_not(machine: Machine) -> None:
    machine.drive.make_folder("C:\\Program Files\\NUT")
    trusted = {accounts.SYSTEM, accounts.ADMINISTRATORS, accounts.TRUSTED_INSTALLER}
    assert _writers(machine, "C:\\Program Files\\NUT") <= trusted


def test_what_is_missing_has_no_descriptor(machine: Machine) -> None:
    assert machine.sddl("C:\\none") is None


def test_a_folder_is_closed_as_the_role_closes_it(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT\\etc")
    assert [call("ansible.win_acl_inheritance", path="C:\\NUT")["changed"] for _time in range(2)] == [True, False]
    assert _dacl(machine, "C:\\NUT") == "PAI"
    for user in ("S-1-5-18", "S-1-5-32-544"):
        grant = {"path": "C:\\NUT", "user": user, "rights": "FullControl", "type": "allow"}
        assert [call("ansible.win_acl", **grant)["changed"] for _time in range(2)] == [True, False]
    assert _dacl(machine, "C:\\NUT") == "PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
    assert _dacl(machine, "C:\\NUT\\etc") == "AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)"


def test_an_inherited_entry_is_not_the_same_as_an_own_one(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT")
    grant = {"path": "C:\\NUT", "user": "SYSTEM", "rights": "FullControl", "type": "allow"}
    assert call("ansible.win_acl", **grant)["changed"]
    assert call("ansible.win_acl", state="absent", **grant)["changed"]
    assert not call("ansible.win_acl", state="absent", **grant)["changed"]


def test_rights_of_one_user_are_merged(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT")
    call("ansible.win_acl_inheritance", path="C:\\NUT")
    for rights in ("Read", "ExecuteFile"):
        call("ansible.win_acl", path="C:\\NUT", user="Users", rights=rights, type="allow", inherit="None")
    call("ansible.win_acl", path="C:\\NUT", user="Everyone", rights="Delete", type="deny")
    assert _dacl(machine, "C:\\NUT") == "PAI(D;OICI;SD;;;WD)(A;;0x1200a9;;;BU)"


def test_inherited_entries_can_be_kept_as_own_ones_and_dropped_again(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT")
    call("ansible.win_acl_inheritance", path="C:\\NUT", reorganize=True)
    assert _dacl(machine, "C:\\NUT").startswith("PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)")
    call("ansible.win_acl_inheritance", path="C:\\NUT", state="present", reorganize=True)
    assert all(ace.inherited for ace in machine.entries("C:\\NUT"))


def test_check_mode_of_each(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT")
    before = machine.sddl("C:\\NUT")
    grant = {"path": "C:\\NUT", "user": "Users", "rights": "Read", "type": "allow"}
    assert call("ansible.win_acl", check=True, **grant)["skipped"]  # the real one does not support check mode
    assert call("ansible.win_acl_inheritance", check=True, path="C:\\NUT")["changed"]
    assert call("ansible.win_owner", check=True, path="C:\\NUT", user="SYSTEM")["changed"]
    assert machine.sddl("C:\\NUT") == before


def test_owner_of_a_whole_tree(machine: Machine, call: Call) -> None:
    machine.drive.make_folder("C:\\NUT\\etc")
    arguments = {"path": "C:\\NUT", "user": "S-1-5-18", "recurse": True}
    assert [call("ansible.win_owner", **arguments)["changed"] for _time in range(2)] == [True, False]
    assert (machine.sddl("C:\\NUT\\etc") or "").startswith("O:SY")


def test_rights_are_gone_with_the_folder(machine: Machine, call: Call) -> None:
    call("ansible.win_file", path="C:\\NUT", state="directory")
    call("ansible.win_acl_inheritance", path="C:\\NUT")
    call("ansible.win_file", path="C:\\NUT", state="absent")
    call("ansible.win_file", path="C:\\NUT", state="directory")
    assert accounts.AUTHENTICATED_USERS in _writers(machine, "C:\\NUT")


@pytest.mark.parametrize(
    ("rights", "allow", "mask"),
    [
        ("FullControl", True, 0x1F01FF),
        ("ReadAndExecute", True, 0x1200A9),
        ("read, WRITE", True, 0x12019F),
        ("Modify", False, 0x301BF),
        ("FullControl", False, 0x1F01FF),
    ],
)
def test_rights_become_the_mask_that_dotnet_makes(rights: str, allow: bool, mask: int) -> None:
    assert acl.rights_mask(rights, allow) == mask


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rights": "All"}, "Cannot convert"),
        ({"user": "nobody"}, "not a valid account"),
        ({"path": "C:\\x"}, "does not exist"),
    ],
)
def test_what_windows_does_not_know_is_named(machine: Machine, call: Call, wrong: dict[str, str], message: str) -> None:
    machine.drive.make_folder("C:\\NUT")
    good = {"path": "C:\\NUT", "user": "Users", "rights": "Read", "type": "allow"}
    with pytest.raises(Failed, match=message):
        call("ansible.win_acl", **{**good, **wrong})


def test_a_descriptor_survives_being_printed_and_read() -> None:
    text = "O:SYG:BAD:PAI(D;;SD;;;WD)(A;OICIIO;GXGR;;;BU)(A;CI;0x1200a9;;;S-1-5-80-1-2)"
    read = acl.from_sddl(text)
    entries = [acl.from_stored(stored) for stored in read["aces"]]
    assert acl.sddl(read["owner"], read["group"], read["protected"], entries) == text
