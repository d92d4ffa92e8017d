"""What a double of Windows needs on the controller: stand-ins for the packages that the role verifies and unpacks."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from fleet.paths import ROOT
from fleet.shell import output

MAKER = ROOT / "tests" / "doubles" / "windows" / "make_packages.py"


def powershell_options() -> list[str]:
    """The engine's options that bring a PowerShell 7 into the double, and what the collection's scripts run on there.

    UPSFLEET_PWSH is its path and UPSFLEET_ANSIBLE the folder of an ansible-core's package; without them there is none.
    """
    pwsh, ansible = os.environ.get("UPSFLEET_PWSH"), os.environ.get("UPSFLEET_ANSIBLE")
    if not pwsh or not ansible:
        return []
    folders = {
        "pwsh": Path(pwsh).resolve().parent,
        "ansible": Path(ansible),
        "tests": ROOT / "tests" / "powershell",
        "modules": ROOT / "plugins" / "modules",
    }
    return [f"--volume={folder}:/opt/powershell/{name}:ro" for name, folder in folders.items()]


def make_packages(folder: Path) -> dict[str, Path]:
    """Write the stand-ins below *folder* and return them by name; takes bsdtar."""
    lines = output([sys.executable, str(MAKER), str(folder / "packages")]).splitlines()
    return {name: Path(path) for name, _sep, path in (line.partition(": ") for line in lines)}


def variables(folder: Path) -> dict[str, str]:
    """The role's variables for the stand-in of the official archive, which is not to be fetched in a test."""
    archive = make_packages(folder)["archive"]
    content = archive.read_bytes()
    return {
        "nut_client_windows_archive_file": str(archive),
        # what `git hash-object` says
        "nut_client_windows_archive_git_blob_id": hashlib.sha1(
            f"blob {len(content)}\0".encode() + content, usedforsecurity=False
        ).hexdigest(),
        "nut_client_windows_cache_dir": str(folder / "packages" / "cache"),
    }
