#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name; nothing runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_outage
short_description: Lay the hosts' logs of a power failure side by side
version_added: 0.1.0
description:
  - Takes what M(upsfleet.synology.nut_client_log_info) said of each host in this run, finds the last power failure that
    any of them saw, and shows what each host did in it, by the controller's clock.
  - A NAS's upsd keeps no history. Its states are those that the hosts saw, beside one another, and what it says now.
  - The playbook C(upsfleet.synology.explain) runs it.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
options:
  hosts:
    description: The hosts, by inventory name, in order.
    type: list
    elements: str
    required: true
  number:
    description: Which power failure to explain, V(1) for the last one, V(2) for the one before.
    type: int
    default: 1
  days:
    description: How far back the logs were read, to be said where there is no power failure in them.
    type: int
    default: 30
seealso:
  - module: upsfleet.synology.nut_client_log_info
"""

EXAMPLES = r"""
- name: Show the last power failure
  upsfleet.synology.fleet_outage:
    hosts: "{{ ansible_play_hosts_all }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
document:
  description:
    - C(outage) is when the power failure began and when its last sign on any host was, V(null) where there is none, and
      C(others) when others began. Times are UTC, by the controller's clock.
    - Each of C(hosts) has its C(events) as M(upsfleet.synology.nut_client_log_info) names them; C(code), which is
      V(seen), V(saw_nothing), V(not_kept) (its journal begins later) or why its log was not read; C(ended), which is
      V(stayed_up), V(shut_down), V(cut_off), V(went_down) (it did not write how) or V(null); and its C(clock).
    - Each of C(upses) has its C(states) with when the first and the last of how many hosts saw them, and C(now).
  returned: success
  type: dict
  sample:
    schema: 1
    time: "2026-11-28T02:00:00.000Z"
    days: 30
    outage: {begins: "2026-11-28T01:18:34.652Z", ends: "2026-11-28T01:19:03.581Z"}
    others: []
    hosts:
      - name: web1
        code: seen
        ended: shut_down
        events: [{time: "2026-11-28T01:18:34.652Z", code: on_battery, ups: ups@192.0.2.10, detail: ""}]
        clock: {ahead: 0.01, plus_minus: 0.05}
        clock_set: 0
        untold: []
        cut_short: false
    upses: []
    failures: {}
failures:
  description: Why the log of a host could not be read, by inventory name.
  returned: success
  type: dict
  sample: {}
msg:
  description: The same as lines of text.
  returned: when the stdout callback is not one that people read
  type: list
  elements: str
"""
