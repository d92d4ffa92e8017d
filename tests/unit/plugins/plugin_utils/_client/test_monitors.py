# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitors: what is completed, what is refused, and that no message holds a password."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import quoted, split_words
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.monitors import (
    monitor_target,
    normalise_monitors,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from hypothesis import given
from hypothesis import strategies as st

SENTINEL = "S3ntinel"
COMPLETE = {
    "host": "192.0.2.10",
    "port": 3493,
    "ups": "ups",
    "username": "monuser",
    "password": "secret",
    "power_value": 1,
}


class Vaulted:
    """A vaulted string as ansible-core before 2.19 hands it over."""

    __ENCRYPTED__ = True

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


# an entry, what it becomes beside the defaults
COMPLETED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"host": "192.0.2.10"}, {}),
    ({"host": "192.0.2.10", "port": "3494"}, {"port": 3494}),
    ({"host": "192.0.2.10", "port": 1}, {"port": 1}),
    ({"host": "192.0.2.10", "port": 65535}, {"port": 65535}),
    ({"host": "192.0.2.10", "ups": "rack-1_a.b"}, {"ups": "rack-1_a.b"}),
    ({"host": "192.0.2.10", "username": "o'brien@x"}, {"username": "o'brien@x"}),
    ({"host": "192.0.2.10", "password": "!$%&'()*+,-./:;<>?@[]^_`{|}~"}, {"password": "!$%&'()*+,-./:;<>?@[]^_`{|}~"}),
    ({"host": "192.0.2.10", "password": "x" * 511}, {"password": "x" * 511}),
    ({"host": "192.0.2.10", "password": Vaulted(SENTINEL)}, {"password": SENTINEL}),
    ({"host": "192.0.2.10", "username": Vaulted("upsuser")}, {"username": "upsuser"}),
    ({"host": Vaulted("192.0.2.10")}, {}),
    ({"host": "192.0.2.10", "power_value": 0}, {"power_value": 0}),
    ({"host": "192.0.2.10", "power_value": "2"}, {"power_value": 2}),
    ({"host": " nas.example.com "}, {"host": "nas.example.com"}),
    ({"host": "nas.example.com."}, {"host": "nas.example.com."}),
    ({"host": "Nas_1"}, {"host": "Nas_1"}),
    ({"host": "2001:db8::1"}, {"host": "2001:db8::1"}),
    ({"host": "[2001:DB8:0::1]"}, {"host": "2001:db8::1"}),
]


@pytest.mark.parametrize(("entry", "changes"), COMPLETED)
def test_an_entry_is_completed(entry: dict[str, Any], changes: dict[str, Any]) -> None:
    completed = normalise_monitors([entry])
    assert completed == [{**COMPLETE, **changes}]
    assert [type(value) for value in completed[0].values()] == [str, int, str, str, str, int]
    assert normalise_monitors(completed) == completed, "completing twice changes nothing"


LIST = "nut_client_monitors"
WIRE = "allowed are printable ASCII without spaces, quotes, backslash, # and =."
NAME = "allowed are letters, digits, dots, hyphens, underscores."
NO_HOST = "host is missing: set ups_host (or this key) to the address or name of the NAS."
NO_PASSWORD = "password is empty: give the password of the NAS's upsd user."
NUMBER = "password is a number or a boolean in YAML: put it in quotes."
TWO_LINES = "password has more than one line: a password is one line (in YAML, not a | block)."
BAD_PASSWORD = (
    "password has a character that upsmon cannot hand to upsd (it sends the password unquoted), or is longer than 511 "
    f"characters: {WIRE}"
)

