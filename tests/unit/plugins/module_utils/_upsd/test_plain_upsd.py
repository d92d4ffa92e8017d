# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shipped upsd answers, and what it has no word for. The mock NAS's tests hold the rest."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import protocol
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.drill import PROFILE, DrillState, Settings
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.profile import WORDS
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Driver, Session

HOST, STRANGER = "192.0.2.31", "198.51.100.7"
SETTINGS = Settings("Ups", "drill", "Zq7-sentinel", ("127.0.0.1",), (HOST, "2001:db8::7"))
CREDENTIALS = "USERNAME drill|PASSWORD Zq7-sentinel"
UNKNOWN, DENIED = "ERR UNKNOWN-COMMAND", "ERR ACCESS-DENIED"


class Upsd:
    """One of a drill, without sockets."""

    def __init__(self) -> None:
        self.moment = 1000.0
        self.state = DrillState(SETTINGS, lambda: self.moment, lambda: self.moment + 5000)

    def say(self, session: Session, *lines: str) -> list[str]:
        """Send lines, return the reply's."""
        return (
            protocol.receive(self.state, session, "".join(f"{line}\n" for line in lines).encode()).decode().splitlines()
        )


@pytest.fixture
def upsd() -> Upsd:
    return Upsd()


# what was sent before (lines joined with |), the line, the reply's first line
CASES = [
    ("", "VER", "Network UPS Tools upsd drill-of-upsfleet - http://www.networkupstools.org/"),
    ("", "NETVER", "1.2"),
    ("", "HELP", "Commands: HELP VER GET LIST LOGIN LOGOUT USERNAME PASSWORD STARTTLS"),
    ("", "STARTTLS", "ERR FEATURE-NOT-CONFIGURED"),
    ("", "GET VAR ups ups.status", 'VAR ups ups.status "OL"'),
    ("", "GET VAR ups battery.charge", 'VAR ups battery.charge "100"'),
    ("", "GET TYPE ups battery.charge", "TYPE ups battery.charge NUMBER"),
    ("", "GET TRACKING", "ERR INVALID-ARGUMENT"),
    ("", "LIST RW ups", "BEGIN LIST RW ups"),
    ("", "LIST CMD ups", "BEGIN LIST CMD ups"),
    ("", "LIST ENUM ups battery.charge", "BEGIN LIST ENUM ups battery.charge"),
    ("", "LOGIN ups", "ERR USERNAME-REQUIRED"),
    ("USERNAME drill", "LOGIN ups", "ERR PASSWORD-REQUIRED"),
    ("USERNAME drill|PASSWORD wrong", "LOGIN ups", DENIED),
    (CREDENTIALS, "LOGIN ups", "OK"),
    (CREDENTIALS, "LOGIN other", "ERR UNKNOWN-UPS"),
    *[(CREDENTIALS + "|LOGIN ups", line, UNKNOWN) for line in ("FSD ups", "MASTER ups", "PRIMARY ups")],
    (CREDENTIALS, "SET VAR ups battery.charge.low 20", UNKNOWN),
    (CREDENTIALS, "INSTCMD ups load.off", UNKNOWN),
]


@pytest.mark.parametrize(("before", "line", "reply"), CASES)
def test_line(upsd: Upsd, before: str, line: str, reply: str) -> None:
    session = upsd.state.connect(HOST)
    upsd.say(session, *filter(None, before.split("|")))
    assert upsd.say(session, line)[0] == reply


def test_it_has_a_handler_for_each_of_its_words_and_none_that_changes_a_ups() -> None:
    assert PROFILE.words == WORDS <= set(protocol.HANDLERS)
    assert not {"FSD", "SET", "INSTCMD", "MASTER", "PRIMARY"} & (set(protocol.HANDLERS) | set(DrillState.extra))


@pytest.mark.parametrize("address", [STRANGER, "127.0.0.1", "::1"])
def test_nobody_else_is_answered(upsd: Upsd, address: str) -> None:
    session = upsd.state.connect(address)
    lines = ["VER", "LIST UPS", *CREDENTIALS.split("|"), "FSD ups"]
    assert upsd.say(session, *lines) == [DENIED, DENIED, DENIED, DENIED, UNKNOWN]
    assert upsd.state.refused == {address: "not_permitted"}


@pytest.mark.parametrize("address", ["::ffff:192.0.2.31", "2001:DB8:0::7"])
def test_an_address_is_known_however_it_is_written(upsd: Upsd, address: str) -> None:
    assert upsd.say(upsd.state.connect(address), "NETVER") == ["1.2"]


def test_wrong_credentials_are_told_from_a_wrong_address(upsd: Upsd) -> None:
    upsd.say(upsd.state.connect(HOST), "USERNAME drill", "PASSWORD x", "LOGIN ups")
    assert upsd.state.refused == {HOST: "bad_credentials"}


def test_only_so_many_refused_addresses_are_remembered(upsd: Upsd) -> None:
    for number in range(200):
        upsd.say(upsd.state.connect(f"198.51.100.{number}"), "VER")
    assert len(upsd.state.refused) == 50


@pytest.mark.parametrize(
    ("driver", "reply"),
    [
        (Driver.STALE, "ERR DATA-STALE"),
        (Driver.DOWN, "ERR DRIVER-NOT-CONNECTED"),
        (Driver.WAIT, 'VAR ups ups.status "WAIT"'),
    ],
)
def test_a_driver_in_trouble(upsd: Upsd, driver: Driver, reply: str) -> None:
    upsd.state.ups.driver = driver
    assert upsd.say(upsd.state.connect(HOST), "GET VAR ups ups.status") == [reply]


@pytest.mark.parametrize("how", ["logout", "lost", "gone"])
def test_how_a_client_went_is_kept(upsd: Upsd, how: str) -> None:
    session = upsd.state.connect(HOST)
    upsd.say(session, *CREDENTIALS.split("|"), "LOGIN ups")
    upsd.moment += 3
    if how == "logout":
        upsd.say(session, "LOGOUT")
    upsd.state.going = how == "gone"
    for _ in range(2):  # dropped by the server, then lost by its socket
        upsd.state.disconnect(session)
    (login,) = upsd.state.logins
    assert (login.address, login.login, login.logout, login.how) == (HOST, 6000, 6003, how)
