#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name; nothing runs on the host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_client_preflight
short_description: Refuse bad input of the role nut_client on the controller
version_added: 0.1.0
description:
  - Checks the variables of the role P(upsfleet.synology.nut_client#role) against each other before anything touches the
    host. Its messages name the variable and what is allowed, never a password.
  - A variable that begins with C(nut_client_) and is not the role's is refused too.
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
  monitors:
    description: The UPSes to watch.
    type: list
    elements: dict
    required: true
  settings:
    description: The directives of upsmon.conf by lower-case name.
    type: dict
    required: true
  limits:
    description: Limits in seconds by the variable's name. Each must be more than 0 and at most 300.
    type: dict
    default: {}
  inhibitor_wait:
    description: Seconds that the role's own SHUTDOWNCMD waits for who holds an inhibitor, a whole number from 0 to 60.
    type: int
    default: 0
  shutdown_limit:
    description: Seconds after which the role's own SHUTDOWNCMD has a host off by force, V(0) or 20 to 1800.
    type: int
    default: 0
  monitor_only:
    description: Whether the host may be one that upsmon never shuts down.
    type: bool
    default: false
  platform:
    description: The platform to treat the host as. V(auto) tells Windows by the connection.
    type: str
    choices: [auto, debian, macos, windows]
    default: auto
  windows:
    description:
      - What matters on a Windows host alone, C(method), C(folder), C(accept_legacy_risk), C(shutdown), C(tls) and
        C(state).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse bad input
  upsfleet.synology.nut_client_preflight:
    monitors:
      - host: 192.0.2.10
    settings:
      minsupplies: 1
"""

RETURN = r"""#"""
