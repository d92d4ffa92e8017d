# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a Windows host as a NUT client, with modules alone; every decision is made here, on the controller.

One look costs four executions and one more for each monitor: files, service, task, and what ansible.windows has no
module for (win_nut_client_info); WinNUT, which is no service, costs one for each of its registry keys instead.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_proof
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import normalise_address
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import probe, rules

Execute = Callable[[str, "dict[str, Any]"], "dict[str, Any]"]
"""Executes a module by name with arguments on the host."""

POLL = 2.0  # seconds between two looks while waiting for upsmon's login


class LookFailed(Exception):
    """A module could not do its part; ``result`` is what it said."""

    def __init__(self, module: str, result: Mapping[str, Any]) -> None:
        super().__init__(f"{module}: {result.get('msg') or result.get('module_stderr') or 'no answer'}")
        self.result = dict(result)


class WindowsHost:
    """One Windows host and what its client is to be."""

    def __init__(self, execute: Execute, arguments: Mapping[str, Any]) -> None:
        """Take over what the audit was asked.

        :param arguments: the options of nut_client_audit, monitors normalised.
        """
        self._execute_module = execute
        self._arguments = arguments
        self._wanted: Mapping[str, Any] = arguments["platforms"]["windows"]  # the role's __nut_client_windows
        self._service = rules.is_service(self._wanted)

    def look(self) -> dict[str, Any]:
        """Look at everything, as the POSIX half does, and wait for a login where that was asked for.

        :raises LookFailed: where a module failed.
        """
        wanted = self._wanted
        files = self._files()
        units = self._units() if self._service else {}
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
            "wanted_files": wanted["files"],
            "server_units": {},
            "units": units,
            "provable": self._service,
            "accept_unproven": boolean(wanted.get("accept_unproven", False), strict=False),
        }
        info = self._info()
        for path, state in seen["files"].items():
            if state["exists"]:
                state["mtime"] = info["written"].get(path) or 0.0
        seen.update(self._judged(info, seen["package"], units))
        seen.update(self._logins(info))
        self._wait(seen, "wait_for_server", lambda report: report["verdict"] in ("refused", "unreachable"))
        if seen["upsmon"]["pids"]:
            self._wait(seen, "wait", lambda report: report["verdict"] == "ok" and not report["logged_in"])
        if not self._service:
            seen["config_drift"] += self._registry_drift()
        return seen

    def _run(self, module: str, **arguments: Any) -> dict[str, Any]:
        result = self._execute_module(module, arguments)
        if result.get("failed") or result.get("unreachable"):
            raise LookFailed(module, result)
        return result

    def _path(self, name: str) -> str:
        return rules.path(self._wanted, name)

    def _file_path(self, file: Mapping[str, Any]) -> str:
        return str(file["path"]).replace("{etc}", self._path("etc"))

    def _files(self) -> dict[str, dict[str, Any]]:
        """Return the files that matter by path in lower case, as Windows compares them."""
        wanted = self._wanted
        names = [self._file_path(file) for file in wanted["files"]] + [*wanted["programs"], wanted["marker_path"]]
        found = self._run(
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
            "version": str(wanted["version"]),
            "server": False,
        }

    def _units(self) -> dict[str, dict[str, Any]]:
        services = self._run("ansible.windows.win_service_info", name=rules.SERVICE)["services"]
        found: dict[str, Any] = next((one for one in services if one["name"] == rules.SERVICE), {})
        return {
            rules.SERVICE: {
                "registered": bool(found),
                "enabled": found.get("start_mode") in ("auto", "delayed"),
                "active": found.get("state") == "started",
                "need_daemon_reload": False,
                "main_pid": found.get("process_id") or 0,
                **{key: found.get(key) for key in ("path", "start_mode", "dependencies", "display_name")},
            }
        }

    def _info(self) -> dict[str, Any]:
        wanted = self._wanted
        return self._run(
            "upsfleet.synology.win_nut_client_info",
            paths=list(dict.fromkeys([wanted["prefix"], *rules.kinds(wanted)])),
            files=[self._file_path(file) for file in wanted["files"]],
            processes=["nut", "upsmon", "upsd"],
            event_source=rules.SERVICE,
            events_since=float(self._arguments.get("events_since", 0)),
        )

    def _judged(self, info: Mapping[str, Any], package: Mapping[str, Any], units: Mapping[str, Any]) -> dict[str, Any]:
        """Return what follows from what the host said of itself: drift, and what blocks a change."""
        wanted = self._wanted
        folders = rules.folder_drift(wanted, info)
        service = rules.unit_drift(wanted, units)
        if self._service:
            task = self._run("community.windows.win_scheduled_task_stat", name=wanted["task"])
            service += rules.resume_drift(wanted, info, task["task_exists"])
            service += rules.event_drift(wanted, info) if package["present"] else []
        return {
            "os": {"platform": "windows", **info["os"], "name": info["os"]["name"].replace("Microsoft ", "")},
            "time": info["time"],
            "upsd_runs": any(one["name"].lower() == "upsd" for one in info["processes"]),
            "events": self._errors(info),
            "folder_existed": info["acls"].get(wanted["prefix"]) is not None,
            "folder_drift": folders,
            "notes_are_ours": rules.notes_are_ours(wanted, info),
            "config_drift": list(folders),
            "service_drift": service,
            "blocked": rules.blocked(wanted, info, package["present"]),
        }

    def _errors(self, info: Mapping[str, Any]) -> list[str]:
        return rules.errors(self._wanted, info, float(self._arguments.get("events_since") or 0))

    def _registry_drift(self) -> list[str]:
        """Return WinNUT's settings that differ, of the user that Ansible logs in as."""
        drift = []
        by_key: dict[str, list[Mapping[str, Any]]] = {}
        for value in self._wanted["registry"]:
            by_key.setdefault(value["path"], []).append(value)
        for path, values in by_key.items():
            found = self._run("ansible.windows.win_reg_stat", path=path).get("properties") or {}
            drift += [
                f"{path}\\{value['name']} differs"
                for value in values
                if str(found.get(value["name"], {}).get("value")) != str(value["data"])
            ]
        return drift

    def _logins(self, info: Mapping[str, Any]) -> dict[str, Any]:
        """Probe every monitor; the connections were read first, so that none is the probe's."""
        started = rules.upsmon_started(self._wanted, info)
        connections = [
            login_proof.Socket(
                normalise_address(one["local_address"]),
                normalise_address(one["remote_address"]),
                one["remote_port"],
                one["pid"] in started,
            )
            for one in info["connections"]
        ]
        reports = [self._probe(monitor, connections) for monitor in self._arguments["monitors"]]
        peers = {(report["peer_address"], report["port"]) for report in reports}
        elsewhere = [one for one in connections if one.upsmon and (one.remote, one.port) not in peers]
        names = [monitor["ups"] for monitor in self._arguments["monitors"]]
        return {
            "upsmon": {"pids": sorted(started), "started": min(started.values(), default=None)},
            "access": reports,
            "well": any(report["logged_in"] is not False for report in reports)
            or any(self._listed_at(connection, names) for connection in elsewhere),
        }

    def _probe(self, monitor: Mapping[str, Any], connections: Sequence[login_proof.Socket]) -> dict[str, Any]:
        options = {key: self._arguments[key] for key in ("connect_timeout", "timeout", "tls") if key in self._arguments}
        report = probe.probe(self._execute_module, {**monitor, **options})
        logged_in, reason = login_proof.judge_login(
            None if report["clients_error"] else report["clients"],
            report["seen_as"],
            report["source_address"],
            report["peer_address"],
            monitor["port"],
            connections,
        )
        report.update(power_value=monitor["power_value"], logged_in=logged_in, logged_in_reason=reason)
        return report

    def _listed_at(self, connection: login_proof.Socket, names: Sequence[str]) -> bool:
        """Return whether upsmon is logged in to a server that is not among the desired ones."""
        clients = probe.clients(self._execute_module, connection.remote, connection.port, names)
        return connection.local in clients

    def _wait(self, seen: dict[str, Any], limit: str, pending: Callable[[dict[str, Any]], bool]) -> None:
        """Look at the logins again while one is *pending*, for at most the seconds of the option *limit*."""
        deadline = time.monotonic() + float(self._arguments.get(limit) or 0)
        while time.monotonic() < deadline and any(map(pending, seen["access"])):
            time.sleep(POLL)
            info = self._info()
            seen["events"] = self._errors(info)
            seen.update(self._logins(info))
