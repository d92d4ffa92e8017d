# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person does about a verdict: what to click or type, and which address to use.

Made on the controller: Ansible masks a module's ``no_log`` values wherever they appear in its result, and DSM's
well-known password is a common word.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import odd
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.dialog import DIALOG, button

# Field report case 15. What hides an address on the way may be on either end.
OWN_ADDRESS = (
    "A tunnel in userspace mode, such as Tailscale's, on the host or on the NAS, hides a host's own address: give the "
    "host a route without one, or set ups_client_address to the address that the NAS is to permit for it."
)

# By platform: how a host comes from an IPv6 address that stays.
_STABLE = {
    "debian": "sysctl net.ipv6.conf.INTERFACE.use_tempaddr=1, or NetworkManager's ipv6.ip6-privacy 1",
    "macos": "sysctl net.inet6.ip6.prefer_tempaddr=0",
    "windows": "Set-NetIPv6Protocol -UseTemporaryAddresses Disabled",
}

_THESE = "these addresses"

Report = Mapping[str, Any]


def advise(
    report: Report,
    *,
    address: str | None = None,
    temporary: Iterable[str] = (),
    platform: str | None = None,
    together: bool = False,
) -> str:
    """Return one to three sentences for a report of module_utils/_access/probe.py.

    :param address: this host's address to name, instead of the one the server saw, or else the one it was asked from.
    :param temporary: those of this host's addresses that change by themselves. :param platform: the host's.
    :param together: whether it is said of several hosts, so that it names no address of one.
    """
    me = address or report["seen_as"] or report["source_address"] or "this host's address"
    if report["verdict"] == "not_permitted" and is_passing(report, me, temporary):
        return f"{report['host']} does not permit {me}, {passing(report, platform)}."
    if together and not odd(me):  # what is wrong with an odd one is its own
        me = _THESE
    return _TEXTS[report["verdict"]](report, me)


def is_passing(report: Report, address: str, temporary: Iterable[str]) -> bool:
    """Return whether a host's *address* changes by itself, and the server is one that permits single addresses."""
    return address in temporary and not _is_another_make(report)


def passing(report: Report, platform: str | None) -> str:
    """Return what a temporary address of a host means for DSM's list, and what to do; goes on after the address.

    :param report: of the server that the host reaches from it. :param platform: the host's, where it is known.
    """
    ipv4 = next((one for one in report.get("addresses") or () if ":" not in one), "")
    stable = _STABLE.get(platform or "", "")
    return (
        "a temporary IPv6 address, which the host replaces by itself, mostly each day. Permitting it would use up one "
        "of the five places in DSM's list, and the host would be refused when it connects from the next one. Let "
        f"ups_host be the NAS's IPv4 address{f' {ipv4}' * bool(ipv4)}, or let the host come from an address that stays"
        f"{f' ({stable})' * bool(stable)}, or set ups_client_address to one that does"
    )


def _place(report: Report) -> str:
    return f"{report['host']} port {report['port']}/tcp"


def _release(report: Report) -> int | None:
    """Return DSM's major version, if it is DSM and said which."""
    release = report["server"]["release"]
    return int(release.partition(".")[0]) if release else None


def _is_another_make(report: Report) -> bool:
    """Return whether the server said what it is, and it is not DSM."""
    return bool(report["server"]["version"]) and not report["server"]["dsm"]


def _restart(report: Report) -> str:
    """Say how to restart the server; ``upsd -c reload`` would not do (it keeps FSD, executed on DSM 6.2.3's upsd)."""
    if _is_another_make(report):
        return f"restart upsd on {report['host']} (systemctl restart nut-server)"
    command = {
        None: "synosystemctl restart ups-usb, on DSM 6 synoservice --restart ups-usb",
        6: "synoservice --restart ups-usb",
    }.get(_release(report), "synosystemctl restart ups-usb")
    return (
        f"restart the UPS service on {report['host']} (as root: {command}; or under {DIALOG} turn off "
        "Enable UPS support, Apply, turn it on again, Apply)"
    )


