# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each of ansible-core's private doors, opened with the real ansible-core: what it changes there fails here."""

from __future__ import annotations

import base64
import importlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import ansible
import pytest
import yaml
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.playbook.play_context import PlayContext
from ansible.playbook.role import Role
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.task import Task
from ansible.plugins import loader as plugin_loader
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible.template import Templar
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.explain import WHICH_SHELL

CORE = tuple(map(int, core_version.split(".")[:2]))


BUILTIN = "ansible_collections.ansible.builtin"


@pytest.fixture(scope="module")
def metadata() -> ModuleType:
    """Return the metadata of ansible.builtin, which ansible's own import hook would make."""
    try:
        return importlib.import_module(BUILTIN)
    except ImportError:
        runtime = Path(ansible.__file__).parent / "config" / "ansible_builtin_runtime.yml"
        module = ModuleType(BUILTIN)
        module.__dict__["_collection_meta"] = yaml.safe_load(runtime.read_text(encoding="utf-8"))
        return module


@pytest.fixture(autouse=True)
def builtin(metadata: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let core's plugin loader find the metadata without the hook, which the tests' imports do not need."""
    monkeypatch.setitem(sys.modules, BUILTIN, metadata)


class Action(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """An action plugin that runs nothing by itself."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result


def made(action: type[ActionBase] = Action, shell: str = "sh", role: Any = None) -> Any:
    """Return an action plugin as ansible-core makes it for a task on this host."""
    loader, context = DataLoader(), PlayContext()
    task = Task.load({"name": "a task", "ping": {"data": "pong"}}, role=role)
    connection = plugin_loader.connection_loader.get(
        "local", context, "/dev/null", shell=plugin_loader.shell_loader.get(shell)
    )
    connection.set_options()
    connection._shell.set_options()
    return action(
        task=task,
        connection=connection,
        play_context=context,
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=plugin_loader,
    )


# trust_as_template, render


def test_a_trusted_template_is_rendered_with_those_variables_alone() -> None:
    templar = Templar(loader=DataLoader(), variables={"name": "of the task", "other": "of the task"})
    template = _core.trust_as_template("{{ name }} {{ other | default('none') }}")
    assert _core.render(templar, template, {"name": "ours"}) == "ours none"
    assert templar.template(template) == "of the task of the task", "the templar is as it was"


def test_a_rendered_list_stays_a_list() -> None:
    template = _core.trust_as_template("{{ servers }}")
    servers = [{"host": _core.trust_as_template("{{ nas }}"), "port": 3493}]
    found = _core.render(Templar(loader=DataLoader()), template, {"servers": servers, "nas": "192.0.2.10"})
    assert found == [{"host": "192.0.2.10", "port": 3493}]


def test_what_nobody_trusted_is_not_rendered() -> None:
    """From ansible-core 2.19 on; before, every text may be a template and trusting it does nothing."""
    untrusted = "{{ name }}"
    expected = "ours" if CORE < (2, 19) else untrusted
    assert _core.render(Templar(loader=DataLoader()), untrusted, {"name": "ours"}) == expected
    assert _core.trust_as_template(untrusted) == untrusted


# has_windows_shell


@pytest.mark.parametrize(("shell", "windows"), [("powershell", True), ("cmd", True), ("sh", False)])
def test_the_shell_tells_windows(shell: str, windows: bool) -> None:
    assert _core.has_windows_shell(made(shell=shell)) is windows


@pytest.mark.parametrize("name", ["winrm", "psrp"])
def test_connections_to_windows_have_that_shell(name: str) -> None:
    connection = plugin_loader.connection_loader.get(name, class_only=True)
    assert ".ps1" in connection.module_implementation_preferences
    found = re.search(r"_shell_type = '(\w+)'", inspect.getsource(connection.__init__))
    assert found, "it says which shell it has where nobody else does"
    assert _core.has_windows_shell(made(shell=found[1]))


# uses_sudo


@pytest.mark.parametrize(("become", "sudo"), [("sudo", True), ("su", False), ("runas", False), (None, False)])
def test_the_connection_tells_sudo(become: str | None, sudo: bool) -> None:
    action = made()
    assert action._connection.become is None, "core sets none where nobody becomes another user"
    if become:
        action._connection.set_become_plugin(plugin_loader.become_loader.get(become))
    assert _core.uses_sudo(action) is sudo


# default_variables


def test_a_role_tells_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "ours" / "defaults").mkdir(parents=True)
    (tmp_path / "ours" / "defaults" / "main.yml").write_text("one: 1\ntwo: '{{ one }}'\n", encoding="utf-8")
    (tmp_path / "ours" / "vars").mkdir()
    (tmp_path / "ours" / "vars" / "main.yml").write_text("three: 3\n", encoding="utf-8")
    play = Play.load({"name": "a play", "hosts": "all"}, loader=DataLoader())
    include = RoleInclude.load(str(tmp_path / "ours"), play=play, loader=play._loader)
    action = made(role=Role.load(include, play))
    assert sorted(_core.default_variables(action)) == ["one", "two"]


def test_outside_of_a_role_there_are_none() -> None:
    assert list(_core.default_variables(made())) == []


# hidden


