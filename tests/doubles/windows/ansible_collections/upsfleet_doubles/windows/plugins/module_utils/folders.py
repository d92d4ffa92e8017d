# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of upsfleet.synology.win_nut_folders, which tests/powershell runs for real.

Cannot show: whether Windows creates a folder with its rights at once, and the privileges that takes.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import acl, paths
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_PARTS = ("owner", "protected", "aces")


def _own(descriptor: dict[str, Any]) -> list[Any]:
    return [sorted(map(str, descriptor["aces"])) if part == "aces" else descriptor[part] for part in _PARTS]


def _owned_by_others(machine: Machine, path: str, owner: str) -> list[str]:
    found = []
    for top, folders, names in os.walk(machine.drive.real(path)):
        found += [machine.drive.windows(os.path.join(top, name)) for name in folders + names]
    return [one for one in found if machine.descriptor(one)["owner"] != owner]


def win_nut_folders(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what upsfleet.synology.win_nut_folders does."""
    created: list[str] = []
    corrected: list[str] = []
    for folder in params["folders"]:
        path, sddl = folder["path"], folder["sddl"]
        wanted = acl.from_sddl(sddl.replace("D:", "G:SYD:", 1))
        there = machine.drive.exists(path)
        if machine.drive.is_file(path):
            raise Failed(f"{path} cannot be given its rights: it is a file")
        if not there or _own(machine.descriptor(path)) != _own(wanted):
            (corrected if there else created).append(path)
            if not check:
                machine.drive.make_folder(path)
                machine.describe(path, {**wanted, "group": machine.descriptor(path)["group"]})
        for one in _owned_by_others(machine, path, wanted["owner"]) if folder["recurse"] and there else ():
            corrected.append(one)
            if not check:
                machine.describe(one, {**machine.descriptor(one), "owner": wanted["owner"]})
    lines = [f"{paths.normal(one)}" for one in (*created, *corrected)]
    return {
        "changed": bool(lines),
        "created": created,
        "corrected": corrected,
        "diff": {"before": "", "after": "\n".join(lines)},
    }
