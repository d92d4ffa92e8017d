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
    "Get-CimInstance": "[pscustomobject]@{ Caption = 'Microsoft Windows 11 Pro'; Version = '10.0.26100' }",
    "Get-Acl": "[pscustomobject]@{ Sddl = 'O:BAD:(A;;FA;;;SY)' }",
    "Get-NetTCPConnection": "",
    "Get-NetIPAddress": "",
}
OWN = {
    "Get-MachineValue": "param ([string]$Path, [string]$Name) $null",
    "Get-SourceEvent": "param ([string]$Source, [double]$Since, [int]$Limit)",
    "Get-NamedProcess": "param ([string]$Name)",
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

CONNECTION = (
    "[pscustomobject]@{ OwningProcess = [uint32]412; LocalAddress = '192.0.2.31'; LocalPort = [uint16]50123;"
    " RemoteAddress = '192.0.2.5'; RemotePort = [uint16]3493 }\n"
)
ADDRESS = (
    "[pscustomobject]@{ IPAddress = '2001:db8::1%3'; PrefixOrigin = 'RouterAdvertisement'; SuffixOrigin = 'Random' }\n"
)
PROCESS = "@{ name = [string]$Name; pid = 412; path = 'C:\\NUT\\sbin\\upsmon.exe'; started = 1.5 }\n"
EVENT = "@{ time = 1.5; level = 4; message = 'Communications with UPS lost' }\n"
LISTS = [
    ("connections", "Get_NetTCPConnection", CONNECTION),
    ("ipv6_addresses", "Get_NetIPAddress", ADDRESS),
    ("processes", "Get_NamedProcess", PROCESS),
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
