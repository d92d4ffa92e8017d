"""The settings files of this test double of DSM: the one truth that the WebAPI, SSH's tools and upsd share.

DSM 7 keeps the UPS keys in synoups.conf (reported by users), DSM 6 in synoinfo.conf, with hosts.deny beside it (seen).
Nobody is told when a file changes: upsd reads its list at start and reload only, hosts.deny at each privileged word.
"""

from __future__ import annotations

import os
import re
import tempfile
from typing import Mapping, Protocol, Sequence

PATHS = {6: "etc/synoinfo.conf", 7: "usr/syno/etc/ups/synoups.conf"}
HOSTS_DENY = "etc/hosts.deny"
SLOTS = 5
"""Addresses that DSM's dialog and WebAPI know of (MAX_UPS_ACL)."""

_LINE = re.compile(r'\s*([A-Za-z0-9_]+)\s*=\s*"?(.*?)"?\s*')
_FOREIGN = {"admin_port": "5000", "language": "enu", "secure_admin_port": "5001"}
"""What synoinfo.conf holds besides the UPS keys (made up), so that a tool which loses it is found out."""


class Storage(Protocol):
    """Where files are."""

    def read(self, path: str) -> str:
        """The text of a file, empty if there is none."""

    def write(self, path: str, text: str) -> None:
        """Replace a file."""


class Memory:
    """Files that are only remembered."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def read(self, path: str) -> str:
        """As Storage says."""
        return self._texts.get(path, "")

    def write(self, path: str, text: str) -> None:
        """As Storage says."""
        self._texts[path] = text


class Disk:
    """Files below a directory, read anew each time, because SSH's tools write them too."""

    def __init__(self, root: str) -> None:
        self._root = root

    def read(self, path: str) -> str:
        """As Storage says."""
        try:
            with open(os.path.join(self._root, path), encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except FileNotFoundError:
            return ""

    def write(self, path: str, text: str) -> None:
        """As Storage says; whole or not at all."""
        target = os.path.join(self._root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(target), delete=False, encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(stream.name, 0o644)
        os.replace(stream.name, target)


class Files:
    """The keys of one generation of DSM."""

    def __init__(self, generation: int, storage: Storage) -> None:
        self.generation = generation
        self.path = PATHS[generation]
        self._storage = storage

    def reset(self, addresses: Sequence[str]) -> None:
        """As new: UPS support and network server on, these addresses permitted."""
        foreign = _FOREIGN if self.generation == 6 else {}
        self._storage.write(self.path, "".join(f'{key}="{value}"\n' for key, value in foreign.items()))
        self._storage.write(HOSTS_DENY, "")
        self.change({"ups_enabled": "yes", "ups_mode": "usb", "ups_safeshutdown": "no"})
        self.permit(addresses)

    def keys(self) -> dict[str, str]:
        """All keys of the file."""
        matches = (_LINE.fullmatch(line) for line in self._storage.read(self.path).splitlines())
        return {match[1]: match[2] for match in matches if match}

    def change(self, keys: Mapping[str, str | None]) -> None:
        """Write keys in place, new ones at the end; None removes. Other lines stay."""
        left = dict(keys)
        lines = []
        for line in self._storage.read(self.path).splitlines():
            match = _LINE.fullmatch(line)
            if not match or match[1] not in keys:
                lines.append(line)
            elif (value := left.pop(match[1], None)) is not None:
                lines.append(f'{match[1]}="{value}"')
        lines += [f'{key}="{value}"' for key, value in left.items() if value is not None]
        self._storage.write(self.path, "".join(line + "\n" for line in lines))

    @property
    def permitted(self) -> list[str] | None:
        """The stored list, longer than the dialog's if somebody edited the key; None: network server off."""
        text = self.keys().get("ups_acl")
        return None if text is None else [entry for entry in text.split("|") if entry]

    def permit(self, entries: Sequence[str] | None) -> None:
        """Store a list as DSM's dialog does, hosts.deny included; None turns the network server off."""
        self.change({"ups_acl": None if entries is None else "".join(f"{entry}|" for entry in entries)})
        if self.generation == 6:
            others = [line for line in self.hosts_deny.splitlines() if not line.startswith("upsd:")]
            line = " ".join(["upsd: ALL EXCEPT 127.0.0.1", *(entries or [])])
            self.hosts_deny = "".join(text + "\n" for text in [*others, line])

    @property
    def hosts_deny(self) -> str:
        """/etc/hosts.deny."""
        return self._storage.read(HOSTS_DENY)

    @hosts_deny.setter
    def hosts_deny(self, text: str) -> None:
        self._storage.write(HOSTS_DENY, text)

    @property
    def enabled(self) -> bool:
        """UPS support; any other word than yes is no (executed on DSM 6.2.3)."""
        return self.keys().get("ups_enabled") == "yes"

    @property
    def serves(self) -> bool:
        """True if DSM would start upsd: not without UPS support, not as another NAS's client."""
        return self.enabled and self.keys().get("ups_mode") in ("usb", "snmp")
