"""How long a run takes that finds nothing to change, next to one that only pings. Called by `./dev bench`.

Runs alternate, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

import collections
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLEET = ROOT / "build" / "bench"
SITE, PING = ROOT / "playbooks" / "site.yml", Path(__file__).parent / "ping.yml"
ROUNDS = 3
LIMIT = 2.0


def _playbook(bin_dir: str, book: Path, **env: str) -> float:
    """Run a playbook and return its wall time; a failing one ends the bench."""
    command = [f"{bin_dir}/ansible-playbook", "-i", str(FLEET / "inventory.yml"), str(book)]
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return time.monotonic() - began


def _executions(bin_dir: str) -> dict[str, list[str]]:
    """Modules that a run without changes executes, by host."""
    log = FLEET / "modules.txt"
    log.unlink(missing_ok=True)
    _playbook(
        bin_dir,
        SITE,
        ANSIBLE_CALLBACK_PLUGINS=str(Path(__file__).parent),
        ANSIBLE_CALLBACKS_ENABLED="count_modules",
        UPSFLEET_BENCH_MODULES=str(log),
    )
    found = collections.defaultdict(list)
    for line in log.read_text().splitlines() if log.exists() else []:
        host, module = line.split()
        found[host].append(module)
    return found


def main(bin_dir: str) -> None:
    """Measure and print."""
    fleet = [sys.executable, str(ROOT / "tests" / "fleet")]
    subprocess.run([*fleet, "up", "bench"], check=True, stdin=subprocess.DEVNULL)
    try:
        print(f"first run: {_playbook(bin_dir, SITE):.2f} s", flush=True)
        times: dict[Path, list[float]] = {PING: [], SITE: []}
        for _ in range(ROUNDS):
            for book, seconds in times.items():
                seconds.append(_playbook(bin_dir, book))
        ping, site = (statistics.median(times[book]) for book in (PING, SITE))
        for name, book in (("ping", PING), ("site", SITE)):
            runs = ", ".join(f"{seconds:.2f}" for seconds in times[book])
            print(f"{name}: median {statistics.median(times[book]):.2f} s ({runs})")
        print(f"ratio: {site / ping:.2f} (at most {LIMIT})")
        for host, modules in sorted(_executions(bin_dir).items()):
            print(f"{host}: {len(modules)} module execution(s): {', '.join(modules)}")
    finally:
        subprocess.run([*fleet, "down", "bench"], check=False, stdin=subprocess.DEVNULL)
    sys.exit(0 if site / ping <= LIMIT else 1)


if __name__ == "__main__":
    main(sys.argv[1])
