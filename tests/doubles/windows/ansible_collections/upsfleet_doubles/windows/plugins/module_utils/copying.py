# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_copy's half on the host: what is there already, one file, many in a zip, or a copy within the host.

``src`` of a file that was sent is a path on Linux. Cannot show: links.
"""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import files, paths
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.find import checksum
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine


def _backup(machine: Machine, path: str, check: bool) -> dict[str, Any]:
    if not machine.drive.is_file(path):
        return {"backup_file": None}
    name = f"{path}.{os.getpid()}.{time.strftime('%Y%m%d-%H%M%S')}.bak"
    if not check:
        machine.drive.write(name, machine.drive.read(path))
    return {"backup_file": name}


def _query(machine: Machine, params: dict[str, Any]) -> dict[str, Any]:
    changed_files: list[dict[str, Any]] = []
    for file in params["files"] or []:
        path = paths.join(params["dest"], file["dest"])
        if machine.drive.is_folder(path):
            path = paths.join(path, os.path.basename(file["src"]))
        if machine.drive.is_folder(path):
            raise Failed(f"cannot copy file to dest '{path}': object at path is already a directory")
        if not machine.drive.is_file(path) or (
            params["force"] and checksum(machine.drive.read(path)) != file["checksum"]
        ):
            changed_files.append(file)
    folders = []
    for folder in params["directories"] or []:
        path = paths.join(params["dest"], folder["dest"])
        for name in (paths.parent(path), path):
            if machine.drive.is_file(name):
                raise Failed(f"cannot copy folder to dest '{path}': object at path is already a file")
        if not machine.drive.is_folder(path):
            folders.append(folder)
    return {"changed": False, "files": changed_files, "directories": folders, "symlinks": []}


def _target(machine: Machine, dest: str, name: str) -> str:
    return paths.join(dest, name) if dest.endswith(("/", "\\")) or machine.drive.is_folder(dest) else dest


def _make_room(machine: Machine, dest: str, target: str, check: bool) -> None:
    folder = paths.parent(target)
    if machine.drive.is_file(folder):
        raise Failed(f"object at destination parent dir '{folder}' is currently a file")
    if not machine.drive.is_folder(folder):
        if dest == target:
            raise Failed(f"Destination directory '{folder}' does not exist")
        if not check:
            machine.drive.make_folder(folder)


def _single(machine: Machine, params: dict[str, Any]) -> dict[str, Any]:
    target = _target(machine, params["dest"], params["_original_basename"])
    _make_room(machine, params["dest"], target, False)
    machine.not_in_use(target)
    result: dict[str, Any] = {"changed": True}
    if params["backup"]:
        result.update(_backup(machine, target, False))
    shutil.copyfile(params["src"], machine.drive.real(target))  # keeps the file's own access rights, as Copy-Item does
    machine.happens(f"written {paths.normal(target)}")
    return result


def _explode(machine: Machine, params: dict[str, Any]) -> dict[str, Any]:
    with zipfile.ZipFile(params["src"]) as archive:
        for entry in archive.infolist():
            target = paths.join(params["dest"], entry.filename)
            machine.drive.make_folder(target if entry.is_dir() else paths.parent(target))
            if not entry.is_dir():
                machine.not_in_use(target)
                machine.drive.write(target, archive.read(entry))
                machine.happens(f"written {paths.normal(target)}")
    return {"changed": True}


def _copy_file(machine: Machine, src: str, dest: str, params: dict[str, Any], check: bool) -> dict[str, Any]:
    if machine.drive.is_folder(dest):
        raise Failed(f"cannot copy file from '{src}' to '{dest}': dest is already a folder")
    content = machine.drive.read(src)
    exists = machine.drive.is_file(dest)
    # win_copy.ps1:58-62: a file of equal checksum is left alone, whoever holds it
    if exists and (not params["force"] or machine.drive.read(dest) == content):
        return {"changed": False}
    result: dict[str, Any] = {"changed": True, **(_backup(machine, dest, check) if params["backup"] else {})}
    if not check:
        if exists:
            # win_copy.ps1:85-94: it is removed first, so its own access rights are lost, and without room for the new
            # one there is none.
            files.remove(machine, dest)
        machine.drive.make_folder(paths.parent(dest))
        machine.drive.write(dest, content)
        machine.happens(f"written {paths.normal(dest)}")
    return result


def _copy_folder(machine: Machine, src: str, dest: str, params: dict[str, Any], check: bool) -> dict[str, Any]:
    if machine.drive.is_file(dest):
        raise Failed(f"cannot copy folder from '{src}' to '{dest}': dest is already a file")
    result: dict[str, Any] = {"changed": not machine.drive.is_folder(dest)}
    if result["changed"] and not check:
        machine.drive.make_folder(dest)
    for inner in files.children(machine, src):  # win_copy.ps1:122-131: one by one, up to one that fails
        target = paths.join(dest, paths.basename(inner))
        copy = _copy_folder if machine.drive.is_folder(inner) else _copy_file
        one = copy(machine, inner, target, params, check)
        result = {**result, **one, "changed": result["changed"] or one["changed"]}
    return result


def _remote(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    src, dest = params["src"], params["dest"]
    if not machine.drive.exists(src):
        raise Failed(f"Cannot copy src file: '{src}' as it does not exist", src=src, dest=dest)
    name = paths.basename(machine.drive.true(src))
    if machine.drive.is_folder(src):
        target = dest if src.endswith(("/", "\\")) else paths.join(dest, name)
        result = {"operation": "folder_copy", **_copy_folder(machine, src, target, params, check)}
    else:
        target = _target(machine, dest, name)
        _make_room(machine, dest, target, check)
        result = {"operation": "file_copy", "original_basename": name}
        result.update(_copy_file(machine, src, target, params, check))
        result["checksum"] = checksum(machine.drive.read(src)) if params["force"] else None
    size = os.path.getsize(machine.drive.real(target)) if machine.drive.is_file(target) else None
    return {**result, "src": src, "dest": target, "size": size}


def win_copy(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_copy does on the host."""
    mode = params["_copy_mode"]
    if mode == "query":
        return _query(machine, params)
    if mode == "remote":
        return _remote(machine, params, check)
    if not os.path.isfile(params["src"]):
        raise Failed(f"Cannot copy src file: '{params['src']}' as it does not exist")
    return _explode(machine, params) if mode == "explode" else _single(machine, params)
