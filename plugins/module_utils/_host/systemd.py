# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the client where systemd starts it. systemctl waits for its jobs, as long as the units' own limits allow."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

Run = Callable[[Sequence[str]], "tuple[int, str]"]
"""Runs a command and returns its exit status and what it said on either output."""

_SYSTEMCTL = "systemctl"


class CannotStart(Exception):
    """systemctl failed; the text is for people."""


def stop(run: Run, unit: str) -> None:
    """Stop a unit.

    :raises CannotStart: where systemctl fails.
    """
    _ask(run, "stop", unit)


def start(run: Run, units: Mapping[str, Mapping[str, Any]], servers: Sequence[str]) -> None:
    """Read the unit files anew, enable what is not enabled, restart the first of *units*, start the others.

    :param units: as module_utils/_host/linux.py saw them, the client's own first.
    :param servers: units of a UPS server. They are stopped and masked: the client's units want them, and would start
        them again.
    :raises CannotStart: where systemctl fails.
    """
    own, *others = units
    if servers:
        _ask(run, "mask", "--now", *servers)
    _ask(run, "daemon-reload")
    disabled = [name for name, unit in units.items() if not unit["enabled"]]
    if disabled:
        _ask(run, "enable", *disabled)
    _ask(run, "restart", own)
    idle = [name for name in others if not units[name]["active"]]
    if idle:
        _ask(run, "start", *idle)


def _ask(run: Run, verb: str, *words: str) -> None:
    status, said = run([_SYSTEMCTL, verb, *words])
    if not status:
        return
    units = [word for word in words if not word.startswith("-")]
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    what = " ".join([verb, *units])
    see = f" `systemctl status {' '.join(units)}` on the host shows more." if units else ""
    raise CannotStart(f"systemctl {what} failed ({lines[0] if lines else f'exit status {status}'}).{see}")
