"""The inventory that Ansible reads for a fleet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fleet import windows
from fleet.paths import control_dir

NAS_SUDO_PASSWORD = "NasSudo-1"  # the mock's, set in tests/doubles/nas/setup.sh


def write_inventory(folder: Path, fleet: str, facts: dict[str, Any]) -> None:
    """Write an ordinary inventory, as a user would: JSON strings are YAML strings, so they do the quoting."""
    ssh = [
        f"""-o 'UserKnownHostsFile="{folder / "known_hosts"}"'""",  # ssh itself splits this value at blanks
        "-o StrictHostKeyChecking=accept-new",
        f"-o ControlPath={control_dir(fleet) / '%C'}",
    ]
    login = {
        "ansible_user": "admin",
        "ansible_ssh_private_key_file": str(folder / "id_ed25519"),
        "ansible_ssh_common_args": " ".join(ssh),
    }
    nas = facts["nas"]
    text = [
        "---",
        f"# Made by tests/fleet for the fleet {fleet}.",
        "all:",
        "  children:",
        "    ups_nas:",
        "      hosts:",
        *(_nas(nas, login) if nas else ["        {}"]),
        "    ups_clients:",
        "      children:",
        *_clients("linux", [host for host in facts["hosts"] if "double" not in host]),
        *(line for host in facts["hosts"] if "double" in host for line in _double(host, folder)),
        "      vars:",
        *_lines("        ", login),
    ]
    if nas:
        text += ["  vars:", f"    ups_host: {nas['address']}"]
    (folder / "inventory.yml").write_text("\n".join(text) + "\n")


def _clients(kind: str, hosts: list[dict[str, Any]]) -> list[str]:
    """A group of clients; it is there when it is empty too."""
    text = [f"        ups_clients_{kind}:", "          hosts:" if hosts else "          hosts: {}"]
    for host in hosts:
        text += [f"            {host['name']}:", f"              ansible_host: {host['address']}"]
    return text


def _double(host: dict[str, Any], folder: Path) -> list[str]:
    """A double, which is the only one of its kind, in its kind's group."""
    kind = host["double"]
    more = windows.variables(folder) if kind == "windows" else {}
    return [
        *_clients(kind, [host]),
        f"              ups_double: true  # a double: Debian in a container that only answers as {kind} would",
        "          vars:",
        f"            nut_client_platform: {kind}",
        *_lines("            ", more),
    ]


def _nas(nas: dict[str, Any], login: dict[str, str]) -> list[str]:
    """The NAS as SSH reaches it: no Python there, and sudo asks for the password."""
    sudo = {"ansible_become_password": NAS_SUDO_PASSWORD}
    return ["        nas:", f"          ansible_host: {nas['address']}", *_lines("          ", {**login, **sudo})]


def _lines(indent: str, values: dict[str, str]) -> list[str]:
    return [f"{indent}{name}: {json.dumps(value)}" for name, value in values.items()]
