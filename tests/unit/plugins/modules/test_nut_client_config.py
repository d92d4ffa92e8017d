# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look, the files and the restart in one execution: in which order, and what is left where the look forbids it."""

from __future__ import annotations

import base64
import grp
import os
import pwd
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import systemd
from ansible_collections.upsfleet.synology.plugins.modules import nut_client_config

OWN = "nut-monitor.service"
OLD, NEW = "MONITOR old\n", "MONITOR new\n"


def report(**changes: Any) -> dict[str, Any]:
    """Return what the look saw of one monitor that would take the login, but for *changes*."""
    usual = {"verdict": "ok", "status": "OL", "power_value": 1, "logged_in": False, "logged_in_code": "no_connection"}
    return {**usual, **changes}


class Failed(Exception):
    """The module has failed."""


def fail(msg: str) -> None:
    """Fail as the module does."""
    raise Failed(msg)


class Host:
    """A double of a host: what the look sees, its file, its systemctl; it notes what happens in which order."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.happened: list[str] = []
        self.access = [report()]
        self.version = "2.8.0-7"
        self.fails = ""
        self.units = {OWN: {"enabled": True, "active": True, "masked": False}}
        self.conf, self.state_dir = folder / "upsmon.conf", folder / "state"
        self.conf.write_text(OLD)
        monkeypatch.setattr(nut_client_config, "Audit", lambda _run, _params: self)

    def look(self) -> dict[str, Any]:
        """Be looked at."""
        self.happened.append("look")
        return {
            "package": {"version": self.version},
            "access": self.access,
            "units": self.units,
            "server_units": {},
            "mode": "netclient",
            "serves": [],
            "running_client_logged_in": any(one["logged_in"] is not False for one in self.access),
            "proven": False,
        }

    def logins(self) -> dict[str, Any]:
        """Say what the servers list."""
        self.happened.append("logins")
        return {"access": [{"listed": ["192.0.2.21"]}]}

    def run_command(self, argv: list[str], **_more: Any) -> tuple[int, str, str]:
        """Be systemctl."""
        self.happened.append(f"{' '.join(argv[1:])} with {self.conf.read_text().split()[1]}")
        return (1, "", "Unit is broken.") if argv[1] == self.fails else (0, "", "")

    def start(self, check_mode: bool = False, files: bool = True) -> dict[str, Any]:
        """Run what the module does for O(state=started)."""
        owner = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
        content = base64.b64encode(NEW.encode()).decode()
        file = {"path": str(self.conf), "content": content, "mode": "0640", **owner}
        params = {
            "state": "started",
            "files": [file] * files,
            "platform": "debian",
            "record": {"package_installed": True},
            "state_dir": str(self.state_dir),
            "nut_version": "2.8.0",
            "look": {"replace_server": False},
        }
        module = SimpleNamespace(
            params=params, check_mode=check_mode, _diff=True, run_command=self.run_command, fail_json=fail
        )
        return nut_client_config.start(module)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return a host with an older file than it is to have."""
    return Host(tmp_path, monkeypatch)


def test_it_looks_then_writes_then_restarts(host: Host) -> None:
    result = host.start()
    assert host.happened == ["look", "daemon-reload with new", f"restart {OWN} with new"]
    assert (result["changed"], result["started"], result["code"]) == (True, True, "")
    assert (result["files"], result["without"]) == ([str(host.conf)], [])
    assert result["diff"][0]["after"].startswith("# mode 0640\nMONITOR")
    assert {path.name for path in host.state_dir.iterdir()} == {"record.json", "original", "previous"}


@pytest.mark.parametrize(
    ("access", "code"),
    [
        (report(status="OB DISCHRG"), "on_battery"),
        (report(status="FSD OL", verdict="forced_shutdown"), "forced_shutdown"),
        # logged in meanwhile with its old files, and the new ones would not be
        (report(verdict="bad_credentials", logged_in=True, logged_in_code="listed"), "would_lose_login"),
    ],
)
def test_what_the_look_forbids_is_not_begun(host: Host, access: dict[str, Any], code: str) -> None:
    host.access = [access]
    result = host.start()
    assert host.happened == ["look"]
    assert (host.conf.read_text(), host.state_dir.exists()) == (OLD, False)
    assert (result["changed"], result["started"], result["files"], result["code"]) == (False, False, [], code)
    assert result["reason"]


def test_files_for_another_version_are_not_written(host: Host) -> None:
    host.version = "2.8.4+really-1"
    result = host.start()
    assert (result["code"], result["nut_version"], result["started"]) == ("other_version", "2.8.4", False)
    assert (host.happened, host.conf.read_text()) == (["look"], OLD)
    assert host.start(files=False)["started"]  # a restart alone is for every version


def test_check_mode_looks_and_tells(host: Host) -> None:
    result = host.start(check_mode=True)
    assert (result["changed"], result["started"], result["files"]) == (True, False, [str(host.conf)])
    assert (host.happened, host.conf.read_text(), host.state_dir.exists()) == (["look"], OLD, False)


def test_without_files_it_only_restarts(host: Host) -> None:
    result = host.start(files=False)
    assert host.happened == ["look", "daemon-reload with old", f"restart {OWN} with old"]
    assert (result["changed"], result["started"], result["files"]) == (True, True, [])


def test_beside_a_second_reader_it_looks_while_upsmon_is_stopped(host: Host) -> None:
    host.access = [report(logged_in=None, logged_in_code="second_reader")]
    result = host.start()
    stopped = [f"stop {OWN} with new", "logins"]
    assert host.happened == ["look", *stopped, "daemon-reload with new", f"restart {OWN} with new"]
    assert result["without"] == [{"listed": ["192.0.2.21"]}]


@pytest.mark.parametrize("fails", ["stop", "restart"])
def test_a_failed_start_is_told_and_what_was_stopped_is_started_again(host: Host, fails: str) -> None:
    host.access = [report(logged_in=None, logged_in_code="second_reader")]
    host.fails = fails
    with pytest.raises(systemd.CannotStart, match="Unit is broken"):
        host.start()
    assert host.happened[-1] == f"restart {OWN} with new"


def test_without_a_unit_nothing_is_written(host: Host) -> None:
    host.units = {}
    with pytest.raises(Failed, match="systemd does not know the client's units"):
        host.start()
    assert (host.happened, host.conf.read_text()) == (["look"], OLD)
    assert host.start(check_mode=True)["changed"]  # where the package is to come first
