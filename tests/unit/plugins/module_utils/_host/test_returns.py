# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host comes back: folders like /sys, a double of the kernel's ioctl, and once the kernel itself."""

from __future__ import annotations

import ctypes
import errno
import struct
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import returns

MAGIC, PHY, SECURE = 0x20, 0x01, 0x40
PASSWORD = b"\x53\x65\x63\x72\x65\x74"

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
br0\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
wg0\t007100CB\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
IPV6 = """20010db8000000000000000000000021 02 40 00 80     eth1
00000000000000000000000000000001 01 80 10 80       lo
"""
LAN, BRIDGED, TUNNELLED, SIX = "192.0.2.21", "198.51.100.21", "203.0.113.21", "2001:db8::21"


class Wolinfo(ctypes.Structure):
    """struct ethtool_wolinfo of linux/ethtool.h."""

    _fields_ = (
        ("cmd", ctypes.c_uint32),
        ("supported", ctypes.c_uint32),
        ("wolopts", ctypes.c_uint32),
        ("sopass", ctypes.c_uint8 * 6),
    )


class Kernel:
    """A double of the kernel's side of SIOCETHTOOL: it writes where the request points, as the kernel does."""

    def __init__(self, **cards: Any) -> None:
        self.cards = cards
        self.asked: list[str] = []

    def __call__(self, number: int, request: int, argument: bytes) -> bytes:
        assert number >= 0
        assert request == 0x8946
        name, pointer = struct.unpack_from("16sP", argument)
        card = name.rstrip(b"\0").decode()
        self.asked.append(card)
        answer = self.cards[card]
        if isinstance(answer, int):
            raise OSError(answer, "as the kernel says")
        info = Wolinfo.from_address(pointer)
        assert info.cmd == 5
        info.supported, info.wolopts = answer
        info.sopass = (ctypes.c_uint8 * 6)(*PASSWORD)
        return argument


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return the root of a machine with two cards, a bridge over a VLAN of the first, and a tunnel."""
    put(tmp_path, "proc/self/net/route", ROUTES)
    put(tmp_path, "proc/self/net/if_inet6", IPV6)
    put(tmp_path, "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme de\n")
    for number, name in enumerate(("eth0", "eth1"), 1):
        put(tmp_path, f"sys/class/net/{name}/address", f"00:00:5e:00:53:0{number}\n")
        put(tmp_path, f"sys/class/net/{name}/device/vendor", "0x8086\n")
    put(tmp_path, "sys/class/net/br0/lower_eth0.20/mtu")
    put(tmp_path, "sys/class/net/br0/lower_veth7/mtu")
    put(tmp_path, "sys/class/net/veth7/mtu")
    put(tmp_path, "sys/class/net/eth0.20/lower_eth0/mtu")
    put(tmp_path, "sys/class/net/wg0/mtu")
    put(tmp_path, "sys/class/net/lo/mtu")
    return tmp_path


def put(root: Path, path: str, text: str = "") -> None:
    """Write a file below *root*."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


# what the kernel says of the card; armed, its code, the way back, what the text says
CARDS: list[tuple[Any, bool | None, str, str | None, str]] = [
    ((MAGIC | PHY, MAGIC), True, "armed", "wake_on_lan", "Wake-on-LAN is armed at eth0"),
    ((MAGIC, MAGIC | PHY), True, "armed", "wake_on_lan", "is armed"),
    ((MAGIC | PHY, 0), False, "off", "by_hand", "ethtool -s eth0 wol g"),
    ((MAGIC | PHY, PHY), False, "off", "by_hand", "is not; it is started by hand"),
    ((PHY, PHY), False, "unsupported", "by_hand", "eth0 has no Wake-on-LAN"),
    ((MAGIC | SECURE, MAGIC | SECURE), False, "password", "by_hand", "with a password"),
    (errno.EOPNOTSUPP, False, "unsupported", "by_hand", "eth0 has no Wake-on-LAN"),
    (errno.EPERM, None, "no_permission", None, "without CAP_NET_ADMIN"),
    (errno.EACCES, None, "no_permission", None, "without CAP_NET_ADMIN"),
    (errno.ENOTTY, None, "no_answer", None, "the driver of eth0 does not tell"),
    (errno.ENODEV, None, "no_answer", None, "does not tell"),
]


@pytest.mark.parametrize(("said", "armed", "code", "way", "words"), CARDS)
def test_the_card_says_whether_it_is_armed(
    machine: Path, said: Any, armed: bool | None, code: str, way: str | None, words: str
) -> None:
    found = returns.look(LAN, str(machine), Kernel(eth0=said))
    assert (found["armed"], found["way"], found["bmc"]) == (armed, way, False)
    assert found["cards"] == [{"name": "eth0", "macs": ["00:00:5e:00:53:01"], "armed": armed, "code": code}]
    assert words in found["text"]
    assert "Secret" not in str(found)


# the host's address towards the NAS; the cards that are asked
WHICH: list[tuple[str | None, list[str]]] = [
    (LAN, ["eth0"]),
    (BRIDGED, ["eth0"]),  # by the bridge and the VLAN
    (SIX, ["eth1"]),
    ("2001:db8::21%eth1", ["eth1"]),
    ("172.16.0.1", ["eth0"]),  # of no network: by the default route
    (TUNNELLED, ["eth0", "eth1"]),  # nothing is below a tunnel
    ("::1", ["eth0", "eth1"]),
    (None, ["eth0", "eth1"]),
    ("nonsense", ["eth0", "eth1"]),
]


