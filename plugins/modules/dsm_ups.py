#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dsm_ups
short_description: Manage the UPS settings of a Synology NAS, and which addresses it permits
version_added: 0.1.0
description:
  - Does over DSM's WebAPI what Control Panel > Hardware & Power > UPS does, "Permitted Synology NAS Devices" (in DSM 6
    "Permitted DiskStation Devices") among it. A setting that is not given is kept.
  - It reads first and sets only on a difference, because DSM restarts its UPS service with every set, for which clients
    lose the connection for some seconds. It reads again afterwards, and fails if what stands is not what was asked.
  - An address leaves the list only if O(record) says for which hosts this module had permitted it, and all of them are
    gone; or with O(exact).
  - Where nothing differs it sends four requests, which discover, log in, read and log out. A change takes two more, or
    a few if DSM needs time to show it.
  - DSM's API keeps and shows five addresses. While it shows five there may be more that every set would drop, so
    nothing is set then, also if only another setting differs. For more than five there is the SSH way of the role
    P(upsfleet.synology.dsm_ups_server#role), C(dsm_ups_server_method=ssh).
  - Nothing is set while the UPS's C(ups.status) has a word during which clients may shut down if the server goes away.
    These are FSD, OB, LB, CAL (a battery test), TEST, OFF, BYPASS, ALARM, and WAIT (a driver that is just starting).
    Before a change that status is read from DSM, from O(statuses), and from the NAS's upsd, which tells it only to a
    permitted address. What nobody tells forbids nothing.
  - How DSM takes a new list is inferred from the code of DSM 6.2.3, which also shows that settings that are not sent
    stay. That DSM 7 does the same is not known. The reading afterwards tells if it does not.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.actiongroup_dsm
  - upsfleet.synology.dsm
  - upsfleet.synology.permitted
attributes:
  action:
    description: Indicates this has a corresponding action plugin, so that some parts of the options can be executed on
      the controller.
    support: full
  check_mode:
    support: full
    details:
      - It logs in and reads in check mode too.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  enabled:
    description:
      - Whether UPS support is on. It is turned off only with O(enabled=false), which goes without the options below.
    type: bool
  mode:
    description:
      - How the UPS is connected. It is changed only if this is given.
      - For V(SNMP) the address and protocol of the UPS must have been set up in DSM. They are sent back as DSM tells
        them; that this keeps them is inferred.
    type: str
    choices: [USB, SNMP]
  delay_time:
    description: Seconds on battery after which the NAS goes to safe mode, from 0 to 259200. V(-1) is until low battery.
    type: int
  shutdown_device:
    description: Whether the NAS cuts the outlets of the UPS in the end. Only for a UPS on USB.
    type: bool
  network_server:
    description:
      - Whether the network UPS server is on, which lets other hosts in.
      - DSM forgets the permitted addresses when it is turned off (seen in DSM 6.2.3).
    type: bool
  permitted:
    description:
      - Addresses to permit of no host in particular, IPv4 or IPv6, each the one that the NAS sees. Others are kept.
      - They are sent in the text that upsd compares. Leading zeros are refused, they are octal there. Networks, ranges,
        names and loopback are refused too.
    type: list
    elements: str
  exact:
    description:
      - Whether addresses that are not in O(permitted) or O(clients) are dropped. If that would leave nobody, it is
        refused.
    type: bool
    default: false
  record:
    description:
      - File in which this module notes which address it permitted, for which host and when.
      - Without it, and for addresses that do not stand in it, nothing is dropped because of O(inventory) or O(gone).
      - Runs on one machine that name the same file take turns. It may be the same for several NAS boxes.
    type: path
  statuses:
    description: Values of C(ups.status) that others, such as the clients, have just read from this NAS.
    type: list
    elements: str
    default: []
  upsd_port:
    description: TCP port of the NAS's upsd, from 1 to 65535.
    type: int
    default: 3493
seealso:
  - module: upsfleet.synology.dsm_ups_info
  - module: upsfleet.synology.upsd_access
"""

EXAMPLES = r"""
- name: Let two hosts in
  upsfleet.synology.dsm_ups:
    host: nas.example.com
    username: ansible
    password: "{{ vault_dsm_password }}"
    ca_path: /etc/ssl/certs/example-ca.pem
    enabled: true
    network_server: true
    permitted:
      - 192.0.2.31
      - 2001:db8::31
  delegate_to: localhost

- name: Let a host in, and drop what was permitted for another one that is gone
  upsfleet.synology.dsm_ups:
    host: nas.example.com
    username: ansible
    password: "{{ vault_dsm_password }}"
    ca_path: /etc/ssl/certs/example-ca.pem
    clients:
      web1.example.com: [192.0.2.31]
    gone: [web2.example.com]
    record: /var/lib/ansible/ups-permitted.json
  delegate_to: localhost

# Once, for an account with 2-factor authentication:
#   ansible-playbook device.yml -e otp_code=123456
- name: Make a device_id
  upsfleet.synology.dsm_ups_info:
    host: nas.example.com
    username: ansible
    password: "{{ vault_dsm_password }}"
    otp_code: "{{ otp_code }}"
  delegate_to: localhost
  register: login
  no_log: true

- name: Put it where only this user reads it, for ansible-vault encrypt_string < device_id
  ansible.builtin.copy:
    content: "{{ login.device_id }}"
    dest: device_id
    mode: "0600"
  delegate_to: localhost
  no_log: true
"""

RETURN = r"""
settings:
  description:
    - The settings as they stand, or in check mode as they would, in the form of
      RV(upsfleet.synology.dsm_ups_info#module:settings).
  returned: success
  type: dict
  sample:
    enabled: true
    mode: USB
    delay_time: -1
    shutdown_device: false
    network_server: true
    permitted: [192.0.2.31, 192.0.2.99]
    full: false
    manufacturer: American Power Conversion
    model: Back-UPS ES 700G
    status: online
    charge: 100
    runtime: 1620
    connected: true
added:
  description: Addresses that were, or in check mode would be, added.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.31]
removed:
  description: Addresses that were, or in check mode would be, dropped.
  returned: success
  type: list
  elements: str
  sample: []
extra:
  description:
    - Addresses that are permitted beside those of O(permitted) and O(clients), and beside those that O(record) has for
      a host that was not seen in this run. Empty if neither option is given.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.99]
