"""Addresses as the mock NAS compares them, and DSM 6's second lock."""

from __future__ import annotations

import pytest
from doubles.nas.upsd_sim import access


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_canonical(text: str, expected: str) -> None:
    """The text that upsd compares."""
    assert access.canonical(text) == expected


@pytest.mark.parametrize("text", ["", "nas", "192.0.2.0/24", "192.0.2.*", "127.2", "192.0.2.1 "])
def test_not_an_address(text: str) -> None:
    """Typing errors are refused."""
    with pytest.raises(ValueError, match="address"):
        access.canonical(text)


RULES = [
    ("", "", True),
    ("upsd: ALL EXCEPT 127.0.0.1\n", "", False),
    ("upsd: ALL EXCEPT 127.0.0.1 192.0.2.1\n", "", True),
    ("upsd: ALL EXCEPT 127.0.0.1,192.0.2.1\n", "", True),
    ("ALL: ALL\n", "", False),
    ("ALL: ALL\n", "upsd: 192.0.2.1\n", True),
    ("ALL: ALL\n", "sshd: 192.0.2.1\n", False),
    ("sshd: ALL\n", "", True),
    ("ALL EXCEPT upsd: ALL\n", "", True),
    ("upsd: 192.0.2.\n", "", False),
    ("upsd: 192.0.3.\n", "", True),
    ("# upsd: ALL\nnonsense\n", "", True),
    ("sshd: ALL\nupsd: 192.0.2.1\n", "", False),
]


@pytest.mark.parametrize(("deny", "allow", "permitted"), RULES)
def test_hosts_access(deny: str, allow: str, permitted: bool) -> None:
    """hosts.allow wins, then hosts.deny, else the door is open."""
    assert access.hosts_access("192.0.2.1", deny, allow) is permitted
