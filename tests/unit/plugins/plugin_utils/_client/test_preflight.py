# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused on the controller, with the variable's name and never a password."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.preflight import (
    check,
    check_inhibitor_wait,
    check_limits,
    check_names,
    check_shutdown_command,
    check_shutdown_limit,
    check_types,
    check_values,
    check_windows,
)

ROLE = Path(__file__).resolve().parents[5] / "roles" / "nut_client"
SENTINEL = "S3ntinel"
NAS = {"host": "192.0.2.10", "password": SENTINEL}
KNOWN = ("nut_client_monitors", "nut_client_pollfreq")


def refusal(check: Callable[..., None], *arguments: Any) -> str:
    """Return what *check* refuses the arguments with, empty where it takes them."""
    try:
        check(*arguments)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "variables",
    [
        [],
        KNOWN,
        ["nut_client_pollfreq", "ansible_host", "ups_host", "nutclient_x", "my_nut_client_x", "__nut_client_x"],
        ["nut_client_result", "nut_client_failure"],
    ],
)
def test_the_roles_own_names_are_taken(variables: list[str]) -> None:
    assert refusal(check_names, variables, KNOWN) == ""


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (["nut_client_polfreq"], "nut_client_polfreq"),
        (["nut_client_b", "nut_client_pollfreq", "nut_client_a"], "nut_client_a, nut_client_b"),
        (["nut_client_"], "nut_client_"),
    ],
)
def test_a_name_that_would_do_nothing_is_refused(variables: list[str], named: str) -> None:
    assert refusal(check_names, variables, KNOWN) == (
        f"Unknown variable: {named}. The role's variables are listed in `ansible-doc -t role "
        "upsfleet.synology.nut_client`; every upsmon directive is nut_client_<directive>."
    )


@pytest.mark.parametrize("limits", [{}, {"ups_timeout": 5}, *[{"ups_timeout": v} for v in (0.1, 300, "10", "0.5")]])
def test_limits_are_taken(limits: dict[str, Any]) -> None:
    assert refusal(check_limits, limits) == ""


@pytest.mark.parametrize("value", [0, 0.0, "0", -1, 300.1, 301, "soon", "", None, [5], float("nan"), float("inf")])
def test_limits_are_refused(value: Any) -> None:
    assert refusal(check_limits, {"ups_connect_timeout": 5, "ups_timeout": value}) == (
        f"ups_timeout is {value}: allowed are more than 0 and at most 300 seconds."
    )


# monitors, settings, monitor_only
TAKEN: list[tuple[list[dict[str, Any]], dict[str, Any], bool]] = [
    ([NAS], {"minsupplies": 1}, False),
    ([NAS], {"minsupplies": "1"}, False),
    ([NAS], {"minsupplies": 1}, True),
    ([NAS], {"minsupplies": 0}, True),
    ([{**NAS, "power_value": 0}], {"minsupplies": 0}, True),
    ([NAS], {"minsupplies": None}, False),
    ([NAS], {}, False),
    ([{**NAS, "power_value": 2}], {"minsupplies": 2}, False),
    ([NAS, {**NAS, "host": "192.0.2.11"}], {"minsupplies": 2}, False),
    ([NAS, {**NAS, "host": "192.0.2.11", "power_value": 0}], {"minsupplies": 1}, False),
    ([NAS], {"minsupplies": 1, "alarmcritical": True, "notifyflag": {"SHUTDOWN_HOSTSYNC": ["EXEC"]}}, False),
]


@pytest.mark.parametrize(("monitors", "settings", "monitor_only"), TAKEN)
def test_values_are_taken(monitors: list[dict[str, Any]], settings: dict[str, Any], monitor_only: bool) -> None:
    before = repr((monitors, settings))
    assert refusal(check_values, monitors, settings, monitor_only) == ""
    assert repr((monitors, settings)) == before, "checking changes nothing"


NEVER = (
    "nut_client_minsupplies is 0: upsmon would never shut this host down. Use 1 or more, or say "
    "nut_client_monitor_only: true if that is what you want."
)
TOO_FEW = (
    "nut_client_minsupplies is {}, but the power values of nut_client_monitors add up to {}: upsmon would refuse to "
    "run. Raise power_value or lower nut_client_minsupplies."
)