def _unreachable(report: Report, me: str) -> str:
    host, place = report["host"], _place(report)
    texts = {
        "name": f"The name {host} does not resolve here. Correct the name or the DNS, or use the address of the NAS.",
        "source_address": f"{me} is not an address of this host that leads to {host}. Correct source_address.",
        "family": f"This host's upsmon can use no IPv6 (MacPorts builds it without), and {host} has no IPv4 address. "
        "Let ups_host be the IPv4 address of the NAS.",
        "no_route": f"No route leads from {me} to {host}, or the NAS is off. "
        "Check its address, that it is on, and the network between them.",
        "timeout": f"No connection from {me} to {place} in time. Check that this is the NAS's address and that it is "
        f"on; in DSM allow Network UPS server (3493/tcp) for {me} under Control Panel > Security > Firewall.",
        "silent": f"{place} accepts the connection and stays silent, as an upsd does when it is full. "
        f"Disconnect clients that are not needed, or {_restart(report)}.",
        "lost": f"{place} broke off the conversation with {me}. Its upsd may be restarting, which DSM does by itself: "
        "try again in a minute.",
    }
    return texts[report["reason"]]


def _refused(report: Report, me: str) -> str:
    return (
        f"Nothing listens on {_place(report)}. While DSM restarts its UPS service that is normal: try again in "
        "a minute. If it stays, connect the UPS, and turn on Enable UPS support and Enable network UPS server under "
        f"{DIALOG}."
    )


def _not_upsd(report: Report, me: str) -> str:
    return f"What answers on {_place(report)} is not a UPS server. Correct host or port; upsd's own port is 3493."


def _tls_failed(report: Report, me: str) -> str:
    if report["reason"]:
        return (
            f"{report['host']} offers no TLS (it answers ERR {report['reason']} to STARTTLS), as is normal for DSM. "
            "Set tls to try or never."
        )
    return (
        f"TLS with {report['host']} failed: {report['detail']}. Its certificate must be valid, be made for the name "
        f"{report['host']}, and be signed by a CA in ca_file or, without one, in the store of this host."
    )


def _not_permitted(report: Report, me: str) -> str:
    if _is_another_make(report):
        return f"{report['host']} does not let itself be read by {me}. Permit {me} there; it is no Synology NAS."
    if odd(me):
        return f"{report['host']} does not permit this host, which arrives from {me} ({odd(me)}). {OWN_ADDRESS}"
    return (
        f"{report['host']} does not permit {me}. In DSM add {me} under {DIALOG} > {button(_release(report))}, "
        "press OK, then Apply; Enable network UPS server must be on there. Behind NAT add the gateway's address."
    )


def _unknown_ups(report: Report, me: str) -> str:
    names = ", ".join(report["upses"]) or "none"
    return f"{report['host']} has no UPS named {report['ups']}. The UPSes it has: {names}."


def _bad_credentials(report: Report, me: str) -> str:
    host = report["host"]
    if not report["server"]["version"]:
        return f"{host} refuses the LOGIN from {me}. Check username and password against those that this server knows."
    if not report["server"]["dsm"]:
        return (
            f"{host} refuses the LOGIN from {me}. Check username and password against its upsd.users, where the user "
            "needs an upsmon line, and its hosts.allow and hosts.deny."
        )
    text = (
        f"{host} permits {me}, but refuses the LOGIN. Check username and password: DSM's default is the user monuser "
        "with its well-known password, accounts of DSM do not count, and an update of DSM undoes changes of upsd.users."
    )
    if _release(report) == 6:
        text += (
            " On DSM 6 a missing exception in /etc/hosts.deny answers the same: "
            f"{me} must be named in its upsd line, which Apply under {DIALOG} writes."
        )
    return text


def _forced_shutdown(report: Report, me: str) -> str:
    host, status = report["host"], report["status"]
    if "OL" in status.split():
        return (
            f"{host} announces a forced shutdown (ups.status {status}) though mains power is back, so every client "
            f"that starts would shut down at once. First {_restart(report)}."
        )
    return (
        f"{host} has ordered a forced shutdown (ups.status {status}). Wait until mains power is back and the NAS has "
        "restarted, then run this again."
    )


def _driver_down(report: Report, me: str) -> str:
    return (
        f"{report['host']} has lost its UPS ({report['detail']}). Check the cable and that the UPS is on, "
        f"then {_restart(report)}."
    )


def _stale(report: Report, me: str) -> str:
    return (
        f"{report['host']} hears nothing new from its UPS ({report['detail']}). Try again in a minute; if it stays, "
        f"check the cable, then {_restart(report)}."
    )


_TEXTS: dict[str, Callable[[Report, str], str]] = {
    "unreachable": _unreachable,
    "refused": _refused,
    "not_upsd": _not_upsd,
    "tls_failed": _tls_failed,
    "not_permitted": _not_permitted,
    "unknown_ups": _unknown_ups,
    "bad_credentials": _bad_credentials,
    "forced_shutdown": _forced_shutdown,
    "driver_down": _driver_down,
    "stale": _stale,
    "ok": lambda report, me: "Nothing to do.",
}