recorded:
  description: What O(record) says of the addresses in RV(removed) and RV(extra), by address the hosts with their dates.
  returned: success
  type: dict
  sample: {192.0.2.99: {web2.example.com: "2026-11-27"}}
notes:
  description: What a person should know.
  returned: success
  type: list
  elements: str
  sample: ["There is no record of what this collection has permitted, so nothing is dropped."]
device_id:
  description:
    - What DSM made of O(otp_code), to give as O(device_id) from then on.
    - It is as secret as the password. Register the task with C(no_log=true) and keep it in the vault.
  returned: if O(otp_code) was given, also after a failure behind the login
  type: str
  sample: QmVpc3BpZWw
reason:
  description:
    - Why it failed. Beside those of RV(upsfleet.synology.dsm_ups_info#module:reason), V(needs_ssh) means that only the
      SSH way can do this without losing an address, V(not_safe) that this module does not send what was asked, and
      V(not_applied) that what stands is not what was asked, or is not known.
  returned: failure, if the options are valid
  type: str
  sample: needs_ssh
needs_ssh:
  description: Whether the SSH way would do all that was asked, as RV(reason=needs_ssh), or may know what to drop.
  returned: if the options are valid
  type: bool
  sample: true
differs:
  description: The settings that are not as asked, if they were read and it is not safe to set them. Else empty.
  returned: failure, if the options are valid
  type: list
  elements: str
  sample: [permitted]
code:
  description: DSM's error code, if it sent one; else V(null).
  returned: failure, if the options are valid
  type: int
  sample: 105
"""

import contextlib
import datetime
from typing import Any, Iterable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import (
    addresses,
    apply,
    argspec,
    record_file,
    restart,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import record as permissions
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import settings as ups
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import (
    DsmError,
    DsmNotApplied,
    DsmOvertaken,
    Refusal,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.session import Dsm
from ansible_collections.upsfleet.synology.plugins.module_utils._exit import exit_unmasked

SETTINGS: dict[str, dict[str, Any]] = {
    "enabled": {"type": "bool"},
    "mode": {"type": "str", "choices": list(ups.MODES)},
    "delay_time": {"type": "int"},
    "shutdown_device": {"type": "bool"},
    "network_server": {"type": "bool"},
    "permitted": {"type": "list", "elements": "str"},
    "exact": {"type": "bool", "default": False},
}
ATTEMPTS = 2  # another run may have read the list before this one set it, and set it then
FLEET: dict[str, dict[str, Any]] = {  # whose the addresses are
    "clients": {"type": "dict"},
    "inventory": {"type": "list", "elements": "str"},
    "gone": {"type": "list", "elements": "str", "default": []},
    "connected": {"type": "list", "elements": "str", "default": []},
    "record": {"type": "path"},
}
MOMENT: dict[str, dict[str, Any]] = {  # what tells whether a change may be made now
    "statuses": {"type": "list", "elements": "str", "default": []},
    "upsd_port": {"type": "int", "default": restart.PORT},
}


def compare(before: ups.UpsSettings, after: ups.UpsSettings, asked: Iterable[str] | None) -> dict[str, Any]:
    """Return what a result says about two states.

    :param asked: the addresses asked for, in the text that upsd compares.
    """
    return {
        "changed": bool(before.differences(after)),
        "settings": ups.told(after),
        "added": _without(after.permitted, before.permitted),
        "removed": _without(before.permitted, after.permitted),
        "extra": [] if asked is None else _without(after.permitted, asked),
        "diff": {"before": _shown(before), "after": _shown(after)},
    }


def _without(wanted: Iterable[str], others: Iterable[str]) -> list[str]:
    known = {addresses.canonical(other) for other in others}
    return [address for address in wanted if addresses.canonical(address) not in known]


def _shown(settings: ups.UpsSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in ups.FIELDS}


def run(params: dict[str, Any], check_mode: bool, report: dict[str, Any]) -> None:
    """Do what the options say and put the result into *report*, as soon as a part of it is known.

    :raises ValueError: if an option can never be right; nothing was sent then. :raises DsmError: if it cannot be done.
    """
    wish = permissions.wish(params)
    path, host = params["record"], params["host"].strip()
    _check(params)
    with contextlib.ExitStack() as lock:
        if path and not check_mode:
            lock.enter_context(record_file.locked(path, params["timeout"]))
        records = record_file.read(path) if path else {}
        record = records.get(host, {})
        settings = {name: params[name] for name in SETTINGS}
        if any(params[name] is not None for name in ("permitted", "clients", "inventory")) or wish.gone:
            settings["permitted"] = permissions.asked(wish)
        with argspec.connect(params) as nas:
            before, after = _converge(nas, params, settings, permissions.dropped(wish, record), check_mode, report)
        new = permissions.updated(wish, record, before.permitted, after.permitted, datetime.date.today().isoformat())
        asked = settings["permitted"]
        report.update(compare(before, after, None if asked is None else [*asked, *permissions.away(wish, record)]))
        if path and new != record:
            _tell(report, record, new)
            if not check_mode:
                record_file.write(path, {**records, host: new})
    report["recorded"] = permissions.told(record, [*report["removed"], *report["extra"]])
    report["notes"] = permissions.warnings(wish, record, report["removed"], report["extra"])
    # What the record on the NAS says is seen by SSH alone, and so are addresses behind the fifth.
    report["needs_ssh"] = bool(wish.gone) and after.full and not report["removed"]


def _tell(report: dict[str, Any], record: permissions.Record, new: permissions.Record) -> None:
    """Tell of another record in *report*."""
    report["changed"] = True
    for name, what in (("before", record), ("after", new)):
        report["diff"][name]["record"] = what


def _check(params: dict[str, Any]) -> None:
    request = {name: params[name] for name in ("mode", "delay_time", "permitted", "exact")}
    if params["clients"] is not None:
        request["permitted"] = request["permitted"] or []
    ups.check_request(**request)
    if not 1 <= params["upsd_port"] <= 65535:
        raise ValueError(f"upsd_port must be from 1 to 65535, not {params['upsd_port']}.")


def _converge(
    nas: Dsm,
    params: dict[str, Any],
    settings: dict[str, Any],
    dropped: list[str],
    check_mode: bool,
    report: dict[str, Any],
) -> tuple[ups.UpsSettings, ups.UpsSettings]:
    """Log in, set what differs, and return the settings before and after, or in check mode as they would be."""
    device_id = argspec.login(nas, params)
    if device_id:
        report["device_id"] = device_id
    before = ups.parse_settings(nas.ups_get())
    for tries in reversed(range(ATTEMPTS)):
        after = ups.wanted(before, **settings, dropped=dropped)
        differing = before.differences(after)
        if differing:
            own = restart.read_status(params["host"].strip(), params["upsd_port"], nas.left())
            not_now = restart.refusal([ups.ups_status(before), own, *params["statuses"]])
            if not_now:
                raise Refusal(not_now, differs=differing)
        if not differing or check_mode:
            break
        try:
            after = apply.apply(nas, before, after)
            break
        except DsmOvertaken as error:
            if not tries:
                raise
            before = error.stands
    return before, after


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={**argspec.CONNECTION, **SETTINGS, **FLEET, **MOMENT}, supports_check_mode=True
    )
    report: dict[str, Any] = {"changed": False}
    try:
        run(module.params, module.check_mode, report)
    except ValueError as error:
        report.update(failed=True, msg=str(error))
    except DsmError as error:
        unchanged = "" if isinstance(error, DsmNotApplied) else " Nothing was changed."
        report.update(failed=True, msg=f"{error}{unchanged}", reason=error.kind, code=error.code)
        report.update(needs_ssh=getattr(error, "needs_ssh", False), differs=getattr(error, "differs", []))
    exit_unmasked(module, **report)


if __name__ == "__main__":
    main()
