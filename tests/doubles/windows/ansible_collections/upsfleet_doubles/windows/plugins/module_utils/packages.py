# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_package for made-up MSI files: zips with a manifest, see make_packages.py.

Cannot show: Windows Installer itself, its tables, repairs, packages that are no MSI, downloads.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import files, fresh, paths, registry, services
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

_UNINSTALL = "HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"


def properties(arguments: str) -> dict[str, str]:
    """Return the public properties of a command line: ``NAME=value``, the value in quotes if it has spaces."""
    found = re.findall(r'(?:^|\s)([A-Z_][A-Z0-9_.]*)=("(?:[^"]|"")*"|\S*)', arguments)
    return {name: value[1:-1].replace('""', '"') if value.startswith('"') else value for name, value in found}


def _manifest(machine: Machine, path: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(machine.drive.real(path)) as archive:
            manifest: dict[str, Any] = json.loads(archive.read("msi.json"))
    except (zipfile.BadZipFile, KeyError) as error:
        raise Failed(f"double: {path} is no made-up MSI of make_packages.py; real installers have no double") from error
    return manifest


def _write_files(machine: Machine, path: str, target: str) -> list[str]:
    written = []
    with zipfile.ZipFile(machine.drive.real(path)) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or not entry.filename.startswith("files/"):
                continue
            name = paths.join(target, entry.filename[len("files/") :])
            machine.drive.make_folder(paths.parent(name))
            machine.drive.write(name, archive.read(entry))
            written.append(paths.normal(name))
    return written


def _install(machine: Machine, path: str, manifest: dict[str, Any], given: dict[str, str]) -> None:
    values = {**manifest.get("properties", {}), **given}
    for name, wanted in manifest.get("hangs_unless", {}).items():
        if values.get(name) != wanted:
            raise Failed(
                f"double: this installer never ends in silence: {name}={values.get(name)} opens a window on nobody's "
                f"desktop and waits there for a key. Give {name}={wanted}.",
                rc=1460,
            )
    target = paths.join(values.get("TARGETDIR") or manifest["target"], manifest.get("folder", ""))
    product = {"name": manifest["name"], "version": manifest["version"], "target": target, "properties": values}
    product["files"] = _write_files(machine, path, target)
    product["registry"] = [_UNINSTALL + manifest["product_code"]]
    for key, name, kind, data in manifest.get("registry", []):
        registry.write(machine, key, name, kind, data.replace("{target}", target))
        product["registry"].append(key)
    for name in ("name", "version"):
        shown = {"name": "DisplayName", "version": "DisplayVersion"}[name]
        registry.write(machine, product["registry"][0], shown, "string", manifest[name])
    service = manifest.get("service")
    if service:
        made = fresh.service(service["name"], service["path"].replace("{target}", target))
        machine.state["late_services"].append({"looks": service["appears_after_looks"], "service": made})
        product["service"] = service["name"]
    machine.state["products"][manifest["product_code"].lower()] = product


def _uninstall(machine: Machine, code: str) -> None:
    product = machine.state["products"][code]
    late = [entry for entry in machine.state["late_services"] if entry["service"]["name"] != product.get("service")]
    machine.state["late_services"] = late
    service = services.find(machine, product["service"]) if product.get("service") else None
    if service:
        services.stop(machine, service, True)
        del machine.state["services"][service["name"].lower()]
    for path in product["files"]:
        if machine.drive.is_file(path):
            files.remove(machine, path)
    for top, _folders, _names in sorted(os.walk(machine.drive.real(product["target"])), reverse=True):
        if not os.listdir(top):  # what others put there stays
            files.remove_all(machine, machine.drive.windows(top))
    for key in product["registry"]:
        registry.delete(machine, key)
    del machine.state["products"][code]


def _installed(machine: Machine, code: str | None, params: dict[str, Any]) -> bool:
    installed = (code or "").lower() in machine.state["products"]
    if params["creates_path"]:
        installed = machine.drive.exists(params["creates_path"])
    if params["creates_version"]:
        raise Failed("double: versions inside of programs have no double, so creates_version has none")
    if params["creates_service"]:
        installed = installed and services.find(machine, params["creates_service"]) is not None
    return installed


def _checked(machine: Machine, path: str, params: dict[str, Any]) -> str:
    found = hashlib.new(params["checksum_algorithm"], machine.drive.read(path)).hexdigest().upper()
    if params["checksum"] and params["checksum"].upper() != found:
        raise Failed(f"The checksum for {path} did not match '{params['checksum']}', it was '{found}'")
    return found


def _arguments(given: Any) -> str:
    if isinstance(given, list):
        return " ".join(f'"{one}"' if " " in str(one) else str(one) for one in given)
    return str(given or "")


def win_package(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_package does for an MSI."""
    path, state, code = params["path"], params["state"], params["product_id"]
    if state == "present" and not path:
        raise Failed("state is present but all of the following are missing: path")
    if not path and not code:
        raise Failed("state is absent but any of the following are missing: path, product_id")
    if path and path.lower().startswith("http"):
        raise Failed("double: downloads have no double, copy the package to the host first")
    manifest: dict[str, Any] = {}
    if path and machine.drive.is_file(path):
        manifest = _manifest(machine, path)
        code = manifest["product_code"]
    elif path and not check:
        raise Failed(f"the file at the path '{path}' cannot be reached")
    result = {"changed": _installed(machine, code, params) != (state == "present"), "reboot_required": False, "rc": 0}
    if not result["changed"] or check:
        return result
    arguments = _arguments(params["arguments"])
    action = f'/i "{path}"' if state == "present" else f"/x {code}"
    machine.log_command(f"msiexec.exe {action} /qn /norestart {arguments}".rstrip())
    if state == "absent":
        _uninstall(machine, str(code).lower())
        return result
    checksum = _checked(machine, path, params)
    _install(machine, path, manifest, properties(arguments))
    return {**result, "checksum": checksum}
