#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_client_config
short_description: Write, roll back or take away the files of a NUT client, and restart it with them
version_added: 0.1.0
description:
  - Brings all files of a NUT client to their state in one execution, all of them or none.
  - The action plugin of the same name renders the role's templates on the controller for the host's NUT version.
  - A file that is a symbolic link is written through, and the link stays.
  - Keeps two sets of backups (files 0600 in a 0700 folder), what was there before the role's first change and what the
    last change replaced.
  - It is made for the role P(upsfleet.synology.nut_client#role), whose templates and variables it uses.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Passwords are masked in the difference.
  idempotent:
    support: full
  platform:
    description: Target OS the action can be run against.
    support: full
    platforms: debian, macos, windows
    details:
      - On Windows the action plugin does it with modules of C(ansible.windows) instead, file by file, and puts all of
        them back if one fails.
options:
  state:
    description:
      - V(recorded) notes what is there before anything is changed, once.
      - V(present) writes the files, and before the first change does what V(recorded) does.
      - V(started) looks at the host first, as O(look) says. Unless what it is right now forbids that, it does what
        V(present) does, and enables and restarts the client. On Linux.
      - V(rolled_back) puts back what the last V(present) or V(started) replaced.
      - V(absent) puts back what was noted by V(recorded) and takes the backups out.
    type: str
    choices: [present, started, recorded, rolled_back, absent]
    default: present
  files:
    description: The files, as M(upsfleet.synology.nut_client_audit) takes them.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path on the host. C({etc}) is where the installed upsmon reads its files.
        type: path
        required: true
      template:
        description: Name of the role's template.
        type: str
      content:
        description:
          - The text to write, base64-coded. The action plugin renders it from O(files[].template).
        type: str
        default: ""
      mode:
        description: The mode to give it, such as V("0640").
        type: str
        required: true
      owner:
        description: The owner to give it.
        type: str
        default: root
      group:
        description: The group to give it.
        type: str
        default: root
  platform:
    description: The platform to treat the host as. V(auto) tells Windows by the connection.
    type: str
    choices: [auto, debian, macos, windows]
    default: auto
  host:
    description:
      - What M(upsfleet.synology.nut_client_audit) returned for the host, which the templates are rendered for. Needed
        with O(files).
    type: dict
  record:
    description: What else to record before the first change, and to return from then on.
    type: dict
    default: {}
  nut_version:
    description:
      - With O(state=started), the NUT version that the files are for. Nothing is done where another one is installed.
        The action plugin fills it in, and renders the files anew where it was another one.
    type: str
    default: ""
  look:
    description: With O(state=started), how to look at the host; see M(upsfleet.synology.nut_client_audit).
    type: dict
    suboptions:
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
            description: TCP port of its upsd.
            type: int
            default: 3493
          ups:
            description: Name of the UPS there.
            type: str
            default: ups
          username:
            description: User there.
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
        description: What a client consists of, by platform.
        type: dict
        required: true
      replace_server:
        description: Whether a host that serves UPSes itself may become a client.
        type: bool
        default: false
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
  since:
    description:
      - With O(state=rolled_back), only put back what was replaced after this time (seconds since the epoch), such as
        the start of the upsmon that ran with it. What an older change replaced is not what worked last.
    type: float
    default: 0.0
  state_dir:
    description: The folder of the backups.
    type: path
    default: /var/lib/upsfleet
"""

EXAMPLES = r"""
- name: Put back what the last change replaced
  upsfleet.synology.nut_client_config:
    state: rolled_back
  become: true
"""

RETURN = r"""
files:
  description: The paths that were, or in check mode would be, changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/nut/upsmon.conf]
record:
  description: What was recorded before the role's first change. Empty where nothing was.
  returned: success
  type: dict
  sample: {package_installed: false}
started:
  description: With O(state=started), whether the client was restarted; never in check mode.
  returned: success
  type: bool
  sample: true
code:
  description:
    - With O(state=started), why nothing was changed, as a code; empty where it was. V(other_version) where the files
      are for another NUT version than the installed one, which RV(nut_version) then is. The others are those of
      C(changes) of M(upsfleet.synology.nut_client_audit).
  returned: success
  type: str
  sample: on_battery
