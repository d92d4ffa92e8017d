#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_client_budget_info
short_description: Tell how long a host may take to power off, and how long its UPS lasts for it
version_added: 0.1.0
description:
  - Looks at the limits in force of what runs on the host, at its last real shutdown and at its C(upsmon.conf), and asks
    the UPS servers named there, all in one execution and without changing anything.
  - The action plugin of the same name compares them.
  - On macOS and Windows nothing is known, and the result says so. On Windows nothing is executed.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
  platform:
    description: Target OS the action can be run against.
    support: partial
    platforms: debian, macos, windows
    details:
      - Only Linux hosts with systemd tell how long they may take.
options:
  etc:
    description: Where C(upsmon.conf) is, unless an upsmon runs that reads another one.
    type: path
    default: /etc/nut
  nas_stop_time:
    description:
      - Seconds that the NAS was measured to take from FSD until its volumes are unmounted. What is not known is not
        counted.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Look at the time that the host has
  upsfleet.synology.nut_client_budget_info:
  become: true
  register: budget

- name: Refuse a host that may be cut off in the middle of its shutdown
  ansible.builtin.assert:
    that: budget.state != 'exceeded'
    fail_msg: "{{ budget.advice }}"
"""

RETURN = r"""
state:
  description:
    - V(kept) where the host is off in time whatever hangs, V(exceeded) where it may not be, V(unknown) where
      RV(allowed) or RV(budget) is not known.
  returned: success
  type: str
  sample: exceeded
advice:
  description: What to do where RV(state) is V(exceeded).
  returned: success
  type: str
  sample: "Only 30 s are sure, and powering off may take 690 s, 300 s of it backup.service. ..."
notes:
  description: What is not known and why, and what else a person should know.
  returned: success
  type: list
  elements: str
  sample: []
seen:
  description:
    - C(seconds) that the last real shutdown took, by the journal, from logind's word to its last line.
    - C(code) says why they are V(null), V(no_journal), V(no_shutdown), V(macos) or V(windows), or that the journal ends
      before the shutdown did (V(cut_short)).
    - C(power_failure) is whether upsmon asked for it.
  returned: success
  type: dict
  sample: {seconds: 6, code: "", power_failure: true}
allowed:
  description:
    - C(seconds) that a power-off may take, V(null) where nothing bounds it or where C(code) (V(no_systemd), V(macos),
      V(windows)) says that it is not known.
    - C(chain) has the units that are stopped one after the other and may take longest, C(unit) is the one of them that
      may take most.
    - Further C(wait), which the role's SHUTDOWNCMD waits for who holds a block inhibitor now; C(inhibit), which logind
      waits for, with the C(file) that says how long; C(final), which systemd gives processes that are left over;
      C(cap), after which poweroff.target waits for no unit; C(limit), C(nut_client_shutdown_limit) as the host has it.
  returned: success
  type: dict
  sample:
    code: ""
    seconds: 690
    unit: backup.service
    chain: [{unit: backup.service, seconds: 300}, {unit: dbus.service, seconds: 90}]
    wait: 0
    inhibit: {seconds: 0, file: ""}
    final: 90
    cap: 1800
    limit: null
budget:
  description:
    - C(seconds) that are sure from the time when this host begins to power off until the UPS cuts its outlets, V(null)
      where no UPS server tells anything (C(code) is then V(not_told), or V(no_monitor)).
    - C(ups) is the UPS with the least, C(parts) what the number is made of.
  returned: success
  type: dict
  sample:
    code: ""
    seconds: 30
    ups: ups@192.0.2.10
    parts: {nas_stop: 0, nas_power_off: 20, outlet_delay: 20, pollfreqalert: -5, finaldelay: -5}
upses:
  description: Each UPS that counts, with the numbers that it told; what is no number in range is V(null).
  returned: success
  type: list
  elements: dict
  sample:
    - name: ups@192.0.2.10
      code: ""
      status: OL
      battery_charge: 100
      battery_runtime: 1800
      battery_runtime_low: 120
      ups_delay_shutdown: 20
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._host import (
    chain,
    last_shutdown,
    linux,
    macos,
    posix,
    stop_limits,
    ups_reading,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import conf_file


def configuration(default: str) -> str:
    """Return the folder from which an upsmon that runs reads, else *default*."""
    told = [chain.process(pid)["configuration"] for pid in sorted(linux.upsmon_processes())]
    return next(filter(None, told), default)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "etc": {"type": "path", "default": "/etc/nut"},
            "nas_stop_time": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="upsmon.conf and the journal are read: that needs root, set become: true.")
    if module.params["nas_stop_time"] < 0:
        module.fail_json(msg="nas_stop_time (ups_nas_stop_time) is a number of seconds, 0 or more.")
    if macos.release():
        module.exit_json(changed=False, looked={"code": "macos"})

    run = posix.runner(module.run_command)
    lines = conf_file.directives(posix.read_text(f"{configuration(module.params['etc'])}/upsmon.conf"))
    looked = {
        "code": "",
        "seen": last_shutdown.look(run),
        "allowed": stop_limits.look(run, conf_file.last(lines, "SHUTDOWNCMD")),
        **ups_reading.look(lines, ups_reading.ask),
    }
    module.exit_json(changed=False, looked=looked)


if __name__ == "__main__":
    main()
