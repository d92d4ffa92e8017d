#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of ansible.windows.win_find; module_utils/find.py says what it cannot show."""

from __future__ import annotations

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.find import win_find
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.run import run

OPTIONS = {
    "paths": {"type": "list", "elements": "str", "required": True},
    "age": {"type": "str"},
    "age_stamp": {"type": "str", "default": "mtime", "choices": ["mtime", "ctime", "atime"]},
    "file_type": {"type": "str", "default": "file", "choices": ["file", "directory", "any"]},
    "follow": {"type": "bool", "default": False},
    "hidden": {"type": "bool", "default": False},
    "patterns": {"type": "list", "elements": "str", "aliases": ["regex", "regexp"]},
    "recurse": {"type": "bool", "default": False},
    "size": {"type": "str"},
    "use_regex": {"type": "bool", "default": False},
    "get_checksum": {"type": "bool", "default": True},
    "checksum_algorithm": {"type": "str", "default": "sha1", "choices": ["md5", "sha1", "sha256", "sha384", "sha512"]},
    "depth": {"type": "int"},
    "case_sensitive": {"type": "bool", "default": False},
}

if __name__ == "__main__":
    run(win_find, OPTIONS)
