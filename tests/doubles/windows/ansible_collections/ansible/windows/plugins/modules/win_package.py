#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_package; module_utils/packages.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.packages import win_package
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "path": {"type": "str"},
    "product_id": {"type": "str"},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
    "arguments": {"type": "raw"},
    "checksum": {"type": "str"},
    "checksum_algorithm": {"type": "str", "default": "sha1", "choices": ["md5", "sha1", "sha256", "sha384", "sha512"]},
    "creates_path": {"type": "str"},
    "creates_service": {"type": "str"},
    "creates_version": {"type": "str"},
    "provider": {"type": "str", "default": "auto", "choices": ["auto", "msi"]},
    "log_path": {"type": "str"},
    "chdir": {"type": "str"},
    "expected_return_code": {"type": "list", "elements": "int", "default": [0, 3010]},
    "wait_for_children": {"type": "bool", "default": False},
}

if __name__ == "__main__":
    run(win_package, OPTIONS)
