#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_drill_server
short_description: Serve a power failure to the hosts of a drill, from a UPS that does not exist
version_added: 0.1.0
description:
  - Starts UPS servers (upsd) that play scripts, one a scenario, each on a port of its own, in a process in the
    background that ends by itself at O(deadline), whatever becomes of the play. It touches no UPS and no NAS.
  - Only the addresses in O(permitted) are answered. Others get C(ERR ACCESS-DENIED), as from DSM. C(FSD), C(SET) and
    C(INSTCMD) are served to nobody.
  - A client is logged in to it as to any upsd. What it says before V(played) is C(OL) with a charge of 100 %. Its
    C(ups.time) is the time here, in seconds since 1970.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode nothing is started, played or ended.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - Each O(state=started) starts another process, and a drill is played once.
notes:
  - The process is found again by O(control), from the same host and as the same user.
  - Its only file is that socket, in a folder of its own below C(/run), or below the directory for temporary files
    where the user is not root. It is removed when the process ends. Where it was killed with C(SIGKILL), the next
    O(state=started) removes it.
  - Where systemd-logind ends the processes of a user who logs out (C(KillUserProcesses)), it ends this one too.
options:
  state:
    description:
      - With V(started) the process is started.
      - With V(clients) it is asked who is logged in.
      - With V(played) the scripts of all scenarios start at once, and what happens is awaited.
      - With V(absent) the process is ended, and its files are gone.
    type: str
    choices: [started, clients, played, absent]
    required: true
  scenarios:
    description: The scripts. Required with O(state=started).
    type: list
    elements: dict
    suboptions:
      name:
        description: What it is called; letters, digits, C(_) and C(-).
        type: str
        required: true
      linger:
        description: What O(linger) is for this scenario.
        type: float
      steps:
        description: What the server says, from when on. Each step says all of it.
        type: list
        elements: dict
        required: true
        suboptions:
          at:
            description: Seconds after the start of the scripts, later than the step before; at most 3600.
            type: float
            required: true
          status:
            description:
              - The words of C(ups.status), such as V(OB DISCHRG).
              - Left out, or V(null), there is no server; connections are closed and connects are refused.
            type: str
          charge:
            description: The value of C(battery.charge), in percent. Left out, or V(null), the UPS does not tell it.
            type: int
          driver:
            description:
              - How the UPS's driver is doing. V(stale) is answered by C(ERR DATA-STALE), V(down) by
                C(ERR DRIVER-NOT-CONNECTED), and V(wait) is a driver that has told nothing but C(WAIT) yet.
            type: str
            choices: [ok, stale, down, wait]
            default: ok
  ups:
    description: The name of the UPS in every scenario.
    type: str
    default: ups
  username:
    description: Who may log in. Required with O(state=started).
    type: str
  password:
    description: The password of O(username), best a random one. Required with O(state=started).
    type: str
  addresses:
    description:
      - Addresses of this host to listen on, V(0.0.0.0) and V(::) for all. Required with O(state=started).
    type: list
    elements: str
  permitted:
    description: Addresses of the hosts that are answered, without exception. Required with O(state=started).
    type: list
    elements: str
  ports:
    description:
      - First and last of the ports that the scenarios may have, for a firewall that must let them through. Not 3493,
        where a real upsd is looked for. Left out, they are any free ones.
    type: list
    elements: int
  deadline:
    description: Seconds after which the process ends, at most 86400.
    type: int
    default: 900
  control:
    description: The socket that RV(control) named at the start. Required with the other states.
    type: path
  expect:
    description: With O(state=clients), the addresses that should be logged in, by scenario.
    type: dict
    default: {}
  wait:
    description: With O(state=clients), seconds to wait for those of O(expect).
    type: float
    default: 0.0
  linger:
    description:
      - With O(state=played), a scenario is over when all its clients have gone by themselves, or so many seconds after
        its last step.
    type: float
    default: 5.0
  until:
    description: With O(state=played), seconds to wait at most, until all scenarios are over.
    type: float
    default: 300.0
seealso:
  - module: upsfleet.synology.upsd_access
