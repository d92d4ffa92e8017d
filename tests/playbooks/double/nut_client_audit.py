"""A double of the audit: what a host is like stands in its variable `double`; each look is written to `double_log`.

ok; drifted, until the steps have run; breaks, when they run; refused by the NAS;
stays_up, as it would in a power failure; away, so that nothing reaches it.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import preflight

_THESE = "these addresses"
SEEN: dict[str, Any] = {
    "access": [],
    "accepted": False,
    "address": "192.0.2.21",
    "advice": "",
    "changes": {"steps": [], "reason": ""},
    "drift": [],
    "drift_details": [],
    "gaps": [],
    "logged_in": True,
    "notes": [],
    "nut_version": "2.8.0",
    "os": {"platform": "debian", "name": "debian", "version": "12"},
    "package": {"installed": True},
    "protected": True,
    "reason": "",
    "replaced": [],
    "returns": {"way": "by_hand", "text": "eth0 has no Wake-on-LAN", "armed": False, "bmc": False, "cards": []},
    "verdict": "ok",
}
BARE = {**SEEN, "protected": False, "logged_in": False}
KINDS: dict[str, dict[str, Any]] = {
    "ok": SEEN,
    "drifted": {**BARE, "verdict": "not_logged_in", "drift": ["config"], "advice": "Run site."},
    "breaks": {**BARE, "verdict": "not_logged_in", "drift": ["config"], "advice": "Run site."},
    "stays_up": {**SEEN, "protected": False, "verdict": "would_stay_up", "advice": "SHUTDOWNCMD runs /bin/true."},
    "refused": {**BARE, "verdict": "not_permitted", "advice": f"192.0.2.10 does not permit {_THESE}."},
}


def _own(variables: dict[str, Any]) -> dict[str, Any]:
    """Return what is a host's own: its number, the last one in its name, is in its address."""
    number = int("".join(filter(str.isdigit, variables["inventory_hostname"])) or 0)
    address = variables.get("double_address") or f"192.0.2.{20 + number}"
    access = {
        "host": "192.0.2.10",
        "port": 3493,
        "ups": "ups",
        "peer_address": "192.0.2.10",
        "verdict": "ok",
        "status": "OL",
        "battery": {"charge": 100.0, "runtime": 1620.0},
        "logged_in": True,
        "seen_as": address,
        "source_address": address,
        "clients": variables.get("double_clients") or [address],
        "server": {"dsm": True, "version": None, "release": "7.2"},
    }
    machine = variables.get("double_machine") or f"{number:032x}"
    return {"address": address, "machine_id": machine, "access": [access]}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Say what the host is like."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        refused = preflight.refusal(self, variables, False) if self._task.args.get("validate") else ""
        if refused:
            return {**result, "failed": True, "msg": refused}
        kind = self._task.args.get("double") or variables["double"]
        with open(variables["double_log"], "a", encoding="utf-8") as log:
            log.write(f"audit {variables['inventory_hostname']}\n")
        if kind == "away":
            return {**result, "unreachable": True, "msg": "Connection timed out"}
        result.update(KINDS[kind], changed=False, predicted=bool(self._task.check_mode), **_own(variables))
        result["access"] = (
            [{**result["access"][0], "verdict": "not_permitted"}] if kind == "refused" else result["access"]
        )
        result["cause"], result["advice"] = result["advice"], result["advice"].replace(_THESE, result["address"])
        if result["drift"]:
            result["changes"] = {"steps": ["configure", "service"], "reason": ""}
        return result
