#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_client_audit
short_description: Tell what a host lacks to be a proven client of a UPS server
version_added: 0.1.0
description:
  - Looks at package, files, units, the upsmon process and its connections, and logs in to each UPS server from this
    host, all in one execution and without changing anything but, with O(note), what it remembers.
  - The action plugin of the same name renders the role's templates for the host's NUT version on the controller,
    compares them with the host's files by keyed checksums, and adds RV(drift), RV(verdict), RV(changes) and RV(advice).
    No file's content ever leaves the host.
  - It is made for the role P(upsfleet.synology.nut_client#role), whose templates and variables it uses.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
attributes:
  check_mode:
    details:
      - The probe's LOGIN, followed by LOGOUT, runs in check mode too.
  platform:
    description: Target OS the action can be run against.
    support: full
    platforms: debian, macos, windows
    details:
      - On Windows the action plugin looks with modules of C(ansible.windows) and of this collection instead.
options:
  monitors:
    description: The UPSes that the host's upsmon is to watch.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description: Address or name of the UPS server.
        type: str
        required: true
      port:
        description: TCP port of upsd.
        type: int
        default: 3493
      ups:
        description: Name of the UPS on that server.
        type: str
        default: ups
      username:
        description: User in the server's client.users.
        type: str
        default: monuser
      password:
        description: That user's password.
        type: str
        required: true
      power_value:
        description: How many of the host's power supplies this UPS feeds.
        type: int
        default: 1
  platforms:
    description:
      - What a client consists of, by platform; the role's own table.
      - C(state_dir) is where the role keeps what it must remember.
      - Each platform has C(files) (C(path), C(template), C(mode), C(owner), C(group); C({etc}) in a path is where
        the installed upsmon looks for its configuration), C(units) and C(server_units). The templates are rendered on
        the controller; the host sees the paths alone.
    type: dict
    required: true
  replace_server:
    description: Whether a host that serves UPSes itself may become a client.
    type: bool
    default: false
  replace_apcupsd:
    description: Whether apcupsd may be removed, with which the client's package conflicts.
    type: bool
    default: false
  replace_managed_files:
    description: Whether files may be replaced that another program says to write.
    type: bool
    default: false
  monitor_only:
    description: Whether the host is not to be shut down at all.
    type: bool
    default: false
  platform:
    description: The platform to treat the host as. V(auto) asks the host.
    type: str
    choices: [auto, debian, macos, windows]
    default: auto
  tls:
    description: Whether the probe asks for TLS.
    type: str
    choices: [never, try, require]
    default: never
  ca_file:
    description: PEM file on the host with the certificate authority that the probe trusts.
    type: path
  connect_timeout:
    description: Seconds to wait for a connection.
    type: float
    default: 5.0
  timeout:
    description: Seconds that the whole exchange with one server may take.
    type: float
    default: 10.0
  validate:
    description:
      - Refuse the role's variables on the controller where they cannot be used, before anything touches the host. A
        variable that begins with C(nut_client_) and is not the role's is refused too.
    type: bool
    default: false
  wait:
    description:
      - Seconds that an upsmon that runs has to appear in LIST CLIENT. V(0) looks once.
    type: float
    default: 0.0
  windows:
    description:
      - Name of the variable that holds what a client consists of on Windows. It is only computed for a Windows host.
    type: str
    default: ""
  shutdowncmd:
    description:
      - The SHUTDOWNCMD that a user asks for, looked at beside the one that is in force. Without it the role's own is
        meant.
    type: str
  before:
    description:
      - What this module returned before the first step of a run, or after a rollback directly before it. Needed for
        C(changes.roll_back) and RV(predicted).
    type: dict
  restarted:
    description: Whether upsmon has just been restarted. It matters to RV(advice) and C(changes.roll_back).
    type: bool
    default: false
  rolled_back:
    description: Whether the previous files have just been put back. It matters to RV(advice).
    type: bool
    default: false
  programs_swapped:
    description: Whether the run has replaced the client's programs, which C(changes.roll_back) then means too.
    type: bool
    default: false
  events_since:
    description:
      - On Windows, read the errors of C(Network UPS Tools) in the Application log from this time on, in seconds since
        the epoch on the host's clock. V(0) reads none.
    type: float
    default: 0.0
  wait_for_server:
    description:
      - Seconds to wait for a server that refuses connections or does not answer, or whose UPS seems to be lost or,
        without a charge, on battery, as for a moment after a restart. V(0) looks once.
    type: float
    default: 0.0
  without:
    description:
      - RV(access) of an audit made while upsmon was stopped. The line that came since is upsmon's, also where another
        program of the host talks to the same server.
    type: list
    elements: dict
    default: []
  note:
    description:
      - Whether to note in the C(state_dir) of the platform, where every login that counts is proved, which files led to
        it (for RV(proven)) and RV(login_note). Nothing else is ever written. Not on Windows.
    type: bool
    default: false
  checksum_key:
    description: Key of the checksums. The action plugin makes a new one for each execution.
    type: str
    default: ""
seealso:
  - module: upsfleet.synology.upsd_access
"""

EXAMPLES = r"""
- name: Look at the host (the role nut_client does this for you)
  upsfleet.synology.nut_client_audit:
    monitors:
      - host: 192.0.2.10
        password: "{{ ups_password }}"
    platforms:
      debian:
        files: []
        units: [nut-monitor.service]
        server_units: [nut-server.service]
  become: true
  register: audit
"""

RETURN = r"""
verdict:
  description:
    - The host's one verdict. The worst of V(unreachable), V(refused), V(not_upsd), V(tls_failed), V(not_permitted),
      V(unknown_ups), V(bad_credentials), V(forced_shutdown), V(driver_down), V(stale) and V(ok) over the monitors that
      count, as M(upsfleet.synology.upsd_access) tells them.
    - V(not_logged_in), V(would_stay_up), V(drifted), V(unproven) and V(ups_server) are about the host itself.
  returned: success
  type: str
  sample: ok
protected:
  description:
    - Whether the verdict is V(ok), that is, the host's own upsmon is logged in to every UPS server that counts, can
      take the host down, and comes up with it.
  returned: success
  type: bool
  sample: true
logged_in:
  description: Whether the host's own upsmon is in LIST CLIENT. V(null) where counting cannot tell.
  returned: success
  type: bool
  sample: true
drift:
  description: What differs from the desired state, of V(package), V(config), V(service), V(login).
  returned: success
  type: list
  elements: str
  sample: []
reason:
  description:
    - The code of the first of RV(gaps) where RV(verdict) is V(would_stay_up).
    - V(shutdown_aborted) where it is V(not_logged_in) because a forced shutdown took upsmon, but not the Windows host.
    - Empty otherwise.
  returned: success
  type: str
  sample: ""
gaps:
  description:
    - What would keep the host up in a power failure, or without upsmon after the next boot, each with a C(code) and a
      C(text) for people. It is about the upsmon that runs now, with what it was started with.
  returned: success
  type: list
  elements: dict
  sample: [{code: shutdowncmd_not_found, text: "SHUTDOWNCMD runs /opt/off, which does not exist"}]
drift_details:
  description: The differing files and what is wrong with the service, each with a C(code) and a C(text) for people.
  returned: success
  type: list
  elements: dict
  sample: [{code: upsmon_older_than_files, text: upsmon is older than its files}]
replaced:
  description:
    - What was in force before the first step and goes or changes, where the configuration differs. Each has the
      C(directive), what it C(was) and C(becomes), the C(variable) that would keep it (empty where none does), that
      variable's whole C(value) without passwords, and a C(text) for people.
  returned: success
  type: list
  elements: dict
  sample:
    - directive: FINALDELAY
      was: "20"
      becomes: "5"
      variable: nut_client_finaldelay
      value: 20
      text: "FINALDELAY 20 becomes 5: nut_client_finaldelay keeps it"
changes:
  description:
    - The role's C(steps) that may run now; a C(code) and the C(reason) where they may not; and whether the files that
      were replaced since O(before) are to be put back (C(roll_back)).
  returned: success
  type: dict
  sample: {steps: [configure, service], code: "", reason: "", roll_back: false}
predicted:
  description: Whether this is what a run in check mode came to, which changed nothing.
  returned: success
  type: bool
  sample: false
power_failure:
  description: V(FSD) or V(OB) where a UPS that counts announces a shutdown or is on battery, V(null) otherwise.
  returned: success
  type: str
  sample: null
advice:
  description: What to do about a verdict that is not V(ok).
  returned: success
  type: str
  sample: ""
cause:
  description: RV(advice) without this host's own address, so that hosts with the same cause have the same text.
  returned: success
  type: str
  sample: ""
notes:
  description: Defects of the installed NUT version that configuration cannot cure, and what else a person should know.
  returned: success
  type: list
  elements: str
  sample: []
address:
  description: This host's address as the UPS server sees it, or the probe's own where that is unknown.
  returned: success
  type: str
  sample: 192.0.2.21
temporary_addresses:
  description:
    - The host's temporary IPv6 addresses (RFC 8981), which it replaces by itself, mostly each day. None of them is
      permitted at the NAS unless C(ups_client_address) names it.
  returned: success
  type: list
  elements: str
  sample: []
nut_version:
  description: The NUT version installed, or the one that would be.
  returned: success
  type: str
  sample: 2.8.0
os:
  description: Platform, name and version of the operating system.
  returned: success
  type: dict
  sample: {platform: debian, name: debian, version: "12"}
machine_id:
  description:
    - Which machine it is, whatever it is called, a hash of its own id that is made for this collection only. V(null)
      where it has none, and on Windows, where it is not read.
  returned: success
  type: str
  sample: 715af9c15171491fbe5a9f67d25f08c8
package:
  description:
    - The package's state. On Debian also whether apt's lists offer it as a C(candidate), and the C(rivals), installed
      packages that conflict with it.
  returned: success
  type: dict
  sample: {installed: true, version: 2.8.0-7, server: false, candidate: false, rivals: []}
installation:
  description: Where the client is or will be; on macOS also the package C(manager) and its C(owner).
  returned: success
  type: dict
  sample: {prefix: /, upsmon: /sbin/upsmon, etc: /etc/nut}
mode:
  description: MODE in nut.conf. V(null) where the platform does not read it.
  returned: success
  type: str
  sample: netclient
files:
  description:
    - State of each file by path, without its content; also, where it is so, C(link) (what a symbolic link leads to),
      C(immutable) (path and flag), C(managed_by) (who else writes it) and C(not_a_file).
  returned: success
  type: dict
  sample: {/etc/nut/nut.conf: {exists: true, mode: "0640", owner: root, group: nut}}
units:
  description: State of each unit by name.
  returned: success
  type: dict
  sample: {nut-monitor.service: {enabled: true, active: true, need_daemon_reload: false, main_pid: 812}}
held:
  description:
    - The unit that does not run yet because the boot guard waits for the end of a latched FSD (C(nut_client_boot_guard)
      of the role) and starts it then. That it does not run is not in RV(drift). Empty where nothing waits.
  returned: on Linux
  type: str
  sample: ""
serves:
  description:
    - What says that the host serves UPSes itself, of V(mode) (in nut.conf), V(unit_active), V(ups_conf) (it names a
      UPS) and V(upsd_runs). On Linux.
  returned: success
  type: list
  elements: str
  sample: []
server_units:
  description: State of the units of a UPS server, where the host serves UPSes.
  returned: success
  type: dict
  sample: {}
rival_units:
  description: State of the units of packages that conflict with the client's.
  returned: on Debian
  type: dict
  sample: {}
time:
  description: The host's clock, seconds since the epoch.
  returned: success
  type: float
  sample: 1795471300.5
events:
  description: The newest errors in the Application log, on Windows.
  returned: where O(events_since) is set
  type: list
  elements: str
  sample: []
upsmon:
  description: The upsmon processes and their start.
  returned: success
  type: dict
  sample: {pids: [812, 813], started: 1795471200.1}
proven:
  description: Whether the files are those that once led upsmon to its login, which the role notes on the host.
  returned: success
  type: bool
  sample: true
drill:
  description:
    - The result of the host's last drill, which the role P(upsfleet.synology.nut_drill#role) keeps there, with its
      C(date). V(null) where there was none.
  returned: success
  type: dict
  sample: null
running_client_logged_in:
  description: Whether the upsmon that runs now is logged in somewhere, or cannot be told not to be.
  returned: success
  type: bool
  sample: true
access:
  description:
    - One entry per monitor, as M(upsfleet.synology.upsd_access) returns it, with C(logged_in), its code and reason.
    - C(logged_in_code) is V(listed), V(remembered) or V(started) where upsmon is logged in, V(no_connection),
      V(not_listed) or V(refused) where it is not, and V(gateway), V(loopback), V(second_reader),
      V(list_client_refused), V(unknown_connections) or V(not_told) where that cannot be told.
    - C(addresses) are all of the server's name, C(connections) the host's connections to it (local address and port,
      remote address and port, whether it is upsmon's), C(listed) is LIST CLIENT before the probe's own LOGIN,
      C(logins) GET NUMLOGINS before and after it, where there is no LIST CLIENT.
  returned: success
  type: list
  elements: dict
  sample:
    - host: 192.0.2.10
      ups: ups
      verdict: ok
      status: OL
      battery: {charge: 100, runtime: 2460}
      logged_in: true
      power_value: 1
returns:
  description:
    - How the host comes back once it has shut down. C(way) is V(wake_on_lan), V(bmc), V(host) (of a virtual machine or
      a container, which starts it), V(by_hand), or V(null) where that cannot be told; C(text) says why, for people.
    - C(armed) is whether a magic packet starts it, as its network cards tell, V(null) where they do not; C(cards) are
      those below the interface that leads to the UPS server, each with C(name), C(macs), C(armed) and a C(code).
    - Read on Linux, with root's rights and without a command.
  returned: success
  type: dict
  sample:
    way: wake_on_lan
    text: Wake-on-LAN is armed at enp3s0
    armed: true
    bmc: false
    cards: [{name: enp3s0, macs: ["00:00:5e:00:53:21"], armed: true, code: armed}]
login_note:
  description:
    - What O(note) puts into C(login.json) in the C(state_dir) of the platform, V(null) where no login was proved.
    - The next audits read it there. It proves the login of an upsmon beside which another program of the host talks to
      the same server, as long as process and connection are the same. Not read on Windows.
  returned: success
  type: dict
  sample: {pid: 812, started: 1795471200.1, connections: [[192.0.2.21, 40122, 192.0.2.10, 3493]]}
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._exit import exit_unmasked
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_audit, posix
from ansible_collections.upsfleet.synology.plugins.module_utils._host.audit import Audit

INTERVAL = 0.5  # seconds between two looks while waiting for upsmon's login


def main() -> None:
    monitor_options = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 3493},
        "ups": {"type": "str", "default": "ups"},
        "username": {"type": "str", "default": "monuser"},
        "password": {"type": "str", "required": True, "no_log": True},
        "power_value": {"type": "int", "default": 1},
    }
    module = AnsibleModule(
        argument_spec={
            "monitors": {"type": "list", "elements": "dict", "required": True, "options": monitor_options},
            "platforms": {"type": "dict", "required": True},
            "replace_server": {"type": "bool", "default": False},
            "replace_managed_files": {"type": "bool", "default": False},
            "monitor_only": {"type": "bool", "default": False},
            "replace_apcupsd": {"type": "bool", "default": False},
            "platform": {"type": "str", "choices": ["auto", "debian", "macos", "windows"], "default": "auto"},
            "tls": {"type": "str", "choices": ["never", "try", "require"], "default": "never"},
            "ca_file": {"type": "path"},
            "connect_timeout": {"type": "float", "default": 5.0},
            "timeout": {"type": "float", "default": 10.0},
            "wait": {"type": "float", "default": 0.0},
            "windows": {"type": "str", "default": ""},
            "shutdowncmd": {"type": "str"},
            "before": {"type": "dict"},
            "restarted": {"type": "bool", "default": False},
            "rolled_back": {"type": "bool", "default": False},
            "programs_swapped": {"type": "bool", "default": False},
            "events_since": {"type": "float", "default": 0.0},
            "wait_for_server": {"type": "float", "default": 0.0},
            "without": {"type": "list", "elements": "dict", "default": []},
            "validate": {"type": "bool", "default": False},
            "note": {"type": "bool", "default": False},
            "checksum_key": {"type": "str", "default": "", "no_log": True},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="The audit reads upsmon's files and connections: it needs root, set become: true.")
    audit = Audit(posix.runner(module.run_command), module.params)
    try:
        seen = audit.look()
        login_audit.wait_for_logins(
            seen,
            audit.logins,
            server=module.params["wait_for_server"],
            login=module.params["wait"],
            interval=INTERVAL,
        )
    except posix.CannotLook as error:
        module.fail_json(msg=str(error))
    if module.params["note"] and not module.check_mode:
        try:
            audit.note(seen)
        except OSError as error:
            module.fail_json(msg=f"What the login has proved cannot be noted: {error}")
    seen["chain"] = audit.chain(seen)
    seen["returns"] = audit.returns(seen)
    exit_unmasked(module, changed=False, seen=seen)


if __name__ == "__main__":
    main()
