# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's verdict is, and what follows from it beside module_utils/_host/changes.py. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import power_relevant, worst
from ansible_collections.upsfleet.synology.plugins.module_utils._host.changes import UPS_SERVER
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import SECOND_READER
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import UPSMON_IS_OLDER, has_code

# Beside the verdicts of module_utils/_access/probe.py, which are about the NAS; these are about the host.
NOT_LOGGED_IN = "not_logged_in"
WOULD_STAY_UP = "would_stay_up"
DRIFTED = "drifted"
UNPROVEN = "unproven"
NOT_AUDITED = "not_audited"
REMOVED = "removed"  # nut_client_state: absent
HOST_VERDICTS = (NOT_LOGGED_IN, WOULD_STAY_UP, DRIFTED, UNPROVEN, UPS_SERVER, NOT_AUDITED, REMOVED)

BLOCKED = "blocked"
RIVAL = "rival"
BY_HAND = (BLOCKED, RIVAL)  # a run changes nothing until a person has done or said something

NOT_PERMITTED = "not_permitted"
_CLOSED = (NOT_PERMITTED, "refused")  # what a host sees of a NAS that does not permit it, or does not serve


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
