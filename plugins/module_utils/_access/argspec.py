# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that talk to an upsd, and what their values may be.

Documented in the fragment upsfleet.synology.upsd.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import TLS_MODES, quote_word

LONGEST = 300  # seconds

CONNECTION: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3493},
    "connect_timeout": {"type": "float", "default": 5.0},
    "timeout": {"type": "float", "default": 10.0},
    "source_address": {"type": "str"},
    "tls": {"type": "str", "default": "never", "choices": list(TLS_MODES)},
    "ca_file": {"type": "path"},
}

ACCESS: dict[str, dict[str, Any]] = {  # of upsd_access, whose action plugin checks them for hosts without Python
    **CONNECTION,
    "ups": {"type": "str", "default": "ups"},
    "username": {"type": "str", "default": "monuser"},
    "password": {"type": "str", "default": "secret", "no_log": True},
    "expect": {"type": "list", "elements": "str", "choices": list(VERDICTS), "default": ["ok"]},
}


def check_access(params: Mapping[str, Any]) -> None:
    """Check the values of :data:`ACCESS`.

    :raises ValueError: naming the option and what is allowed, never a secret value.
    """
    check_connection(params)
    check_words(params, "ups", "username", "password")
    if not params["expect"]:
        raise ValueError("expect must name at least one verdict.")


def check_connection(params: Mapping[str, Any]) -> None:
    """Check the values of :data:`CONNECTION`.

    :raises ValueError: naming the option and what is allowed.
    """
    if not params["host"].strip() or len(params["host"].split()) != 1:
        raise ValueError("host must be an address or a name, without spaces.")
    if not 1 <= params["port"] <= 65535:
        raise ValueError(f"port must be from 1 to 65535, not {params['port']}.")
    for name in ("connect_timeout", "timeout"):
        if not 0 < params[name] <= LONGEST:
            raise ValueError(f"{name} must be more than 0 and at most {LONGEST} seconds, not {params[name]:g}.")
    if params["source_address"]:
        try:
            ipaddress.ip_address(params["source_address"].partition("%")[0])
        except ValueError:
            raise ValueError("source_address must be an IPv4 or IPv6 address of this host.") from None


def check_words(params: Mapping[str, Any], *names: str) -> None:
    """Check that the options *names* can be sent to an upsd.

    :raises ValueError: naming the option and what is allowed, never its value.
    """
    for name in names:
        if not params[name]:
            raise ValueError(f"{name} must not be empty.")
        try:
            quote_word(params[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}.") from None
