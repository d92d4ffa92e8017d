# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes or changes of a configuration that somebody made by hand, and the variables that would keep it. Pure.

The directives of the host are compared with those of the file that is to replace them, both as upsmon reads them. What
comes from the host is somebody else's text: it is shown cut, in one line of printable ASCII. A password is in neither.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils._host.file_owner import printable
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import Line, last
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    CERTHOST_SINCE,
    CERTIDENT_SINCE,
    DIRECTIVES,
    NOTIFY_DEFAULT,
    NOTIFY_EVENTS,
    NOTIFY_FLAGS,
    SHIPPED,
    Directive,
    parse_version,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import chain
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import setting_lines
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import (
    DEFAULT_PORT,
    monitor_target,
    normalise_monitors,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import shown
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import (
    check_command,
    windows_shutdown_command,
)

Entry = dict[str, Any]

_PREFIX = "nut_client_"
_SHOWN = 120  # characters of a value
_EVERY_VERSION = "999.0.0"
_KNOWN = {"MONITOR", "NOTIFYFLAG", "NOTIFYMSG", "CERTIDENT", "CERTHOST", *(one.name for one in DIRECTIVES)}
_PRIMARY = ("master", "primary")
_SYSTEM = re.compile(r"([^@]+)@(\[[^\]]+\]|[^:\[\]]+)(?::(\d+))?")


class _Both(NamedTuple):
    """What is compared, and for which upsmon."""

    old: Sequence[Line]
    new: Sequence[Line]
    number: tuple[int, int, int]
    platform: Mapping[str, Any]
    system: str
    command_problem: str


def replaced(
    seen: Mapping[str, Any], desired: Sequence[Line], version: str, platform: Mapping[str, Any], system: str
) -> list[Entry]:
    """Return what is in force now and goes or changes, each with directive, was, becomes, variable, value and text.

    ``variable`` is the one that keeps it, empty where none does; ``value`` is that variable's whole value, with which
    all that it is for is kept, but for passwords. A value that upsmon has by itself on both sides is no change.

    :param seen: the audit's chain; empty on a platform that has none.
    :param desired: the directives of the file that is to be there.
    :param version: of the package.
    :param platform: the role's row of the platform.
    :param system: the platform's name.
    """
    problem = ((seen.get("commands") or {}).get("shutdowncmd") or {}).get("problem", "")
    both = _Both(seen.get("directives") or [], desired, parse_version(version), platform, system, problem)
    return [
        *(one for find in _FINDERS for one in find(both)),
        *(_entry(f"{name} in nut.conf", value) for name, value in (seen.get("nut_conf") or {}).items()),
    ]


def _entry(directive: str, was: str, becomes: str = "", variable: str = "", value: Any = None, why: str = "") -> Entry:
    was, becomes = printable(shown(was), _SHOWN), printable(shown(becomes), _SHOWN)
    text = json.dumps(value)
    value = value if shown(text) == text else None  # a person copies it, because it looks like it holds a password
    kept = f"{variable} keeps it" if variable else why or "no variable keeps it"
    text = f"{' '.join(filter(None, [directive, was]))} {f'becomes {becomes}' if becomes else 'goes'}: {kept}"
    return {
        "directive": directive,
        "was": was,
        "becomes": becomes,
        "variable": variable,
        "value": value,
        "text": text,
    }


def _of(lines: Sequence[Line], name: str, count: int) -> list[list[str]]:
    """Return the lines of a directive that have at least *count* words, without its name."""
    return [[str(word or "") for word in line[1:]] for line in lines if line[0] == name and len(line) >= count]


class _Watched(NamedTuple):
    """A MONITOR line."""

    text: str
    monitor: dict[str, Any] | None
    primary: bool

    @property
    def identity(self) -> Any:
        if self.monitor is None:
            return self.text
        return {**self.monitor, "host": self.monitor["host"].lower(), "ups": self.monitor["ups"].lower()}


def _watched(words: Sequence[str]) -> _Watched:
    system, power, user, _password, kind = words
    found = _SYSTEM.fullmatch(system)
    ups, host, port = found.groups() if found else (system, "localhost", None)
    monitor: dict[str, Any] | None = None
    try:
        given = {"host": host.strip("[]"), "port": port or DEFAULT_PORT, "ups": ups, "username": user}
        (complete,) = normalise_monitors([{**given, "password": "unknown", "power_value": power}])
        monitor = {key: value for key, value in complete.items() if key != "password"}
    except InvalidInput:
        pass  # nothing that a variable takes
    value = f" with power value {power}" if power != "1" else ""
    return _Watched(f"{system} as {user}{value}", monitor, kind.lower() in _PRIMARY)


def _monitors(both: _Both) -> Iterator[Entry]:
    old = [_watched(words) for words in _of(both.old, "MONITOR", 6)]
    new = [_watched(words) for words in _of(both.new, "MONITOR", 6)]
    # Each UPS once; of several lines for one the last.
    kept = {monitor_target(one.monitor).lower(): one for one in old if one.monitor}
    value = [one.monitor for one in kept.values()]
    for one in old:
        same = next((other for other in new if other.identity == one.identity), None)
        if same and one.primary:
            why = "the server of the UPS is the primary, a client never is"
            yield _entry("MONITOR", f"{one.text}, primary", f"{same.text}, secondary", why=why)
        if same:
            continue
        keeps = one in kept.values()
        yield _entry("MONITOR", one.text, "", f"{_PREFIX}monitors" if keeps else "", value if keeps else None)


def _directives(both: _Both) -> Iterator[Entry]:
    for directive in DIRECTIVES:
        was = last(both.old, directive.name)
        default = directive.default or (both.platform.get("user", "") if directive.name == "RUN_AS_USER" else "")
        becomes = last(both.new, directive.name) or ""
        if was is None or directive.since > both.number or was == SHIPPED.get(directive.name):
            continue
        if _plain(directive, was) == _plain(directive, becomes or default):
            continue
        yield _entry(directive.name, was, becomes or default, *_keeps(directive, was, both))


def _plain(directive: Directive, text: str) -> str:
    """Return the value in the one form that can be compared."""
    if re.fullmatch(r"-?\d+", text) and directive.kind != "text":
        return str(int(text))
    return text if directive.kind == "text" else text.lower()


def _keeps(directive: Directive, was: str, both: _Both) -> tuple[str, Any, str]:
    """Return variable and value that keep a directive's value, or why none does."""
    name = directive.name.lower()
    if directive.name == "MINSUPPLIES" and _plain(directive, was) == "0":
        return f"{_PREFIX}monitor_only", True, ""
    if directive.name == "SHUTDOWNCMD" and (both.command_problem or chain.flaw(was, both.system)):
        return "", None, "it would not take this host down, so no variable keeps it"
    if both.system == "windows" and directive.name in ("SHUTDOWNCMD", "NOTIFYCMD"):
        return _keeps_on_windows(directive.name, was)
    value: Any = was
    if re.fullmatch(r"-?\d+", was) and directive.kind in ("int", "bool"):
        value = int(was) if directive.kind == "int" else was != "0"
    try:
        setting_lines({name: value}, _EVERY_VERSION)
    except InvalidInput:
        return "", None, ""
    return f"{_PREFIX}{name}", value, ""


def _keeps_on_windows(name: str, command: str) -> tuple[str, Any, str]:
    """Return the variable that keeps a command of a Windows host, or why none does."""
    shuts_down = name == "SHUTDOWNCMD"
    variable = f"{_PREFIX}{'windows_shutdown' if shuts_down else 'notifycmd'}"
    try:
        if shuts_down:
            windows_shutdown_command(command)
        else:
            setting_lines({"notifycmd": command}, _EVERY_VERSION)
            check_command(command, variable)
    except InvalidInput:
        return "", None, "Windows could not run it, so no variable keeps it"
    return variable, command, ""


def _flags(lines: Sequence[Line], number: tuple[int, int, int]) -> dict[str, list[str]]:
    found = {}
    for words in _of(lines, "NOTIFYFLAG", 3):
        event, flags = words[0].upper(), [flag.upper() for flag in words[1].split("+")]
        flags = [flag for flag in NOTIFY_FLAGS if flag in flags]
        if flags and event in NOTIFY_EVENTS and NOTIFY_EVENTS[event] <= number:
            found[event] = ["IGNORE"] if "IGNORE" in flags else flags
    return found


def _notifyflags(both: _Both) -> Iterator[Entry]:
    old, new = _flags(both.old, both.number), _flags(both.new, both.number)
    for event, flags in old.items():
        becomes = new.get(event, list(NOTIFY_DEFAULT))
        if flags != becomes:
            value = {**new, **old}
            yield _entry(f"NOTIFYFLAG {event}", "+".join(flags), "+".join(becomes), f"{_PREFIX}notifyflag", value)


def _messages(lines: Sequence[Line], number: tuple[int, int, int]) -> dict[str, str]:
    found = {words[0].upper(): words[1] for words in _of(lines, "NOTIFYMSG", 3)}
    return {event: text for event, text in found.items() if event in NOTIFY_EVENTS and NOTIFY_EVENTS[event] <= number}


def _notifymsgs(both: _Both) -> Iterator[Entry]:
    old, new = _messages(both.old, both.number), _messages(both.new, both.number)
    value = {**new, **{event: text for event, text in old.items() if _usable("notifymsg", {event: text})}}
    for event, text in old.items():
        if text != new.get(event):
            keeps = value.get(event) == text
            variable = f"{_PREFIX}notifymsg" if keeps else ""
            yield _entry(f"NOTIFYMSG {event}", text, new.get(event, ""), variable, value if keeps else None)


def _usable(name: str, value: Any) -> bool:
    try:
        setting_lines({name: value}, _EVERY_VERSION)
    except InvalidInput:
        return False
    return True


def _certidents(both: _Both) -> Iterator[Entry]:
    old = [words[0] for words in _of(both.old, "CERTIDENT", 3)][-1:]
    new = [words[0] for words in _of(both.new, "CERTIDENT", 3)][-1:]
    if old and old != new and both.number >= CERTIDENT_SINCE:
        keeps = _usable("certident", {"name": old[0], "password": "unknown"})
        variable, value = (f"{_PREFIX}certident", {"name": old[0]}) if keeps else ("", None)
        yield _entry("CERTIDENT", old[0], "".join(new), variable, value)


def _certhosts(both: _Both) -> Iterator[Entry]:
    old, new = ({words[0]: words[:4] for words in _of(lines, "CERTHOST", 5)} for lines in (both.old, both.new))
    entries = {
        name: {"host": name, "certname": words[1], "certverify": words[2] != "0", "forcessl": words[3] != "0"}
        for name, words in {**new, **old}.items()
    }
    value = [entry for entry in entries.values() if _usable("certhost", [entry])]
    for name, words in old.items():
        if words != new.get(name) and both.number >= CERTHOST_SINCE:
            keeps = entries[name] in value
            variable = f"{_PREFIX}certhost" if keeps else ""
            becomes = " ".join(new.get(name, []))
            yield _entry("CERTHOST", " ".join(words), becomes, variable, value if keeps else None)


def _others(both: _Both) -> Iterator[Entry]:
    """Directives that no table knows: only their names, because a misspelt one may hold a password."""
    names = {str(line[0]) for line in both.old} - _KNOWN
    return (_entry(name, "") for name in sorted(names) if re.fullmatch(r"[A-Z][A-Z0-9_]{1,40}", name))


_FINDERS: Sequence[Callable[[_Both], Iterator[Entry]]] = (
    _monitors,
    _directives,
    _notifyflags,
    _notifymsgs,
    _certidents,
    _certhosts,
    _others,
)


class _Unsafe(str):
    """A text of the host's that looks like a template and is none."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # yaml has no types
    """YAML with ``!unsafe``."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def keeping(entries: Sequence[Entry]) -> str:
    """Return the variables that keep what :func:`replaced` named, as YAML; a password is one that a vault is to hold.

    Empty where no variable keeps anything.
    """
    plain: list[Entry] = json.loads(json.dumps(entries))  # Ansible hands over texts of types of its own
    variables = {one["variable"]: _marked(one["value"]) for one in plain if one["value"] is not None}
    names: dict[Any, str] = {}
    for monitor in variables.get(f"{_PREFIX}monitors", ()):
        whose = (monitor["host"], monitor["port"], monitor["username"])
        names.setdefault(whose, f"vault_ups_password{f'_{len(names) + 1}' if names else ''}")
        monitor["password"] = f"{{{{ {names[whose]} }}}}"
    if f"{_PREFIX}certident" in variables:
        variables[f"{_PREFIX}certident"]["password"] = "{{ vault_ups_certident_password }}"  # noqa: S105  # a name
    return "".join(_line(name, value) for name, value in variables.items())


def _line(name: str, value: Any) -> str:
    """Return a variable, its innermost lists and mappings in one line each."""
    flow = None if isinstance(value, (dict, list)) else False
    text: str = yaml.dump({name: value}, Dumper=_Dumper, sort_keys=False, default_flow_style=flow, width=10_000)
    return text


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_marked(one) for one in value]
    return _Unsafe(value) if isinstance(value, str) and re.search(r"\{[{%#]", value) else value
