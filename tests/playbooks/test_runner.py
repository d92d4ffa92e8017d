"""The playbooks under ansible-runner, as AWX starts them: a user without a name, and a project that cannot be written.

AWX itself is not here. What it does around ansible-runner is played by its own layout: a private folder with the
project (examples/awx, read-only), the inventory and the variables, which is HOME too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UID = "1000730000"  # as OpenShift gives, without an entry in passwd
Runner = Callable[..., Any]
HOSTS = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable,
         "double": "ok", "ups_nas_hosts": []}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """How a job ended, as AWX reads it."""

    status: int
    text: str
    artifacts: Path
    reports: Path

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events, in order."""
        files = sorted((self.artifacts / "job_events").glob("*.json"), key=lambda path: int(path.name.split("-")[0]))
        return [json.loads(path.read_text(encoding="utf-8")) for path in files]

    def result(self, task: str) -> dict[str, Any]:
        """The result of a task, in the event of its last host."""
        found = [one["event_data"] for one in self.events if one["event_data"].get("task") == task]
        return dict([one["res"] for one in found if "res" in one][-1])

    @property
    def stats(self) -> dict[str, Any]:
        """What the last event counts."""
        return dict([one["event_data"] for one in self.events if one["event"] == "playbook_on_stats"][-1])


@pytest.fixture
def runner(collections: Path) -> Iterator[Runner]:
    """Return a function that runs a playbook of examples/awx under ansible-runner."""
    # pytest's own folder lets nobody else in.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield job_in(Path(folder), collections)


def job_in(place: Path, collections: Path) -> Runner:
    """Return a function that runs a playbook of examples/awx under ansible-runner; what it writes is in *place*."""
    reports = place / "reports"
    reports.mkdir()
    reports.chmod(0o777)
    # Who may read everything may run it, and only those who ask before are told otherwise (access(2)).
    program = place / "bin" / "ansible-playbook"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {Path(sys.executable).parent}/ansible-playbook "$@"\n', encoding="utf-8")
    program.chmod(0o755)

    def run(name: str, clients: dict[str, dict[str, Any]], **extra: str) -> Job:
        private = Path(tempfile.mkdtemp(dir=place))
        project = private / "project"
        shutil.copytree(ROOT / "examples" / "awx", project)
        for folder in ("env", "artifacts", "inventory"):
            (private / folder).mkdir()
        own = {**HOSTS, "double_log": str(reports / "log"), "ups_report_slices": str(reports / "slices"),
               "ups_report_whole": str(reports / "whole")}  # fmt: skip
        variables = yaml.safe_load((project / "inventory/group_vars/all.yml").read_text(encoding="utf-8"))
        groups = {"ups_clients": {"hosts": clients}, "ups_report_hosts": {"hosts": {"monitor": {}}}}
        inventory = {"all": {"vars": {**variables, **own}, "children": groups}}
        (private / "inventory" / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
        path = f"{collections}:{ROOT}/tests/doubles/windows:{os.environ['UPSFLEET_REAL_COLLECTIONS']}"
        environment = {"ANSIBLE_COLLECTIONS_PATH": path, "HOME": str(private)}
        (private / "env" / "envvars").write_text(json.dumps(environment), encoding="utf-8")
        (private / "env" / "extravars").write_text(json.dumps(extra), encoding="utf-8")
        for writable in (private, private / "artifacts"):
            writable.chmod(0o777)
        for each in (project, *project.rglob("*")):
            each.chmod(0o555 if each.is_dir() else 0o444)
        command = [sys.executable, "-m", "ansible_runner", "run", str(private), "--playbook", f"{name}.yml", "--quiet"]
        done = subprocess.run(
            [*somebody(), *command, "--ident", "job"],
            cwd="/",
            env={
                "PATH": f"{program.parent}:/usr/bin:/bin",
                "HOME": str(private),
                "LC_ALL": "C.UTF-8",
                "TZ": "Etc/UTC",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        artifacts = private / "artifacts" / "job"
        said = (artifacts / "stdout").read_text(encoding="utf-8") if artifacts.exists() else ""
        return Job(done.returncode, said + done.stdout + done.stderr, artifacts, reports)

    return run


def somebody() -> list[str]:
    """Return what runs a command as a user without a name, who may read everything, as in an image, and write nothing.

    Who is not root already is somebody, with a name.
    """
    if os.geteuid() != 0:
        return []
    may_read = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return [
        "setpriv",
        f"--reuid={UID}",
        "--regid=0",
        "--clear-groups",
        *may_read,
        "--bounding-set=-all,+dac_read_search",
    ]


def verdicts(path: Path) -> dict[str, str]:
    """Return the verdicts of a report.json."""
    return {row["name"]: row["verdict"] for row in json.loads(path.read_text(encoding="utf-8"))["hosts"]}


def test_slices_and_the_report_of_them_all(runner: Runner) -> None:
    fleet: dict[str, dict[str, Any]] = {"a1": {}, "a2": {"double": "refused"}, "a3": {}}
    first = runner("site", {"a1": fleet["a1"], "a3": fleet["a3"]})
    assert first.status == 0, first.text
    assert [row["name"] for row in first.result("Make the fleet report")["hosts"]] == ["a1", "a3"]
    assert first.stats["failures"] == {}

    second = runner("site", {"a2": fleet["a2"]})
    assert second.status == 2, second.text
    [row] = second.result("Make the fleet report")["hosts"]
    assert (row["name"], row["verdict"], row["address"]) == ("a2", "not_permitted", "192.0.2.22")
    assert second.stats["failures"] == {"a2": 1}
    assert second.stats["artifact_data"]["upsfleet"]["counts"] == {"hosts": 1, "protected": 0}
    assert verdicts(second.reports / "slices/a1/report.json") == {"a1": "ok", "a3": "ok"}
    assert verdicts(second.reports / "slices/a2/report.json") == {"a2": "not_permitted"}

    whole = runner("report", fleet, ups_report_dir=str(second.reports / "whole"))
    assert whole.status == 2, whole.text
    assert whole.stats["failures"] == {"a2": 1}
    assert whole.stats["artifact_data"]["upsfleet"]["counts"] == {"hosts": 3, "protected": 2}
    assert verdicts(whole.reports / "whole/report.json") == {"a1": "ok", "a2": "not_permitted", "a3": "ok"}
    assert any("2 of 3 hosts are proven protected." in json.dumps(event) for event in whole.events)


def test_a_drill_of_hosts_that_are_not_protected(runner: Runner) -> None:
    job = runner("drill", {"a2": {"double": "refused"}})
    assert job.status == 2, job.text
    assert [row["verdict"] for row in job.result("Make the fleet report")["hosts"]] == ["not_permitted"]
    assert "A drill shows what a protected host does" in job.text
    assert job.stats["failures"] == {"a2": 1}
