# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as the role's own configure step writes them, for hosts of every platform, all of them on this machine."""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping, NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
DEBIAN = {"prefix": "/", "upsmon": "/sbin/upsmon", "etc": "/etc/nut"}
WINDOWS = {"prefix": "C:\\NUT", "upsmon": "C:\\NUT\\sbin\\upsmon.exe", "etc": "C:\\NUT\\etc"}
WRONG_ELSEWHERE = {"nut_client_windows_shutdown": {"action": "hibernate", "delay": 60}}
"""What a filter refuses: it is set for all hosts, and harms those of other platforms nowhere."""


class Host(NamedTuple):
    """What the audit says of a host, its variables, and which template is to be written where."""

    platform: str
    version: str
    installation: Mapping[str, str]
    variables: Mapping[str, Any]
    files: Mapping[str, Path]


class _Unsafe(str):
    """A text that Ansible takes as it is."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # yaml has no types
    """YAML with ``!unsafe``."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def _unsafe(value: Any, every: bool = False) -> Any:
    """Return *value* with each text that looks like a template marked as none, or with every text marked."""
    if isinstance(value, Mapping):
        return {key: _unsafe(entry, every) for key, entry in value.items()}
    if isinstance(value, list):
        return [_unsafe(entry, every) for entry in value]
    return _Unsafe(value) if isinstance(value, str) and (every or "{{" in value) else value


def write_files(folder: Path, hosts: Mapping[str, Host]) -> None:
    """Write the files of *hosts* with one play; what the audit says is marked as what comes from a host is.

    :param folder: where the play may keep its own things.
    """
    owner = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
    seen = {"package": {"installed": False}, "units": {}, "server_units": {}}
    inventory = {
        name: {
            **({} if host.platform == "windows" else WRONG_ELSEWHERE),
            **_unsafe(host.variables),
            "files": [
                {"path": str(path), "template": template, "mode": "0600", **owner}
                for template, path in host.files.items()
            ],
            "nut_client_result": {
                **seen,
                "os": {"platform": _Unsafe(host.platform)},
                "nut_version": _Unsafe(host.version),
                "installation": _unsafe(host.installation, every=True),
            },
            "state_dir": str(folder / "state" / name),
        }
        for name, host in hosts.items()
    }
    play = {
        "name": "Render the files",
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "__nut_client_before": seen},
        "module_defaults": {
            "upsfleet.synology.nut_client_config": {"state_dir": "{{ state_dir }}", "host": "{{ nut_client_result }}"}
        },
        "tasks": [
            {
                "name": "Configure",
                "ansible.builtin.include_role": {"name": "upsfleet.synology.nut_client", "tasks_from": "configure"},
                # Files of Windows are written here too, so nothing is asked of Windows itself.
                "vars": {
                    "__nut_client_platform": {"files": "{{ files }}", "hooks": {}},
                    "__nut_client_record": {},
                },
            },
        ],
    }
    (folder / "inventory.yml").write_text(yaml.dump({"all": {"hosts": inventory}}, Dumper=_Dumper), encoding="utf-8")
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(folder / "inventory.yml"), str(folder / "play.yml")],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_FORKS": "4",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
