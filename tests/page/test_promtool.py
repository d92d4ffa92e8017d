# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus's own tool on the metrics of reports, and on the alert rules of the examples."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import sample_report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.metrics import metrics

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "prometheus"


def promtool(*arguments: str, said: str = "") -> str:
    """Run promtool beside the rules; return what it says, which must be no complaint."""
    done = subprocess.run(
        ["promtool", *arguments], cwd=EXAMPLES, input=said, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "report", [sample_report.small(), sample_report.large(1000), sample_report.hostile(), sample_report.document([])]
)
def test_the_metrics_are_clean(report: dict[str, Any]) -> None:
    assert promtool("check", "metrics", said=metrics(report)) == ""


def test_promtool_would_complain() -> None:
    with pytest.raises(AssertionError, match="no help text"):
        promtool("check", "metrics", said="upsfleet_bad_total 1\n")


def test_the_rules_can_be_loaded() -> None:
    assert "rules found" in promtool("check", "rules", "upsfleet.rules.yml")


def test_the_rules_fire_when_they_must() -> None:
    assert "SUCCESS" in promtool("test", "rules", "upsfleet.test.yml")
