"""Somebody holds bin\\nut.exe on a Windows host (a double), as an open Event Viewer does, during upgrade and removal.

Every other moment is a row of tests/playbooks/test_windows_swap.py.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from fleet.windows import MAKER
from scenarios.harness import fleet
from scenarios.windows import NUT, windows

ONLY = ["windows"]
NUT_EXE = f"{NUT}\\bin\\nut.exe"
FIRST_INSTALL = 50  # executions of modules, the audits among them; it was 83


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Make another version of NUT and return the variables for it."""
    archive = tmp_path_factory.mktemp("newer") / "NUT-for-Windows-x86_64-RELEASE-2.8.5.7z"
    script = f"import sys; sys.path.insert(0, {str(MAKER.parent)!r}); import make_packages as m, pathlib"
    script += f"; m.make_7z(pathlib.Path({str(archive)!r}), '2.8.5')"
    subprocess.run([sys.executable, "-c", script], check=True)
    blob = subprocess.run(["git", "hash-object", archive], check=True, capture_output=True, text=True).stdout.strip()
    return {
        "nut_client_windows_archive_version": "2.8.5",
        "nut_client_windows_archive_file": str(archive),
        "nut_client_windows_archive_git_blob_id": blob,
    }


def hold(*paths: str) -> None:
    """Let somebody hold these files from now on."""
    windows.change(f"state['locks'] = [{{'path': path}} for path in {list(paths)!r}]")


def holds(path: str, text: str) -> bool:
    """Return whether a program has a text in it."""
    return windows.host.holds(f"grep -q '{text}' '{windows.path(path)}'")


def test_a_first_install_takes_fewer_executions() -> None:
    run = fleet.playbook("site", limit=ONLY).succeeds()

    fleet.nas.wait_for_clients("windows")
    assert len(run.modules["windows"]) <= FIRST_INSTALL, run.modules["windows"]


def test_an_upgrade_that_cannot_replace_nut_leaves_the_old_client_running(newer: dict[str, Any]) -> None:
    hold(NUT_EXE)
    run = fleet.playbook("site", limit=ONLY, variables=newer).fails()

    assert NUT_EXE in run.advice("windows")
    assert "If a program holds that file, as an open Event Viewer, a log agent" in run.advice("windows")
    assert holds(f"{NUT}\\sbin\\upsmon.exe", "2.8.4")
    assert windows.service["state"] == "started"
    fleet.nas.wait_for_clients("windows")


def test_the_next_run_upgrades_it(newer: dict[str, Any]) -> None:
    hold()
    windows.host.run(f"echo mine > '{windows.path(NUT)}/etc/upssched.conf'")
    fleet.playbook("site", limit=ONLY, variables=newer).succeeds()

    assert "2.8.5" in windows.read("C:\\ProgramData\\upsfleet\\installed.txt")
    assert windows.read(f"{NUT}\\etc\\upssched.conf") == "mine"
    assert holds(NUT_EXE, "2.8.5")
    assert holds(f"{NUT}\\sbin\\upsmon.exe", "2.8.5")
    assert not windows.exists("C:\\ProgramData\\upsfleet\\programs")
    fleet.nas.wait_for_clients("windows")


def test_what_is_half_removed_is_not_called_removed(newer: dict[str, Any]) -> None:
    hold(NUT_EXE)
    run = fleet.playbook("remove", limit=ONLY, variables=newer).fails()

    assert "NUT is only removed in part" in " ".join(run.text.split())
    assert "Event Viewer" in run.text
    assert windows.exists("C:\\ProgramData\\upsfleet\\record.json")
    hold()
    fleet.playbook("remove", limit=ONLY, variables=newer).succeeds()
    assert not windows.exists(NUT)
    assert not windows.exists("C:\\ProgramData\\upsfleet")
    assert windows.service == {}
