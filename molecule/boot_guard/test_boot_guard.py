"""A host that boots while FSD is latched stays up, is not held up, and is protected again without a run."""

from __future__ import annotations

from collections.abc import Callable

from fleet import network
from scenarios.harness import Host, TestFleet, together

fleet = TestFleet("bootguard")
UNIT = "nut-monitor.service"
GUARD = "nut-monitor-guard.service"
NUT_TARGET = "nut.target"  # not on bullseye
WAITS = {UNIT: "enabled inactive", GUARD: "static active"}
STOPPED = {UNIT: "enabled inactive", GUARD: "static inactive"}
RUNS = {UNIT: "enabled active", GUARD: "static inactive"}
SAID = (
    f"journalctl --no-pager --output=cat -u {UNIT} | grep -q 'says FSD although it is on line: upsmon is not started'"
)
# What a power-off in order leaves behind, and how often the host has booted.
COUNTER = """
cat > /etc/systemd/system/counter.service <<END
[Unit]
Before=nut-monitor.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo >>/var/lib/boots'
ExecStop=/bin/sh -c 'echo >>/var/lib/stops'
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --now counter.service
"""
# What is there after each stop: at once, after a restart, after another start. The limit is for a stop that hangs, as
# one of a unit that ignores TERM does for 90 seconds; systemd counts starts until it is told to forget them.
ENDED = f"timeout 30 sh -c 'until systemctl show -p ActiveState {GUARD} | grep -q =inactive; do sleep 0.1; done'"
STOPS = f"""
set -e
for before in true 'systemctl restart {UNIT}' 'systemctl start {UNIT}'; do
    systemctl reset-failed {UNIT}
    $before
    until systemctl --quiet is-active {GUARD}; do sleep 0.1; done
    timeout 30 systemctl stop {UNIT}
    {ENDED}
    echo $(systemctl is-active {UNIT} {GUARD}) $(systemctl list-jobs --no-legend | wc -l)
    systemctl start {UNIT}
done
echo done
"""


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Wait for a power-off, say; systemd gives what does not end 90 seconds."""
    network.wait_until(what, condition, 200)


def everywhere(script: str) -> dict[str, str]:
    """Run a script on every host at the same time."""
    return dict(zip(fleet.hosts, together(lambda name: fleet.hosts[name].run(script), fleet.hosts)))


def has_booted(host: Host) -> bool:
    return host.run("systemctl is-active multi-user.target", ok=False) == "active"


def units() -> list[dict[str, str]]:
    """The state of upsmon's unit and its guard on every host."""
    return list(together(lambda name: fleet.hosts[name].units(UNIT, GUARD), fleet.hosts))


def all_are(state: dict[str, str]) -> bool:
    return all(found == state for found in units())


def all_wait() -> None:
    """A guard that is started, perhaps again after a failure, waits for nobody to see it."""
    wait_for("the guards", lambda: all_are(WAITS))


def all_off() -> None:
    for host in fleet.hosts.values():
        wait_for(f"the power-off of {host.name}", lambda host=host: not host.is_up())  # type: ignore[misc]


def test_hosts_are_protected_and_a_forced_shutdown_takes_them_down() -> None:
    fleet.playbook("site").succeeds()
    assert all_are(RUNS)
    assert set(everywhere("systemctl is-system-running").values()) == {"running"}
    everywhere(COUNTER)
    fleet.nas("status", "OL")
    fleet.nas("fsd")
    all_off()


def test_a_latched_fsd_holds_up_upsmon_and_not_the_boot() -> None:
    fleet.boot(*fleet.hosts)
    assert set(everywhere("systemctl is-system-running; systemctl list-jobs --no-legend").values()) == {"running"}
    assert all(together(lambda name: has_booted(fleet.hosts[name]), fleet.hosts))
    all_wait()
    assert not any(together(lambda name: fleet.hosts[name].holds("pgrep -x upsmon"), fleet.hosts))
    assert all(together(lambda name: fleet.hosts[name].holds(SAID), fleet.hosts))


def test_who_stops_upsmon_has_it_stopped() -> None:
    assert set(everywhere(STOPS).values()) == {"inactive inactive 0\n" * 3 + "done"}
    all_wait()
    targets = [
        name
        for name, listed in everywhere(f"systemctl list-unit-files --no-legend {NUT_TARGET} || :").items()
        if listed
    ]
    assert targets == ["bookworm", "trixie", "forky"]
    stop = f"timeout 30 systemctl stop {NUT_TARGET}; {ENDED}; systemctl is-active {UNIT} {GUARD}"
    stopped = together(lambda name: fleet.hosts[name].run(f"{stop}; systemctl start {NUT_TARGET}"), targets)
    assert set(stopped) == {"inactive\ninactive"}
    all_wait()


def test_a_restart_as_after_an_update_and_a_guard_that_dies_change_nothing() -> None:
    everywhere(f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}; systemctl daemon-reload")
    everywhere(f"systemctl kill --signal=KILL {GUARD}")
    all_wait()
    assert not any(together(lambda name: fleet.hosts[name].holds("pgrep -x upsmon"), fleet.hosts))
    assert set(everywhere("systemctl is-system-running").values()) == {"running"}


def test_the_audit_knows_who_waits() -> None:
    run = fleet.playbook("audit").fails().changes_nothing()
    assert set(run.verdicts.values()) == {"forced_shutdown"}
    assert all(row["drift"] == [] for row in run.rows.values())
    for name in fleet.hosts:
        assert "restart the UPS service" in run.advice(name)
        assert f"{UNIT} waits on this host" in run.advice(name)
    assert all_are(WAITS)


def test_without_the_latch_they_are_protected_without_a_run() -> None:
    fleet.nas("restart", "0")
    fleet.nas.wait_for_clients(*fleet.hosts)
    wait_for("the end of the guards", lambda: all_are(RUNS))


def test_a_host_that_boots_while_the_power_fails_goes_down() -> None:
    fleet.nas("status", "OB DISCHRG LB")
    fleet.nas("fsd")
    all_off()
    containers = [row["container"] for row in fleet.containers.facts()["hosts"]]
    fleet.containers.engine("start", *containers)
    all_off()


def test_without_the_nas_upsmon_starts_at_boot() -> None:
    nas = fleet.containers.facts()["nas"]["container"]
    fleet.containers.engine("stop", "--time", "0", nas)
    fleet.boot(*fleet.hosts)
    assert all_are(RUNS)
    assert all(together(lambda name: has_booted(fleet.hosts[name]), fleet.hosts))
    # Four boots, the first of which did not count: latched, power failure, no NAS. Each power-off was one in order.
    assert set(everywhere("wc -l </var/lib/boots").values()) == {"4"}
    assert set(everywhere("wc -l </var/lib/stops").values()) == {"3"}