reason:
  description: The same for people.
  returned: success
  type: str
  sample: "The UPS is on battery: nothing is changed until the power is back."
nut_version:
  description: With O(state=started), the NUT version that is installed.
  returned: success
  type: str
  sample: 2.8.0
without:
  description:
    - With O(state=started), C(access) of M(upsfleet.synology.nut_client_audit) while upsmon was stopped, for its option
      of the same name. Empty where no other program reads the same server.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import shutil
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._exit import exit_unmasked
from ansible_collections.upsfleet.synology.plugins.module_utils._host import (
    changes,
    file_owner,
    file_set,
    login_proof,
    posix,
    systemd,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._host.audit import Audit
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import redact, versions


def differing(states: t.Sequence[file_set.FileState]) -> list[file_set.FileState]:
    """Return those of *states* that are not what the host has."""
    return [state for state in states if file_set.current(state.path) != state]


def difference(states: t.Sequence[file_set.FileState]) -> list[dict[str, str]]:
    """Return the masked differences that Ansible prints."""
    return [
        {
            "before_header": state.path,
            "after_header": state.path,
            "before": _shown(file_set.current(state.path)),
            "after": _shown(state),
        }
        for state in states
    ]


def _shown(state: file_set.FileState) -> str:
    if state.content is None:
        return ""
    return f"# mode {state.mode:04o}\n" + redact.mask(state.content.decode("utf-8", "replace"))


def desired_states(params: dict[str, t.Any], check_mode: bool) -> list[file_set.FileState]:
    """Return the files as O(state) asks for them."""
    if params["state"] in ("present", "started"):
        return [file_set.wanted(file, check_mode) for file in params["files"]]
    if params["state"] == "rolled_back":
        return file_set.saved(params["state_dir"], file_set.PREVIOUS, params["since"])
    return file_set.saved(params["state_dir"], file_set.ORIGINAL)


def obstacles(states: t.Sequence[file_set.FileState]) -> str:
    """Return which attribute forbids to replace one of the files, before anything of the client is stopped."""
    found = [file_owner.look(state.path).get("immutable") for state in states]
    return " ".join(f"{one['path']} has the attribute {one['flag']}." for one in found if one)


def note(params: dict[str, t.Any]) -> None:
    """Keep what is there before the first change."""
    states = [file_set.current(file["path"]) for file in params["files"]]
    file_set.record(params["state_dir"], states, params["record"])


def change(params: dict[str, t.Any], states: list[file_set.FileState], changing: list[file_set.FileState]) -> None:
    """Write the files that differ, keeping the whole set as it was; the others keep their times, which tell things."""
    if params["state"] in ("present", "started"):
        if file_set.recorded(params["state_dir"]) is None:  # the package was there already
            note(params)
        file_set.save(params["state_dir"], file_set.PREVIOUS, [file_set.current(state.path) for state in states])
    file_set.apply(changing)


def run(module: AnsibleModule) -> None:
    params = module.params
    facts = file_set.recorded(params["state_dir"])
    if params["state"] == "recorded":
        if facts is None and not module.check_mode:
            note(params)
        # Noting something changes nothing that a person would call the host's state.
        module.exit_json(changed=False, files=[], record=facts or params["record"])
    if params["state"] == "started":
        exit_unmasked(module, record=facts or {}, **start(module))
    result = write(module)
    if params["state"] == "absent" and facts is not None:
        result["changed"] = True
        if not module.check_mode:
            shutil.rmtree(params["state_dir"])
    module.exit_json(record=facts or {}, **result)


def write(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the files to their state."""
    states = desired_states(module.params, module.check_mode)
    changing = differing(states)
    result: dict[str, t.Any] = {"changed": bool(changing), "files": [state.path for state in changing]}
    if module._diff:
        result["diff"] = difference(changing)
    forbidden = obstacles(changing)
    if forbidden:
        module.fail_json(msg=f"Nothing was changed: {forbidden}")
    if changing and not module.check_mode:
        change(module.params, states, changing)
    return result


def start(module: AnsibleModule) -> dict[str, t.Any]:
    """Look; unless that forbids it, write the files and restart the client with them."""
    params = module.params
    look = {**params["look"], "platform": params["platform"], "checksum_key": "", "shutdowncmd": None, "without": []}
    audit = Audit(posix.runner(module.run_command), look)
    seen = audit.look()
    version = ".".join(map(str, versions.parse_version(seen["package"]["version"])))
    nothing = {"changed": False, "files": [], "started": False, "nut_version": version, "reason": "", "without": []}
    if params["files"] and version != params["nut_version"]:
        return {**nothing, "code": changes.OTHER_VERSION}
    config = bool(differing(desired_states(params, module.check_mode)))
    allowed = changes.before_restart(seen, config, look["replace_server"])
    if not {*["configure"] * config, "service"} <= set(allowed.steps):
        return {**nothing, "code": allowed.code, "reason": allowed.reason}
    if not (seen["units"] or module.check_mode):  # of a package that is not there, or of a systemctl that fails
        unit = "systemd does not know the client's units. `systemctl status nut-monitor` on the host shows more."
        module.fail_json(msg=f"Nothing was changed: {unit}")
    result = {**nothing, **write(module), "changed": True, "code": "", "started": not module.check_mode}
    if not module.check_mode:
        result["without"] = restart(module, audit, seen)
    return result


def restart(module: AnsibleModule, audit: Audit, seen: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Restart the client; return what the servers list while it is stopped, where another program reads them too."""

    def ask(argv: t.Sequence[str]) -> tuple[int, str]:
        status, out, err = module.run_command(list(argv), environ_update={"LC_ALL": "C", "LANGUAGE": "C"})
        return status, f"{err}\n{out}"

    listed = []
    try:
        if any(one["logged_in_code"] == login_proof.SECOND_READER for one in seen["access"]):
            systemd.stop(ask, next(iter(seen["units"])))
            listed = audit.logins()["access"]
    finally:  # what is stopped is started again, whatever was seen
        systemd.start(ask, seen["units"], list(seen["server_units"]))
    return listed


def main() -> None:
    file_options = {
        "path": {"type": "path", "required": True},
        "template": {"type": "str"},
        "content": {"type": "str", "default": "", "no_log": True},
        "mode": {"type": "str", "required": True},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
    }
    monitor_options = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 3493},
        "ups": {"type": "str", "default": "ups"},
        "username": {"type": "str", "default": "monuser"},
        "password": {"type": "str", "required": True, "no_log": True},
        "power_value": {"type": "int", "default": 1},
    }
    look_options = {
        "monitors": {"type": "list", "elements": "dict", "required": True, "options": monitor_options},
        "platforms": {"type": "dict", "required": True},
        "replace_server": {"type": "bool", "default": False},
        "tls": {"type": "str", "choices": ["never", "try", "require"], "default": "never"},
        "ca_file": {"type": "path"},
        "connect_timeout": {"type": "float", "default": 5.0},
        "timeout": {"type": "float", "default": 10.0},
    }
    module = AnsibleModule(
        argument_spec={
            "state": {
                "type": "str",
                "choices": ["present", "started", "recorded", "rolled_back", "absent"],
                "default": "present",
            },
            "files": {"type": "list", "elements": "dict", "default": [], "options": file_options},
            "platform": {"type": "str", "choices": ["auto", "debian", "macos", "windows"], "default": "auto"},
            "host": {"type": "dict"},
            "record": {"type": "dict", "default": {}},
            "nut_version": {"type": "str", "default": ""},
            "look": {"type": "dict", "options": look_options},
            "since": {"type": "float", "default": 0.0},
            "state_dir": {"type": "path", "default": "/var/lib/upsfleet"},
        },
        required_if=[("state", "present", ["files"]), ("state", "started", ["look"])],
        supports_check_mode=True,
    )
    try:
        run(module)
    except OSError as error:
        module.fail_json(msg=f"Nothing was changed: {error}")
    except posix.CannotLook as error:
        module.fail_json(msg=str(error))
    except systemd.CannotStart as error:
        module.fail_json(msg=f"upsmon was not restarted as it should be; the next run does it: {error}")
    except KeyError as error:
        module.fail_json(msg=f"Nothing was changed: no such owner or group: {error}")


if __name__ == "__main__":
    main()
