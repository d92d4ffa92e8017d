# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of win_regedit and win_reg_stat: a registry without kinds of hives.

Cannot show: hives loaded from files, access rights of keys, the views that 32-bit programs get.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import fresh
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.machine import Machine

VARIABLES = {
    "systemroot": "C:\\Windows",
    "windir": "C:\\Windows",
    "systemdrive": "C:",
    "programfiles": "C:\\Program Files",
    "programfiles(x86)": "C:\\Program Files (x86)",
    "programdata": "C:\\ProgramData",
}
_NAMES = {
    "none": "REG_NONE",
    "binary": "REG_BINARY",
    "dword": "REG_DWORD",
    "expandstring": "REG_EXPAND_SZ",
    "multistring": "REG_MULTI_SZ",
    "string": "REG_SZ",
    "qword": "REG_QWORD",
}


def expand(text: str) -> str:
    """Replace %Name% by the variables that the double knows; others stay as they are."""
    return re.sub(r"%([^%]+)%", lambda found: VARIABLES.get(found[1].lower(), found[0]), text)


def _key(path: str, kind: str) -> str:
    if not re.match(r"HK(CC|CR|CU|LM|U):\\", path, re.IGNORECASE):
        raise Failed(f"path: {path} is not a valid {kind} path, see module documentation for examples.")
    return path.rstrip("\\").lower()


def value(machine: Machine, path: str, name: str, expanded: bool = True) -> Any:
    """Return a value's data, its variables expanded if asked for, None if there is none."""
    key = machine.state["registry"].get(path.lower(), {"values": {}})
    found = key["values"].get(name.lower())
    if found is None:
        return None
    return expand(found["data"]) if expanded and found["type"] == "expandstring" else found["data"]


def create(machine: Machine, path: str) -> None:
    """Create a key and those above it."""
    names = path.rstrip("\\").split("\\")
    for length in range(1, len(names) + 1):
        above = "\\".join(names[:length])
        machine.state["registry"].setdefault(above.lower(), {"path": above, "values": {}})


def write(machine: Machine, path: str, name: str, kind: str, data: Any) -> None:
    """Set a value, creating its key."""
    create(machine, path)
    values = machine.state["registry"][path.rstrip("\\").lower()]["values"]
    values[name.lower()] = {"name": name, "type": kind, "data": data}


def delete(machine: Machine, path: str) -> None:
    """Delete a key with all below it."""
    gone = path.rstrip("\\").lower()
    keys = machine.state["registry"]
    machine.state["registry"] = {k: v for k, v in keys.items() if k != gone and not k.startswith(gone + "\\")}


def _bytes(data: Any) -> list[int]:
    if data is None:
        return []
    if isinstance(data, str):
        text = re.sub(r"[^a-f0-9]", "", re.sub(r"^hex:", "", data.lower()).replace("0x", ""))
        return list(bytes.fromhex(text))
    return [int(data)] if isinstance(data, int) else [int(byte) for byte in data]


def _number(data: Any, bits: int) -> int:
    try:
        number = int(data, 0) if isinstance(data, str) else int(data or 0)
    except ValueError as error:
        raise Failed(f"cannot convert data '{data}' to a number") from error
    return number % (1 << bits)


def _typed(kind: str, data: Any) -> Any:
    if kind in ("binary", "none"):
        return _bytes(data)
    if kind in ("dword", "qword"):
        return _number(data, 32 if kind == "dword" else 64)
    if kind == "multistring":
        return [] if data is None else [str(line) for line in (data if isinstance(data, list) else [data])]
    return None if data is None else str(data)


def _absent(machine: Machine, key: str, params: dict[str, Any], check: bool) -> bool:
    name = (params["name"] or "").lower()
    keys = machine.state["registry"]
    if key not in keys:
        return False
    if params["delete_key"] and not name:
        if not check:
            delete(machine, key)
        return True
    if name not in keys[key]["values"]:
        return False
    if not check:
        del keys[key]["values"][name]
    return True


def win_regedit(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_regedit does."""
    result: dict[str, Any] = {"changed": False, "data_changed": False, "data_type_changed": False}
    key = _key(params["path"], "powershell")
    if params["hive"]:
        raise Failed("double: loading a hive from a file has no double")
    kind = params["type"]
    if params["name"] is None and kind != "string":
        kind = "string"
        result["warnings"] = ["the data type when name is not specified can only be 'string', it has been converted"]
    if params["state"] == "absent":
        return {**result, "changed": _absent(machine, key, params, check)}
    data = _typed(kind, params["data"])
    name = params["name"] or ""
    found = machine.state["registry"].get(key)
    old: dict[str, Any] | None = found["values"].get(name.lower()) if found else None
    if data is not None and old is not None:
        result["data_type_changed"] = old["type"] != kind
        result["data_changed"] = old["data"] != data
        result["changed"] = result["data_type_changed"] or result["data_changed"]
    else:
        result["changed"] = found is None or data is not None
    if result["changed"] and not check:
        create(machine, params["path"])
        if data is not None:
            write(machine, params["path"], name, kind, data)
    return result


def _shown(stored: dict[str, Any]) -> dict[str, Any]:
    data, kind = stored["data"], stored["type"]
    raw = [f"0x{byte:02x}" for byte in data] if kind in ("binary", "none") else data
    return {"type": _NAMES[kind], "raw_value": raw, "value": expand(data) if kind == "expandstring" else data}


def win_reg_stat(machine: Machine, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do what ansible.windows.win_reg_stat does."""
    key = _key(params["path"], "registry")
    found = machine.state["registry"].get(key)
    if found is None:
        return {"changed": False, "exists": False}
    if params["name"] is None:
        inner = [path[len(key) + 1 :] for path in machine.state["registry"] if path.startswith(key + "\\")]
        sub_keys = [machine.state["registry"][f"{key}\\{name}"]["path"] for name in inner if "\\" not in name]
        shown = {stored["name"]: _shown(stored) for stored in found["values"].values()}
        names = [path.rpartition("\\")[2] for path in sub_keys]
        return {"changed": False, "exists": True, "properties": shown, "sub_keys": names}
    stored = found["values"].get(params["name"].lower())
    return {"changed": False, "exists": stored is not None, **(_shown(stored) if stored else {})}


def confpath(machine: Machine) -> str | None:
    """Return NUT_CONFPATH of the machine's environment."""
    found = value(machine, fresh.ENVIRONMENT, "NUT_CONFPATH")
    return str(found) if found else None
