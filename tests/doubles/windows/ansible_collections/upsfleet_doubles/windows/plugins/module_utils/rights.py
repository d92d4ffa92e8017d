# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of win_acl, win_acl_inheritance and win_owner, for files and folders.

Cannot show: rights on registry keys and certificates.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import accounts, acl, paths
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_FLAGS = {
    "none": "",
    "containerinherit": "CI",
    "objectinherit": "OI",
    "inheritonly": "IO",
    "nopropagateinherit": "NP",
}


def _flags(text: str) -> frozenset[str]:
    words = [word.strip().lower() for word in text.split(",")]
    if not set(words) <= set(_FLAGS):
        raise Failed(f'Cannot convert value "{text}" to type "System.Security.AccessControl.InheritanceFlags".')
    return frozenset(_FLAGS[word] for word in words) - {""}


def _rule(machine: Machine, params: dict[str, Any]) -> acl.Ace:
    inherit = params["inherit"] or "ContainerInherit, ObjectInherit"
    flags = frozenset() if machine.drive.is_file(params["path"]) else _flags(inherit)
    if flags:
        flags |= _flags(params["propagation"])
    allow = params["type"] == "allow"
    mask = acl.rights_mask(params["rights"], allow)
    return acl.Ace(accounts.sid_of(params["user"]), "A" if allow else "D", mask, flags)


def _keep(machine: Machine, path: str, entries: list[acl.Ace]) -> None:
    stored = [acl.as_stored(ace) for ace in acl.in_order(entries)]
    machine.describe(path, {**machine.descriptor(path), "aces": stored})


def _exists(machine: Machine, path: str, message: str) -> None:
    if path.upper().startswith(("HK", "CERT:")):
        raise Failed(f"double: access rights of {path} have no double, only those of files and folders have")
    if not machine.drive.exists(path):
        raise Failed(message)


def win_acl(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_acl does: an entry counts as there only if it is equal and not inherited."""
    path = params["path"]
    if check:
        return {"skipped": True, "changed": False, "msg": "remote module does not support check mode"}
    _exists(machine, path, f"{path} file or directory does not exist on the host")
    wanted = _rule(machine, params)
    own = [acl.from_stored(stored) for stored in machine.descriptor(path)["aces"]]
    if params["state"] == "present":
        if wanted in own:
            return {"changed": False, "msg": "the specified rule already exists"}
        _keep(machine, path, acl.added(own, wanted))
        return {"changed": True}
    if wanted not in own:
        return {"changed": False, "msg": "the specified rule does not exist"}
    _keep(machine, path, [ace for ace in own if ace != wanted])
    return {"changed": True}


def win_acl_inheritance(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_acl_inheritance does."""
    path = params["path"]
    _exists(machine, path, f"{path} does not exist")
    descriptor = machine.descriptor(path)
    before = "absent" if descriptor["protected"] else "present"
    result = {"changed": before != params["state"], "diff": {"before": {"state": before}}}
    result["diff"]["after"] = {"state": params["state"]}
    if not result["changed"] or check:
        return result
    entries = machine.entries(path)
    kept = [ace for ace in entries if not ace.inherited]
    if params["state"] == "absent" and params["reorganize"]:
        kept = [ace._replace(inherited=False) for ace in entries]
    machine.describe(path, {**descriptor, "protected": params["state"] == "absent"})
    if params["state"] == "present" and params["reorganize"]:
        above = [ace._replace(inherited=False) for ace in machine.entries(path) if ace.inherited]
        kept = [ace for ace in kept if ace not in above]
    _keep(machine, path, kept)
    return result


def win_owner(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_owner does."""
    path, sid = params["path"], accounts.sid_of(params["user"])
    _exists(machine, path, f"{path} file or directory does not exist on the host")
    affected = [paths.normal(path)]
    if params["recurse"] and machine.drive.is_folder(path):
        for top, folders, names in os.walk(machine.drive.real(path)):
            affected += [machine.drive.windows(os.path.join(top, name)) for name in folders + names]
    wrong = [one for one in affected if machine.descriptor(one)["owner"] != sid]
    for one in [] if check else wrong:
        machine.describe(one, {**machine.descriptor(one), "owner": sid})
    return {"changed": bool(wrong)}
