"""Where things are: the clone, its build directory, the cache, and the names derived from them."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from fleet.shell import FleetError

ROOT = Path(__file__).resolve().parents[2]
CLONE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def cache_dir() -> Path:
    """The one directory outside of the clone that this project writes to and keeps."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "upsfleet"
    path.mkdir(parents=True, exist_ok=True)
    return path


def build_dir(fleet: str) -> Path:
    """Where the facts about one fleet are kept: keys, inventory, fleet.json."""
    return ROOT / "build" / fleet


def prefix(fleet: str) -> str:
    """Start of every container and network name, so that clones and fleets do not meet."""
    if not re.fullmatch(r"[a-z0-9]{1,20}", fleet):
        raise FleetError(f"a fleet's name is 1 to 20 lower case letters and digits, not {fleet!r}")
    return f"upsfleet-{CLONE}-{fleet}"


def control_dir(fleet: str) -> Path:
    """Directory for ssh's sockets. Their path may have 108 bytes at most, so it cannot be below the clone."""
    path = Path("/tmp") / f"{prefix(fleet)}-{os.getuid()}"  # short on purpose, unlike a TMPDIR may be
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid() or path.is_symlink():
        raise FleetError(f"{path} belongs to someone else")
    return path


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time, across clones that share the cache."""
    with open(cache_dir() / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
