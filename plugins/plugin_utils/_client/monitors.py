# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a monitor is: one UPS that a host's upsmon watches, checked and completed with defaults.

Everything that reads ``nut_client_monitors`` reads it through :func:`normalise_monitors`.
No message made here ever holds a password.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Iterable, Mapping, TypedDict

from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

DEFAULT_PORT = 3493

_KEYS = ("host", "port", "ups", "username", "password", "power_value")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?")
_ADDRESS = re.compile(r"[0-9a-f.:]+(%[A-Za-z0-9._-]+)?")  # Python takes anything as the zone of fe80::1%eth0
# Words that upsmon writes on the wire as they are and that upsd's parser must read back as one word (parseconf:
# space, quote, backslash, # and = end or change a word), so no quoting can save them.
_WIRE_WORD = re.compile(r"[!$-<>-\[\]-~]+")
_UPS_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_WORD_LIMIT = 512  # parseconf cuts longer words without a word (NUT common/parseconf.c)


class Monitor(TypedDict):
    """One UPS to watch, complete."""

    host: str
    port: int
    ups: str
    username: str
    password: str
    power_value: int


def normalise_monitors(value: Any, name: str = "nut_client_monitors") -> list[Monitor]:
    """Check *value* and complete each monitor with the defaults of DSM.

    :param value: a list of mappings, of which only ``host`` must be given.
    :param name: what to call the list in messages.
    :raises InvalidInput: naming the first wrong entry, key and what is allowed.
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise InvalidInput(f"{name} must be a list of monitors.")
    monitors = [_monitor(entry, f"{name}[{index}]") for index, entry in enumerate(value)]
    if not monitors:
        raise InvalidInput(f"{name} is empty: set ups_host to the address of the NAS, or list at least one monitor.")
    seen: set[tuple[str, int, str]] = set()
    for index, monitor in enumerate(monitors):
        identity = (monitor["host"].lower(), monitor["port"], monitor["ups"].lower())
        if identity in seen:
            raise InvalidInput(f"{name}[{index}] repeats {monitor_target(monitor)}: list each UPS once.")
        seen.add(identity)
    return monitors


def monitor_target(monitor: Mapping[str, Any]) -> str:
    """Return the UPS as upsmon.conf names it: ``ups@host`` or ``ups@[2001:db8::1]:3494``."""
    host = f"[{monitor['host']}]" if ":" in monitor["host"] else monitor["host"]
    port = "" if monitor["port"] == DEFAULT_PORT else f":{monitor['port']}"
    return f"{monitor['ups']}@{host}{port}"


def _monitor(entry: Any, name: str) -> Monitor:
    if not isinstance(entry, Mapping):
        raise InvalidInput(f"{name} must be a mapping with at least the key host.")
    unknown = sorted(str(key) for key in entry if key not in _KEYS)
    if unknown:
        raise InvalidInput(f"{name} has the unknown key {unknown[0]}: allowed are {', '.join(_KEYS)}.")
    return {
        "host": _host(entry.get("host"), f"{name}.host"),
        "port": _integer(entry.get("port", DEFAULT_PORT), f"{name}.port", 1, 65535),
        "ups": _word(entry.get("ups", "ups"), f"{name}.ups", _UPS_NAME, "letters, digits, dots, hyphens, underscores"),
        "username": _word(entry.get("username", "monuser"), f"{name}.username", _WIRE_WORD, _WIRE_ALLOWED),
        "password": _password(entry.get("password", "secret"), f"{name}.password"),
        "power_value": _integer(entry.get("power_value", 1), f"{name}.power_value", 0, 1000),
    }


def _text(value: Any) -> Any:
    # ansible-core before 2.19 hands a vaulted string over as an object of its own that str() decrypts.
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value


def _host(value: Any, name: str) -> str:
    value = _text(value)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{name} is missing: set ups_host (or this key) to the address or name of the NAS.")
    text = value.strip()
    if ":" in text or re.fullmatch(r"[0-9.]+", text):
        try:
            address = str(ipaddress.ip_address(text.strip("[]")))
        except ValueError:
            address = ""
        if not _ADDRESS.fullmatch(address):
            raise InvalidInput(f"{name} is not an IPv4 or IPv6 address: {text!r}.")
        return address
    if not _HOST.fullmatch(text) or len(text) > 253:
        raise InvalidInput(f"{name} is not a host name or an address (write the port in the key port): {text!r}.")
    return text


def _integer(value: Any, name: str, low: int, high: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise InvalidInput(f"{name} must be a whole number from {low} to {high}.") from None
    if not low <= number <= high:
        raise InvalidInput(f"{name} is {number}: allowed is {low} to {high}.")
    return number


_WIRE_ALLOWED = "printable ASCII without spaces, quotes, backslash, # and ="


def _word(value: Any, name: str, pattern: re.Pattern[str], allowed: str) -> str:
    value = _text(value)
    if not isinstance(value, str) or not pattern.fullmatch(value) or len(value) >= _WORD_LIMIT:
        raise InvalidInput(f"{name} is {value!r}: allowed are {allowed}.")
    return value


def _password(value: Any, name: str) -> str:
    value = _text(value)
    if isinstance(value, (int, float)):
        raise InvalidInput(f"{name} is a number or a boolean in YAML: put it in quotes.")
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{name} is empty: give the password of the NAS's upsd user.")
    if "\n" in value or "\r" in value:
        raise InvalidInput(f"{name} has more than one line: a password is one line (in YAML, not a | block).")
    if not _WIRE_WORD.fullmatch(value) or len(value) >= _WORD_LIMIT:
        raise InvalidInput(
            f"{name} has a character that upsmon cannot hand to upsd (it sends the password unquoted), or is longer "
            f"than {_WORD_LIMIT - 1} characters: allowed are {_WIRE_ALLOWED}."
        )
    return str(value)
