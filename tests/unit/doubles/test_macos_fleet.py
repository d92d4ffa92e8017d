# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's doubles of other systems' hosts: their places among the hosts, and in the inventory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from fleet import inventory
from fleet.spec import FleetSpec


def test_doubles_come_after_the_releases_and_have_no_copies() -> None:
    assert FleetSpec(("bookworm",), copies=2, doubles=("macos", "windows")).hosts() == [
        {"name": "bookworm", "release": "bookworm"},
        {"name": "bookworm2", "release": "bookworm"},
        {"name": "mac", "release": "trixie", "double": "macos"},
        {"name": "windows", "release": "trixie", "double": "windows"},
    ]


def clients(folder: Path, monkeypatch: pytest.MonkeyPatch, spec: FleetSpec) -> dict[str, Any]:
    """Return the group ups_clients of a fleet's inventory."""
    monkeypatch.setattr(inventory, "control_dir", lambda fleet: folder)
    hosts = [{**host, "address": f"192.0.2.{place}"} for place, host in enumerate(spec.hosts(), 10)]
    inventory.write_inventory(folder, "x", {"nas": {"address": "192.0.2.2"}, "hosts": hosts})
    groups: dict[str, Any] = yaml.safe_load((folder / "inventory.yml").read_text())["all"]["children"]["ups_clients"]
    return groups


def test_each_double_is_in_the_group_of_its_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = clients(tmp_path, monkeypatch, FleetSpec(("bookworm",), doubles=("macos", "windows")))
    windows = found["children"]["ups_clients_windows"]["vars"]
    archive = Path(windows.pop("nut_client_windows_archive_file"))
    assert archive.is_relative_to(tmp_path)
    content = archive.read_bytes()
    blob_id = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    assert windows.pop("nut_client_windows_archive_git_blob_id") == blob_id
    assert Path(windows.pop("nut_client_windows_cache_dir")).is_relative_to(tmp_path)
    assert found["children"] == {
        "ups_clients_linux": {"hosts": {"bookworm": {"ansible_host": "192.0.2.10"}}},
        "ups_clients_macos": {
            "hosts": {"mac": {"ansible_host": "192.0.2.11", "ups_double": True}},
            "vars": {"nut_client_platform": "macos"},
        },
        "ups_clients_windows": {
            "hosts": {"windows": {"ansible_host": "192.0.2.12", "ups_double": True}},
            "vars": {"nut_client_platform": "windows"},
        },
    }
    assert found["vars"]["ansible_user"] == "admin"


@pytest.mark.parametrize(
    ("spec", "groups"),
    [
        (FleetSpec(("bookworm",)), {"ups_clients_linux": ["bookworm"]}),
        (FleetSpec((), doubles=("macos",)), {"ups_clients_linux": [], "ups_clients_macos": ["mac"]}),
    ],
)
def test_groups_of_a_fleet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: FleetSpec, groups: dict[str, list[str]]
) -> None:
    found = clients(tmp_path, monkeypatch, spec)["children"]
    assert {name: list(group["hosts"]) for name, group in found.items()} == groups