"""

EXAMPLES = r"""
- name: Serve two power failures
  upsfleet.synology.nut_drill_server:
    state: started
    addresses: [127.0.0.1]
    permitted: [127.0.0.1]
    username: drill
    password: "{{ lookup('ansible.builtin.password', '/dev/null') }}"
    deadline: 60
    scenarios:
      - name: low_battery
        steps:
          - {at: 1, status: OB DISCHRG, charge: 40}
          - {at: 2, status: OB DISCHRG LB, charge: 9}
      - name: nas_restart
        steps:
          - {at: 0}
          - {at: 1.5, status: WAIT}
          - {at: 2, status: OB DISCHRG}
          - {at: 2.5, status: OL CHRG, charge: 98}
  register: server

- name: Wait until the hosts are logged in
  upsfleet.synology.nut_drill_server:
    state: clients
    control: "{{ server.control }}"
    expect:
      low_battery: [127.0.0.1]
    wait: 1

- name: Play the scenarios
  upsfleet.synology.nut_drill_server:
    state: played
    control: "{{ server.control }}"
    linger: 1
  register: drill

- name: End the servers
  upsfleet.synology.nut_drill_server:
    state: absent
    control: "{{ server.control }}"
"""

RETURN = r"""
pid:
  description: The process in the background; V(null) in check mode.
  returned: O(state=started)
  type: int
  sample: 4711
control:
  description: Its socket, for the other states; V(null) in check mode.
  returned: O(state=started)
  type: str
  sample: /run/upsfleet-drill-x4q1w_z8/control.sock
ports:
  description: The port of each scenario; empty in check mode.
  returned: O(state=started)
  type: dict
  sample: {"low_battery": 40123, "nas_restart": 40124}
clients:
  description: Addresses that are logged in, by scenario.
  returned: O(state=clients)
  type: dict
  sample: {"low_battery": ["192.0.2.31"], "nas_restart": []}
missing:
  description: Addresses of O(expect) that are not, by scenario; empty if all are.
  returned: O(state=clients)
  type: dict
  sample: {"nas_restart": ["192.0.2.31"]}
refused:
  description:
    - Who was not let in and why, by scenario and address, V(not_permitted) or V(bad_credentials).
    - A host that is missing may be seen here under another address.
  returned: O(state=clients)
  type: dict
  sample: {"low_battery": {}, "nas_restart": {"198.51.100.7": "not_permitted"}}
played:
  description: When the scripts were started, in seconds since 1970 by the clock of this host; V(null) if not yet.
  returned: O(state=played)
  type: float
  sample: 1795800000.25
over:
  description: Whether all scenarios were over before O(until) seconds had passed.
  returned: O(state=played)
  type: bool
  sample: true
events:
  description: What happened, by scenario. Times are seconds since 1970 by the clock of this host.
  returned: O(state=played)
  type: dict
  contains:
    steps:
      description: The steps of the scenario, each with the C(time) at which it took effect.
      type: list
      elements: dict
      sample: [{"at": 1.0, "status": "OB DISCHRG", "charge": 40, "driver": "ok", "time": 1795800001.25}]
    clients:
      description:
        - By address, each time that it was logged in, C(login) and C(logout), the latter V(null) while it still is.
        - C(how) is V(logout) where the client said so, V(lost) where its connection ended without a word, as that of an
          upsmon does which shuts its host down, and V(gone) where it was the server that went.
      type: dict
      sample: {"192.0.2.31": [{"login": 1795799998.5, "logout": 1795800008.75, "how": "logout"}]}
