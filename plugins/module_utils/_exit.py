# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End a module whose result must not be masked."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values


def exit_unmasked(module: AnsibleModule, **result: Any) -> None:
    """End *module* with a result that holds no password by construction; only its arguments are masked.

    Ansible replaces a no_log value wherever it stands in a result, also inside other words: a password ``ups`` would
    turn ``/etc/nut/upsmon.conf`` into ``/etc/nut/********mon.conf``.

    :param result: as for ``exit_json``; with ``failed`` true the module fails.
    """
    arguments = remove_values(module.params, module.no_log_values)
    module.no_log_values = set()
    module.exit_json(invocation={"module_args": arguments}, **result)