@pytest.mark.parametrize(("source", "cards"), WHICH)
def test_the_card_is_the_one_that_leads_to_the_nas(machine: Path, source: str | None, cards: list[str]) -> None:
    kernel = Kernel(eth0=(MAGIC, 0), eth1=(MAGIC, MAGIC))
    found = returns.look(source, str(machine), kernel)
    assert kernel.asked == cards
    assert found["armed"] is ("eth1" in cards)


def test_a_bond_has_its_cards_and_their_own_addresses(machine: Path) -> None:
    put(machine, "proc/self/net/route", ROUTES.replace("eth0", "bond0"))
    for name in ("eth0", "eth1"):
        put(machine, f"sys/class/net/bond0/lower_{name}/mtu")
        put(machine, f"sys/class/net/{name}/lower_bond0/mtu")  # a loop, which the kernel does not make
        put(machine, f"sys/class/net/{name}/address", "00:00:5e:00:53:01\n")
    put(machine, "sys/class/net/eth0/bonding_slave/perm_hwaddr", "00:00:5E:00:53:01\n")
    put(machine, "sys/class/net/eth1/bonding_slave/perm_hwaddr", "00:00:5E:00:53:02\n")
    found = returns.look(LAN, str(machine), Kernel(eth0=errno.EPERM, eth1=(MAGIC, MAGIC)))
    assert [card["macs"] for card in found["cards"]] == [
        ["00:00:5e:00:53:01"],
        ["00:00:5e:00:53:01", "00:00:5e:00:53:02"],
    ]
    assert (found["way"], found["text"]) == ("wake_on_lan", "Wake-on-LAN is armed at eth1")


def test_interfaces_that_lead_in_a_circle_end(machine: Path) -> None:
    put(machine, "sys/class/net/veth7/lower_br0/mtu")
    assert returns.look(BRIDGED, str(machine), Kernel(eth0=(MAGIC, MAGIC)))["armed"] is True


@pytest.mark.parametrize("sign", ["wireless/status", "phy80211/name"])
def test_a_wireless_card_is_not_asked(machine: Path, sign: str) -> None:
    put(machine, f"sys/class/net/eth0/{sign}")
    found = returns.look(LAN, str(machine), Kernel())
    assert (found["way"], found["cards"][0]["code"]) == ("by_hand", "wireless")


def test_an_address_that_no_packet_has_room_for_is_left_out(machine: Path) -> None:
    infiniband = "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01\n"
    put(machine, "sys/class/net/eth0/address", infiniband)
    assert returns.look(LAN, str(machine), Kernel(eth0=(0, 0)))["cards"][0]["macs"] == []


def test_a_machine_without_a_card_cannot_be_told(tmp_path: Path) -> None:
    found = returns.look(None, str(tmp_path), Kernel())
    assert (found["way"], found["armed"], found["text"]) == (None, None, "no network card was found")


# a file of the machine; whether a packet is the way, then the way without one
SIGNS = ["dev/ipmi0", "sys/class/ipmi/ipmi0/dev", "sys/firmware/dmi/entries/38-0/raw"]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_bmc_is_a_way_where_no_card_is_armed(machine: Path, sign: str) -> None:
    put(machine, sign)
    armed = returns.look(LAN, str(machine), Kernel(eth0=(MAGIC, MAGIC)))
    assert (armed["way"], armed["bmc"]) == ("wake_on_lan", True)
    for said in ((MAGIC, 0), errno.EPERM):
        found = returns.look(LAN, str(machine), Kernel(eth0=said))
        assert (found["way"], found["bmc"]) == ("bmc", True)
        assert found["text"].endswith("; it has a BMC")


# files of the machine; what it is
GUESTS: list[tuple[dict[str, str], str]] = [
    ({"run/systemd/container": "lxc"}, "container"),
    ({"proc/cpuinfo": "flags\t\t: fpu hypervisor lahf_lm\n"}, "virtual machine"),
    ({"sys/class/dmi/id/sys_vendor": "QEMU\n"}, "virtual machine"),
    ({"sys/class/dmi/id/product_name": "Virtual Machine\n"}, "virtual machine"),  # Hyper-V
    ({"proc/device-tree/hypervisor/compatible": "linux,kvm"}, "virtual machine"),
    ({"proc/cpuinfo": "flags\t\t: hypervisor\n", "proc/xen/capabilities": "control_d\n"}, ""),
    ({"sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n"}, ""),  # a Surface
    ({"proc/cpuinfo": "model name\t: hypervisor\n"}, ""),
]


@pytest.mark.parametrize(("files", "what"), GUESTS)
def test_a_guest_is_started_by_its_host(machine: Path, files: dict[str, str], what: str) -> None:
    for path, text in files.items():
        put(machine, path, text)
    kernel = Kernel(eth0=(MAGIC, MAGIC))  # as an emulated card may say
    found = returns.look(LAN, str(machine), kernel)
    if what:
        assert (found["way"], found["armed"], found["cards"], kernel.asked) == ("host", False, [], [])
        assert found["text"] == f"it is a {what}"
    else:
        assert found["way"] == "wake_on_lan"


def test_what_was_not_read_says_why() -> None:
    assert returns.untold("because")["text"] == "because"
    assert set(returns.untold("")) == set(returns.look("192.0.2.21", "/nowhere", Kernel()))


def test_the_real_kernel_knows_the_request() -> None:
    """Loopback has no Wake-on-LAN; a kernel that did not understand the request would say something else."""
    with pytest.raises(OSError, match=r".") as caught:
        returns.wake_options("lo")
    assert caught.value.errno in (errno.EOPNOTSUPP, errno.EPERM)
