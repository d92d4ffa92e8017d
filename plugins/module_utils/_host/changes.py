# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be changed on a host, from what was seen of it: the change table of docs/architecture.md. Pure.

The controller asks it after the audit, the host once more directly before its client is restarted.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import power_relevant, worst

STEPS = ("install", "configure", "service")

UPS_SERVER = "ups_server"
FORCED_SHUTDOWN = "forced_shutdown"  # the verdict about the NAS, and why nothing is changed then
FSD = "FSD"
OB = "OB"
UNIT_MASKED = "unit_masked"
OTHER_VERSION = "other_version"  # the files were rendered for another NUT version than the one that is installed

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


def before_restart(seen: Mapping[str, Any], config: bool, replace_server: bool) -> Changes:
    """Return what may be changed directly before the files are written and the client is restarted.

    The controller has allowed both; what may have changed since is looked at again.

    :param seen: what module_utils/_host/audit.py saw.
    :param config: whether files differ.
    """
    counting = power_relevant(seen["access"])
    masked = [name for name, unit in seen["units"].items() if unit["masked"]]
    return decide(
        [*["config"] * config, "service"],
        worst(counting),
        power_failure(one["status"] for one in counting),
        seen["running_client_logged_in"],
        serves_upses(seen["mode"], seen["serves"], replace_server),
        {"code": UNIT_MASKED, "text": f"{', '.join(masked)} is masked."} if masked else None,
        seen["proven"],
    )
