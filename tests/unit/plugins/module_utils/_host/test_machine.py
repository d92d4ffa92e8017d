# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine a host is, without telling its id."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import machine

ID = "4f1d3c2b1a0948576655443322110ffe"
UUID = "4F1D3C2B-1A09-4857-6655-443322110FFE"
HASH = "715af9c15171491fbe5a9f67d25f08c8"


def test_it_is_a_hash_that_does_not_tell_the_id() -> None:
    assert machine.hashed(f"{ID}\n") == HASH
    assert machine.hashed(UUID) == HASH


@pytest.mark.skipif(
    not (shutil.which("systemd-id128") and Path("/etc/machine-id").exists()), reason="no systemd-id128 or machine-id"
)
def test_it_is_what_systemd_makes_of_it() -> None:
    command = ["systemd-id128", "machine-id", f"--app-specific={machine.APPLICATION.hex()}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    own = machine.hashed(Path("/etc/machine-id").read_text(encoding="utf-8"))
    assert done.stdout.strip() == (own or "")


@pytest.mark.parametrize("text", ["", "uninitialized\n", "0" * 32, ID[:-1], ID + "0", "g" * 32])
def test_what_is_no_id_is_none(text: str) -> None:
    assert machine.hashed(text) is None


SAID = f"""
+-o Mac15,6  <class IOPlatformExpertDevice, id 0x100000227, registered>
    {{
      "IOPlatformSerialNumber" = "C02XXXXXXXXX"
      "IOPlatformUUID" = "{UUID}"
    }}
"""


@pytest.mark.parametrize(
    ("said", "found"), [((0, SAID), HASH), ((127, ""), None), ((0, '"IOPlatformUUID" = ""'), None)]
)
def test_a_mac_has_the_uuid_of_its_hardware(said: tuple[int, str], found: str | None) -> None:
    asked = []

    def run(argv: Sequence[str]) -> tuple[int, str]:
        asked.append(argv[0])
        return said

    assert machine.of_mac(run) == found
    assert asked == ["/usr/sbin/ioreg"]
