# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a packet is sent, and how it ends, on a clock that the test moves."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import waking
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.waking import Plan, Sleeper, Waking, hindrance

NAS, OTHER = ("192.0.2.10", 3493), ("192.0.2.11", 3494)
MAC = "00:00:5e:00:53:21"


def reading(
    status: str | None = "OL", charge: Any = "100", clients: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """Return what upsd_info says of a server with one UPS."""
    said = {"ups.status": status, "battery.charge": charge}
    variables = {key: value for key, value in said.items() if value is not None}
    ups = {
        "name": "ups",
        "variables": variables,
        "clients": list(clients),
        "variables_error": None,
        "clients_error": None,
    }
    return {"upses": [{**ups, **more}]}


DOWN = {"failed": True, "reason": "unreachable", "msg": "192.0.2.10 port 3493: unreachable."}
DENIED = {"failed": True, "reason": "not_permitted", "msg": "192.0.2.10 port 3493: not_permitted."}


def sleeper(name: str = "web1", **more: Any) -> Sleeper:
    """Return a host that is off."""
    given = {"upses": [(NAS, "ups")], "addresses": ["192.0.2.21"], "macs": [MAC], "armed": True, **more}
    return Sleeper(name, **given)


def step(state: Waking, readings: waking.Readings, now: float, error: str = "") -> list[waking.Outcome]:
    """Judge, and send what is due."""
    due = state.step(readings, now)
    for one in due:
        one.sent(now, error)
    return due


# what the server says; the code of what hinders, and words of it
HINDRANCES: list[tuple[dict[str, Any], str | None, str]] = [
    (reading(), None, ""),
    (reading("OL CHRG"), None, ""),
    (reading("ol"), None, ""),
    (reading("ALARM OL RB"), None, ""),
    (reading("OL DISCHRG"), None, ""),
    (reading("FSD OL"), "power", "'FSD OL': a forced shutdown stands"),
    (reading("OB FSD"), "power", "a forced shutdown stands"),
    (reading("OB DISCHRG"), "power", "it is on battery"),
    (reading("OL LB"), "power", "its battery is low"),
    (reading("OL CAL"), "power", "it calibrates its battery"),
    (reading("OL OFF"), "power", "it is off"),
    (reading("WAIT"), "power", "its driver has just started"),
    (reading("BYPASS"), "power", "it is not on line"),
    (reading(""), "power", "it is not on line"),
    (reading(None), "power", "it is not on line"),
    (reading("OL \x1b[2J"), None, ""),
    (reading("\x1b[2J"), "power", "'?[2J'"),
    (reading(charge="30"), None, ""),
    (reading(charge="100.00"), None, ""),
    (reading(charge="29.9"), "charge", "is charged to 29.9 %, not 30 %"),
    (reading(charge="0"), "charge", "to 0 %"),
    (reading(charge="-1"), "unusable", "has the battery.charge '-1': no charge was waited for"),
    (reading(charge="65535"), "unusable", "'65535'"),
    (reading(charge="nan"), "unusable", "'nan'"),
    (reading(charge="full"), "unusable", "'full'"),
    (reading(charge=None), "unusable", "has no battery.charge"),
    (reading(variables_error="DATA-STALE"), "untold", "ups@192.0.2.10 answers DATA-STALE"),
    (reading(clients_error="UNKNOWN-COMMAND"), "untold", "answers UNKNOWN-COMMAND"),
    ({"upses": []}, "no_ups", "192.0.2.10 has no UPS ups"),
    (DOWN, "unreachable", "the UPS server cannot be read: 192.0.2.10 port 3493: unreachable"),
    (DENIED, "not_permitted", "ups_wake_from names a host that is permitted there"),
    ({"failed": True}, "unreadable", "no answer"),
]


@pytest.mark.parametrize(("said", "code", "words"), HINDRANCES)
def test_what_the_server_says_hinders_or_not(said: dict[str, Any], code: str | None, words: str) -> None:
    found = hindrance(said, NAS, "ups", 30)
    assert (found and found[0]) == code
    assert words in (found or ("", ""))[1]


def test_no_charge_is_looked_at_where_none_is_asked_for() -> None:
    assert hindrance(reading(charge="5"), NAS, "ups", 0) is None
    assert hindrance(reading(charge="no"), OTHER, "ups", 0) is None
    place = hindrance(reading("OB"), OTHER, "ups", 0)
    assert place
    assert place[1].startswith("ups@192.0.2.11:3494 says")


@pytest.mark.parametrize("third", [3, 5])
def test_it_repeats_until_the_host_is_listed(third: int) -> None:
    state = Waking([sleeper()], Plan(), 0)
    for number in range(third):
        assert state.servers() == [NAS]
        assert [one.sleeper.name for one in step(state, {NAS: reading()}, 15 * number)] == ["web1"]
    assert step(state, {NAS: reading(clients=("127.0.0.1", "::ffff:192.0.2.21"))}, 15 * third) == []
    assert state.servers() == []
    shown = state.outcomes[0].shown()
    assert shown["text"] == f"woken: logged in again after {third} packets, {15 * third} s after the first."
    assert (shown["code"], shown["packets"], shown["macs"], shown["armed"]) == ("woken", third, [MAC], True)


def test_one_that_is_there_gets_no_packet_whatever_the_ups_says() -> None:
    state = Waking([sleeper()], Plan(), 0)
    assert step(state, {NAS: reading("FSD OL", clients=("192.0.2.21",))}, 0) == []
    assert (state.outcomes[0].code, state.waits) == ("already_there", [])


def test_a_power_failure_in_the_middle_stops_the_packets_and_the_seconds() -> None:
    state = Waking([sleeper()], Plan(timeout=100), 0)
    assert len(step(state, {NAS: reading()}, 0)) == 1
    for now in (15, 90, 1500):
        assert step(state, {NAS: reading("OB")}, now) == []
        assert state.waits == ["Waiting, because ups@192.0.2.10 says 'OB': it is on battery."]
    assert len(step(state, {NAS: reading()}, 1600)) == 1
    assert len(step(state, {NAS: reading()}, 1699)) == 1
    assert state.waits == []
    assert step(state, {NAS: reading()}, 1700) == []
    assert state.outcomes[0].code == "gave_up"


# what a host's card said when it was last seen; what is promised where it does not come
PROMISES: list[tuple[dict[str, Any], str]] = [
    ({"armed": True}, "Its card was armed when it was last audited."),
    (
        {"armed": False, "why": "eth0 has none"},
        "No promise, because no card of it was armed when it was last audited: eth0",
    ),
    ({"armed": None}, "No promise, because no audit told whether its card is armed."),
]


@pytest.mark.parametrize(("known", "words"), PROMISES)
def test_nothing_is_promised_that_a_card_did_not_say(known: dict[str, Any], words: str) -> None:
    state = Waking([sleeper(**known)], Plan(timeout=30), 0)
    for now in (0, 15, 30):
        step(state, {NAS: reading()}, now, "Network is unreachable.")
    text = state.outcomes[0].text
    assert text.startswith("gave up after 30 s (2 packets): the NAS does not list it. ")
    assert words in text
    assert "Sending failed: Network is unreachable. If it is up, upsfleet.synology.audit says why" in text
    dry = Waking([sleeper(**known)], Plan(), 0)
    dry.preview({NAS: reading()})
    assert dry.outcomes[0].text.startswith(f"would send packets to {MAC}. {words}")


@pytest.mark.parametrize("said", [reading("FSD OL"), reading("OB"), reading(charge="5"), DOWN])
def test_what_does_not_pass_is_waited_for_so_long(said: dict[str, Any]) -> None:
    state = Waking([sleeper()], Plan(wait=3600), 0)
    assert step(state, {NAS: said}, 3599) == []
    assert state.servers() == [NAS]
    assert step(state, {NAS: said}, 3600) == []
    assert state.servers() == []
    assert (state.outcomes[0].code, state.outcomes[0].packets) == ("gave_up", 0)
    assert "Nothing was sent." in state.outcomes[0].text


def test_a_server_that_permits_nobody_is_not_waited_for() -> None:
    state = Waking([sleeper()], Plan(), 0)
    assert step(state, {NAS: DENIED}, 0) == []
    assert "ups_wake_from names a host" in state.outcomes[0].text
    assert state.servers() == []
    dry = Waking([sleeper()], Plan(), 0)
    dry.preview({NAS: DENIED})
    assert (dry.outcomes[0].code, dry.outcomes[0].text[:35]) == ("gave_up", "cannot be woken from here, because ")


def test_every_ups_that_feeds_a_host_must_be_well_and_list_it() -> None:
    state = Waking([sleeper(upses=[(NAS, "ups"), (OTHER, "ups")])], Plan(), 0)
    assert state.servers() == [NAS, OTHER]
    listed = reading(clients=("192.0.2.21",))
    assert step(state, {NAS: reading(), OTHER: reading("OB")}, 0) == []
    assert len(step(state, {NAS: listed, OTHER: reading()}, 0)) == 1
    assert step(state, {NAS: listed, OTHER: listed}, 0) == []
    assert state.outcomes[0].code == "woken"


def test_the_order_is_kept_and_only_so_many_are_under_way() -> None:
    hosts = [sleeper(f"web{number}", addresses=[f"192.0.2.{number}"]) for number in (3, 1, 2)]
    state = Waking(hosts, Plan(at_once=2, interval=1), 0)
    assert [one.sleeper.name for one in step(state, {NAS: reading()}, 0)] == ["web3", "web1"]
    assert [one.sleeper.name for one in step(state, {NAS: reading(clients=("192.0.2.1",))}, 1)] == ["web2", "web3"]
    together = Waking(hosts, Plan(), 0)
    assert [one.sleeper.name for one in step(together, {NAS: reading()}, 0)] == ["web3", "web1", "web2"]


def test_who_was_not_sent_to_in_time_comes_first() -> None:
    """A reading grows old while packets are sent, so the rest of them waits for the next one."""
    hosts = [sleeper(name, addresses=[f"192.0.2.{number}"]) for number, name in enumerate("abc", 21)]
    state = Waking(hosts, Plan(interval=15), 0)
    for now, expected in ((0, "abc"), (6, "bc"), (12, "c"), (14, ""), (15, "a"), (40, "bca")):
        due = state.step({NAS: reading()}, now)
        assert "".join(one.sleeper.name for one in due) == expected
        for one in due[:1]:
            one.sent(now)


def test_a_guest_is_waited_for_without_a_packet() -> None:
    guest = sleeper(macs=[], armed=False, passive=True, why="it is a container")
    state = Waking([guest, guest._replace(name="web2", addresses=["192.0.2.22"])], Plan(timeout=60), 0)
    assert step(state, {NAS: reading()}, 0) == []
    assert step(state, {NAS: reading(clients=("192.0.2.21",))}, 15) == []
    assert step(state, {NAS: reading(clients=("192.0.2.21",))}, 60) == []
    assert [one.code for one in state.outcomes] == ["came_back", "gave_up"]
    assert (
        "(nothing was sent): the NAS does not list it. Something else starts it: it is a cont" in state.outcomes[1].text
    )


# the host; how it ends before anything is sent, and with which words
UNTRIED: list[tuple[Sleeper, str, str]] = [
    (sleeper(macs=[], why="it is new"), "no_mac", "no MAC address known (it is new): set ups_wake_mac"),
    (sleeper(addresses=[]), "no_address", "set ups_client_address"),
    (sleeper(upses=[]), "not_fed", "set ups_wake: false"),
    (Sleeper("web1", fault="ups_host is missing"), "bad_input", "ups_host is missing"),
]


@pytest.mark.parametrize(("host", "code", "words"), UNTRIED)
@pytest.mark.parametrize("dry", [True, False])
def test_who_cannot_be_woken_is_named(host: Sleeper, code: str, words: str, dry: bool) -> None:
    state = Waking([host], Plan(), 0)
    if dry:
        state.preview({NAS: reading()})
    else:
        assert step(state, {NAS: reading()}, 0) == []
    assert state.outcomes[0].code == code
    assert code not in waking.WELL
    assert words in state.outcomes[0].text


def test_a_preview_says_what_would_have_to_pass() -> None:
    state = Waking([sleeper(), sleeper("web2", addresses=["192.0.2.22"])], Plan(), 0)
    state.preview({NAS: reading("FSD OL", clients=("192.0.2.22",))})
    assert [one.code for one in state.outcomes] == ["would_wake", "already_there"]
    assert state.outcomes[0].text.startswith("would first wait, because ups@192.0.2.10 says 'FSD OL'")
    assert state.outcomes[0].packets == 0


def test_a_charge_that_is_none_is_noted_once() -> None:
    state = Waking([sleeper(), sleeper("web2")], Plan(), 0)
    for now in (0, 15):
        assert len(step(state, {NAS: reading(charge="full")}, now)) == 2
    assert state.notes == ["ups@192.0.2.10 has the battery.charge 'full': no charge was waited for"]
