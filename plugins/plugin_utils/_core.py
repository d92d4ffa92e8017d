# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-core's private doors. Nothing else in plugins/ opens one; a test for each fails when core changes it."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Mapping

from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_text

try:
    from ansible.template import trust_as_template as _trust
except ImportError:  # before ansible-core 2.19 every text may be a template
    _trust = str


def trust_as_template(value: str) -> str:
    """Return *value* as a text that the templar takes as a template."""
    trusted: str = _trust(value)
    return trusted


def has_windows_shell(action: Any) -> bool:
    """Return whether the connection of an action plugin leads to Windows, as core's own script plugin tells it."""
    return bool(getattr(action._connection._shell, "_IS_WINDOWS", False))


def uses_sudo(action: Any) -> bool:
    """Return whether the connection of an action plugin becomes another user by sudo."""
    return getattr(getattr(action._connection, "become", None), "name", "") == "sudo"


def default_variables(action: Any) -> Mapping[str, Any]:
    """Return the defaults of the role whose task an action plugin runs, as they are written; none outside of a role."""
    role = action._task._role
    return role.get_default_vars() if role else {}


AS_IT_IS = "{{ NAME | string if NAME is string else NAME }}"
"""A template of a variable. Without string, Jinja's native types (ansible-core up to 2.18) make a number of a text."""


def rendered(templar: Any, name: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of the variable *name*, of *variables*; one that holds no template is not even looked at."""
    value = variables.get(name)
    if _is_plain(value) and name in variables:
        return value
    template = AS_IT_IS.replace("NAME", name)
    return render(templar, trust_as_template(template), variables)


def _is_plain(value: Any) -> bool:
    """Return whether nothing in *value* may be a template, or a secret of a vault."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(one) for key, one in value.items())
    if isinstance(value, str):
        return "{" not in value and not hasattr(value, "__ENCRYPTED__")
    return value is None or isinstance(value, (bool, int, float))


def render(templar: Any, template: str, variables: Mapping[str, Any]) -> Any:
    """Return what a trusted *template* makes of *variables*, and of nothing else; a list stays a list."""
    return templar.copy_with_new_env(available_variables=variables).template(template)


@contextlib.contextmanager
def hidden(action: Any) -> Iterator[None]:
    """Keep the connection of an action plugin from showing what it receives, as it does at high verbosity.

    Over psrp and winrm that works from ansible-core 2.18 on.
    """
    context = action._play_context
    quiet, context.no_log = context.no_log, True
    try:
        yield
    finally:
        context.no_log = quiet


def run_action(action: Any, name: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Any:
    """Run the action plugin *name* with *arguments* from within another one, and return its result."""
    task = action._task.copy()
    task.args = dict(arguments)
    other = action._shared_loader_obj.action_loader.get(
        name,
        task=task,
        connection=action._connection,
        play_context=action._play_context,
        loader=action._loader,
        templar=action._templar,
        shared_loader_obj=action._shared_loader_obj,
    )
    return other.run(task_vars=task_vars)


def run_script(action: Any, script: str) -> str:
    """Run a shell script on a host that has no Python, and return its standard output."""
    return str(action._low_level_execute_command(script, executable="/bin/sh").get("stdout", ""))


def ask_shell(action: Any, command: str) -> str:
    """Return what a command line writes in the host's own shell, whichever that is; empty where none can be asked."""
    try:
        _status, output, _errors = action._connection.exec_command(command, in_data=None, sudoable=False)
    except AnsibleError:
        return ""
    return to_text(output, errors="surrogate_or_replace") if isinstance(output, (bytes, str)) else ""


def hidden_values(validation: Any) -> set[str]:
    """Return the no_log values that an ArgumentSpecValidator's *validation* found."""
    return set(validation._no_log_values)