# monitors, settings, monitor_only, the message
REFUSED: list[tuple[Any, dict[str, Any], bool, str]] = [
    ([NAS], {"minsupplies": 0}, False, NEVER),
    ([{**NAS, "power_value": 0}], {"minsupplies": 0}, False, NEVER),
    ([NAS], {"minsupplies": 2}, False, TOO_FEW.format(2, 1)),
    ([{**NAS, "power_value": 0}], {"minsupplies": 1}, False, TOO_FEW.format(1, 0)),
    ([{**NAS, "power_value": 0}], {"minsupplies": 1}, True, TOO_FEW.format(1, 0)),
    ([{**NAS, "power_value": 0}], {}, False, TOO_FEW.format(1, 0)),
    ([NAS, {**NAS, "host": "192.0.2.11"}], {"minsupplies": 3}, False, TOO_FEW.format(3, 2)),
    ([NAS], {"minsupplies": -1}, False, "nut_client_minsupplies is -1: allowed is 0 or more."),
    ([NAS], {"minsupplies": "x"}, False, "nut_client_minsupplies must be a whole number of at least 0."),
    ([NAS], {"minsupplies": 1, "pollfreq": 0}, False, "nut_client_pollfreq is 0: allowed is 1 or more."),
    (
        [NAS],
        {"minsupplies": 1, "certident": {"password": SENTINEL}},
        False,
        "nut_client_certident.name must be one line of printable ASCII, 1 to 511 characters (upsmon drops the rest).",
    ),
    (
        [{"password": SENTINEL}],
        {"minsupplies": 1},
        False,
        "nut_client_monitors[0].host is missing: set ups_host (or this key) to the address or name of the NAS.",
    ),
    (
        [{**NAS, "port": 65536}],
        {"minsupplies": 1},
        False,
        "nut_client_monitors[0].port is 65536: allowed is 1 to 65535.",
    ),
    (
        [NAS, {"host": "192.0.2.11", "password": f"{SENTINEL}\nx"}],
        {"minsupplies": 1},
        False,
        "nut_client_monitors[1].password has more than one line: a password is one line (in YAML, not a | block).",
    ),
]


@pytest.mark.parametrize(("monitors", "settings", "monitor_only", "message"), REFUSED)
def test_values_are_refused(monitors: Any, settings: dict[str, Any], monitor_only: bool, message: str) -> None:
    assert refusal(check_values, monitors, settings, monitor_only) == message
    assert SENTINEL not in message


OFF = ", or leave nut_client_shutdowncmd out to have the role's own."
SUSPENDS, SESSION, NOTHING = "it suspends the host", "it asks the session of somebody", "it does nothing"

# a command, the platform; what it is refused with
COMMANDS: list[tuple[str | None, str, str]] = [
    *[(command, platform, "") for command in (
        None, "", "/sbin/shutdown -h +0", "shutdown -h now", "/usr/local/sbin/bye", "systemctl poweroff",
        "/usr/bin/logger bye; /sbin/shutdown -h +0", "shutdown -P +3",
    ) for platform in ("auto", "debian", "macos")],
    *[("shutdown -P 23:15", platform, "it shuts down later") for platform in ("auto", "debian", "macos")],
    *[(command, platform, SUSPENDS) for command in (
        "/usr/bin/pmset sleepnow", "systemctl hibernate", "systemctl suspend -i", "loginctl hybrid-sleep",
    ) for platform in ("auto", "debian", "macos")],
    *[(command, platform, SESSION) for command in (
        """osascript -e 'tell application "Finder" to shut down'""", "/opt/local/etc/shutdown.applescript",
    ) for platform in ("auto", "debian", "macos")],
    ("shutdown -s now", "macos", SUSPENDS),
    ("shutdown -s now", "debian", ""),
    ("shutdown -s now", "auto", ""),  # what the host is, is not known yet
    ("/usr/bin/true", "auto", NOTHING),
    ("logger 'the UPS is empty'", "debian", NOTHING),
    ("/sbin/reboot", "auto", "it reboots the host"),
    ("shutdown -r now", "macos", "it reboots the host"),
    ("shutdown -k +0", "auto", "it only announces"),
    ("shutdown -c", "debian", "it only announces"),
    ("shutdown -h soon", "auto", "it gives shutdown a time"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "platform", "says"), COMMANDS)
def test_a_command_that_would_not_power_the_host_off_is_refused(command: str | None, platform: str, says: str) -> None:
    said = refusal(check_shutdown_command, command, platform)
    assert said.startswith(f"nut_client_shutdowncmd is {command!r}: {says}" if says else said)
    assert said.endswith(OFF) is bool(says)


