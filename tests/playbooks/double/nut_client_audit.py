"""A double of the audit: what a host is like stands in its variable `double`; each look is written to `double_log`.

ok; drifted, until the steps have run; breaks, when they run; refused by the NAS; away, so that nothing reaches it.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

SEEN: dict[str, Any] = {
    "access": [{"verdict": "ok", "status": "OL"}],
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
    "refused": {**BARE, "verdict": "not_permitted", "advice": "192.0.2.10 does not permit 192.0.2.21."},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Say what the host is like."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        kind = self._task.args.get("double") or variables["double"]
        with open(variables["double_log"], "a", encoding="utf-8") as log:
            log.write(f"audit {variables['inventory_hostname']}\n")
        if kind == "away":
            return {**result, "unreachable": True, "msg": "Connection timed out"}
        result.update(KINDS[kind], changed=False, predicted=bool(self._task.check_mode))
        if result["drift"]:
            result["changes"] = {"steps": ["configure", "service"], "reason": ""}
        return result
