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
    host, all in one execution and without changing anything.
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
    platforms: debian
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
        description: User in the server's upsd.users.
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
  files:
    description:
      - The files of the client, each with C(path), C(template), C(mode), C(owner) and C(group).
      - The templates are found and rendered on the controller; the host sees the paths alone.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path on the host.
        type: path
        required: true
      template:
        description: Name of the role's template.
        type: str
        required: true
      mode:
        description: The mode it must have, such as V("0640").
        type: str
        required: true
      owner:
        description: The owner it must have.
        type: str
        default: root
      group:
        description: The group it must have.
        type: str
        default: root
  units:
    description: The systemd units that must be enabled and active where they exist.
    type: list
    elements: str
    required: true
  server_units:
    description: The systemd units of a UPS server, which must not run on a client.
    type: list
    elements: str
    default: []
  replace_server:
    description: Whether a host that serves UPSes itself may become a client.
    type: bool
    default: false
  platform:
    description: The platform to treat the host as. V(auto) looks at the host.
    type: str
    choices: [auto, debian]
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
  wait:
    description:
      - Seconds that an upsmon that runs has to appear in LIST CLIENT. V(0) looks once.
    type: float
    default: 0.0
  restarted:
    description: Whether upsmon has just been restarted. It only matters to RV(advice).
    type: bool
    default: false
  wait_for_server:
    description: Seconds to wait for a server that refuses connections or does not answer. V(0) looks once.
    type: float
    default: 0.0
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
    files: []
    units:
      - nut-monitor.service
  become: true
  register: audit
"""

RETURN = r"""
verdict:
  description:
    - The host's one verdict. The worst verdict of M(upsfleet.synology.upsd_access) over the monitors that count,
      or V(not_logged_in), V(drifted) or V(ups_server).
  returned: success
  type: str
  sample: ok
protected:
  description: Whether the verdict is V(ok), and the host's own upsmon is logged in to every UPS server that counts.
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
drift_details:
  description: The differing files and what is wrong with the service, for people.
  returned: success
  type: list
  elements: str
  sample: [upsmon is older than its files]
changes:
  description: The role's steps that may run now, and the reason where they may not.
  returned: success
  type: dict
  sample: {steps: [configure, service], reason: ""}
advice:
  description: What to do about a verdict that is not V(ok).
  returned: success
  type: str
  sample: ""
notes:
  description: Defects of the installed NUT version that configuration cannot cure.
  returned: success
  type: list
  elements: str
  sample: []
address:
  description: This host's address as the UPS server sees it, or the probe's own where that is unknown.
  returned: success
  type: str
  sample: 192.0.2.21
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
package:
  description: The package's state.
  returned: success
  type: dict
  sample: {installed: true, version: 2.8.0-7, server: false}
mode:
  description: MODE in nut.conf.
  returned: success
  type: str
  sample: netclient
files:
  description: State of each file by path, without its content.
  returned: success
  type: dict
  sample: {/etc/nut/nut.conf: {exists: true, mode: "0640", owner: root, group: nut}}
units:
  description: State of each unit by name.
  returned: success
  type: dict
  sample: {nut-monitor.service: {enabled: true, active: true, need_daemon_reload: false, main_pid: 812}}
server_units:
  description: State of the units of a UPS server, where the host has one.
  returned: success
  type: dict
  sample: {}
upsmon:
  description: The upsmon processes and their start.
  returned: success
  type: dict
  sample: {pids: [812, 813], started: 1795471200.1}
well:
  description: Whether the upsmon that runs now is logged in somewhere, or cannot be told not to be.
  returned: success
  type: bool
  sample: true
access:
  description:
    - One entry per monitor, as M(upsfleet.synology.upsd_access) returns it, with RV(access[].logged_in],ignore:true)
      and its reason.
  returned: success
  type: list
  elements: dict
  sample: [{host: 192.0.2.10, ups: ups, verdict: ok, status: OL, logged_in: true, power_value: 1}]
