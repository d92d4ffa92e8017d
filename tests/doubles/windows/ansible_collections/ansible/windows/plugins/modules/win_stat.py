#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_stat; module_utils/find.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.find import win_stat
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "path": {"type": "str", "required": True, "aliases": ["dest", "name"]},
    "get_checksum": {"type": "bool", "default": True},
    "get_size": {"type": "bool", "default": True},
    "checksum_algorithm": {"type": "str", "default": "sha1", "choices": ["md5", "sha1", "sha256", "sha384", "sha512"]},
    "follow": {"type": "bool", "default": False},
}

if __name__ == "__main__":
    run(win_stat, OPTIONS)
