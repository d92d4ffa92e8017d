# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of launchctl, system domain only: jobs are systemd units behind it. No legacy load, unload, list or start.

What is bootstrapped is forgotten at a restart of the host, what is disabled is not; launchd.service, which
setup_double.sh makes, bootstraps /Library/LaunchDaemons at boot, as launchd does. A loaded job keeps the property list
it was loaded with. While the file BOOTSTRAP_STARTS_NOTHING is there, no job is started by loading it, as has been seen
of launchd.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import jobs
from .common import STATE, VOLATILE, Answer, unknown

BOOTSTRAP_STARTS_NOTHING = "bootstrap-starts-nothing"
_EIO = "Bootstrap failed: 5: Input/output error\n"


def _systemctl(*arguments: str) -> str:
    """Run systemctl for its output; what fails shows in the job's state, as it would on a Mac."""
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
    return done.stdout


@dataclass(frozen=True)
class Launchd:
    """What launchd knows, and where."""

    loaded: Path = VOLATILE / "launchd"
    disabled: Path = STATE / "disabled.json"
    units: Path = Path("/run/systemd/system")
    daemons: Path = Path("/Library/LaunchDaemons")
    systemctl: Callable[..., str] = _systemctl
    owner: int = 0  # of a property list, other than in a unit test

    def unit(self, label: str) -> str:
        """Name of a job's systemd unit."""
        return f"launchd-{label}.service"

    def plist(self, label: str) -> Path:
        """The copy of a loaded job's property list; none if it is not loaded."""
        return self.loaded / f"{label}.plist"

    def overrides(self) -> dict[str, bool]:
        """Labels that were ever disabled or enabled; True for disabled."""
        return dict(json.loads(self.disabled.read_text())) if self.disabled.exists() else {}

    def bootstrap(self, path: Path) -> Answer:
        """Load a job, and start it if it asks for that. The real one says the same sentence whatever is wrong."""
        try:
            job = self._acceptable(path)
        except (jobs.Invalid, OSError) as problem:
            return Answer(5, err=f"{_EIO}double of launchctl: {path}: {problem}\n")
        self.loaded.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, self.plist(job.label))
        (self.loaded / f"{job.label}.path").write_text(str(path))
        self.units.mkdir(parents=True, exist_ok=True)
        (self.units / self.unit(job.label)).write_text(jobs.unit(job, str(self._exit_file(job.label))))
        self.systemctl("daemon-reload")
        if job.at_load and not (self.disabled.parent / BOOTSTRAP_STARTS_NOTHING).exists():
            self.systemctl("start", self.unit(job.label))
        return Answer()

    def bootout(self, label: str) -> Answer:
        """Stop a job and forget it."""
        if not self.plist(label).exists():
            return Answer(3, err="Boot-out failed: 3: No such process\n")
        self.systemctl("stop", self.unit(label))
        (self.units / self.unit(label)).unlink(missing_ok=True)
        self.systemctl("daemon-reload")
        self.systemctl("reset-failed", self.unit(label))
        for path in (self.plist(label), self.loaded / f"{label}.path", self._exit_file(label)):
            path.unlink(missing_ok=True)
        return Answer()

    def kickstart(self, label: str, kill: bool) -> Answer:
        """Start a job now; with *kill*, stop it first if it runs."""
        if not self.plist(label).exists():
            return _not_found(label)
        self.systemctl("restart" if kill else "start", self.unit(label))
        return Answer()

    def show(self, label: str) -> Answer:
        """``launchctl print``: anybody may."""
        if not self.plist(label).exists():
            return _not_found(label)
        job = jobs.parse(self.plist(label).read_bytes())
        lines = self.systemctl("show", "--property=MainPID,ActiveState", self.unit(label)).split()
        shown = dict(line.partition("=")[::2] for line in lines)
        ended = self._exit_file(label).read_text() if self._exit_file(label).exists() else ""
        return Answer(out=jobs.describe(job, (self.loaded / f"{label}.path").read_text(), shown, ended))

    def set_disabled(self, label: str, disabled: bool) -> Answer:
        """Remember whether a job may be loaded; a running one goes on."""
        self.disabled.write_text(json.dumps({**self.overrides(), label: disabled}))
        return Answer()

    def show_disabled(self) -> Answer:
        """``launchctl print-disabled``, as since macOS 13."""
        rows = [f'\t\t"{label}" => {"disabled" if off else "enabled"}\n' for label, off in self.overrides().items()]
        return Answer(out=f"\n\tdisabled services = {{\n{''.join(rows)}\t}}\n")

    def boot(self) -> Answer:
        """What launchd does when the Mac starts."""
        answers = [self.bootstrap(path) for path in sorted(self.daemons.glob("*.plist"))]
        return Answer(err="".join(answer.err for answer in answers))

    def _exit_file(self, label: str) -> Path:
        return self.loaded / f"{label}.exit"

    def _acceptable(self, path: Path) -> jobs.Job:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != self.owner or found.st_mode & 0o022:
            raise jobs.Invalid("is not root's, or others may write to it")
        job = jobs.parse(path.read_bytes())
        if self.plist(job.label).exists():
            raise jobs.Invalid(f"{job.label} is loaded already")
        if self.overrides().get(job.label):
            raise jobs.Invalid(f"{job.label} is disabled")
        return job


def _not_found(label: str) -> Answer:
    return Answer(113, err=f'Could not find service "{label}" in domain for system\n')


def answer(arguments: Sequence[str], launchd: Launchd, root: bool) -> Answer:
    """Answer one command line; the target of everything is the system domain."""
    words = list(arguments)
    if words == ["print-disabled", "system"]:
        return launchd.show_disabled()
    if words[:1] == ["print"] and len(words) == 2:
        return launchd.show(_label(words[1], arguments))
    changes = _change(words, launchd)
    if not root:
        return Answer(1, err=f"Could not {words[0]}: 1: Operation not permitted\n")
    return changes()


def _change(words: list[str], launchd: Launchd) -> Callable[[], Answer]:
    """What a command line would change."""
    if words == ["double-boot"]:  # not launchctl's: what the boot unit calls
        return launchd.boot
    if len(words) == 3 and words[:2] == ["bootstrap", "system"] and os.path.isabs(words[2]):
        return lambda: launchd.bootstrap(Path(words[2]))
    kill = words[:2] == ["kickstart", "-k"]
    if len(words) != 2 + kill:
        raise unknown(words)
    label = _label(words[-1], words)
    known: dict[str, Callable[[], Answer]] = {
        "bootout": lambda: launchd.bootout(label),
        "kickstart": lambda: launchd.kickstart(label, kill),
        "enable": lambda: launchd.set_disabled(label, False),
        "disable": lambda: launchd.set_disabled(label, True),
    }
    if words[0] not in known:
        raise unknown(words)
    return known[words[0]]


def _label(target: str, arguments: Sequence[str]) -> str:
    found = re.fullmatch(r"system/([A-Za-z0-9._-]+)", target)
    if not found:
        raise unknown(arguments)
    return found[1]
