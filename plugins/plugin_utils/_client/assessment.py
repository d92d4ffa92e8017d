# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement on one host, from what was seen of it: drift, verdict, changes, what a person does. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import versions
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import policy
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.rules import SERVICE

_LOGS = {
    "debian": "`journalctl -u nut-monitor`",
    "macos": "`log show --last 5m --predicate 'process == \"upsmon\"'`",
    "windows": f'Event Viewer > Windows Logs > Application, source "{SERVICE}",',
}
_CONNECTIONS = {"debian": "ss -tnp", "macos": "lsof -nP -iTCP", "windows": "netstat -abno"}
_UNPROVEN = (
    "The NAS would take the login, but WinNUT never logs in with a UPS name, so the NAS does not know of this host and "
    "does not wait for it. Use nut_client_windows_method: archive, or accept it with "
    "nut_client_windows_accept_unproven: true."
)


def judge(
    seen: dict[str, Any], desired: list[dict[str, Any]], version: str, replace_server: bool, waited: float = 0
) -> dict[str, Any]:
    """Return drift, verdict, what may be changed and the advice for what a host was *seen* to have.

    :param waited: seconds that upsmon had to log in after a restart, 0 where there was none.
    """
    config = [f"{path} differs" for path in policy.config_drift(seen["files"], desired)] + seen.get("config_drift", [])
    service = policy.service_drift(seen, seen["time"]) + seen.get("service_drift", [])
    blocked = seen.get("blocked", "")
    provable = seen.get("provable", True)
    counting = policy.power_relevant(seen["access"])
    found = {
        "package": not seen["package"]["installed"],
        "config": bool(config or blocked),  # what stands in the way may undo what is as desired now
        "service": bool(service) and provable,
        "login": policy.login_drift(seen["access"]) and provable,
    }
    drift = [name for name in policy.DRIFTS if found[name]]
    details = config + (service if provable else [])
    server = policy.serves_upses(seen["mode"], seen["package"]["server"], replace_server, seen.get("upsd_runs", False))
    verdict = policy.host_verdict(seen["access"], server, drift, provable)
    changes = policy.decide(drift, probe.worst(counting), counting, seen["well"], server, blocked)
    logins = [report["logged_in"] for report in counting]
    return {
        "verdict": verdict,
        "protected": verdict == "ok",
        "accepted": verdict == policy.UNPROVEN and seen.get("accept_unproven", False),
        "logged_in": None if None in logins and False not in logins else all(logins),
        "drift": drift,
        "drift_details": details,
        "changes": {"steps": list(changes.steps), "reason": changes.reason},
        "advice": _advice(seen, verdict, counting, changes, details, waited),
        "notes": versions.defects(version) + seen.get("conflicts", []) + _logged(seen, verdict),
        "address": next((one["seen_as"] or one["source_address"] for one in counting), None),
    }


def _advice(
    seen: dict[str, Any],
    verdict: str,
    counting: list[dict[str, Any]],
    changes: policy.Changes,
    details: list[str],
    waited: float,
) -> str:
    """Return what a person does about the host's verdict; *details* say what differs."""
    if verdict in ("ok", policy.UPS_SERVER):
        text = ""
    elif verdict == policy.DRIFTED:
        text = "It is logged in, but not as desired" if seen.get("provable", True) else "It is not as desired"
        what = details or ([] if changes.reason else ["another package is wanted"])
        text += f" ({'; '.join(what)})." if what else "."
        text += " Run upsfleet.synology.site." if changes.steps else ""
    elif verdict == policy.NOT_LOGGED_IN:
        text = _not_logged_in(seen, [one for one in counting if not one["logged_in"]], waited)
    elif verdict == policy.UNPROVEN:
        text = _UNPROVEN
    else:
        text = " ".join(advise(one) for one in counting if one["verdict"] != "ok")
    return f"{text} {changes.reason}".strip()


def _not_logged_in(seen: dict[str, Any], missing: list[dict[str, Any]], waited: float) -> str:
    why = "; ".join(one["logged_in_reason"] for one in missing)
    platform = seen["os"]["platform"]
    if all(one["logged_in"] is None for one in missing):
        remedy = (
            "Give the host an address of its own towards the NAS."
            if any(one["seen_as"] != one["source_address"] for one in missing)
            else f"Another program on this host is connected to that upsd too ({_CONNECTIONS[platform]} tells which): "
            "stop it and run this again."
        )
        return f"Whether upsmon is logged in cannot be told: {why}. {remedy}"
    if waited:
        remedy = f"It had {waited:g} seconds after its restart: look at {_LOGS[platform]} on the host."
    else:
        remedy = "Run upsfleet.synology.site."
    remedy += f" Event Viewer says: {seen['events'][0]}" if seen.get("events") else ""
    return f"The NAS would take the login, but upsmon is not logged in: {why}. {remedy}"


def _logged(seen: dict[str, Any], verdict: str) -> list[str]:
    """Return what Windows' Application log says of the client."""
    if verdict == policy.NOT_LOGGED_IN:
        return []  # the advice quotes it
    return [f"the Application log has an error of {SERVICE}: {text}" for text in seen.get("events", [])[:3]]
