"""SYNO.Core.ExternalDevice.UPS of this test double: settings files to answers, and `set` to settings files.

The rules of `set` were read in DSM 6.2.3's library, not executed; no WebAPI of a real DSM was ever asked. What is
guessed beyond that: the numbers of the refusals, and that any `set` truncates a stored list longer than five.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver

from ..state import Ups
from .errors import ApiError, Code
from .files import SLOTS, Files

MODES = {"USB": "usb", "SNMP": "snmp", "SLAVE": "slave"}
_SNMP_TEXTS = ("server_ip", "version", "community", "mib", "user", "auth_type", "privacy_type")
_SNMP_FLAGS = ("auth", "auth_key", "privacy", "privacy_key")


def describe(files: Files, ups: Ups, part: str = "") -> dict[str, Any]:
    """The answer of `get`; `part` is SERVICE, ACL or DEVICE, all of them if empty."""
    parts = {"SERVICE": _service(files), "ACL": _acl(files), "DEVICE": _device(files, ups)}
    if part:
        return parts.get(part, {})
    return {key: value for each in parts.values() for key, value in each.items()}


def _service(files: Files) -> dict[str, Any]:
    keys = files.keys()
    words = {word: mode for mode, word in MODES.items()}
    return {
        "enable": files.enabled,
        "mode": words.get(keys.get("ups_mode", ""), "SLAVE"),
        "delay_time": int(keys.get("ups_wait_time") or -1),
        "shutdown_device": keys.get("ups_safeshutdown") == "yes",
        "net_server_ip": keys.get("upsslave_server", ""),
        **{f"snmp_{name}": keys.get(f"ups_snmp_{name}", "") for name in _SNMP_TEXTS},
        **{f"snmp_{name}": False for name in _SNMP_FLAGS},
    }


def _acl(files: Files) -> dict[str, Any]:
    stored = files.permitted
    return {"ACL_enable": stored is not None, "ACL_list": (stored or [])[:SLOTS]}


def _device(files: Files, ups: Ups) -> dict[str, Any]:
    connected = files.serves and ups.driver is Driver.OK
    told = ups.visible() if connected else {}
    return {
        "usb_ups_connect": connected,
        "manufacture": told["ups.mfr"] + "\n" if told else "",
        "model": told["ups.model"] + "\n" if told else "",
        "charge": int(told.get("battery.charge", 0)),
        "runtime": int(told.get("battery.runtime", 0)),
        "status": _status(told.get("ups.status", "").split()),
    }


def _status(words: list[str]) -> str:
    for word, name in (("LB", "low_batt"), ("OB", "battery"), ("OL", "online")):
        if word in words:
            return f"usb_ups_status_{name}"
    return "usb_ups_status_unknown"


def apply(files: Files, given: dict[str, Any]) -> None:
    """Carry out `set`, or raise ApiError and change nothing. What is not given stays."""
    keys: dict[str, str | None] = {"ups_enabled": "yes" if _typed(given, "enable", bool) else "no"}
    if given["enable"]:
        keys.update(_mode(given))
    if "delay_time" in given:
        seconds = _typed(given, "delay_time", int)
        keys["ups_wait_time"] = str(seconds) if seconds >= 0 else None
    if "shutdown_device" in given:
        keys["ups_safeshutdown"] = "yes" if _typed(given, "shutdown_device", bool) else "no"
    permitted = _slots(files.permitted, given)
    files.change(keys)
    files.permit(permitted)


def _typed(given: dict[str, Any], name: str, kind: type) -> Any:
    if name not in given:
        raise ApiError(Code.MISSING_PARAMETER)
    # A bool is an int to Python, not to DSM.
    if not isinstance(given[name], kind) or (kind is int and isinstance(given[name], bool)):
        raise ApiError(Code.INVALID_PARAMETER)
    return given[name]


def _mode(given: dict[str, Any]) -> dict[str, str | None]:
    mode = _typed(given, "mode", str)
    if mode not in MODES:
        raise ApiError(Code.INVALID_PARAMETER)
    keys: dict[str, str | None] = {"ups_mode": MODES[mode]}
    if mode == "SLAVE":
        keys["upsslave_server"] = _address(_typed(given, "net_server_ip", str))
    if mode == "SNMP":
        keys["ups_snmp_server_ip"] = _address(_typed(given, "snmp_server_ip", str))
        keys["ups_snmp_version"] = _typed(given, "snmp_version", str)
    return keys


def _address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ApiError(Code.INVALID_PARAMETER) from None
    return text


def _slots(stored: list[str] | None, given: dict[str, Any]) -> list[str] | None:
    """The list afterwards: five slots are loaded, the first ones overwritten, empty ones dropped; no address check."""
    on = _typed(given, "ACL_enable", bool) if "ACL_enable" in given else stored is not None
    slots = (stored or [])[:SLOTS]
    if "ACL_list" in given:
        items = _typed(given, "ACL_list", list)[:SLOTS]
        if not all(isinstance(item, str) for item in items):
            raise ApiError(Code.INVALID_PARAMETER)
        slots[: len(items)] = items
    return [slot for slot in slots if slot] if on else None
