# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's login goes to the NAS, however the inventory names it, and never to the controller."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAS = "127.0.0.2"
# What a plain run makes of the kind: connection variables that mean the controller where a task is delegated to it.
HOSTS: dict[str, dict[str, str]] = {
    NAS: {},
    "by_name": {"ups_host": NAS},
    "with_ansible_host": {"ansible_host": NAS, "ups_host": "192.0.2.99"},
    "address_and_ansible_host": {"ansible_host": NAS},
    "own_variable": {"dsm_ups_server_host": "{{ ansible_host }}", "ansible_host": NAS},
    "own_user": {"ansible_host": NAS, "ansible_user": "nas-admin", "dsm_ups_server_api_username": "{{ ansible_user }}"},
    "with_sudo": {"ansible_host": NAS, "ansible_become": "true", "ansible_shell_executable": "/bin/ash"},
    "nas.invalid": {},
}
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: upsfleet.synology.dsm_ups_server
"""


class Listener:
    """Counts who connects to it, and hangs up."""

    def __init__(self, address: str, port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.visits = 0
        self._socket = socket.create_server((address, port), family=family)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _peer = self._socket.accept()
                self.visits += 1
                connection.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def listeners() -> Iterator[list[Listener]]:
    """The NAS, and the controller wherever `localhost` may lead."""
    nas = Listener(NAS)
    every = [nas, Listener("127.0.0.1", nas.port)]
    with contextlib.suppress(OSError):
        every.append(Listener("::1", nas.port))
    yield every
    for one in every:
        one.close()


# An ups_host that is everybody's is the address of none of several NAS boxes.
SEVERAL: dict[str, dict[str, str]] = {NAS: {}, "nas.invalid": {}}


@pytest.mark.parametrize(
    ("group", "hosts", "more"), [("others", HOSTS, {}), ("ups_nas", SEVERAL, {"ups_host": "127.0.0.1"})]
)
def test_only_the_nas_sees_a_login(
    tmp_path: Path, listeners: list[Listener], group: str, hosts: dict[str, dict[str, str]], more: dict[str, str]
) -> None:
    nas, *controller = listeners
    variables = {
        **more,
        "dsm_ups_server_api_port": nas.port,
        "dsm_ups_server_api_username": "upsfleet",
        "dsm_ups_server_api_password": "Sentinel-1",
        "dsm_ups_server_permitted": ["192.0.2.21"],
        "dsm_ups_server_validate_certs": False,
    }
    inventory = {"all": {"children": {group: {"hosts": hosts}}, "vars": variables}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    (tmp_path / "play.yml").write_text(PLAY)
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(tmp_path / "hosts.json"), str(tmp_path / "play.yml")],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_HOME": str(tmp_path / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [one.visits for one in controller] == [0] * len(controller), done.stdout
    assert nas.visits >= len(hosts) - 1, done.stdout + done.stderr
    assert "The name nas.invalid does not resolve" in done.stdout