class Listening(Action):
    """An action plugin that notes what its connection would be allowed to show of a module."""

    shown: list[Any]

    def _execute_module(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        inspect.signature(ActionBase._execute_module).bind(self, *arguments, **named)
        self.shown = [self._connection._play_context.no_log, named]
        return {"content": "x"}


@pytest.mark.parametrize("quiet", [False, True])
def test_a_connection_knows_what_it_may_not_show(quiet: bool) -> None:
    """What the action plugin has is what its connection reads."""
    assert PlayContext().no_log is False
    action = made(Listening)
    action._play_context.no_log = quiet
    given = {"module_name": "ansible.windows.slurp", "module_args": {"src": "x"}, "task_vars": {"a": 1}}
    with _core.hidden(action):
        assert action._execute_module(**given) == {"content": "x"}
    assert action.shown == [True, given]
    assert action._play_context.no_log is quiet
    with pytest.raises(ConnectionError), _core.hidden(action):
        raise ConnectionError("the host is gone")
    assert action._play_context.no_log is quiet


@pytest.mark.skipif(CORE < (2, 19), reason="psrp and winrm of older ones do not ask")
@pytest.mark.parametrize("name", ["psrp", "winrm"])
def test_connections_to_windows_ask_what_they_may_show(name: str) -> None:
    connection = plugin_loader.connection_loader.get(name, class_only=True)
    source = inspect.getsource(inspect.getmodule(connection) or connection)
    assert "self._play_context.no_log" in source


SENTINEL = "S3ntinel"


def connected(name: str, monkeypatch: pytest.MonkeyPatch, sent: list[Any]) -> Any:
    """Return a connection to Windows that reaches nobody, and notes what it would send."""
    connection = plugin_loader.connection_loader.get(name, PlayContext(), None)

    def note(*given: Any, **named: Any) -> tuple[int, str, str]:
        sent.extend(given + tuple(named.values()))
        return 0, "{}", ""

    protocol = SimpleNamespace(run_command=lambda *_given, **_named: "1", cleanup_command=lambda *_given: None)
    doubles = {
        "_connect": lambda: connection,
        "_connected": True,
        "_psrp_host": "win",
        "_winrm_host": "win",
        "_exec_psrp_script": note,
        "protocol": protocol,
        "shell_id": "1",
        "_winrm_run_command": lambda *_given, **_named: "1",
        "_winrm_write_stdin": lambda _command, pieces: sent.extend(piece for piece, _last in pieces),
        "_winrm_get_command_output": lambda *_given, **_named: (b"{}", b"", 0),
    }
    for key, value in doubles.items():
        monkeypatch.setattr(connection, key, value, raising=False)
    return connection


@pytest.mark.parametrize("name", ["psrp", "winrm"])
def test_what_goes_to_windows_is_never_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's options, passwords among them, go as input, which no core shows, however much it is asked to say."""
    said: list[str] = []
    sent: list[Any] = []
    monkeypatch.setattr(Display(), "verbosity", 6)
    for level in ("display", "verbose", "warning"):
        monkeypatch.setattr(Display, level, lambda _self, text, *_more, **_named: said.append(str(text)))
    connection = connected(name, monkeypatch, sent)
    command = connection._shell.build_module_command("", "#!powershell", "module.ps1")
    connection.exec_command(command, in_data=SENTINEL.encode(), sudoable=False)
    assert SENTINEL in str(sent)
    encoded = base64.b64encode(SENTINEL.encode()).decode().rstrip("=")[:-1]
    assert not any(word in text for text in said for word in (SENTINEL, encoded))


# run_action


def test_another_action_plugin_runs_with_its_own_arguments() -> None:
    action = made()
    result = _core.run_action(action, "fail", {"msg": "from within"}, {"a": 1})
    assert (result["failed"], result["msg"]) == (True, "from within")
    assert action._task.args == {"data": "pong"}, "the task keeps its own"


def test_an_action_plugin_is_made_of_what_this_one_has() -> None:
    expected = ["task", "connection", "play_context", "loader", "templar", "shared_loader_obj"]
    assert list(inspect.signature(ActionBase.__init__).parameters)[1:7] == expected
    action = made()
    for name in expected:
        assert hasattr(action, f"_{name}")
    assert hasattr(action._shared_loader_obj, "action_loader")


# run_script


def test_a_script_runs_where_there_is_no_python() -> None:
    assert _core.run_script(made(), "echo one; echo two >&2; [ -n \"$0\" ] && printf 'th%s' ree") == "one\nthree"
    inspect.signature(ActionBase._low_level_execute_command).bind(None, "script", executable="/bin/sh")


# ask_shell


def test_a_shell_is_asked_in_its_own_words() -> None:
    """This host's: the connection is the real local one, as the ssh one is called alike."""
    assert _core.ask_shell(made(), WHICH_SHELL) == "%OS% :OS\n"


@pytest.mark.parametrize("name", ["ssh", "local", "psrp", "winrm"])
def test_every_connection_is_asked_alike(name: str) -> None:
    connection = plugin_loader.connection_loader.get(name, class_only=True)
    assert list(inspect.signature(connection.exec_command).parameters) == ["self", "cmd", "in_data", "sudoable"]


def test_a_host_that_cannot_be_asked_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise AnsibleConnectionFailure("timed out")

    action = made()
    monkeypatch.setattr(action._connection, "exec_command", fail)
    assert _core.ask_shell(action, WHICH_SHELL) == ""


# hidden_values


def test_a_validation_tells_what_is_hidden() -> None:
    options = {
        "password": {"type": "str", "no_log": True},
        "tokens": {"type": "list", "elements": "str", "no_log": True},
        "host": {"type": "str"},
    }
    found = ArgumentSpecValidator(options).validate(
        {"password": "S3ntinel", "tokens": ["T0ken"], "host": "192.0.2.10", "colour": "x"}
    )
    assert found.error_messages
    assert _core.hidden_values(found) == {"S3ntinel", "T0ken"}
