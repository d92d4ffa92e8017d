#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name; no Python runs on the NAS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dsm_ups_ssh
short_description: Permit addresses in the UPS server of a Synology NAS by SSH
version_added: 0.1.0
description:
  - Brings the list of "Permitted Synology NAS Devices" (in DSM 6 "Permitted DiskStation Devices") to what is asked with
    commands that DSM has, for more than the five addresses that M(upsfleet.synology.dsm_ups) can set and for a NAS
    without API access. The NAS needs no Python.
  - The list is compared, set only on a difference, and read again. A backup of each file is kept beside it, and
    everything is put back if a step fails.
  - The list is set under a lock, and only if it is still the one that was read, so that several runs at once lose
    nothing of one another. Beside it lies a record of which address was permitted for which host, and when. Without
    it, and for addresses that do not stand in it, nothing is dropped because of O(inventory) or O(gone).
  - Nothing is set while C(ups.status), which the NAS is asked for, or O(statuses) has a word for which
    M(upsfleet.synology.dsm_ups) sets nothing either.
  - What is known of DSM 6 was seen in its programs; of DSM 7 users report it. A NAS that is otherwise is left as it is.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.permitted
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  permitted:
    description: Addresses to permit of no host in particular.
    type: list
    elements: str
    default: []
  exact:
    description:
      - Whether addresses that are not in O(permitted) or O(clients) are dropped. If that would leave nobody, it is
        refused.
    type: bool
    default: false
  nas:
    description: How the NAS is called in O(record), which is the C(host) of M(upsfleet.synology.dsm_ups).
    type: str
  record:
    description:
      - The file on the controller in which M(upsfleet.synology.dsm_ups) has recorded what it permitted, if it ever
        managed this list. What it says of addresses that are permitted is taken over into the record on the NAS.
    type: path
  statuses:
    description: Values of C(ups.status) that others, such as the clients, have just read from this NAS.
    type: list
    elements: str
    default: []
  wait_for_ups:
    description:
      - Seconds to wait, before a change, for a UPS service that is just starting. It tells nothing then, C(WAIT), or
        that the UPS is on battery without a charge. V(0) looks once.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Permit eight hosts
  upsfleet.synology.dsm_ups_ssh:
    permitted: "{{ addresses }}"
  become: true

- name: Drop what was permitted for a host that is gone
  upsfleet.synology.dsm_ups_ssh:
    gone: [web2.example.com]
  become: true
"""

RETURN = r"""
added:
  description: Addresses that were, or in check mode would be, added.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.21]
removed:
  description: Addresses that were, or in check mode would be, dropped.
  returned: success
  type: list
  elements: str
  sample: []
extra:
  description:
    - Addresses that are permitted beside those asked for, and beside those recorded for a host that was not seen in
      this run.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.99]
recorded:
  description: What is recorded of the addresses in RV(removed) and RV(extra), by address the hosts with their dates.
  returned: success
  type: dict
  sample: {192.0.2.99: {web2.example.com: "2026-11-27"}}
settings:
  description: The settings as they stand, or in check mode would.
  returned: success
  type: dict
  sample: {enabled: true, mode: USB, permitted: [192.0.2.21]}
"""
