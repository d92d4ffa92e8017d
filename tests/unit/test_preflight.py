# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused on the controller, with the variable's name and never a password."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.action.nut_client_preflight import (
    check_limits,
    check_names,
    check_values,
)

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
