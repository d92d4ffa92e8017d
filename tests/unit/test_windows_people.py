"""What Windows people copy: the example inventory and docs/windows.md parse, and name nothing that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins import connection
from ansible.vars.manager import VariableManager

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "inventory.example"
PAGE = (ROOT / "docs" / "windows.md").read_text(encoding="utf-8")
VAULT = (EXAMPLE / "group_vars/all/vault.yml").read_text(encoding="utf-8")
WINDOWS = {"gaming": "ssh", "office": "psrp", "accounting": "winrm"}
# Of every connection; shell and become read theirs in files of their own.
COMMON = {"ansible_connection", "ansible_shell_type", "ansible_become"}
# The winrm plugin hands these to pywinrm, whose own they are (Ansible's guide to WinRM).
PYWINRM = {"ansible_winrm_ca_trust_path", "ansible_winrm_server_cert_validation"}


def example() -> dict[str, dict[str, Any]]:
    """Return the variables of each host of the example, as ansible-core reads the folder."""
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(EXAMPLE)])
    variables = VariableManager(loader=loader, inventory=inventory)
    return {
        host.name: {
            key: value
            for key, value in variables.get_vars(host=host, include_hostvars=False).items()
            if key.startswith("ansible_")
        }
        for host in inventory.get_hosts()
    }


def known(plugin: str) -> set[str]:
    """Return the variables that a connection plugin of the installed ansible-core documents."""
    source = (Path(connection.__file__).parent / f"{plugin}.py").read_text(encoding="utf-8")
    (text,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION"
    )
    options = yaml.safe_load(text)["options"].values()
    return {entry["name"] for option in options for entry in option.get("vars", [])}


def given() -> dict[str, set[str]]:
    """Return what the inventory itself says of each host, below which Ansible puts variables of its own."""
    loaded = yaml.safe_load((EXAMPLE / "hosts.yml").read_text(encoding="utf-8"))

    def below(group: dict[str, Any], above: set[str]) -> dict[str, set[str]]:
        here = above | set(group.get("vars") or {})
        found = {name: here | set(own or {}) for name, own in (group.get("hosts") or {}).items()}
        for child in (group.get("children") or {}).values():
            found |= below(child, here)
        return found

    return below(loaded["all"], set())


HOSTS = example()


@pytest.mark.parametrize(("name", "plugin"), WINDOWS.items())
def test_each_way_to_a_windows_host_has_an_example(name: str, plugin: str) -> None:
    host = HOSTS[name]
    assert host["ansible_connection"] == plugin
    assert host["ansible_become"] is False
    assert (host.get("ansible_shell_type") in ("powershell", "cmd")) is (plugin == "ssh")


@pytest.mark.parametrize(("name", "plugin"), WINDOWS.items())
def test_an_example_names_what_its_connection_reads(name: str, plugin: str) -> None:
    assert given()[name] - known(plugin) - COMMON == set()


@pytest.mark.parametrize("name", WINDOWS)
def test_an_example_keeps_its_password_in_the_vault_and_looks_at_certificates(name: str) -> None:
    host = HOSTS[name]
    found = re.fullmatch(r"\{\{ (vault_\w+) \}\}", str(host.get("ansible_password", "{{ vault_windows_password }}")))
    assert found
    assert f"# {found[1]}: " in VAULT
    assert {key for key in host if key.endswith("cert_validation")} == set()
    encrypted = {
        "ssh": True,
        "psrp": host.get("ansible_psrp_protocol") == "https",
        "winrm": host.get("ansible_winrm_transport") == "kerberos",
    }
    assert encrypted[str(host["ansible_connection"])]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_inventories_that_parse_and_stay_apart_from_become() -> None:
    hosts = [host for block in blocks("yaml") for host in yaml.safe_load(block)["ups_clients"]["hosts"].values()]
    assert [host["ansible_connection"] for host in hosts] == ["ssh", "psrp", "winrm"]
    for host in hosts:
        assert set(host) - known(host["ansible_connection"]) - COMMON == set()
        assert host["ansible_become"] is False


def test_every_variable_of_the_page_exists() -> None:
    specs = yaml.safe_load((ROOT / "roles/nut_client/meta/argument_specs.yml").read_text(encoding="utf-8"))
    ours = {"ups_host", *specs["argument_specs"]["main"]["options"]}
    theirs = COMMON | PYWINRM | known("ssh") | known("psrp") | known("winrm")
    named = set(re.findall(r"\b(?:ansible|nut_client)_\w+|\bups_host\b", PAGE))
    assert named - ours - theirs - {"ups_clients"} == set()
    assert len(named) > 10


def test_the_page_says_that_nothing_of_it_was_run() -> None:
    assert "**Nothing on this page was ever run on a real Windows.**" in " ".join(PAGE.split())
