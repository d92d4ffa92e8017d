#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apt_package
short_description: Install or remove a package with apt, or tell what keeps apt from it
version_added: 0.1.0
description:
  - Installs or removes one package on Debian and what derives from it, in one execution and without python3-apt. It
    starts none of its services, installs no recommended packages and, where it installs, keeps configuration files that
    are there. Without O(removable) it removes no other package.
  - Where apt fails, it looks what stands in the way, waits and fetches the package lists where that may help, and tries
    a second time. Then it fails with the one thing that a person has to mend, told by the state of dpkg, of the disk
    and of the locks, not by what apt says.
  - A list that cannot be had is a warning, because another may offer the package.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
attributes:
  check_mode:
    support: full
    details:
      - The package lists are not fetched in check mode.
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    description: Target OS the action can be run against.
    support: full
    platforms: debian
options:
  package:
    description: The package.
    type: str
    required: true
  state:
    description:
      - V(present) installs it.
      - V(installable) fails where something stands in the way of that, and succeeds where an attempt is worth while.
      - V(absent) removes it with its configuration files, and no other package. It fails where others depend on it.
    type: str
    choices: [present, installable, absent]
    default: present
  removable:
    description: Packages that the installation may remove. Without any, apt removes nothing; with some, ask for
      V(installable) first.
    type: list
    elements: str
    default: []
  refresh:
    description:
      - Whether to fetch the package lists at once, and not only after a failure. One that cannot be reached costs
        seconds. They are not fetched where another program had the lock, which explains a failure.
    type: bool
    default: false
  lock_timeout:
    description: Seconds to wait for another program that uses apt or dpkg.
    type: float
    default: 30.0
"""

EXAMPLES = r"""
- name: Install nut-client
  upsfleet.synology.apt_package:
    package: nut-client
  become: true

- name: Remove nut-client and its configuration files
  upsfleet.synology.apt_package:
    package: nut-client
    state: absent
  become: true
"""

RETURN = r"""
installed:
  description: Whether the package is installed, whatever became of others.
  returned: always
  type: bool
  sample: true
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


class _Package:
    """The package on this host, and what has been found out on the way."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.name, self.removable = module.params["package"], module.params["removable"]
        self.failed_lists: list[str] | None = None  # None: the lists were not fetched
        self.said = ""

    def run(self, argv: t.Sequence[str]) -> tuple[int, str]:
        status, out, err = self.module.run_command(list(argv), environ_update=ENVIRONMENT)
        return status, f"{out}\n{err}"

    def fetch_lists(self) -> None:
        """Fetch the package lists; name those that could not be had."""
        if self.module.check_mode or apt.locked():
            return
        self.failed_lists = apt.refresh(self.run)
        if self.failed_lists:
            self.module.warn(
                "These package lists could not be had, and apt goes on without them; mend them or take them out of "
                f"/etc/apt/sources.list.d: {'; '.join(self.failed_lists)}"
            )

    def exit_if_installed(self, changed: bool) -> list[apt.Package]:
        """End the module where the package is there; return what dpkg knows where it is not."""
        known = apt.packages(self.run)
        if apt.is_installed(self.name, known):
            others = apt.half_done(self.name, known)
            if others:
                self.module.warn(f"{self.name} is installed all the same. {others.text}")
            self.module.exit_json(changed=changed, installed=True)
        return known

    def fail_if(self, known: t.Sequence[apt.Package], found: apt.Obstacle | None, done: str = "installed") -> None:
        """Fail with what stands in the way of having it *done*."""
        if found:
            text = apt.summary(self.name, known, found, self.said, done)
            self.module.fail_json(msg=text, obstacle=found._asdict(), installed=apt.is_installed(self.name, known))

    def look(self, known: t.Sequence[apt.Package]) -> None:
        """Fail with what no attempt would get over."""
        self.fail_if(known, apt.before_trying(self.run, self.name, known, self.removable, self.failed_lists))

    def try_once(self) -> list[apt.Package]:
        """Try to install it; return what dpkg knows where that failed."""
        _status, self.said = apt.install(self.run, self.name, bool(self.removable))
        return self.exit_if_installed(changed=True)


def install(package: _Package, known: t.Sequence[apt.Package]) -> None:
    """Install it, a second time where a failure may be cured by now; end the module."""
    if not apt.locked():
        known = package.try_once()
        waited = wait_for_locks(package.module.params["lock_timeout"])
        if not waited and package.failed_lists is None:
            package.fetch_lists()
    package.look(known)
    known = package.try_once()
    package.fail_if(known, apt.after_trying(package.run, package.name, known, package.removable))


def remove(package: _Package) -> None:
    """Remove it with its configuration files, and nothing else; end the module."""
    known = apt.packages(package.run)
    if not apt.is_gone(package.name, known):
        package.fail_if(known, apt.before_removing(package.run, package.name, known), "removed")
        if not package.module.check_mode:
            _status, package.said = apt.remove(package.run, package.name)
            left = apt.packages(package.run)
            if not apt.is_gone(package.name, left):
                package.fail_if(left, apt.after_removing(package.run, package.name, left), "removed")
    package.module.exit_json(changed=not apt.is_gone(package.name, known), installed=False)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "package": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "installable", "absent"], "default": "present"},
            "removable": {"type": "list", "elements": "str", "default": []},
            "refresh": {"type": "bool", "default": False},
            "lock_timeout": {"type": "float", "default": 30.0},
        },
        supports_check_mode=True,
    )
    package = _Package(module)
    waited = wait_for_locks(module.params["lock_timeout"])
    if module.params["state"] == "absent":
        remove(package)
    if module.params["refresh"] and not waited:
        package.fetch_lists()
    known = package.exit_if_installed(changed=False)
    if module.params["state"] == "installable" or module.check_mode:
        package.look(known)
        module.exit_json(changed=module.params["state"] == "present", installed=False)
    try:
        install(package, known)
    except OSError as error:
        package.fail_if(known, apt.disk(apt.NEEDED) or apt.Obstacle("unknown", str(error)))


if __name__ == "__main__":
    main()
