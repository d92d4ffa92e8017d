# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""win_nut_folders.ps1 with a table in place of the functions that use Windows' classes of access rights.

This shows what the script makes of what is there, not that Windows creates a folder with its rights at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from powershell.session import Job, Session

ROOT = "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
PROGRAMS = "O:BAD:AI(A;OICI;0x1200a9;;;BU)"
INHERITED = "(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)"
SOMEBODY = "S-1-5-21-1-2-3-1001"

OWN = {
    "Enable-Right": "[System.IO.MemoryStream]::new()",  # something to dispose of
    "Get-Descriptor": "param ([string]$Path) $global:rights[$Path]",
    "Get-Child": 'param ([string]$Path) $global:rights.Keys | Where-Object { $_.StartsWith("$Path\\") } | Sort-Object',
    "Add-Folder": "param ([string]$Path, [string]$Sddl) $global:rights[$Path] = $Sddl",
    "Set-Descriptor": "param ([string]$Path, [string]$Sddl) $global:rights[$Path] = $Sddl",
    "Set-Owner": "param ([string]$Path, [string]$Owner)"
    " $global:rights[$Path] = $global:rights[$Path] -replace '^O:.+?D:', \"O:${Owner}D:\"",
}


def job(there: dict[str, str], *folders: dict[str, Any], check: bool = False, **doubles: str) -> Job:
    """Return a job on a host where *there* are paths with their rights; doubles by name with an underscore."""
    rows = "; ".join(f"'{path}' = '{sddl}'" for path, sddl in there.items())
    given = {name.replace("_", "-"): body for name, body in doubles.items()}
    assert not given.keys() - OWN.keys()
    arguments = {"folders": list(folders), "_ansible_check_mode": check, "_ansible_diff": True}
    return Job("win_nut_folders", arguments, before=f"$global:rights = @{{ {rows} }}", doubles={**OWN, **given})


REAL_CHILDREN = {name: body for name, body in OWN.items() if name != "Get-Child"}


def folder(path: str = "C:\\NUT", sddl: str = ROOT, **more: Any) -> dict[str, Any]:
    return {"path": path, "sddl": sddl, **more}


@pytest.mark.parametrize("check", [False, True])
def test_folders_that_are_missing_are_created(powershell: Session, check: bool) -> None:
    result = powershell.run(job({}, folder(), folder("C:\\NUT\\bin", PROGRAMS), check=check))
    assert (result["changed"], result["created"], result["corrected"]) == (True, ["C:\\NUT", "C:\\NUT\\bin"], [])
    assert result["diff"] == {"before": "", "after": f"C:\\NUT {ROOT}\nC:\\NUT\\bin {PROGRAMS}"}


@pytest.mark.parametrize(
    ("sddl", "there"),
    [
        (ROOT, ROOT),
        (ROOT, "O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)"),
        (PROGRAMS, PROGRAMS.replace("AI", "AI" + INHERITED)),
        (PROGRAMS, "O:BAD:AI" + INHERITED + "(A;OICI;0x1200a9;;;BU)"),
    ],
)
def test_what_is_right_is_left_alone(powershell: Session, sddl: str, there: str) -> None:
    result = powershell.run(job({"C:\\NUT": there}, folder(sddl=sddl, recurse=True)))
    assert (result["changed"], result["created"], result["corrected"]) == (False, [], [])
    assert result["diff"] == {"before": "", "after": ""}


@pytest.mark.parametrize(
    "there",
    [
        f"O:{SOMEBODY}D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
        "O:BAD:AI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
        "O:BAD:PAI(A;OICI;FA;;;SY)",
        ROOT + f"(A;;0x1301bf;;;{SOMEBODY})",
        "O:BAD:PAI(A;OICI;0x1200a9;;;SY)(A;OICI;FA;;;BA)",
        "O:BAD:PAI",
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_what_is_wrong_is_corrected(powershell: Session, there: str, check: bool) -> None:
    result = powershell.run(job({"C:\\NUT": there}, folder(), check=check))
    assert (result["changed"], result["created"], result["corrected"]) == (True, [], ["C:\\NUT"])
    assert result["diff"] == {"before": f"C:\\NUT {there}", "after": f"C:\\NUT {ROOT}"}


@pytest.mark.parametrize(("recurse", "corrected"), [(True, ["C:\\NUT\\bin\\a.dll"]), (False, [])])
def test_what_is_in_a_folder_is_given_to_its_owner_where_asked_for(
    powershell: Session, recurse: bool, corrected: list[str]
) -> None:
    there = {
        "C:\\NUT": ROOT,
        "C:\\NUT\\bin": PROGRAMS,
        "C:\\NUT\\bin\\a.dll": f"O:{SOMEBODY}D:AI(A;ID;FA;;;SY)",
        "C:\\NUTS\\b": f"O:{SOMEBODY}D:AI",
    }
    result = powershell.run(job(there, folder(recurse=recurse)))
    assert (result["changed"], result["corrected"]) == (bool(corrected), corrected)


def test_a_folder_that_somebody_creates_at_the_same_moment_is_refused(powershell: Session) -> None:
    theirs = f"param ([string]$Path, [string]$Sddl) $global:rights[$Path] = 'O:{SOMEBODY}D:AI(A;OICI;FA;;;BA)'"
    result = powershell.run(job({}, folder(), Add_Folder=theirs))
    assert result["failed"]
    assert result["msg"] == "C:\\NUT cannot be given its rights: somebody else has created it at the same moment"


def test_rules_that_the_creation_left_out_are_set(powershell: Session) -> None:
    """Whether a new folder has rules of its own beside inherited ones is up to the file system."""
    bare = "param ([string]$Path, [string]$Sddl) $global:rights[$Path] = 'O:BAD:AI(A;OICIID;FA;;;SY)'"
    assert powershell.run(job({}, folder("C:\\NUT\\bin", PROGRAMS), Add_Folder=bare))["created"] == ["C:\\NUT\\bin"]


def test_rights_that_stay_as_they_are_fail(powershell: Session) -> None:
    result = powershell.run(
        job({"C:\\NUT": "O:BAD:AI"}, folder(), Set_Descriptor="param ([string]$Path, [string]$Sddl)")
    )
    assert result["msg"] == "C:\\NUT cannot be given its rights: its rights stayed O:BAD:AI"


def test_an_error_names_the_folder(powershell: Session) -> None:
    result = powershell.run(job({}, folder("X:\\NUT"), Add_Folder="throw 'Could not find a part of the path'"))
    assert result["msg"] == "X:\\NUT cannot be given its rights: Could not find a part of the path"


def test_a_link_is_refused_and_not_followed(newest: Session, tmp_path: Path) -> None:
    """What is in the folder is real here, the rights are the table's."""
    top, other = tmp_path / "NUT", tmp_path / "other"
    (top / "bin").mkdir(parents=True)
    other.mkdir()
    (other / "theirs").touch()
    (top / "bin" / "a.dll").touch()
    there = dict.fromkeys(map(str, (top, top / "bin", top / "bin" / "a.dll", other / "theirs")), ROOT)
    run = job(there, folder(str(top), recurse=True))
    run.doubles = REAL_CHILDREN
    assert newest.run(run)["changed"] is False
    (top / "bin" / "way").symlink_to(other)
    assert newest.run(run)["msg"] == f"{top} cannot be given its rights: {top}/bin/way is a link; remove it"
    (tmp_path / "link").symlink_to(top)
    run = job(there, folder(str(tmp_path / "link")))
    assert newest.run(run)["msg"] == f"{tmp_path}/link cannot be given its rights: it is a link; remove it"
