# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be done to a host, from what was seen of it: the change table of docs/architecture.md. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import power_relevant, worst
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import SECOND_READER
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import UPSMON_IS_OLDER, has_code

STEPS = ("install", "configure", "service")

# Beside the verdicts of module_utils/_access/probe.py, which are about the NAS; these are about the host.
NOT_LOGGED_IN = "not_logged_in"
WOULD_STAY_UP = "would_stay_up"
DRIFTED = "drifted"
UPS_SERVER = "ups_server"
UNPROVEN = "unproven"
NOT_AUDITED = "not_audited"
REMOVED = "removed"  # nut_client_state: absent
HOST_VERDICTS = (NOT_LOGGED_IN, WOULD_STAY_UP, DRIFTED, UNPROVEN, UPS_SERVER, NOT_AUDITED, REMOVED)

FORCED_SHUTDOWN = "forced_shutdown"  # the verdict about the NAS, and why nothing is changed then
FSD = "FSD"
OB = "OB"

BLOCKED = "blocked"
RIVAL = "rival"
BY_HAND = (BLOCKED, RIVAL)  # a run changes nothing until a person has done or said something

NOT_PERMITTED = "not_permitted"
_CLOSED = (NOT_PERMITTED, "refused")  # what a host sees of a NAS that does not permit it, or does not serve
_SERVER_MODES = ("standalone", "netserver")
_SERVES = {
    "mode": "MODE={mode} in nut.conf",
    "unit_active": "nut-server.service is active",
    "ups_conf": "ups.conf names a UPS",
    "upsd_runs": "an upsd runs",
}


class Changes(NamedTuple):
    """The steps that may run; why the others may not, as a code and for people."""

    steps: tuple[str, ...]
    code: str = ""
    reason: str = ""


_POWER = {
    FSD: Changes((), FORCED_SHUTDOWN, "FSD is set: starting upsmon would shut this host down, so nothing is changed."),
    OB: Changes((), "on_battery", "The UPS is on battery: nothing is changed until the power is back."),
}
_KEPT = Changes(
    (),
    "would_lose_login",
    "Not changed: upsmon is logged in with its current configuration and could not log in with the new one.",
)
_PROVEN = (
    "would_lose_proof",
    "Not changed: the files that are there were proven once, and the new ones cannot be proven now.",
)


def power_failure(statuses: Iterable[str | None]) -> str | None:
    """Return what power failure the values of ups.status speak of (``FSD`` before ``OB``), or None."""
    words = {word for status in statuses for word in (status or "").split()}
    return next((word for word in (FSD, OB) if word in words), None)


def host_verdict(
    access: Sequence[Mapping[str, Any]],
    server: str,
    drift: Sequence[str],
    gaps: Sequence[Mapping[str, str]] = (),
    provable: bool = True,
) -> str:
    """Return the one verdict of a host.

    :param access: reports with power_value and logged_in.
    :param server: why the host may not become a client, or empty.
    :param drift: a login proves little where upsmon's own settings or its start at boot are not as desired.
    :param gaps: what would keep the host up, or bare after a boot, although upsmon is logged in.
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
    if gaps:
        return WOULD_STAY_UP
    return DRIFTED if {"config", "service"} & set(drift) else verdict


def login_drift(access: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the upsd would take the login, and upsmon is known not to be logged in.

    Or whether a restart can show it: where another program of this host is connected too, the line in LIST CLIENT that
    comes with upsmon is its own.
    """
    return any(
        report["verdict"] == "ok"
        and (report["logged_in"] is False or (report["logged_in"] is None and _second_reader(report)))
        for report in power_relevant(access)
    )


def _second_reader(report: Mapping[str, Any]) -> bool:
    return bool(report.get("logged_in_code") == SECOND_READER)


def serves_upses(mode: str | None, evidence: Sequence[str], replace_server: bool) -> str:
    """Return why a host that serves UPSes itself is not turned into a client, empty where it may be.

    :param evidence: codes of what was seen, as ``serves`` of module_utils/_host/linux.py returns them.
    """
    said = [code for code in _SERVES if code in evidence or (code == "mode" and mode in _SERVER_MODES)]
    if replace_server or not said:
        return ""
    if "upsd_runs" in said and "unit_active" not in said:  # one of no unit that could be stopped here
        return (
            "It serves UPSes itself (an upsd runs). Stop and disable that upsd and set nut_client_replace_server: true "
            "to turn the host into a client of the NAS, or take it out of the group."
        )
    return (
        f"It serves UPSes itself ({_SERVES[said[0]].format(mode=mode)}). Set nut_client_replace_server: true to turn "
        "it into a client of the NAS (its upsd and drivers are stopped), or take it out of the group."
    )


