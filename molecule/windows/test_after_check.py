"""Check mode on a bare Windows host (a double) tells what it would do and does nothing."""

from __future__ import annotations

from scenarios.harness import fleet
from scenarios.windows import windows


def test_check_mode_says_what_it_would_do() -> None:
    files, state = windows.files(), windows.state
    run = fleet.playbook("site", "--check", "--diff", limit=["windows"]).succeeds()

    assert run.changed["windows"] > 0
    assert "windows: would be provisioned (package, config, service, login)." in run.text
    assert "+MODE=netclient" in run.text
    assert 'SHUTDOWNCMD "C:\\\\Windows\\\\System32\\\\shutdown.exe /s /t 0 /f"' in run.text
    assert windows.files() == files
    assert windows.state == state
    assert fleet.nas.clients() == []
