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
from ansible_collections.upsfleet.synology.plugins.module_utils import login, windows_acl
from ansible_collections.upsfleet.synology.plugins.module_utils.judgement import WINDOWS_SERVICE
from ansible_collections.upsfleet.synology.plugins.module_utils.upsd import normalise_address
from ansible_collections.upsfleet.synology.plugins.plugin_utils import windows_probe

Execute = Callable[[str, "dict[str, Any]"], "dict[str, Any]"]
"""Executes a module by name with arguments on the host."""

START_MODE = "delayed"  # started before the network, upsmon 2.8.4 shut a host down (NUT issue 3286)
DEPENDENCIES = ("Dnscache", "NlaSvc", "Tcpip")
POLL = 2.0  # seconds between two looks while waiting for upsmon's login
_WARNING = 3  # levels of an event: 1 critical, 2 error, 3 warning, 4 information


class LookFailed(Exception):
    """A module could not do its part; ``result`` is what it said."""

    def __init__(self, module: str, result: Mapping[str, Any]) -> None:
        super().__init__(f"{module}: {result.get('msg') or result.get('module_stderr') or 'no answer'}")
        self.result = dict(result)


class WindowsHost:
    """One Windows host and what its client is to be."""

    def __init__(self, execute: Execute, task_vars: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        """Take over what the audit was asked.

        :param arguments: the options of nut_client_audit, monitors normalised.
        """
        self._execute_module = execute
        self._task_vars = task_vars
        self._arguments = arguments
        self._wanted: Mapping[str, Any] = arguments["platforms"]["windows"]  # the role's __nut_client_windows
        self._service = self._wanted["method"] != "winnut"

    def look(self) -> dict[str, Any]:
        """Look at everything, as the POSIX half does, and wait for a login where that was asked for.

        :raises LookFailed: where a module failed.
        """
        wanted = self._wanted
        files = self._files()
        units = self._units() if self._service else {}
        seen: dict[str, Any] = {
            "package": self._package(files),
            "installation": {"prefix": wanted["prefix"], "upsmon": self._path("sbin\\upsmon.exe")},
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
        seen.update(self._judged(info, seen["package"]))
        seen["config_drift"] = list(seen["folder_drift"])
        seen["service_drift"] = self._unit_drift(units) + seen["service_drift"]
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
        return f"{self._wanted['prefix']}\\{name}"

    def _file_path(self, file: Mapping[str, Any]) -> str:
        return str(file["path"]).replace("{prefix}", self._wanted["prefix"])

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
        services = self._run("ansible.windows.win_service_info", name=WINDOWS_SERVICE)["services"]
        found: dict[str, Any] = next((one for one in services if one["name"] == WINDOWS_SERVICE), {})
        return {
            WINDOWS_SERVICE: {
                "registered": bool(found),
                "enabled": found.get("start_mode") in ("auto", "delayed"),
                "active": found.get("state") == "started",
                "need_daemon_reload": False,
                "main_pid": found.get("process_id") or 0,
                **{key: found.get(key) for key in ("path", "start_mode", "dependencies", "display_name")},
            }
        }

    def _unit_drift(self, units: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Return what a registered service has that it should not have."""
        unit = units.get(WINDOWS_SERVICE)
        if not unit or not unit["registered"]:
            return []  # that it is neither enabled nor active says it
        drift = []
        if unit["path"] != self.service_path:
            drift.append(f"{WINDOWS_SERVICE} starts {unit['path']} and not {self.service_path}")
        if unit["enabled"] and unit["start_mode"] != START_MODE:
            drift.append(f"{WINDOWS_SERVICE} starts before the network does")
        missing = {one.lower() for one in DEPENDENCIES} - {one.lower() for one in unit["dependencies"] or ()}
        if missing:
            drift.append(f"{WINDOWS_SERVICE} does not wait for {', '.join(sorted(missing))}")
        return drift

    @property
    def service_path(self) -> str:
        """The command of the service, in quotes: without, C:\\Program.exe could run in its place."""
        return f'"{self._path("bin")}\\nut.exe"'

    def _info(self) -> dict[str, Any]:
        wanted = self._wanted
        return self._run(
            "upsfleet.synology.win_nut_client_info",
            paths=list(dict.fromkeys([wanted["prefix"], *self._kinds])),
            files=[self._file_path(file) for file in wanted["files"]],
            processes=["nut", "upsmon", "upsd"],
            event_source=WINDOWS_SERVICE,
            events_since=float(self._arguments.get("events_since", 0)),
        )

    def _judged(self, info: Mapping[str, Any], package: Mapping[str, Any]) -> dict[str, Any]:
        """Return what follows from what the host said of itself: drift, and what blocks a change."""
        found: dict[str, Any] = {
            "os": {"platform": "windows", **info["os"], "name": info["os"]["name"].replace("Microsoft ", "")},
            "time": info["time"],
            "upsd_runs": any(one["name"].lower() == "upsd" for one in info["processes"]),
            "events": self._errors(info),
            "conflicts": [],
            "folder_existed": info["acls"].get(self._wanted["prefix"]) is not None,
        }
        found["folder_drift"] = self._folder_drift(info["acls"])
        state = info["acls"].get(self._wanted["state_dir"])
        found["notes_are_ours"] = not state or not windows_acl.problems(state, "root")
        found["service_drift"] = []
        if self._service:
            found["service_drift"] = self._resume_drift(info)
            if info["event_message_file"] != self._path("bin\\nut.exe") and package["present"]:
                found["service_drift"].append("its events have no texts: the event source is not registered")
        return {**found, "blocked": self._blocked(info, package)}

    def _folder_drift(self, acls: Mapping[str, str | None]) -> list[str]:
        return [
            f"{path}: {problem}"
            for path, kind in self._kinds.items()
            for problem in (windows_acl.problems(acls[path] or "", kind) if acls.get(path) else ())
        ]

    @property
    def _kinds(self) -> dict[str, str]:
        kinds = {folder["path"]: folder["kind"] for folder in self._wanted["folders"]}
        return {**kinds, self._wanted["state_dir"]: "root"}

    def _errors(self, info: Mapping[str, Any]) -> list[str]:
        """Return what the Application log says of errors since upsmon's start, or since the time that was asked for."""
        since = float(self._arguments.get("events_since") or 0) or min(self._started(info).values(), default=None)
        return [
            event["message"]
            for event in info["events"]
            if event["level"] < _WARNING and since is not None and event["time"] >= since
        ]

    def _started(self, info: Mapping[str, Any]) -> dict[int, float]:
        """Return the start of each upsmon of this installation, by process number."""
        ours = (None, self._path("sbin\\upsmon.exe").lower())
        return {
            one["pid"]: one["started"] or info["time"]  # not told: then it cannot be older than its files
            for one in info["processes"]
            if one["name"].lower() == "upsmon" and (one["path"] and one["path"].lower()) in ours
        }

    def _blocked(self, info: Mapping[str, Any], package: Mapping[str, Any]) -> str:
        """Return what a person must do first. What somebody else may change is no place for a service's programs."""
        prefix = self._wanted["prefix"]
        for path, kind in self._kinds.items():
            for who in windows_acl.foreign(info["acls"][path], kind) if info["acls"].get(path) else ():
                return (
                    f"{path} belongs to {who or 'nobody'}, or has an access rule of its own for that account, so "
                    f'nothing is installed there. Move the folder away, or run takeown /a /r /f "{path}" and '
                    f'icacls "{path}" /reset /t as an administrator, then run this again.'
                )
        root = info["acls"].get(prefix) if self._kinds.get(prefix) == "root" else None
        if root and not package["present"] and windows_acl.problems(root, "root"):
            return (
                f"{prefix} is there already and is not NUT's. Remove it if it is empty, or choose another folder in "
                "nut_client_windows_dir."
            )
        confpath = info["nut_confpath"]
        if self._service and confpath and confpath.rstrip("\\").lower() != self._path("etc").lower():
            return (
                f"The machine's environment has NUT_CONFPATH={confpath}, so upsmon would not read {self._path('etc')}. "
                "Remove that variable, then run this again."
            )
        if self._wanted["hibernate"] and not info["hibernation"]:
            return (
                "Hibernation is not available on this host, so it could not be hibernated. Run "
                "powercfg /hibernate on as an administrator, or set nut_client_windows_shutdown.action: shutdown."
            )
        return ""

    def _resume_drift(self, info: Mapping[str, Any]) -> list[str]:
        hibernates = self._wanted["hibernate"]
        found = self._run("community.windows.win_scheduled_task_stat", name=self._wanted["task"])
        if hibernates and not info["hibernation"]:
            return ["hibernation is not available"]
        if hibernates and not found["task_exists"]:
            return ["no task starts the service again after hibernation"]
        if not hibernates and found["task_exists"]:
            return ["a task starts the service after hibernation, which is not asked for"]
        return []

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
        started = self._started(info)
        connections = [
            login.Socket(
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

    def _probe(self, monitor: Mapping[str, Any], connections: Sequence[login.Socket]) -> dict[str, Any]:
        options = {key: self._arguments[key] for key in ("connect_timeout", "timeout", "tls") if key in self._arguments}
        report = windows_probe.probe(self._execute_module, {**monitor, **options})
        logged_in, reason = login.judge_login(
            None if report["clients_error"] else report["clients"],
            report["seen_as"],
            report["source_address"],
            report["peer_address"],
            monitor["port"],
            connections,
        )
        report.update(power_value=monitor["power_value"], logged_in=logged_in, logged_in_reason=reason)
        return report

    def _listed_at(self, connection: login.Socket, names: Sequence[str]) -> bool:
        """Return whether upsmon is logged in to a server that is not among the desired ones."""
        clients = windows_probe.clients(self._execute_module, connection.remote, connection.port, names)
        return connection.local in clients

    def _wait(self, seen: dict[str, Any], limit: str, pending: Callable[[dict[str, Any]], bool]) -> None:
        """Look at the logins again while one is *pending*, for at most the seconds of the option *limit*."""
        deadline = time.monotonic() + float(self._arguments.get(limit) or 0)
        while time.monotonic() < deadline and any(map(pending, seen["access"])):
            time.sleep(POLL)
            info = self._info()
            seen["events"] = self._errors(info)
            seen.update(self._logins(info))
