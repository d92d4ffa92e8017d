# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the NAS that a login is meant for is the machine that makes it: then it is the wrong one.

In a task that Ansible delegates to localhost, ansible_host and the like mean localhost (field report case F2).
"""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Callable, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.connection import Target, resolve
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import Unreachable

DSM_FILES = ("/etc.defaults/VERSION", "/etc/synoinfo.conf")  # every DSM has them


def source_address(target: Target) -> str:
    """Return the address from which this machine would speak to *target*, empty where no route leads there.

    Connecting a UDP socket asks the routing table and sends nothing.
    """
    family, place = target
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect(place)
            return str(sock.getsockname()[0])
    except OSError:
        return ""


def own_address(
    host: str,
    port: int,
    timeout: float,
    source: Callable[[Target], str] = source_address,
    dsm_files: Sequence[str] = DSM_FILES,
) -> str:
    """Return the address of this machine to which *host* leads, empty where there is none.

    Empty too on a DSM, whose own address is a NAS, and for a name that does not resolve within *timeout* seconds.

    :param host: a name or an address. :param port: TCP, which only has to be valid here.
    """
    if any(os.path.exists(path) for path in dsm_files):
        return ""
    try:
        targets = resolve(host, port, timeout)
    except Unreachable:
        return ""
    return next((str(target[1][0]) for target in targets if _is_own(target, source)), "")


def _is_own(target: Target, source: Callable[[Target], str]) -> bool:
    address = normalise_address(str(target[1][0]))
    known = ipaddress.ip_address(address)
    # Linux speaks to all of 127.0.0.0/8 from 127.0.0.1.
    return known.is_loopback or known.is_unspecified or normalise_address(source(target)) == address
