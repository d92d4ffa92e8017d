# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kind of host an action plugin works on."""

from __future__ import annotations

from typing import Any, Mapping


def is_windows(action: Any, task_vars: Mapping[str, Any]) -> bool:
    """Return whether the host of *action* (an action plugin) runs Windows.

    The connection's shell tells it, as it does in ansible-core's own plugins; nut_client_platform says it for a double.
    """
    if getattr(action._connection._shell, "_IS_WINDOWS", False):
        return True
    platform = task_vars.get("nut_client_platform")
    return platform is not None and str(action._templar.template(platform)) == "windows"
