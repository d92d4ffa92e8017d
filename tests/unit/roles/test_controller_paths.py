# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relative path on the controller means the same file, whichever way the playbook is called (case F7)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = Path("ansible_collections/upsfleet/synology")
# What a user installs, with a playbook beside the others that only gets the package for Windows onto the controller.
INSTALLED = ("galaxy.yml", "meta", "playbooks", "plugins", "roles")
PACKAGES = """
- name: Get the package
  hosts: all
  gather_facts: false
  tasks:
    - name: Get the package
      ansible.builtin.include_role:
        name: upsfleet.synology.nut_client
        tasks_from: windows/before_install
      vars:
        nut_client_result: {os: {platform: windows}}
"""
WAYS = ["by_name", "imported", "from_a_clone"]


class Site(NamedTuple):
    """Where a person works: the inventory, the folder from which Ansible is called, and a collection."""

    inventory: Path
    caller: Path
    collections: Path

    def play(self, way: str, playbook: str, *words: str) -> str:
        """Run a playbook of the collection and return what it said."""
        project = self.collections.parent / "project"
        project.mkdir(exist_ok=True)
        (project / "play.yml").write_text(f"- import_playbook: upsfleet.synology.{playbook}\n")
        called = {
            "by_name": f"upsfleet.synology.{playbook}",
            "imported": str(project / "play.yml"),
            "from_a_clone": str(self.collections / COLLECTION / "playbooks" / f"{playbook}.yml"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", called[way], *words],
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_HOME": str(self.collections.parent / "home"),
                "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
                "ANSIBLE_NOCOLOR": "1",
            },
            cwd=self.caller,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site whose inventory, caller and collection are in different folders."""
    made = Site(tmp_path / "inventory", tmp_path / "caller", tmp_path / "collections")
    made.inventory.mkdir()
    made.caller.mkdir()
    for name in INSTALLED:
        source, target = ROOT / name, made.collections / COLLECTION / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (made.collections / COLLECTION / "playbooks/packages.yml").write_text(PACKAGES)
    return made


def write_inventory(site: Site, groups: dict[str, Any]) -> tuple[str, str]:
    """Write an inventory and return the words that name it."""
    path = site.inventory / "hosts.json"
    path.write_text(json.dumps({"all": {"children": groups}}))
    return "-i", str(path)


def clients_and_nas(ca_path: str, report: str) -> dict[str, Any]:
    """Return an inventory whose client is refused by preflight, and whose NAS is asked with a certificate."""
    nas = {
        "dsm_ups_server_host": "nas.invalid",
        "dsm_ups_server_api_username": "upsfleet",
        "dsm_ups_server_api_password": "Sentinel-1",
        "dsm_ups_server_ca_path": ca_path,
    }
    clients = {"ups_host": "192.0.2.2", "nut_client_monitors": [], "ups_report_file": report}
    return {
        "ups_clients": {"hosts": {"web1": {"ansible_connection": "local"}}, "vars": clients},
        "ups_nas": {"hosts": {"nas": {}}, "vars": nas},
    }


# Where the certificate lies, what is said of it; a report that is there already, where the new one is
PLACES: list[tuple[list[str], str, list[str], str]] = [
    (["inventory"], "ca_path: {inventory}/keys/nas.pem: holds no PEM certificate", [], "inventory"),
    (["caller"], "ca_path: {caller}/keys/nas.pem: holds no PEM certificate", ["caller"], "caller"),
    ([], "dsm_ups_server_ca_path: there is no file {inventory}/keys/nas.pem or {caller}/keys/nas.pem", [], "inventory"),
]


@pytest.mark.parametrize(
    ("way", "certificates", "said", "reports", "written"),
    [(way, *place) for place in PLACES for way in (WAYS if place in PLACES[:1] else WAYS[:1])],
)
def test_certificate_and_report(
    site: Site, way: str, certificates: list[str], said: str, reports: list[str], written: str
) -> None:
    folders = {"inventory": site.inventory, "caller": site.caller}
    for name in certificates:
        (folders[name] / "keys").mkdir()
        (folders[name] / "keys/nas.pem").write_text("no certificate")
    for name in reports:
        (folders[name] / "report.json").write_text("an old one")
    words = write_inventory(site, clients_and_nas("keys/nas.pem", "report.json"))
    output = site.play(way, "audit", *words)
    assert said.format(**folders) in output
    assert "web1" in (folders[written] / "report.json").read_text(), output
    other = folders["caller" if written == "inventory" else "inventory"] / "report.json"
    assert not other.exists() or other.read_text() == "an old one"


SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"  # how such an archive begins
WRONG = {f"nut_client_windows_{name}": "" for name in ("archive_git_blob_id", "legacy_git_blob_id")} | {
    f"nut_client_windows_{name}_sha256": "c" * 64 for name in ("archive", "legacy", "legacy_openssl", "winnut")
}
# The variables of each host, what is said of it
PACKAGE_HOSTS: dict[str, tuple[dict[str, str], str]] = {
    "beside": (
        {"method": "archive", "archive_file": "packages/nut.7z"},
        "{inventory}/packages/nut.7z is not the file that nut_client_windows_archive_sha256 names",
    ),
    "called_from": (
        {"method": "winnut", "winnut_file": "packages/WinNUT.msi"},
        "{caller}/packages/WinNUT.msi is not the file that nut_client_windows_winnut_sha256 names",
    ),
    "nowhere": (
        {"method": "legacy_msi", "legacy_file": "packages/nut.msi", "legacy_openssl_file": "packages/ssl.zip"},
        "nut_client_windows_legacy_file: there is no file {inventory}/packages/nut.msi or {caller}/packages/nut.msi on",
    ),
    "no_openssl": (
        {"method": "legacy_msi", "legacy_file": "packages/nut.7z", "legacy_openssl_file": "packages/ssl.zip"},
        "nut_client_windows_legacy_openssl_file: there is no file {inventory}/packages/ssl.zip or {caller}/packages/",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_packages_for_windows(site: Site, way: str) -> None:
    for folder, name in ((site.inventory, "nut.7z"), (site.caller, "WinNUT.msi")):
        (folder / "packages").mkdir()
        (folder / "packages" / name).write_bytes(SEVEN_ZIP)
    hosts = {
        host: {f"nut_client_windows_{name}": value for name, value in variables.items()}
        for host, (variables, _said) in PACKAGE_HOSTS.items()
    }
    shared = {**WRONG, "nut_client_windows_cache_dir": "cache"}
    words = write_inventory(site, {"ups_clients_windows": {"hosts": hosts, "vars": shared}})
    output = site.play(way, "packages", *words)
    for _variables, said in PACKAGE_HOSTS.values():
        assert said.format(inventory=site.inventory, caller=site.caller) in output, output
    assert (site.inventory / "cache").is_dir()
    assert sorted(path.name for path in site.caller.iterdir()) == ["packages"]


def test_without_an_inventory_folder_the_callers_is_meant(site: Site) -> None:
    variables = {**WRONG, "nut_client_windows_cache_dir": "cache", "nut_client_windows_archive_file": "nut.7z"}
    (site.caller / "nut.7z").write_bytes(SEVEN_ZIP)
    output = site.play("by_name", "packages", "-i", "win1,", "-e", json.dumps(variables))
    assert f"{site.caller}/nut.7z is not the file that" in output
    assert sorted(path.name for path in site.caller.iterdir()) == ["cache", "nut.7z"]
