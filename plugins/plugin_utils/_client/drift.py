# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host lacks, each as a code for programs and a text for people. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.changes import UNIT_MASKED

DRIFTS = ("package", "config", "service", "login")

UPSMON_IS_OLDER = "upsmon_older_than_files"
CALIBRATION_LATCHED = "calibration_latched"

Detail = Mapping[str, str]


def detail(code: str, text: str) -> dict[str, str]:
    """Return one thing that differs."""
    return {"code": code, "text": text}


def texts(details: Iterable[Detail]) -> str:
    """Return what differs as people read it."""
    return "; ".join(one["text"] for one in details)


def config_drift(files: Mapping[str, Mapping[str, Any]], desired: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return those of *desired* whose file is missing or differs in content, mode, owner or group.

    :param files: what the host has, by path: exists, checksum, mode, owner, group.
    :param desired: mappings with path, checksum and, where the platform has them, mode, owner, group.
    """
    keys = ("checksum", "mode", "owner", "group")
    return [
        detail("file_differs", f"{want['path']} differs")
        for want in desired
        if any(files.get(want["path"], {}).get(key) != want.get(key) for key in keys)
    ]


def service_drift(seen: Mapping[str, Any], now: float) -> list[dict[str, str]]:
    """Return what keeps the unit from running what the files say, now and after the next boot.

    A unit that is ``held`` back by the boot guard is not to run, and starts by itself.

    :param seen: the audit's units and server_units (by name), upsmon (process), files and held.
    :param now: the host's clock when it was audited, seconds since the epoch.
    """
    details = []
    held = seen.get("held", "")
    for name, unit in seen["units"].items():
        if not unit["enabled"]:
            details.append(detail("unit_not_enabled", f"{name} is not enabled"))
        if unit.get("masked"):
            details.append(detail(UNIT_MASKED, f"{name} is masked"))
        if not unit["active"] and name != held:
            details.append(detail("unit_not_active", f"{name} is not active"))
        if unit["need_daemon_reload"]:
            details.append(detail("unit_changed_on_disk", f"{name} has changed on disk"))
    for name, unit in seen["server_units"].items():
        if unit["enabled"] or unit["active"]:
            details.append(detail("serves_upses", f"{name} still serves UPSes"))
    chain = seen.get("chain") or {}
    if chain.get("calibrated"):
        details.append(detail(CALIBRATION_LATCHED, "upsmon takes the UPS for calibrating until it is restarted"))
    started = seen["upsmon"]["started"]
    if started is None and not held:
        details.append(detail("upsmon_not_running", "upsmon does not run"))
    # A file dated in the future (the clock was set back) would call for a restart in every run.
    times = [file["mtime"] for file in seen["files"].values() if file.get("exists") and file["mtime"] <= now]
    if started is not None and times and started < max(times):
        details.append(detail(UPSMON_IS_OLDER, "upsmon is older than its files"))
    return details


def has_code(details: Iterable[Detail], code: str) -> bool:
    """Return whether *code* is among the details."""
    return any(one["code"] == code for one in details)
