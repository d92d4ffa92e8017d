"""A run that was killed is finished by the next one."""

from __future__ import annotations

import shlex
import signal

from scenarios.harness import Run, fleet

bullseye, bookworm = fleet.hosts["bullseye"], fleet.hosts["bookworm"]
PAIR = ["bullseye", "bookworm"]
CHANGE = {"nut_client_pollfreq": 7}


# Between the files and the restart the host is inside one execution: what systemctl is asked for first ends that.
KILL = """cat > /usr/local/sbin/systemctl <<'END'
#!/bin/sh
if [ "$1" = daemon-reload ]; then rm -f "$0"; kill -9 $PPID; exit; fi
exec /bin/systemctl "$@"
END
chmod 755 /usr/local/sbin/systemctl"""


def killed_before_the_restart(*hosts: str, **more: object) -> None:
    prepare = " && ".join(shlex.join(fleet.containers.command(name, ["sh", "-c", KILL])) for name in hosts)
    run = fleet.playbook_with("site", "at_once | Write", prepare, limit=hosts, **more).fails()
    assert not any(fleet.hosts[name].holds("test -e /usr/local/sbin/systemctl") for name in hosts), run.text


def killed_before(task: str, *hosts: str, **more: object) -> None:
    run = fleet.playbook_with("site", task, "kill -9 $PPID", limit=hosts, **more)
    assert run.status == -signal.SIGKILL, run.text


def assert_next_run_finishes(**more: object) -> Run:
    run: Run = fleet.playbook("site", limit=PAIR, **more).succeeds()  # type: ignore[arg-type]
    assert run.verdicts == dict.fromkeys(PAIR, "ok")
    fleet.nas.wait_for_clients(*PAIR)
    assert fleet.playbook("site", limit=PAIR, **more).succeeds().changes_nothing().rows  # type: ignore[arg-type]
    return run


def test_killed_on_bare_hosts() -> None:
    killed_before("at_once |", "bullseye")
    assert bullseye.packages() == ["nut-client"]
    assert bullseye.run("pgrep -x upsmon", ok=False) == ""
    killed_before_the_restart("bookworm")
    assert bookworm.holds("grep -q ^MONITOR /etc/nut/upsmon.conf")
    assert bookworm.run("pgrep -x upsmon", ok=False) == ""

    run = assert_next_run_finishes()
    assert all(run.changed[name] > 0 for name in PAIR)


def test_killed_between_a_change_and_the_restart() -> None:
    before = fleet.state(*PAIR)
    killed_before_the_restart(*PAIR, variables=CHANGE)
    after = fleet.state(*PAIR)
    for name in PAIR:
        assert after[name]["files"] != before[name]["files"]
        assert after[name]["upsmon"] == before[name]["upsmon"]

    audit = fleet.playbook("audit", limit=PAIR, variables=CHANGE)
    for row in audit.rows.values():
        assert "upsmon_older_than_files" in [detail["code"] for detail in row["drift_details"]]

    run = assert_next_run_finishes(variables=CHANGE)
    assert all(run.changed[name] > 0 for name in PAIR)
    restarted = fleet.state(*PAIR)
    for name in PAIR:
        assert restarted[name]["files"] == after[name]["files"]
        assert restarted[name]["upsmon"] != before[name]["upsmon"]


def test_a_host_that_goes_away_is_told_as_that() -> None:
    away = "systemctl stop ssh.socket ssh.service; pkill -x sshd; true"
    leave = shlex.join(fleet.containers.command("bookworm", ["sh", "-c", away]))
    change = {"nut_client_pollfreq": 8}
    run = fleet.playbook_with("site", "at_once | Write", leave, limit=["bookworm"], variables=change)
    bookworm.run("systemctl start ssh.service")

    assert run.status, run.text
    assert "The host went away while its client was restarted: " in run.advice("bookworm")
    assert_next_run_finishes(variables=CHANGE)


def test_what_was_there_before_is_still_known() -> None:
    fleet.playbook("remove", limit=PAIR).succeeds()
    assert [bullseye.packages(), bookworm.packages()] == [[], []]
