# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a Linux host with systemd may take to power off: the limits in force of what runs there now. Read-only.

That is no estimate of how long it will take, but what systemd waits for before it takes a measure of its own. All
times are in seconds; None is a limit that there is not ("infinity").
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterable, Mapping, Optional

from ansible_collections.upsfleet.synology.plugins.module_utils._host import guests
from ansible_collections.upsfleet.synology.plugins.module_utils._host.command import examine
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run, read_text

Unit = Dict[str, str]
Limits = Mapping[str, Optional[int]]

PROPERTIES = (
    "Id,ActiveState,SubState,TimeoutStopUSec,TimeoutUSec,After,Requires,BindsTo,PartOf,Conflicts,ExecStop,ExecStopPost,"
    "Type,JobTimeoutUSec,JobTimeoutAction"
)
_SECONDS = {
    "us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800, "month": 2629800, "y": 31557600,
}  # fmt: skip
# What a unit is stopped by at a shutdown (man 7 systemd.special); what it depends on takes it along.
_STOPPERS = {"shutdown.target", "umount.target"}
_TAKES_ALONG = ("Requires", "BindsTo", "PartOf")
# Nothing of theirs is anywhere but in memory, so there is nothing to wait for.
_IN_MEMORY = {
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
    "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "securityfs", "sysfs", "tmpfs", "tracefs",
}  # fmt: skip
_TARGET = "poweroff.target"
_LOGIND = (
    "busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
    "InhibitDelayMaxUSec", "DelayInhibited", "BlockInhibited",
)  # fmt: skip
_OURS = "upsfleet.synology.nut_client"  # stands in the head of the role's SHUTDOWNCMD
_LOGIND_FOLDERS = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")  # the last one wins


def look(run: Run, command: str | None = None, root: str = "") -> dict[str, Any]:
    """Return what bounds a power-off, in the order in which it comes.

    ``seconds`` is the sum, None where nothing bounds it; ``wait`` what the role's SHUTDOWNCMD waits for who holds a
    block inhibitor now; ``inhibit`` what logind waits for; ``chain`` the units of the longest chain, the first to be
    stopped first; ``final`` what systemd-shutdown gives processes that are left over; ``cap`` poweroff.target's own
    limit, after which only ``final`` comes; ``limit`` the SHUTDOWNCMD's for everything. ``code`` is ``no_systemd`` and
    all else is missing where systemd does not answer.

    :param command: the SHUTDOWNCMD that is in force.
    """
    # The pattern finds what systemd has loaded.
    _status, shown = run(["systemctl", "show", f"--property={PROPERTIES}", "*", _TARGET])
    units = parse(shown)
    if "sysinit.target" not in units:
        return {"code": "no_systemd"}
    _status, default = run(["systemctl", "show", "--property=DefaultTimeoutStopUSec"])
    _status, logind = run(_LOGIND)
    ours = _settings_of(command, root)
    chain = longest_chain(units, guests.limits(units, root))
    found: dict[str, Any] = {
        "wait": ours.get("wait", 0) if "shutdown" in _holders(logind, 2) else 0,
        "inhibit": delay(logind, root),
        "chain": chain,
        "final": seconds(default.strip().partition("=")[2]),
        "cap": _cap(units.get(_TARGET, {})),
        "limit": ours.get("limit"),
    }
    stopping = _lower(total(one["seconds"] for one in chain), found["cap"])
    everything = total([found["wait"], found["inhibit"]["seconds"], stopping, found["final"]])
    return {"code": "", "seconds": _lower(everything, found["limit"]), **found}


def _cap(target: Unit) -> int | None:
    acts = target.get("JobTimeoutAction", "none") != "none"
    return seconds(target.get("JobTimeoutUSec", "infinity")) if acts else None


def _lower(one: int | None, other: int | None) -> int | None:
    known = [number for number in (one, other) if number is not None]
    return min(known, default=None)


def _settings_of(command: str | None, root: str) -> dict[str, int]:
    """Return the numbers that the role's own SHUTDOWNCMD was written with, its waits and limits; none of another's."""
    program = examine(command)["program"] if command else None
    text = read_text(root + program) if program else ""
    ours = text if _OURS in text else ""
    return {name: int(number) for name, number in re.findall(r"^(wait|limit)=([0-9]{1,6})\b", ours, re.MULTILINE)}


def parse(shown: str) -> dict[str, Unit]:
    """Return the units that ``systemctl show`` shows, by name; a property that stands there twice has both lines."""
    units = {}
    for block in shown.strip().split("\n\n"):
        fields: Unit = {}
        for line in block.splitlines():
            name, sep, value = line.partition("=")
            if sep:
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        if fields.get("Id"):
            units[fields["Id"]] = fields
    return units


