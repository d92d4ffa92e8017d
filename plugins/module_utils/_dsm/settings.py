# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DSM's UPS settings: what it tells, what may be asked of it, and how that is said.

Pure: _dsm/apply.py sends it. That ``set`` replaces the permitted list by what is sent, padded to five, is inferred
from DSM 6.2.3's code; so nothing is sent where a wrong inference could lose an address.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import (
    canonical,
    merged,
    nobody_left,
    permitted_address,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.dialog import DIALOG, button
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import DsmUnexpected, Refusal

SLOTS = 5
MODES = ("USB", "SNMP")
LONGEST_DELAY = 259200  # seconds; what DSM's dialog allows
UNTIL_LOW = -1
SSH_OPTION = "dsm_ups_server_method: ssh"
SSH_WAY = f"Use the SSH way: {SSH_OPTION}."
FIELDS = ("enabled", "mode", "delay_time", "shutdown_device", "network_server", "permitted")

_SLAVE = "SLAVE"
_STATUS = {
    "usb_ups_status_online": "online",
    "usb_ups_status_battery": "battery",
    "usb_ups_status_low_batt": "low_battery",
}
_UPS_STATUS = {"online": "OL", "battery": "OB", "low_battery": "OB LB"}
# What set needs beside the rest while the UPS is on SNMP; sent back as get told it.
_SNMP = (
    "snmp_server_ip",
    "snmp_version",
    "snmp_mib",
    "snmp_community",
    "snmp_user",
    "snmp_auth",
    "snmp_auth_type",
    "snmp_privacy",
    "snmp_privacy_type",
)


