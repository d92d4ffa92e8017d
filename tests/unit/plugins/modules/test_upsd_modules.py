# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules upsd_access and upsd_info: arguments, results, and the controller's half."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.action.upsd_access import with_advice
from ansible_collections.upsfleet.synology.plugins.doc_fragments.upsd import ModuleDocFragment
from ansible_collections.upsfleet.synology.plugins.module_utils._access import argspec, probe
from ansible_collections.upsfleet.synology.plugins.modules import upsd_access, upsd_info
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise

COLLECTIONS = Path(upsd_access.__file__).parents[2] / ".collections"


def run(module: Any, **arguments: Any) -> dict[str, Any]:
    """Run *module* as a program of its own, as on a host, and return its result."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            f"ansible_collections.upsfleet.synology.plugins.modules.{module.__name__.split('.')[-1]}",
        ],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(COLLECTIONS), "PATH": "/usr/bin:/bin"},
    )
    result: dict[str, Any] = json.loads(done.stdout)
    assert bool(done.returncode) == bool(result.get("failed"))
    return result


# module, arguments beside the host, the message
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (upsd_access, {"host": ""}, "host must be an address or a name, without spaces."),
    (upsd_info, {"host": "two words"}, "host must be an address or a name, without spaces."),
    (upsd_access, {"port": 0}, "port must be from 1 to 65535, not 0."),
    (upsd_info, {"port": 65536}, "port must be from 1 to 65535, not 65536."),
    (upsd_access, {"timeout": 0}, "timeout must be more than 0 and at most 300 seconds, not 0."),
    (upsd_info, {"connect_timeout": 301}, "connect_timeout must be more than 0 and at most 300 seconds, not 301."),
    (upsd_access, {"timeout": float("nan")}, "timeout must be more than 0 and at most 300 seconds, not nan."),
    (upsd_access, {"source_address": "eth0"}, "source_address must be an IPv4 or IPv6 address of this host."),
    (upsd_access, {"ups": ""}, "ups must not be empty."),
    (upsd_access, {"username": ""}, "username must not be empty."),
    (upsd_access, {"password": ""}, "password must not be empty."),
    (
        upsd_access,
        {"password": "sentinel\nFSD ups"},
        "password: only printable ASCII characters, at most 512 of them, can be sent to an upsd.",
    ),
    (upsd_access, {"expect": []}, "expect must name at least one verdict."),
]


@pytest.mark.parametrize(("module", "arguments", "message"), REFUSED)
def test_arguments_refused(module: Any, arguments: dict[str, Any], message: str) -> None:
    result = run(module, **{"host": "192.0.2.5", **arguments})
    assert result["msg"] == message
    assert "sentinel" not in json.dumps({key: value for key, value in result.items() if key != "invocation"})


@pytest.mark.parametrize("check_mode", [False, True])
def test_access(fake_upsd: Callable[..., Any], check_mode: bool) -> None:
    server = fake_upsd()
    result = run(upsd_access, host="127.0.0.1", port=server.port, password="sentinel", _ansible_check_mode=check_mode)
    assert (result["changed"], result["verdict"], result["seen_as"]) == (False, "ok", "127.0.0.1")
    assert result["battery"] == {"charge": 100, "runtime": 2460}
    battery = ["GET VAR ups battery.charge", "GET VAR ups battery.runtime"]
    login = ["USERNAME monuser", "PASSWORD sentinel", "LOGIN ups"]
    assert server.received[-7:] == [*login, "LIST CLIENT ups", *battery, "LOGOUT"]
    assert "sentinel" not in json.dumps(result)
    assert set(result) - {"changed", "invocation", "advice"} == set(yaml.safe_load(upsd_access.RETURN)) - {"advice"}


def test_access_refused(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"VER": "ERR ACCESS-DENIED\n", "USERNAME": "ERR ACCESS-DENIED\n"})
    result = run(upsd_access, host="127.0.0.1", port=server.port)
    place = f"127.0.0.1 port {server.port}"
    assert result["failed"]
    assert result["msg"] == f"{place}: not_permitted, ERR ACCESS-DENIED (expected ok)."
    assert (result["verdict"], result["reason"]) == ("not_permitted", "ACCESS-DENIED")


def test_access_expects_a_refusal(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"VER": "ERR ACCESS-DENIED\n", "USERNAME": "ERR ACCESS-DENIED\n"})
    result = run(upsd_access, host="127.0.0.1", port=server.port, expect=["not_permitted", "refused"])
    assert (result["changed"], result["verdict"]) == (False, "not_permitted")


def test_info(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd(clients=("192.0.2.31",))
    result = run(upsd_info, host="127.0.0.1", port=server.port)
    assert result["server"] == {
        "version": "DSM7-2-1-NewModel-repack-64570-230831",
        "dsm": True,
        "release": "7.2.1",
        "protocol": "1.2",
    }
    assert result["upses"] == [
        {
            "name": "ups",
            "description": "Description unavailable",
            "variables": {"battery.charge": "100", "ups.status": "OL"},
            "variables_error": None,
            "clients": ["192.0.2.31"],
            "clients_error": None,
        }
    ]
    assert not {"USERNAME", "LOGIN"} & {line.split()[0] for line in server.received}


def test_info_of_a_stale_ups(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd(
        {"LIST VAR": "ERR DATA-STALE\n", "LIST CLIENT": "ERR INVALID-ARGUMENT\n", "NETVER": "ERR UNKNOWN-COMMAND\n"}
    )
    result = run(upsd_info, host="127.0.0.1", port=server.port)
    ups = result["upses"][0]
    assert result["server"]["protocol"] is None
    assert (ups["variables"], ups["variables_error"]) == ({}, "DATA-STALE")
    assert (ups["clients"], ups["clients_error"]) == ([], "INVALID-ARGUMENT")


def test_info_of_a_server_without_a_banner(fake_upsd: Callable[..., Any]) -> None:
    server = fake_upsd({"VER": "ERR UNKNOWN-COMMAND\n"})
    result = run(upsd_info, host="127.0.0.1", port=server.port)
    assert result["server"] == {"version": None, "dsm": False, "release": None, "protocol": "1.2"}
    assert [ups["name"] for ups in result["upses"]] == ["ups"]


# scripted replies, reason, code, the end of the message
INFO_FAILED: list[tuple[dict[str, Any], str, str | None, str]] = [
    ({"VER": "ERR ACCESS-DENIED\n"}, "not_permitted", "ACCESS-DENIED", "not_permitted, ERR ACCESS-DENIED."),
    ({"LIST UPS": "ERR TOO-LONG\n"}, "error", "TOO-LONG", "error, ERR TOO-LONG."),
    ({"LIST UPS": "what\n"}, "not_upsd", None, "not_upsd, unexpected answer to LIST UPS: 'what'."),
    ({"VER": "close"}, "unreachable", None, "unreachable, the server closed the connection."),
]


@pytest.mark.parametrize(("replies", "reason", "code", "end"), INFO_FAILED)
def test_info_fails(
    fake_upsd: Callable[..., Any], replies: dict[str, Any], reason: str, code: str | None, end: str
) -> None:
    result = run(upsd_info, host="127.0.0.1", port=fake_upsd(replies).port)
    assert (result["reason"], result["code"]) == (reason, code)
    assert result["msg"].endswith(f": {end}")


def test_advice_is_added_on_the_controller() -> None:
    report = probe.report(probe.Exchange(host="192.0.2.5", port=3493, ups="ups", error="refused"))
    advised = with_advice({**report, "failed": True, "msg": "It failed."})
    assert advised["advice"] == advise(report)
    assert advised["msg"] == f"It failed. {advised['advice']}"
    assert "msg" not in with_advice(dict(report))
    assert with_advice({"failed": True, "msg": "No Python."}) == {"failed": True, "msg": "No Python."}
    assert "advice" not in with_advice({**report, "verdict": "********"})


def _defaults(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: option.get(key) for key in ("type", "default", "required", "choices", "elements")}
        for name, option in options.items()
    }


def test_documented_options_are_the_real_ones() -> None:
    fragment = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert _defaults(fragment) == _defaults(argspec.CONNECTION)
    documented = yaml.safe_load(upsd_access.DOCUMENTATION)["options"]
    assert documented["expect"]["choices"] == list(probe.VERDICTS)
    assert set(documented) == {"ups", "username", "password", "expect"}
