# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that tells a person what to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise

UNKNOWN = {"version": None, "dsm": False, "release": None}
DSM6 = {"version": "DSM6-2-25364-191230", "dsm": True, "release": "6.2"}
DSM7 = {"version": "DSM7-2-1-NewModel-repack-64570-230831", "dsm": True, "release": "7.2.1"}
STOCK = {"version": "2.8.0", "dsm": False, "release": None}

RESTART = (
    "restart the UPS service on 192.0.2.5 (as root: {}; or under Control Panel > Hardware & Power > UPS turn off "
    "Enable UPS support, Apply, turn it on again, Apply)"
)
RESTART_6 = RESTART.format("synoservice --restart ups-usb")
RESTART_7 = RESTART.format("synosystemctl restart ups-usb")
RESTART_ANY = RESTART.format("synosystemctl restart ups-usb, on DSM 6 synoservice --restart ups-usb")

DENIED_BY_DSM = (
    "192.0.2.5 permits 192.0.2.31, but refuses the LOGIN. Check username and password: DSM's default is the user "
    "monuser with its well-known password, accounts of DSM do not count, and an update of DSM undoes changes of "
    "upsd.users."
)

# what a report holds, the advice
ADVICE: list[tuple[dict[str, Any], str]] = [
    (
        {"verdict": "unreachable", "reason": "name", "host": "nas.example.com"},
        "The name nas.example.com does not resolve here. Correct the name or the DNS, or use the address of the NAS.",
    ),
    (
        {"verdict": "unreachable", "reason": "source_address"},
        "192.0.2.31 is not an address of this host that leads to 192.0.2.5. Correct source_address.",
    ),
    (
        {"verdict": "unreachable", "reason": "family", "host": "nas.example.com"},
        "This host's upsmon can use no IPv6 (MacPorts builds it without), and nas.example.com has no IPv4 address. "
        "Let ups_host be the IPv4 address of the NAS.",
    ),
    (
        {"verdict": "unreachable", "reason": "no_route"},
        "No route leads from 192.0.2.31 to 192.0.2.5, or the NAS is off. "
        "Check its address, that it is on, and the network between them.",
    ),
    (
        {"verdict": "unreachable", "reason": "timeout", "port": 3494},
        "No connection from 192.0.2.31 to 192.0.2.5 port 3494/tcp in time. Check that this is the NAS's address and "
        "that it is on; in DSM allow Network UPS server (3493/tcp) for 192.0.2.31 under "
        "Control Panel > Security > Firewall.",
    ),
    (
        {"verdict": "unreachable", "reason": "silent"},
        "192.0.2.5 port 3493/tcp accepts the connection and stays silent, as an upsd does when it is full. "
        f"Disconnect clients that are not needed, or {RESTART_ANY}.",
    ),
    (
        {"verdict": "unreachable", "reason": "lost"},
        "192.0.2.5 port 3493/tcp broke off the conversation with 192.0.2.31. Its upsd may be restarting, which DSM "
        "does by itself: try again in a minute.",
    ),
    (
        {"verdict": "refused"},
        "Nothing listens on 192.0.2.5 port 3493/tcp. While DSM restarts its UPS service that is normal: try again in a "
        "minute. If it stays, connect the UPS, and turn on Enable UPS support and Enable network UPS server under "
        "Control Panel > Hardware & Power > UPS.",
    ),
    (
        {"verdict": "not_upsd"},
        "What answers on 192.0.2.5 port 3493/tcp is not a UPS server. Correct host or port; upsd's own port is 3493.",
    ),
    (
        {"verdict": "tls_failed", "reason": "FEATURE-NOT-CONFIGURED"},
        "192.0.2.5 offers no TLS (it answers ERR FEATURE-NOT-CONFIGURED to STARTTLS), as is normal for DSM. "
        "Set tls to try or never.",
    ),
    (
        {"verdict": "tls_failed", "reason": None, "detail": "self-signed certificate"},
        "TLS with 192.0.2.5 failed: self-signed certificate. Its certificate must be valid, be made for the name "
        "192.0.2.5, and be signed by a CA in ca_file or, without one, in the store of this host.",
    ),
    *[
        (
            {"verdict": "not_permitted", "server": server},
            "192.0.2.5 does not permit 192.0.2.31. In DSM add 192.0.2.31 under Control Panel > Hardware & Power > UPS "
            f"> {button}, press OK, then Apply; Enable network UPS server must be on there. Behind NAT add the "
            "gateway's address.",
        )
        for server, button in (
            (UNKNOWN, "Permitted Synology NAS Devices (DSM 6: Permitted DiskStation Devices)"),
            (DSM6, "Permitted DiskStation Devices"),
            (DSM7, "Permitted Synology NAS Devices"),
        )
    ],
    (
        {"verdict": "not_permitted", "source_address": "127.0.0.1"},
        "192.0.2.5 does not permit this host, which arrives from 127.0.0.1 (loopback). A tunnel in userspace mode, "
        "such as Tailscale's, on the host or on the NAS, hides a host's own address: give the host a route without "
        "one, or set ups_client_address to the address that the NAS is to permit for it.",
    ),
    (
        {"verdict": "not_permitted", "server": STOCK},
        "192.0.2.5 does not let itself be read by 192.0.2.31. Permit 192.0.2.31 there; it is no Synology NAS.",
    ),
    (
        {"verdict": "unknown_ups", "ups": "rack", "upses": ["rack1", "rack2"]},
        "192.0.2.5 has no UPS named rack. The UPSes it has: rack1, rack2.",
    ),
    ({"verdict": "unknown_ups", "upses": []}, "192.0.2.5 has no UPS named ups. The UPSes it has: none."),
    ({"verdict": "bad_credentials", "server": DSM7}, DENIED_BY_DSM),
    (
        {"verdict": "bad_credentials", "server": DSM6},
        f"{DENIED_BY_DSM} On DSM 6 a missing exception in /etc/hosts.deny answers the same: 192.0.2.31 must be named "
        "in its upsd line, which Apply under Control Panel > Hardware & Power > UPS writes.",
    ),
    (
        {"verdict": "bad_credentials", "server": STOCK},
        "192.0.2.5 refuses the LOGIN from 192.0.2.31. Check username and password against its upsd.users, where the "
        "user needs an upsmon line, and its hosts.allow and hosts.deny.",
    ),
    (
        {"verdict": "bad_credentials", "server": UNKNOWN},
        "192.0.2.5 refuses the LOGIN from 192.0.2.31. Check username and password against those that this server "
        "knows.",
    ),
    *[
        (
            {"verdict": "forced_shutdown", "status": "FSD OL", "server": server},
            "192.0.2.5 announces a forced shutdown (ups.status FSD OL) though mains power is back, so every client "
            f"that starts would shut down at once. First {restart}.",
        )
        for server, restart in (
            (DSM6, RESTART_6),
            (DSM7, RESTART_7),
            (STOCK, "restart upsd on 192.0.2.5 (systemctl restart nut-server)"),
        )
    ],
    *[
        (
            {"verdict": "forced_shutdown", "status": status, "server": DSM7},
            f"192.0.2.5 has ordered a forced shutdown (ups.status {status}). Wait until mains power is back and the "
            "NAS has restarted, then run this again.",
        )
        for status in ("FSD OB DISCHRG", "OB LB FSD", "FSD WAIT")
    ],
    (
        {"verdict": "driver_down", "detail": "ERR DRIVER-NOT-CONNECTED", "server": DSM7},
        "192.0.2.5 has lost its UPS (ERR DRIVER-NOT-CONNECTED). Check the cable and that the UPS is on, "
        f"then {RESTART_7}.",
    ),
    (
        {"verdict": "stale", "detail": "ERR DATA-STALE", "server": DSM6},
        "192.0.2.5 hears nothing new from its UPS (ERR DATA-STALE). Try again in a minute; if it stays, check the "
        f"cable, then {RESTART_6}.",
    ),
    ({"verdict": "ok"}, "Nothing to do."),
]


