# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the audit: which half looks at the host, and what is told where it cannot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action.nut_client_audit import ActionModule

MODULE = "upsfleet.synology.nut_client_audit"
FIND = "ansible.windows.win_find"
DENIED = {"failed": True, "msg": "Access is denied."}
SUDO = "On Windows there is no sudo: set ansible_become: false for this host and log in as an administrator."
ROW = {
    "method": "archive",
    "is_service": True,
    "service": "Network UPS Tools",
    "prefix": "C:\\NUT",
    "state_dir": "C:\\ProgramData\\upsfleet",
    "marker_path": "C:\\ProgramData\\upsfleet\\installed.txt",
    "kept_path": "C:\\ProgramData\\upsfleet\\kept.txt",
    "programs": ["bin\\nut.exe"],
    "files": [],
}


def run_action(
    monkeypatch: pytest.MonkeyPatch,
    shell: bool,
    said: dict[str, Any] | AnsibleError = DENIED,
    become: str = "",
    answer: tuple[int, bytes, bytes] = (0, b"%OS% :OS\n", b""),
    **options: Any,
) -> tuple[list[tuple[str, dict[str, Any]]], dict[str, Any]]:
    """Return the modules that ran, with their arguments, and what the action says where each says or raises *said*."""
    ran: list[tuple[str, dict[str, Any]]] = []

    def execute(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        ran.append((module_name, module_args))
        if isinstance(said, AnsibleError):
            raise said
        return dict(said)

    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    action = ActionModule.__new__(ActionModule)
    action._play_context = SimpleNamespace(no_log=False)
    monitors = [{"host": "192.0.2.10", "password": "S3ntinel"}]
    action._task = SimpleNamespace(args={"monitors": monitors, "windows": "table", **options}, check_mode=False)
    plugin = SimpleNamespace(name=become) if become else None
    action._connection = SimpleNamespace(
        _shell=SimpleNamespace(_IS_WINDOWS=shell), become=plugin, exec_command=lambda *_arguments, **_options: answer
    )
    action._templar = SimpleNamespace(template=lambda template: {"{{ table }}": ROW}[template])
    action._execute_module = execute
    return ran, action.run(task_vars={})


@pytest.mark.parametrize(
    ("shell", "platform", "windows"),
    [
        (True, "auto", True),
        (True, "windows", True),
        (True, "debian", True),
        (False, "windows", True),  # its variable says so, whatever the connection is
        (False, "auto", False),
        (False, "debian", False),
        (False, "macos", False),
    ],
)
def test_which_half_looks_at_the_host(
    monkeypatch: pytest.MonkeyPatch, shell: bool, platform: str, windows: bool
) -> None:
    ran, result = run_action(monkeypatch, shell, platform=platform)
    assert [name for name, _arguments in ran] == [FIND if windows else MODULE]
    assert result == {"failed": True, "msg": f"{FIND}: Access is denied." if windows else "Access is denied."}


def test_a_windows_host_that_is_unreachable_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    _ran, result = run_action(monkeypatch, True, {"unreachable": True, "msg": "timed out"})
    assert result == {"unreachable": True, "failed": False, "msg": f"{FIND}: timed out"}


@pytest.mark.parametrize(("shell", "become", "refused"), [(True, "sudo", True), (True, "runas", False)])
def test_sudo_on_windows_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, shell: bool, become: str, refused: bool
) -> None:
    ran, result = run_action(monkeypatch, shell, become=become)
    assert (result["msg"] == SUDO, ran == []) == (refused, refused)


@pytest.mark.parametrize(
    ("error", "ended", "told"),
    [
        (AnsibleError("Missing sudo password"), "failed", "Run it with -K"),
        (AnsibleConnectionFailure("Failed to create temporary directory."), "unreachable", "ansible_shell_type"),
    ],
)
def test_what_ansible_gives_up_with_is_explained(
    monkeypatch: pytest.MonkeyPatch, error: AnsibleError, ended: str, told: str
) -> None:
    _ran, result = run_action(monkeypatch, False, error)
    assert result == {ended: True, "msg": result["msg"]}
    assert told in result["msg"]


@pytest.mark.parametrize(
    ("shell", "platform", "answer", "told"),
    [
        (False, "auto", b"Windows_NT $env:OS\r\n", "set ansible_shell_type: cmd "),
        (False, "windows", b"%OS%\r\nWindows_NT\r\n", "set ansible_shell_type: powershell "),
        (True, "auto", b"%OS% :OS\n", "take ansible_shell_type (powershell or cmd) out"),
    ],
)
def test_a_host_is_asked_whether_it_is_windows(
    monkeypatch: pytest.MonkeyPatch, shell: bool, platform: str, answer: bytes, told: str
) -> None:
    error = AnsibleConnectionFailure("Failed to create temporary directory.")
    _ran, result = run_action(monkeypatch, shell, error, answer=(0, answer, b""), platform=platform)
    assert result["unreachable"]
    assert told in result["msg"]


def test_what_ansible_explains_well_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="Permission denied"):
        run_action(monkeypatch, False, AnsibleConnectionFailure("Permission denied (publickey)."))


def test_the_module_is_not_given_what_only_the_controller_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each execution has a key of its own, so that checksums of the same file differ."""
    moment: dict[str, Any] = {
        "before": {"verdict": "ok"},
        "restarted": True,
        "rolled_back": False,
        "programs_swapped": False,
    }
    keys = set()
    for _time in range(2):
        ((_name, given),), _result = run_action(monkeypatch, False, wait=5, **moment)
        assert set(given) == {"monitors", "wait", "checksum_key"}
        keys.add(given["checksum_key"])
    assert len(keys) == 2
    assert all(len(key) == 32 for key in keys)
