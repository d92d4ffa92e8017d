"""A double of the budget's look: what a host is like stands in its variable `double`.

kept; exceeded; unknown; breaks; away, so that nothing reaches it. Anything else is kept.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

KEPT: dict[str, Any] = {
    "state": "kept",
    "seen": {"seconds": 6, "code": "", "power_failure": False},
    "allowed": {"seconds": 25, "code": "", "unit": "a.service"},
    "budget": {"seconds": 30, "code": ""},
    "advice": "",
    "notes": [],
}
KINDS: dict[str, dict[str, Any]] = {
    "exceeded": {
        **KEPT,
        "state": "exceeded",
        "allowed": {**KEPT["allowed"], "seconds": 480},
        "advice": "Give it less.",
    },
    "unknown": {**KEPT, "state": "unknown", "notes": ["nothing is known"]},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Say what the host is like."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        kind = self._task.args.get("double") or variables["double"]
        with open(variables["double_log"], "a", encoding="utf-8") as log:
            log.write(f"budget {variables['inventory_hostname']}\n")
        if kind == "away":
            return {**result, "unreachable": True, "msg": "Connection timed out"}
        if kind == "breaks":
            return {**result, "failed": True, "msg": "It needs root."}
        return {**result, "changed": False, **KINDS.get(kind, KEPT)}
