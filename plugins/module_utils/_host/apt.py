# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install or remove a package with apt, or tell why not, by the state of dpkg and of the disk, not by what apt says."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
from typing import Any, Callable, Iterable, Iterator, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run, read_text

LOCKS = (
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/cache/apt/archives/lock",
    "/var/lib/apt/lists/lock",
)
JOURNAL = "/var/lib/dpkg/updates"  # what dpkg writes at each step, and takes away when it ends
DISKS = ("/usr", "/etc", "/var/lib/dpkg", "/var/cache/apt", "/var/lib/apt")
POLICY = "/usr/sbin/policy-rc.d"  # asked before a package's service is started (invoke-rc.d(8))
NEEDED = 30  # MiB: nut-client with its libraries, fetched and unpacked
NEEDED_FOR_LISTS = 200  # MiB: Debian's lists are 90 MiB, and stand there twice while they are replaced
NEEDED_INODES = 200
_START_NOTHING = "#!/bin/sh\n# upsfleet.synology installs a package, and starts its services later\nexit 101\n"
_HALF_DONE = ("half-installed", "unpacked", "half-configured")
_FIX_DPKG = "Run `sudo dpkg --configure -a` on the host, then this again."


class Obstacle(NamedTuple):
    """What keeps apt from installing: a code, and cause and next step for people."""

    code: str
    text: str


class Package(NamedTuple):
    """What dpkg knows of a package, in its own words."""

    name: str
    want: str
    status: str


def packages(run: Run) -> list[Package]:
    """Return every package that dpkg knows, also those that are wanted or held and not there."""
    words = ("-f", "${Package} ${db:Status-Want} ${db:Status-Status}\n", "*")
    _status, listed = run(["dpkg-query", "-W", *words])
    return [Package(*fields) for fields in map(str.split, listed.splitlines()) if len(fields) == 3]


def candidate(run: Run, package: str) -> str | None:
    """Return the version that apt's lists offer."""
    _status, policy = run(["apt-cache", "policy", package])
    found = re.search(r"^\s*Candidate:\s*(\d\S*)", policy, re.MULTILINE)
    return found.group(1) if found else None


def removals(run: Run, package: str, command: str = "install") -> list[str]:
    """Return the packages that apt-get's *command* would remove (its simulation marks them)."""
    _status, plan = run(["apt-get", "-s", "-q", "-o", "APT::Install-Recommends=no", command, package])
    return re.findall(r"^(?:Remv|Purg) (\S+)", plan, re.MULTILINE)


def refresh(run: Run) -> list[str]:
    """Fetch the package lists, and return those that could not be had, with apt's reason.

    Few tries and short waits: each unreachable list would cost its own minutes, and the others are there without it.
    """
    limits = ("Acquire::Retries=1", "Acquire::http::Timeout=10", "Acquire::https::Timeout=10")
    status, said = run(["apt-get", "-q", *(word for limit in limits for word in ("-o", limit)), "update"])
    failed = dict.fromkeys(re.findall(r"^Err:\d+ (\S+ \S+).*\n((?:  .*\n?)?)", said, re.MULTILINE))
    return [masked(f"{name}: {reason.strip()}") for name, reason in failed] or (last_words(said) if status else [])


def install(run: Run, package: str, may_remove: bool) -> tuple[int, str]:
    """Install *package*, which starts nothing, and keep configuration files that are there.

    :param may_remove: whether that may take other packages away.
    :raises OSError: where policy-rc.d cannot be put in place.
    """
    settings = ("APT::Install-Recommends=no", "Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold")
    options = [word for setting in settings for word in ("-o", setting)] + ["--no-remove"] * (not may_remove)
    with _starting_nothing(POLICY):
        return run(["apt-get", "-y", "-q", *options, "install", package])


def remove(run: Run, package: str) -> tuple[int, str]:
    """Remove *package* and its configuration files."""
    return run(["apt-get", "-y", "-q", "purge", package])


