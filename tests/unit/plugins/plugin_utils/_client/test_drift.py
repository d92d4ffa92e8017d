# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host lacks, as a code for programs and a text for people."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import drift

NOW = 1_800_000_000.0
CONF = "/etc/nut/upsmon.conf"
DROP_IN = "/etc/systemd/system/nut-monitor.service.d/upsfleet.conf"

WANT = {"path": CONF, "checksum": "abc", "mode": "0640", "owner": "root", "group": "nut"}
FILE = {"exists": True, "checksum": "abc", "mode": "0640", "owner": "root", "group": "nut", "mtime": NOW - 100}
UNIT = {"enabled": True, "active": True, "need_daemon_reload": False}
STOPPED = {"enabled": False, "active": False, "need_daemon_reload": False}
CODES = {
    "is not enabled": "unit_not_enabled",
    "is not active": "unit_not_active",
    "has changed on disk": "unit_changed_on_disk",
    "still serves UPSes": "serves_upses",
    "does not run": "upsmon_not_running",
    "is older than its files": "upsmon_older_than_files",
}


# what the host has, the paths that differ
CONFIG: list[tuple[dict[str, Any], list[str]]] = [
    ({CONF: FILE}, []),
    ({}, [CONF]),
    ({CONF: {"exists": False}}, [CONF]),
    ({CONF: {**FILE, "checksum": "abd"}}, [CONF]),
    ({CONF: {**FILE, "mode": "0644"}}, [CONF]),
    ({CONF: {**FILE, "owner": "nut"}}, [CONF]),
    ({CONF: {**FILE, "group": "root"}}, [CONF]),
    ({CONF: {**FILE, "mtime": NOW}}, []),
]


@pytest.mark.parametrize(("files", "paths"), CONFIG)
def test_config_drift(files: dict[str, Any], paths: list[str]) -> None:
    assert drift.config_drift(files, [WANT]) == [{"code": "file_differs", "text": f"{path} differs"} for path in paths]


def test_config_drift_names_each_file() -> None:
    desired = [WANT, {**WANT, "path": "/etc/nut/nut.conf"}, {**WANT, "path": DROP_IN}]
    details = drift.config_drift({"/etc/nut/nut.conf": FILE}, desired)
    assert drift.texts(details) == f"{CONF} differs; {DROP_IN} differs"


# what differs from a service that is well, the reasons
SERVICE: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"units": {"nut-monitor.service": {**UNIT, "enabled": False}}}, ["nut-monitor.service is not enabled"]),
    ({"units": {"nut-monitor.service": {**UNIT, "active": False}}}, ["nut-monitor.service is not active"]),
    (
        {"units": {"nut-monitor.service": {**UNIT, "need_daemon_reload": True}}},
        ["nut-monitor.service has changed on disk"],
    ),
    (
        {"units": {"nut-monitor.service": UNIT, "nut.target": STOPPED}},
        ["nut.target is not enabled", "nut.target is not active"],
    ),
    ({"units": {}}, []),
    ({"server_units": {"nut-server.service": STOPPED}}, []),
    (
        {"server_units": {"nut-server.service": {**STOPPED, "enabled": True}}},
        ["nut-server.service still serves UPSes"],
    ),
    (
        {"server_units": {"nut-driver.target": {**STOPPED, "active": True}}},
        ["nut-driver.target still serves UPSes"],
    ),
    ({"upsmon": {"pids": [], "started": None}}, ["upsmon does not run"]),
    (
        {
            "units": {"nut-monitor.service": {**UNIT, "active": False}, "nut.target": UNIT},
            "upsmon": {"pids": [], "started": None},
            "held": "nut-monitor.service",
        },
        [],
    ),
    (
        {
            "units": {"nut-monitor.service": {**STOPPED, "need_daemon_reload": True}, "nut.target": STOPPED},
            "upsmon": {"pids": [], "started": None},
            "held": "nut-monitor.service",
        },
        [
            "nut-monitor.service is not enabled",
            "nut-monitor.service has changed on disk",
            "nut.target is not enabled",
            "nut.target is not active",
        ],
    ),
    ({"upsmon": {"pids": [7], "started": NOW - 101}}, ["upsmon is older than its files"]),
    ({"upsmon": {"pids": [7], "started": NOW - 100}}, []),
    ({"files": {CONF: FILE, DROP_IN: {**FILE, "mtime": NOW - 10}}}, ["upsmon is older than its files"]),
    ({"files": {CONF: {**FILE, "mtime": NOW + 3600}}}, []),
    ({"files": {CONF: {"exists": False}}}, []),
    ({"files": {}}, []),
    (
        {"units": {"nut-monitor.service": STOPPED}, "upsmon": {"pids": [], "started": None}},
        ["nut-monitor.service is not enabled", "nut-monitor.service is not active", "upsmon does not run"],
    ),
]


@pytest.mark.parametrize(("changes", "reasons"), SERVICE)
def test_service_drift(changes: dict[str, Any], reasons: list[str]) -> None:
    seen = {
        "units": {"nut-monitor.service": UNIT},
        "server_units": {},
        "upsmon": {"pids": [812, 813], "started": NOW - 50},
        "files": {CONF: FILE},
    }
    details = drift.service_drift({**seen, **changes}, NOW)
    assert [(one["code"], one["text"]) for one in details] == [
        (CODES[reason.split(" ", 1)[1]], reason) for reason in reasons
    ]