# a list that cannot be used, the message
REFUSED_LISTS: list[tuple[Any, str]] = [
    (None, f"{LIST} must be a list of monitors."),
    (7, f"{LIST} must be a list of monitors."),
    (f"ups@192.0.2.10 {SENTINEL}", f"{LIST} must be a list of monitors."),
    (b"192.0.2.10", f"{LIST} must be a list of monitors."),
    ([], f"{LIST} is empty: set ups_host to the address of the NAS, or list at least one monitor."),
    ([f"192.0.2.10 {SENTINEL}"], f"{LIST}[0] must be a mapping with at least the key host."),
    ([COMPLETE, None], f"{LIST}[1] must be a mapping with at least the key host."),
    ({"host": "192.0.2.10", "password": SENTINEL}, f"{LIST}[0] must be a mapping with at least the key host."),
    ([COMPLETE, COMPLETE], f"{LIST}[1] repeats ups@192.0.2.10: list each UPS once."),
    ([{"host": "NAS"}, {"host": "nas", "ups": "UPS"}], f"{LIST}[1] repeats UPS@nas: list each UPS once."),
    (
        [{"host": "2001:db8::1", "port": 3494}, {"host": "[2001:db8:0::1]", "port": "3494"}],
        f"{LIST}[1] repeats ups@[2001:db8::1]:3494: list each UPS once.",
    ),
]

# what is wrong in an entry, the message behind the entry's name
REFUSED_ENTRIES: list[tuple[dict[str, Any], str]] = [
    ({"host": None}, NO_HOST),
    ({"host": ""}, NO_HOST),
    ({"host": "  "}, NO_HOST),
    ({"host": 192}, NO_HOST),
    ({"host": "192.0.2.300"}, "host is not an IPv4 or IPv6 address: '192.0.2.300'."),
    ({"host": "192.0.2"}, "host is not an IPv4 or IPv6 address: '192.0.2'."),
    ({"host": "192.0.2.10:3493"}, "host is not an IPv4 or IPv6 address: '192.0.2.10:3493'."),
    ({"host": "nas.example.com:3493"}, "host is not an IPv4 or IPv6 address: 'nas.example.com:3493'."),
    ({"host": "2001:db8::1::2"}, "host is not an IPv4 or IPv6 address: '2001:db8::1::2'."),
    ({"host": "[2001:db8::1]:3493"}, "host is not an IPv4 or IPv6 address: '[2001:db8::1]:3493'."),
    ({"host": "fe80::1%a b"}, "host is not an IPv4 or IPv6 address: 'fe80::1%a b'."),
    ({"host": "fe80::1%a\nb"}, "host is not an IPv4 or IPv6 address: 'fe80::1%a\\nb'."),
    *[
        ({"host": host}, f"host is not a host name or an address (write the port in the key port): {host!r}.")
        for host in ("my nas", "-nas", "nas/ups", "ups@nas", "näs.example.com", "a\nb", "x" * 254)
    ],
    *[({"port": port}, f"port is {port}: allowed is 1 to 65535.") for port in (0, -1, 65536)],
    *[
        ({"port": port}, "port must be a whole number from 1 to 65535.")
        for port in ("nut", "", None, 3493.5, True, [3493])
    ],
    ({"ups": "my ups"}, f"ups is 'my ups': {NAME}"),
    ({"ups": ""}, f"ups is '': {NAME}"),
    ({"ups": None}, f"ups is None: {NAME}"),
    ({"ups": "ups@nas"}, f"ups is 'ups@nas': {NAME}"),
    ({"ups": "x" * 512}, f"ups is '{'x' * 512}': {NAME}"),
    *[
        ({"username": name}, f"username is {name!r}: {WIRE}")
        for name in ("", "two words", 'a"b', "a\\b", "a#b", "a=b", "a\nb", "ünter", 7)
    ],
    *[({"password": password}, NO_PASSWORD) for password in ("", None, ["x"], Vaulted(""))],
    *[({"password": password}, NUMBER) for password in (12345, 0, -1, 1.5, True, False)],
    *[
        ({"password": password}, TWO_LINES)
        for password in (f"{SENTINEL}\n", f"{SENTINEL}\r", f"a\n{SENTINEL}", Vaulted(f"{SENTINEL}\nb"))
    ],
    *[
        ({"password": f"{SENTINEL}{bad}x"}, BAD_PASSWORD)
        for bad in (" ", "\t", '"', "\\", "#", "=", "\0", "\x7f", "ü", "€")
    ],
    ({"password": Vaulted(f"{SENTINEL} x")}, BAD_PASSWORD),
    ({"password": SENTINEL * 64}, BAD_PASSWORD),
    ({"power_value": -1}, "power_value is -1: allowed is 0 to 1000."),
    ({"power_value": 1001}, "power_value is 1001: allowed is 0 to 1000."),
    ({"power_value": "two"}, "power_value must be a whole number from 0 to 1000."),
]


