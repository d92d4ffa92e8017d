# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's PowerShell on a real one: a process for each ansible-core, which runs many cases.

UPSFLEET_PWSH is its path; UPSFLEET_CORES are folders of installed packages `ansible`, separated by colons, in place of
the one that runs the tests.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any, Callable, Iterator

import ansible
import pytest
from powershell.session import Session
from scripted_upsd import closed_port, fake_upsd, full_port
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

__all__ = ["closed_port", "fake_upsd", "full_port"]

HERE = Path(ansible.__file__).parent
CORES = [Path(folder) for folder in os.environ.get("UPSFLEET_CORES", str(HERE)).split(":")]
ran = {"cases": 0}


def version(core: Path) -> str:
    """Return ansible-core's version."""
    found = re.search(r"__version__ = '([^']*)'", (core / "release.py").read_text(encoding="utf-8"))
    assert found
    return found[1]


EACH = [
    pytest.param(core, id=version(core))
    for core in sorted(CORES, key=lambda core: [int(part) for part in re.findall(r"\d+", version(core))])
]


class ByCore(LoadScopeScheduling):  # type: ignore[misc]
    """All cases of a core run in one process, so that there is one PowerShell for each."""

    def _split_scope(self, nodeid: str) -> str:
        found = re.search(r"\[(\d+\.\d+[^-\]]*)", nodeid)
        return found[1] if found else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByCore:
    """Let xdist share the cases out by core."""
    return ByCore(config, log)


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Session]]:
    """Return what gives the PowerShell of an ansible-core, which is started when first asked for."""
    sessions: dict[Path, Session] = {}

    def start(core: Path) -> Session:
        pwsh = os.environ.get("UPSFLEET_PWSH") or shutil.which("pwsh")
        if not pwsh:
            pytest.skip("no pwsh in PATH, and UPSFLEET_PWSH is not set")
        if core not in sessions:
            sessions[core] = Session(pwsh, str(core), tmp_path_factory.mktemp("pwsh"))
        return sessions[core]

    yield start
    for one in sessions.values():
        one.close()


def case(request: pytest.FixtureRequest, session: Callable[[Path], Session]) -> Session:
    request.node.user_properties.append(("powershell", "case"))
    return session(request.param)


@pytest.fixture(params=EACH)
def powershell(request: pytest.FixtureRequest, session: Callable[[Path], Session]) -> Session:
    """Return a PowerShell, of each ansible-core in turn."""
    return case(request, session)


@pytest.fixture(params=EACH[:1])
def oldest(request: pytest.FixtureRequest, session: Callable[[Path], Session]) -> Session:
    """Return the PowerShell of the oldest ansible-core, for what its versions do not differ in."""
    return case(request, session)


@pytest.fixture(params=EACH[-1:])
def newest(request: pytest.FixtureRequest, session: Callable[[Path], Session]) -> Session:
    """Return the PowerShell of the newest ansible-core, likewise."""
    return case(request, session)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the cases that PowerShell ran."""
    if report.when == "call" and not report.skipped and ("powershell", "case") in map(tuple, report.user_properties):
        ran["cases"] += 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say it in the last line, which ./dev reads."""
    if not hasattr(config, "workerinput"):
        print(f"\n{ran['cases']} PowerShell cases ran")
