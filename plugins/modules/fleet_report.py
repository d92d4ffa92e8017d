#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name; nothing runs on the host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_report
short_description: Show which hosts of a fleet are proven protected
version_added: 0.1.0
description:
  - Collects the facts C(nut_client_result) that the role P(upsfleet.synology.nut_client#role) left, and makes a
    document of them, C(report.json), from which the other faces are drawn. Runs on the controller.
  - At a terminal the worst comes first, each cause is said once, and the count comes last. A fleet of more than 16
    hosts has those that are protected in one line, and no more than 40 hosts have a line of their own.
  - Beside a stdout callback that people read the report is shown; beside any other one, whose output may be a document,
    it is in the result.
  - Sets C(ansible_stats), which AWX keeps as artifacts, with counts and the first names per verdict.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
options:
  hosts:
    description: The hosts to report, by inventory name. Required without O(lines).
    type: list
    elements: str
  nas:
    description:
      - The NAS boxes, by inventory name, whose facts C(dsm_ups_server_result) and C(ups_nas_clients) are shown.
    type: list
    elements: str
    default: []
  about:
    description:
      - What the report is about. With V(budget) it is nothing but the facts C(ups_budget), which
        M(upsfleet.synology.nut_client_budget_info) left, and neither O(dest) is written nor C(ansible_stats) set.
      - With V(protection) those facts have a section of their own, where the run has them.
    type: str
    choices: [protection, budget]
    default: protection
  play_hosts:
    description:
      - The hosts of the play, for RV(unsettled); the last of them fails for what is wrong with others. By default
        O(hosts).
    type: list
    elements: str
  show:
    description: Whether the report is shown. Otherwise it is in RV(lines).
    type: bool
    default: true
  lines:
    description: RV(lines) of an earlier task. Then they are shown, and nothing else is done.
    type: list
    elements: raw
  landed:
    description: With O(lines), the result of the task that has put RV(staged) on O(elsewhere).
    type: dict
  planned:
    description: Whether the NAS boxes were only looked at.
    type: bool
    default: false
  accept:
    description: Verdicts beside V(ok) that are good enough for this run.
    type: list
    elements: str
    default: []
  expected:
    description:
      - Who the clients of the fleet are, as a number or as a list of inventory names. Where the run is about others,
        and has no O(limit), RV(failures) says so.
    type: raw
  limit:
    description: The limit of the run, C(ansible_limit), if it has one.
    type: str
  slice:
    description:
      - Which part of the fleet the run is about, where several runs share it, such as V(2/3). AWX tells a job slice
        nothing of this kind.
    type: str
  merge:
    description:
      - Other reports, as files on the controller or patterns of the shell, that are made one where the run itself has
        looked at none of O(hosts).
      - Of the same machine the newest row wins, of one name on two machines both stay, and a host of O(hosts) that none
        of them has is V(not_audited).
    type: list
    elements: str
  dest:
    description:
      - A file on the controller to write the report to, as JSON. Its form is C(docs/report.schema.json). It holds no
        secrets.
      - C(returns) in it is how each host comes back once it is off, by inventory name, as the last run that audited it
        alive found it. It is kept from one report to the next, because M(upsfleet.synology.fleet_wake) needs it of
        hosts that are off.
      - A relative path is looked for beside the inventory, then in the folder from which Ansible is called. A new file
        is written beside the inventory, or, where that is in no folder, in the caller's.
    type: path
  folder:
    description: A folder on the controller to write all faces to; relative as O(dest).
    type: path
  elsewhere:
    description:
      - The host to which O(folder) belongs, if it is not the controller. The files are then written to a folder that
        ansible-core removes at its end, so that a later task can copy them.
    type: str
"""

EXAMPLES = r"""
- name: Show the fleet
  upsfleet.synology.fleet_report:
    hosts: "{{ ansible_play_hosts_all }}"
    dest: report.json
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
hosts:
  description:
    - One entry per host. Its verdict is that of M(upsfleet.synology.nut_client_audit), V(not_audited) where the host
      could not be audited, or V(removed) where it is not to be a client.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web1
      address: 192.0.2.21
      verdict: ok
      protected: true
      logged_in: true
      nut_version: 2.8.0
      ups_status: OL
      drift: []
      held_back: []
      budget: null
      advice: ""
      returns: {way: wake_on_lan, text: Wake-on-LAN is armed at enp3s0, armed: true, bmc: false, cards: []}
unprotected:
  description: Cause and remedy of each host that is not protected, by inventory name.
  returned: success
  type: dict
  sample: {}
unsettled:
  description: Why each host of O(play_hosts) is not as it should be, in a few words, by inventory name.
  returned: success
  type: dict
  sample: {web2: "not_permitted: see the report."}
elsewhere:
  description: O(elsewhere), for the task that shows the report.
  returned: success
  type: str
  sample: web1
staged:
  description: The folder with all faces of the report, on the controller. Empty without O(folder).
  returned: success
  type: str
  sample: ""
lines:
  description: The report's lines, each with its tone and whether it is to be copied as it is.
  returned: with O(show=false)
  type: list
  elements: list
  sample: [["4 of 4 hosts are proven protected.", good, false]]
over_budget:
  description:
    - What to do about each host that may be cut off in the middle of its shutdown, by inventory name; with
      O(about=budget) also why one was not looked at.
  returned: success
  type: dict
  sample: {}
nas_failures:
  description: Why a NAS could not be managed, by inventory name.
  returned: success
  type: dict
  sample: {}
failures:
  description: Why the run proves nothing of the whole fleet, whatever it says of each host.
  returned: success
  type: list
  elements: str
  sample: []
msg:
  description: The report as lines of text.
  returned: when the stdout callback is not one that people read
  type: list
  elements: str
"""
