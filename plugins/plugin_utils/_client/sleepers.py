# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is to be woken, and how: a host's variables, and what the last report remembers of a host that is off. Pure."""

from __future__ import annotations

import ipaddress
from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import returning
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.waking import Plan, Sleeper
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

# Option of the module: its variable, the smallest and the largest value.
_NUMBERS = {
    "wait": ("ups_wake_wait", 0, 1_000_000),
    "timeout": ("ups_wake_timeout", 1, 1_000_000),
    "interval": ("ups_wake_interval", 0.1, 3600),
    "min_charge": ("ups_wake_min_charge", 0, 100),
    "at_once": ("ups_wake_at_once", 0, 10_000),
}


def plan(arguments: Mapping[str, Any]) -> Plan:
    """Return how long to try.

    :raises InvalidInput: naming the variable and what it may be.
    """
    given = {}
    for option, (variable, low, high) in _NUMBERS.items():
        if arguments.get(option) is not None:
            given[option] = _number(arguments[option], variable, low, high)
    at_once = int(given.pop("at_once", 0))
    return Plan(**given, at_once=at_once)


def is_woken(value: Any) -> bool:
    """Return whether a host is to be woken: unless its ups_wake says no."""
    return value is None or bool(boolean(value, strict=False))


def sleeper(
    name: str, variable: Callable[[str], Any], remembered: Mapping[str, Any], resolve: Callable[[str], Sequence[str]]
) -> Sleeper:
    """Return a host that may be off.

    :param variable: returns the value of an inventory variable, None where there is none.
    :param remembered: what the last report says of it, see :func:`returning.remembered`.
    :param resolve: returns the addresses of a name.
    :raises InvalidInput: naming the variable.
    """
    macs = _list(variable("ups_wake_mac"))
    wrong = [mac for mac in macs if not returning.is_mac(mac)]
    if wrong:
        raise InvalidInput(f"ups_wake_mac is {wrong[0]!r}: allowed is a MAC address, 00:00:5e:00:53:21.")
    armed, way = remembered.get("armed"), remembered.get("way")
    return Sleeper(
        name=name,
        upses=_upses(variable),
        addresses=_addresses(name, variable, remembered, resolve),
        macs=macs or returning.macs(remembered),
        armed=armed if isinstance(armed, bool) else None,
        why=str(remembered.get("text") or ""),
        passive=way == "host" and not macs,
        broadcast=str(variable("ups_wake_broadcast") or "255.255.255.255"),
        port=int(_number(variable("ups_wake_port") or 9, "ups_wake_port", 1, 65535)),
    )


def told_apart(hosts: Sequence[Sleeper]) -> list[Sleeper]:
    """Return the hosts without the addresses that several have, as behind a gateway: a line is whose?"""
    seen = [address for host in hosts for address in set(host.addresses)]
    return [host._replace(addresses=[one for one in host.addresses if seen.count(one) == 1]) for host in hosts]


def _upses(variable: Callable[[str], Any]) -> list[tuple[tuple[str, int], str]]:
    """Return the UPSes that feed a host, as the role nut_client takes them from its variables."""
    default = {
        "host": variable("ups_host") or "",
        "port": variable("ups_port") or 3493,
        "ups": variable("ups_name") or "ups",
    }
    given = variable("nut_client_monitors")
    monitors = normalise_monitors([default] if given is None else given)
    return [((one["host"], one["port"]), one["ups"]) for one in monitors if one["power_value"]]


def _addresses(
    name: str, variable: Callable[[str], Any], remembered: Mapping[str, Any], resolve: Callable[[str], Sequence[str]]
) -> list[str]:
    """Return as which addresses a host's upsmon may be listed: said, else seen, else those of its name."""
    said = _list(variable("ups_client_address"))
    seen = str(remembered.get("address") or "")
    found = said or ([seen] if _is_address(seen) else resolve(str(variable("ansible_host") or name)))
    return list(dict.fromkeys(normalise_address(one) for one in found))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else [str(one) for one in value or []]


def _number(value: Any, variable: str, low: float, high: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise InvalidInput(f"{variable} is {value!r}: allowed is a number from {low:g} to {high:g}.")
    return number
