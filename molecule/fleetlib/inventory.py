"""The inventory that Ansible reads for a fleet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fleetlib.places import control_dir


def write_inventory(folder: Path, fleet: str, facts: dict[str, Any]) -> None:
    """Write an ordinary inventory, as a user would: JSON strings are YAML strings, so they do the quoting."""
    ssh = [
        f"""-o 'UserKnownHostsFile="{folder / "known_hosts"}"'""",  # ssh itself splits this value at blanks
        "-o StrictHostKeyChecking=accept-new",
        f"-o ControlPath={control_dir(fleet) / '%C'}",
    ]
    nas = facts["nas"]
    text = [
        "---",
        f"# Made by molecule/fleet.py for the fleet {fleet}.",
        "all:",
        "  children:",
        "    ups_nas:",
        "      hosts:",
        *(["        nas:", f"          ansible_host: {nas['address']}"] if nas else ["        {}"]),
        "    ups_clients:",
        "      children:",
        "        ups_clients_linux:",
        "          hosts:",
    ]
    for host in facts["hosts"]:
        text += [f"            {host['name']}:", f"              ansible_host: {host['address']}"]
    text += [
        "          vars:",
        "            ansible_user: admin",
        f"            ansible_ssh_private_key_file: {json.dumps(str(folder / 'id_ed25519'))}",
        f"            ansible_ssh_common_args: {json.dumps(' '.join(ssh))}",
    ]
    if nas:
        text += ["  vars:", f"    ups_host: {nas['address']}"]
    (folder / "inventory.yml").write_text("\n".join(text) + "\n")
