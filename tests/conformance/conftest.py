"""The conformance fleet: one container per Debian release with the real nut-server and nut-client, and the mock NAS."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLEET = [sys.executable, os.path.join(ROOT, "tests", "fleet")]
NAME = "conformance"
RELEASES = {"bullseye": "2.7.4", "bookworm": "2.8.0", "trixie": "2.8.1", "forky": "2.8.5"}
PATIENCE = 60.0
"""Seconds until a condition that should come true is given up."""

INSTALL = """
set -e
test -e /usr/share/doc/nut-server || test -e /var/lib/dpkg/info/nut-server.list || {
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
  chmod 0755 /usr/sbin/policy-rc.d
  apt-get -o Acquire::Check-Valid-Until=false update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nut-server nut-client
} 2>&1
"""


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true; fail when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {PATIENCE:.0f} s")
        time.sleep(0.1)


class Fleet:
    """What the tests need of the fleet tool."""

    def __init__(self) -> None:
        with open(os.path.join(ROOT, "build", NAME, "fleet.json"), encoding="utf-8") as stream:
            facts = json.load(stream)
        self.nas_address = str(facts["nas"]["address"])
        self._nas_container = str(facts["nas"]["container"])
        self._engine = [str(word) for word in facts["engine"]]
        self._hosts = {str(host["release"]): host for host in facts["hosts"]}

    def address(self, release: str) -> str:
        """The host's own address."""
        return str(self._hosts[release]["address"])

    def run(self, release: str, script: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a shell script on a host, as root."""
        argv = [*self._engine, "exec", "-i", self._hosts[release]["container"], "sh", "-s"]
        return _run(argv, script, check)

    def nas(self, *words: str) -> str:
        """Tell the mock NAS something."""
        return _run([*self._engine, "exec", self._nas_container, "mock-nas", "ctl", *words], "", True).stdout

    def show(self) -> dict[str, Any]:
        """What the mock NAS knows."""
        return dict(json.loads(self.nas("show")))

    def fresh_nas(self) -> None:
        """The mock NAS as new, with every host permitted."""
        self.nas("reset")
        for release in RELEASES:
            self.nas("permit", self.address(release))


def _run(argv: list[str], stdin: str, check: bool) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if check and done.returncode:
        pytest.fail(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Containers with the real programs. UPSFLEET_KEEP=1 leaves them running for the next time."""
    if os.environ.get("UPSFLEET_NO_CONTAINERS") == "1":
        pytest.skip("UPSFLEET_NO_CONTAINERS=1")
    _run([*FLEET, "up", NAME, "--releases", ",".join(RELEASES)], "", True)
    try:
        made = Fleet()
        with ThreadPoolExecutor(len(RELEASES)) as pool:
            list(pool.map(lambda release: made.run(release, INSTALL), RELEASES))
        yield made
    finally:
        if os.environ.get("UPSFLEET_KEEP") != "1":
            _run([*FLEET, "down", NAME], "", False)


def converse(address: str, port: int, data: bytes) -> bytes:
    """Everything an upsd answers to these bytes, which must end with LOGOUT."""
    with socket.create_connection((address, port), PATIENCE) as sock:
        sock.sendall(data)
        replies: list[bytes] = []
        while True:
            chunk = sock.recv(65536)
            if not chunk:
                return b"".join(replies)
            replies.append(chunk)


class Mock:
    """A simulator running beside the tests, on loopback."""

    def __init__(self, profile: str, folder: str) -> None:
        self._control = os.path.join(folder, "control.sock")
        self._python = [sys.executable, "-m", "upsd_sim"]
        path = [os.path.join(ROOT, "tests", "doubles", "nas"), os.path.join(ROOT, ".collections")]
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
        argv = ["serve", "--profile", profile, "--host", "127.0.0.1", "--port", "0", "--control", self._control]
        self.process = subprocess.Popen(
            [*self._python, *argv], env=self._environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[-1])

    def ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Tell it something."""
        return subprocess.run(
            [*self._python, "ctl", "--control", self._control, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> None:
        """End it, in order."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture(scope="session")
def mocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Mock]]:
    """Simulators by profile, started when first asked for."""
    running: dict[str, Mock] = {}

    def start(profile: str) -> Mock:
        if profile not in running:
            running[profile] = Mock(profile, str(tmp_path_factory.mktemp("mock")))
        return running[profile]

    yield start
    for mock in running.values():
        mock.stop()


@pytest.fixture(scope="session")
def ask() -> Callable[[str, int, bytes], bytes]:
    """`converse`, for test modules, which pytest's importlib mode keeps from importing this file."""
    return converse


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any], str], Any]:
    """`wait_for`, for test modules."""
    return wait_for