def seconds(text: str) -> int | None:
    """Return what systemd means by "1min 30s", rounded up; None for "infinity" and for what it never says."""
    words = re.findall(r"([0-9.]+)([a-z]+)", text)
    if not words or "".join("".join(word) for word in words) != text.replace(" ", ""):
        return 0 if text == "0" else None
    if any(unit not in _SECONDS for _number, unit in words):
        return None
    return -int(-sum(float(number) * _SECONDS[unit] for number, unit in words) // 1)


def total(limits: Iterable[int | None]) -> int | None:
    """Return the sum, None where one of them is."""
    known = list(limits)
    return None if None in known else sum(one for one in known if one is not None)


def stopped(units: Mapping[str, Unit]) -> set[str]:
    """Return which units that run are stopped at a shutdown in an order; all else is left to its very end."""
    active = {name for name, unit in units.items() if unit.get("ActiveState") not in ("inactive", "failed")}
    found = {name for name in active if _STOPPERS & set(units[name].get("Conflicts", "").split())}
    while True:
        along = {
            name
            for name in active - found
            if any(found & set(units[name].get(kind, "").split()) for kind in _TAKES_ALONG)
        }
        if not along:
            return found
        found |= along


def limit(name: str, unit: Unit, own: Limits) -> int | None:
    """Return how long stopping a unit may take (man 5 systemd.service, TimeoutStopSec).

    The limit holds for each command that stops it, and once more for its processes to end.

    :param own: limits that programs set themselves, by unit, for units to which systemd gives any time.
    """
    kind = name.rpartition(".")[2]
    if kind in ("mount", "swap"):
        return 0 if unit.get("Type") in _IN_MEMORY else seconds(unit.get("TimeoutUSec", "infinity"))
    if kind not in ("service", "scope"):
        return 0
    once = seconds(unit.get("TimeoutStopUSec", "infinity"))
    if once is None:
        return own.get(name)
    commands = [line for key in ("ExecStop", "ExecStopPost") for line in unit.get(key, "").splitlines() if line]
    return once * (len(commands) + (0 if unit.get("SubState") == "exited" else 1))


def longest_chain(units: Mapping[str, Unit], own: Limits) -> list[dict[str, Any]]:
    """Return the units that are stopped one after the other and may take longest, with their limits.

    A unit is stopped before what it is ordered after. Units without a limit worth naming are left out.
    """
    names = stopped(units)
    later = {name: names & set(units[name].get("After", "").split()) - {name} for name in names}
    limits = {name: limit(name, units[name], own) for name in names}
    best: dict[str, tuple[float, str | None]] = {}  # from this unit's stop to the end, and who comes next
    while len(best) < len(names):
        ready = [name for name in sorted(names - set(best)) if later[name] <= set(best)]
        # systemd breaks a circle somewhere, and so does this.
        for name in ready or sorted(names - set(best))[:1]:
            known = sorted(later[name] & set(best))
            following = max(known, key=lambda one: best[one][0], default=None)
            rest = best[following][0] if following else 0.0
            best[name] = (_weight(limits[name]) + rest, following)
    at = max(sorted(best), key=lambda one: best[one][0], default=None)
    chain = []
    while at is not None:
        if limits[at] != 0:
            chain.append({"unit": at, "seconds": limits[at]})
        at = best[at][1]
    return chain


def _weight(number: int | None) -> float:
    return float("inf") if number is None else float(number)


def delay(logind: str, root: str = "") -> dict[str, Any]:
    """Return how long logind waits for programs that asked it to, and which file says how long; 0 where none did.

    :param logind: what it answers to :data:`_LOGIND`.
    """
    longest = re.match(r"t ([0-9]+)\n", logind)
    if not longest or "shutdown" not in _holders(logind, 1):
        return {"seconds": 0, "file": ""}
    return {"seconds": -(-int(longest.group(1)) // 1000000), "file": _says_delay(root)}


def _holders(logind: str, line: int) -> list[str]:
    """Return what somebody holds inhibitors against, by the line of logind's answer."""
    said = re.fullmatch(r's "([a-z:-]*)"', "".join(logind.splitlines()[line : line + 1]))
    return said.group(1).split(":") if said else []


def _says_delay(root: str) -> str:
    """Return the file whose InhibitDelayMaxSec holds, empty where it is the default."""
    files = {}
    for folder in _LOGIND_FOLDERS:
        below = f"{folder}/logind.conf.d"
        found = os.listdir(root + below) if os.path.isdir(root + below) else []
        files.update({name: f"{below}/{name}" for name in found if name.endswith(".conf")})
    ordered = [f"{folder}/logind.conf" for folder in _LOGIND_FOLDERS] + [files[name] for name in sorted(files)]
    says = [path for path in ordered if re.search(r"^\s*InhibitDelayMaxSec\s*=", read_text(root + path), re.MULTILINE)]
    return says[-1] if says else ""
