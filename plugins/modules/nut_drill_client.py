#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_drill_client
short_description: Run throw-away upsmons that power nothing off
version_added: 0.1.0
description:
  - Starts one upsmon for each scenario of a drill beside the host's own, with the same program, the same template and
    the same user, but with a configuration, a folder and a name of its own, and with a command in place of SHUTDOWNCMD
    that notes the time, and checks that the real command could be run.
  - Afterwards it reads what was noted, removes everything, and tells whether the host's own upsmon is the same process
    with the same files as before.
  - The action plugin of the same name renders the configurations on the controller.
  - It is made for the role P(upsfleet.synology.nut_drill#role).
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
  check_mode:
    support: full
    details:
      - In check mode nothing is started.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - Each O(state=started) starts another drill.
  platform:
    description: Target OS the action can be run against.
    support: full
    platforms: debian, macos
options:
  state:
    description:
      - V(started) starts the upsmons; they end by themselves after O(deadline), whatever happens to the play.
      - V(collected) reads what they noted, ends them and removes their folder.
      - V(recorded) keeps O(record) on the host, where later audits find it.
    type: str
    choices: [started, collected, recorded]
    default: started
  host:
    description: What M(upsfleet.synology.nut_client_audit) has just found on this host.
    type: dict
    required: true
  scenarios:
    description: With O(state=started), where the upsd of each scenario listens.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the scenario.
        type: str
        required: true
      host:
        description: Address of the upsd.
        type: str
        required: true
      port:
        description: TCP port of the upsd.
        type: int
        required: true
      configuration:
        description: The text of upsmon.conf, which the action plugin renders.
        type: str
  username:
    description: User at the drill's upsd.
    type: str
    default: drill
  password:
    description: That user's password.
    type: str
  shutdowncmd:
    description: The host's own SHUTDOWNCMD, which is checked and not run.
    type: str
    default: ""
  group:
    description: The group of the user that upsmon becomes.
    type: str
    default: nut
  deadline:
    description: Seconds after which everything that V(started) has made ends by itself and is gone.
    type: int
    default: 300
  files:
    description: The files of the host's own upsmon, which must stay as they are.
    type: list
    elements: path
    default: []
  record:
    description: With O(state=recorded), the result of the drill.
    type: dict
    default: {}
  state_dir:
    description: The folder of O(record).
    type: path
    default: /var/lib/upsfleet
"""

EXAMPLES = r"""
- name: End a drill and read what the throw-away upsmons noted
  upsfleet.synology.nut_drill_client:
    state: collected
    host: "{{ nut_client_result }}"
  become: true
"""

RETURN = r"""
address:
  description: The address from which this host reaches the drill's upsd.
  returned: with O(state=started), not in check mode
  type: str
  sample: 192.0.2.21
markers:
  description:
    - For each scenario in which upsmon ran its command, C(at), when (seconds since the epoch, by the clock of the
      drill's upsd), and C(problem), why the real command could not have been run (empty where it could).
  returned: with O(state=collected)
  type: dict
  sample: {fsd: {at: 1795816812.4, problem: ""}}
untouched:
  description:
    - Whether the host's own upsmon is the same C(processes) with the same C(files). Both are false where the drill had
      ended by itself before.
  returned: with O(state=collected)
  type: dict
  sample: {processes: true, files: true}
left:
  description: What is still there of the drill.
  returned: with O(state=collected)
  type: list
  elements: str
  sample: []
said:
  description: The last words of each throw-away upsmon at its start.
  returned: with O(state=collected)
  type: dict
  sample: {fsd: "Startup successful"}
"""

import grp
import os
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._exit import exit_unmasked
from ansible_collections.upsfleet.synology.plugins.module_utils._host import drill, linux, macos, note, posix
from ansible_collections.upsfleet.synology.plugins.module_utils._nut import client

FOLDERS = {"debian": "/run/upsfleet-drill", "macos": "/var/run/upsfleet-drill"}
_CLOCK = "clock.json"


class Drill:
    """The host's half of a drill."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        self.platform = self.params["host"]["os"]["platform"]
        self.folder = FOLDERS[self.platform]
        self.systemd = self.platform == "debian"

    def run_command(self, command: t.Sequence[str]) -> tuple[int, str]:
        """Run a program, and return its exit status and what it said."""
        status, said, errors = self.module.run_command(list(command))
        return status, said or errors

    def production(self) -> dict[str, t.Any]:
        """Return what must not change."""
        if self.systemd:
            processes = linux.upsmon_processes()
        else:
            listed = macos.processes(self.run_command)
            processes = {pid: one.started for pid, one in listed.items() if one.name == "upsmon"}
        return drill.production(processes, self.params["files"])

    def program(self, production: t.Mapping[str, t.Any]) -> str:
        """Return the program that the host's own upsmon is.

        :raises drill.CannotDrill: where none runs.
        """
        for pid in sorted(map(int, production["processes"])):
            try:
                path = os.readlink(f"/proc/{pid}/exe")
            except OSError:
                continue
            if os.path.exists(path):
                return path
        path = self.params["host"]["installation"]["upsmon"]
        if self.systemd or not production["processes"] or not os.path.exists(path):
            raise drill.CannotDrill(
                "No upsmon runs here whose program could be drilled. Run upsfleet.synology.site first."
            )
        return str(os.path.realpath(path))

    def start(self) -> dict[str, t.Any]:
        """Start the throw-away upsmons, and note how this host's clock differs from the upsd's."""
        production = self.production()
        program = self.program(production)
        if self.module.check_mode:
            return {"changed": True}
        drilled = [
            drill.Drilled(one["name"], target(one["host"], one["port"]), one["configuration"])
            for one in self.params["scenarios"]
        ]
        drill.start(
            self.run_command,
            self.folder,
            drilled,
            program,
            self.params["shutdowncmd"],
            _group(self.params["group"]),
            self.params["deadline"],
            production,
            self.systemd,
        )
        first = self.params["scenarios"][0]
        try:
            ahead, address = compare_clocks(first["host"], first["port"])
            note.write_json(self.folder, _CLOCK, {"ahead": ahead})
        except BaseException:
            drill.stop(self.run_command, self.folder, self.systemd)
            raise
        return {"changed": True, "address": address}

    def collect(self) -> dict[str, t.Any]:
        """Read what was noted, and end the drill."""
        if self.module.check_mode:
            return {"changed": False, "markers": {}, "untouched": {}, "left": [], "said": {}}
        before = drill.before(self.folder)
        clock = posix.read_json(os.path.join(self.folder, _CLOCK)) or {}
        markers = drill.markers(self.folder)
        said = drill.said(self.folder)
        left = drill.stop(self.run_command, self.folder, self.systemd)
        untouched = drill.untouched(before, self.production()) if before else {"processes": False, "files": False}
        for marker in markers.values():
            marker["at"] += clock.get("ahead", 0.0)
        return {"changed": before is not None, "markers": markers, "untouched": untouched, "left": left, "said": said}


def target(host: str, port: int) -> str:
    """Return how a MONITOR line names the UPS of a drill's upsd."""
    return f"ups@{'[' + host + ']' if ':' in host else host}:{port}"


def compare_clocks(host: str, port: int) -> tuple[float, str | None]:
    """Return how many seconds the clock of the drill's upsd is ahead of this host's, and the address it was asked from.

    :raises client.UpsdError: where it does not answer, or has no clock.
    """
    with client.Upsd.connect(host, port) as upsd:
        asked = time.time()
        clock = upsd.get_var("ups", "ups.time")
        answered = time.time()
        address = upsd.local_address
    return float(clock) - (asked + answered) / 2, address


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise drill.CannotDrill(f"There is no group {name} here, which upsmon's user would be in.") from None


def main() -> None:
    scenario = {
        "name": {"type": "str", "required": True},
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "configuration": {"type": "str", "no_log": True},
    }
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "collected", "recorded"], "default": "started"},
            "host": {"type": "dict", "required": True},
            "scenarios": {"type": "list", "elements": "dict", "default": [], "options": scenario},
            "username": {"type": "str", "default": "drill"},
            "password": {"type": "str", "no_log": True},
            "shutdowncmd": {"type": "str", "default": ""},
            "group": {"type": "str", "default": "nut"},
            "deadline": {"type": "int", "default": 300},
            "files": {"type": "list", "elements": "path", "default": []},
            "record": {"type": "dict", "default": {}},
            "state_dir": {"type": "path", "default": "/var/lib/upsfleet"},
        },
        required_if=[("state", "started", ["scenarios", "password"])],
        supports_check_mode=True,
    )
    try:
        if module.params["state"] == "recorded":
            if not module.check_mode:
                note.write_json(module.params["state_dir"], drill.RECORD, module.params["record"])
            module.exit_json(changed=False)
        one = Drill(module)
        exit_unmasked(module, **(one.start() if module.params["state"] == "started" else one.collect()))
    except (drill.CannotDrill, OSError) as error:
        module.fail_json(msg=str(error))
    except (client.UpsdError, ValueError) as error:
        module.fail_json(
            msg=f"This host cannot reach the drill's upsd: {error} Set nut_drill_address to an address of it that the "
            "hosts reach, or nut_drill_server to a host that they do."
        )


if __name__ == "__main__":
    main()
