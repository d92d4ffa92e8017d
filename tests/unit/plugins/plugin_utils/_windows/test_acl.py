# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access rules of Windows folders: read, and judged."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import acl
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.acl import Ace

OURS = "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
ROOT = f"O:BAG:SYD:PAI{OURS}"
PROGRAMS = f"O:BAG:SYD:AI(A;OICI;0x1200a9;;;BU){OURS.replace('OICI', 'OICIID')}"
INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
SOMEBODY = "S-1-5-21-1004336348-1177238915-682003330-1001"
# What a folder made under C:\ gets on Windows 10: any user may make files there.
PLAIN = (
    "O:BAG:S-1-5-21-1004336348-1177238915-682003330-513D:AI(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)"
    "(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)"
)
PROGRAM_FILES = (
    f"O:SYG:SYD:AI(A;ID;FA;;;{INSTALLER})(A;CIIOID;GA;;;{INSTALLER})(A;ID;FA;;;SY)(A;OICIIOID;GA;;;SY)(A;ID;FA;;;BA)"
    "(A;OICIIOID;GA;;;BA)(A;ID;0x1200a9;;;BU)(A;OICIIOID;GXGR;;;BU)(A;OICIIOID;GA;;;CO)(A;ID;0x1200a9;;;AC)"
    "(A;ID;0x1200a9;;;S-1-15-2-2)"
)
AUTHENTICATED = "Authenticated Users may read, execute, write, delete"

# descriptor, kind of folder, what is wrong
JUDGED: list[tuple[str, str, list[str]]] = [
    (ROOT, "root", []),
    (ROOT, "etc", []),
    (ROOT, "programs", ["Users may not run what is in it"]),
    (PROGRAMS + "(D;;FX;;;BU)", "programs", ["Users may not run what is in it"]),
    (PROGRAMS.replace("OICI;0x1200a9", "OICIIO;0x1200a9"), "programs", ["Users may not run what is in it"]),
    (ROOT.replace("PAI", "P"), "root", []),
    (ROOT.replace("O:BA", "O:SY"), "root", []),
    (ROOT.replace("O:BA", f"O:{INSTALLER}"), "root", []),
    (ROOT.replace("O:BA", "O:S-1-5-32-544"), "root", []),
    (ROOT.replace("FA", "0x1f01ff"), "root", []),
    (ROOT.replace("FA", "GA"), "root", []),
    (ROOT + "S:AI(AU;SAFA;FA;;;WD)", "root", []),
    (ROOT + "S:(ML;OICI;NW;;;HI)", "root", []),
    (ROOT.replace("PAI", "AI"), "root", ["it inherits access from the folder above"]),
    (ROOT.replace("PAI", "AI"), "etc", []),
    (ROOT.replace("O:BA", "O:BU"), "etc", ["it is owned by Users, not by Administrators or SYSTEM"]),
    (ROOT.replace("O:BA", f"O:{SOMEBODY}"), "etc", [f"it is owned by {SOMEBODY}, not by Administrators or SYSTEM"]),
    (ROOT.replace("O:BA", ""), "etc", ["it is owned by nobody known, not by Administrators or SYSTEM"]),
    ("O:BAG:SY", "etc", ["it has no access list, so everybody may do everything"]),
    ("O:BAG:SYD:NO_ACCESS_CONTROL", "root", ["it has no access list, so everybody may do everything"]),
    (
        "O:BAG:SYD:P",
        "root",
        ["SYSTEM does not have full control", "Administrators does not have full control"],
    ),
    (ROOT.replace("FA;;;SY", "FR;;;SY"), "etc", ["SYSTEM does not have full control"]),
    (ROOT.replace("OICI;FA;;;SY", "OICIIO;FA;;;SY"), "etc", ["SYSTEM does not have full control"]),
    (ROOT + "(D;;SD;;;SY)", "etc", ["SYSTEM does not have full control"]),
    (ROOT + "(A;;0x1200a9;;;BU)", "root", ["Users may read, execute"]),
    (ROOT + "(A;OICIIO;FR;;;WD)", "etc", ["Everyone may read"]),
    (ROOT + "(A;;RC;;;AU)", "etc", ["Authenticated Users may use the rights 0x20000"]),
    (ROOT + f"(A;OICI;FA;;;{SOMEBODY})", "etc", [f"{SOMEBODY} may do everything"]),
    (ROOT + f"(A;OICI;FA;;;{INSTALLER})", "etc", []),
    (ROOT + "(A;OICIIO;GA;;;CO)", "etc", []),
    (ROOT + "(A;OICI;GA;;;CO)", "etc", ["CREATOR OWNER may do everything"]),
    (ROOT + "(D;OICI;FA;;;WD)", "etc", []),
    (ROOT + '(XA;;FX;;;WD;(@USER.title=="a) (b" && (1==1)))', "etc", ["Everyone may execute"]),
    (ROOT + "(OA;;FX;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)", "etc", ["Everyone may execute"]),
    (PROGRAMS, "programs", []),
    (PROGRAMS + "(A;;FRFX;;;WD)", "programs", []),
    (PROGRAMS + "(A;;GRGX;;;AC)", "programs", []),
    (PROGRAMS, "etc", ["Users may read, execute"]),
    (PROGRAMS + "(A;;0x2;;;WD)", "programs", ["Everyone may write"]),
    (PROGRAMS + "(A;CI;LC;;;BU)", "programs", ["Users may read, execute, write"]),
    (PROGRAMS + "(A;;SD;;;IU)", "programs", ["INTERACTIVE may delete"]),
    (PROGRAMS + "(A;;DT;;;IU)", "programs", ["INTERACTIVE may delete"]),
    (PROGRAMS + "(A;;WD;;;DU)", "programs", ["Domain Users may change permissions"]),
    (PROGRAMS + "(A;;WO;;;LS)", "programs", ["LOCAL SERVICE may take ownership"]),
    (PROGRAMS + "(A;OICIIO;GW;;;AU)", "programs", ["Authenticated Users may write"]),
    (PLAIN, "root", ["it inherits access from the folder above", "Users may read, execute", AUTHENTICATED]),
    (PLAIN, "programs", [AUTHENTICATED]),
    (PROGRAM_FILES, "programs", []),
    (
        PROGRAM_FILES,
        "etc",
        [
            "Users may read, execute",
            "ALL APPLICATION PACKAGES may read, execute",
            "S-1-15-2-2 may read, execute",
        ],
    ),
]


