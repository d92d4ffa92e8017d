"""The run against a real Mac or Windows, as far as it can be held here: its order and its judgement, on stand-ins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/platforms.yml").read_text(encoding="utf-8"))

# Stands in for ansible-playbook: writes down what it was asked, and answers from a list, an entry for each call that
# writes a report.
PLAYBOOK = """#!{python}
import json, sys
from pathlib import Path
work = Path({work!r})
words = sys.argv[3:]
with (work / "calls").open("a") as log:
    log.write(" ".join(Path(word).stem if word.endswith(".yml") else word for word in words if word != "-e") + "\\n")
print("host : ok=9 changed=0 unreachable=0 failed=0 ")
answers = json.loads((work / "answers").read_text())
key = next((key for key in answers if all(word in " ".join(words) for word in key.split())), None)
row = dict(verdict="ok", drift_details=[], gaps=[])
status = 0
if key:
    (status, change), answers[key] = answers[key][0], answers[key][1:] or answers[key]
    row.update(change)
    (work / "answers").write_text(json.dumps(answers))
for word in words:
    if word.startswith("ups_report_file="):
        Path(word.partition("=")[2]).write_text(json.dumps({{"hosts": [row]}}))
sys.exit(status)
"""
# Stands in for the mock NAS alone.
PYTHON = """#!/bin/sh
case "$*" in
    *upsd_sim\\ serve*) exec sleep 60 ;;
    *upsd_sim\\ ctl*) exit 0 ;;
esac
exec {python} "$@"
"""
NO_HIBERNATION = {"verdict": "drifted", "drift_details": [{"code": "no_s4", "text": "…"}]}
GOOD: dict[str, list[Any]] = {
    "audit.yml newer.yml": [[2, {"verdict": "drifted"}]],
    "audit.yml": [[2, {"verdict": "not_permitted"}]],
    "site.yml hibernate": [[2, NO_HIBERNATION]],
}


def prove(tmp_path: Path, *extent: str, **changed: Any) -> tuple[int, list[str], str]:
    """Return the exit status, the playbooks that were called, and what was said in the end."""
    for name, text in (("ansible-playbook", PLAYBOOK), ("python3", PYTHON)):
        (tmp_path / name).write_text(text.format(python=sys.executable, work=str(tmp_path)), encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    answers = {**GOOD, **{key.replace("_", " ").replace(" yml", ".yml"): value for key, value in changed.items()}}
    (tmp_path / "answers").write_text(json.dumps(answers), encoding="utf-8")
    done = subprocess.run(
        [str(ROOT / "tests/runners/prove.sh"), "hosts.yml", "192.0.2.10", *extent],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    kept = [[word for word in call.split() if not word.startswith("ups_")] for call in calls]
    return done.returncode, [" ".join(words[:2]) for words in kept], done.stderr.strip()


FIRST, LAST = ["site --check", "site --diff", "site"], ["audit", "remove", "remove"]


def test_a_short_run_goes_from_bare_to_proven_and_back(tmp_path: Path) -> None:
    assert prove(tmp_path) == (0, [*FIRST, *LAST], "")


def test_a_thorough_run_upgrades_and_asks_for_hibernation_too(tmp_path: Path) -> None:
    status, calls, _said = prove(tmp_path, "thorough")
    upgrade = ["hold held=true", "site newer", "audit newer", "hold held=false", "site newer", "site newer"]
    assert (status, calls) == (0, [*FIRST, *upgrade, "site newer", "site newer", *LAST])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"audit_yml_newer_yml": [[2, {"verdict": "not_logged_in"}]]}, "neither the old client nor the new one"),
        ({"site_yml_newer_yml": [[0, {"verdict": "drifted"}]]}, "the second run did not mend the upgrade"),
        ({"site_yml_hibernate": [[0, {}]]}, "counts as protected by hibernating"),
        ({"site_yml_hibernate": [[2, {"verdict": "drifted"}]]}, "does not say that the host cannot hibernate"),
        ({"audit_yml": [[0, {}]], "audit_yml_newer_yml": [[0, {}]]}, "that the NAS does not permit counts as"),
    ],
)
def test_a_thorough_run_judges(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    status, _calls, errors = prove(tmp_path, "thorough", **changed)
    assert (status, said in errors) == (1, True), errors


def scripts(shell: str) -> list[str]:
    """Return the scripts of the workflow that a shell runs."""
    return [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if step.get("shell") == shell]


def test_the_password_of_a_runner_is_masked_before_it_is_used() -> None:
    (script,) = scripts("powershell")
    lines = [line for line in script.splitlines() if "$password" in line]
    assert lines[0].startswith("$password = ")
    assert lines[1] == '"::add-mask::$password"'
    assert script.startswith("$ErrorActionPreference = 'Stop'\n")


def test_nothing_on_a_runner_asks_a_person_or_for_a_name_in_english() -> None:
    (script,) = scripts("powershell")
    assert "net user" not in script
    assert "Administrators" not in script
    assert "Add-LocalGroupMember -SID S-1-5-32-544 -Member" in script


def test_the_workflow_runs_every_week_and_by_hand() -> None:
    assert set(WORKFLOW["on"]) == {"schedule", "workflow_dispatch"}
