# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook wake, the real modules behind it, a scripted upsd, and sleepers that are a listener on loopback.

All that is waited for changes when it was read, or received, often enough: nothing here depends on the clock.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_upsd import FakeUpsd

Play = Callable[..., Any]


class Nas(FakeUpsd):
    """An upsd with a UPS a sleeper: what it says goes on to the next word with each look, and stays with the last."""

    def __init__(self, upses: dict[str, list[tuple[str, str]]], events: list[tuple[str, str]]) -> None:
        self.upses = upses
        self.events = events
        self.listed: dict[str, list[str]] = {name: [] for name in upses}
        super().__init__()

    def _reply(self, line: str, peer: str) -> Any:
        rows = []
        name = line.rpartition(" ")[2]
        if line == "LIST UPS":
            rows = [f'UPS {name} "a double"' for name in self.upses]
        elif line.startswith("LIST VAR"):
            said = self.upses[name]
            status, charge = said.pop(0) if len(said) > 1 else said[0]
            self.events.append((name, status if charge != "5" else "low"))
            rows = [f'VAR {name} ups.status "{status}"', f'VAR {name} battery.charge "{charge}"']
        elif line.startswith("LIST CLIENT"):
            rows = [f"CLIENT {name} {address}" for address in self.listed[name]]
        else:
            return super()._reply(line, peer)
        return "\n".join([f"BEGIN {line}", *rows, f"END {line}\n"])


class Sleepers:
    """Hosts that are off: each comes up, and logs in, when its third magic packet has come to a port of loopback."""

    def __init__(self, nas: Nas, hosts: dict[str, tuple[str, str]]) -> None:
        self._nas = nas
        self._hosts = hosts  # MAC: UPS and address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.packets: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after what was sent so far has been received."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(5)
        self._socket.close()

    def _listen(self) -> None:
        while packet := self._socket.recv(1024):
            mac = packet[6:12].hex(":")
            assert packet.startswith(b"\xff" * 6 + packet[6:12] * 16)
            self.packets.append(mac)
            ups, address = self._hosts[mac]
            self._nas.events.append((ups, "packet"))
            if self.packets.count(mac) == 3:
                self._nas.listed[ups].append(address)


# the UPS, and host, with what the NAS says of it in turn: status and charge
SAYS: dict[str, list[tuple[str, str]]] = {
    "well": [("OL", "100")],
    "fsd": [("FSD OL", "100"), ("FSD OL", "100"), ("OL", "100")],
    "battery": [("OB DISCHRG", "80"), ("OL CHRG", "80")],
    "low": [("OL CHRG", "5"), ("OL CHRG", "5"), ("OL CHRG", "30")],
    "again": [("OL", "90"), ("FSD OB LB", "5"), ("OL", "90")],  # it fails again after the first packet
    "unknown": [("OL", "100.5")],
    "here": [("OL", "100")],
    "nomac": [("OL", "100")],
}
NAMES = list(SAYS)
MACS = {name: f"00:00:5e:00:53:{number:02x}" for number, name in enumerate(NAMES, 1)}
ADDRESSES = {name: f"192.0.2.{number}" for number, name in enumerate(NAMES, 21)}


