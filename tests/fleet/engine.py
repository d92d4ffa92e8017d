"""The container engine: found at run time, with storage, networks and state of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fleet.paths import cache_dir
from fleet.shell import FleetError, as_root, output

LABEL = "upsfleet.clone"
# Some machines do not let the engine raise limits, so what is asked for is low enough to be allowed everywhere.
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]


def cgroup_v2() -> bool:
    """True if this machine runs the unified hierarchy only."""
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()


def _runtime() -> str:
    """crun where it can work: it refuses hybrid cgroups, runc does not."""
    order = ["crun", "runc"] if cgroup_v2() else ["runc"]
    for name in order:
        if found := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return found
    raise FleetError(f"no container runtime found: install {' or '.join(order)}")


def _state_dir(storage: Path) -> Path:
    """What must be gone after a reboot, so that podman notices that its containers are."""
    return Path("/run") / f"upsfleet-{hashlib.sha256(str(storage).encode()).hexdigest()[:8]}"


def _podman(name: str) -> list[str]:
    """podman with everything it writes below the cache; nothing in /var/lib/containers or /etc is touched."""
    storage = cache_dir() / "containers"
    state = _state_dir(storage)
    manager = "systemd" if cgroup_v2() and Path("/run/systemd/system").exists() else "cgroupfs"
    options = [
        *("--root", str(storage / "root"), "--runroot", str(state / "run"), "--tmpdir", str(state / "tmp")),
        *("--network-config-dir", str(storage / "networks"), "--runtime", _runtime()),
        *("--cgroup-manager", manager, "--events-backend", "file"),
    ]
    marker = storage / "driver"
    if not marker.exists():
        storage.mkdir(exist_ok=True)
        trial = as_root([name, *options, "--storage-driver", "overlay", "info"])
        works = subprocess.run(trial, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
        marker.write_text("overlay" if works else "vfs")
    return as_root([name, *options, "--storage-driver", marker.read_text()])


@dataclass(frozen=True)
class Engine:
    """podman, or what UPSFLEET_ENGINE names. Only podman is tested."""

    name: str

    @classmethod
    def find(cls) -> Engine:
        """The engine of this machine."""
        name = os.environ.get("UPSFLEET_ENGINE") or "podman"
        if not shutil.which(name):
            raise FleetError(f"{name} is not installed; ./dev installs podman")
        return cls(name)

    @property
    def is_podman(self) -> bool:
        """True for podman under whatever path."""
        return Path(self.name).name == "podman"

    @cached_property
    def argv(self) -> list[str]:
        """Start of every command line."""
        return _podman(self.name) if self.is_podman else as_root([self.name])

    def __call__(self, *args: str, ok: bool = True) -> str:
        """Run one engine command and return its output."""
        return output([*self.argv, *args], ok)

    def succeeds(self, *args: str) -> bool:
        """Run one engine command for its exit status."""
        command = [*self.argv, *args]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0

    def systemd_options(self, container: str, wants_v2: bool) -> list[str]:
        """What a container needs to run systemd as its first process."""
        if not self.is_podman:
            return ["--privileged", "--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp"]
        options = ["--systemd=always"]
        if wants_v2 and not cgroup_v2():
            options += ["--cgroupns=private", "--cap-add=SYS_ADMIN", "--env", f"UPSFLEET_CGROUP={container}"]
        return options

    @staticmethod
    def mount_options() -> list[str]:
        """What a container needs to mount, over FUSE where this machine has it, and to call reboot(2) as a host does.

        In its own PID namespace reboot(2) ends the container, never the machine.
        """
        fuse = ["--device=/dev/fuse"] if Path("/dev/fuse").is_char_device() else []
        return ["--cap-add=SYS_ADMIN", "--cap-add=SYS_BOOT", *fuse]


def remove_storage() -> None:
    """Delete the cache, engine storage included; containers must be gone. Part of it may belong to root."""
    cache = cache_dir()
    state = _state_dir(cache / "containers")
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        target = line.split()[1].replace("\\040", " ")
        if target.startswith((f"{cache}/", f"{state}/")):
            output(as_root(["umount", target]), ok=False)
    output(as_root(["rm", "-rf", str(cache), str(state)]))
