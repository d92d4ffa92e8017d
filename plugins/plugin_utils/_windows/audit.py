# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a Windows host as a NUT client, with modules alone; every decision is made here, on the controller.

One look costs three executions and one more for each monitor: files, service, and what ansible.windows has no module
for (win_nut_client_info); WinNUT, which is no service, costs one for each of its registry keys instead. What
somebody made by hand may cost one or two more.
"""

from __future__ import annotations

import hashlib
from typing import Any, Mapping, Sequence

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_audit import (
    Upsmon,
    audit_logins,
    wait_for_logins,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import chain, configuration, probe, rules
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import INFO, RemoteModules

INTERVAL = 2.0  # seconds between two looks while waiting for upsmon's login


class WindowsHost:
    """One Windows host and what its client is to be."""

    def __init__(self, modules: RemoteModules, arguments: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        """Take over what the audit was asked.

        :param arguments: the options of nut_client_audit, monitors normalised.
        :param wanted: the role's row of the platform.
        """
        self._modules = modules
        self._arguments = arguments
        self._wanted = wanted
        self._service = rules.is_service(self._wanted)
        self._hibernation: dict[str, Any] = {}
        self._units: dict[str, dict[str, Any]] = {}
        self._monitor_only = boolean(arguments.get("monitor_only") or False, strict=False)
        self._gaps: list[dict[str, str]] = []

    def look(self) -> dict[str, Any]:
        """Look at everything, as the POSIX half does, and wait for a login where that was asked for.

        :raises ModuleFailed: where a module failed.
        """
        wanted = self._wanted
        files = self._files()
        units = self._units = self._look_at_service() if self._service else {}
        seen: dict[str, Any] = {
            "package": self._package(files),
            "installation": {
                "prefix": wanted["prefix"],
                "upsmon": self._path("sbin\\upsmon.exe"),
                "etc": self._path("etc"),
            },
            "mode": None,
            "files": {
                path: files.get(path.lower(), {"exists": False}) for path in map(self._file_path, wanted["files"])
            },
            "server_units": {},
            "units": units,
            "provable": self._service,
            "accept_unproven": boolean(wanted.get("accept_unproven", False), strict=False),
        }
        info = self._look_at_configuration(seen) if self._service else self._info()
        for path, state in seen["files"].items():
            if state["exists"]:
                state["mtime"] = info["written"].get(path) or 0.0
        seen.update(self._rated(info, seen["package"], units))
        seen.update(self._logins(info))
        limits = {name: float(self._arguments.get(name) or 0) for name in ("wait_for_server", "wait")}
        wait_for_logins(
            seen, self._look_again, server=limits["wait_for_server"], login=limits["wait"], interval=INTERVAL
        )
        if not self._service:
            seen["config_drift"] += self._registry_drift()
        return seen

    def _path(self, name: str) -> str:
        return rules.path(self._wanted, name)

    def _file_path(self, file: Mapping[str, Any]) -> str:
        return str(file["path"]).replace("{etc}", self._path("etc"))

    def _files(self) -> dict[str, dict[str, Any]]:
        """Return the files that matter by path in lower case, as Windows compares them."""
        wanted = self._wanted
        own = [self._file_path(file) for file in wanted["files"]]
        names = [*own, *wanted["programs"], wanted["marker_path"], wanted["kept_path"]]
        found = self._modules.run(
            "ansible.windows.win_find",
            paths=[wanted["prefix"], wanted["state_dir"]],
            patterns=sorted({name.rpartition("\\")[2] for name in names}),
            recurse=True,
            depth=2,
            hidden=True,
            checksum_algorithm="sha256",
        )
        # Its times are of no use: they are seconds of the host's local time.
        return {file["path"].lower(): {"exists": True, "checksum": file["checksum"]} for file in found["files"]}

    def _package(self, files: Mapping[str, Any]) -> dict[str, Any]:
        wanted = self._wanted
        present = all(self._path(name).lower() in files for name in wanted["programs"])
        marker = files.get(wanted["marker_path"].lower(), {}).get("checksum")
        as_wanted = marker == hashlib.sha256(wanted["marker"].encode()).hexdigest()
        return {
            "installed": present and as_wanted,
            "present": present,  # perhaps of another version, or somebody else's
            "marked": marker is not None,  # a run has completed what is there
            # An interrupted run has left a whole copy of the previous ones.
            "kept": wanted["kept_path"].lower() in files,
            "version": str(wanted["version"]),
            "server": False,
        }

    def _look_at_service(self) -> dict[str, dict[str, Any]]:
        services = self._modules.run("ansible.windows.win_service_info", name=self._wanted["service"])["services"]
        found: dict[str, Any] = next((one for one in services if one["name"] == self._wanted["service"]), {})
        return {
            self._wanted["service"]: {
                "registered": bool(found),
                "enabled": found.get("start_mode") in ("auto", "delayed"),
                "active": found.get("state") == "started",
                "need_daemon_reload": False,
                "main_pid": found.get("process_id") or 0,
                **{key: found.get(key) for key in ("path", "start_mode", "dependencies", "display_name")},
            }
        }

    def _look_at_configuration(self, seen: dict[str, Any]) -> dict[str, Any]:
        """Return what the host says, and note what its upsmon reads.

        That costs executions of its own only where another configuration than the role's is in force.
        """
        wanted, unit = self._wanted, self._units[self._wanted["service"]]
        registered = configuration.registered_etc(wanted, unit)
        tried = configuration.in_the_place(f"{self._path('bin')}\\nut.exe")
        if unit["registered"]:
            tried += configuration.in_the_place(configuration.program_of(unit["path"] or ""), unit["path"] or "")
        files = [*configuration.asked_of([wanted["shutdown_command"]]), *tried]
        info = self._info(files=files, configurations=configuration.files_of(registered))
        texts, etc = info["configurations"], configuration.running_etc(wanted, info, registered)
        if etc != registered:
            texts = self._modules.run(INFO, configurations=configuration.files_of(etc))["configurations"]
        commands = configuration.commands_of(texts, etc)
        more = [one for one in configuration.asked_of(commands) if one not in info["written"]]
        if more:
            info["written"].update(self._modules.run(INFO, files=more)["written"])
        seen["chain"] = configuration.look(wanted, info, unit, texts, etc)
        self._gaps = configuration.gaps(wanted, info, unit, seen["chain"])
        return info

    def _info(
        self, again: bool = False, files: Sequence[str] = (), configurations: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return what win_nut_client_info tells; what the machine is capable of is only asked once."""
        wanted = self._wanted
        info = self._modules.run(
            INFO,
            paths=list(dict.fromkeys([wanted["prefix"], *rules.kinds(wanted)])),
            files=list(dict.fromkeys([*(self._file_path(file) for file in wanted["files"]), *files])),
            configurations=list(configurations),
            processes=["nut", "upsmon", "upsd"],
            event_source=self._wanted["service"],
            events_since=float(self._arguments.get("events_since", 0)),
            **({"task": wanted["task"]} if self._service else {}),
            power_capabilities=not again and boolean(wanted["hibernate"], strict=False),
        )
        if again:
            info["hibernation"] = self._hibernation
        self._hibernation = info["hibernation"]
        return info

    def _rated(self, info: Mapping[str, Any], package: Mapping[str, Any], units: Mapping[str, Any]) -> dict[str, Any]:
        """Return what follows from what the host said of itself: drift, and what blocks a change."""
        wanted = self._wanted
        folders = rules.folder_drift(wanted, info)
        service = rules.unit_drift(wanted, units)
        aborted = chain.aborted_shutdown(wanted, info, units)
        if self._service:
            service += [one for one in chain.stray_upsmons(wanted, info, units) if one["code"] == chain.ORPHAN]
            service += [aborted] if aborted else []
            service += chain.resume_drift(wanted, info)
            service += rules.event_drift(wanted, info) if package["present"] else []
        return {
            "os": {"platform": "windows", **info["os"], "name": info["os"]["name"].replace("Microsoft ", "")},
            "time": info["time"],
            "upsd_runs": any(one["name"].lower() == "upsd" for one in info["processes"]),
            "events": self._errors(info),
            "folder_existed": info["acls"].get(wanted["prefix"]) is not None,
            "folder_drift": folders,
            "state_dir_trusted": rules.state_dir_trusted(wanted, info),
            "config_drift": list(folders),
            "service_drift": service,
            "aborted": aborted,
            "blocker": self._blocker(info, package["present"]),
            "event_message_file": info["event_message_file"],
        }

    def _errors(self, info: Mapping[str, Any]) -> list[str]:
        since = float(self._arguments.get("events_since") or 0)
        return rules.errors(info, since or chain.own_start(self._wanted, info))

    def _blocker(self, info: Mapping[str, Any], present: bool) -> str:
        taken = configuration.blocker(self._wanted, info)
        return rules.blocker(self._wanted, info, present) or taken or self._cannot_hibernate(info)

    def _cannot_hibernate(self, info: Mapping[str, Any]) -> str:
        missing = chain.hibernation_problems(info) if self._wanted["hibernate"] else []
        return " ".join(f"This host cannot hibernate: {one['text']}." for one in missing)

    def _registry_drift(self) -> list[dict[str, str]]:
        """Return WinNUT's settings that differ, of the user that Ansible logs in as."""
        drift = []
        by_key: dict[str, list[Mapping[str, Any]]] = {}
        for value in self._wanted["registry"]:
            by_key.setdefault(value["path"], []).append(value)
        for path, values in by_key.items():
            found = self._modules.run("ansible.windows.win_reg_stat", path=path).get("properties") or {}
            drift += [
                detail("registry_value_differs", f"{path}\\{value['name']} differs")
                for value in values
                if str(found.get(value["name"], {}).get("value")) != str(value["data"])
            ]
        return drift

    def _logins(self, info: Mapping[str, Any]) -> dict[str, Any]:
        """Probe every monitor; the connections were read first, so that none is the probe's."""
        started = chain.upsmon_started(info)
        connections = [
            Socket(
                normalise_address(one["local_address"]),
                one["local_port"],
                normalise_address(one["remote_address"]),
                one["remote_port"],
                one["pid"] in started if one["pid"] else None,
            )
            for one in info["connections"] or ()
        ]
        logins = audit_logins(
            self._arguments["monitors"],
            Upsmon(started, connections or None),  # the session itself is one, so none is no answer
            self._probe,
            lambda host, port: probe.listed_clients(self._modules, host, port),
            without=self._arguments.get("without") or (),
        )
        return {
            "upsmon": {"pids": sorted(started), "started": chain.own_start(self._wanted, info)},
            "temporary_addresses": rules.temporary_addresses(info),
            "gaps": chain.gaps(self._wanted, info, self._units, self._monitor_only) + self._gaps,
            "notes": chain.notes(self._wanted, info, self._units, logins["running_client_logged_in"]),
            **logins,
        }

    def _probe(self, monitor: Mapping[str, Any], prefer: Sequence[str]) -> dict[str, Any]:
        options = {key: self._arguments[key] for key in ("connect_timeout", "timeout", "tls") if key in self._arguments}
        return probe.probe(self._modules, {**monitor, **options, "prefer": list(prefer)})

    def _look_again(self) -> dict[str, Any]:
        info = self._info(again=True)
        return {"events": self._errors(info), **self._logins(info)}
