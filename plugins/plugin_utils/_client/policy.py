# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what an audit saw to what differs, what it means and what may be changed: pure rules, no I/O."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import worst

STEPS = ("install", "configure", "service")
DRIFTS = ("package", "config", "service", "login")

# Beside the verdicts of access.py, which are about the NAS; these are about the host.
NOT_LOGGED_IN = "not_logged_in"
DRIFTED = "drifted"
UPS_SERVER = "ups_server"
UNPROVEN = "unproven"
NOT_AUDITED = "not_audited"

_SERVER_MODES = ("standalone", "netserver")


class Changes(NamedTuple):
    """The steps that may run, and why the others may not."""

    steps: tuple[str, ...]
    reason: str


def config_drift(files: Mapping[str, Mapping[str, Any]], desired: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the paths of *desired* whose file is missing or differs in content, mode, owner or group.

    :param files: what the host has, by path: exists, checksum, mode, owner, group.
    :param desired: mappings with path, checksum and, where the platform has them, mode, owner, group.
    """
    keys = ("checksum", "mode", "owner", "group")
    return [
        want["path"] for want in desired if any(files.get(want["path"], {}).get(key) != want.get(key) for key in keys)
    ]


def service_drift(looked: Mapping[str, Any], now: float) -> list[str]:
    """Return what keeps the unit from running what the files say, now and after the next boot.

    :param looked: the audit's units (by name), upsmon (process) and files.
    :param now: the host's clock when it looked, seconds since the epoch.
    """
    reasons = []
    for name, unit in looked["units"].items():
        if not unit["enabled"]:
            reasons.append(f"{name} is not enabled")
        if not unit["active"]:
            reasons.append(f"{name} is not active")
        if unit["need_daemon_reload"]:
            reasons.append(f"{name} has changed on disk")
    for name, unit in looked["server_units"].items():
        if unit["enabled"] or unit["active"]:
            reasons.append(f"{name} still serves UPSes")
    started = looked["upsmon"]["started"]
    if started is None:
        reasons.append("upsmon does not run")
    # A file dated in the future (the clock was set back) would call for a restart in every run.
    times = [file["mtime"] for file in looked["files"].values() if file.get("exists") and file["mtime"] <= now]
    if started is not None and times and started < max(times):
        reasons.append("upsmon is older than its files")
    return reasons


def on_battery(access: Iterable[Mapping[str, Any]]) -> str | None:
    """Return what power failure the UPSes of *access* speak of (``FSD`` or ``OB``), or None."""
    tokens = {token for report in access for token in (report["status"] or "").split()}
    return next((word for word in ("FSD", "OB") if word in tokens), None)


def power_relevant(monitors: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the monitors (or reports) that count: those that feed this host, or all where none does."""
    return [monitor for monitor in monitors if monitor["power_value"] > 0] or list(monitors)


def host_verdict(access: Sequence[Mapping[str, Any]], server: str, drift: Sequence[str], provable: bool = True) -> str:
    """Return the one verdict of a host.

    :param access: reports with power_value and logged_in.
    :param server: why the host may not become a client, or empty.
    :param drift: a login proves little where upsmon's own settings or its start at boot are not as desired.
    :param provable: whether the host's client logs in at all; WinNUT does not.
    """
    if server:
        return UPS_SERVER
    counting = power_relevant(access)
    verdict = worst(counting)
    if verdict != "ok":
        return verdict
    if not provable:
        return DRIFTED if drift else UNPROVEN
    if not all(report["logged_in"] for report in counting):
        return NOT_LOGGED_IN
    return DRIFTED if {"config", "service"} & set(drift) else verdict


def login_drift(access: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the upsd would take the login, and upsmon is known not to be logged in."""
    return any(report["verdict"] == "ok" and report["logged_in"] is False for report in power_relevant(access))


def serves_upses(mode: str | None, server_package: bool, replace_server: bool, upsd_runs: bool = False) -> str:
    """Return why a host that serves UPSes itself is not turned into a client, empty where it may be.

    :param upsd_runs: where neither package nor MODE tells (macOS, Windows), whether a upsd runs.
    """
    if replace_server or not (server_package or upsd_runs or mode in _SERVER_MODES):
        return ""
    if upsd_runs:
        return (
            "It serves UPSes itself (a upsd runs). Stop and disable that upsd and set nut_client_replace_server: true "
            "to turn the host into a client of the NAS, or take it out of the group."
        )
    what = (
        f"It serves UPSes itself (MODE={mode} in nut.conf)."
        if mode in _SERVER_MODES
        else f"The package nut-server is installed (MODE={mode or 'none'}), so it may serve UPSes itself."
    )
    return (
        f"{what} Set nut_client_replace_server: true to turn it into a client of the NAS "
        "(its upsd and drivers are stopped), or take it out of the group."
    )


def decide(
    drift: Sequence[str],
    verdict: str,
    access: Sequence[Mapping[str, Any]],
    well: bool,
    server: str,
    blocked: str = "",
) -> Changes:
    """Return what may be changed now: the change table of docs/architecture.md.

    :param verdict: the worst access verdict of the monitors that count.
    :param well: whether the upsmon that runs now is logged in to some upsd, or cannot be told not to be.
    :param blocked: what a person must do before anything may be changed, or empty.
    """
    if server or blocked:
        return Changes((), server or blocked)
    if not drift:
        return Changes((), "")
    power = on_battery(access)
    if power == "FSD":
        return Changes((), "FSD is set: starting upsmon would shut this host down, so nothing is changed.")
    if power == "OB":
        return Changes((), "The UPS is on battery: nothing is changed until the power is back.")
    if well and verdict != "ok":
        return Changes((), "It is logged in now and the desired monitors would not be, so nothing is changed.")
    needed = {"install": "package" in drift, "configure": "config" in drift, "service": True}
    return Changes(tuple(step for step in STEPS if needed[step]), "")
