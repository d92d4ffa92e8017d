"""A Mac is proven protected. The Mac is a double: brew, launchctl and the like are stand-ins, upsmon is a real one."""

from __future__ import annotations

import plistlib

import pytest
from scenarios.harness import Run, fleet, wait_for

mac = fleet.hosts["mac"]
LABEL = "io.github.upsfleet.upsmon"
PLIST = f"/Library/LaunchDaemons/{LABEL}.plist"
CONF = "/opt/homebrew/etc/nut/upsmon.conf"
AGENT = "/Users/admin/Library/LaunchAgents/homebrew.mxcl.nut.plist"
OTHER = "org.networkupstools.upsmon"  # a label that people use
DAEMON = f"/Library/LaunchDaemons/{OTHER}.plist"
UPSMON = "/opt/homebrew/opt/nut/sbin/upsmon"


def calls(command: str) -> list[str]:
    """Return what the double of a command was asked to do."""
    return [line for line in mac.run("cat /var/lib/macos-double/commands.log").splitlines() if line.startswith(command)]


def launchctl(command: str) -> None:
    mac.run(f"/bin/launchctl {command}")


def put_daemon(program: str, folder: str) -> None:
    """Write the property list of somebody's own, which reads *folder*."""
    job = {
        "Label": OTHER,
        "ProgramArguments": [program, "-F"],
        "RunAtLoad": True,
        "EnvironmentVariables": {"NUT_CONFPATH": folder},
    }
    mac.write(DAEMON, plistlib.dumps(job).decode(), "0644", "root:wheel")


def gaps(run: Run) -> list[str]:
    """Return why the Mac would not go down, or not come back protected, the verdict's own reason first."""
    row = run.rows["mac"]
    codes = [gap["code"] for gap in row["gaps"]]
    assert (row["verdict"], row["reason"], row["protected"]) == ("would_stay_up", codes[0], False)
    return codes


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
    # the second does nothing to what runs
    kicks = [f"launchctl kickstart -k system/{LABEL}", f"launchctl kickstart system/{LABEL}"]
    assert calls("launchctl kickstart")[-2:] == kicks
    fleet.playbook("site", limit=["mac"]).succeeds()


def test_a_daemon_that_was_changed_or_disabled_is_loaded_anew() -> None:
    mac.run(f"touch {PLIST}; /bin/launchctl disable system/{LABEL}")
    audit = fleet.playbook("audit", limit=["mac"]).fails()
    assert gaps(audit) == ["unit_not_enabled"]
    assert f"{LABEL} is not enabled, so nothing is sure to start upsmon at boot" in audit.advice("mac")

    fleet.playbook("site", limit=["mac"]).succeeds()
    fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()
    fleet.nas.wait_for_clients("mac")


def test_a_daemon_that_loading_does_not_start_is_started() -> None:
    flag = "/var/lib/macos-double/bootstrap-starts-nothing"
    mac.run(f"touch {flag} {PLIST}")
    run = fleet.playbook("site", limit=["mac"]).succeeds()
    mac.run(f"rm {flag}")

    assert run.verdicts == {"mac": "ok"}
    assert calls("launchctl kickstart")[-1] == f"launchctl kickstart system/{LABEL}"
    fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()


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


@pytest.mark.parametrize(
    ("path", "stop"),
    [
        (AGENT, "`brew services stop nut` as admin"),
        (DAEMON, f"`sudo launchctl bootout system {DAEMON}` and `sudo launchctl disable system/{OTHER}`"),
    ],
)
def test_what_would_start_a_second_upsmon_is_named_and_nothing_is_changed_before(path: str, stop: str) -> None:
    if path == AGENT:
        mac.run(f"echo '<plist/>' > {AGENT}")
    else:
        put_daemon(UPSMON, "/opt/homebrew/etc/nut")
    run = fleet.playbook("site", limit=["mac"], variables={"nut_client_hostsync": 20}).fails().changes_nothing()
    mac.run(f"rm {path}")

    assert gaps(run) == ["other_starter"]
    assert f"{path} starts a second upsmon beside {LABEL}" in run.advice("mac")
    assert stop in run.advice("mac")
    fleet.playbook("site", limit=["mac"]).succeeds().changes_nothing()


def test_a_daemon_that_is_disabled_starts_nothing() -> None:
    put_daemon(UPSMON, "/opt/homebrew/etc/nut")
    launchctl(f"disable system/{OTHER}")
    run = fleet.playbook("audit", limit=["mac"])
    launchctl(f"enable system/{OTHER}")
    mac.run(f"rm {DAEMON}")

    assert run.succeeds().verdicts == {"mac": "ok"}


