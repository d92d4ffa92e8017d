# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Windows host is logged in."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from unit.plugins.plugin_utils._windows.windows_host import (
    CONNECTED,
    DENIED,
    EXCHANGE,
    FIND,
    INFO,
    ME,
    NAS,
    NOW,
    OLD_NAS,
    SESSION,
    Windows,
    assessed,
    named,
    refused,
    upsd,
)


@pytest.mark.parametrize(
    ("exchange", "connections", "verdict", "logged_in", "running_client_logged_in"),
    [
        (upsd(), [CONNECTED], "ok", True, True),
        (upsd(clients=()), [CONNECTED], "ok", False, False),
        (upsd(), [SESSION], "ok", False, False),
        (upsd(), [{**CONNECTED, "pid": 900}], "ok", False, False),
        # what Windows does not tell is not none
        (upsd(), None, "ok", None, True),
        (upsd(), [], "ok", None, True),
        (upsd(clients=()), [], "ok", None, True),
        (upsd(), [SESSION, {**CONNECTED, "pid": 0}], "ok", None, True),
        (upsd(clients=(ME, ME)), [SESSION, {**CONNECTED, "pid": 0}, CONNECTED], "ok", True, True),
        (upsd(), [CONNECTED, {**CONNECTED, "pid": 900}], "ok", None, True),
        (DENIED, [SESSION], "not_permitted", False, False),
        (upsd(LOGIN="ERR ACCESS-DENIED"), [CONNECTED], "bad_credentials", True, True),
        (refused, [SESSION], "refused", False, False),
    ],
)
def test_logins(
    windows: Windows,
    exchange: Callable[[dict[str, Any]], dict[str, Any]],
    connections: list[dict[str, Any]] | None,
    verdict: str,
    logged_in: bool | None,
    running_client_logged_in: bool,
) -> None:
    windows.results[EXCHANGE] = exchange
    windows.results[INFO]["connections"] = connections
    seen = windows.look()
    (report,) = seen["access"]
    assert (report["verdict"], report["logged_in"]) == (verdict, logged_in)
    assert seen["running_client_logged_in"] is running_client_logged_in
    assert report["power_value"] == 1


