"""A network of its own for each fleet: a free IPv4 subnet, and a unique local IPv6 one where the machine has IPv6."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network as Subnet
from pathlib import Path

from fleet.engine import Engine
from fleet.shell import FleetError, output


def _taken() -> list[Subnet]:
    """Networks this machine has a route to; a fleet's network must not hide one."""
    routes = json.loads(output(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]")
    found = (route.get("dst", "") for route in routes)
    return [Subnet(dst) for dst in found if dst[:1].isdigit()]


def _candidates(name: str) -> Iterator[Subnet]:
    """Subnets in an order of this name's own, so that parallel fleets seldom try the same one."""
    start = int(hashlib.sha256(name.encode()).hexdigest()[:4], 16)
    for step in range(64):
        number = (start + step * 257) % 32768
        yield Subnet(f"10.{128 + number // 256}.{number % 256}.0/24")


def _ipv6(name: str) -> str:
    """A /64 of the unique local range, made from the name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"fd{digest[:2]}:{digest[2:6]}:{digest[6:10]}:1::/64"


def create(engine: Engine, name: str, labels: list[str], ipv6: bool) -> Subnet:
    """Make the network and return its IPv4 subnet."""
    taken = _taken()
    more = ["--ipv6", "--subnet", _ipv6(name)] if ipv6 else []
    # The containers get the machine's own name server: one thing less that can clash with what runs here.
    more += ["--disable-dns"] if engine.is_podman else []
    error = ""
    for subnet in _candidates(name):
        if any(subnet.overlaps(other) for other in taken):
            continue
        try:
            engine("network", "create", *labels, "--subnet", str(subnet), *more, name)
        except FleetError as problem:
            error = str(problem)
            if "subnet" not in error and "overlap" not in error:
                raise
            continue
        return subnet
    raise FleetError(f"no free subnet for the network {name}: {error}")


def address6(name: str, last: int) -> str:
    """IPv6 address with the same last part as the IPv4 one."""
    return str(ipaddress.ip_network(_ipv6(name))[last])


def has_ipv6() -> bool:
    """True if this machine's kernel speaks IPv6."""
    off = Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
    return off.exists() and off.read_text().strip() == "0"


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 60) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise FleetError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


def speaks_ssh(address: str) -> bool:
    """True once sshd greets."""
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            connection.settimeout(2)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
