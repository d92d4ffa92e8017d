# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of writing files: for which version; on Windows which folder, and what is not shown."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any, Callable

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action import nut_client_config
from ansible_collections.upsfleet.synology.plugins.action.nut_client_config import ActionModule

STATE_DIR = "C:\\ProgramData\\upsfleet"
CONF = "C:\\NUT\\etc\\upsmon.conf"
SLURP, FIND = "ansible.windows.slurp", "ansible.windows.win_find"
MODULE = "upsfleet.synology.nut_client_config"
SAVED = {
    f"{STATE_DIR}\\record.json": json.dumps({"package_installed": True}),
    f"{STATE_DIR}\\previous\\index.json": json.dumps([{"path": CONF}, {"path": "D:\\NUT\\etc\\upsmon.conf"}]),
    f"{STATE_DIR}\\previous\\0": "MONITOR old\n",
    f"{STATE_DIR}\\previous\\1": "MONITOR old\n",
}
QUIET = {SLURP: True, FIND: True, "ansible.windows.win_copy": True}

Answer = Callable[[str, "dict[str, Any]"], "dict[str, Any]"]


def answer(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what a host says that has saved files and none of its own."""
    if name == SLURP:
        return {"content": base64.b64encode(SAVED[arguments["src"]].encode()).decode()}
    assert name == FIND
    paths = SAVED if arguments["paths"] == [STATE_DIR] else {}
    return {"files": [{"path": path, "checksum": "0" * 64} for path in paths]}


class Connection:
    """A double of a host's connection: it notes whether it may show what it receives; it shows nothing itself."""

    def __init__(self, context: SimpleNamespace, reply: Answer) -> None:
        self.ran: list[tuple[str, Any]] = []  # modules, and whether what they say is hidden
        self.copied: list[str] = []
        self._context = context
        self._reply = reply

    def execute(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run a module."""
        self.ran.append((module_name, self._context.no_log))
        return self._reply(module_name, module_args)

    def get(self, name: str, *, task: Any, **_context: Any) -> Any:
        """Find the action win_copy."""

        def run(task_vars: dict[str, Any]) -> dict[str, Any]:
            self.ran.append((name, self._context.no_log))
            self.copied.append(task.args["dest"])
            return {"changed": True}

        return SimpleNamespace(run=run)


def run_action(
    monkeypatch: pytest.MonkeyPatch,
    context: SimpleNamespace,
    reply: Answer = answer,
    prefix: str = "C:\\NUT",
    shell: bool = True,
    platform: str = "auto",
) -> tuple[Connection, Callable[[], dict[str, Any]]]:
    """Return the connection, and what runs the action that puts the files back."""
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    connection = Connection(context, reply)
    action = ActionModule.__new__(ActionModule)
    host = {
        "nut_version": "2.8.4",
        "installation": {"prefix": prefix, "etc": f"{prefix}\\etc"},
    }
    arguments = {"state": "rolled_back", "state_dir": STATE_DIR, "host": host, "platform": platform}
    action._task = SimpleNamespace(args=arguments, check_mode=False, diff=False, copy=lambda: SimpleNamespace(args={}))
    action._connection = SimpleNamespace(_shell=SimpleNamespace(_IS_WINDOWS=shell))
    action._shared_loader_obj = SimpleNamespace(action_loader=connection)
    action._templar = action._loader = None
    action._play_context = context
    action._execute_module = connection.execute
    return connection, lambda: action.run(task_vars={})


@pytest.mark.parametrize("quiet", [False, True, None])
def test_what_is_read_of_files_is_not_shown(monkeypatch: pytest.MonkeyPatch, quiet: bool | None) -> None:
    """At -vvvvv psrp and winrm show what a module says, and a checksum is a secret; who hides all, still does."""
    context = SimpleNamespace(no_log=quiet)
    connection, run = run_action(monkeypatch, context)
    assert run()["files"] == [CONF]
    assert {name for name, _hidden in connection.ran} == set(QUIET)
    assert [bool(hidden) for _name, hidden in connection.ran] == [
        bool(quiet) or QUIET[name] for name, _hidden in connection.ran
    ]
    assert context.no_log is quiet


@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_shown_again_after_a_failure(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    def reply(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"failed": True, "msg": "Access is denied."} if name == SLURP else answer(name, arguments)

    context = SimpleNamespace(no_log=quiet)
    connection, run = run_action(monkeypatch, context, reply)
    assert run() == {"failed": True, "msg": f"{SLURP}: Access is denied."}
    assert connection.ran[-1] == (SLURP, True)
    assert context.no_log is quiet


@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_shown_again_after_an_exception(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    def reply(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name == SLURP:
            raise ConnectionError("the host is gone")
        return answer(name, arguments)

    context = SimpleNamespace(no_log=quiet)
    connection, run = run_action(monkeypatch, context, reply)
    with pytest.raises(ConnectionError, match="the host is gone"):
        run()
    assert connection.ran[-1] == (SLURP, True)
    assert context.no_log is quiet


@pytest.mark.parametrize(("prefix", "copied"), [("C:\\NUT", [CONF]), ("d:\\nut", ["D:\\NUT\\etc\\upsmon.conf"])])
def test_only_files_of_the_installation_are_put_back(
    monkeypatch: pytest.MonkeyPatch, prefix: str, copied: list[str]
) -> None:
    connection, run = run_action(monkeypatch, SimpleNamespace(no_log=False), prefix=prefix)
    assert run() == {"changed": True, "files": copied, "record": {"package_installed": True}}
    assert connection.copied == copied


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
def test_which_half_writes_the_files(
    monkeypatch: pytest.MonkeyPatch, shell: bool, platform: str, windows: bool
) -> None:
    def reply(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"changed": False} if name == MODULE else answer(name, arguments)

    connection, run = run_action(monkeypatch, SimpleNamespace(no_log=False), reply, shell=shell, platform=platform)
    run()
    assert (MODULE not in [name for name, _hidden in connection.ran]) is windows
    assert bool(connection.copied) is windows


@pytest.mark.parametrize(
    ("installed", "rendered"),
    [
        (["2.8.0"], ["2.8.0"]),
        (["2.8.1", "2.8.1"], ["2.8.0", "2.8.1"]),  # apt had installed another one than its lists, or none, had said
        (["2.8.1", "2.8.2"], ["2.8.0", "2.8.1"]),  # an upgrade goes on meanwhile: the next run's business
    ],
)
def test_files_for_another_version_are_rendered_anew_once(
    monkeypatch: pytest.MonkeyPatch, installed: list[str], rendered: list[str]
) -> None:
    def execute(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        text = base64.b64decode(module_args["files"][0]["content"]).decode()
        asked.append((text, module_args["nut_version"]))
        look.update(module_args["look"])
        version = installed[len(asked) - 1]
        same = version == module_args["nut_version"]
        return {"started": same, "code": "" if same else "other_version", "nut_version": version}

    def render(_templar: Any, _vars: Any, files: list[Any], version: str, _host: Any) -> list[dict[str, Any]]:
        return [{**file, "content": f"for {version}"} for file in files]

    asked: list[tuple[str, str]] = []
    look: dict[str, Any] = {}
    monkeypatch.setattr(nut_client_config, "render_files", render)
    _connection, run = run_action(monkeypatch, SimpleNamespace(no_log=False), shell=False)
    action = run.__closure__[0].cell_contents  # type: ignore[index]
    action._task.args = {
        "state": "started",
        "files": [{"path": "/etc/nut/upsmon.conf", "template": "upsmon.conf.j2"}],
        "host": {"nut_version": "2.8.0"},
        "look": {"monitors": [{"host": "192.0.2.10", "password": "S3ntinel"}], "platforms": {}, "windows": "table"},
    }
    action._execute_module = execute
    result = run()
    assert asked == [(f"for {version}", version) for version in rendered]
    assert result["started"] is (installed[-1] == rendered[-1])
    assert (set(look), look["monitors"][0]["port"]) == ({"monitors", "platforms"}, 3493)
