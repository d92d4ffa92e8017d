#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: upsd_access
short_description: Tell whether a UPS server lets this host in
version_added: 0.1.0
description:
  - Connects from the managed host to an upsd, such as the one of a Synology NAS, reads the UPS's status, logs in as
    upsmon does, and logs out again.
  - Answers with exactly one verdict, and with what to do about it.
  - A service that runs proves nothing, since upsmon goes on silently after a refused LOGIN; this module tells whether
    LOGIN would succeed. Whether the host's own upsmon is logged in is what M(upsfleet.synology.nut_client_audit) adds.
  - It never asks the server to change anything.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
  - upsfleet.synology.attributes.actiongroup_upsd
  - upsfleet.synology.upsd
attributes:
  check_mode:
    details:
      - The probe's LOGIN, followed by LOGOUT, runs in check mode too.
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix, windows
    details:
      - A Windows host needs no Python. M(upsfleet.synology.win_upsd_exchange) carries the conversation there, and the
        controller judges it.
      - There V(require) for O(tls) is refused, V(try) goes on in clear text, and O(ca_file) is not used.
      - C(async) is not possible there.
options:
  ups:
    description: Name of the UPS on the server.
    type: str
    default: ups
  username:
    description: User to log in as.
    type: str
    default: monuser
  password:
    description:
      - Password of O(username). The default is the well-known one of DSM.
      - It is sent so that upsd reads it back whole. upsmon sends it as it is, so for upsmon it must hold no space,
        quote, backslash, V(#) or V(=).
    type: str
    default: secret
  expect:
    description:
      - The verdicts that are a success; any other fails the task.
      - Name all of them to look at RV(verdict) yourself.
    type: list
    elements: str
    choices:
      - unreachable
      - refused
      - not_upsd
      - tls_failed
      - not_permitted
      - unknown_ups
      - bad_credentials
      - forced_shutdown
      - driver_down
      - stale
      - ok
    default: [ok]
seealso:
  - module: upsfleet.synology.upsd_info
  - module: upsfleet.synology.nut_client_audit
"""

EXAMPLES = r"""
- name: Fail unless the NAS lets this host in
  upsfleet.synology.upsd_access:
    host: 192.0.2.5

- name: Check that a host which must not be permitted is not
  upsfleet.synology.upsd_access:
    host: 192.0.2.5
    expect:
      - not_permitted

- name: Ask from a certain address, with credentials of one's own, over TLS
  upsfleet.synology.upsd_access:
    host: ups.example.com
    ups: rack1
    username: fleet
    password: "{{ vault_ups_password }}"
    source_address: 192.0.2.31
    tls: require
    ca_file: /etc/ssl/certs/example-ca.pem
"""

RETURN = r"""
verdict:
  description:
    - What was found; the first of the following that holds.
    - V(unreachable), no conversation came about. RV(reason) tells V(name), V(source_address), V(no_route), V(timeout),
      V(silent) and V(lost) apart.
    - V(refused), nothing listens there.
    - V(not_upsd), something else answers.
    - V(tls_failed), no TLS as O(tls) and O(ca_file) ask for.
    - V(not_permitted), the address is not among DSM's permitted devices.
    - V(unknown_ups), the server has no UPS of that name.
    - V(bad_credentials), LOGIN was refused, or what a server wants to know before it lets itself be read.
    - V(forced_shutdown), FSD is in RV(status). Starting upsmon now would shut the host down.
    - V(driver_down) and V(stale), the server has lost its UPS.
    - V(ok), all of it answers, and LOGIN succeeds.
  returned: whenever the options are valid
  type: str
  sample: not_permitted
advice:
  description:
    - What to click or type, with the address of this host. Added on the controller.
  returned: whenever RV(verdict) is
  type: str
  sample: "The UPSes it has: ups."
host:
  description: The O(host) asked.
  returned: whenever RV(verdict) is
  type: str
  sample: 192.0.2.5
port:
  description: The O(port) asked.
  returned: whenever RV(verdict) is
  type: int
  sample: 3493
ups:
  description: The O(ups) asked for.
  returned: whenever RV(verdict) is
  type: str
  sample: ups
source_address:
  description: This host's own address on the way to the server, V(null) if there is no way.
  returned: whenever RV(verdict) is
  type: str
  sample: 192.0.2.31
seen_as:
  description:
    - This host's address as the server sees it, which is the one to permit. Behind NAT it differs from
      RV(source_address).
    - V(null) if LOGIN did not succeed, or if several hosts logged in at the same moment and none as RV(source_address).
  returned: whenever RV(verdict) is
  type: str
  sample: 192.0.2.31
server:
  description: What the server says about itself.
  returned: whenever RV(verdict) is
  type: dict
  contains:
    version:
      description: Its version, V(null) if it did not say.
      type: str
      sample: DSM7-2-1-NewModel-repack-64570-230831
    dsm:
      description: Whether it is a Synology NAS.
      type: bool
      sample: true
    release:
      description: The release of DSM, V(null) for other servers.
      type: str
      sample: 7.2.1
upses:
  description: Names of the UPSes that the server has.
  returned: whenever RV(verdict) is
  type: list
  elements: str
  sample: [ups]
status:
  description: The UPS's C(ups.status), V(null) if it was not told.
  returned: whenever RV(verdict) is
  type: str
  sample: OL
battery:
  description:
    - The battery's C(charge) in percent and C(runtime) in seconds as the server tells them after the LOGIN, V(null)
      where it tells no number that can be used.
  returned: whenever RV(verdict) is
  type: dict
  sample: {charge: 100, runtime: 2460}
clients:
  description: Addresses of the clients that were logged in before this module's own LOGIN, one per connection.
  returned: whenever RV(verdict) is
  type: list
  elements: str
  sample: [192.0.2.31, 127.0.0.1]
clients_error:
  description: The server's error word if it did not tell its clients, or V(silent), V(lost), V(not_upsd).
  returned: whenever RV(verdict) is
  type: str
  sample: null
login:
  description: V(ok), the server's error word, or V(null) if it did not come to a LOGIN.
  returned: whenever RV(verdict) is
  type: str
  sample: ok
reason:
  description: What made the verdict, for programs. The server's error word, or one of those listed at RV(verdict).
  returned: whenever RV(verdict) is
  type: str
  sample: ACCESS-DENIED
detail:
  description: What made the verdict, for people. Empty if nothing went wrong.
  returned: whenever RV(verdict) is
  type: str
  sample: ERR ACCESS-DENIED
elapsed:
  description: How long it took, in seconds.
  returned: whenever RV(verdict) is
  type: float
  sample: 0.012
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._access import argspec, probe


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argspec.ACCESS, supports_check_mode=True)
    try:
        argspec.check_access(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))

    params = dict(module.params)
    expect = params.pop("expect")
    report = probe.report(probe.probe(**params))
    problem = probe.unexpected(report, expect)
    if problem:
        # Judged here, since masking may change the verdict's text on its way to the controller.
        module.fail_json(msg=problem, **report)
    module.exit_json(changed=False, **report)


if __name__ == "__main__":
    main()
