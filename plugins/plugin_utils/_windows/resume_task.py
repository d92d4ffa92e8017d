# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scheduled task that starts the client after hibernation: whether it still does. Pure.

A task may be there and never run: disabled, bound to mains power, waiting for an event that the machine does not write.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping
from xml.etree import ElementTree

_NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
_SYSTEM = "S-1-5-18"
# Settings that keep a task from running, and what they are where the definition does not say (schema of the Task
# Scheduler, settingsType).
_IN_THE_WAY = {
    "DisallowStartIfOnBatteries": ("true", "it does not start on battery"),
    "StopIfGoingOnBatteries": ("true", "it is ended on battery"),
    "RunOnlyIfNetworkAvailable": ("false", "it waits for a network"),
    "RunOnlyIfIdle": ("false", "it waits until the host is idle"),
}

Wanted = Mapping[str, Any]


def problems(definition: str, wanted: Wanted) -> list[str]:
    """Return what keeps a task from starting the client after hibernation, as people read it.

    :param definition: the task's XML, which is untrusted.
    :param wanted: program, arguments, subscription (XML) and delay (xs:duration).
    """
    task = _parsed(definition)
    if task is None:
        return ["its definition cannot be read"]
    return [*_settings(task), *_principal(task), *_triggers(task, wanted), *_actions(task, wanted)]


def _parsed(text: str) -> ElementTree.Element | None:
    """Return the root of a document, None where it is none, or declares entities."""
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        return None
    try:
        return ElementTree.fromstring(text)  # noqa: S314 (without a DOCTYPE there is nothing to expand)
    except (ElementTree.ParseError, ValueError):
        return None


def _text(parent: ElementTree.Element, path: str, default: str = "") -> str:
    found = parent.find("/".join(f"{_NAMESPACE}{name}" for name in path.split("/")))
    return (found.text or "").strip() if found is not None else default


def _children(parent: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    found = parent.find(f"{_NAMESPACE}{name}")
    return [] if found is None else list(found)


def _settings(task: ElementTree.Element) -> Iterator[str]:
    if _text(task, "Settings/Enabled", "true").lower() != "true":
        yield "it is disabled"
    for name, (default, problem) in _IN_THE_WAY.items():
        if _text(task, f"Settings/{name}", default).lower() != "false":
            yield problem


def _principal(task: ElementTree.Element) -> Iterator[str]:
    """Its account is a SID or, on some Windows, a name in the host's language: then that it needs no logon says it."""
    principal = next(iter(_children(task, "Principals")), ElementTree.Element("none"))
    user, logon = _text(principal, "UserId"), _text(principal, "LogonType", "ServiceAccount")
    if not user or (user.upper().startswith("S-1-") and user.upper() != _SYSTEM) or logon != "ServiceAccount":
        yield "it does not run as SYSTEM"


def _triggers(task: ElementTree.Element, wanted: Wanted) -> Iterator[str]:
    triggers = _children(task, "Triggers")
    if len(triggers) != 1 or triggers[0].tag != f"{_NAMESPACE}EventTrigger":
        yield "it is not triggered by waking up alone"
        return
    (trigger,) = triggers
    if _text(trigger, "Enabled", "true").lower() != "true":
        yield "its trigger is disabled"
    if _text(trigger, "StartBoundary") or _text(trigger, "EndBoundary"):
        yield "its trigger is limited to a time"
    if _queries(_text(trigger, "Subscription")) != _queries(wanted["subscription"]):
        yield "it does not wait for the events of waking up"
    if _text(trigger, "Delay") != wanted["delay"]:
        yield f"its delay after waking up is not {wanted['delay']}"


def _queries(subscription: str) -> set[tuple[str, str, str]] | None:
    """Return what a subscription selects (and suppresses): element, log, XPath."""
    root = _parsed(subscription)
    if root is None:
        return None
    return {
        (one.tag, one.get("Path", query.get("Path", "")).lower(), " ".join((one.text or "").split()))
        for query in root.iter("Query")
        for one in query
    }


def _actions(task: ElementTree.Element, wanted: Wanted) -> Iterator[str]:
    found = [
        (action.tag, _text(action, "Command").strip('"').lower(), _text(action, "Arguments"))
        for action in _children(task, "Actions")
    ]
    if found != [(f"{_NAMESPACE}Exec", wanted["program"].lower(), wanted["arguments"])]:
        yield f"it does not run {wanted['program']} {wanted['arguments']}"
