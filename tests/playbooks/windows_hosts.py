# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of Windows for the whole role at once: a folder and a mock NAS each, modules in one process."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doubles.nas.upsd_sim import profiles
from doubles.nas.upsd_sim.server import Server
from doubles.nas.upsd_sim.state import State

ROOT = Path(__file__).resolve().parents[2]
DOUBLES = ROOT / "tests" / "doubles" / "windows"
HERE = Path(__file__).parent / "windows"
if str(DOUBLES) not in sys.path:
    sys.path.insert(0, str(DOUBLES))

HOME = "127.0.0.1"
PLAY = """
- hosts: all
  gather_facts: false
  roles: [upsfleet.synology.nut_client]
"""
START = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.windows.win_service: {name: Network UPS Tools, state: started}
"""


class NasPool:
    """Mock NAS boxes on this machine, in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[Server] = []

    def add(self) -> Server:
        """Return a new one that permits this machine."""
        state = State(profiles.PROFILES["dsm7"], self._loop.time, (HOME,))
        server = Server(state, [HOME], 0, 64, None)
        self._servers.append(server)
        asyncio.run_coroutine_threadsafe(server.start(), self._loop).result(10)
        return server

    def stop(self) -> None:
        """Close them all."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class WindowsHost:
    """One double: its drive is a folder, the rest of it a file."""

    def __init__(self, folder: Path, nas: Server) -> None:
        self.root = folder
        self.nas = nas

    @property
    def logins(self) -> int:
        """How many upsmons the NAS lists."""
        return len(self.nas.state.clients("ups"))

    def wait_for_login(self, seconds: float = 60) -> None:
        """Wait until the NAS lists an upsmon."""
        deadline = time.monotonic() + seconds
        while not self.logins:
            assert time.monotonic() < deadline, f"{self.root}: no login"
            time.sleep(0.05)

    def machine(self) -> Any:
        """Return the double under its lock, for a with statement."""
        from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import opened

        return opened(str(self.root))

    def state(self) -> dict[str, Any]:
        """Return everything but its drive."""
        with self.machine() as machine:
            return dict(machine.state)

    def change(self, **state: Any) -> None:
        """Change parts of its state, as another program would."""
        with self.machine() as machine:
            machine.state.update(state)

    def path(self, path: str) -> Path:
        """Return where a path of its drive C: is."""
        return self.root / "C" / path.removeprefix("C:\\").replace("\\", "/")

    def files(self, folder: str) -> dict[str, bytes]:
        """Return the files in a folder and below, by their paths in it."""
        top = self.path(folder)
        return {str(one.relative_to(top)): one.read_bytes() for one in sorted(top.rglob("*")) if one.is_file()}

    def become(self, other: WindowsHost) -> None:
        """Be what another one is, with a NAS of its own; its service is stopped."""
        shutil.copytree(other.root, self.root)
        conf = self.path("C:\\NUT\\etc\\upsmon.conf")
        conf.write_text(conf.read_text().replace(f":{other.nas.port}", f":{self.nas.port}"))
        services = self.state()["services"]
        services["network ups tools"].update(state="stopped", pid=0)
        self.change(services=services, processes=[])

    def end(self) -> None:
        """End what it has started."""
        from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import nut_exe

        with self.machine() as machine:
            for process in machine.running():
                nut_exe.end(process["pid"])


class Run:
    """How a playbook ended on each host."""

    def __init__(self, text: str, log: list[list[str]]) -> None:
        self.text = text
        self._log = log

    def not_done(self, host: str) -> list[str]:
        """Return what failed on a host, but for the last word of the role.

        On loopback a line of LIST CLIENT could be the server's own, so no host counts as protected here.
        """
        return [text for text in self.of("failed", host) if ": conclude | " not in text]

    def of(self, kind: str, host: str) -> list[str]:
        """Return the modules that were executed on a host, or what failed there."""
        return [text for one, name, text in self._log if (one, name) == (kind, host)]


def archive(path: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write an archive of NUT and return the role's variables for it."""
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return {
        "nut_client_windows_archive_file": str(path),
        "nut_client_windows_archive_git_blob_id": "",
        "nut_client_windows_archive_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def play(
    folder: Path, hosts: Mapping[str, WindowsHost], variables: Mapping[str, Mapping[str, Any]], book: str = PLAY
) -> Run:
    """Run the role (or another *book*) on hosts, each with its variables beside those that all have."""
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "nut_client_platform": "windows",
        "nut_client_windows_cache_dir": str(folder / "cache"),
        "nut_client_login_wait": 4,
        "ups_username": "monuser",
        "ups_password": "secret",
        "__nut_client_windows_patience": {"retries": 1, "delay": 0},
    }
    rows = {
        name: {
            "double_root": str(host.root),
            "nut_client_monitors": [{"host": HOME, "port": host.nas.port, "username": "monuser", "password": "secret"}],
            **variables.get(name, {}),
        }
        for name, host in hosts.items()
    }
    (folder / "play.yml").write_text(book, encoding="utf-8")
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": rows, "vars": common}}), encoding="utf-8")
    log = folder / "log"
    log.write_text("", encoding="utf-8")
    real = os.environ["UPSFLEET_REAL_COLLECTIONS"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(folder / "hosts.json"), str(folder / "play.yml")],
        cwd=folder,
        env={
            **kept,
            "ANSIBLE_CALLBACKS_ENABLED": "windows_in_process",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/.collections:{DOUBLES}:{real}",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_FORKS": "4",
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "UPSFLEET_DOUBLE_UPSMON": str(HERE / "upsmon"),
            "UPSFLEET_LOG": str(log),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.stdout + done.stderr, [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()])
