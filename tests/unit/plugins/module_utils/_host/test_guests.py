# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long guests may take: the files of libvirt and of Proxmox."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import guests


def write(root: Path, files: dict[str, str]) -> str:
    """Write these files, and return where."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return str(root)


TWO = {"run/libvirt/qemu/web.pid": "1", "run/libvirt/qemu/db.pid": "2"}
# what /etc/default/libvirt-guests says, who runs, seconds
LIBVIRT: list[tuple[str, dict[str, str], int | None]] = [
    ("", {}, 0),
    ("", TWO, 600),
    ("#SHUTDOWN_TIMEOUT=100\n", TWO, 600),
    ("SHUTDOWN_TIMEOUT=20\n", TWO, 40),
    ('SHUTDOWN_TIMEOUT="20"\nPARALLEL_SHUTDOWN=10\n', TWO, 20),
    ("SHUTDOWN_TIMEOUT=20\nPARALLEL_SHUTDOWN=0\n", TWO, 40),
    ("SHUTDOWN_TIMEOUT=0\n", TWO, None),
    ("ON_SHUTDOWN=suspend\n", TWO, None),
    ("ON_SHUTDOWN=suspend\n", {}, 0),
    ("SHUTDOWN_TIMEOUT=soon\n", TWO, 600),
]


@pytest.mark.parametrize(("settings", "running", "seconds"), LIBVIRT)
def test_libvirt(tmp_path: Path, settings: str, running: dict[str, str], seconds: int | None) -> None:
    root = write(tmp_path, {"etc/default/libvirt-guests": settings, **running})
    assert guests.limits(root=root)["libvirt-guests.service"] == seconds


def machines(*startups: str) -> dict[str, str]:
    """Return the files of virtual machines that run."""
    files = {}
    for number, startup in enumerate(startups, 100):
        files[f"etc/pve/qemu-server/{number}.conf"] = f"memory: 512\n{startup}\n\n[before]\nstartup: down=9999\n"
        files[f"run/qemu-server/{number}.pid"] = "1"
    return files


FOUR = {"etc/pve/datacenter.cfg": "keyboard: de\nmax_workers: 4\n"}
PROXMOX: list[tuple[dict[str, str], int]] = [
    ({}, 0),
    (FOUR, 0),
    ({**FOUR, **machines("")}, 180),
    ({**FOUR, **machines("startup: order=1,up=5,down=40")}, 40),
    # one group after the other
    ({**FOUR, **machines("startup: order=1,down=40", "startup: order=2,down=60")}, 100),
    # one group at once
    ({**FOUR, **machines("startup: order=1,down=40", "startup: order=1,down=60")}, 60),
    # more than the workers: five of 40 s by four of them
    ({**FOUR, **machines(*["startup: down=40"] * 5)}, 90),
    # configured, and not running
    ({"etc/pve/qemu-server/100.conf": "memory: 512\n"}, 0),
    ({**FOUR, "etc/pve/lxc/200.conf": "startup: down=30\n"}, 30),
    ({**FOUR, "etc/pve/lxc/201.conf": "startup: down=30\n"}, 0),
]


@pytest.mark.parametrize(("files", "seconds"), PROXMOX)
def test_proxmox(tmp_path: Path, files: dict[str, str], seconds: int) -> None:
    units = {"pve-container@200.service": {"ActiveState": "active"}}
    assert guests.limits(units, write(tmp_path, files))["pve-guests.service"] == seconds


def test_without_max_workers_it_is_the_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert guests.proxmox({}, write(tmp_path, machines("startup: down=40", "startup: down=40"))) == 120
