#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nut_client_log_info
short_description: Tell what a host's journal has of power failures
version_added: 0.1.0
description:
  - Reads what upsmon wrote to the journal, over all boots that the journal holds, and where the host went down and came
    back; asks the UPS servers of its C(upsmon.conf) for their state now; all in one execution and without changing
    anything.
  - The action plugin of the same name measures by how much the host's clock differs from the controller's.
  - On macOS and Windows no log is read, and the result says so. On Windows nothing is executed.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
  platform:
    description: Target OS the action can be run against.
    support: partial
    platforms: debian, macos, windows
    details:
      - Only the journal of systemd is read.
options:
  days:
    description: How far back to read. At most the newest 20000 lines are read, and the newest 500 events returned.
    type: int
    default: 30
  etc:
    description: Where C(upsmon.conf) is, unless an upsmon runs that reads another one.
    type: path
    default: /etc/nut
seealso:
  - module: upsfleet.synology.fleet_outage
"""

EXAMPLES = r"""
- name: Read the client's log
  upsfleet.synology.nut_client_log_info:
    days: 7
  become: true
  register: log
"""

RETURN = r"""
code:
  description:
    - Empty, or why there are no events, V(no_journal) (nothing of these days is in it, or there is none), V(macos) or
      V(windows).
  returned: success
  type: str
  sample: ""
events:
  description:
    - What happened, oldest first. C(time) is in seconds since 1970 by the host's clock, C(ups) the UPS as
      C(upsmon.conf) names it, empty where the line names none, C(detail) what the role's own SHUTDOWNCMD wrote.
    - From upsmon C(code) is V(on_battery), V(on_line), V(low_battery), V(fsd), V(comm_lost), V(comm_ok),
      V(unavailable), V(shutdown), V(no_parent), V(calibrating), V(calibrated), V(off), V(not_off), V(gave_up) (waiting
      for the primary), V(taken_for_dead) or V(login_refused).
    - Of the host it is V(powering_down) (logind's word), V(shutdown_command), V(down) (the journal was closed in
      order), V(ends) (the last word of a boot that ended without that), V(back) (the next boot) or V(begins) (the first
      boot that the journal knows).
  returned: success
  type: list
  elements: dict
  sample: [{time: 1795828714.637, code: on_battery, ups: ups@192.0.2.10, detail: ""}]
kept_from:
  description: The time of the oldest line that was read, V(null) where none was.
  returned: success
  type: float
  sample: 1795828698.113
cut_short:
  description: Whether there are older lines or events within RV(days) that were left out.
  returned: success
  type: bool
  sample: false
days:
  description: How far back was read.
  returned: success
  type: int
  sample: 30
clock_set:
  description:
    - By how many seconds the clock was wrong when the present boot began, as on a machine without a battery for it. The
      times of that boot are counted from its start then.
  returned: success
  type: int
  sample: 0
untold:
  description:
    - The kinds of event that C(upsmon.conf) keeps out of what the log tells. C(code) is V(not_logged) (NOTIFYFLAG has
      no SYSLOG) or V(alike) (NOTIFYMSG has one text for several).
  returned: success
  type: list
  elements: dict
  sample: [{type: ONBATT, code: not_logged}]
upses:
  description: Each UPS of C(upsmon.conf) that counts, with its C(status) now, or the C(code) why it did not tell.
  returned: success
  type: list
  elements: dict
  sample: [{name: ups@192.0.2.10, code: "", status: OL}]
clock:
  description:
    - By how many seconds the host's clock is ahead of the controller's, within C(plus_minus). V(null) where nothing was
      executed.
  returned: success
  type: dict
  sample: {ahead: 0.2, plus_minus: 0.4}
"""

import os
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._host import (
    chain,
    linux,
    macos,
    outage_log,
    posix,
    ups_reading,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import conf_file, messages


def configuration(default: str) -> str:
    """Return the folder from which an upsmon that runs reads, else *default*."""
    told = [chain.process(pid)["configuration"] for pid in sorted(linux.upsmon_processes())]
    return next(filter(None, told), default)


def main() -> None:
    """Run the module."""
    began = time.time()
    module = AnsibleModule(
        argument_spec={"days": {"type": "int", "default": 30}, "etc": {"type": "path", "default": "/etc/nut"}},
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="upsmon.conf and the journal are read: that needs root, set become: true.")
    if not 1 <= module.params["days"] <= 3650:
        module.fail_json(msg="days (ups_outage_days) is a number of days, from 1 to 3650.")
    if macos.release():
        module.exit_json(changed=False, looked={"code": "macos", "clock": [began, time.time()]})

    def run(argv: t.Sequence[str]) -> tuple[int, str]:
        try:
            status, out, _err = module.run_command(
                list(argv), environ_update={"LC_ALL": "C", "LANGUAGE": "C"}, handle_exceptions=False
            )
        except OSError:
            return 127, ""
        return status, out

    lines = conf_file.directives(posix.read_text(f"{configuration(module.params['etc'])}/upsmon.conf"))
    boot = posix.read_text("/proc/sys/kernel/random/boot_id").strip().replace("-", "")
    clocks = (time.clock_gettime(one) for one in (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME))
    booted = outage_log.booted_at(time.time(), *clocks)
    looked = {
        **outage_log.look(run, messages.meaning(lines), module.params["days"], boot, booted),
        "days": module.params["days"],
        "untold": messages.untold(lines),
        "upses": [
            {key: one[key] for key in ("name", "code", "status")}
            for one in ups_reading.look(lines, ups_reading.ask)["upses"]
        ],
    }
    module.exit_json(changed=False, looked={**looked, "clock": [began, time.time()]})


if __name__ == "__main__":
    main()
