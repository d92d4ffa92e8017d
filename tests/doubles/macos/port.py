# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of MacPorts with one port, nut: what community.general.macports calls. No variants, updates or inactive ports.

Nothing is fetched or compiled. Only installed where ``setup_double macports`` was called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import nut
from .common import Answer, only, unknown

PREFIX = Path("/opt/local")
ETC = "etc"  # the port gives configure a prefix and no sysconfdir
STATE = "var/db/ups"
PROGRAMS = ("bin/upsc", "sbin/upsmon")
FULL = f"nut @{nut.VERSION}_0"


def answer(arguments: Sequence[str], prefix: Path, root: bool) -> Answer:
    """Answer one command line: ``[-q] version | installed nut | install nut | uninstall nut``."""
    quiet = list(arguments[:1]) == ["-q"]
    command, *rest = arguments[quiet:] or [""]
    if command == "version":
        only(rest, [], 0)
        return Answer(out="2.10.7\n" if quiet else "Version: 2.10.7\n")
    if command not in ("installed", "install", "uninstall"):
        raise unknown(arguments)
    _options, words = only(rest, [], 1)
    if words != ["nut"]:
        return _other(command, words[0], quiet)
    if command == "installed":
        return _installed(prefix, quiet)
    if not root:
        return Answer(1, err="Error: Insufficient privileges to write to MacPorts install prefix.\n")
    return _install(prefix) if command == "install" else _uninstall(prefix)


def _there(prefix: Path) -> bool:
    return (prefix / PROGRAMS[1]).exists()


def _other(command: str, name: str, quiet: bool) -> Answer:
    if command == "installed":
        return Answer(out="" if quiet else "None of the specified ports are installed.\n")
    return Answer(1, err=f"Error: Port {name} not found\n")


def _installed(prefix: Path, quiet: bool) -> Answer:
    if not _there(prefix):
        return _other("installed", "nut", quiet)
    head = "" if quiet else "The following ports are currently installed:\n"
    return Answer(out=f"{head}  {FULL} (active)\n")


def _install(prefix: Path) -> Answer:
    if not _there(prefix):
        nut.put_programs(prefix, prefix, ETC, STATE)
        nut.put_data(prefix, ETC, STATE)
    return Answer(out=f"--->  Activating {FULL}\n")


def _uninstall(prefix: Path) -> Answer:
    """The samples are the port's and go with it; what an administrator made stays."""
    if not _there(prefix):
        return Answer(1, err="Error: port uninstall failed: Registry error: nut not registered as installed.\n")
    for path in [*(prefix / name for name in PROGRAMS), *(prefix / ETC).glob("*.sample")]:
        path.unlink()
    return Answer(out=f"--->  Uninstalling {FULL}\n")
