# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a host's guests may take to shut down where systemd itself sets no limit. Read-only, nothing is executed."""

from __future__ import annotations

import glob
import os
import re
from typing import Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import read_text

LIBVIRT, PROXMOX = "libvirt-guests.service", "pve-guests.service"
LIBVIRT_SETTINGS = "/etc/default/libvirt-guests"


def limits(units: Mapping[str, Mapping[str, str]] | None = None, root: str = "") -> dict[str, int | None]:
    """Return the limits in seconds that the programs set themselves which stop guests, by unit; None: none at all.

    :param units: the units that run, as :func:`stop_limits.parse` returns them; Proxmox' containers are among them.
    """
    return {LIBVIRT: libvirt(root), PROXMOX: proxmox(units or {}, root)}


def libvirt(root: str = "") -> int | None:
    """Return how long libvirt-guests waits (the comments of its settings file, libvirt 3.0 to 11.3).

    One guest after the other, each for SHUTDOWN_TIMEOUT, or with PARALLEL_SHUTDOWN all of them for that time. A guest
    that is suspended is waited for without limit.
    """
    settings = dict(re.findall(r"^\s*([A-Z_]+)=[\"']?([^\"'\s#]*)", read_text(root + LIBVIRT_SETTINGS), re.MULTILINE))
    running = len(glob.glob(f"{root}/run/libvirt/*/*.pid"))
    one = _number(settings.get("SHUTDOWN_TIMEOUT"), 300)
    if not running:
        return 0
    if settings.get("ON_SHUTDOWN", "shutdown") != "shutdown" or one == 0:
        return None
    return one if _number(settings.get("PARALLEL_SHUTDOWN"), 0) else one * running


def proxmox(units: Mapping[str, Mapping[str, str]], root: str = "") -> int:
    """Return how long pve-guests waits (PVE/API2/Nodes.pm, stopall, pve-manager 8).

    Group by group of their startup order, as many guests at once as datacenter.cfg's max_workers or the processors
    are, each for its ``down`` or 180 seconds.
    """
    groups: dict[str, list[int]] = {}
    for path in sorted(glob.glob(f"{root}/etc/pve/qemu-server/*.conf") + glob.glob(f"{root}/etc/pve/lxc/*.conf")):
        number = os.path.basename(path)[: -len(".conf")]
        container = units.get(f"pve-container@{number}.service", {}).get("ActiveState") == "active"
        if container or os.path.exists(f"{root}/run/qemu-server/{number}.pid"):
            # Below the first section are snapshots, each with settings of its own.
            settings = read_text(path).partition("\n[")[0]
            startup = re.search(r"^startup:\s*(\S+)", settings, re.MULTILINE)
            said = dict(word.partition("=")[::2] for word in startup.group(1).split(",")) if startup else {}
            groups.setdefault(said.get("order", ""), []).append(_number(said.get("down"), 180))
    workers = re.search(r"^max_workers:\s*([1-9][0-9]*)", read_text(f"{root}/etc/pve/datacenter.cfg"), re.MULTILINE)
    at_once = int(workers.group(1)) if workers else os.cpu_count() or 1
    return sum(_at_most(waits, at_once) for waits in groups.values())


def _at_most(waits: list[int], at_once: int) -> int:
    """Return how long these take at most, so many at once, in whatever order (Graham's bound)."""
    return max(waits) if len(waits) <= at_once else -(-sum(waits) // at_once) + max(waits)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,6}", text) else default
