# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a Linux host come back once it has shut down? Read from /sys and from its network cards, no command is run.

A staged shutdown in a short outage leaves hosts off whose outlet never lost power (NUT issue 3229): no firmware setting
brings them back, only a packet, a BMC, whoever runs the virtual machine, or a hand.
"""

from __future__ import annotations

import array
import errno
import fcntl
import ipaddress
import os
import re
import socket
import struct
import sys
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import read_text

# The ways back.
WAKE_ON_LAN = "wake_on_lan"
BMC = "bmc"
HOST = "host"
BY_HAND = "by_hand"

# Linux include/uapi/linux/sockios.h and ethtool.h
_SIOCETHTOOL = 0x8946
_ETHTOOL_GWOL = 0x05
_WAKE_MAGIC = 1 << 5
_WAKE_MAGICSECURE = 1 << 6
_WOLINFO = struct.Struct("=III6x2x")  # cmd, supported, wolopts; sopass, a password, is never looked at
_NAME_SIZE = 16  # IFNAMSIZ

_BMC_SIGNS = ("dev/ipmi0", "dev/ipmi/0", "sys/class/ipmi/ipmi0", "sys/firmware/dmi/entries/38-0")  # SMBIOS type 38
_GUEST_VENDORS = re.compile(r"QEMU|KVM|VMware|innotek|VirtualBox|Xen|Bochs|Parallels|BHYVE|Apple Virtualization")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_CPU_FLAGS = 8192  # bytes of /proc/cpuinfo that hold the first processor's flags

Ioctl = Callable[[int, int, bytes], Any]
"""fcntl.ioctl, with a socket's number, a request and its argument."""


class Card(NamedTuple):
    """A network card, and whether a magic packet starts the host by it."""

    name: str
    macs: list[str]
    """Its address now; of one of several that share an address, its own too."""
    armed: bool | None
    code: str
    """armed, off, password, unsupported, wireless, or where it cannot be told no_permission, no_answer."""


def look(source: str | None, root: str = "/", ioctl: Ioctl = fcntl.ioctl) -> dict[str, Any]:
    """Return the ``way`` back (None where it cannot be told), a ``text``, ``armed``, ``bmc`` and the ``cards``.

    :param source: the host's address towards the UPS server, which tells the card; None where that is unknown.
    :param root: where /sys and /proc are.
    """
    guest = _guest(root)
    if guest:
        return _told(HOST, f"it is a {guest}", False)
    bmc = any(os.path.exists(os.path.join(root, sign)) for sign in _BMC_SIGNS)
    cards = [_card(root, name, ioctl) for name in _physical(root, source)]
    answers = {card.armed for card in cards}
    armed = True if True in answers else (None if None in answers or not cards else False)
    way = WAKE_ON_LAN if armed else BMC if bmc else BY_HAND if armed is False else None
    return _told(way, _text(way, cards, bmc), armed, bmc, cards)


def untold(why: str) -> dict[str, Any]:
    """Return what :func:`look` does, for a host of which nothing was read."""
    return _told(None, why, None)


def _told(
    way: str | None, text: str, armed: bool | None, bmc: bool = False, cards: Sequence[Card] = ()
) -> dict[str, Any]:
    shown = [dict(card._asdict()) for card in cards]
    return {"way": way, "text": text, "armed": armed, "bmc": bmc, "cards": shown}


_CODES = {
    "armed": "Wake-on-LAN is armed at {}",
    "off": "{} could be armed for Wake-on-LAN (ethtool -s {} wol g), and is not",
    "password": "{} wants Wake-on-LAN with a password, which nothing here sends",
    "unsupported": "{} has no Wake-on-LAN",
    "wireless": "{} is wireless and wakes nobody who is off",
    "no_permission": "the kernel does not tell the Wake-on-LAN of {} without CAP_NET_ADMIN",
    "no_answer": "the driver of {} does not tell its Wake-on-LAN",
}


def _text(way: str | None, cards: list[Card], bmc: bool) -> str:
    shown = [card for card in cards if card.armed] or cards
    said = [_CODES[card.code].format(card.name, card.name) for card in shown] or ["no network card was found"]
    return "; ".join([*said, *["it has a BMC"] * bmc, *["it is started by hand"] * (way == BY_HAND)])