class Fleet:
    """What a run of wake is about."""

    def __init__(self, folder: Path) -> None:
        self.events: list[tuple[str, str]] = []
        self.nas = Nas({name: list(said) for name, said in SAYS.items()}, self.events)
        self.nas.listed["here"].append(ADDRESSES["here"])
        self.sleepers = Sleepers(self.nas, {MACS[name]: (name, ADDRESSES[name]) for name in NAMES})
        self.report = folder / "last.json"
        armed = {name: {"armed": True, "way": "wake_on_lan", "text": "armed"} for name in NAMES}
        armed["battery"] = {"armed": False, "way": "by_hand", "text": "eth0 could be armed"}
        for name, entry in armed.items():
            entry["address"] = ADDRESSES[name]
            entry["text"] = "it has no card" if name == "nomac" else entry["text"]
            entry["cards"] = [] if name == "nomac" else [{"macs": [MACS[name]], "armed": entry["armed"]}]
        self.report.write_text(json.dumps({"returns": armed}), encoding="utf-8")

    def clients(self, *names: str) -> dict[str, dict[str, Any]]:
        """Return the clients of an inventory; off, so that nothing reaches them."""
        off = {"ansible_connection": "ssh", "ansible_host": "{{ never_rendered }}"}
        return {name: {"ups_name": name, "ups_client_address": ADDRESSES[name], **off} for name in names}

    def variables(self, **more: Any) -> dict[str, Any]:
        """Return the variables of ups_clients."""
        return {
            "ups_host": "127.0.0.1",
            "ups_port": self.nas.port,
            "ups_report_file": str(self.report),
            "ups_wake_broadcast": "127.0.0.1",
            "ups_wake_port": self.sleepers.port,
            "ups_wake_interval": 0.1,
            **more,
        }


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Start the doubles."""
    made = Fleet(tmp_path)
    yield made
    made.sleepers.stop()
    made.nas.stop()


def test_it_wakes_in_order_when_the_power_is_there_and_until_each_is_logged_in(play: Play, fleet: Fleet) -> None:
    run = play("wake", "-e", "ups_wake_send=true", clients=fleet.clients(*NAMES), variables=fleet.variables())
    fleet.sleepers.stop()
    assert (run.status, run.failed) == (2, {"nomac"}), run.text
    woken = [name for name in NAMES if name not in ("here", "nomac")]
    assert {name: fleet.sleepers.packets.count(MACS[name]) for name in NAMES} == {
        name: 3 if name in woken else 0 for name in NAMES
    }
    first = list(dict.fromkeys(fleet.sleepers.packets))
    assert first == [MACS[name] for name in ("well", "again", "unknown", "battery", "fsd", "low")]
    for name in woken:
        assert f"{name}: woken: logged in again after 3 packets" in run.text
        before = ""
        for event in (event for whose, event in fleet.events if whose == name):
            assert event != "packet" or before.startswith("OL"), f"{name}: a packet after {before}"
            before = event if event != "packet" else before
    assert "here: already there." in run.text
    assert "nomac: no MAC address known (it has no card): set ups_wake_mac" in run.text
    assert "Waiting, because fsd@127.0.0.1" in run.text
    assert f"unknown@127.0.0.1:{fleet.nas.port} has the battery.charge '100.5': no charge was waited for" in run.text


@pytest.mark.parametrize("options", [(), ("--check", "-e", "ups_wake_send=true")], ids=["dry", "check"])
def test_without_leave_nothing_is_sent(play: Play, fleet: Fleet, options: tuple[str, ...]) -> None:
    clients = fleet.clients(*NAMES)
    clients["low"]["ups_wake"] = False
    run = play("wake", *options, clients=clients, variables=fleet.variables())
    fleet.sleepers.stop()
    assert (run.status, run.failed, fleet.sleepers.packets) == (0, set(), []), run.text
    assert f"well: would send packets to {MACS['well']}. Its card was armed when it was last audited." in run.text
    assert "fsd: would first wait, because fsd@127.0.0.1" in run.text
    assert "battery: would first wait" in run.text
    assert "No promise, because no card of it was armed when it was last audited: eth0 could be armed." in run.text
    assert "low:" not in run.text
    assert "here: already there." in run.text
    assert "Nothing was sent." in run.text


def test_another_host_sends_where_one_is_named(play: Play, fleet: Fleet) -> None:
    there = {"ansible_connection": "local", "ansible_host": "192.0.2.5", "ups_wake": False}
    there["ansible_python_interpreter"] = sys.executable
    clients = {**fleet.clients("well"), "box": there}
    variables = fleet.variables(ups_wake_from="box", ups_wake_mac=MACS["well"], ups_report_file="none.json")
    run = play("wake", "-e", "ups_wake_send=true", "--limit", "well", clients=clients, variables=variables)
    fleet.sleepers.stop()
    assert (run.status, fleet.sleepers.packets) == (0, [MACS["well"]] * 3), run.text
    assert "well -> box" in run.text


def test_a_variable_that_cannot_be_rendered_fails_its_host_alone(play: Play, fleet: Fleet) -> None:
    clients = fleet.clients("here", "well", "low", "fsd")
    clients["well"]["ups_host"] = "{{ nowhere }}"
    clients["low"]["ups_wake_mac"] = "00:00:5e"
    clients["fsd"]["nut_client_monitors"] = [{"host": "{{ ups_host }}", "port": fleet.nas.port, "ups": "fsd"}]
    run = play("wake", clients=clients, variables=fleet.variables())
    assert (run.status, run.failed) == (2, {"well", "low"}), run.text
    assert "well: The variable ups_host cannot be rendered: 'nowhere' is undefined." in run.text
    assert "low: ups_wake_mac is '00:00:5e': allowed is a MAC address" in run.text
    assert "fsd: would first wait, because fsd@127.0.0.1" in run.text
    assert "here: already there." in run.text