@dataclasses.dataclass(frozen=True)
class UpsSettings:
    """DSM's UPS settings; None is what DSM did not tell.

    ``mode`` is C(USB), C(SNMP), C(SLAVE) or empty. ``permitted`` holds the slots that are in use, as DSM tells them.
    ``raw`` is DSM's answer, which may hold an SNMP community.
    """

    enabled: bool
    mode: str
    delay_time: int | None
    shutdown_device: bool | None
    network_server: bool | None
    permitted: list[str]
    raw: Mapping[str, Any] = dataclasses.field(repr=False, compare=False, default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether all slots that DSM tells are in use, so that there may be more addresses behind them."""
        return len(self.permitted) >= SLOTS

    def differences(self, other: UpsSettings) -> list[str]:
        """Return the names of the settings in which *other* differs; the order of the addresses is none."""
        names = [name for name in FIELDS[:-1] if getattr(self, name) != getattr(other, name)]
        same = _canonical_set(self.permitted) == _canonical_set(other.permitted)
        return names if same else [*names, "permitted"]


def _canonical_set(addresses: Iterable[str]) -> set[str]:
    return {canonical(address) for address in addresses}


def parse_settings(answer: Mapping[str, Any]) -> UpsSettings:
    """Read what ``get`` answered.

    :raises DsmUnexpected: where something that decides is missing or of another kind; its value is not told.
    """
    enabled = _typed(answer, "enable", bool)
    if enabled is None:
        raise _unexpected("enable", "is missing")
    mode = (_typed(answer, "mode", str) or "").strip().upper()
    if mode not in (*MODES, _SLAVE, "") or (enabled and not mode):
        raise _unexpected("mode", "is none of USB, SNMP and SLAVE")
    network_server = _typed(answer, "ACL_enable", bool)
    if network_server is None and enabled and mode != _SLAVE:
        raise _unexpected("ACL_enable", "is missing")
    slots = _typed(answer, "ACL_list", list)
    if slots is None and network_server:
        raise _unexpected("ACL_list", "is missing")
    if not all(isinstance(slot, str) for slot in slots or []):
        raise _unexpected("ACL_list", "holds something else than texts")
    return UpsSettings(
        enabled=enabled,
        mode=mode,
        delay_time=_typed(answer, "delay_time", int),
        shutdown_device=_typed(answer, "shutdown_device", bool),
        network_server=network_server,
        permitted=[slot.strip() for slot in slots or [] if slot.strip()],
        raw=dict(answer),
    )


def _typed(answer: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return the value of *key*, None if it is not there."""
    value = answer.get(key)
    # A bool is an int, but not here.
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise _unexpected(key, f"is a {type(value).__name__}, not a {kind.__name__}")
    return value


def _unexpected(key: str, fault: str) -> DsmUnexpected:
    return DsmUnexpected(
        f"DSM's UPS settings are not as this collection knows them: {key} {fault}. "
        f"Look at {DIALOG}, press Apply there once, and report DSM's version if it stays."
    )


def wanted(
    current: UpsSettings,
    *,
    enabled: bool | None = None,
    mode: str | None = None,
    delay_time: int | None = None,
    shutdown_device: bool | None = None,
    network_server: bool | None = None,
    permitted: Sequence[str] | None = None,
    exact: bool = False,
    dropped: Sequence[str] = (),
) -> UpsSettings:
    """Return what the settings shall be; equal to *current* where nothing differs. None keeps a setting.

    :param permitted: addresses to permit; others are kept.
    :param exact: drop the others.
    :param dropped: drop these.
    :raises ValueError: if an argument can never be right, naming it. :raises Refusal: if it is not safe to send.
    :raises DsmUnexpected: if DSM did not tell what must be known.
    """
    addresses = check_request(mode=mode, delay_time=delay_time, permitted=permitted, exact=exact)
    target = dataclasses.replace(
        current,
        enabled=_or(enabled, current.enabled),
        mode=_or(mode, current.mode),
        delay_time=_or(delay_time, current.delay_time),
        shutdown_device=_or(shutdown_device, current.shutdown_device),
        network_server=_or(network_server, current.network_server),
        permitted=current.permitted if addresses is None else merged(current.permitted, addresses, exact, dropped),
    )
    if not current.differences(target):
        return current
    _refuse_unclear(current, target, enabled, mode)
    _refuse_unsafe(current, target, exact)
    return target


def _or(value: Any, instead: Any) -> Any:
    return instead if value is None else value


def check_request(
    *, mode: str | None, delay_time: int | None, permitted: Sequence[str] | None, exact: bool
) -> list[str] | None:
    """Return the addresses of *permitted*, each once and in the text that upsd compares.

    :raises ValueError: if an argument can never be right, naming it.
    """
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}.")
    if delay_time is not None and not UNTIL_LOW <= delay_time <= LONGEST_DELAY:
        raise ValueError(
            f"delay_time must be from 0 to {LONGEST_DELAY} seconds, or {UNTIL_LOW} for until low battery, "
            f"not {delay_time}."
        )
    if exact and permitted is None:
        raise ValueError("exact needs permitted: the addresses that are to stay.")
    return None if permitted is None else list(dict.fromkeys(map(permitted_address, permitted)))


def _refuse_unclear(current: UpsSettings, target: UpsSettings, enabled: bool | None, mode: str | None) -> None:
    """Refuse what would mean a decision that nobody made."""
    differing = current.differences(target)
    if not target.enabled:
        if differing == ["enabled"]:
            return
        if enabled is None:
            raise Refusal("UPS support is off, and turning it on was not asked for: say enabled: true.")
        raise Refusal("enabled: false cannot be combined with other settings: leave them out.")
    if not target.mode:
        raise Refusal("UPS support is off, and DSM has no mode to turn it on with: say mode: USB or mode: SNMP.")
    if target.mode == _SLAVE:
        raise Refusal(
            "This NAS gets its UPS from another UPS server (mode SLAVE), so it serves nobody. Permit the fleet on that "
            "server; or, if a UPS hangs on this NAS now, say mode: USB or mode: SNMP."
        )
    if target.mode == "SNMP" and not str(current.raw.get("snmp_server_ip") or "").strip():
        raise Refusal(f"DSM does not know its SNMP UPS yet. Set it up once under {DIALOG}, then run this again.")
    if "shutdown_device" in differing and target.mode != "USB":
        raise Refusal("shutdown_device is a setting of a UPS on USB: leave it out.")
    if target.network_server is None:
        raise DsmUnexpected(
            "DSM does not tell its permitted list as it is set now, and what is not seen could be lost. Turn on Enable "
            f"UPS support under {DIALOG} once, then run this again."
        )
    if "permitted" in differing and not target.network_server:
        raise Refusal(
            "The network UPS server is off, and addresses are permitted only while it is on: say network_server: true."
        )


