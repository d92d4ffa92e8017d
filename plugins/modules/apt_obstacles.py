#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apt_obstacles
short_description: Tell what keeps apt from installing a package
version_added: 0.1.0
description:
  - Names the one thing that a person has to mend before apt can install a package on Debian and what derives from it.
    It is told by the state of dpkg, of the disk and of the locks, not by what apt says.
  - Fails where something stands in the way, and succeeds where an attempt is worth while or the package is installed.
  - Fetches the package lists if asked to. A list that cannot be had is a warning, for another may offer the package.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
attributes:
  check_mode:
    details:
      - The package lists are not fetched in check mode.
  platform:
    description: Target OS the action can be run against.
    support: full
    platforms: debian
options:
  package:
    description: The package that is to be installed.
    type: str
    required: true
  removable:
    description: Packages that the installation may remove. It would take away no other.
    type: list
    elements: str
    default: []
  refresh:
    description: Whether to fetch the package lists, unless another program had the lock, which explains enough.
    type: bool
    default: false
  last:
    description: Whether no attempt follows. Then it also fails where no cause is found.
    type: bool
    default: false
  lock_timeout:
    description: Seconds to wait for another program that uses apt or dpkg.
    type: float
    default: 30.0
  said:
    description: What apt said when it failed; its last words are shown.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Look what keeps apt from installing nut-client
  upsfleet.synology.apt_obstacles:
    package: nut-client
    refresh: true
  become: true
"""

RETURN = r"""
installed:
  description: Whether the package is installed, whatever became of others.
  returned: success
  type: bool
  sample: false
obstacle:
  description:
    - What stands in the way. C(code) is one of V(locked), V(interrupted), V(read_only), V(disk_full), V(held),
      V(would_remove), V(no_candidate), V(half_done), V(download) and V(unknown); C(text) is for people.
  returned: failure
  type: dict
  sample: {code: held, text: "nut-client is held. If that is not wanted any more: `sudo apt-mark unhold nut-client`."}
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._host import apt
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run

INTERVAL = 0.5  # seconds between two looks at the locks
ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": "C", "DEBIAN_FRONTEND": "noninteractive"}


def wait_for_locks(timeout: float) -> bool:
    """Wait until nobody uses apt or dpkg, and return whether somebody did."""
    deadline = time.monotonic() + timeout
    waited = False
    while apt.locked() and time.monotonic() < deadline:
        waited = True
        time.sleep(INTERVAL)
    return waited


def fetch_lists(module: AnsibleModule, run: Run) -> list[str]:
    """Fetch the package lists; name those that could not be had."""
    failed = apt.refresh(run)
    if failed:
        module.warn(
            "These package lists could not be had, and apt goes on without them; mend them or take them out of "
            f"/etc/apt/sources.list.d: {'; '.join(failed)}"
        )
    return failed


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "package": {"type": "str", "required": True},
            "removable": {"type": "list", "elements": "str", "default": []},
            "refresh": {"type": "bool", "default": False},
            "last": {"type": "bool", "default": False},
            "lock_timeout": {"type": "float", "default": 30.0},
            "said": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    package, removable = module.params["package"], module.params["removable"]

    def run(argv: t.Sequence[str]) -> tuple[int, str]:
        status, out, err = module.run_command(list(argv), environ_update=ENVIRONMENT)
        return status, f"{out}\n{err}"

    waited = wait_for_locks(module.params["lock_timeout"])
    refresh = module.params["refresh"] and not waited and not module.check_mode
    failed_lists = fetch_lists(module, run) if refresh and not apt.locked() else None
    known = apt.packages(run)
    if apt.is_installed(package, known):
        others = apt.half_done(package, known)
        if others:
            module.warn(f"{package} is installed all the same. {others.text}")
        module.exit_json(changed=False, installed=True)
    found = (
        apt.after_trying(run, package, known, removable)
        if module.params["last"]
        else apt.before_trying(run, package, known, removable, failed_lists)
    )
    if found:
        said = module.params["said"]
        module.fail_json(msg=apt.summary(package, known, found, said), obstacle=found._asdict(), installed=False)
    module.exit_json(changed=False, installed=False)


if __name__ == "__main__":
    main()
