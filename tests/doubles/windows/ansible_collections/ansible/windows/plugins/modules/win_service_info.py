#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_service_info; module_utils/services.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.services import win_service_info

OPTIONS = {"name": {"type": "str"}}

if __name__ == "__main__":
    run(win_service_info, OPTIONS)
