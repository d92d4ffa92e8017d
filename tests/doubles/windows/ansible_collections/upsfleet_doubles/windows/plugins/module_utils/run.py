# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every double of a module has around it: its arguments, the machine, and the proof that it is guarded."""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine, opened

Double = Callable[[Machine, Dict[str, Any], bool], Dict[str, Any]]


def run(double: Double, options: dict[str, Any]) -> None:
    """Run one double of a module.

    ``double_checked`` is given by the callback plugin windows_doubles, once it has held the arguments against the real
    module's documentation; without it nothing would tell a made-up argument from a real one.
    """
    guard = {"double_checked": {"type": "bool", "required": True}}
    module = AnsibleModule({**options, **guard}, supports_check_mode=True)
    try:
        with opened() as machine:
            try:
                result = double(machine, module.params, module.check_mode)
            finally:
                machine.happens(double.__name__)
    except Failed as failed:
        module.fail_json(msg=str(failed), **failed.result)
    module.exit_json(**result)