"""

import os
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils import access, login, posix_host, unmasked, upsd

POLL = 0.5  # seconds between two looks while waiting for upsmon's login


class _Audit:
    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        self.main_pids: list[int] = []

    def run_command(self, argv: t.Sequence[str]) -> tuple[int, str]:
        try:
            status, out, _err = self.module.run_command(
                list(argv), environ_update={"LC_ALL": "C", "LANGUAGE": "C"}, handle_exceptions=False
            )
        except OSError:
            return 127, ""
        return status, out

    def look(self) -> dict[str, t.Any]:
        """Look once at everything."""
        os_facts = posix_host.release(posix_host.read_text("/etc/os-release"))
        if self.params["platform"] != "auto":
            os_facts["platform"] = self.params["platform"]
        if os_facts["platform"] != "debian":
            self.module.fail_json(
                msg=f"{os_facts['name']} {os_facts['version']} is not supported: the role knows the Debian family."
            )
        if not os.path.isdir("/run/systemd/system"):
            self.module.fail_json(msg="systemd does not run here: upsmon is managed as a systemd unit.")
        package = posix_host.debian_packages(self.run_command, os_facts["name"], os_facts["version"])
        seen: dict[str, t.Any] = {
            "os": os_facts,
            "package": package,
            "mode": posix_host.nut_mode(posix_host.read_text("/etc/nut/nut.conf")),
            "files": {
                file["path"]: posix_host.file_state(file["path"], self.params["checksum_key"])
                for file in self.params["files"]
            },
            "units": posix_host.systemd_units(self.run_command, self.params["units"]),
            "server_units": posix_host.systemd_units(self.run_command, self.params["server_units"])
            if package["server"]
            else {},
            "time": time.time(),
        }
        self.main_pids = [unit["main_pid"] for unit in seen["units"].values()]
        seen.update(self.logins())
        return seen

    def wait(self, seen: dict[str, t.Any], limit: str, pending: t.Callable[[dict[str, t.Any]], bool]) -> None:
        """Look at the logins again while one is *pending*, for at most the seconds of the option *limit*."""
        deadline = time.monotonic() + self.params[limit]
        while time.monotonic() < deadline and any(map(pending, seen["access"])):
            time.sleep(POLL)
            seen.update(self.logins())

    def logins(self) -> dict[str, t.Any]:
        """Look at upsmon and probe every monitor; the connections are read first, so that none is the probe's."""
        processes = posix_host.upsmon_processes()
        own = [started for pid, started in processes.items() if pid in self.main_pids]  # another may be somebody else's
        connections = posix_host.sockets(list(processes))
        reports = [self.probe(monitor, connections) for monitor in self.params["monitors"]]
        peers = {(report["peer_address"], report["port"]) for report in reports}
        elsewhere = [one for one in connections if one.upsmon and (one.remote, one.port) not in peers]
        return {
            "upsmon": {"pids": sorted(processes), "started": min(own or processes.values(), default=None)},
            "access": reports,
            "well": any(report["logged_in"] is not False for report in reports) or any(map(self.listed_at, elsewhere)),
        }

    def probe(self, monitor: dict[str, t.Any], connections: list[login.Socket]) -> dict[str, t.Any]:
        exchange = access.probe(
            **{key: monitor[key] for key in ("host", "port", "ups", "username", "password")},
            **{key: self.params[key] for key in ("connect_timeout", "timeout", "tls", "ca_file")},
        )
        report = access.report(exchange)
        peer = exchange.peer_address
        logged_in, reason = login.judge_login(
            None if report["clients_error"] else report["clients"],
            report["seen_as"],
            report["source_address"],
            peer,
            monitor["port"],
            connections,
        )
        report.update(
            power_value=monitor["power_value"], peer_address=peer, logged_in=logged_in, logged_in_reason=reason
        )
        return report

    def listed_at(self, connection: login.Socket) -> bool:
        """Return whether upsmon is logged in to a server that is not among the desired ones."""
        limits = {key: self.params[key] for key in ("connect_timeout", "timeout")}
        try:
            with upsd.Upsd.connect(connection.remote, connection.port, **limits) as server:
                return any(connection.local in server.list_clients(name) for name in server.list_ups())
        except upsd.UpsdError:
            return False


def main() -> None:
    monitor_options = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 3493},
        "ups": {"type": "str", "default": "ups"},
        "username": {"type": "str", "default": "monuser"},
        "password": {"type": "str", "required": True, "no_log": True},
        "power_value": {"type": "int", "default": 1},
    }
    file_options = {
        "path": {"type": "path", "required": True},
        "template": {"type": "str", "required": True},
        "mode": {"type": "str", "required": True},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
    }
    module = AnsibleModule(
        argument_spec={
            "monitors": {"type": "list", "elements": "dict", "required": True, "options": monitor_options},
            "files": {"type": "list", "elements": "dict", "required": True, "options": file_options},
            "units": {"type": "list", "elements": "str", "required": True},
            "server_units": {"type": "list", "elements": "str", "default": []},
            "replace_server": {"type": "bool", "default": False},
            "platform": {"type": "str", "choices": ["auto", "debian"], "default": "auto"},
            "tls": {"type": "str", "choices": ["never", "try", "require"], "default": "never"},
            "ca_file": {"type": "path"},
            "connect_timeout": {"type": "float", "default": 5.0},
            "timeout": {"type": "float", "default": 10.0},
            "wait": {"type": "float", "default": 0.0},
            "restarted": {"type": "bool", "default": False},
            "wait_for_server": {"type": "float", "default": 0.0},
            "checksum_key": {"type": "str", "default": "", "no_log": True},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="The audit reads upsmon's files and connections: it needs root, set become: true.")
    audit = _Audit(module)
    seen = audit.look()
    audit.wait(seen, "wait_for_server", lambda report: report["verdict"] in ("refused", "unreachable"))
    if seen["upsmon"]["pids"]:
        audit.wait(seen, "wait", lambda report: report["verdict"] == "ok" and not report["logged_in"])
    module.exit_json(changed=False, seen=unmasked.encode(seen))


if __name__ == "__main__":
    main()
