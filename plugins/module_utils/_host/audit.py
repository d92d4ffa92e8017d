# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one look at a host that has a Python: package, files, units, upsmon, and a login at each UPS server.

It changes nothing but, where it is told to, the note of what a login has proved.
"""

from __future__ import annotations

import os
import time
from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access import conversation, probe
from ansible_collections.upsfleet.synology.plugins.module_utils._host import (
    chain,
    drill,
    launchd_chain,
    linux,
    login_audit,
    machine,
    macos,
    note,
    posix,
    returns,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._nut import client
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import versions


class Audit:
    """A look at this host; see modules/nut_client_audit.py for the parameters."""

    def __init__(self, run: posix.Run, params: Mapping[str, Any]) -> None:
        """Look at nothing yet.

        :param run: runs a command and returns its exit status and standard output.
        :param params: monitors, platforms, platform, checksum_key, shutdowncmd, without, tls, ca_file, the timeouts.
        """
        self.run_command = run
        self.params = params
        self.main_pids: list[int] = []
        self.macos = False
        self.running: dict[int, macos.Process] = {}  # on a Mac, as ps told it last
        self.asked_ps = False
        self.shown_units: dict[str, dict[str, str]] = {}
        self.manager = ""  # of a Mac's packages
        self.memory: Any = None

    def system(self) -> dict[str, str]:
        """Return what the host is.

        :raises CannotLook: where the role does not know it.
        """
        system = macos.release() or linux.release(posix.read_text("/etc/os-release"))
        if self.params["platform"] != "auto":
            system["platform"] = self.params["platform"]
        if system["platform"] not in ("debian", "macos"):
            raise posix.CannotLook(
                f"{system['name']} {system['version']} is not supported: the role knows the Debian family, macOS and "
                "Windows."
            )
        if system["platform"] == "debian" and not os.path.isdir("/run/systemd/system"):
            raise posix.CannotLook("systemd does not run here: upsmon is managed as a systemd unit.")
        return system

    def look(self) -> dict[str, Any]:
        """Look once at everything."""
        system = self.system()
        wanted = self.params["platforms"][system["platform"]]
        self.macos = system["platform"] == "macos"
        seen: dict[str, Any] = {"os": system}
        if self.macos:
            self.running, self.asked_ps = macos.processes(self.run_command), True
            seen.update(macos.look(self.run_command, wanted, self.running))
        else:
            seen.update(linux.look(self.run_command, wanted, system))
            self.shown_units = seen.pop("shown_units")
        self.manager = seen["installation"].get("manager", "")
        self.memory = posix.read_json(f"{wanted['state_dir']}/{login_audit.NOTE}") if "state_dir" in wanted else None
        paths = [file["path"].replace("{etc}", seen["installation"]["etc"]) for file in wanted["files"]]
        seen["files"] = {path: posix.file_state(path, self.params["checksum_key"]) for path in paths}
        seen["proven"] = note.holds(note.read(wanted["state_dir"]))
        seen["drill"] = drill.record(wanted["state_dir"])
        seen["machine_id"] = machine.of_mac(self.run_command) if self.macos else machine.hashed(_machine_id())
        seen["time"] = time.time()
        self.main_pids = [unit["main_pid"] for unit in seen["units"].values()]
        seen.update(self.logins())
        return seen

    def chain(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Look at what leads from upsmon's login to the power-off."""
        wanted = self.params["platforms"][seen["os"]["platform"]]
        command = self.params["shutdowncmd"]
        if self.macos:
            labels, installation = wanted["units"], seen["installation"]
            return launchd_chain.look(self.run_command, labels, installation, self.running, command)
        latched = seen["upsmon"]["started"] if versions.latches_calibration(seen["package"]["version"]) else None
        return chain.look(self.run_command, wanted, self.shown_units, seen["upsmon"]["pids"], command, latched)

    def returns(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Look at how the host comes back once it is off."""
        if self.macos:
            return returns.untold("not read on a Mac, which is woken from sleep only")
        return returns.look(next((one["source_address"] for one in seen["access"] if one["source_address"]), None))

    def upsmon(self) -> login_audit.Upsmon:
        """Return upsmon's processes with their start, and the host's connections."""
        if self.macos:
            if not self.asked_ps:
                self.running = macos.processes(self.run_command)
            self.asked_ps = False
            found = {pid: one.started for pid, one in self.running.items() if one.name == "upsmon"}
            return login_audit.Upsmon(found, macos.sockets(self.run_command, list(found)))
        found = linux.upsmon_processes()
        return login_audit.Upsmon(found, linux.sockets(list(found)))

    def logins(self) -> dict[str, Any]:
        """Look at upsmon and probe every monitor; the connections are read first, so that none is the probe's."""
        upsmon = self.upsmon()
        processes = upsmon.processes
        own = [started for pid, started in processes.items() if pid in self.main_pids]  # another may be somebody else's
        return {
            "upsmon": {"pids": sorted(processes), "started": min(own or processes.values(), default=None)},
            "temporary_addresses": self.temporary_addresses(),
            **login_audit.audit_logins(
                self.params["monitors"],
                upsmon,
                self.probe,
                self.listed_clients,
                memory=self.memory,
                without=self.params["without"],
            ),
        }

    def temporary_addresses(self) -> list[str]:
        """Return those of the host's IPv6 addresses that change by themselves."""
        return macos.temporary_addresses(self.run_command) if self.macos else linux.temporary_addresses()

    def probe(self, monitor: Mapping[str, Any], prefer: Sequence[str]) -> dict[str, Any]:
        """Ask a monitor's upsd from this host, by the address that upsmon uses, or can use."""
        exchange = probe.probe(
            **{key: monitor[key] for key in ("host", "port", "ups", "username", "password")},
            **{key: self.params[key] for key in ("connect_timeout", "timeout", "tls", "ca_file")},
            prefer=prefer,
            ipv4_only=macos.lacks_ipv6(self.manager, prefer),
        )
        return {**probe.report(exchange), **probe.evidence(exchange)}

    def listed_clients(self, host: str, port: int) -> list[str] | None:
        """Return the addresses that are logged in to any UPS of an upsd; None where it does not tell."""
        limits = {key: self.params[key] for key in ("connect_timeout", "timeout")}
        try:
            with client.Upsd.connect(host, port, **limits) as server:
                return conversation.clients_of(server, server.list_ups())
        except client.UpsdError as error:
            return [] if getattr(error, "code", None) == "ACCESS-DENIED" else None

    def note(self, seen: Mapping[str, Any]) -> None:
        """Note on the host, where every login that counts is proved, which files led to it.

        :raises OSError: where it cannot be written.
        """
        if not all(one["logged_in"] for one in probe.power_relevant(seen["access"])):
            return
        state_dir = self.params["platforms"][seen["os"]["platform"]]["state_dir"]
        note.write(state_dir, seen["files"], self.params["monitors"])
        note.write_json(state_dir, login_audit.NOTE, seen["login_note"])


def _machine_id() -> str:
    """Return the id of this machine; empty where it has none (a container may not)."""
    return posix.read_text("/etc/machine-id")
