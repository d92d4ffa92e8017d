"""What ran: the collection's own script on a PowerShell in the double, or the double of it in Python."""

from __future__ import annotations

import pytest
from scenarios.windows import ROOT, windows


def test_the_exchange_was_the_collection_s_own_script() -> None:
    if not windows.host.holds("test -x /opt/powershell/pwsh/pwsh"):
        pytest.skip("no PowerShell was brought along: win_upsd_exchange was answered in Python")
    runs = windows.host.run(f"cat {ROOT}/powershell.log").splitlines()
    assert runs
    assert set(runs) == {"win_upsd_exchange"}
    print(f"win_upsd_exchange.ps1 ran {len(runs)} times on PowerShell 7 in the double")