@pytest.mark.parametrize(
    ("variables", "windows", "refused"),
    [
        ({}, False, True),
        ({"nut_client_platform": "macos"}, False, True),
        ({"nut_client_platform": "windows"}, True, False),  # it has nut_client_windows_shutdown
        ({"nut_client_monitor_only": True}, False, False),  # the host is to stay up
        ({"nut_client_monitor_only": "false"}, False, True),
    ],
)
def test_whose_command_is_looked_at(variables: dict[str, Any], windows: bool, refused: bool) -> None:
    given = {**VARIABLES, "nut_client_shutdowncmd": "/usr/bin/true", **variables}
    assert bool(refusal(check, given, VARIABLES, given.__getitem__, windows)) is refused


LEGACY = (
    "nut_client_windows_method: legacy_msi installs a service of 2014 that runs as LocalSystem and needs OpenSSL "
    "1.0.2, which has had no security updates since 2019. Use the default method, archive; where that is not possible, "
    "accept the risk with nut_client_windows_accept_legacy_risk: true."
)
NO_TLS = (
    "nut_client_tls is require, but the probe on a Windows host speaks no TLS, so nothing could be proved. Use never "
    "or try for this host; DSM offers no TLS."
)
ON_WINDOWS: dict[str, Any] = {
    "method": "archive",
    "folder": "C:\\NUT",
    "state": "present",
    "accept_legacy_risk": False,
    "shutdown": {"action": "shutdown", "delay": 0},
    "tls": "never",
}

NO_FOLDER = (
    "nut_client_windows_dir is {!r}: allowed is a full path with backslashes and without one at its end, such as "
    "C:\\NUT; no variable, no '..'."
)
WINDOWS_OWN = "nut_client_windows_dir is {!r}, which is Windows' own: choose a folder for NUT alone, such as C:\\NUT."
NO_ACTION = "nut_client_windows_shutdown.action must be shutdown or hibernate."

# settings that differ from those, the message
WINDOWS: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"method": "winnut"}, ""),
    ({"tls": "try"}, ""),
    ({"shutdown": {"action": "hibernate"}}, ""),
    ({"shutdown": "C:\\Windows\\System32\\shutdown.exe /s /t 0"}, ""),
    *[({"method": "legacy_msi", "accept_legacy_risk": value}, "") for value in (True, "true", "yes", 1)],
    *[({"method": "legacy_msi", "accept_legacy_risk": value}, LEGACY) for value in (False, "false", "", None, "maybe")],
    ({"tls": "require"}, NO_TLS),
    ({"method": "winnut", "tls": "require"}, NO_TLS),
    ({"shutdown": {"action": "reboot"}}, NO_ACTION),
    (
        {"shutdown": {"action": "hibernate", "delay": 5}},
        "nut_client_windows_shutdown.delay is 5: with action hibernate only 0 is allowed, Windows hibernates at once.",
    ),
    (
        {"shutdown": {"when": "now"}},
        "nut_client_windows_shutdown.when is unknown: allowed are action, delay, force.",
    ),
    ({"shutdown": None}, "nut_client_windows_shutdown must be a command or a mapping of action, delay, force."),
    ({"folder": "D:\\Power_Tools\\NUT"}, ""),
    ({"folder": "NUT"}, NO_FOLDER.format("NUT")),
    ({"folder": ""}, NO_FOLDER.format("")),
    ({"folder": None}, NO_FOLDER.format("None")),
    (
        {"folder": "C:\\Windows"},
        WINDOWS_OWN.format("C:\\Windows"),
    ),
    # what is to be taken away needs no method and no connection, but it has a folder
    ({"state": "absent", "method": "legacy_msi", "tls": "require"}, ""),
    ({"state": "absent", "folder": "C:\\NUT\\.."}, NO_FOLDER.format("C:\\NUT\\..")),
    ({"state": "absent", "shutdown": {"action": "reboot"}}, NO_ACTION),
]


@pytest.mark.parametrize(("changes", "message"), WINDOWS)
def test_values_for_windows(changes: dict[str, Any], message: str) -> None:
    assert refusal(check_windows, {**ON_WINDOWS, **changes}) == message


