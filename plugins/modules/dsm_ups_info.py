#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dsm_ups_info
short_description: Return the UPS settings of a Synology NAS
version_added: 0.1.0
description:
  - Reads over DSM's WebAPI what Control Panel > Hardware & Power > UPS shows, the permitted addresses among it.
  - Sends four requests, which discover, log in, read and log out.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
  - upsfleet.synology.attributes.actiongroup_dsm
  - upsfleet.synology.dsm
attributes:
  action:
    description: Indicates this has a corresponding action plugin, so that some parts of the options can be executed on
      the controller.
    support: full
seealso:
  - module: upsfleet.synology.dsm_ups
  - module: upsfleet.synology.upsd_info
"""

EXAMPLES = r"""
- name: Read the UPS settings of the NAS
  upsfleet.synology.dsm_ups_info:
    host: nas.example.com
    username: ansible
    password: "{{ vault_dsm_password }}"
    ca_path: /etc/ssl/certs/example-ca.pem
  delegate_to: localhost
  register: nas

- name: Show who is permitted
  ansible.builtin.debug:
    var: nas.settings.permitted
"""

RETURN = r"""
settings:
  description: The settings, and the UPS as far as DSM tells. What it does not tell is V(null).
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether UPS support is on.
      type: bool
      sample: true
    mode:
      description: How the UPS is connected, V(USB), V(SNMP), V(SLAVE) (to another UPS server) or empty.
      type: str
      sample: USB
    delay_time:
      description: Seconds on battery after which the NAS goes to safe mode. V(-1) is until low battery.
      type: int
      sample: -1
    shutdown_device:
      description: Whether the NAS cuts the outlets of the UPS in the end.
      type: bool
      sample: false
    network_server:
      description: Whether the network UPS server is on.
      type: bool
      sample: true
    permitted:
      description: The permitted addresses, as DSM tells them. It tells five at most.
      type: list
      elements: str
      sample: [192.0.2.31, "2001:db8::31"]
    full:
      description: Whether five are told, so that there may be more.
      type: bool
      sample: false
    manufacturer:
      description: Who made the UPS.
      type: str
      sample: American Power Conversion
    model:
      description: Its model.
      type: str
      sample: Back-UPS ES 700G
    status:
      description: V(online), V(battery), V(low_battery) or V(unknown).
      type: str
      sample: online
    charge:
      description: Its charge in percent.
      type: int
      sample: 100
    runtime:
      description: Seconds that it would last.
      type: int
      sample: 1620
    connected:
      description: Whether a UPS is connected by USB.
      type: bool
      sample: true
device_id:
  description:
    - What DSM made of O(otp_code), to give as O(device_id) from then on.
    - It is as secret as the password. Register the task with C(no_log=true) and keep it in the vault.
  returned: if O(otp_code) was given, also after a failure behind the login
  type: str
  sample: QmVpc3BpZWw
reason:
  description:
    - Why nothing was read. V(unreachable), V(tls_failed) and V(not_dsm) mean that no DSM answered; V(bad_credentials),
      V(otp_needed), V(otp_wrong), V(blocked) and V(login_refused) that it did not take the login;
      V(not_administrator), V(session_expired) and V(refused) that it did not take a request; V(unexpected) that it
      answered what this collection does not know.
  returned: failure, if the options are valid
  type: str
  sample: otp_needed
code:
  description: DSM's error code, if it sent one; else V(null).
  returned: failure, if the options are valid
  type: int
  sample: 403
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import argspec, settings
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import DsmError
from ansible_collections.upsfleet.synology.plugins.module_utils._exit import exit_unmasked


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argspec.CONNECTION, supports_check_mode=True)
    report: dict[str, Any] = {"changed": False}
    try:
        with argspec.connect(module.params) as nas:
            device_id = argspec.login(nas, module.params)
            if device_id:
                report["device_id"] = device_id
            report["settings"] = settings.told(settings.parse_settings(nas.ups_get()))
    except ValueError as error:
        report.update(failed=True, msg=str(error))
    except DsmError as error:
        report.update(failed=True, msg=str(error), reason=error.kind, code=error.code)
    exit_unmasked(module, **report)


if __name__ == "__main__":
    main()