def report(**changes: Any) -> dict[str, Any]:
    """Return a report with *changes*."""
    seen = probe.Exchange(host="192.0.2.5", port=3493, ups="ups", source_address="192.0.2.31")
    return {**probe.report(seen), "server": UNKNOWN, **changes}


@pytest.mark.parametrize(("changes", "text"), ADVICE)
def test_advice(changes: dict[str, Any], text: str) -> None:
    assert advise(report(**changes)) == text
    assert "secret" not in text.lower(), "Ansible would mask DSM's password in it"


def test_every_verdict_has_its_advice() -> None:
    assert {changes["verdict"] for changes, _text in ADVICE} == set(probe.VERDICTS)


@pytest.mark.parametrize("verdict", ["not_permitted", "bad_credentials", "forced_shutdown", "driver_down", "stale"])
def test_dsms_dialog_is_not_named_for_another_make(verdict: str) -> None:
    told = report(verdict=verdict, server=STOCK, status="FSD OL")
    assert "Control Panel" not in advise(told)
    assert "DSM" not in advise(told)


@pytest.mark.parametrize(
    ("address", "seen_as", "source", "named"),
    [
        ("198.51.100.9", "203.0.113.1", "192.0.2.31", "198.51.100.9"),
        (None, "203.0.113.1", "192.0.2.31", "203.0.113.1"),
        (None, None, "192.0.2.31", "192.0.2.31"),
        (None, None, None, "this host's address"),
    ],
)
def test_the_address_named(address: str | None, seen_as: str | None, source: str | None, named: str) -> None:
    text = advise(report(verdict="not_permitted", seen_as=seen_as, source_address=source), address=address)
    assert text.startswith(f"192.0.2.5 does not permit {named}. In DSM add {named} under")


