# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the audit: render, compare, judge. The host's half is the module of the same name."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils import access, plan, unmasked, upsmon_facts
from ansible_collections.upsfleet.synology.plugins.module_utils.advice import advise
from ansible_collections.upsfleet.synology.plugins.module_utils.monitors import normalise_monitors
from ansible_collections.upsfleet.synology.plugins.plugin_utils.render import render_files

_NO_PYTHON = (
    "This host has no Python, which Ansible's modules need. Install it once: "
    "ansible {host} -b -m ansible.builtin.raw -a 'apt-get update && apt-get -y install python3'"
)
_NO_SUDO = "This host has no sudo: install it, or connect as root (ansible_user: root)."


class ActionModule(ActionBase):  # type: ignore[misc]
    """Run the module with a fresh checksum key and judge what it saw."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = {**self._task.args, "checksum_key": secrets.token_hex(16)}
        restarted = boolean(arguments.pop("restarted", False), strict=False)
        arguments["monitors"] = normalise_monitors(arguments["monitors"])
        looked = self._execute_module(
            module_name="upsfleet.synology.nut_client_audit", module_args=arguments, task_vars=task_vars
        )
        encoded = looked.pop("seen", None)
        result.update(looked)
        if encoded is None:
            if _python_is_missing(looked):
                result["msg"] = _NO_PYTHON.format(host=task_vars.get("inventory_hostname", "HOST"))
            elif "sudo: not found" in _output(looked) or "sudo: command not found" in _output(looked):
                result["msg"] = _NO_SUDO
            elif looked.get("failed") and _output(looked):
                result["msg"] = f"{looked.get('msg', '')} {_output(looked).splitlines()[-1]}".strip()
            return result
        seen = unmasked.decode(encoded)
        result.update(seen)
        version = ".".join(map(str, upsmon_facts.parse_version(seen["package"]["version"])))
        files = render_files(self._templar, task_vars, arguments["files"], version)
        for file in files:
            content = file.pop("content").encode()
            file["checksum"] = hmac.new(arguments["checksum_key"].encode(), content, hashlib.sha256).hexdigest()
        replace_server = boolean(arguments.get("replace_server", False), strict=False)
        waited = float(arguments.get("wait", 0)) if restarted else 0
        result.update(judge(seen, files, version, replace_server, waited), nut_version=version)
        for state in result["files"].values():
            state.pop("checksum", None)
        return result


def judge(
    seen: dict[str, Any], desired: list[dict[str, Any]], version: str, replace_server: bool, waited: float = 0
) -> dict[str, Any]:
    """Return drift, verdict, what may be changed and the advice for what a host was *seen* to have.

    :param waited: seconds that upsmon had to log in after a restart, 0 where there was none.
    """
    files = plan.config_drift(seen["files"], desired)
    service = plan.service_drift(seen, seen["time"])
    counting = plan.power_relevant(seen["access"])
    found = {
        "package": not seen["package"]["installed"],
        "config": bool(files),
        "service": bool(service),
        "login": plan.login_drift(seen["access"]),
    }
    drift = [name for name in plan.DRIFTS if found[name]]
    details = [f"{path} differs" for path in files] + service
    server = plan.serves_upses(seen["mode"], seen["package"]["server"], replace_server)
    verdict = plan.host_verdict(seen["access"], server, drift)
    changes = plan.decide(drift, access.worst(counting), counting, seen["well"], server)
    logins = [report["logged_in"] for report in counting]
    return {
        "verdict": verdict,
        "protected": verdict == "ok",
        "logged_in": None if None in logins and False not in logins else all(logins),
        "drift": drift,
        "drift_details": details,
        "changes": {"steps": list(changes.steps), "reason": changes.reason},
        "advice": _advice(verdict, counting, changes, details, waited),
        "notes": upsmon_facts.defects(version),
        "address": next((one["seen_as"] or one["source_address"] for one in counting), None),
    }


def _advice(
    verdict: str, counting: list[dict[str, Any]], changes: plan.Changes, details: list[str], waited: float
) -> str:
    """Return what a person does about the host's verdict; *details* say what differs."""
    if verdict in ("ok", plan.UPS_SERVER):
        text = ""
    elif verdict == plan.DRIFTED:
        text = f"It is logged in, but not as desired ({'; '.join(details)})."
        text += " Run upsfleet.synology.site." if changes.steps else ""
    elif verdict == plan.NOT_LOGGED_IN:
        text = _not_logged_in([one for one in counting if not one["logged_in"]], waited)
    else:
        text = " ".join(advise(one) for one in counting if one["verdict"] != "ok")
    return f"{text} {changes.reason}".strip()


def _not_logged_in(missing: list[dict[str, Any]], waited: float) -> str:
    why = "; ".join(one["logged_in_reason"] for one in missing)
    if all(one["logged_in"] is None for one in missing):
        remedy = (
            "Give the host an address of its own towards the NAS."
            if any(one["seen_as"] != one["source_address"] for one in missing)
            else "Another program on this host is connected to that upsd too (ss -tnp tells which): "
            "stop it and run this again."
        )
        return f"Whether upsmon is logged in cannot be told: {why}. {remedy}"
    if waited:
        remedy = f"It had {waited:g} seconds after its restart: look at `journalctl -u nut-monitor` on the host."
    else:
        remedy = "Run upsfleet.synology.site."
    return f"The NAS would take the login, but upsmon is not logged in: {why}. {remedy}"


def _output(result: dict[str, Any]) -> str:
    """Return what a module that could not run left behind; it never got so far as to see a password."""
    return f"{result.get('module_stdout', '')}\n{result.get('module_stderr', '')}".strip()


def _python_is_missing(result: dict[str, Any]) -> bool:
    text = f"{result.get('msg', '')} {_output(result)}"
    return bool(result.get("failed")) and "python" in text and ("not found" in text or "No such file" in text)