@pytest.mark.parametrize(("value", "message"), REFUSED_LISTS)
def test_a_list_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        normalise_monitors(value)
    assert str(error.value) == message


@pytest.mark.parametrize(("wrong", "message"), REFUSED_ENTRIES)
def test_an_entry_is_refused(wrong: dict[str, Any], message: str) -> None:
    entry = {"host": "192.0.2.10", "password": SENTINEL, **wrong}
    with pytest.raises(InvalidInput) as error:
        normalise_monitors([{"host": "192.0.2.9", "password": SENTINEL}, entry])
    assert str(error.value) == f"{LIST}[1].{message}"
    assert SENTINEL not in str(error.value)
    assert error.value.__context__ is None or SENTINEL not in str(error.value.__context__)


def test_a_missing_host_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        normalise_monitors([{"password": SENTINEL}])
    assert str(error.value) == f"{LIST}[0].{NO_HOST}"


def test_an_unknown_key_is_refused_without_its_value() -> None:
    with pytest.raises(InvalidInput) as error:
        normalise_monitors([{"host": "192.0.2.10", "pasword": SENTINEL}], "ups_list")
    assert str(error.value) == (
        "ups_list[0] has the unknown key pasword: allowed are host, port, ups, username, password, power_value."
    )


def test_the_same_server_may_have_several_upses() -> None:
    entries = [{"host": "192.0.2.10", "ups": "a"}, {"host": "192.0.2.10", "ups": "b"}, {"host": "192.0.2.11"}]
    assert [monitor_target(monitor) for monitor in normalise_monitors(entries)] == [
        "a@192.0.2.10",
        "b@192.0.2.10",
        "ups@192.0.2.11",
    ]


@pytest.mark.parametrize(
    ("host", "port", "named"),
    [
        ("192.0.2.10", 3493, "ups@192.0.2.10"),
        ("192.0.2.10", 3494, "ups@192.0.2.10:3494"),
        ("nas.example.com", 3493, "ups@nas.example.com"),
        ("2001:db8::1", 3493, "ups@[2001:db8::1]"),
        ("2001:db8::1", 3494, "ups@[2001:db8::1]:3494"),
    ],
)
def test_the_name_of_a_ups(host: str, port: int, named: str) -> None:
    assert monitor_target({**COMPLETE, "host": host, "port": port}) == named


ON_THE_WIRE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\#=')


@given(st.text(ON_THE_WIRE, min_size=1, max_size=511))
def test_a_password_that_is_taken_is_one_word_both_unquoted_and_quoted(password: str) -> None:
    """Unquoted is how upsmon sends it to upsd, quoted is how it stands in upsmon.conf."""
    taken = normalise_monitors([{"host": "192.0.2.10", "password": password}])[0]["password"]
    assert taken == password
    assert split_words(f"PASSWORD {taken}") == split_words(f"PASSWORD {quoted(taken)}") == ["PASSWORD", password]


@given(st.text(max_size=9), st.characters(exclude_characters=ON_THE_WIRE), st.text(max_size=9))
def test_a_password_with_any_other_character_is_refused_and_not_told(before: str, bad: str, after: str) -> None:
    with pytest.raises(InvalidInput) as error:
        normalise_monitors([{"host": "192.0.2.10", "password": f"{before}{SENTINEL}{bad}{after}"}])
    assert SENTINEL not in str(error.value)
