"""What a run costs beside one that only pings, at several sizes; a first run; and many hosts. Called by `./dev bench`.

Runs alternate, so that whatever else the machine does hits all alike; ratios are of medians. Writes bench.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterable

import yaml
from bench.runs import HERE, ROOT, Cost, at_once, counted, fleet, playbook

BUILD = ROOT / "build" / "bench"
SITE, PING, ROLE = ROOT / "playbooks" / "site.yml", HERE / "ping.yml", HERE / "role.yml"
PROFILE = "stock-2.8.0"  # NUT's own upsd lets everybody in; DSM permits no more than 30 addresses
RELEASES = 4  # of the test fleet; a copy of it has a host of each
BY_HAND = "export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q install -y nut-client"
SETTINGS_SIZE = 16
ENOUGH = "/proc/sys/fs/inotify/max_user_instances"


def inotify_instances() -> int:
    """Return how many inotify instances root's processes hold."""
    links = [
        "find",
        "/proc",
        "-maxdepth",
        "3",
        "-path",
        "/proc/[0-9]*/fd/*",
        "-lname",
        "anon_inode:inotify",
    ]
    return len(subprocess.run(links, capture_output=True, text=True, check=False).stdout.splitlines())


def copies(wanted: int) -> tuple[int, str]:
    """Return how many copies of the fleet come up, and which limit leaves out the rest.

    systemd holds a few inotify instances in each container, and the kernel allows a user so many.
    """
    before = inotify_instances()
    fleet("up", "bench", "--profile", PROFILE, "--no-permit")
    each = max(1, (inotify_instances() - before) // RELEASES)
    allowed = int(Path(ENOUGH).read_text(encoding="ascii"))
    hosts = (allowed - before) // each - 2  # the NAS, and what comes and goes
    possible = max(1, min(wanted, hosts) // RELEASES)
    limit = f"{ENOUGH} is {allowed}, and a host holds {each}" if possible * RELEASES < wanted else ""
    return possible, limit


# What inventory.example/ansible.cfg sets, and Ansible's own value.
SETTINGS = {
    "forks": {"ANSIBLE_FORKS": "5"},
    "pipelining": {"ANSIBLE_PIPELINING": "false"},
    "ControlPersist": {"ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no"},
    "display_skipped_hosts": {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true"},
}


def without(bin_dir: str, hosts: Path, rounds: int) -> dict[str, float]:
    """Return by what factor a run that changes nothing takes longer where a setting is Ansible's own."""
    costs: dict[str, list[Cost]] = {name: [] for name in ("", *SETTINGS)}
    ours = {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
    for _ in range(rounds):
        for name, several in costs.items():
            several.append(playbook(bin_dir, SITE, hosts, ROOT, **{**ours, **SETTINGS.get(name, {})}))
    usual = median(costs.pop(""), "seconds")
    return {name: round(median(several, "seconds") / usual, 2) for name, several in costs.items()}


def clients(whole: dict[str, Any]) -> list[str]:
    """Return the clients of an inventory, wherever its groups hold them."""

    def below(group: dict[str, Any]) -> list[str]:
        return [*group.get("hosts", {}), *(name for one in group.get("children", {}).values() for name in below(one))]

    return below(whole["all"]["children"]["ups_clients"])


def leave_out(group: dict[str, Any], names: set[str]) -> None:
    """Take hosts out of a group and those below it."""
    for name in names & set(group.get("hosts", {})):
        del group["hosts"][name]
    for one in group.get("children", {}).values():
        leave_out(one, names)


def part(whole: dict[str, Any], size: int) -> Path:
    """Write an inventory with the first hosts of the fleet, and return its path."""
    left = set(sorted(clients(whole))[size:])
    path = BUILD / f"hosts-{size}.yml"
    cut = yaml.safe_load(yaml.safe_dump(whole))
    leave_out(cut["all"], left)
    path.write_text(yaml.safe_dump(cut), encoding="utf-8")
    return path


def median(costs: Iterable[Cost], field: str) -> float:
    """Return the median of one figure."""
    return float(statistics.median(getattr(one, field) for one in costs))


def alternately(bin_dir: str, hosts: Path, rounds: int, against: Path | None) -> dict[str, Any]:
    """Return the figures of runs that change nothing, and their ratios to ping."""
    books: dict[str, tuple[Path, Path]] = {"ping": (PING, ROOT), "role": (ROLE, ROOT), "site": (SITE, ROOT)}
    if against:
        books["role before"] = (ROLE, against)
        books["site before"] = (against / "playbooks" / "site.yml", against)
    costs: dict[str, list[Cost]] = {name: [] for name in books}
    for _ in range(rounds):
        for name, (book, clone) in books.items():
            costs[name].append(playbook(bin_dir, book, hosts, clone))
    found: dict[str, Any] = {}
    for name, several in costs.items():
        found[name] = {
            "seconds": round(median(several, "seconds"), 2),
            "ratio": round(median(several, "seconds") / median(costs["ping"], "seconds"), 2),
            "cpu": round(median(several, "cpu"), 2),
        }
    return found


def first_run(bin_dir: str, rounds: int) -> dict[str, Any]:
    """Return how long bare hosts take, beside a person who installs the package on all of them at once."""
    ours, hand = [], []
    hosts = ROOT / "build" / "first" / "inventory.yml"
    executions: dict[str, list[str]] = {}
    for number in range(rounds):
        fleet("up", "first")
        if number:
            ours.append(playbook(bin_dir, SITE, hosts).seconds)
        else:  # the first of all fills caches too
            executions, _bytes = counted(bin_dir, SITE, hosts, BUILD / "modules.txt")
        fleet("down", "first")
        fleet("up", "first")
        names = clients(yaml.safe_load(hosts.read_text(encoding="utf-8")))
        seconds = at_once("first", names, BY_HAND)
        if number:
            hand.append(seconds)
        fleet("down", "first")
    site, apt = statistics.median(ours), statistics.median(hand)
    return {
        "site": round(site, 1),
        "by hand": round(apt, 1),
        "ratio": round(site / apt, 2),
        "executions": {name: modules for name, modules in executions.items() if modules},
    }


def simulated(bin_dir: str, counts: list[int], clone: Path) -> list[dict[str, Any]]:
    """Return what an audit of so many hosts costs."""
    command = [sys.executable, str(HERE / "simulation.py"), bin_dir, str(clone), *map(str, counts)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def steady(bin_dir: str, options: argparse.Namespace, found: dict[str, Any]) -> None:
    """Measure runs that change nothing, at each size that comes up."""
    largest, limit = copies(max(options.sizes))
    if limit:
        found["limit"] = limit
        print(f"{largest * RELEASES} hosts come up: {limit}", flush=True)
    try:
        if largest > 1:
            fleet("down", "bench")
            fleet("up", "bench", "--profile", PROFILE, "--no-permit", "--copies", str(largest))
        whole = yaml.safe_load((BUILD / "inventory.yml").read_text(encoding="utf-8"))
        playbook(bin_dir, SITE, BUILD / "inventory.yml")
        for size in sorted({min(size, largest * RELEASES) for size in options.sizes}):
            hosts = part(whole, size)
            figures = alternately(bin_dir, hosts, options.rounds, options.against)
            modules, sent = counted(bin_dir, SITE, hosts, BUILD / "modules.txt")
            figures["executions a host"] = max(map(len, modules.values()))
            figures["bytes a host"] = sent // size
            if size == SETTINGS_SIZE:
                figures["without"] = without(bin_dir, hosts, options.rounds)
            found["sizes"][str(size)] = figures
            print(f"{size} hosts: {json.dumps(figures)}", flush=True)
    finally:
        fleet("down", "bench")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser("./dev bench", description=__doc__)
    parser.add_argument("bin_dir", help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=lambda text: [int(one) for one in text.split(",")], default=[1, 4, 16, 40])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another clone, whose playbooks take their turns")
    parser.add_argument("--simulate", type=lambda text: [int(one) for one in text.split(",")], default=[100, 1000])
    parser.add_argument("--only", choices=["steady", "first", "simulation"], help="one part of it")
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"machine": platform.platform(), "sizes": {}}
    if options.only in (None, "steady"):
        steady(options.bin_dir, options, found)
    if options.only in (None, "first"):
        found["first"] = first_run(options.bin_dir, options.rounds)
        print(f"first run of {RELEASES} hosts: {json.dumps(found['first'])}", flush=True)
    if options.only in (None, "simulation"):
        for name, clone in (("simulation", ROOT), ("simulation before", options.against)):
            if clone:
                found[name] = simulated(options.bin_dir, options.simulate, clone)
                print(f"{name}: {json.dumps(found[name])}", flush=True)
    (BUILD / "bench.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
