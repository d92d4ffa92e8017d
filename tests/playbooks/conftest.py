"""The real playbooks and roles, run by ansible-playbook on hosts that are nothing but names.

The collection is this one, with four files exchanged for doubles (see double/): what looks at a host and what changes
it. Everything else, and above all ansible-core, is real; so these tests are run on each core that is supported.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping

import pytest
from report_text import unwrapped

ROOT = Path(__file__).resolve().parents[2]
DOUBLE = Path(__file__).parent / "double"
EXCHANGED = {
    "plugins/action/nut_client_audit.py": DOUBLE / "nut_client_audit.py",
    "plugins/action/nut_client_budget_info.py": DOUBLE / "nut_client_budget_info.py",
    "plugins/action/nut_client_log_info.py": DOUBLE / "nut_client_log_info.py",
    "roles/nut_client/tasks/steps.yml": DOUBLE / "steps.yml",
}
_RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=\d+ +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)

Hosts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Run:
    """How a playbook ended."""

    status: int
    screen: str  # standard output
    errors: str
    report: dict[str, Any]  # as it was written to a file; empty where none was
    log: list[str]  # what was done to whom: "audit web1", "change web1"

    @property
    def text(self) -> str:
        """Standard output, in which each sentence of the report is one line again."""
        return unwrapped(self.screen)

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The report's rows, by host."""
        return {row["name"]: row for row in self.report["hosts"]}

    @property
    def verdicts(self) -> dict[str, str]:
        """The report's verdicts, by host."""
        return {name: row["verdict"] for name, row in self.rows.items()}

    @property
    def failed(self) -> set[str]:
        """Who failed, according to the recap."""
        return {found[1] for found in _RECAP.finditer(self.text) if found[2] != "0" or found[3] != "0"}

    @property
    def changed(self) -> list[str]:
        """Who was changed, in order."""
        return [line.split()[1] for line in self.log if line.startswith("change ")]


def link(source: Path, target: Path, exchanged: Mapping[str, Path]) -> None:
    """Make *target* a folder of links into *source*, but for the files that are exchanged."""
    target.mkdir()
    for entry in source.iterdir():
        below = {name.partition("/")[2]: path for name, path in exchanged.items() if name.split("/")[0] == entry.name}
        if entry.is_dir() and below:
            link(entry, target / entry.name, below)
        else:
            (target / entry.name).symlink_to(below.get("", entry))


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with this collection and its doubles."""
    folder = tmp_path_factory.mktemp("collections")
    namespace = folder / "ansible_collections" / "upsfleet"
    namespace.mkdir(parents=True)
    parts = ("galaxy.yml", "meta", "playbooks", "plugins", "roles")
    whole = tmp_path_factory.mktemp("parts") / "synology"
    whole.mkdir()
    for part in parts:
        (whole / part).symlink_to(ROOT / part)
    link(whole, namespace / "synology", EXCHANGED)
    return folder


@pytest.fixture
def play(collections: Path, tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs one of the collection's playbooks by its full name.

    ``clients`` are the hosts of ups_clients with their variables; ``variables`` are those of the group; ``everybody``
    are those of all hosts.
    """

    def run(
        name: str,
        *options: str,
        clients: Hosts | None = None,
        nas: Hosts | None = None,
        variables: Mapping[str, Any] | None = None,
        everybody: Mapping[str, Any] | None = None,
        callback: str = "default",
    ) -> Run:
        report, log = tmp_path / "report.json", tmp_path / "log"
        for path in (report, log):
            path.unlink(missing_ok=True)
        common = {
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
            "double": "ok",
            "double_log": str(log),
            "ups_host": "192.0.2.10",
            "ups_report_file": str(report),
        }
        groups = {
            "ups_clients": {"hosts": clients or {}, "vars": variables or {}},
            "ups_nas": {"hosts": {"nas": {}} if nas is None else nas},
        }
        inventory = {"all": {"vars": {**common, **(everybody or {})}, "children": groups}}
        (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        real = os.environ["UPSFLEET_REAL_COLLECTIONS"]
        command = [sys.executable, "-m", "ansible", "playbook", "-i", str(tmp_path / "hosts.json")]
        done = subprocess.run(
            [*command, f"upsfleet.synology.{name}", *options],
            cwd=tmp_path,
            env={
                **kept,
                "ANSIBLE_COLLECTIONS_PATH": f"{collections}:{ROOT}/tests/doubles/windows:{real}",
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_STDOUT_CALLBACK": callback,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        written = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return Run(done.returncode, done.stdout, done.stderr, written, lines)

    return run
