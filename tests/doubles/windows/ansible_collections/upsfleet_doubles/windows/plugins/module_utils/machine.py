# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The double of a Windows machine: its state under a lock, its drive, access rights, event log and processes.

Cannot show: several users, rights being enforced (every module acts as an administrator), a real kernel.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from typing import Any, Iterator

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import (
    accounts,
    acl,
    fresh,
    locks,
    paths,
    pe,
    processes,
)
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed

ROOT = "/var/lib/windows-double"
UPSMON = "/opt/doubles/nut/sbin/upsmon"
MOST_EVENTS = 1000


class Machine:
    """One double; use :func:`opened` to get it under its lock."""

    def __init__(self, root: str, state: dict[str, Any]) -> None:
        self.root = root
        self.state = state
        self.drive = paths.Drive(os.path.join(root, "C"))

    @property
    def upsmon(self) -> str:
        """The Linux upsmon behind upsmon.exe."""
        return os.environ.get("UPSFLEET_DOUBLE_UPSMON", UPSMON)

    def event(self, source: str, level: int, message: str) -> None:
        """Write into the event log; levels are Windows' own: 2 error, 3 warning, 4 information."""
        entry = {"time": time.time(), "source": source, "level": level, "message": message}
        self.state["events"] = [*self.state["events"], entry][-MOST_EVENTS:]

    def log_command(self, command: str) -> None:
        """Note a command that was run."""
        with open(os.path.join(self.root, "commands.log"), "a") as file:
            file.write(command + "\n")

    def running(self) -> list[dict[str, Any]]:
        """Return the processes that still live, and let services know of those that do not."""
        alive = [process for process in self.state["processes"] if processes.lives(process)]
        self.state["processes"] = alive
        pids = {process["pid"] for process in alive}
        for service in self.state["services"].values():
            if service["pid"] and service["pid"] not in pids:
                service.update(state="stopped", pid=0)
        return alive

    def descriptor(self, path: str) -> dict[str, Any]:
        """Return owner, group, protection and own entries of a path."""
        default = {"owner": accounts.ADMINISTRATORS, "group": accounts.NO_GROUP, "protected": False, "aces": []}
        found: dict[str, Any] = self.state["acls"].get(paths.key(path), default)
        return found

    def describe(self, path: str, descriptor: dict[str, Any]) -> None:
        """Keep a path's descriptor."""
        self.state["acls"][paths.key(path)] = descriptor

    def entries(self, path: str) -> list[acl.Ace]:
        """Return all entries of a path, inherited ones last."""
        descriptor = self.descriptor(path)
        own = acl.in_order([acl.from_stored(stored) for stored in descriptor["aces"]])
        if descriptor["protected"] or paths.parent(path) == paths.normal(path):
            return own
        above = self.entries(paths.parent(path))
        return own + acl.handed_down(above, self.drive.is_folder(path), descriptor["owner"])

    def sddl(self, path: str) -> str | None:
        """Return a path's security descriptor as text, None if there is no such path."""
        if not self.drive.exists(path):
            return None
        found = self.descriptor(path)
        return acl.sddl(found["owner"], found["group"], found["protected"], self.entries(path))

    def forget(self, path: str) -> None:
        """Drop the descriptors of a path that is gone, and of what was in it."""
        gone = paths.key(path)
        kept = {k: v for k, v in self.state["acls"].items() if k != gone and not k.startswith(gone.rstrip("\\") + "\\")}
        self.state["acls"] = kept

    def happens(self, what: str) -> None:
        """Tell that something has happened, at which a lock may begin or end; see locks.py."""
        locks.happens(self.state, what)
        for path in locks.taken_away(self.state, what, self.drive.read):
            os.remove(self.drive.real(path))

    def not_in_use(self, path: str) -> None:
        """Raise Failed if a file is held: a running program was started from it or has loaded it, or it is locked."""
        wanted = paths.key(path)
        locks.check(self.state, wanted)
        for process in self.running():
            folder = paths.parent(process["path"])
            content = self.drive.read(process["path"]) if self.drive.is_file(process["path"]) else b""
            for used in [process["path"], *(paths.join(folder, name) for name in pe.needs(content))]:
                if paths.key(used) == wanted:
                    raise Failed(
                        f"The process cannot access the file '{used}' because it is being used by another process."
                    )


def _fresh(root: str) -> dict[str, Any]:
    drive = paths.Drive(os.path.join(root, "C"))
    for folder in fresh.FOLDERS:
        drive.make_folder("C:\\" + folder)
    for program in fresh.PROGRAMS:
        drive.write("C:\\Windows\\System32\\" + program, pe.program(pe.AMD64))
    return fresh.state()


@contextlib.contextmanager
def opened(root: str | None = None) -> Iterator[Machine]:
    """Yield the machine under its lock; what was done to its state is kept when the block ends, failed or not."""
    folder = root or os.environ.get("UPSFLEET_WINDOWS_DOUBLE", ROOT)
    os.makedirs(folder, exist_ok=True)
    file = os.path.join(folder, "state.json")
    with open(os.path.join(folder, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(file):
            with open(file) as stored:
                state = json.load(stored)
        else:
            state = _fresh(folder)
        machine = Machine(folder, state)
        try:
            machine.running()
            yield machine
        finally:
            with open(file + ".new", "w") as stored:
                json.dump(machine.state, stored, indent=1, sort_keys=True)
            os.replace(file + ".new", file)
