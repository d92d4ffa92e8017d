"""Where the report lands: on a host of the inventory, on that host's own account, or as a failure of the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., Any]
FACES = {"report.json", "report.html", "upsfleet.prom"}
UNDEFINED = "{{ vm_addresses[inventory_hostname] }}"
# No host of the group ups_clients has to be well for it.
CLIENTS: dict[str, dict[str, Any]] = {"a1": {"ansible_user": UNDEFINED}, "a2": {"double": "refused"}}


def test_the_files_are_put_on_the_host_that_is_named(play: Play, tmp_path: Path) -> None:
    """The report says of it what it would say on the controller."""
    folder = tmp_path / "web root"
    variables = {"ups_report_host": "nas", "ups_report_dir": str(folder)}
    run = play("audit", clients=CLIENTS, variables=variables)
    assert (run.status, run.failed) == (2, {"a1", "a2"}), run.text
    assert {path.name for path in folder.iterdir()} == FACES
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    written = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert {row["name"]: row["verdict"] for row in written["hosts"]} == {"a1": "not_audited", "a2": "not_permitted"}
    assert written == run.report
    assert run.changed == []


# the host's variables; the folder
NOWHERE: list[tuple[dict[str, Any], str]] = [
    ({"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}, "reports"),
    ({"ansible_connection": UNDEFINED}, "reports"),
    ({}, "a file/reports"),
]


@pytest.mark.parametrize(("variables", "folder"), NOWHERE, ids=["away", "broken", "no folder"])
def test_what_cannot_be_put_there_fails_the_run(
    play: Play, tmp_path: Path, variables: dict[str, Any], folder: str
) -> None:
    """And the report comes all the same."""
    (tmp_path / "a file").write_text("", encoding="utf-8")
    wanted = {"ups_report_host": "web", "ups_report_dir": str(tmp_path / folder)}
    run = play("audit", clients={"a1": {}}, nas={"web": variables}, variables=wanted)
    assert (run.status, run.failed - {"web"}) == (2, {"localhost"}), run.text
    assert "The report cannot be put on web: " in run.text
    assert run.text.count("1 of 1 hosts are proven protected.") == 1


def test_without_a_host_the_folder_is_the_controllers(play: Play, tmp_path: Path) -> None:
    run = play("audit", clients={"a1": {}}, variables={"ups_report_dir": "reports", "ups_report_file": ""})
    assert run.status == 0, run.text
    assert {path.name for path in (tmp_path / "reports").iterdir()} == FACES


def test_a_report_that_cannot_be_written_fails_the_run(play: Play, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("", encoding="utf-8")
    run = play("audit", clients={"a1": {}}, variables={"ups_report_file": "a file/report.json"})
    assert (run.status, run.failed) == (2, {"localhost"}), run.text
    assert "The report cannot be written to " in run.text


@pytest.mark.parametrize("variables", [{}, {"ups_report_dir": "reports"}], ids=["no folder", "no full path"])
@pytest.mark.parametrize("options", [(), ("--check",)], ids=["run", "check"])
def test_a_host_without_a_folder_gets_nothing(
    play: Play, tmp_path: Path, variables: dict[str, Any], options: tuple[str, ...]
) -> None:
    """A folder that is not there is no path, and no path is the controller's root."""
    run = play(
        "audit", *options, clients={"a1": {}}, nas={"web": {}}, variables={"ups_report_host": "web", **variables}
    )
    assert (run.status, run.failed) == (2, {"localhost"}), run.text
    assert "must be the full path of a folder there" in " ".join(run.text.split())
    assert "skipping: [a1]" in run.text.partition("TASK [Put the report on its host]")[2].partition("PLAY [")[0]


def test_a_report_about_budgets_alone_is_put_nowhere(play: Play, tmp_path: Path) -> None:
    variables = {"ups_report_host": "web", "ups_report_dir": str(tmp_path / "reports")}
    run = play("budget", clients={"a1": {}}, nas={"web": {}}, variables=variables)
    assert run.status == 0, run.text
    assert "skipping: [a1]" in run.text.partition("TASK [Put the report on its host]")[2].partition("PLAY [")[0]
    assert not (tmp_path / "reports").exists()
