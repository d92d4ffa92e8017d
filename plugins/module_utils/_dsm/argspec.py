# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that talk to DSM's WebAPI; documented in the fragment upsfleet.synology.dsm."""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.own_machine import own_address
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.session import Dsm
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.transport import opener

LONGEST = 300  # seconds

CONNECTION: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 5001},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "otp_code": {"type": "str", "no_log": True},
    "device_id": {"type": "str", "no_log": True},
    "device_name": {"type": "str", "default": "upsfleet"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "use_proxy": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 30.0},
    "allow_local": {"type": "bool", "default": False},
}


_OWN = (
    "host: {host}{address} is the machine that runs this module, not a NAS: what listens here would get the password "
    "of a DSM administrator. Nothing was sent. Give the address of the NAS (dsm_ups_server_host for the role); in a "
    "task that is delegated to localhost, ansible_host means localhost. Where {host} is meant, because a tunnel to the "
    "NAS begins there, set allow_local: true (dsm_ups_server_allow_local for the role)."
)


def connect(params: Mapping[str, Any], own: Callable[[str, int, float], str] = own_address) -> Dsm:
    """Return a session that has not sent anything yet.

    :param own: tells the address of this machine to which a host leads, empty where there is none.
    :raises ValueError: naming the option and what is allowed, never a secret.
    """
    host = params["host"].strip()
    if not host or len(host.split()) != 1 or any(char in host for char in "/@[]?#"):
        raise ValueError("host must be an address or a name, without spaces, brackets, scheme or path.")
    if not 1 <= params["port"] <= 65535:
        raise ValueError(f"port must be from 1 to 65535, not {params['port']}.")
    if not 0 < params["timeout"] <= LONGEST:
        raise ValueError(f"timeout must be more than 0 and at most {LONGEST} seconds, not {params['timeout']:g}.")
    for name in ("username", "password", "device_name"):
        if not params[name]:
            raise ValueError(f"{name} must not be empty.")
    if params["ca_path"] and not os.path.isabs(params["ca_path"]):
        raise ValueError(
            f"ca_path: {params['ca_path']}: must be absolute, because a module starts in no folder that you chose."
        )
    fetch = opener(
        validate_certs=params["validate_certs"], ca_path=params["ca_path"] or None, use_proxy=params["use_proxy"]
    )
    nas = Dsm(fetch, host, params["port"], timeout=params["timeout"])
    address = "" if params["allow_local"] else own(host, params["port"], nas.left())
    if address:
        raise ValueError(_OWN.format(host=host, address="" if address == host else f" ({address})"))
    return nas


def login(dsm: Dsm, params: Mapping[str, Any]) -> str | None:
    """Log in as the options say and return a new device_id, if one was made."""
    return dsm.login(
        params["username"],
        params["password"],
        otp_code=params["otp_code"] or None,
        device_id=params["device_id"] or None,
        device_name=params["device_name"],
    )
