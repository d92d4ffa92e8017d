"""What a fleet is asked to have: releases, copies, doubles, and the NAS."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.images import DOUBLE_RELEASE

# What a host may be a double of, and its name: Debian in a container that answers for another system.
DOUBLES = {"macos": "mac", "windows": "windows"}


@dataclass(frozen=True)
class FleetSpec:
    """What `up` is asked for."""

    releases: tuple[str, ...]
    copies: int = 1
    profile: str = "dsm7"
    permit: bool = True
    nas: bool = True
    doubles: tuple[str, ...] = ()
    volatile: str = ""  # a release: one more host, which loses its /etc/nut at each boot
    mounts: bool = False  # hosts may mount, over FUSE too, and call reboot(2)

    def hosts(self) -> list[dict[str, str]]:
        """Name, release and, for a double, of what: bookworm, bookworm2, …, mac, windows. Doubles have no copies."""
        copies = [(copy, release) for copy in range(1, self.copies + 1) for release in self.releases]
        hosts = [{"name": release if copy == 1 else f"{release}{copy}", "release": release} for copy, release in copies]
        if self.volatile:
            hosts.append({"name": "volatile", "release": self.volatile, "tmpfs": "/etc/nut"})
        return hosts + [{"name": DOUBLES[kind], "release": DOUBLE_RELEASE, "double": kind} for kind in self.doubles]
