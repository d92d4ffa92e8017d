# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of win_file, slurp and win_unzip.

Cannot show: links, attributes, archives other than .zip.
"""

from __future__ import annotations

import base64
import os
import shutil
import zipfile
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import paths
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine


def remove(machine: Machine, path: str) -> None:
    """Remove a file; raises Failed where it is held."""
    machine.not_in_use(path)
    os.remove(machine.drive.real(path))
    machine.forget(path)
    machine.happens(f"removed {paths.normal(path)}")


def children(machine: Machine, path: str) -> list[str]:
    """Return what is in a folder, as Get-ChildItem lists it: folders first, then files, each by name.

    PowerShell's FileSystemProvider.Dir adds EnumerateDirectories, then EnumerateFiles; NTFS keeps both in order.
    """
    names = sorted(os.listdir(machine.drive.real(path)), key=str.upper)
    found = [paths.join(path, name) for name in names]
    return sorted(found, key=lambda one: not machine.drive.is_folder(one))


def remove_all(machine: Machine, path: str) -> None:
    """Remove a file, or a folder one by one, as win_file.ps1:54-90 does: what comes before a held file is gone."""
    try:
        if not machine.drive.is_folder(path):
            remove(machine, path)
            return
        for child in children(machine, path):
            remove_all(machine, child)
        shutil.rmtree(machine.drive.real(path))  # nothing is left in it
        machine.forget(path)
    except Failed as failed:
        if str(failed).startswith("Failed to delete"):  # Fail-Json of the innermost one ends the module
            raise
        raise Failed(f"Failed to delete {paths.normal(path)}: {failed}") from None


def _touch(machine: Machine, path: str) -> None:
    if machine.drive.exists(path):
        os.utime(machine.drive.real(path))
    elif machine.drive.is_folder(paths.parent(path)):
        machine.drive.write(path, b"")
    else:
        raise Failed(f"Could not find a part of the path '{path}'.")


def win_file(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_file does."""
    path, state = params["path"], params["state"]
    exists = machine.drive.exists(path)
    if state == "touch":
        if not check:
            _touch(machine, path)
        return {"changed": True}
    if exists and state == "absent":
        if not check:
            remove_all(machine, path)
        return {"changed": True}
    if exists:
        folder = machine.drive.is_folder(path)
        if state == "directory" and not folder:
            raise Failed(f"path {path} is not a directory")
        if state == "file" and folder:
            raise Failed(f"path {path} is not a file")
    elif state == "directory":
        if not check:
            machine.drive.make_folder(path)
        return {"changed": True}
    elif state in ("file", None):
        raise Failed(f"path {path} will not be created")
    return {"changed": False}


def slurp(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.slurp does."""
    path = params["src"]
    if machine.drive.is_folder(path):
        raise Failed(f"Path {path} is a directory")
    if not machine.drive.is_file(path):
        raise Failed(f"Path {path} is not found")
    return {"content": base64.b64encode(machine.drive.read(path)).decode(), "encoding": "base64", "changed": False}


def _extract(machine: Machine, src: str, dest: str) -> None:
    with zipfile.ZipFile(machine.drive.real(src)) as archive:
        for entry in archive.infolist():
            target = paths.join(dest, entry.filename)
            if not (paths.key(target) + "\\").startswith(paths.key(dest).rstrip("\\") + "\\"):
                raise Failed(
                    f"Error unzipping '{src}' to '{dest}'! Filename contains relative paths which would extract "
                    f"outside the destination: {target}"
                )
            if entry.is_dir():
                machine.drive.make_folder(target)
                continue
            machine.drive.make_folder(paths.parent(target))
            machine.not_in_use(target)
            machine.drive.write(target, archive.read(entry))
            machine.happens(f"written {target}")


def win_unzip(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what community.windows.win_unzip does: it always extracts, and always says changed."""
    src, dest, creates = params["src"], params["dest"], params["creates"]
    result = {"changed": False, "dest": dest, "removed": False, "src": src}
    if creates and machine.drive.exists(creates):
        return {**result, "skipped": True, "msg": f"The file or directory '{creates}' already exists."}
    if not machine.drive.exists(src):
        raise Failed(f"File '{src}' does not exist.", **result)
    if not src.lower().endswith(".zip") or params["recurse"] or params["password"]:
        raise Failed(
            "PowerShellCommunityExtensions PowerShell Module (PSCX) is required for non-'.zip' compressed archive "
            "types.",
            **result,
        )
    if not check:
        machine.drive.make_folder(dest)
        try:
            _extract(machine, src, dest)
        except (zipfile.BadZipFile, Failed) as error:  # win_unzip.ps1:60, :134: what came before is unpacked
            if str(error).startswith("Error unzipping"):
                raise
            raise Failed(
                f"Error unzipping '{src}' to '{dest}'!. Method: System.IO.Compression.ZipFile, Exception: {error}",
                **result,
            ) from error
    if params["delete_archive"]:
        if not check:
            remove(machine, src)
        result["removed"] = True
    return {**result, "changed": True}
