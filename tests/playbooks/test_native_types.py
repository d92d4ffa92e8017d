"""Jinja's native types, which ansible-core up to 2.18 can be told to use, and paths and commands of Windows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.plugin_utils._core import AS_IT_IS

ROLE = Path(__file__).resolve().parents[2] / "roles" / "nut_client"
NUT = r"D:\tools\nut"
COMMAND = r'"D:\new\tools\off.exe"'
SERVICE = rf'"{NUT}\bin\nut.exe"'


def tasks(file: str) -> list[dict[str, Any]]:
    """Return the tasks of a file of the role, those in blocks too."""

    def flat(node: Any) -> list[dict[str, Any]]:
        return [below for task in node for below in (task, *flat([*task.get("block", []), *task.get("rescue", [])]))]

    return flat(yaml.safe_load((ROLE / "tasks" / file).read_text(encoding="utf-8")))


def arguments(file: str, module: str, part: str = "") -> Any:
    """Return the arguments of the only task of a file of the role that calls *module* with *part*, as templates."""
    (found,) = (task[module] for task in tasks(file) if module in task and part in task[module])
    return found


def started() -> Any:
    """Return the settings with which the service is registered and started, as templates."""
    (found,) = (task["vars"] for task in tasks("init/windows_service/start.yml") if "vars" in task)
    return found["__nut_client_windows_service"]


def settled() -> str:
    """Return the template of what the service's module is given, the same each time."""
    (only,) = {str(task[SERVICE_MODULE]) for task in tasks("init/windows_service/run.yml") if SERVICE_MODULE in task}
    return only


SERVICE_MODULE = "ansible.windows.win_service"
# what is rendered, and what must come of it
KEPT: list[tuple[str, Any]] = [
    (started()["path"], SERVICE),
    # Nothing makes a type of what is in a list.
    (
        settled().replace("{{ ", "{{ [(").replace(" }}", ").path] }}"),
        [SERVICE],
    ),
    (arguments("init/windows_service/remove.yml", SERVICE_MODULE, "path")["path"], SERVICE),
    (AS_IT_IS.replace("NAME", "nut_client_windows_shutdown"), COMMAND),
    ("{{ __nut_client_settings_on_windows.shutdowncmd }}", COMMAND),
    ("{{ __nut_client_settings_on_debian.shutdowncmd }}", COMMAND),
    ("{{ __nut_client_settings_on_macos.shutdowncmd }}", COMMAND),
    ("{{ __nut_client_audit_arguments.shutdowncmd }}", COMMAND),
    ("{{ __nut_client_windows.shutdown_command }}", COMMAND),
    ("{{ __nut_client_windows.version }}", "2.10"),
    ("{{ __nut_client_windows_record.remove }}", [NUT]),
]


@pytest.mark.parametrize("native", ["0", "1"])
def test_a_path_or_command_of_windows_keeps_its_quotes_and_backslashes(tmp_path: Path, native: str) -> None:
    written = tmp_path / "written.json"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(path) for path in (ROLE / "defaults/main.yml", *sorted((ROLE / "vars/main").glob("*.yml")))],
        "tasks": [
            {
                "name": "Write what templates make of each",
                "ansible.builtin.copy": {"dest": str(written), "content": "{{ made | to_json }}", "mode": "0600"},
                "vars": {
                    "__nut_client_windows_service": started(),
                    "made": {str(number): template for number, (template, _text) in enumerate(KEPT)},
                },
            }
        ],
    }
    book = tmp_path / "play.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    variables = {
        "nut_client_shutdowncmd": COMMAND,
        "nut_client_windows_archive_version": "2.10",
        "nut_client_windows_dir": NUT,
        "nut_client_windows_shutdown": COMMAND,
        "nut_client_result": {"os": {"platform": "windows"}},
        "__nut_client_before": {},
        "__nut_client_windows_before": {"path": SERVICE},
    }
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-e", json.dumps(variables), str(book)],
        env={**os.environ, "ANSIBLE_JINJA2_NATIVE": native, "ANSIBLE_HOME": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads(written.read_text(encoding="utf-8"))
    assert [made[str(number)] for number in range(len(KEPT))] == [text for _template, text in KEPT]
