# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach a UPS server; the options of module_utils/_access/argspec.py."""

    DOCUMENTATION = r"""
options:
  host:
    description: Address or name of the UPS server, such as the NAS.
    type: str
    required: true
  port:
    description: TCP port of its upsd, from 1 to 65535.
    type: int
    default: 3493
  connect_timeout:
    description: Seconds to wait for a connection to one address, more than 0 and at most 300.
    type: float
    default: 5.0
  timeout:
    description:
      - Seconds for the whole conversation, from resolving the name to the last answer, more than 0 and at most 300.
    type: float
    default: 10.0
  source_address:
    description:
      - The address of the managed host to connect from, for a host that has several.
      - Without it the host's routes decide, as they do for upsmon.
    type: str
  tls:
    description:
      - V(never) talks in clear text, which is all that DSM offers.
      - V(try) asks for TLS and goes on in clear text if the server has none. It verifies the certificate only if
        O(ca_file) is given.
      - V(require) insists on TLS and on a certificate for O(host) that O(ca_file) or the system's store vouches for.
    type: str
    choices: [never, try, require]
    default: never
  ca_file:
    description: A PEM file on the managed host with the certificates to trust. Not used if O(tls=never).
    type: path
requirements:
  - Python 3.8 or newer on the managed host, nothing else.
"""