def _refuse_unsafe(current: UpsSettings, target: UpsSettings, exact: bool) -> None:
    """Refuse what could lose an address."""
    differing = current.differences(target)
    nobody = nobody_left(current.permitted, target.permitted, exact)
    if nobody:
        raise Refusal(nobody, differs=differing)
    others = ", ".join(name for name in differing if name != "permitted")  # by SSH only the list is managed
    if len(target.permitted) > SLOTS:
        first = f"By SSH only the list is managed: let this set {others} first, without permitted. " if others else ""
        raise Refusal(
            f"DSM's API keeps {SLOTS} addresses, and with these there would be {len(target.permitted)}: "
            f"{', '.join(target.permitted)}. {first}{SSH_WAY}",
            needs_ssh=not others,
            differs=differing,
        )
    if current.full:
        remedy = SSH_WAY
        if others:
            remedy = f"Change {others} under {DIALOG}, and let the SSH way put back what that drops: {SSH_OPTION}."
        raise Refusal(
            f"All {SLOTS} addresses that DSM's API shows are in use, so there may be more that it does not show, and "
            f"every change made through it would drop those (what differs: {', '.join(differing)}). {remedy} Or, if "
            f"you know that these are all, free a slot under {DIALOG} > {button()}.",
            needs_ssh=not others,
            differs=differing,
        )


def set_form(target: UpsSettings) -> dict[str, str]:
    """Return the form of ``set``, each value JSON-coded; what is not known is left out, which keeps it."""
    values: dict[str, Any] = {"enable": target.enabled}
    if target.mode:
        values["mode"] = target.mode
    if target.mode == "SNMP":
        values.update({key: target.raw[key] for key in _SNMP if isinstance(target.raw.get(key), (str, bool))})
    if target.delay_time is not None:
        values["delay_time"] = target.delay_time
    if target.shutdown_device is not None and target.mode == "USB":
        values["shutdown_device"] = target.shutdown_device
    if target.network_server is not None:
        values["ACL_enable"] = target.network_server
        values["ACL_list"] = (target.permitted + [""] * SLOTS)[:SLOTS]
    values.update(snmp_auth_key_dirty=False, snmp_privacy_key_dirty=False)
    return {key: json.dumps(value, separators=(",", ":")) for key, value in values.items()}


def unmet(target: UpsSettings, stands: UpsSettings) -> list[str]:
    """Return the names of the settings that are not as asked for; what a switched-off thing holds does not count."""
    names = target.differences(stands)
    if not target.enabled:
        return [name for name in names if name == "enabled"]
    if not target.network_server:
        return [name for name in names if name != "permitted"]
    return names


def ups_status(settings: UpsSettings) -> str:
    """Return what DSM tells of the UPS in the words of ups.status, of which it knows a few; empty if it does not."""
    return _UPS_STATUS.get(told(settings)["status"], "")


def told(settings: UpsSettings) -> dict[str, Any]:
    """Return what a result shows: the settings and, as far as DSM tells it, the UPS; nothing of SNMP."""
    raw = settings.raw
    return {
        **{name: getattr(settings, name) for name in FIELDS},
        "full": settings.full,
        "manufacturer": _text(raw.get("manufacture")),
        "model": _text(raw.get("model")),
        "status": _STATUS.get(raw["status"], "unknown") if isinstance(raw.get("status"), str) else None,
        "charge": _number(raw.get("charge")),
        "runtime": _number(raw.get("runtime")),
        "connected": raw["usb_ups_connect"] if isinstance(raw.get("usb_ups_connect"), bool) else None,
    }


def _text(value: Any) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
