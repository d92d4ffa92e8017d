# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of upsmon.conf for one NUT version, from typed settings; and what is allowed in a setting.

A setting is named like its directive in lower case; ``None`` leaves the directive out, so that upsmon's own default
holds. A directive or event that the version does not know is left out too: an unknown one costs a warning a start.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import quoted
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    CERTHOST_SINCE,
    CERTIDENT_SINCE,
    DIRECTIVES,
    NOTIFY_EVENTS,
    NOTIFY_FLAGS,
    Directive,
    parse_version,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

_WORD_LIMIT = 512  # NUT common/parseconf.c
_TRUE = (True, 1, "1", "true", "True", "yes", "on")
_FALSE = (False, 0, "0", "false", "False", "no", "off")
_SHAPED = ("notifymsg", "notifyflag", "certident", "certhost")

SETTING_NAMES: tuple[str, ...] = tuple(directive.name.lower() for directive in DIRECTIVES) + _SHAPED


def setting_lines(settings: Mapping[str, Any], version: str, prefix: str = "nut_client_") -> list[str]:
    """Return the lines that *settings* make in the upsmon.conf of NUT *version*.

    :raises InvalidInput: naming the first setting that cannot be used, whatever the version knows.
    """
    number = parse_version(version)
    lines: list[str] = []
    for directive in DIRECTIVES:
        value = settings.get(directive.name.lower())
        if value is not None:
            text = _value(directive, value, prefix + directive.name.lower())
            if directive.since <= number:
                lines.append(f"{directive.name} {text}")
    for name, since, make in _SHAPES:
        made = list(make(settings.get(name) or (), prefix + name, number))
        if since <= number:
            lines.extend(made)
    return lines


def _value(directive: Directive, value: Any, name: str) -> str:
    if directive.kind == "int":
        return str(_integer(value, name, directive.low))
    if directive.kind == "bool":
        return _boolean(value, name)
    if directive.kind == "exit":
        return _exit(value, name)
    return quoted(_text(value, name))


def _integer(value: Any, name: str, low: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise InvalidInput(f"{name} must be a whole number of at least {low}.") from None
    if number < low:
        raise InvalidInput(f"{name} is {number}: allowed is {low} or more.")
    return number


def _boolean(value: Any, name: str) -> str:
    if value in _TRUE:
        return "1"
    if value in _FALSE:
        return "0"
    raise InvalidInput(f"{name} must be true or false.")


def _exit(value: Any, name: str) -> str:
    if isinstance(value, bool) or str(value).lower() in ("yes", "no", "true", "false"):
        return "yes" if str(value).lower() in ("yes", "true") else "no"
    try:
        return str(_integer(value, name, 0))
    except InvalidInput:
        raise InvalidInput(f"{name} must be yes, no or a whole number of seconds.") from None


def _text(value: Any, name: str) -> str:
    text = str(value)
    if not text or len(text) >= _WORD_LIMIT or any(not " " <= character <= "~" for character in text):
        raise InvalidInput(
            f"{name} must be one line of printable ASCII, 1 to {_WORD_LIMIT - 1} characters (upsmon drops the rest)."
        )
    return text


def _event(event: Any, name: str) -> str:
    if event not in NOTIFY_EVENTS:
        raise InvalidInput(f"{name} has the unknown event {event}: allowed are {', '.join(NOTIFY_EVENTS)}.")
    return str(event)


def _messages(value: Any, name: str, number: tuple[int, int, int]) -> Iterator[str]:
    for event, message in _items(value, name):
        text = _text(message, f"{name}.{event}")
        if NOTIFY_EVENTS[_event(event, name)] <= number:
            yield f"NOTIFYMSG {event} {quoted(text)}"


def _flags(value: Any, name: str, number: tuple[int, int, int]) -> Iterator[str]:
    for event, flags in _items(value, name):
        words = list(flags) if isinstance(flags, (list, tuple)) else [flags]
        if not words or any(word not in NOTIFY_FLAGS for word in words):
            raise InvalidInput(f"{name}.{event} must be a list of {', '.join(NOTIFY_FLAGS)}.")
        if NOTIFY_EVENTS[_event(event, name)] <= number:
            yield f"NOTIFYFLAG {event} {'+'.join(words)}"


def _certident(value: Any, name: str, number: tuple[int, int, int]) -> Iterator[str]:
    if value:
        fields = dict(_items(value, name))
        yield "CERTIDENT " + " ".join(
            quoted(_text(fields.get(key, ""), f"{name}.{key}")) for key in ("name", "password")
        )


def _certhost(value: Any, name: str, number: tuple[int, int, int]) -> Iterator[str]:
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(f"{name} must be a list.")
    for index, entry in enumerate(value):
        where = f"{name}[{index}]"
        fields = dict(_items(entry, where))
        words = [quoted(_text(fields.get(key, ""), f"{where}.{key}")) for key in ("host", "certname")]
        flags = [_boolean(fields.get(key, True), f"{where}.{key}") for key in ("certverify", "forcessl")]
        yield " ".join(["CERTHOST", *words, *flags])


def _items(value: Any, name: str) -> list[tuple[Any, Any]]:
    if value and not isinstance(value, Mapping):
        raise InvalidInput(f"{name} must be a mapping.")
    return list(value.items()) if value else []


_Shape = Callable[[Any, str, "tuple[int, int, int]"], Iterator[str]]
_SHAPES: tuple[tuple[str, tuple[int, int, int], _Shape], ...] = (
    ("notifymsg", (2, 6, 5), _messages),
    ("notifyflag", (2, 6, 5), _flags),
    ("certident", CERTIDENT_SINCE, _certident),
    ("certhost", CERTHOST_SINCE, _certhost),
)
