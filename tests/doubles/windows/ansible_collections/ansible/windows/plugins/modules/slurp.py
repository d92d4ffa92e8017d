#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.slurp; module_utils/files.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.files import slurp
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {"src": {"type": "str", "required": True, "aliases": ["path"]}}

if __name__ == "__main__":
    run(slurp, OPTIONS)
