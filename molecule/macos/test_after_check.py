"""Check mode on a bare Mac (a double) tells what it would do and does nothing."""

from __future__ import annotations

from scenarios.harness import fleet

mac = fleet.hosts["mac"]
FINGERPRINT = (
    "find /Library /opt/homebrew /usr/local /var/db /Users -xdev -printf '%p %s %m %T@\\n' | grep -v __pycache__"
)


def test_check_mode_says_what_it_would_do() -> None:
    before = mac.run(FINGERPRINT)
    run = fleet.playbook("site", "--check", "--diff", limit=["mac"]).succeeds()

    assert run.changed["mac"] > 0
    assert "mac: would be provisioned (package, config, service, login)." in run.text
    assert "+MONITOR" in run.text
    assert "io.github.upsfleet.upsmon" in run.text
    assert mac.run(FINGERPRINT) == before
    assert fleet.nas.clients() == []