def rival_packages(package: Mapping[str, Any], replace: bool) -> str:
    """Return why the client's *package* is not installed where rivals are, which conflict with it; else empty.

    Debian lets one package be the host's UPS monitor, and apt would remove the other without a word.
    """
    rivals = package.get("rivals", [])
    if replace or not rivals or package["installed"]:
        return ""
    names = " and ".join(rivals)
    return (
        f"{names} is installed, and nut-client cannot be beside it. Without {names} the UPS that it watches is not "
        f"watched from here any more. If that is right, set nut_client_replace_{rivals[0]}: true (its settings are "
        "kept, and nut_client_state: absent brings it back). Otherwise take the host out of the group."
    )


def decide(
    drift: Sequence[str],
    verdict: str,
    power: str | None,
    running_client_logged_in: bool,
    server: str,
    blocker: Mapping[str, str] | None = None,
    proven: bool = False,
) -> Changes:
    """Return what may be changed now: the change table of docs/architecture.md.

    :param verdict: the worst access verdict of the monitors that count.
    :param power: what :func:`power_failure` said of the monitors that count.
    :param running_client_logged_in: whether upsmon is logged in somewhere now, or cannot be told not to be.
    :param server: why a host that serves UPSes may not become a client, or empty.
    :param blocker: what a person must do before anything may be changed (code, text).
    :param proven: whether the host's files once led upsmon to its login.
    """
    if server:
        return Changes((), UPS_SERVER, server)
    if not drift:
        return Changes(())
    if blocker:
        return Changes((), blocker["code"], blocker["text"])
    if power:
        return _POWER[power]
    if running_client_logged_in and verdict != "ok":
        return _KEPT
    if proven and verdict != "ok" and {"package", "config"} & set(drift):
        return Changes(("service",) if "service" in drift else (), *_PROVEN)
    needed = {"install": "package" in drift, "configure": "config" in drift, "service": True}
    return Changes(tuple(step for step in STEPS if needed[step]))


def roll_back(
    before: Mapping[str, Any] | None, now: Mapping[str, Any], restarted: bool, programs_swapped: bool = False
) -> bool:
    """Return whether the files (and programs) that were replaced since *before* are to be put back.

    Before the restart: where upsmon, with its old files, logged in meanwhile and the new ones would not be. After it:
    where the old files worked, the new ones do not, and the restart is what took them into use. Never while the power
    fails.

    :param before: the result of the audit before the first step; None where there was none.
    :param now: the result of the audit after it.
    """
    if before is None or now["power_failure"]:
        return False
    if not restarted:
        return bool(now["running_client_logged_in"]) and not now["changes"]["steps"]
    lost = now["logged_in"] is False or before["logged_in"] is True
    replaced = "config" in before["drift"] or has_code(before["drift_details"], UPSMON_IS_OLDER) or programs_swapped
    worked = before["running_client_logged_in"] or before.get("proven", False)
    return bool(worked) and now["verdict"] == NOT_LOGGED_IN and lost and replaced


def let_in_by_nas(
    result: Mapping[str, Any], nas_results: Iterable[Mapping[str, Any]], also_login: bool = False
) -> bool:
    """Return whether what a NAS changed in this run lets in a client that was refused.

    What changes there, the list or the server itself, lets in every client of the run.

    :param nas_results: the facts dsm_ups_server_result.
    :param also_login: whether that may cure a refused LOGIN, as on DSM 6 where hosts.deny did not name the host.
    """
    cured = (*_CLOSED, *(["bad_credentials"] if also_login else []))
    return result.get("verdict") in cured and any(nas.get("changed") for nas in nas_results)


def will_be_protected(result: Mapping[str, Any], let_in: bool) -> bool:
    """Return whether a run without check mode promises a login, which only a real run can prove.

    :param result: the fact nut_client_result of a run in check mode.
    :param let_in: whether a NAS would let the client in, had the run not been in check mode.
    """
    if "verdict" not in result or result["verdict"] == REMOVED:
        return False
    steps = result["changes"]["steps"]
    # Where nothing but the permission is missing, upsmon logs in by itself.
    ready = (result.get("predicted") and bool(steps)) or (let_in and not steps and not result["drift"])
    return bool(ready) and (let_in or result["verdict"] in (DRIFTED, NOT_LOGGED_IN, WOULD_STAY_UP))
