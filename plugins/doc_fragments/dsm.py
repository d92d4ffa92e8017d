# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach DSM's WebAPI; the options of module_utils/_dsm/argspec.py."""

    DOCUMENTATION = r"""
options:
  host:
    description: Address or name of the NAS. With O(validate_certs=true) the one that its certificate carries.
    type: str
    required: true
  port:
    description: TCP port of DSM's HTTPS, from 1 to 65535. Plain HTTP is not spoken.
    type: int
    default: 5001
  username:
    description: An account of DSM in the group administrators. Best one that only Ansible uses.
    type: str
    required: true
  password:
    description: Its password. Keep it in the vault.
    type: str
    required: true
  otp_code:
    description:
      - A one-time code, for an account with 2-factor authentication. Quote it, or YAML drops a leading zero.
      - With it DSM is asked to know this controller from now on, and the result holds RV(device_id).
    type: str
  device_id:
    description:
      - What a run with O(otp_code) returned, instead of a one-time code. It is as secret as the password.
      - It belongs to the account and to O(device_name). Not used if O(otp_code) is given.
    type: str
  device_name:
    description: The name under which DSM knows this controller.
    type: str
    default: upsfleet
  validate_certs:
    description:
      - Whether the NAS's certificate must be valid, made for O(host) and signed by a trusted CA.
      - V(false) is the last resort. It gives the password to whoever answers at that address.
    type: bool
    default: true
  ca_path:
    description:
      - A PEM file with the certificates to trust, instead of the system's store.
      - The path must be absolute, because a module starts in the playbook's folder. With
        P(upsfleet.synology.controller_path#filter) a task does as the role does.
    type: path
  use_proxy:
    description: Whether the proxy that the environment names is used.
    type: bool
    default: false
  timeout:
    description: Seconds for the whole conversation but the logout, more than 0 and at most 300.
    type: float
    default: 30.0
  allow_local:
    description:
      - Whether O(host) may be an address of the machine that runs the module, as the near end of a tunnel to the NAS
        is. Otherwise nothing is sent there.
      - So no password is given away by a O(host) that means the wrong machine, as C(ansible_host) does in a task with
        C(delegate_to=localhost). On a DSM its own addresses are always right.
    type: bool
    default: false
notes:
  - Runs on the controller, best with C(delegate_to=localhost) or in a play for C(localhost).
  - A login is tried once. After a refusal there is no second attempt, because DSM blocks addresses that fail too often.
  - The session is ended in any case, also after an error.
requirements:
  - Python 3.8 or newer where the module runs, nothing else.
"""
