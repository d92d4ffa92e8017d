"""A Mac is proven protected. The Mac is a double: brew, launchctl and the like are stand-ins, upsmon is a real one."""

from __future__ import annotations

import pytest
from scenarios.harness import fleet, wait_for

mac = fleet.hosts["mac"]
LABEL = "io.github.upsfleet.upsmon"
PLIST = f"/Library/LaunchDaemons/{LABEL}.plist"
CONF = "/opt/homebrew/etc/nut/upsmon.conf"
AGENT = "/Users/admin/Library/LaunchAgents/homebrew.mxcl.nut.plist"


def calls(command: str) -> list[str]:
    """Return what the double of a command was asked to do."""
    return [line for line in mac.run("cat /var/lib/macos-double/commands.log").splitlines() if line.startswith(command)]


def upsmon() -> list[str]:
    return mac.run("pgrep -x upsmon", ok=False).split()


def test_files() -> None:
    shown = mac.run(f"stat -c '%a %U:%G' {CONF} {PLIST} /var/db/upsfleet").splitlines()
    assert shown == ["600 root:wheel", "644 root:wheel", "700 root:wheel"]
    assert f'MONITOR "ups@{fleet.nas_address}" 1 "monuser" ' in mac.run(f"cat {CONF}")
    assert 'SHUTDOWNCMD "/sbin/shutdown -h +0"' in mac.run(f"cat {CONF}")
    assert not mac.holds("test -e /opt/homebrew/etc/nut/nut.conf"), "launchd reads no nut.conf"


def test_the_nas_lists_the_mac_and_nobody_was_asked_to_shut_down() -> None:
    assert fleet.nas.clients() == ["mac"]
    assert calls("shutdown") == []


def test_brew_ran_as_its_owner_and_nothing_was_refused() -> None:
    assert mac.run("stat -c %U /opt/homebrew/Cellar/nut") == "admin"
    assert "state = running" in mac.run(f"/bin/launchctl print system/{LABEL}")


def test_another_run_is_one_execution_and_changes_nothing() -> None:
    run = fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()

    row = run.rows["mac"]
    assert (row["verdict"], row["logged_in"], row["protected"], row["drift"]) == ("ok", True, True, [])
    assert (row["system"], row["double"], row["address"]) == ("macos 15.5", True, mac.address)
    assert "macos 15.5 (double)" in run.text
    assert run.modules == {"mac": ["upsfleet.synology.nut_client_audit"]}


def test_a_platform_that_is_not_named_is_found() -> None:
    run = fleet.playbook("audit", limit=["mac"], variables={"nut_client_platform": "auto"}).succeeds()
    assert run.rows["mac"]["system"] == "macos 15.5"


def test_a_changed_setting_restarts_without_loading_anew() -> None:
    before, loads = upsmon(), len(calls("launchctl bootstrap"))
    run = fleet.playbook("site", limit=["mac"], variables={"nut_client_hostsync": 20}).succeeds()

    assert run.verdicts == {"mac": "ok"}
    assert upsmon() != before
    assert len(calls("launchctl bootstrap")) == loads
    assert calls("launchctl kickstart")[-1].endswith(f"kickstart -k system/{LABEL}")
    fleet.playbook("site", limit=["mac"]).succeeds()


def test_a_daemon_that_was_changed_or_disabled_is_loaded_anew() -> None:
    mac.run(f"touch {PLIST}; /bin/launchctl disable system/{LABEL}")
    audit = fleet.playbook("audit", limit=["mac"]).fails()
    assert audit.verdicts == {"mac": "drifted"}
    assert f"{LABEL} is not enabled; {LABEL} has changed on disk" in audit.advice("mac")

    fleet.playbook("site", limit=["mac"]).succeeds()
    fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()
    fleet.nas.wait_for_clients("mac")


