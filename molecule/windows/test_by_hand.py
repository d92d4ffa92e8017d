"""A NUT that somebody set up by hand on Windows (a double): judged, not replaced by less, adopted, and put back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleet.windows import MAKER
from scenarios.harness import Run, fleet, wait_for
from scenarios.windows import NUT, SERVICE, windows

ONLY = ["windows"]
MAKE = f"import sys; sys.path.insert(0, {str(MAKER.parent)!r}); import make_packages as m, pathlib"
THEIRS = "C:\\Portable\\NUT"
CONF = f"{THEIRS}\\etc\\upsmon.conf"
EVENT_SOURCE = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Network UPS Tools"
KEPT = {"nut_client_finaldelay": 20}


def conf(shutdowncmd: str) -> str:
    """Return what somebody wrote into upsmon.conf."""
    command = shutdowncmd.replace("\\", "\\\\")
    return (
        f'MONITOR ups@{fleet.nas_address} 1 monuser "secret" secondary\nMINSUPPLIES 1\nSHUTDOWNCMD "{command}"\n'
        "FINALDELAY 20\n"
    )


def play(folder: Path, *tasks: dict[str, Any]) -> None:
    """Run modules on the host, as a person would do something."""
    book = folder / "by_hand.yml"
    book.write_text(json.dumps([{"hosts": "windows", "gather_facts": False, "become": True, "tasks": tasks}]))
    fleet.play(book, limit=ONLY).succeeds()


@pytest.fixture(scope="module", autouse=True)
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Unpack the archive elsewhere, write two files, register the service as `nut.exe -I` does, and start it."""
    folder = tmp_path_factory.mktemp("by_hand")
    archive = folder / "archive.zip"
    subprocess.run([sys.executable, "-c", f"{MAKE}; m.make_zip(pathlib.Path({str(archive)!r}))"], check=True)
    files = {"nut.conf": "MODE=netclient\n", "upsmon.conf": conf("%SystemRoot%\\System32\\shutdown.exe -s -t 0")}
    nut = f"{THEIRS}\\bin\\nut.exe"
    play(
        folder,
        {"ansible.windows.win_copy": {"src": str(archive), "dest": "C:\\nut.zip"}},
        {"community.windows.win_unzip": {"src": "C:\\nut.zip", "dest": THEIRS, "delete_archive": True}},
        *(
            {"ansible.windows.win_copy": {"content": text, "dest": f"{THEIRS}\\etc\\{name}"}}
            for name, text in files.items()
        ),
        {"ansible.windows.win_regedit": {"path": EVENT_SOURCE, "name": "EventMessageFile", "data": nut}},
        {"ansible.windows.win_service": {"name": SERVICE, "path": nut, "start_mode": "auto", "state": "started"}},
    )
    fleet.nas.wait_for_clients("windows")
    yield
    play(
        folder,
        {"ansible.windows.win_service": {"name": SERVICE, "state": "absent"}},
        {"ansible.windows.win_file": {"path": "C:\\Portable", "state": "absent"}},
        {"ansible.windows.win_regedit": {"path": EVENT_SOURCE, "state": "absent", "delete_key": True}},
    )
    fleet.nas.wait_for_clients()


def service() -> dict[str, Any]:
    """Return how the service is registered."""
    keys = ("name", "display_name", "path", "start_mode", "dependencies", "state", "username")
    return {key: windows.service.get(key) for key in keys}


@pytest.fixture(scope="module")
def before(set_up: None) -> dict[str, Any]:
    """What somebody made."""
    return service()


def audit() -> Run:
    return fleet.playbook("audit", limit=ONLY).fails().changes_nothing()


def test_a_command_that_cannot_be_run_is_no_protection(before: dict[str, Any]) -> None:
    run = audit()

    row = run.rows["windows"]
    assert (row["verdict"], row["logged_in"], row["protected"]) == ("would_stay_up", True, False)
    assert row["reason"] == "shutdowncmd_variable"
    assert 'put the whole into cmd.exe /c "..."' in run.advice("windows")
    assert [one["directive"] for one in row["replaced"]] == ["SHUTDOWNCMD", "FINALDELAY"]
    assert "  FINALDELAY 20 becomes 5: nut_client_finaldelay keeps it." in run.text
    assert f"a NUT at {THEIRS}\\sbin\\upsmon.exe is logged in now" in " ".join(row["notes"])
    assert '"secret"' not in run.text


def test_a_program_that_is_not_there_is_no_protection(before: dict[str, Any]) -> None:
    windows.host.run(f"cat > '{windows.path(CONF)}'", stdin=conf("C:\\tools\\down.exe /now"))
    run = audit()

    assert run.verdicts == {"windows": "would_stay_up"}
    assert "SHUTDOWNCMD (C:\\tools\\down.exe /now) runs C:\\tools\\down.exe, which does not exist" in run.advice(
        "windows"
    )


def test_a_wrong_password_changes_nothing(before: dict[str, Any]) -> None:
    files, pids = windows.files(), windows.upsmon()
    run = fleet.playbook("site", limit=ONLY, variables={"ups_password": "sesame-Sentinel-7"}).fails().changes_nothing()

    assert run.verdicts == {"windows": "bad_credentials"}
    assert "sesame" not in run.text
    assert (windows.files(), windows.upsmon(), service()) == (files, pids, before)
    assert fleet.nas.clients() == ["windows"]


def test_it_is_adopted_and_what_was_pasted_is_kept(before: dict[str, Any]) -> None:
    theirs = windows.read(CONF)
    run = fleet.playbook("site", limit=ONLY, variables=KEPT).succeeds()

    assert [one["directive"] for one in run.rows["windows"]["replaced"]] == ["SHUTDOWNCMD"]
    assert run.text.index("configure | Show what goes") < run.text.index("configure | Write the client's files")
    assert windows.service["path"] == f'"{NUT}\\bin\\nut.exe"'
    assert "FINALDELAY 20" in windows.read(f"{NUT}\\etc\\upsmon.conf").splitlines()
    assert windows.read(CONF) == theirs
    fleet.nas.wait_for_clients("windows")


def test_remove_puts_back_what_somebody_made(before: dict[str, Any]) -> None:
    fleet.playbook("remove", limit=ONLY).succeeds()

    assert service() == before
    assert windows.value(EVENT_SOURCE, "EventMessageFile") == f"{THEIRS}\\bin\\nut.exe"
    assert not windows.exists(NUT)
    assert not windows.exists("C:\\ProgramData\\upsfleet")
    wait_for("their own upsmon", lambda: fleet.nas.clients() == ["windows"])
