# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's login goes to the NAS, however the inventory names it, and never to the controller."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    "by_ssh": {
        "ansible_host": NAS,
        "ansible_port": "2222",
        "ansible_user": "nas-admin",
        "ansible_password": "Sentinel-2",
    },
    "with_sudo": {
        "ansible_host": NAS,
        "ansible_become": "true",
        "ansible_become_method": "su",
        "ansible_become_user": "nobody",
        "ansible_become_password": "Sentinel-3",
        "ansible_shell_executable": "/bin/ash",
        "ansible_remote_tmp": "{{ inventory_dir }}/volume1",
    },
    "over_a_jump_host": {
        "ansible_host": NAS,
        "ansible_ssh_common_args": "-o ProxyJump=127.0.0.1",
        "ansible_ssh_executable": "/nowhere/ssh",
    },
    "jump_host_and_https_elsewhere": {
        "ansible_host": "192.0.2.99",
        "ansible_ssh_common_args": "-o ProxyJump=127.0.0.1",
        "dsm_ups_server_host": NAS,
    },
    "managed_elsewhere": {"ansible_host": NAS, "ups_host": "192.0.2.98", "ansible_connection": "ssh"},
    "nas.invalid": {},
}
# What else a person's own play says of the connection.
PLAY = """
- hosts: all
  gather_facts: false
  {play}
  tasks:
    - ansible.builtin.include_role:
        name: upsfleet.synology.dsm_ups_server
        apply: {apply}
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


def run_play(folder: Path, group: str, hosts: dict[str, Any], variables: dict[str, Any], play: str) -> str:
    """Run the role for *hosts*, in no check mode, and return what it said."""
    shared = {
        "dsm_ups_server_api_username": "upsfleet",
        "dsm_ups_server_api_password": "Sentinel-1",
        "dsm_ups_server_permitted": ["192.0.2.21"],
        "dsm_ups_server_validate_certs": False,
        **variables,
    }
    inventory = {"all": {"children": {group: {"hosts": hosts}}, "vars": shared}}
    (folder / "hosts.json").write_text(json.dumps(inventory))
    (folder / "play.yml").write_text(play)
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(folder / "hosts.json"), str(folder / "play.yml")],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


# An ups_host that is everybody's is the address of none of several NAS boxes.
FEW = {name: HOSTS[name] for name in (NAS, "by_name", "own_variable", "with_sudo", "nas.invalid")}
SEVERAL: dict[str, dict[str, str]] = {NAS: {}, "nas.invalid": {}}
PLAIN = PLAY.format(play="connection: ssh", apply="{}")


@pytest.mark.parametrize(
    ("group", "hosts", "more", "play"),
    [
        ("others", HOSTS, {}, PLAIN),
        ("others", FEW, {}, PLAY.format(play="become: true", apply="{delegate_to: localhost}")),
        ("ups_nas", SEVERAL, {"ups_host": "127.0.0.1"}, PLAIN),
    ],
)
def test_only_the_nas_sees_a_login(
    tmp_path: Path,
    listeners: list[Listener],
    group: str,
    hosts: dict[str, dict[str, str]],
    more: dict[str, str],
    play: str,
) -> None:
    nas, *controller = listeners
    # The NAS is a double on loopback; whatever the guard would stop may go out here.
    variables = {**more, "dsm_ups_server_api_port": nas.port, "dsm_ups_server_allow_local": True}
    said = run_play(tmp_path, group, hosts, variables, play)
    assert [one.visits for one in controller] == [0] * len(controller), said
    assert nas.visits >= len(hosts) - 1, said
    assert said.count(f"{NAS} port {nas.port}/tcp broke off the connection") >= len(hosts) - 1, said
    assert "The name nas.invalid does not resolve" in said
    assert not (tmp_path / "volume1").exists(), "a folder of the NAS is none of the controller"


# What an inventory may say of a NAS that means the controller, and the host that is named
WRONG: dict[str, tuple[dict[str, str], str]] = {
    "localhost": ({}, "localhost (127.0.0.1)"),
    "by_its_connection": ({"ansible_host": "localhost", "ansible_connection": "local"}, "localhost (127.0.0.1)"),
    "by_its_address": ({"ansible_host": "127.0.0.1"}, "127.0.0.1"),
    "as_everything": ({"dsm_ups_server_host": "0.0.0.0"}, "0.0.0.0"),
    "as_the_ups_server": ({"ups_host": "127.0.0.3"}, "127.0.0.3"),
}


def test_the_controller_itself_never_sees_a_login(tmp_path: Path, listeners: list[Listener]) -> None:
    hosts = {name: variables for name, (variables, _named) in WRONG.items()}
    said = run_play(tmp_path, "ups_nas", hosts, {"dsm_ups_server_api_port": listeners[0].port}, PLAIN)
    assert [one.visits for one in listeners] == [0] * len(listeners), said
    for name, (_variables, named) in WRONG.items():
        (told,) = re.findall(rf"^fatal: \[{name}\].*?\n}}|^fatal: \[{name}\].*$", said, re.MULTILINE | re.DOTALL)[:1]
        assert f"host: {named} is the machine that runs this module, not a NAS" in told
        assert "dsm_ups_server_host" in told
