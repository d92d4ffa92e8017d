"""Runs of ansible-playbook, with what they cost the controller and the hosts."""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, Sequence

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


class Cost(NamedTuple):
    """What a run took, in seconds."""

    seconds: float
    cpu: float
    """Of the controller, its ssh clients included; the hosts are containers, whose time is their own."""


def playbook(bin_dir: str, book: Path, hosts: Path, clone: Path = ROOT, **env: str) -> Cost:
    """Run a playbook; one that fails ends the bench.

    :param clone: whose collection it is.
    """
    path = os.environ["ANSIBLE_COLLECTIONS_PATH"].replace(str(ROOT), str(clone))
    command = [f"{bin_dir}/ansible-playbook", "-i", str(hosts), str(book)]
    before = os.times()
    done = subprocess.run(
        command,
        cwd=clone,
        env={**os.environ, "ANSIBLE_CONFIG": str(clone / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": path, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(after.elapsed - before.elapsed, cpu)


def counted(bin_dir: str, book: Path, hosts: Path, log: Path) -> tuple[dict[str, list[str]], int]:
    """Run a playbook; return the modules that were executed, by host, and how many bytes went to the hosts."""
    log.unlink(missing_ok=True)
    playbook(
        bin_dir,
        book,
        hosts,
        ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callback"),
        ANSIBLE_CALLBACKS_ENABLED="count_modules",
        UPSFLEET_BENCH_MODULES=str(log),
    )
    records: list[dict[str, Any]] = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    modules = collections.defaultdict(list)
    for record in records:
        if "module" in record:
            modules[record["host"]].append(record["module"])
    return dict(modules), sum(record.get("bytes", 0) for record in records)


def fleet(*words: str) -> None:
    """Call the fleet tool."""
    command = [sys.executable, str(ROOT / "tests" / "fleet"), *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def at_once(name: str, hosts: Sequence[str], script: str) -> float:
    """Run a shell script on all hosts of a fleet at once, as a person with as many terminals would; return seconds."""
    began = os.times().elapsed
    started = [
        subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "fleet"), "exec", name, host, "--", "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for host in hosts
    ]
    status = [process.wait() for process in started]
    if any(status):
        sys.exit(f"{script}: {status}")
    return os.times().elapsed - began