@pytest.mark.parametrize(("sddl", "kind", "wrong"), JUDGED)
def test_problems(sddl: str, kind: str, wrong: list[str]) -> None:
    assert acl.problems(sddl, kind) == wrong


# descriptor, kind, the accounts that have a say of their own
FOREIGN: list[tuple[str, str, list[str]]] = [
    (ROOT, "root", []),
    (PLAIN, "root", []),
    (PROGRAM_FILES, "programs", []),
    (ROOT + "(A;OICI;0x1200a9;;;BU)", "programs", []),
    (ROOT + "(A;OICI;FR;;;BU)", "programs", []),
    (ROOT + "(A;OICI;0x1200a9;;;BU)", "root", ["Users"]),
    (ROOT + "(A;OICI;FR;;;BU)", "etc", ["Users"]),
    (ROOT + "(A;OICIIO;GA;;;CO)", "root", []),
    (ROOT + "(A;OICI;0x1301bf;;;BU)", "programs", ["Users"]),
    (ROOT + "(D;OICI;FR;;;BU)", "root", ["Users"]),
    (ROOT + f"(A;OICI;FR;;;{SOMEBODY})(A;ID;FA;;;WD)", "root", [SOMEBODY]),
    (f"O:{SOMEBODY}G:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FR;;;{SOMEBODY})", "root", [SOMEBODY]),
    (f"O:{SOMEBODY}G:SYD:AI(A;OICIID;FA;;;SY)", "programs", [SOMEBODY]),
    ("O:BAG:SYD:NO_ACCESS_CONTROL", "root", []),
]


@pytest.mark.parametrize(("sddl", "kind", "expected"), FOREIGN)
def test_foreign(sddl: str, kind: str, expected: list[str]) -> None:
    assert acl.foreign(sddl, kind) == expected


def test_parse() -> None:
    parsed = acl.parse("O:BAG:S-1-5-21-1-2-3-513D:PAIAR(A;OICIIO;FRFX;;;BU)(D;ID;0x80000000;;;S-1-1-0)S:P(AU;;FA;;;WD)")
    assert (parsed.owner, parsed.protected) == ("S-1-5-32-544", True)
    assert parsed.aces == (
        Ace("allow", frozenset({"OI", "CI", "IO"}), 0x1200A9, "S-1-5-32-545"),
        Ace("deny", frozenset({"ID"}), 0x120089, "S-1-1-0"),
    )
    assert [(ace.inherited, ace.here) for ace in parsed.aces or ()] == [(False, False), (True, True)]
    assert acl.parse("O:S-1-5-21-1-2-3-1001D:P").owner == "S-1-5-21-1-2-3-1001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "O:Administrators",
        "D:(A;;FA;;;SY",
        'D:(A;;FA;;;SY")',
        "D:(A;;FA)",
        "D:(ZZ;;FA;;;SY)",
        "D:(A;;ZZ;;;SY)",
        "D:(A;;F;;;SY)",
        "D:(A;;FA;;;me)",
    ],
)
def test_what_is_no_descriptor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not (a|an) |^not access"):
        acl.parse(text)


def test_an_unknown_kind_of_folder_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of root, etc, programs"):
        acl.problems(ROOT, "share")


def test_what_folders_are_given_has_no_problem() -> None:
    kinds = {"C:\\NUT\\sbin": "programs", "C:\\NUT": "root", "C:\\NUT\\etc": "etc", "C:\\nutty": "etc"}
    given = acl.given(kinds)
    assert [(one["path"], one["recurse"]) for one in given] == [
        ("C:\\NUT", True),
        ("C:\\NUT\\etc", False),  # it is in a folder that is gone through
        ("C:\\NUT\\sbin", False),
        ("C:\\nutty", True),
    ]
    for one in given:
        kind = kinds[one["path"]]
        inherited = "" if ":P" in one["sddl"] else OURS.replace("OICI", "OICIID")
        assert acl.problems(one["sddl"] + inherited, kind) == []
        assert acl.foreign(one["sddl"] + inherited, kind) == []


def test_account() -> None:
    assert acl.account("S-1-1-0") == "Everyone"
    assert acl.account(SOMEBODY) == SOMEBODY