def _guest(root: str) -> str:
    """Return what the system is, where it is no machine of its own."""
    if os.path.exists(os.path.join(root, "run/systemd/container")):
        return "container"
    if "control_d" in read_text(os.path.join(root, "proc/xen/capabilities")):  # what runs the others
        return ""
    vendor = read_text(os.path.join(root, "sys/class/dmi/id/sys_vendor"))
    product = read_text(os.path.join(root, "sys/class/dmi/id/product_name"))
    flags = re.search(r"^flags\s*:.*\bhypervisor\b", _beginning(root, "proc/cpuinfo"), re.MULTILINE)  # x86
    tree = os.path.exists(os.path.join(root, "proc/device-tree/hypervisor"))
    guest = flags or tree or _GUEST_VENDORS.search(vendor) or product.strip() in ("KVM", "Virtual Machine")
    return "virtual machine" if guest else ""


def _beginning(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="ascii", errors="replace") as file:
            return file.read(_CPU_FLAGS)
    except OSError:
        return ""


def _physical(root: str, source: str | None) -> list[str]:
    """Return the cards below the interface that leads to the UPS server; all cards where that has none, as a tunnel."""
    name = interface_of(source, root) if source else None
    found = sorted(set(_below(root, name, set()))) if name else []
    return found or [one for one in sorted(_listed(root, "sys/class/net")) if _is_card(root, one)]


def _below(root: str, name: str, seen: set[str]) -> Iterator[str]:
    """Yield the cards below a VLAN, a bond or a bridge, whose lower interfaces the kernel links."""
    if name in seen:
        return
    seen.add(name)
    if _is_card(root, name):
        yield name
        return
    for entry in _listed(root, f"sys/class/net/{name}"):
        if entry.startswith("lower_"):
            yield from _below(root, entry[len("lower_") :], seen)


def _is_card(root: str, name: str) -> bool:
    return os.path.exists(os.path.join(root, "sys/class/net", name, "device"))


def _listed(root: str, folder: str) -> list[str]:
    try:
        return os.listdir(os.path.join(root, folder))
    except OSError:
        return []


def interface_of(source: str, root: str = "/") -> str | None:
    """Return the interface of one of the host's own addresses: the closest route of IPv4, the list of IPv6."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return None
    if address.version == 6:
        rows = [line.split() for line in read_text(os.path.join(root, "proc/self/net/if_inet6")).splitlines()]
        digits = address.packed.hex()
        return next((row[5] for row in rows if len(row) > 5 and row[0] == digits), None)
    best: tuple[int, str] | None = None
    for line in read_text(os.path.join(root, "proc/self/net/route")).splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and int(address) & _number(fields[7]) == _number(fields[1]):
            length = bin(_number(fields[7])).count("1")
            best = best if best and best[0] >= length else (length, fields[0])
    return best[1] if best else None


def _number(text: str) -> int:
    """Return an address of the kernel's table, which is in the machine's byte order."""
    return int.from_bytes(int(text, 16).to_bytes(4, sys.byteorder), "big")


def _card(root: str, name: str, ioctl: Ioctl) -> Card:
    folder = os.path.join(root, "sys/class/net", name)
    # A card of a bond has the bond's address, beside its own.
    texts = [read_text(f"{folder}/{file}").strip().lower() for file in ("address", "bonding_slave/perm_hwaddr")]
    macs = list(dict.fromkeys(text for text in texts if _MAC.fullmatch(text)))
    if any(os.path.exists(f"{folder}/{sign}") for sign in ("wireless", "phy80211")):
        return Card(name, macs, False, "wireless")
    return Card(name, macs, *_armed(name, ioctl))


def _armed(name: str, ioctl: Ioctl) -> tuple[bool | None, str]:
    try:
        supported, options = wake_options(name, ioctl)
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return False, "unsupported"
        return None, "no_permission" if error.errno in (errno.EPERM, errno.EACCES) else "no_answer"
    if options & _WAKE_MAGICSECURE:
        return False, "password"
    if options & _WAKE_MAGIC:
        return True, "armed"
    return False, "off" if supported & _WAKE_MAGIC else "unsupported"


def wake_options(name: str, ioctl: Ioctl = fcntl.ioctl) -> tuple[int, int]:
    """Return what a card can be woken by, and what it is armed for, as bits WAKE_* of linux/ethtool.h.

    :raises OSError: EOPNOTSUPP where its driver has no Wake-on-LAN, EPERM without CAP_NET_ADMIN.
    """
    answer = array.array("B", _WOLINFO.pack(_ETHTOOL_GWOL, 0, 0))
    request = struct.pack(f"{_NAME_SIZE}sP16x", os.fsencode(name)[: _NAME_SIZE - 1], answer.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        ioctl(door.fileno(), _SIOCETHTOOL, request)
    _command, supported, options = _WOLINFO.unpack(answer.tobytes())
    return supported, options
