# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wake the hosts that a power failure has shut down, from the controller or the host that the task is delegated to.

The loop stands here, because one of Ansible's cannot read the UPS server before each packet: `until` repeats one
module, and this takes two. Both are executed as they are: upsd_info reads, community.general.wakeonlan sends.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import Any, Iterable, Mapping, NamedTuple

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import read_json
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import returning, sleepers, waking
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.audience import is_for_people
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.variables import variables_of
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_path

display = Display()


class Reading(NamedTuple):
    """What a server said, and when it was asked (seconds, the monotonic clock's)."""

    asked: float
    said: dict[str, Any]


class ActionModule(ActionBase):  # type: ignore[misc]
    """Read, judge, send, wait, until each host is logged in again or given up."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        sends = boolean(arguments.get("send", False), strict=False) and not self._task.check_mode
        try:
            plan = sleepers.plan(arguments)
        except InvalidInput as error:
            return {**result, "failed": True, "msg": str(error)}
        state = waking.Waking(sleepers.told_apart(self._sleepers(task_vars)), plan, time.monotonic())
        if sends:
            self._wake(state, plan, task_vars)
        else:
            state.preview({server: one.said for server, one in self._read(state.servers(), task_vars).items()})
        lines = [f"{one.sleeper.name}: {one.text}" for one in state.outcomes] + [
            f"Note: {note}." for note in state.notes
        ]
        lines += [] if sends else ["Nothing was sent. With -e ups_wake_send=true it is."]
        if not _shown(["", *lines, ""]):
            result.update(msg=lines, _ansible_verbose_always=True)
        result["hosts"] = {one.sleeper.name: one.shown() for one in state.outcomes}
        # What would be done fails nobody, but what cannot be done.
        well = waking.WELL if sends else (*waking.WELL, waking.NO_MAC, waking.NO_ADDRESS, waking.NOT_FED)
        result["failures"] = {one.sleeper.name: one.text for one in state.outcomes if one.code not in well}
        result["changed"] = any(one.packets for one in state.outcomes)
        return result

    def _sleepers(self, task_vars: Mapping[str, Any]) -> list[waking.Sleeper]:
        """Return the hosts to wake, from their variables and from what the last report remembers of them."""
        arguments = self._task.args
        path = controller_path(arguments.get("report") or "", task_vars.get("inventory_dir"))
        known = returning.known(read_json(path)) if path else {}
        found = []
        for name in arguments["hosts"]:
            variable = variables_of(self._templar, task_vars["hostvars"], name).needed
            try:
                if sleepers.is_woken(variable("ups_wake")):
                    found.append(sleepers.sleeper(name, variable, known.get(name, {}), resolved))
            except InvalidInput as error:
                found.append(waking.Sleeper(name, fault=str(error)))
        return found

    def _wake(self, state: waking.Waking, plan: waking.Plan, task_vars: dict[str, Any]) -> None:
        told: set[str] = set()
        while state.servers():
            readings = self._read(state.servers(), task_vars)
            began = time.monotonic()
            due = state.step({server: one.said for server, one in readings.items()}, began)
            while due and time.monotonic() - began < waking.FRESH:
                self._wake_one(state, due.pop(0), readings, task_vars)
            lines = [
                f"{one.sleeper.name}: {one.text or 'the first packet was sent.'}"
                for one in state.outcomes
                if one.code or one.packets
            ]
            new = [line for line in [*state.waits, *lines] if line not in told]
            told.update(new)
            _shown(new)
            if state.servers() and not due:
                time.sleep(plan.interval)

    def _wake_one(
        self,
        state: waking.Waking,
        one: waking.Outcome,
        readings: dict[waking.Server, Reading],
        task_vars: dict[str, Any],
    ) -> None:
        """Send a host's packets, after reading again what is not of now: another server may have kept us waiting."""
        own = [server for server, _ups in one.sleeper.upses]
        old = [server for server in own if time.monotonic() - readings[server].asked >= waking.FRESH]
        readings.update(self._read(old, task_vars))
        if not old or state.is_still_due(one, {server: readings[server].said for server in own}):
            self._send(one, task_vars)

    def _read(self, servers: Iterable[waking.Server], task_vars: dict[str, Any]) -> dict[waking.Server, Reading]:
        return {
            (host, port): Reading(
                time.monotonic(),
                self._execute("upsfleet.synology.upsd_info", {"host": host, "port": port}, task_vars),
            )
            for host, port in dict.fromkeys(servers)
        }

    def _send(self, one: waking.Outcome, task_vars: dict[str, Any]) -> None:
        errors = []
        for mac in one.sleeper.macs:
            packet = {"mac": mac, "broadcast": one.sleeper.broadcast, "port": one.sleeper.port}
            sent = self._execute("community.general.wakeonlan", packet, task_vars)
            errors += [str(sent.get("msg"))] if sent.get("failed") or sent.get("unreachable") else []
        one.sent(time.monotonic(), " ".join(errors))

    def _execute(self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Execute a module; where that cannot be, as where SSH fails meanwhile, say so and go on."""
        try:
            ran: dict[str, Any] = self._execute_module(module_name=name, module_args=arguments, task_vars=task_vars)
        except AnsibleError as error:
            return {"failed": True, "msg": str(error)}
        return ran


def resolved(host: str) -> list[str]:
    """Return the addresses of a name; none where it has none."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        return list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, None)))
    except OSError:
        return []


def _shown(lines: list[str]) -> bool:
    """Show lines where people read; return whether they do."""
    people = is_for_people(str(constants.DEFAULT_STDOUT_CALLBACK))
    if people and lines:
        display.display("\n".join(lines))
    return people
