# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse bad input on the controller, before anything touches the host.

Ansible validates a role's arguments in a task of its own, for which it renders them all. Most are the role's own
defaults, which the unit tests validate, so here only those are that somebody has set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterable, Mapping

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.chain import flaw
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import SETTING_NAMES, setting_lines
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import (
    check_command,
    check_folder,
    windows_shutdown_command,
)

try:  # ten times as fast
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader

_PREFIX = "nut_client_"
_RESULTS = {"nut_client_result", "nut_client_failure"}  # facts that the role and the playbooks set
# What variables of geerlingguy.nut_client are called here; see docs/coming-from.md.
_SUCCESSORS = {
    "nut_client_server": "use ups_host",
    "nut_client_ups": "use ups_name",
    "nut_client_username": "use ups_username",
    "nut_client_password": "use ups_password",
    "nut_client_type": "leave it out, because the role follows the NUT version on the host",
    "nut_client_enabled": "leave it out, because a host without the service would not be protected after a boot",
}
_LONGEST = 300
_LONGEST_INHIBITOR_WAIT = 60
# Ten of them are for the end by force; after half an hour systemd uses force by itself.
_SHUTDOWN_LIMITS = range(20, 1801)
_POSIX = ("debian", "macos")
_EVERY_VERSION = "999.0.0"
# Limits in seconds, each more than 0 and at most _LONGEST.
_LIMITS = ("nut_client_connect_timeout", "nut_client_timeout", "nut_client_login_wait", "nut_client_server_wait")
_ROLE = Path(__file__).parents[3] / "roles" / "nut_client"
# Once, before Ansible forks a process a host: see render.py.
_OPTIONS: dict[str, dict[str, Any]] = yaml.load(
    (_ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"), Loader=SafeLoader
)["argument_specs"]["main"]["options"]
_WINDOWS = {
    "method": "nut_client_windows_method",
    "folder": "nut_client_windows_dir",
    "state": "nut_client_state",
    "accept_legacy_risk": "nut_client_windows_accept_legacy_risk",
    "shutdown": "nut_client_windows_shutdown",
    "tls": "nut_client_tls",
}
_LEGACY_RISK = (
    "nut_client_windows_method: legacy_msi installs a service of 2014 that runs as LocalSystem and needs "
    "OpenSSL 1.0.2, which has had no security updates since 2019. Use the default method, archive; where that is not "
    "possible, accept the risk with nut_client_windows_accept_legacy_risk: true."
)
_NO_TLS = (
    "nut_client_tls is require, but the probe on a Windows host speaks no TLS, so nothing could be proved. Use never "
    "or try for this host; DSM offers no TLS."
)


def refusal(action: Any, task_vars: Mapping[str, Any], windows: bool) -> str:
    """Return what of the role's variables cannot be used, and what is allowed; empty where all can.

    :param action: an action plugin of one of the role's tasks.
    :raises AnsibleError: where a variable cannot be rendered.
    """
    try:
        check(
            task_vars,
            _core.default_variables(action),
            lambda name: _core.rendered(action._templar, name, task_vars),
            windows,
        )
    except ValueError as error:
        return str(error)
    return ""


def check(variables: Mapping[str, Any], defaults: Mapping[str, Any], get: Callable[[str], Any], windows: bool) -> None:
    """Refuse what the role could not use.

    :param variables: all of the host, as they are written.
    :param defaults: the role's, as they are written; empty outside of the role.
    :param get: returns the value of a variable by its name.
    :param windows: whether the host is one by its connection or its variable.
    :raises ValueError: naming the variable and what is allowed; never a password.
    """
    if defaults:
        check_names(variables, defaults)
    given = {name: get(name) for name in _OPTIONS if name in variables and variables[name] != defaults.get(name, {})}
    check_types(given)
    monitor_only = boolean(get("nut_client_monitor_only"), strict=False)
    check_limits({name: get(name) for name in _LIMITS})
    check_inhibitor_wait(get("nut_client_inhibitor_wait"))
    check_shutdown_limit(get("nut_client_shutdown_limit"))
    settings = {name: get(f"{_PREFIX}{name}") for name in SETTING_NAMES}
    check_values(get("nut_client_monitors"), settings, monitor_only)
    if windows:
        check_windows({name: get(variable) for name, variable in _WINDOWS.items()}, settings["notifycmd"])
    elif not monitor_only:
        check_shutdown_command(settings["shutdowncmd"], get("nut_client_platform"))


def check_types(given: Mapping[str, Any]) -> None:
    """Refuse what is of another type, or another choice, than the role's argument specification allows.

    :raises InvalidInput: naming each.
    """
    checked = ArgumentSpecValidator({name: _OPTIONS[name] for name in given}).validate(dict(given))
    if checked.error_messages:
        hidden = _core.hidden_values(checked)
        raise InvalidInput(" ".join(f"{remove_values(text, hidden).rstrip('.')}." for text in checked.error_messages))


def check_names(variables: Iterable[str], known: Iterable[str]) -> None:
    """Refuse variables that look like the role's and are not: a misspelt one would silently do nothing.

    :param known: the role's variables.
    :raises InvalidInput: naming them.
    """
    unknown = sorted({name for name in variables if name.startswith(_PREFIX)} - set(known) - _RESULTS)
    if unknown:
        hints = "".join(f" {name} is another role's: {_SUCCESSORS[name]}." for name in unknown if name in _SUCCESSORS)
        raise InvalidInput(
            f"Unknown variable: {', '.join(unknown)}.{hints} The role's variables are listed in "
            "`ansible-doc -t role upsfleet.synology.nut_client`; every upsmon directive is nut_client_<directive>."
        )


def check_limits(limits: Mapping[str, Any]) -> None:
    """Refuse times with which no server could be told from one that is not there.

    :raises InvalidInput: naming the variable and what is allowed, in seconds.
    """
    for name, value in limits.items():
        try:
            usable = 0 < float(value) <= _LONGEST
        except (TypeError, ValueError):
            usable = False
        if not usable:
            raise InvalidInput(f"{name} is {value!s}: allowed are more than 0 and at most {_LONGEST} seconds.")


def check_inhibitor_wait(seconds: Any) -> None:
    """Refuse a wait that a battery may not outlast; the wait stands in a script as it is.

    :param seconds: whole seconds.
    :raises InvalidInput: naming the variable and what is allowed.
    """
    if not str(seconds).isdecimal() or int(str(seconds)) > _LONGEST_INHIBITOR_WAIT:
        raise InvalidInput(
            f"nut_client_inhibitor_wait is {seconds!s}: allowed is a whole number of seconds, 0 to "
            f"{_LONGEST_INHIBITOR_WAIT}."
        )


def check_shutdown_limit(seconds: Any) -> None:
    """Refuse a limit that leaves no time to stop anything, or that is none; it stands in a script as it is.

    :param seconds: whole seconds, 0 without a limit.
    :raises InvalidInput: naming the variable and what is allowed.
    """
    if not str(seconds).isdecimal() or int(str(seconds)) not in (0, *_SHUTDOWN_LIMITS):
        raise InvalidInput(
            f"nut_client_shutdown_limit is {seconds!s}: allowed is 0 (no limit) or a whole number of seconds, "
            f"{_SHUTDOWN_LIMITS[0]} to {_SHUTDOWN_LIMITS[-1]}."
        )


def check_values(monitors: Any, settings: Mapping[str, Any], monitor_only: bool) -> None:
    """Refuse what upsmon could not use.

    :raises ValueError: naming the variable and what is allowed; never a password.
    """
    power = sum(monitor["power_value"] for monitor in normalise_monitors(monitors))
    setting_lines(settings, _EVERY_VERSION)
    minsupplies = settings.get("minsupplies")
    minsupplies = 1 if minsupplies is None else int(minsupplies)  # upsmon's own default
    if minsupplies == 0 and not monitor_only:
        raise InvalidInput(
            "nut_client_minsupplies is 0: upsmon would never shut this host down. Use 1 or more, or say "
            "nut_client_monitor_only: true if that is what you want."
        )
    if power < minsupplies:
        raise InvalidInput(
            f"nut_client_minsupplies is {minsupplies}, but the power values of nut_client_monitors add up to {power}: "
            "upsmon would refuse to run. Raise power_value or lower nut_client_minsupplies."
        )


def check_shutdown_command(command: str | None, platform: str | None) -> None:
    """Refuse a command that would not power the host off for good, as far as its words tell.

    :param platform: the host's, where it is known yet; else only what is wrong everywhere is refused.
    :raises InvalidInput: naming the variable, why, and what is allowed.
    """
    systems = [platform] if platform in _POSIX else _POSIX
    flaws = [flaw(command, system) for system in systems] if command else [""]
    if all(flaws):
        raise InvalidInput(f"nut_client_shutdowncmd is {command!r}: it {flaws[0]}.")


def check_windows(settings: Mapping[str, Any], notifycmd: Any = None) -> None:
    """Refuse what no Windows host could use.

    :param settings: method, folder, accept_legacy_risk, shutdown, tls, state.
    :raises ValueError: naming the variable and what is allowed.
    """
    check_folder(str(settings.get("folder")))
    windows_shutdown_command(settings.get("shutdown"))
    if notifycmd:
        check_command(str(notifycmd), f"{_PREFIX}notifycmd")
    if settings.get("state") == "absent":
        return
    if settings.get("method") == "legacy_msi" and not boolean(settings.get("accept_legacy_risk", False), strict=False):
        raise InvalidInput(_LEGACY_RISK)
    if settings.get("tls") == "require":
        raise InvalidInput(_NO_TLS)
