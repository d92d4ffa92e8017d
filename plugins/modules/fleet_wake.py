#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name; nothing runs on the hosts that are woken."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_wake
short_description: Wake hosts that a power failure has shut down, until the UPS server lists them again
version_added: 0.1.0
description:
  - Reads the UPS servers with M(upsfleet.synology.upsd_info), and sends magic packets with
    M(community.general.wakeonlan), both from the host that the task is delegated to, in the order of O(hosts).
  - A packet is sent only after the UPS server was read and said that the UPS is on line, without a forced shutdown, and
    charged. It is sent again until the server lists the host's upsmon.
  - Each host's C(ups_host), C(ups_port), C(ups_name) and C(nut_client_monitors) say which UPSes feed it,
    C(ups_client_address) as which address it is listed, C(ups_wake_mac), C(ups_wake_broadcast) and C(ups_wake_port)
    where to the packet goes, and C(ups_wake=false) that it is not woken. What they do not say comes from O(report).
  - The playbook C(upsfleet.synology.wake) runs it, and fails each host that is not logged in again.
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
      - Nothing is sent, as without O(send).
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A host that is logged in gets no packet.
options:
  hosts:
    description: The hosts to wake, by inventory name, in order.
    type: list
    elements: str
    required: true
  send:
    description:
      - Whether to send packets. Otherwise the UPS servers are read once, and RV(hosts) says what would be done.
    type: bool
    default: false
  report:
    description:
      - The file that M(upsfleet.synology.fleet_report) wrote, in which how each host comes back is remembered from the
        last audit that saw it alive. A relative path is looked for as there.
    type: path
  wait:
    description: Seconds to wait for the power, the charge and the UPS server.
    type: float
    default: 3600.0
  timeout:
    description: Seconds to wait for a host's login, from its first packet on. They begin anew after a power failure.
    type: float
    default: 600.0
  interval:
    description: Seconds from one packet to the next.
    type: float
    default: 15.0
  min_charge:
    description:
      - The C(battery.charge) to wait for, in per cent. V(0) waits for none. What is no number from 0 to 100 is not
        waited for, and said.
    type: float
    default: 30.0
  at_once:
    description: How many hosts may be under way at the same time. V(0) means all.
    type: int
    default: 0
seealso:
  - module: upsfleet.synology.fleet_report
  - module: upsfleet.synology.upsd_info
  - module: community.general.wakeonlan
"""

EXAMPLES = r"""
- name: Wake the fleet
  upsfleet.synology.fleet_wake:
    hosts: "{{ groups['ups_clients'] }}"
    report: report.json
    send: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
hosts:
  description:
    - What was done, by inventory name. C(code) is V(already_there), V(woken), V(came_back) (without a packet),
      V(gave_up), V(no_mac), V(no_address) or V(bad_input) (which are not tried), or V(would_wake) where none is sent.
    - C(armed) is whether a packet starts it, as its card said when it was last audited alive, V(null) if unknown.
  returned: success
  type: dict
  sample:
    web1:
      code: woken
      text: "woken: logged in again after 3 packets, 42 s after the first."
      packets: 3
      macs: ["00:00:5e:00:53:21"]
      armed: true
failures:
  description:
    - Cause and remedy of each host that is not logged in again, by inventory name. Where nothing is sent, only of those
      whose variables cannot be used, and of those that cannot be woken from here.
  returned: success
  type: dict
  sample: {}
msg:
  description: The same as lines of text.
  returned: when the stdout callback is not one that people read
  type: list
  elements: str
"""