def logged_in_elsewhere(windows: Windows, there: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let the NAS deny the host, whose upsmon is connected to another server, which answers as *there* does."""
    windows.results[EXCHANGE] = lambda arguments: (there if arguments["host"] == OLD_NAS else DENIED)(arguments)
    windows.results[INFO]["connections"] = [{**CONNECTED, "remote_address": OLD_NAS}]
    windows.results[FIND]["files"] = named("nut.conf")


@pytest.mark.parametrize(("listed", "running_client_logged_in"), [((ME,), True), (("192.0.2.99",), False), ((), False)])
def test_a_login_elsewhere_is_kept(windows: Windows, listed: tuple[str, ...], running_client_logged_in: bool) -> None:
    """upsmon serves another NAS well, and the desired one does not permit it."""
    there = upsd(clients=listed)
    logged_in_elsewhere(windows, there)
    seen = windows.look()
    assert seen["running_client_logged_in"] is running_client_logged_in
    for (name, asked), line in zip(windows.calls[-2:], ["LIST UPS", "LIST CLIENT ups"]):
        assert (name, asked["host"], asked["port"]) == (EXCHANGE, OLD_NAS, 3493)
        assert [sent["send"] for sent in asked["lines"]] == [line]
        assert "password" not in asked
    changes = assessed(seen)["changes"]
    assert changes["steps"] == ([] if running_client_logged_in else ["configure", "service"])
    assert changes["code"] == ("would_lose_login" if running_client_logged_in else "")


@pytest.mark.parametrize("exchange", [DENIED, refused, upsd(clients=(), LOGIN="ERR ACCESS-DENIED"), upsd(ups="office")])
def test_an_upsmon_logged_in_elsewhere_under_another_ups_name_is_protected_by_the_change_table(
    windows: Windows, exchange: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """It watches rack@other, and the desired ups@nas would not take its login."""
    there = upsd(ups="rack")
    windows.results[EXCHANGE] = lambda arguments: (there if arguments["host"] == OLD_NAS else exchange)(arguments)
    windows.results[INFO]["connections"] = [{**CONNECTED, "remote_address": OLD_NAS}]
    windows.results[FIND]["files"] = named("nut.conf")
    seen = windows.look()
    assert seen["running_client_logged_in"] is True
    assert [sent["send"] for sent in windows.calls[-1][1]["lines"]] == ["LIST CLIENT rack"]
    result = assessed(seen)
    assert (result["drift"], result["changes"]["steps"], result["changes"]["code"]) == (
        ["config"],
        [],
        "would_lose_login",
    )
    assert result["changes"]["reason"].startswith("Not changed: upsmon is logged in")


@pytest.mark.parametrize("there", [upsd(LIST="ERR ACCESS-DENIED"), upsd(LIST="BEGIN LIST UPS\nEND LIST UPS")])
def test_a_server_elsewhere_that_serves_this_host_nothing_keeps_nothing(
    windows: Windows, there: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    logged_in_elsewhere(windows, there)
    seen = windows.look()
    assert seen["running_client_logged_in"] is False
    assert windows.executed.count(EXCHANGE) == 2
    assert assessed(seen)["changes"]["steps"] == ["configure", "service"]


@pytest.mark.parametrize("there", [refused, upsd(LIST="ERR UNKNOWN-COMMAND")])
def test_a_server_elsewhere_that_does_not_tell_may_list_this_host(
    windows: Windows, there: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    logged_in_elsewhere(windows, there)
    seen = windows.look()
    assert seen["running_client_logged_in"] is True
    assert assessed(seen)["changes"]["code"] == "would_lose_login"


def test_the_address_that_upsmon_uses_is_probed(windows: Windows) -> None:
    windows.look()
    assert windows.given(EXCHANGE)["prefer"] == [NAS]


# an address, the origins of its halves, whether it is temporary
ORIGINS: list[tuple[str, str, str, bool]] = [
    ("2001:db8::e9ed:2362:7268:c42f", "RouterAdvertisement", "Random", True),
    ("fd00::e9ed:2362:7268:c42f", "RouterAdvertisement", "Random", True),
    ("2001:db8::bc61:889c:f8ef:4efd", "RouterAdvertisement", "Link", False),  # as random, and lasting
    ("fe80::bc61:889c:f8ef:4efd%5", "WellKnown", "Link", False),
    ("fe80::bc61:889c:f8ef:4efd%5", "WellKnown", "Random", False),
    ("2001:db8::31", "Dhcp", "Dhcp", False),
    ("2001:db8::31", "Manual", "Manual", False),
    ("::1", "WellKnown", "WellKnown", False),
]


@pytest.mark.parametrize(("address", "prefix", "suffix", "temporary"), ORIGINS)
def test_temporary_addresses(windows: Windows, address: str, prefix: str, suffix: str, temporary: bool) -> None:
    told = [{"address": address, "prefix_origin": prefix, "suffix_origin": suffix}]
    windows.results[INFO]["ipv6_addresses"] = told
    assert windows.look()["temporary_addresses"] == ([address] if temporary else [])
    assert windows.executed.count(INFO) == 1


def test_a_windows_that_tells_no_ipv6_addresses_has_none_that_is_known_to_pass(windows: Windows) -> None:
    windows.results[INFO]["ipv6_addresses"] = None
    assert windows.look()["temporary_addresses"] == []


def test_beside_another_reader_the_line_that_came_with_the_start_is_upsmons(windows: Windows) -> None:
    reader = {**CONNECTED, "pid": 900, "local_port": 50001}
    windows.results[INFO].update(connections=[SESSION, CONNECTED, reader])
    assert windows.look()["access"][0]["logged_in_code"] == "second_reader"
    running = windows.results[INFO]["processes"]
    windows.results[EXCHANGE] = upsd(clients=())
    windows.results[INFO].update(processes=[], connections=[SESSION, reader])
    stopped = windows.look()
    windows.results[EXCHANGE] = upsd()
    windows.results[INFO].update(processes=running, connections=[SESSION, CONNECTED, reader])
    seen = windows.look(without=stopped["access"])
    assert (seen["access"][0]["logged_in"], seen["access"][0]["logged_in_code"]) == (True, "started")
    assert seen["login_note"] == {
        "pid": 4312,
        "started": NOW - 50,
        "connections": [[ME, 51234, NAS, 3493]],
    }


def test_connections_of_others_are_not_asked_about(windows: Windows) -> None:
    windows.results[EXCHANGE] = DENIED
    windows.results[INFO]["connections"] = [{**CONNECTED, "pid": 900, "remote_address": OLD_NAS}]
    windows.look()
    assert windows.executed.count(EXCHANGE) == 1