"""

import ipaddress
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._access.argspec import check_words
from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._exit import exit_unmasked
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import rehearsal
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.drill import Settings
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.script import scenarios

LONGEST = 86400  # seconds
UPSD_PORT = 3493
SERVER = ("scenarios", "username", "password", "addresses", "permitted")
STEP: dict[str, Any] = {
    "at": {"type": "float", "required": True},
    "status": {"type": "str"},
    "charge": {"type": "int"},
    "driver": {"type": "str", "choices": ["ok", "stale", "down", "wait"], "default": "ok"},
}
SCENARIO: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "linger": {"type": "float"},
    "steps": {"type": "list", "elements": "dict", "required": True, "options": STEP},
}
OPTIONS: dict[str, Any] = {
    "state": {"type": "str", "required": True, "choices": ["started", "clients", "played", "absent"]},
    "scenarios": {"type": "list", "elements": "dict", "options": SCENARIO},
    "ups": {"type": "str", "default": "ups"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "addresses": {"type": "list", "elements": "str"},
    "permitted": {"type": "list", "elements": "str"},
    "ports": {"type": "list", "elements": "int"},
    "deadline": {"type": "int", "default": 900},
    "control": {"type": "path"},
    "expect": {"type": "dict", "default": {}},
    "wait": {"type": "float", "default": 0.0},
    "linger": {"type": "float", "default": 5.0},
    "until": {"type": "float", "default": 300.0},
}


def settings(params: dict[str, Any]) -> Settings:
    """Return what the servers have in common.

    :raises ValueError: naming the option and what is allowed, never a secret value.
    """
    check_words(params, "ups", "username", "password")
    for name in ("addresses", "permitted"):
        if not params[name]:
            raise ValueError(f"{name} must name at least one address.")
        for address in params[name]:
            _check_address(name, address)
    _check_seconds("deadline", params["deadline"], 1)
    return Settings(
        ups=params["ups"],
        username=params["username"],
        password=params["password"],
        addresses=tuple(params["addresses"]),
        permitted=tuple(params["permitted"]),
        ports=_ports(params["ports"], len(params["scenarios"])),
    )


def _check_address(name: str, address: str) -> None:
    try:
        ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        raise ValueError(f"{name} must be IPv4 or IPv6 addresses, not {address}.") from None


def _check_seconds(name: str, value: float, least: int = 0) -> None:
    if not least <= value <= LONGEST:
        raise ValueError(f"{name} must be from {least} to {LONGEST} seconds, not {value:g}.")


def _ports(given: list[int] | None, count: int) -> tuple[int, int] | None:
    if given is None:
        return None
    if len(given) != 2 or not 1024 <= given[0] <= given[1] <= 65535:
        raise ValueError("ports must be the first and the last of them, from 1024 to 65535.")
    if given[0] <= UPSD_PORT <= given[1]:
        raise ValueError(f"ports must not hold {UPSD_PORT}, where a real upsd is looked for.")
    if given[1] - given[0] + 1 < count:
        raise ValueError(f"ports must be at least {count}, one a scenario.")
    return given[0], given[1]


def expected(given: dict[str, Any]) -> dict[str, list[str]]:
    """Return who should be logged in, by scenario.

    :raises ValueError: if that is not what was given.
    """
    for addresses in given.values():
        if not isinstance(addresses, list):
            raise ValueError("expect must be a list of addresses for each scenario.")
        for address in addresses:
            _check_address("expect", str(address))
    return {name: [normalise_address(address) for address in addresses] for name, addresses in given.items()}


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Return the result of a state.

    :raises ValueError: if an option is wrong.
    :raises DrillError: if it cannot be done.
    """
    for name in ("wait", "linger", "until"):
        _check_seconds(name, params[name])
    if params["state"] == "started":
        given = scenarios(params["scenarios"]), settings(params), params["deadline"]
        if check_mode:
            return {"changed": True, "pid": None, "control": None, "ports": {}}
        return {"changed": True, **rehearsal.start(*given)}
    if params["state"] == "clients":
        return {"changed": False, **rehearsal.clients(params["control"], expected(params["expect"]), params["wait"])}
    if params["state"] == "absent":
        return {"changed": rehearsal.stop(params["control"], check_mode)}
    if check_mode:
        return {"changed": True, **rehearsal.unplayed(params["control"])}
    return {"changed": True, **rehearsal.play(params["control"], params["linger"], params["until"])}


def main() -> None:
    """Run the module."""
    others = [("state", state, ("control",)) for state in ("clients", "played", "absent")]
    module = AnsibleModule(
        argument_spec=OPTIONS, required_if=[("state", "started", SERVER), *others], supports_check_mode=True
    )
    try:
        result = run(module.params, module.check_mode)
    except (ValueError, rehearsal.DrillError) as error:
        module.fail_json(msg=str(error))
    exit_unmasked(module, **result)


if __name__ == "__main__":
    main()
