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
from typing import Iterator

import ansible
import pytest
from powershell.session import Session
from scripted_upsd import closed_port, fake_upsd, full_port

__all__ = ["closed_port", "fake_upsd", "full_port"]

HERE = Path(ansible.__file__).parent
CORES = [Path(folder) for folder in os.environ.get("UPSFLEET_CORES", str(HERE)).split(":")]
ran = {"cases": 0}


def version(core: Path) -> str:
    """Return ansible-core's version."""
    found = re.search(r"__version__ = '([^']*)'", (core / "release.py").read_text(encoding="utf-8"))
    assert found
    return found[1]


def start(core: Path, folder: Path) -> Iterator[Session]:
    pwsh = os.environ.get("UPSFLEET_PWSH") or shutil.which("pwsh")
    if not pwsh:
        pytest.skip("no pwsh in PATH, and UPSFLEET_PWSH is not set")
    session = Session(pwsh, str(core), folder)
    yield session
    session.close()


# All cases of a core run in one process of xdist, so that there is one PowerShell for each.
EACH = [pytest.param(core, id=version(core), marks=pytest.mark.xdist_group(version(core))) for core in CORES]
FIRST = EACH[:1]


@pytest.fixture(scope="session", params=EACH)
def each_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    yield from start(request.param, tmp_path_factory.mktemp("pwsh"))


@pytest.fixture
def powershell(request: pytest.FixtureRequest, each_session: Session) -> Session:
    """Return a PowerShell, of each ansible-core in turn."""
    request.node.user_properties.append(("powershell", "case"))
    return each_session


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the cases that PowerShell ran."""
    if report.when == "call" and not report.skipped and ("powershell", "case") in map(tuple, report.user_properties):
        ran["cases"] += 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say it in the last line, which ./dev reads."""
    if not hasattr(config, "workerinput"):
        print(f"\n{ran['cases']} PowerShell cases ran")
