"""What an audit costs with many hosts: each is this machine, and comes to one mock NAS from an address of its own.

The hosts are bare: an audit finds that the package is missing, and that the NAS would take the login. Everything that
Ansible and the collection do is real, but for ssh. Needs root, for a mount namespace in which systemd seems to run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).parent / "source"
FORKS = 10
# In a mount namespace of its own. apt keeps what it has read of its lists, as on any Debian that is no container image.
PRETENCE = """
mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system
mount -t tmpfs tmpfs /var/cache/apt
[ ! -e /etc/apt/apt.conf.d/docker-clean ] || mount --bind /dev/null /etc/apt/apt.conf.d/docker-clean
exec "$@"
"""


class Cost(NamedTuple):
    """What a run took."""

    hosts: int
    seconds: float
    cpu: float
    """Seconds of processor time, the hosts' halves included."""
    memory: int
    """Bytes, the most that all processes of the controller held at once, shared pages counted once."""


def address(number: int) -> str:
    """Return the loopback address of a host."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def interpreter(folder: Path, number: int) -> str:
    """Write the Python of a host, which comes from the host's address."""
    script = folder / f"python-{number:04}"
    environment = f"UPSFLEET_SOURCE={address(number)} PYTHONPATH={SOURCE}"
    script.write_text(f'#!/bin/sh\n{environment} exec /usr/bin/python3 "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def inventory(folder: Path, count: int, port: int) -> dict[str, Any]:
    """Return an inventory of hosts that come from addresses of their own."""
    hosts = {f"host{number:04}": {"ansible_python_interpreter": interpreter(folder, number)} for number in range(count)}
    common = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ups_host": "127.0.0.1",
        "ups_port": port,
    }
    return {"all": {"vars": common, "children": {"ups_clients": {"hosts": hosts}}}}


def held(root: int) -> int:
    """Return the bytes that a process and its descendants hold."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    total, left = 0, [root]
    while left:
        process = left.pop()
        left += parents.get(process, [])
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def run(bin_dir: str, count: int, port: int, folder: Path, clone: Path) -> Cost:
    """Audit so many hosts; the report must have a row for each."""
    hosts, report = folder / "hosts.json", folder / "report.json"
    report.unlink(missing_ok=True)
    hosts.write_text(json.dumps(inventory(folder, count, port)), encoding="utf-8")
    options = ["-i", str(hosts), "-e", f"ups_report_file={report}", "-f", str(FORKS)]
    began, before = os.times().elapsed, os.times()
    with open(folder / "output.txt", "w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [f"{bin_dir}/ansible-playbook", *options, str(clone / "playbooks" / "audit.yml")],
            cwd=clone,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(clone / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"].replace(str(ROOT), str(clone)),
                "ANSIBLE_PIPELINING": "true",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak, over = 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not over.wait(1):
                peak = max(peak, held(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait()
        over.set()
        watcher.join()
    after = os.times()
    rows = json.loads(report.read_text(encoding="utf-8"))["hosts"]
    verdicts = {row["verdict"] for row in rows}
    if len(rows) != count or verdicts != {"not_logged_in"}:
        sys.exit(f"{len(rows)} rows of {count} hosts, {verdicts}:\n{(folder / 'output.txt').read_text()[-3000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(count, after.elapsed - began, cpu, peak)


def main(bin_dir: str, clone: Path, counts: list[int]) -> None:
    """Print the cost of each number of hosts, as JSON, a line each.

    :param clone: whose collection it is.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        serve = [
            sys.executable,
            "-m",
            "doubles.nas.upsd_sim",
            "serve",
            "--profile",
            "stock-2.8.0",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
        ]
        nas = subprocess.Popen(
            [*serve, "--control", str(folder / "control")],
            cwd=ROOT / "tests",
            env={**os.environ, "PYTHONPATH": f"{ROOT}/tests:{ROOT}/.collections"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert nas.stdout
            port = int(nas.stdout.readline().rsplit(" ", 1)[1])
            for count in counts:
                print(json.dumps(run(bin_dir, count, port, folder, clone)._asdict()), flush=True)
        finally:
            nas.terminate()
            nas.wait()


if __name__ == "__main__":
    if "--inside" not in sys.argv:
        os.execvp("unshare", ["unshare", "--mount", "sh", "-ec", PRETENCE, "sh", sys.executable, *sys.argv, "--inside"])
    main(sys.argv[1], Path(sys.argv[2]), [int(text) for text in sys.argv[3:-1]])
