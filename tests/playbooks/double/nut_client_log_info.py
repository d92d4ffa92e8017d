"""A double of the look at a log: what the host's log tells stands in its variable `double`.

went_down; stayed_up; nothing; breaks; away, so that nothing reaches it. Anything else is went_down.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

LOG: dict[str, Any] = {
    "code": "",
    "kept_from": 1795820000.0,
    "cut_short": False,
    "days": 30,
    "clock_set": 0,
    "untold": [],
    "upses": [{"name": "ups@192.0.2.10", "code": "", "status": "OL"}],
    "clock": {"ahead": 0.0, "plus_minus": 0.1},
}
WENT: tuple[tuple[float, str], ...] = (
    (1795828010.0, "on_battery"),
    (1795828110.0, "fsd"),
    (1795828110.0, "shutdown"),
    (1795828117.0, "down"),
    (1795828600.0, "back"),
)
KINDS: dict[str, tuple[tuple[float, str], ...]] = {
    "stayed_up": ((1795828012.0, "on_battery"), (1795828590.0, "on_line")),
    "nothing": (),
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Say what the log tells."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        kind = variables["double"]
        with open(variables["double_log"], "a", encoding="utf-8") as log:
            log.write(f"log {variables['inventory_hostname']}\n")
        if kind == "away":
            return {**result, "unreachable": True, "msg": "Connection timed out"}
        if kind == "breaks":
            return {**result, "failed": True, "msg": "It needs root."}
        events = [
            {
                "time": time,
                "code": code,
                "ups": "ups@192.0.2.10" if code in ("on_battery", "on_line", "fsd") else "",
                "detail": "",
            }
            for time, code in KINDS.get(kind, WENT)
        ]
        return {**result, "changed": False, **LOG, "events": events}