def test_an_upsmon_started_by_hand_is_logged_in_and_no_protection() -> None:
    launchctl(f"bootout system/{LABEL}")
    fleet.nas.wait_for_clients()
    mac.run(f"{UPSMON} </dev/null >/dev/null 2>&1")  # it goes into the background by itself
    fleet.nas.wait_for_clients("mac")
    by_hand = upsmon()
    launchctl(f"bootstrap system {PLIST}")
    run = fleet.playbook("site", limit=["mac"]).fails().changes_nothing()

    assert gaps(run)[0] == "other_starter"
    assert f"was started by hand, not by {LABEL}" in run.advice("mac")
    assert "last exit code = 1" in mac.run(f"/bin/launchctl print system/{LABEL}"), "ours ends as soon as it is started"
    assert upsmon() == by_hand

    mac.run(f"kill {' '.join(by_hand)}")
    fleet.playbook("site", limit=["mac"]).succeeds()
    fleet.nas.wait_for_clients("mac")


def test_a_daemon_that_was_loaded_with_another_folder_reads_other_files() -> None:
    """Its file is as it should be, and what runs is not."""
    mac.run(f"mkdir -p /opt/other; cp -p {CONF} /opt/other/; cp -p {PLIST} /opt/other/kept")
    launchctl(f"bootout system/{LABEL}")
    mac.run(f"sed -i 's#/opt/homebrew/etc/nut</string>#/opt/other</string>#' {PLIST}")
    launchctl(f"bootstrap system {PLIST}")
    mac.run(f"cp -p /opt/other/kept {PLIST}")
    fleet.nas.wait_for_clients("mac")
    audit = fleet.playbook("audit", limit=["mac"]).fails()

    assert gaps(audit) == ["other_configuration"]
    assert f"reads /opt/other/upsmon.conf, not {CONF}, because NUT_CONFPATH says so" in audit.advice("mac")
    assert fleet.playbook("site", limit=["mac"]).succeeds().verdicts == {"mac": "ok"}
    mac.run("rm -r /opt/other")


COMMANDS = {
    "/usr/bin/pmset sleepnow": "shutdowncmd_suspends",
    "/sbin/shutdown -s now": "shutdowncmd_suspends",
    "/usr/bin/osascript /opt/bye.applescript": "shutdowncmd_needs_session",
    "/opt/gone": "shutdowncmd_not_found",
}


@pytest.mark.parametrize(("command", "code"), COMMANDS.items())
def test_a_command_that_would_not_power_the_mac_off(command: str, code: str) -> None:
    program = command.split()[0]
    stub = program.startswith("/usr/bin/")  # no double: it is never run
    mac.run(f"install -m 755 /dev/null {program}" if stub else "true")
    mac.run(f"sed -i 's#^SHUTDOWNCMD .*#SHUTDOWNCMD \"{command}\"#' {CONF}")
    launchctl(f"kickstart -k system/{LABEL}")
    fleet.nas.wait_for_clients("mac")
    audit = fleet.playbook("audit", limit=["mac"]).fails()

    assert gaps(audit) == [code]
    assert f"SHUTDOWNCMD ({command})" in audit.advice("mac")
    assert fleet.playbook("site", limit=["mac"]).succeeds().verdicts == {"mac": "ok"}
    mac.run(f"rm {program}" if stub else "true")


@pytest.mark.parametrize("command", [command for command, code in COMMANDS.items() if code != "shutdowncmd_not_found"])
def test_such_a_command_is_refused_before_anything_is_looked_at(command: str) -> None:
    run = fleet.playbook("site", limit=["mac"], variables={"nut_client_shutdowncmd": command}).fails()

    assert "nut_client_shutdowncmd is " in run.text
    assert run.modules.get("mac", []) == []


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


def test_macports_upsmon_reads_its_own_folder_and_no_other_unless_it_is_told_to() -> None:
    """A job of somebody's own, with the folder that this collection once took for MacPorts' own."""
    elsewhere = "/opt/local/etc/nut"
    launchctl(f"bootout system/{LABEL}")
    mac.run(f"mkdir -p {elsewhere}; mv /opt/local/etc/upsmon.conf {elsewhere}/")
    assert "Can't open /opt/local/etc/upsmon.conf" in mac.run("/opt/local/sbin/upsmon -F 2>&1", ok=False)

    put_daemon("/opt/local/sbin/upsmon", elsewhere)
    launchctl(f"bootstrap system {DAEMON}")
    fleet.nas.wait_for_clients("mac")
    run = fleet.playbook("site", limit=["mac"]).fails().changes_nothing()
    assert gaps(run)[:2] == ["other_configuration", "other_starter"]
    assert f"reads {elsewhere}/upsmon.conf, not /opt/local/etc/upsmon.conf" in run.advice("mac")

    # as the advice says
    launchctl(f"bootout system/{OTHER}")
    mac.run(f"rm -r {DAEMON} {elsewhere}")
    assert fleet.playbook("site", limit=["mac"]).succeeds().verdicts == {"mac": "ok"}


def test_remove_takes_macports_nut_away_too() -> None:
    fleet.playbook("remove", limit=["mac"]).succeeds()
    assert not mac.holds("test -e /opt/local/sbin/upsmon")