def test_a_working_configuration_is_put_back_where_the_new_one_does_not_log_in() -> None:
    conf = mac.run(f"cat {CONF}")
    # upsmon waits for a certificate database that is not there; the probe, which is not told so, logs in.
    run = fleet.playbook(
        "site", limit=["mac"], variables={"nut_client_forcessl": True, "nut_client_login_wait": 8}
    ).fails()

    assert "the files that worked before were put back" in run.advice("mac")
    assert mac.run(f"cat {CONF}") == conf
    fleet.nas.wait_for_clients("mac")
    fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()


def test_a_second_upsmon_of_brew_services_is_reported_and_left_alone() -> None:
    mac.run(f"echo '<plist/>' > {AGENT}")
    run = fleet.playbook("audit", limit=["mac"]).succeeds()
    mac.run(f"rm {AGENT}")

    assert f"{AGENT} starts a second upsmon beside this one: run `brew services stop nut` as admin" in run.text


def test_a_denied_mac_is_told_its_address() -> None:
    fleet.nas("deny", mac.address)
    run = fleet.playbook("audit", limit=["mac"]).fails()
    fleet.nas.permit(mac.address)

    assert run.verdicts == {"mac": "not_permitted"}
    assert f"In DSM add {mac.address}" in run.advice("mac")
    fleet.nas.wait_for_clients("mac")


@pytest.mark.parametrize("say", ["xcode-select: note: No developer tools were found, requesting install.", ""])
def test_a_mac_without_python_is_told_what_to_type(say: str) -> None:
    stub = "/usr/local/bin/no-python"
    mac.run(f"printf '#!/bin/sh\\necho \"%s\" >&2\\nexit 1\\n' '{say}' > {stub}; chmod 755 {stub}")
    python = stub if say else "/usr/bin/python9"
    run = fleet.playbook("audit", limit=["mac"], variables={"ansible_python_interpreter": python}).fails()
    mac.run(f"rm {stub}")

    assert run.verdicts == {"mac": "not_audited"}
    assert "xcode-select --install" in run.advice("mac")


def test_upsmon_comes_back_after_it_was_killed_and_goes_when_it_ends_by_itself() -> None:
    mac.run("pkill -KILL -x upsmon")
    wait_for("another upsmon", lambda: bool(upsmon()))
    fleet.nas.wait_for_clients("mac")

    fleet.nas("fsd")
    wait_for("the shutdown command", lambda: calls("shutdown") != [])
    wait_for("upsmon's end", lambda: not upsmon())
    assert calls("shutdown") == ["shutdown -h +0"]


def test_nothing_is_started_while_a_forced_shutdown_is_latched() -> None:
    run = fleet.playbook("site", limit=["mac"]).fails().changes_nothing()
    assert run.verdicts == {"mac": "forced_shutdown"}
    assert upsmon() == []

    fleet.nas.as_new()
    fleet.playbook("site", limit=["mac"]).succeeds()


def test_remove_leaves_the_mac_as_it_was() -> None:
    fleet.playbook("remove", "--check", limit=["mac"]).succeeds()
    assert upsmon() != []
    run = fleet.playbook("remove", limit=["mac"]).succeeds()

    assert run.changed["mac"] > 0
    assert upsmon() == []
    for path in (PLIST, CONF, "/var/db/upsfleet", "/opt/homebrew/Cellar/nut"):
        assert not mac.holds(f"test -e {path}"), path
    fleet.nas.wait_for_clients()
    fleet.playbook("remove", limit=["mac"]).succeeds().changes_nothing()


def test_macports_does_as_well() -> None:
    mac.run("/opt/doubles/setup_double macports")
    run = fleet.playbook("site", limit=["mac"]).succeeds()

    assert run.verdicts == {"mac": "ok"}
    assert mac.holds("test -e /opt/local/etc/upsmon.conf")
    fleet.nas.wait_for_clients("mac")
    fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()
    fleet.playbook("remove", limit=["mac"]).succeeds()
    assert not mac.holds("test -e /opt/local/sbin/upsmon")
