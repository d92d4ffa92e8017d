"""A power failure as a NAS plays it: every host is logged out and off in time, and comes back protected."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fleet import network
from scenarios.harness import CLEAN, LISTEN, Host, TestFleet, together, wait_for

fleet = TestFleet("realshutdown")
RELEASES = ("bullseye", "bookworm", "trixie", "forky")
LIMIT = 20  # seconds, the shortest nut_client_shutdown_limit
VARIABLES = {"nut_client_shutdown_limit": LIMIT}
# DSM waits for nobody but HOSTSYNC; its upsd then answers until two readings, ten seconds apart, say that power is out.
UPSD_ANSWERS = 15 + 20
# From FSD on: the poll that sees it, FINALDELAY, the limit, and time for a busy machine. Left alone, none of the hosts
# below that hold on is off as soon: systemd waits 300 s for a unit like that, and 90 s in its last round.
OFF = 5 + 5 + LIMIT + 25

IGNORES_TERM = "/bin/sh -c 'trap \"\" TERM; while :; do sleep 1 & wait; done'"
STUBBORN = f"{LISTEN}; systemd-run --quiet --unit=stubborn --property=TimeoutStopSec=300 {IGNORES_TERM}"
# A network file system whose server has stopped, and somebody who waits for it: once asked to end, in D state.
DEAD_MOUNT = """
mkdir -p /srv/nas /srv/there
echo something > /srv/there/file
printf '#!/bin/sh\\nexec /usr/lib/openssh/sftp-server\\n' > /usr/local/bin/far-end
chmod 755 /usr/local/bin/far-end
options=noauto,_netdev,cache=no,ssh_command=/usr/local/bin/far-end
echo "backup@nas:/srv/there /srv/nas fuse.sshfs $options" >> /etc/fstab
systemctl daemon-reload
systemctl start srv-nas.mount
cat /srv/nas/file
pkill -STOP -x sftp-server
systemd-run --quiet --unit=reader cat /srv/nas/file
"""


def dead_mount(host: Host) -> None:
    if host.holds("test -c /dev/fuse"):
        host.install("sshfs")
        host.run(DEAD_MOUNT)
    else:  # no FUSE on this machine: what ignores TERM stands in for what cannot be killed
        host.run(STUBBORN)


def unbounded(host: Host) -> None:
    """As with nut_client_shutdown_limit 0."""
    host.run(f"sed -i '/^bound$/d' /usr/local/sbin/upsmon-shutdown; {STUBBORN}")


def stubborn(host: Host) -> None:
    host.run(STUBBORN)


HOLDERS: dict[str, Callable[[Host], None]] = {
    "bullseye2": stubborn,
    "bookworm2": stubborn,
    "trixie2": stubborn,
    "forky2": stubborn,
    "bookworm3": dead_mount,
    "trixie3": unbounded,
}
# The engine mounts a tmpfs there, at each start.
KEEP_JOURNAL = """
umount -l /var/log/journal
mkdir -p /etc/systemd/system/systemd-journal-flush.service.d /var/log/journal
printf '[Service]\\nExecStartPre=-/bin/umount /var/log/journal\\n' \\
    > /etc/systemd/system/systemd-journal-flush.service.d/disk.conf
