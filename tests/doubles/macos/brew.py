# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of Homebrew with one formula, nut: what community.general.homebrew calls, and a little for a person.

Nothing is fetched or compiled; the files are where Homebrew puts them. No services, casks, taps or upgrades.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import nut
from .common import Answer, Refused, only, unknown

PREFIX = Path("/opt/homebrew")
ETC = "etc/nut"
STATE = "var/state/ups"
LINKS = ("bin/upsc", "sbin/upsmon")
AS_ROOT = """\
Error: Running Homebrew as root is extremely dangerous and no longer supported.
As Homebrew does not drop privileges on installation you would be giving all
build scripts full access to your system.
"""


def answer(arguments: Sequence[str], prefix: Path, root: bool) -> Answer:
    """Answer one command line. Root gets nothing but ``--prefix``, as from the real one."""
    command, *rest = arguments or [""]
    if root and command != "--prefix":
        return Answer(1, err=AS_ROOT)
    commands = {
        "--prefix": _prefix,
        "--version": _version,
        "list": _list,
        "info": _info,
        "install": _install,
        "uninstall": _uninstall,
    }
    if command not in commands:
        raise unknown(arguments)
    return commands[command](rest, prefix)


def _keg(prefix: Path) -> Path:
    return prefix / "Cellar/nut" / nut.VERSION


def _formula(words: Sequence[str]) -> Answer | None:
    """The real one's complaint, unless it is the formula that there is."""
    if words[0] == "nut":
        return None
    if not words[0].replace("-", "").isalnum():
        raise Refused(f"does not know a formula named {words[0]!r}")
    return Answer(1, err=f'Error: No available formula with the name "{words[0]}".\n')


def _prefix(arguments: Sequence[str], prefix: Path) -> Answer:
    if not arguments:
        return Answer(out=f"{prefix}\n")
    _options, words = only(arguments, [], 1)
    return _formula(words) or Answer(out=f"{prefix / 'opt/nut'}\n")


def _version(arguments: Sequence[str], prefix: Path) -> Answer:
    only(arguments, [], 0)
    return Answer(out="Homebrew 4.5.6\n")


def _list(arguments: Sequence[str], prefix: Path) -> Answer:
    """``list --versions [--formula] NAME``: nothing and status 1 if it is not installed."""
    options, words = only(arguments, ["--versions", "--formula"], 1)
    if "--versions" not in options:
        raise unknown(["list", *arguments])
    if words[0] != "nut" or not _keg(prefix).exists():
        return Answer(1)
    return Answer(out=f"nut {nut.VERSION}\n")


def _info(arguments: Sequence[str], prefix: Path) -> Answer:
    """``info --json=v2 NAME [--formula]``: the keys that the module reads, and those that tell a person most."""
    options, words = only(arguments, ["--json=v2", "--formula"], 1)
    if "--json=v2" not in options:
        raise unknown(["info", *arguments])
    if wrong := _formula(words):
        return wrong
    installed = [{"version": nut.VERSION, "installed_on_request": True}] if _keg(prefix).exists() else []
    formula = {
        "name": "nut",
        "full_name": "nut",
        "tap": "homebrew/core",
        "oldnames": [],
        "aliases": [],
        "desc": "Network UPS Tools: Support for various power devices",
        "versions": {"stable": nut.VERSION, "head": "HEAD", "bottle": True},
        "installed": installed,
        "linked_keg": nut.VERSION if installed else None,
        "pinned": False,
        "outdated": False,
        "deprecated": False,
        "disabled": False,
    }
    return Answer(out=json.dumps({"formulae": [formula], "casks": []}, indent=2) + "\n")


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _install(arguments: Sequence[str], prefix: Path) -> Answer:
    """``install [--formula] nut``: files and links. Nothing is started."""
    _options, words = only(arguments, ["--formula"], 1)
    if wrong := _formula(words):
        return wrong
    keg = _keg(prefix)
    if keg.exists():
        return Answer(err=f"Warning: nut {nut.VERSION} is already installed and up-to-date.\n")
    nut.put_programs(keg, prefix, ETC, STATE)
    nut.put_data(prefix, ETC, STATE)
    _link(prefix / "opt/nut", f"../Cellar/nut/{nut.VERSION}")
    for name in LINKS:
        _link(prefix / name, f"../Cellar/nut/{nut.VERSION}/{name}")
    return Answer(out=f"==> Pouring nut--{nut.VERSION}.arm64_sequoia.bottle.tar.gz\n🍺  {keg}: 8 files, 2MB\n")


def _uninstall(arguments: Sequence[str], prefix: Path) -> Answer:
    """``uninstall [--force] [--formula] nut``: what is below etc and var stays, as with the real one."""
    options, words = only(arguments, ["--force", "--formula"], 1)
    if wrong := _formula(words):
        return wrong
    keg = _keg(prefix)
    if not keg.exists():
        missing = Answer(1, err=f"Error: No such keg: {keg.parent}\n")
        return Answer() if "--force" in options else missing
    shutil.rmtree(keg.parent)
    for name in ("opt/nut", *LINKS):
        (prefix / name).unlink(missing_ok=True)
    return Answer(out=f"Uninstalling {keg}... (8 files, 2MB)\n")
