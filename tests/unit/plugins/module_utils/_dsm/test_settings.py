# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be asked of DSM, how it is said, and that what stands afterwards decides."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import addresses, apply, session
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import settings as dsm_settings
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import (
    DsmError,
    DsmUnexpected,
    DsmUnreachable,
    Refusal,
)
from hypothesis import given
from hypothesis import strategies as st

A, B, C, D, E, F = (f"192.0.2.{number}" for number in range(1, 7))
ON = {"enable": True, "mode": "USB", "delay_time": -1, "shutdown_device": False, "ACL_enable": True}
OFF = {**ON, "enable": False, "ACL_enable": False, "ACL_list": []}


def settings(*permitted: str, **changes: Any) -> dsm_settings.UpsSettings:
    return dsm_settings.parse_settings({**ON, "ACL_list": [*permitted, *[""] * (5 - len(permitted))], **changes})


# what is written, what it means to upsd
CANONICAL = [
    (" 192.0.2.1\n", "192.0.2.1"),
    ("192.0.2.010", "192.0.2.8"),
    ("127.2", "127.0.0.2"),
    ("0xC0000201", "192.0.2.1"),
    ("192.0.2.999", "192.0.2.999"),
    ("2001:DB8:0:0::1", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1%eth0"),
    ("host.example.com", "host.example.com"),
    ("192.0.2.0/24", "192.0.2.0/24"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical(text: str, expected: str) -> None:
    assert addresses.canonical(text) == expected


def test_a_mapped_address_is_another_text_than_its_ipv4_address() -> None:
    assert addresses.canonical("::ffff:192.0.2.1") != A
    assert addresses.permitted_address("::ffff:192.0.2.1") == A


# what is asked for, what is sent or what the refusal says
ADDRESSES = [
    (" 192.0.2.1 ", "192.0.2.1"),
    ("2001:DB8:0::0001", "2001:db8::1"),
    ("192.0.2.010", "octal there"),
    ("010.0.0.1", "octal there"),
    ("192.0.2.0/24", "no networks, ranges or wildcards"),
    ("192.0.2.*", "no networks, ranges or wildcards"),
    ("192.0.2.1-192.0.2.9", "no networks, ranges or wildcards"),
    ("192.0.2.1-9", "no networks, ranges or wildcards"),
    ("192.0.2.1,192.0.2.2", "no networks, ranges or wildcards"),
    ("fe80::1%eth0", "names a zone"),
    ("host.example.com", "is not an IPv4 or IPv6 address"),
    ("127.2", "is not an IPv4 or IPv6 address"),
    ("", "is not an IPv4 or IPv6 address"),
    ("127.0.0.1", "always permitted"),
    ("::1", "always permitted"),
    ("::ffff:127.0.0.1", "always permitted"),
    ("0.0.0.0", "cannot be the address of a client"),
    ("::", "cannot be the address of a client"),
    ("224.0.0.1", "cannot be the address of a client"),
    ("255.255.255.255", "cannot be the address of a client"),
]


# what a server may say that a client's address is, what is odd about it
ODD = [
    (A, ""),
    ("2001:db8::1", ""),
    ("10.0.0.1", ""),
    ("127.0.0.1", "loopback"),
    ("::1", "loopback"),
    ("::ffff:127.0.0.1", "loopback"),
    ("0.0.0.0", "unspecified"),
    ("::", "unspecified"),
    ("224.0.0.1", "multicast"),
    ("ff02::1", "multicast"),
    ("255.255.255.255", "broadcast"),
    ("169.254.7.7", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("host.example.com", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "kind"), ODD)
def test_an_address_that_tells_no_client_from_another(text: str, kind: str) -> None:
    assert addresses.odd(text) == kind


@pytest.mark.parametrize(("text", "expected"), ADDRESSES)
def test_addresses_asked_for(text: str, expected: str) -> None:
    if " " in expected:
        with pytest.raises(ValueError, match=expected):
            dsm_settings.wanted(settings(), permitted=[text])
    else:
        assert dsm_settings.wanted(settings(), permitted=[text]).permitted == [expected]


# changes of the answer, what the error says or what is read: permitted, full, network_server
ANSWERS: list[tuple[dict[str, Any], Any]] = [
    ({}, ([A], False, True)),
    ({"ACL_list": [A, "", B + "\n", " ", ""]}, ([A, B], False, True)),
    ({"ACL_list": [A, B, C, D, E]}, ([A, B, C, D, E], True, True)),
    ({"ACL_list": [A, B, C, D, E, F]}, ([A, B, C, D, E, F], True, True)),
    ({"ACL_list": [A, A, A, A, A]}, ([A, A, A, A, A], True, True)),
    ({"ACL_list": []}, ([], False, True)),
    ({"ACL_enable": False, "ACL_list": None}, ([], False, False)),
    ({"mode": "SLAVE", "ACL_enable": None, "ACL_list": None}, ([], False, None)),
    ({"enable": False, "mode": None, "ACL_enable": None, "ACL_list": None}, ([], False, None)),
    ({"mode": "usb\n"}, ([A], False, True)),
    ({"enable": None}, "enable is missing"),
    ({"enable": "true"}, "enable is a str, not a bool"),
    ({"enable": 1}, "enable is a int, not a bool"),
    ({"mode": None}, "mode is none of"),
    ({"mode": "MASTER"}, "mode is none of"),
    ({"enable": False, "mode": "MASTER"}, "mode is none of"),
    ({"delay_time": "60"}, "delay_time is a str, not a int"),
    ({"delay_time": True}, "delay_time is a bool, not a int"),
    ({"shutdown_device": "no"}, "shutdown_device is a str"),
    ({"ACL_enable": None}, "ACL_enable is missing"),
    ({"ACL_list": None}, "ACL_list is missing"),
    ({"ACL_list": A}, "ACL_list is a str"),
    ({"ACL_list": [A, None]}, "ACL_list holds something else"),
]


@pytest.mark.parametrize(("changes", "expected"), ANSWERS)
def test_parse(changes: dict[str, Any], expected: Any) -> None:
    answer = {
        key: value for key, value in {**ON, "ACL_list": [A, "", "", "", ""], **changes}.items() if value is not None
    }
    if isinstance(expected, str):
        with pytest.raises(DsmUnexpected, match=expected):
            dsm_settings.parse_settings(answer)
    else:
        read = dsm_settings.parse_settings(answer)
        assert (read.permitted, read.full, read.network_server) == expected


FIVE = (A, B, C, D, E)
# shown, asked for, further options, the list to stand, None for no difference, or text: what the refusal says
SLOTS: list[tuple[tuple[str, ...], list[str], dict[str, Any], Any]] = [
    ((), [A], {}, [A]),
    ((), [A, B, C, D, E], {}, [A, B, C, D, E]),
    ((), [A, A, " " + A], {}, [A]),
    ((A,), [A], {}, None),
    ((A,), [B], {}, [A, B]),
    ((B, A), [A, B], {}, None),
    ((A, A), [A], {}, None),
    ((A, A), [B], {}, [A, B]),
    ((A, B), [A], {"exact": True}, [A]),
    ((A, B), [C, B], {"exact": True}, [B, C]),
    ((A,), [], {}, None),
    ((), [], {"exact": True}, None),
    (("2001:DB8::1",), ["2001:db8:0::1"], {}, None),
    (("192.0.2.010",), ["192.0.2.8"], {}, None),
    (("192.0.2.010",), ["192.0.2.10"], {}, ["192.0.2.010", "192.0.2.10"]),
    (("host.example.com",), [A], {}, ["host.example.com", A]),
    ((A, B, C, D), [E], {}, [A, B, C, D, E]),
    ((A, B, C, D), [E, F], {}, "there would be 6"),
    ((A, B, C, D), [E, F], {"exact": True}, [E, F]),
    ((), [A, B, C, D, E, F], {}, "there would be 6"),
    ((), [A, B, C, D, E, F], {"exact": True}, "there would be 6"),
    (FIVE, [A, E], {}, None),
    (FIVE, list(FIVE), {"exact": True}, None),
    (FIVE, [F], {}, "there would be 6"),
    (FIVE, [F], {"exact": True}, "in use"),
    (FIVE, [A], {"exact": True}, "in use"),
    (FIVE, [A], {"delay_time": 60}, "what differs: delay_time"),
    (FIVE, [A], {"delay_time": -1}, None),
    ((A, A, A, A, A), [B], {}, "in use"),
]


@pytest.mark.parametrize(("shown", "asked", "options", "expected"), SLOTS)
def test_slots(shown: tuple[str, ...], asked: list[str], options: dict[str, Any], expected: Any) -> None:
    current = settings(*shown)
    if isinstance(expected, str):
        with pytest.raises(Refusal, match=expected) as caught:
            dsm_settings.wanted(current, permitted=asked, **options)
        others = "delay_time" in options
        assert caught.value.differs == (["delay_time"] if others else ["permitted"])
        assert (caught.value.needs_ssh, caught.value.kind == "needs_ssh") == (not others, not others)
        assert "dsm_ups_server_method: ssh" in str(caught.value)
    elif expected is None:
        assert dsm_settings.wanted(current, permitted=asked, **options) is current
    else:
        assert dsm_settings.wanted(current, permitted=asked, **options).permitted == expected


@pytest.mark.parametrize("shown", [(A,), (A, B), FIVE])
def test_an_exact_list_of_nobody_is_refused(shown: tuple[str, ...]) -> None:
    with pytest.raises(Refusal, match=f"would shut out everybody .{', '.join(shown)}.") as caught:
        dsm_settings.wanted(settings(*shown), permitted=[], exact=True)
    assert (caught.value.needs_ssh, caught.value.differs) == (False, ["permitted"])


# what DSM tells, the words of ups.status that it means
STATUSES = [
    ("usb_ups_status_online", "OL"),
    ("usb_ups_status_battery", "OB"),
    ("usb_ups_status_low_batt", "OB LB"),
    ("usb_ups_status_unknown", ""),
    ("else", ""),
    (None, ""),
]


@pytest.mark.parametrize(("told", "words"), STATUSES)
def test_the_status_that_dsm_tells(told: str | None, words: str) -> None:
    assert dsm_settings.ups_status(settings(A, status=told)) == words


@pytest.mark.parametrize("option", [{"enabled": False}, {"network_server": False}, {"mode": "SNMP"}, {"delay_time": 5}])
def test_five_shown_forbid_any_other_change(option: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="dsm_ups_server_method: ssh") as caught:
        dsm_settings.wanted(settings(*FIVE, snmp_server_ip="192.0.2.9"), **option)
    assert (caught.value.needs_ssh, caught.value.differs) == (False, list(option))


def test_six_for_a_nas_that_is_off_need_both_ways() -> None:
    with pytest.raises(Refusal, match="let this set enabled, network_server first, without permitted") as caught:
        dsm_settings.wanted(dsm_settings.parse_settings(OFF), enabled=True, network_server=True, permitted=[*FIVE, F])
    assert (caught.value.needs_ssh, caught.value.differs) == (False, ["enabled", "network_server", "permitted"])


# the answer's changes, options, what differs or what the refusal says
UNCLEAR: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
    ({}, {}, []),
    (OFF, {}, []),
    (OFF, {"enabled": False}, []),
    ({}, {"enabled": False}, ["enabled"]),
    ({"mode": "SLAVE"}, {"enabled": False}, ["enabled"]),
    ({}, {"enabled": False, "delay_time": 5}, "enabled: false cannot be combined"),
    ({}, {"enabled": False, "permitted": [B]}, "enabled: false cannot be combined"),
    (OFF, {"permitted": [A]}, "say enabled: true"),
    (OFF, {"delay_time": 5}, "say enabled: true"),
    (OFF, {"enabled": True}, ["enabled"]),
    (OFF, {"enabled": True, "permitted": [A]}, "say network_server: true"),
    (
        OFF,
        {"enabled": True, "network_server": True, "permitted": [A]},
        ["enabled", "network_server", "permitted"],
    ),
    ({**OFF, "mode": ""}, {"enabled": True}, "no mode to turn it on with"),
    ({**OFF, "mode": ""}, {"enabled": True, "mode": "USB"}, ["enabled", "mode"]),
    ({**OFF, "ACL_enable": None}, {"enabled": True}, "does not tell its permitted list"),
    ({"ACL_enable": False}, {"permitted": [B]}, "say network_server: true"),
    ({}, {"network_server": False}, ["network_server"]),
    ({}, {"network_server": False, "permitted": [B]}, "say network_server: true"),
    ({"mode": "SLAVE"}, {"permitted": [B]}, "another UPS server"),
    ({"mode": "SLAVE"}, {"permitted": [B], "mode": "USB"}, ["mode", "permitted"]),
    ({}, {"mode": "SNMP"}, "does not know its SNMP UPS"),
    ({"snmp_server_ip": "192.0.2.9"}, {"mode": "SNMP"}, ["mode"]),
    ({"snmp_server_ip": "192.0.2.9", "mode": "SNMP"}, {"shutdown_device": True}, "UPS on USB"),
    ({}, {"shutdown_device": True, "delay_time": 259200}, ["delay_time", "shutdown_device"]),
]


@pytest.mark.parametrize(("changes", "options", "expected"), UNCLEAR)
def test_what_nobody_decided(changes: dict[str, Any], options: dict[str, Any], expected: Any) -> None:
    current = dsm_settings.parse_settings({**ON, "ACL_list": [A], **changes})
    if isinstance(expected, str):
        with pytest.raises(DsmError, match=expected):
            dsm_settings.wanted(current, **options)
    else:
        assert current.differences(dsm_settings.wanted(current, **options)) == expected


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"delay_time": -2}, "from 0 to 259200 seconds, or -1"),
        ({"delay_time": 259201}, "not 259201"),
        ({"mode": "SLAVE"}, "one of USB, SNMP"),
        ({"exact": True}, "exact needs permitted"),
    ],
)
def test_options_that_are_never_right(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        dsm_settings.wanted(settings(), **options)


def test_set_form() -> None:
    target = dsm_settings.wanted(settings(A), permitted=["192.0.2.10", "2001:db8::1"])
    assert dsm_settings.set_form(target) == {
        "enable": "true",
        "mode": '"USB"',
        "delay_time": "-1",
        "shutdown_device": "false",
        "ACL_enable": "true",
        "ACL_list": '["192.0.2.1","192.0.2.10","2001:db8::1","",""]',
        "snmp_auth_key_dirty": "false",
        "snmp_privacy_key_dirty": "false",
    }


def test_set_form_leaves_out_what_dsm_did_not_tell() -> None:
    current = dsm_settings.parse_settings({"enable": True, "mode": "USB", "ACL_enable": True, "ACL_list": []})
    form = dsm_settings.set_form(dsm_settings.wanted(current, permitted=[A]))
    assert set(form) == {"enable", "mode", "ACL_enable", "ACL_list", "snmp_auth_key_dirty", "snmp_privacy_key_dirty"}


def test_set_form_of_an_snmp_ups_sends_its_settings_back(secrets: dict[str, str]) -> None:
    snmp = {"snmp_server_ip": "192.0.2.9", "snmp_version": "v2c", "snmp_community": secrets["community"]}
    current = settings(A, mode="SNMP", snmp_auth_key=True, snmp_mib=None, **snmp)
    form = dsm_settings.set_form(dsm_settings.wanted(current, permitted=[B]))
    assert {key: form[key] for key in snmp} == {key: f'"{value}"' for key, value in snmp.items()}
    assert not {"snmp_auth_key", "snmp_mib", "shutdown_device"} & set(form)
    assert secrets["community"] not in repr(current)
    assert secrets["community"] not in str(dsm_settings.told(current))


_entries = st.lists(st.sampled_from([A, B, C, D, E, F, "2001:DB8::1", "host.example.com", "192.0.2.010"]), max_size=5)
_asked = st.lists(st.sampled_from([A, B, C, D, E, F, "2001:db8::1", "192.0.2.8"]), max_size=6)


@given(shown=_entries, asked=_asked, exact=st.booleans())
def test_what_is_sent_is_right_and_stays_so(shown: list[str], asked: list[str], exact: bool) -> None:
    current = settings(*shown)
    try:
        target = dsm_settings.wanted(current, permitted=asked, exact=exact)
    except Refusal:
        return
    stands = {addresses.canonical(text) for text in target.permitted}
    before = {addresses.canonical(text) for text in shown}
    assert stands == (set(asked) if exact else set(asked) | before)
    assert target is current or (len(target.permitted) <= 5 and not current.full)
    assert dsm_settings.wanted(target, permitted=asked, exact=exact) is target


@pytest.fixture
def conversation(
    fake_dsm: Any, secrets: dict[str, str], clock: Any
) -> Callable[..., tuple[Any, Callable[..., dsm_settings.UpsSettings]]]:
    """Return a DSM and a function that reads, sets and reads again as the module does."""

    def make(script: dict[str, Any], timeout: float = 30, **kwargs: Any) -> Any:
        nas = fake_dsm(script=script, **kwargs)

        def change(**options: Any) -> dsm_settings.UpsSettings:
            with session.Dsm(nas, "nas.example.com", timeout=timeout, clock=clock) as client:
                client.login("upsadmin", secrets["password"])
                current = dsm_settings.parse_settings(client.ups_get())
                target = dsm_settings.wanted(current, **options)
                return apply.apply(client, current, target, clock.sleep)

        return nas, change

    return make


def lost_after_doing_it(nas: Any) -> None:
    nas.answer(nas.forms[-1], nas.headers[-1])
    raise DsmUnreachable("lost")


def no_change(nas: Any) -> None:
    nas.take = lambda values: None


def keep_the_old(nas: Any) -> None:
    nas.take = lambda values: nas.settings.update(ACL_list=[A, "", "", "", F])


def just_restarted(nas: Any) -> None:
    nas.settings.update(status="usb_ups_status_battery", charge=0, usb_ups_connect=False)


def late(nas: Any) -> None:
    values: list[dict[str, Any]] = []
    nas.take = values.append
    nas.script["get"] = [None, None, lambda nas: nas.settings.update(values[0])]


# script of set, what get tells after it, what the error says, or None if it ends well; whether DSM has the new list
AFTER: list[tuple[Any, Any, str | None, bool]] = [
    (None, None, None, True),
    (late, None, None, True),
    (lost_after_doing_it, None, None, True),
    (None, DsmUnreachable("lost"), None, True),
    (None, b"<html>", None, True),
    (None, just_restarted, None, True),
    (DsmUnreachable("lost"), None, "broke off the connection.*Nothing was changed", False),
    (b"<html>", None, "HTML page.*Nothing was changed", False),
    (105, None, "group administrators", False),
    (119, None, "no longer knows the session", False),
    (4711, None, "documents no meaning", False),
    (no_change, None, "they do not stand. Nothing was changed", False),
    (keep_the_old, None, "permitted are 192.0.2.1, 192.0.2.6, not 192.0.2.1, 192.0.2.2", False),
    (None, [119], "no longer knows.*had been sent.*Run this again", True),
    (None, [DsmUnreachable("lost")] * 99, "broke off.*had been sent", True),
    (lost_after_doing_it, [DsmUnreachable("refused")] * 99, "broke off.*had been sent", True),
]


@pytest.mark.parametrize(("on_set", "on_get", "text", "stands"), AFTER)
def test_what_stands_afterwards_decides(
    conversation: Any, on_set: Any, on_get: Any, text: str | None, stands: bool
) -> None:
    later = on_get if isinstance(on_get, list) else [on_get]
    nas, change = conversation({"set": on_set, "get": [None, *later]})
    if text is None:
        assert change(permitted=[B]).permitted == [A, B]
    else:
        with pytest.raises(DsmError, match=text):
            change(permitted=[B])
    assert (nas.settings["ACL_list"] == [A, B, "", "", ""]) is stands
    assert (nas.methods.count("login"), nas.methods.count("set"), nas.methods[-1]) == (1, 1, "logout")


def test_waiting_for_it_keeps_the_deadline(conversation: Any, clock: Any) -> None:
    nas, change = conversation({"set": no_change}, timeout=2)
    with pytest.raises(DsmError, match="do not stand"):
        change(permitted=[B])
    assert clock.now - 1000 <= 2
    assert nas.methods.count("get") <= 5


# options of the request, what DSM tells afterwards although that was not asked
TOLERATED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"enabled": False}, {"enable": False, "mode": "", "ACL_enable": False, "ACL_list": []}),
    ({"network_server": False}, {"ACL_enable": False, "ACL_list": []}),
]


@pytest.mark.parametrize(("options", "tells"), TOLERATED)
def test_what_is_off_may_forget(conversation: Any, options: dict[str, Any], tells: dict[str, Any]) -> None:
    def forget(nas: Any) -> None:
        nas.take = lambda values: nas.settings.update(tells)

    _nas, change = conversation({"set": forget})
    change(**options)