systemctl daemon-reload
systemctl restart systemd-journald
journalctl --flush
"""
FORGETS = ("forky", "forky2")  # their journal is in memory only
UNBOUNDED = {name for name, kind in HOLDERS.items() if kind is unbounded}


def said(words: str) -> None:
    """Wait until every upsmon has logged these words."""
    script = f"journalctl --no-pager -u nut-monitor | grep -q '{words}'"
    together(lambda name: wait_for(f"{words} on {name}", partial(fleet.hosts[name].holds, script)), fleet.hosts)


def test_the_power_is_back_before_anybody_has_to_go() -> None:
    assert set(fleet.playbook("site", variables=VARIABLES).succeeds().verdicts.values()) == {"ok"}
    together(lambda name: fleet.hosts[name].run(CLEAN), RELEASES)
    together(lambda name: fleet.hosts[name].run(KEEP_JOURNAL), set(RELEASES) - set(FORGETS))
    fleet.multiply(1, once_more=("bookworm", "trixie"))
    together(lambda name: HOLDERS[name](fleet.hosts[name]), HOLDERS)
    fleet.nas.wait_for_clients(*RELEASES, *HOLDERS)

    fleet.nas("status", "OB DISCHRG")
    said("on battery")
    fleet.nas("status", "OL CHRG")
    said("on line power")

    assert fleet.up() == set(fleet.hosts)
    fleet.nas.wait_for_clients(*RELEASES, *HOLDERS)


def test_everybody_is_logged_out_and_off_before_the_battery_is_empty() -> None:
    for status in ("OB DISCHRG", "OB DISCHRG LB"):
        fleet.nas("status", status)
    fleet.nas("fsd")
    network.wait_until("every log-out", lambda: not fleet.nas.clients(), UPSD_ANSWERS)
    fleet.nas("restart", "3600")
    network.wait_until("every power-off", lambda: fleet.up() <= UNBOUNDED, OFF)

    assert fleet.up() == UNBOUNDED
    assert not any(fleet.nas.show()["counters"]["dangerous"].values())


def test_they_come_back_protected_without_a_run() -> None:
    fleet.nas.as_new()
    fleet.boot(*fleet.hosts)
    fleet.nas.wait_for_clients(*fleet.hosts)

    for name in RELEASES:
        assert fleet.hosts[name].holds("test -e /var/lib/stopped-in-order")
    # Who was still to be stopped is in the journal, where a busy host finds the time to ask.
    assert any("stubborn.service" in fleet.hosts[f"{name}2"].run("cat /var/log/said") for name in RELEASES)
    as_provisioned = set(fleet.hosts) - UNBOUNDED
    run = fleet.playbook("audit", limit=as_provisioned, variables=VARIABLES).succeeds()
    assert run.verdicts == dict.fromkeys(as_provisioned, "ok")


def test_what_the_journals_say_of_it_agrees_with_the_nas(tmp_path: Path) -> None:
    of_the_nas = fleet.nas.show()["log"]
    path = tmp_path / "outage.json"
    fleet.playbook("explain", variables={"ups_outage_file": str(path)}).succeeds()
    found = json.loads(path.read_text())
    rows = {row["name"]: row for row in found["hosts"]}
    assert set(rows) == set(fleet.hosts)

    for name, row in rows.items():
        if name in FORGETS:
            assert (row["code"], codes(row)) == ("not_kept", ["begins"])
            continue
        states = [code for code in codes(row) if code in ("on_battery", "on_line", "fsd")]
        # One poll may see OB and FSD at once.
        assert (states[:2], sorted(states[2:])) == (["on_battery", "on_line"], ["fsd", "on_battery"])
        assert codes(row).index("fsd") < codes(row).index("shutdown") < codes(row).index("back")
        address = fleet.hosts[name].address
        told = [next(one["time"] for one in of_the_nas if word in one["value"]) for word in ("OB", "OL", "FSD")]
        left = next(one["time"] for one in of_the_nas if one["value"] == address and one["time"] > told[-1])
        seen = [at(row, code) for code in ("on_battery", "on_line", "fsd")]
        assert in_order(told[0], seen[0], told[1], seen[1], told[2], seen[2], left, at(row, "back")), row
        if name in RELEASES:
            assert row["ended"] == "shut_down"
            assert in_order(left, at(row, "down"), at(row, "back"))
    [ups] = found["upses"]
    assert [state["code"] for state in ups["states"]][:2] == ["on_battery", "on_line"]
    assert ups["now"] == fleet.nas.show()["status"]


def codes(row: dict[str, Any]) -> list[str]:
    return [event["code"] for event in row["events"]]


def at(row: dict[str, Any], code: str) -> float:
    """When the host saw something first."""
    time = next(event["time"] for event in row["events"] if event["code"] == code)
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


def in_order(*times: float) -> bool:
    """Whether each time is not before the one before it, to a second, because a log is written a little later."""
    return all(later >= earlier - 1 for earlier, later in zip(times, times[1:]))
