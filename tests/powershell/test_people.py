# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell that is no module: what docs/windows.md and the runners have parses, and what a shell is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import explain
from powershell.session import Job, Session

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/windows.md").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/platforms.yml").read_text(encoding="utf-8"))
HOLD = yaml.safe_load((ROOT / "tests/runners/hold.yml").read_text(encoding="utf-8"))


def scripts() -> dict[str, str]:
    """Return each by where it stands."""
    page = re.findall(r"^```powershell\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"] if step.get("shell") == "powershell"]
    module = "ansible.windows.win_powershell"
    return {
        **{f"docs/windows.md {number}": text for number, text in enumerate(page, 1)},
        **{f"platforms.yml {step['name']}": step["run"] for step in steps},
        **{f"hold.yml {task['name']}": task[module]["script"] for task in HOLD[0]["tasks"] if module in task},
    }


def parsed(powershell: Session, text: str) -> dict[str, object]:
    return powershell.answer(Job("text", {}, script=f"Function Never {{\n{text}\n}}"))


@pytest.mark.parametrize("where", scripts())
def test_it_parses(powershell: Session, where: str) -> None:
    answer = parsed(powershell, scripts()[where])
    assert "thrown" not in answer, answer
    assert answer["output"] == ""  # nothing of it ran


def test_what_does_not_parse_is_seen(powershell: Session) -> None:
    assert "thrown" in parsed(powershell, "Get-Service (")


def test_powershell_answers_which_shell_it_is(powershell: Session) -> None:
    text = f"$env:OS = 'Windows_NT'; [Console]::Out.Write(({explain.WHICH_SHELL}) -join \"`r`n\")"
    answer = powershell.answer(Job("text", {}, script=text))
    assert explain._shell_of_windows(answer["output"]) == "powershell"
