# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assessment of one host, from what was seen of it: drift, verdict, changes, what a person does. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import power_relevant, worst
from ansible_collections.upsfleet.synology.plugins.module_utils._host import changes, login_proof
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import versions
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import (
    adoption,
    chain,
    drift,
    ownership,
    policy,
    starters,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise, is_passing, passing

_UNPROVEN = (
    "The NAS would take the login, but WinNUT never logs in with a UPS name, so the NAS does not know of this host and "
    "does not wait for it. Use nut_client_windows_method: archive, or accept it with "
    "nut_client_windows_accept_unproven: true."
)
_ROLLED_BACK = "The NAS did not list upsmon after the restart, so the files that worked before were put back."
# By the code of module_utils/_host/login_proof.py, where counting cannot tell.
_UNTOLD = {
    login_proof.GATEWAY: "Give the host an address of its own towards the NAS.",
    login_proof.LOOPBACK: "Let the host reach the server by an address of its own, not through a tunnel that ends on "
    "the server (Tailscale: not in userspace networking), and permit that address.",
    login_proof.SECOND_READER: "Another program on this host is connected to that upsd too ({connections} tells "
    "which). A run of upsfleet.synology.site tells the two apart by restarting upsmon; if it does not, stop that "
    "program.",
    login_proof.LIST_CLIENT_REFUSED: "Look for this host among the clients that the server itself shows, or use a "
    "server that answers LIST CLIENT.",
    login_proof.UNKNOWN_CONNECTIONS: "Find out why {connections} does not show upsmon's connections to Ansible's user "
    "on this host, and run this again.",
    login_proof.NOT_TOLD: "Run this again.",
}
# What is said of several hosts instead of each one's reason, which names its address.
_TOGETHER = {
    login_proof.NOT_LISTED: "upsmon is connected, but LIST CLIENT has no line for these hosts",
    login_proof.REFUSED: "upsmon is connected, but LIST CLIENT has no line for these hosts: its LOGIN was refused",
    login_proof.GATEWAY: "what LIST CLIENT has of these hosts is a gateway's address, and may be other hosts'",
    login_proof.SECOND_READER: "which of their connections are upsmon's cannot be told",
}
_IDLE_SERVER = "the package nut-server is installed and serves nothing: it is left alone"
_HELD = "Until then {unit} waits on this host instead of shutting it down, and starts by itself: no run is needed."
_RUN_SITE = "Run upsfleet.synology.site."
_CORRECT = "Correct the variables before the next run."


class Moment(NamedTuple):
    """When in a run the host was audited."""

    before: Mapping[str, Any] | None = None
    """The result of the audit before the first step (after a rollback, of the one before it); None: no step yet."""
    restarted: bool = False
    """Whether upsmon has been restarted since."""
    waited: float = 0
    """Seconds that upsmon had to log in."""
    rolled_back: bool = False
    """Whether the files before were put back since."""
    programs_swapped: bool = False
    """Whether the programs were replaced since."""
    check_mode: bool = False

    @property
    def remedy(self) -> str:
        """What a person does where only a run can help."""
        return _CORRECT if self.rolled_back else _RUN_SITE


_FIRST = Moment()


class Wishes(NamedTuple):
    """What the user allows and wants of the host, beside its files."""

    replace_server: bool = False
    replace_apcupsd: bool = False
    monitor_only: bool = False
    replace_managed_files: bool = False


_NONE = Wishes()


def assess(
    seen: dict[str, Any],
    desired: list[dict[str, Any]],
    version: str,
    platform: Mapping[str, Any],
    wishes: Wishes = _NONE,
    moment: Moment = _FIRST,
) -> dict[str, Any]:
    """Return drift, verdict, what may be changed and the advice for what a host was *seen* to have.

    :param desired: the files it is to have; upsmon.conf with its directives.
    :param version: of the package, Debian's revision included.
    :param platform: the role's row of the platform.
    """
    provable = seen.get("provable", True)
    counting = power_relevant(seen["access"])
    names, details = _drift(seen, desired)
    power = changes.power_failure(one["status"] for one in counting)
    serves = [*seen.get("serves", ()), *["upsd_runs"] * seen.get("upsd_runs", False)]
    server = changes.serves_upses(seen["mode"], serves, wishes.replace_server)
    gaps = [
        *chain.gaps(seen.get("chain") or {}, seen["units"], platform, seen["os"]["platform"], wishes.monitor_only),
        *seen.get("gaps", []),
    ]
    verdict = policy.host_verdict(seen["access"], server, names, gaps, provable)
    differing = [want["path"] for want in desired if drift.config_drift(seen["files"], [want])]
    blocker = _blocker(seen, gaps, counting, differing, wishes)
    allowed = changes.decide(
        names,
        worst(counting),
        power,
        seen["running_client_logged_in"],
        server,
        blocker,
        proven=seen.get("proven", False),
    )
    logins = [report["logged_in"] for report in counting]
    result: dict[str, Any] = {
        "verdict": verdict,
        "protected": verdict == "ok",
        "reason": _reason(verdict, gaps, seen),
        "gaps": gaps,
        "accepted": _accepted(verdict, gaps, seen.get("accept_unproven", False)),
        "predicted": moment.check_mode and moment.before is not None,
        "logged_in": None if None in logins and False not in logins else all(logins),
        "power_failure": power,
        "drift": names,
        "drift_details": details,
        "replaced": _replaced(seen, desired, version, platform, moment) if differing or moment.before else [],
        "changes": {"steps": list(allowed.steps), "code": allowed.code, "reason": allowed.reason},
        "notes": [
            *versions.defects(version),
            *seen.get("notes", []),
            *chain.notes(seen.get("chain") or {}, platform),
            *ownership.notes(seen["files"], differing),
            *[_IDLE_SERVER] * (seen["package"]["server"] and not serves),
            *_logged(seen, verdict, platform),
            *_passing(seen, counting),
        ],
        "address": next((one["seen_as"] or one["source_address"] for one in counting), None),
    }
    result["changes"]["roll_back"] = not moment.rolled_back and policy.roll_back(
        moment.before, {**seen, **result}, moment.restarted, moment.programs_swapped
    )
    result["advice"] = _advice(seen, result, counting, platform, moment)
    result["cause"] = _advice(seen, result, counting, platform, moment, together=True)
    return result


def _replaced(
    seen: Mapping[str, Any],
    desired: list[dict[str, Any]],
    version: str,
    platform: Mapping[str, Any],
    moment: Moment,
) -> list[dict[str, Any]]:
    """Return what goes of the configuration that was there before the first step, so that it is named to the end."""
    if moment.before is not None:
        return list(moment.before.get("replaced", ()))
    lines = [line for file in desired for line in file.get("directives", ())]
    return adoption.replaced(seen.get("chain") or {}, lines, version, platform, seen["os"]["platform"])


def _reason(verdict: str, gaps: list[dict[str, str]], seen: Mapping[str, Any]) -> str:
    """Return the code of what is behind a verdict, where that is known."""
    if verdict == policy.WOULD_STAY_UP:
        return gaps[0]["code"]
    aborted = seen.get("aborted")
    return aborted["code"] if aborted and verdict == policy.NOT_LOGGED_IN else ""


def _accepted(verdict: str, gaps: list[dict[str, str]], accept_unproven: bool) -> bool:
    """Return whether what is not protected is what the user asked for."""
    if verdict == policy.UNPROVEN:
        return accept_unproven
    return verdict == policy.WOULD_STAY_UP and [one["code"] for one in gaps] == [chain.MONITOR_ONLY]


def _blocker(
    seen: Mapping[str, Any],
    gaps: list[dict[str, str]],
    counting: list[dict[str, Any]],
    differing: list[str],
    wishes: Wishes,
) -> dict[str, str] | None:
    """Return what a person must do before anything may be changed here."""
    if seen.get("blocker"):
        return drift.detail(policy.BLOCKED, seen["blocker"])
    rival = policy.rival_packages(seen["package"], wishes.replace_apcupsd)
    if rival:
        return drift.detail(policy.RIVAL, rival)
    in_the_way = [one for one in gaps if one["code"] in (changes.UNIT_MASKED, starters.OTHER_STARTER)]
    if in_the_way:
        return drift.detail(in_the_way[0]["code"], " ".join(f"{one['text']}." for one in in_the_way))
    owned = ownership.blocker(seen["files"], differing, wishes.replace_managed_files, seen["running_client_logged_in"])
    if owned:
        return owned
    problem = chain.desired_problem(seen.get("chain") or {}, seen["os"]["platform"])
    # A host that goes down now is not given a command with which it would not.
    if problem and not gaps and all(one["logged_in"] for one in counting):
        return drift.detail(policy.WOULD_STAY_UP, f"Not changed: {problem}")
    return None


def _drift(seen: Mapping[str, Any], desired: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of what differs, and the details."""
    config = drift.config_drift(seen["files"], desired) + seen.get("config_drift", [])
    service = drift.service_drift(seen, seen["time"]) + seen.get("service_drift", [])
    provable = seen.get("provable", True)
    found = {
        "package": not seen["package"]["installed"],
        "config": bool(config or seen.get("blocker")),  # what stands in the way may undo what is as desired now
        "service": bool(service) and provable,
        "login": policy.login_drift(seen["access"]) and provable,
    }
    return [name for name in drift.DRIFTS if found[name]], config + (service if provable else [])


def _advice(
    seen: Mapping[str, Any],
    result: Mapping[str, Any],
    counting: list[dict[str, Any]],
    platform: Mapping[str, Any],
    moment: Moment,
    together: bool = False,
) -> str:
    """Return what a person does about the host's verdict.

    :param together: whether it is said of several hosts.
    """
    allowed, verdict = result["changes"], result["verdict"]
    text = ""
    if verdict == policy.DRIFTED:
        text = "It is logged in, but not as desired" if seen.get("provable", True) else "It is not as desired"
        what = drift.texts(result["drift_details"]) or ("" if allowed["reason"] else "another package is wanted")
        text += f" ({what})." if what else "."
        text += f" {moment.remedy}" if allowed["steps"] else ""
    elif verdict == policy.WOULD_STAY_UP:
        text = "It is logged in, but in a power failure it would not go down, or not be protected again after it: "
        text += "; ".join(one["text"] for one in result["gaps"]) + "."
        text += f" {moment.remedy}" if allowed["steps"] else ""
    elif verdict == policy.NOT_LOGGED_IN:
        missing = [one for one in counting if not one["logged_in"]]
        text = _not_logged_in(
            seen, missing, platform, moment, "" if allowed["code"] in policy.BY_HAND else moment.remedy, together
        )
    elif verdict == policy.UNPROVEN:
        text = _UNPROVEN
    elif verdict not in ("ok", changes.UPS_SERVER):
        known = {"temporary": seen.get("temporary_addresses") or (), "platform": seen["os"]["platform"]}
        text = " ".join(advise(one, together=together, **known) for one in counting if one["verdict"] != "ok")
        text += f" {_HELD.format(unit=seen['held'])}" if seen.get("held") and verdict == changes.FORCED_SHUTDOWN else ""
    return " ".join(filter(None, [_rolled_back(moment), text, allowed["reason"]]))


def _rolled_back(moment: Moment) -> str:
    if not moment.rolled_back:
        return ""
    events = (moment.before or {}).get("events")
    return f"{_ROLLED_BACK} Event Viewer said: {events[0]}." if events else _ROLLED_BACK


def _not_logged_in(
    seen: Mapping[str, Any],
    missing: list[dict[str, Any]],
    platform: Mapping[str, Any],
    moment: Moment,
    remedy: str,
    together: bool,
) -> str:
    reasons = [(_TOGETHER if together else {}).get(one["logged_in_code"], one["logged_in_reason"]) for one in missing]
    why = "; ".join(reasons)
    if all(one["logged_in"] is None for one in missing):
        codes = dict.fromkeys(one["logged_in_code"] for one in missing)
        remedies = " ".join(_UNTOLD[code].format(connections=platform["connections"]) for code in codes)
        return f"Whether upsmon is logged in cannot be told: {why}. {remedies}"
    if moment.restarted and moment.waited:
        remedy = f"It had {moment.waited:g} seconds after its restart: look at {platform['logs']} on the host."
        remedy += _less_able(missing)
    if seen.get("aborted") and not moment.restarted:
        why += f" ({seen['aborted']['text']})"
    remedy += f" Event Viewer says: {seen['events'][0]}" if seen.get("events") else ""
    return f"The NAS would take the login, but upsmon is not logged in: {why}. {remedy}".strip()


def _less_able(missing: list[dict[str, Any]]) -> str:
    """Return what an upsmon that never connects may be built without, where the probe used it."""
    by_ipv6 = [one for one in missing if one["logged_in_code"] == login_proof.NO_CONNECTION and ":" in _peer(one)]
    if not by_ipv6:
        return ""
    return f" The probe reached {_peer(by_ipv6[0])} by IPv6: for an upsmon built without it ups_host must be IPv4."


def _peer(report: Mapping[str, Any]) -> str:
    return report.get("peer_address") or ""


def _passing(seen: Mapping[str, Any], counting: list[dict[str, Any]]) -> list[str]:
    """Return what ends by itself: that a NAS permits the host at an address that it has for a day."""
    temporary, platform = seen.get("temporary_addresses") or (), seen["os"]["platform"]
    permitted = {one["seen_as"] or one["source_address"]: one for one in counting if one["login"] == "ok"}
    return [
        f"it comes to {one['host']} from {me}, {passing(one, platform)}"
        for me, one in permitted.items()
        if is_passing(one, me, temporary)
    ]


def _logged(seen: Mapping[str, Any], verdict: str, platform: Mapping[str, Any]) -> list[str]:
    """Return what Windows' Application log says of the client."""
    if verdict == policy.NOT_LOGGED_IN:
        return []  # the advice quotes it
    source = platform.get("service", "upsmon")
    return [f"the Application log has an error of {source}: {text}" for text in seen.get("events", [])[:3]]