VARIABLES: dict[str, Any] = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
VARIABLES.update(nut_client_monitors=[NAS], nut_client_minsupplies=1)
NAMES = {
    "method": "nut_client_windows_method",
    "folder": "nut_client_windows_dir",
    "state": "nut_client_state",
    "accept_legacy_risk": "nut_client_windows_accept_legacy_risk",
    "shutdown": "nut_client_windows_shutdown",
    "tls": "nut_client_tls",
}


def said(windows: bool, changes: dict[str, Any], **variables: Any) -> str:
    """Return what a host is refused for, by short names of what matters on Windows, or by variables."""
    given = {**VARIABLES, **{NAMES[name]: value for name, value in changes.items()}, **variables}
    return refusal(check, given, VARIABLES, given.__getitem__, windows)


# whether it is Windows, what differs of the settings; the message
ASKED: list[tuple[bool, dict[str, Any], str]] = [
    (True, {}, ""),
    (True, {"tls": "require"}, NO_TLS),
    (True, {"method": "legacy_msi"}, LEGACY),
    (True, {"folder": "C:\\"}, NO_FOLDER.format("C:\\")),
    (True, {"method": "legacy_msi", "tls": "require", "state": "absent"}, ""),
    (False, {}, ""),
    (False, {"method": "legacy_msi", "tls": "require", "shutdown": "\n", "folder": ""}, ""),
]


@pytest.mark.parametrize(("windows", "changes", "message"), ASKED)
def test_only_windows_is_asked_what_only_windows_needs(windows: bool, changes: dict[str, Any], message: str) -> None:
    assert said(windows, changes) == message


def test_the_defaults_are_taken() -> None:
    assert refusal(check, VARIABLES, VARIABLES, VARIABLES.__getitem__, False) == ""
    assert refusal(check, VARIABLES, VARIABLES, VARIABLES.__getitem__, True) == ""
    everything = {name: value for name, value in VARIABLES.items() if name not in ("nut_client_minsupplies",)}
    assert refusal(check_types, everything) == "", "as Ansible would say in a task of its own"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"nut_client_state": "gone"},
            "value of nut_client_state must be one of: present, absent, got: gone.",
        ),
        ({"nut_client_boot_guard": "perhaps"}, "argument 'nut_client_boot_guard' is of type"),
        ({"nut_client_notifyflag": "EXEC"}, "argument 'nut_client_notifyflag' is of type"),
        ({"nut_client_polfreq": 5}, "Unknown variable: nut_client_polfreq."),
    ],
)
def test_what_somebody_set_is_checked(variables: dict[str, Any], message: str) -> None:
    assert said(False, {}, **variables).startswith(message)


def test_a_password_that_is_no_text_is_not_shown() -> None:
    monitors = [{**NAS, "port": SENTINEL, "password": SENTINEL}]
    text = said(False, {}, nut_client_monitors=monitors)
    assert "nut_client_monitors" in text
    assert SENTINEL not in text


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("nut_client_server", "use ups_host"),
        ("nut_client_password", "use ups_password"),
        ("nut_client_type", "leave it"),
    ],
)
def test_a_variable_of_another_role_is_refused_with_its_successor(name: str, successor: str) -> None:
    said = refusal(check_names, [name], KNOWN)
    assert said.startswith(f"Unknown variable: {name}. {name} is another role's: {successor}")


@pytest.mark.parametrize("seconds", [0, 10, "60"])
def test_waits_for_an_inhibitor_are_taken(seconds: Any) -> None:
    assert refusal(check_inhibitor_wait, seconds) == ""


@pytest.mark.parametrize("seconds", [-1, 61, "ten", 1.5, "1; reboot", None, ""])
def test_waits_for_an_inhibitor_are_refused(seconds: Any) -> None:
    assert refusal(check_inhibitor_wait, seconds) == (
        f"nut_client_inhibitor_wait is {seconds}: allowed is a whole number of seconds, 0 to 60."
    )


@pytest.mark.parametrize("seconds", [0, 20, "120", 1800])
def test_limits_of_a_shutdown_are_taken(seconds: Any) -> None:
    assert refusal(check_shutdown_limit, seconds) == ""


@pytest.mark.parametrize("seconds", [-1, 1, 19, 1801, "soon", 20.5, "20; reboot", None, ""])
def test_limits_of_a_shutdown_are_refused(seconds: Any) -> None:
    assert refusal(check_shutdown_limit, seconds) == (
        f"nut_client_shutdown_limit is {seconds}: allowed is 0 (no limit) or a whole number of seconds, 20 to 1800."
    )