# --- field case W12: an address that changes by itself ---

TODAYS = "2001:db8::d4a4:fbf:415b:7974"
PASSING = (
    f"nas.example.com does not permit {TODAYS}, a temporary IPv6 address, which the host replaces by itself, mostly "
    "each day. Permitting it would use up one of the five places in DSM's list, and the host would be refused when it "
    "connects from the next one. Let ups_host be the NAS's IPv4 address{}, or let the host come from an address that "
    "stays{}, or set ups_client_address to one that does."
)

# the server's addresses, the platform, what the text then holds of each
REMEDIES: list[tuple[list[str], str | None, str, str]] = [
    ([], None, "", ""),
    (["2001:db8::10"], "other", "", ""),
    (["2001:db8::10", "192.0.2.10"], "macos", " 192.0.2.10", " (sysctl net.inet6.ip6.prefer_tempaddr=0)"),
    (["2001:db8::10"], "windows", "", " (Set-NetIPv6Protocol -UseTemporaryAddresses Disabled)"),
    (
        ["192.0.2.10"],
        "debian",
        " 192.0.2.10",
        " (sysctl net.ipv6.conf.INTERFACE.use_tempaddr=1, or NetworkManager's ipv6.ip6-privacy 1)",
    ),
]


@pytest.mark.parametrize(("addresses", "platform", "ipv4", "stable"), REMEDIES)
def test_nobody_is_told_to_permit_an_address_that_ends_by_itself(
    addresses: list[str], platform: str | None, ipv4: str, stable: str
) -> None:
    refused = {**report(verdict="not_permitted", source_address=TODAYS, host="nas.example.com"), "addresses": addresses}
    assert advise(refused, temporary=[TODAYS], platform=platform) == PASSING.format(ipv4, stable)
    assert advise(refused, temporary=["2001:db8::1"], platform=platform) == advise(refused)
    assert f"In DSM add {TODAYS}" in advise(refused)


def test_a_server_of_another_make_has_no_five_places() -> None:
    refused = report(verdict="not_permitted", source_address=TODAYS, server=STOCK)
    assert advise(refused, temporary=[TODAYS]) == advise(refused)


@pytest.mark.parametrize(
    ("seen_as", "address"), [("192.0.2.31", "these addresses"), (None, "these addresses"), ("127.0.0.1", "127.0.0.1")]
)
def test_what_is_said_of_several_hosts_names_no_address_of_one(seen_as: str | None, address: str) -> None:
    """But what is wrong with an address that can be nobody's is said of it."""
    denied = {"verdict": "not_permitted", "host": "192.0.2.5", "server": DSM7, "source_address": "192.0.2.30"}
    report = {**denied, "seen_as": seen_as}
    alone, together = advise(report), advise(report, together=True)
    assert address in together
    assert together == alone.replace(seen_as or "192.0.2.30", address)