@contextlib.contextmanager
def _starting_nothing(policy: str) -> Iterator[None]:
    """Keep packages from starting services, and put back what a person's policy was.

    What a run has left that was killed meanwhile is taken for what it is.
    """
    aside, new = f"{policy}.upsfleet", f"{policy}.new"
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o700), "w") as file:
            file.write(_START_NOTHING)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise
    if os.path.lexists(policy) and read_text(policy) != _START_NOTHING:
        os.replace(policy, aside)
    os.replace(new, policy)
    try:
        yield
    finally:
        if os.path.lexists(aside):
            os.replace(aside, policy)
        else:
            os.unlink(policy)


def last_words(text: str) -> list[str]:
    """Return the lines that apt and dpkg mark as errors, else the last one there is."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if re.match(r"E: |dpkg: error", line)]
    return [masked(line) for line in marked[-3:] or lines[-1:]]


def masked(text: str) -> str:
    """Return *text* without the user and password that an address may hold."""
    return re.sub(r"://[^/@\s]*@", "://", text)


def lock_holder(path: str) -> tuple[int, str] | None:
    """Return pid and name of the process that holds the lock of dpkg or apt (fcntl(2), F_GETLK)."""
    try:
        with open(path, "rb+") as file:
            asked = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _whence, _start, _length, pid = struct.unpack("hhqqi", fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except OSError:
        return None
    return None if kind == fcntl.F_UNLCK else (pid, read_text(f"/proc/{pid}/comm").strip() or "another program")


def locked(paths: Sequence[str] = LOCKS) -> Obstacle | None:
    """Return who uses dpkg or apt now."""
    for holder in filter(None, map(lock_holder, paths)):
        pid, name = holder
        return Obstacle("locked", f"{name} (process {pid}) is using apt or dpkg. Run this again when it is done.")
    return None


def interrupted(journal: str = JOURNAL) -> Obstacle | None:
    """Return whether a dpkg was ended before it was done, which apt-get refuses to go on with."""
    try:
        names = os.listdir(journal)
    except OSError:
        return None
    return Obstacle("interrupted", f"dpkg was interrupted. {_FIX_DPKG}") if any(map(str.isdigit, names)) else None


def disk(needed: int, paths: Sequence[str] = DISKS, statvfs: Callable[[str], Any] = os.statvfs) -> Obstacle | None:
    """Return which disk cannot be written or is full.

    :param needed: MiB.
    """
    for path in paths:
        try:
            found = statvfs(path)
        except OSError:
            continue
        if found.f_flag & os.ST_RDONLY:
            return Obstacle("read_only", f"{path} is mounted read-only. Mount it for writing, then run this again.")
        free = found.f_bfree * found.f_frsize // 2**20
        if free < needed:
            return Obstacle(
                "disk_full", f"{path} has {free} MiB left, {needed} are needed. `sudo apt-get clean` helps."
            )
        if found.f_files and found.f_ffree < NEEDED_INODES:
            return Obstacle("disk_full", f"{path} has {found.f_ffree} inodes left: it holds too many files.")
    return None


def held(package: str, known: Iterable[Package]) -> Obstacle | None:
    """Return whether a person has told apt to leave *package* as it is."""
    if not any(one.name == package and one.want == "hold" for one in known):
        return None
    return Obstacle("held", f"{package} is held. If that is not wanted any more: `sudo apt-mark unhold {package}`.")


def would_remove(package: str, removed: Iterable[str], removable: Iterable[str]) -> Obstacle | None:
    """Return whether installing would take away what nobody has agreed to lose."""
    lost = ", ".join(sorted(set(removed) - set(removable)))
    if not lost:
        return None
    return Obstacle(
        "would_remove",
        f"Installing it would remove {lost}. Remove that by hand if it is not needed, then run this again.",
    )


def unknown(package: str, failed_lists: Sequence[str]) -> Obstacle:
    """Return that no list offers *package*."""
    where = "Look at /etc/apt/sources.list and /etc/apt/sources.list.d."
    what = f"No package list that could be read offers {package}. {where}"
    return Obstacle("no_candidate", f"{what} Not readable: {'; '.join(failed_lists)}" if failed_lists else what)


def half_done(package: str, known: Iterable[Package]) -> Obstacle | None:
    """Return which packages are neither installed nor away, *package* first."""
    found = sorted((one for one in known if one.status in _HALF_DONE), key=lambda one: (one.name != package, one.name))
    if not found:
        return None
    names = ", ".join(f"{one.name} is {one.status}" for one in found[:5])
    return Obstacle("half_done", f"dpkg has not finished: {names}. {_FIX_DPKG}")


def download(run: Run, package: str) -> Obstacle | None:
    """Return whether the files of *package* can be fetched: what apt-get ends with, not what it says, tells."""
    options = ("-y", "-q", "-d", "--no-remove", "-o", "APT::Install-Recommends=no", "-o", "Acquire::Retries=1")
    status, said = run(["apt-get", *options, "install", package])
    if not status:
        return None
    return Obstacle(
        "download",
        "Its files cannot be fetched. Check the host's way to that address (name, proxy, firewall), or its package "
        f"lists. apt-get said: {' '.join(last_words(said))}",
    )


def others_held(known: Iterable[Package]) -> str:
    """Return a hint where held packages may keep another from being installed."""
    names = [one.name for one in known if one.want == "hold"]
    return f" These are held, one may be in the way: {', '.join(names[:5])}." if names else ""


def before_trying(
    run: Run, package: str, known: Sequence[Package], removable: Iterable[str], failed_lists: Sequence[str] | None
) -> Obstacle | None:
    """Return what no attempt to install would get over.

    :param failed_lists: what :func:`refresh` said; None where the lists were not fetched, and may be out of date.
    """
    offered = candidate(run, package) is not None
    found = locked() or interrupted() or disk(NEEDED if offered else NEEDED_FOR_LISTS) or held(package, known)
    if found:
        return found
    if offered:
        return would_remove(package, removals(run, package), removable)
    return None if failed_lists is None else unknown(package, failed_lists)


def after_trying(run: Run, package: str, known: Sequence[Package], removable: Iterable[str]) -> Obstacle:
    """Return why the last attempt failed."""
    return (
        before_trying(run, package, known, removable, [])
        or half_done(package, known)
        or download(run, package)
        or Obstacle(
            "unknown",
            f"Nothing that is known to stand in the way does.{others_held(known)} Run `sudo apt-get install {package}` "
            "on the host, which shows more.",
        )
    )


def before_removing(run: Run, package: str, known: Sequence[Package]) -> Obstacle | None:
    """Return what no attempt to remove would get over, or what would go with *package*."""
    found = locked() or interrupted() or held(package, known)
    if found:
        return found
    others = ", ".join(sorted(set(removals(run, package, "purge")) - {package}))
    if not others:
        return None
    return Obstacle(
        "would_remove",
        f"That would remove {others} too. Run `sudo apt-get purge {package}` on the host if that is right, then this "
        "again.",
    )


def after_removing(run: Run, package: str, known: Sequence[Package]) -> Obstacle:
    """Return why the attempt to remove failed."""
    return (
        before_removing(run, package, known)
        or half_done(package, known)
        or Obstacle("unknown", f"Run `sudo apt-get purge {package}` on the host, which shows more.")
    )


def is_gone(package: str, known: Iterable[Package]) -> bool:
    """Return whether nothing of *package* is there, not even its configuration files."""
    return all(one.status == "not-installed" for one in known if one.name == package)


def is_installed(package: str, known: Iterable[Package]) -> bool:
    """Return whether *package* is there, whatever became of others."""
    return any(one.name == package and one.status == "installed" for one in known)


def summary(package: str, known: Iterable[Package], obstacle: Obstacle, said: str, done: str = "installed") -> str:
    """Return what a person reads: what became of the package, why, what to do, apt's own words.

    :param done: what was to become of it.
    """
    half = [one.status for one in known if one.name == package and one.status in _HALF_DONE]
    became = f"is {half[0]}, not {done}" if half else f"was not {done}"
    words = " ".join(last_words(said))
    return f"{package} {became}: {obstacle.text}" + (f" apt said: {words}" if words else "")
