# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as metrics: conventions, each series once, and no text from outside ends a label."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sample_report
import yaml
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.metrics import HELP, metrics
from sample_report import document, monitor, nas, not_audited, row, small, unprotected

ROOT = Path(__file__).resolve().parents[5]
LABEL = r'[a-z_]+="(?:[^"\\]|\\[\\"n])*"'
SAMPLE = re.compile(rf"(upsfleet_[a-z_]+)((?:\{{{LABEL}(?:,{LABEL})*\}})?) (\S+)")
TWIN = "0123456789abcdef" * 2


def samples(report: dict[str, Any]) -> dict[str, float]:
    """Return the values of a report by series, each of which comes once."""
    found = [SAMPLE.fullmatch(line) for line in metrics(report).splitlines() if not line.startswith("#")]
    assert all(found)
    series = [f"{one[1]}{one[2]}" for one in found if one]
    assert len(series) == len(set(series))
    return {name: float(one[3]) for name, one in zip(series, found) if one}


SAID: list[tuple[dict[str, Any], dict[str, float]]] = [
    (
        small(),
        {
            "upsfleet_report_timestamp_seconds": 1795828500,
            'upsfleet_report_info{ansible_core="2.19.4",collection="0.1.0",scope="whole"}': 1,
            "upsfleet_hosts": 4,
            "upsfleet_hosts_protected": 2,
            "upsfleet_hosts_expected": 4,
            "upsfleet_report_failures": 0,
            'upsfleet_host_protected{host="backup"}': 0,
            'upsfleet_host_protected{host="pi"}': 1,
            'upsfleet_host_verdict_info{host="lab",verdict="would_stay_up",accepted="no"}': 1,
            'upsfleet_host_logged_in{host="backup"}': 0,
            'upsfleet_host_audit_timestamp_seconds{host="pi"}': 1795828500,
            'upsfleet_host_drill_timestamp_seconds{host="lab"}': 1795132800,
            'upsfleet_ups_charge_ratio{server="192.0.2.10",port="3493",ups="ups"}': 0.97,
            'upsfleet_ups_runtime_seconds{server="192.0.2.10",port="3493",ups="ups"}': 2460,
            'upsfleet_ups_on_battery{server="192.0.2.10",port="3493",ups="ups"}': 0,
            'upsfleet_ups_hosts{server="192.0.2.10",port="3493",ups="ups"}': 4,
            'upsfleet_ups_hosts_logged_in{server="192.0.2.10",port="3493",ups="ups"}': 3,
            'upsfleet_nas_failed{nas="nas"}': 0,
            'upsfleet_nas_permitted_addresses{nas="nas"}': 4,
            'upsfleet_nas_extra_addresses{nas="nas"}': 2,
            'upsfleet_nas_unknown_clients{nas="nas"}': 1,
        },
    ),
    # what a NAS only would permit is not permitted
    (document([], nas=[nas(added=["192.0.2.21"])]), {'upsfleet_nas_permitted_addresses{nas="nas"}': 3}),
    (document([], nas=[nas(added=["192.0.2.21"], planned=False)]), {'upsfleet_nas_permitted_addresses{nas="nas"}': 4}),
    (document([], failures=["a", "b"]), {"upsfleet_hosts": 0, "upsfleet_report_failures": 2}),
    (document([], nas=[nas(failure="It is off.", permitted=None)]), {'upsfleet_nas_failed{nas="nas"}': 1}),
    (
        document([row("a", monitors=[monitor(status="FSD OB DISCHRG", charge=7.5)])]),
        {
            'upsfleet_ups_on_battery{server="192.0.2.10",port="3493",ups="ups"}': 1,
            'upsfleet_ups_forced_shutdown{server="192.0.2.10",port="3493",ups="ups"}': 1,
            'upsfleet_ups_charge_ratio{server="192.0.2.10",port="3493",ups="ups"}': 0.075,
        },
    ),
    (
        document([row("a", protected=False, verdict="unproven", accepted=True)]),
        {'upsfleet_host_verdict_info{host="a",verdict="unproven",accepted="yes"}': 1},
    ),
    (
        document([row("a", protected=False, verdict="removed")]),
        {'upsfleet_host_verdict_info{host="a",verdict="removed",accepted="yes"}': 1},
    ),
    # two machines of one name are two; of two that cannot be told apart the worse one counts
    (
        document([row("a", machine_id=TWIN), unprotected("a"), row("a")]),
        {f'upsfleet_host_protected{{host="a",machine_id="{TWIN}"}}': 1, 'upsfleet_host_protected{host="a"}': 0},
    ),
]


@pytest.mark.parametrize(("report", "said"), SAID)
def test_what_the_metrics_say(report: dict[str, Any], said: dict[str, float]) -> None:
    found = samples(report)
    assert {name: found.get(name) for name in said} == said


SILENT: list[tuple[dict[str, Any], str]] = [
    (document([], expected=None), "upsfleet_hosts_expected"),
    (document([not_audited("a")]), "upsfleet_host_logged_in"),
    (document([not_audited("a")]), "upsfleet_ups_hosts"),
    (document([unprotected("a")]), "upsfleet_ups_charge_ratio"),
    (document([unprotected("a")]), "upsfleet_ups_on_battery"),
    (document([unprotected("a")]), "upsfleet_host_drill_timestamp_seconds"),
    (document([], nas=[nas(permitted=None)]), "upsfleet_nas_permitted_addresses"),
    (document([], nas=[nas(permitted=None)]), "upsfleet_nas_extra_addresses"),
]


@pytest.mark.parametrize(("report", "name"), SILENT)
def test_what_is_not_known_is_no_zero(report: dict[str, Any], name: str) -> None:
    assert name not in metrics(report)


@pytest.mark.parametrize("report", [small(), sample_report.large(), sample_report.hostile()])
def test_each_metric_says_once_what_it_is_before_its_samples(report: dict[str, Any]) -> None:
    described: list[str] = []
    for line in metrics(report).splitlines():
        if line.startswith("# HELP "):
            described.append(line.split()[2])
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {described[-1]} gauge"
        else:
            assert re.split("[{ ]", line)[0] == described[-1]
    assert len(described) == len(set(described))


@pytest.mark.parametrize("pattern", sample_report.HOSTILE)
def test_no_text_ends_its_label(pattern: str) -> None:
    found = samples(document([row(pattern, monitors=[monitor(ups=pattern, status=pattern)])], nas=[nas(name=pattern)]))
    assert len(found) == len(samples(document([row("a")], nas=[nas(name="a")])))
    assert all(name.isprintable() for name in found)


def test_a_thousand_hosts_are_a_few_series_each() -> None:
    assert len(samples(sample_report.large(1000))) < 6000


def test_every_metric_of_the_rules_is_written() -> None:
    rules = (ROOT / "examples" / "prometheus" / "upsfleet.rules.yml").read_text(encoding="utf-8")
    expressions = " ".join(rule["expr"] for rule in yaml.safe_load(rules)["groups"][0]["rules"])
    used = set(re.findall(r"upsfleet_(\w+)", expressions))
    assert used
    assert used <= set(HELP)


def test_the_first_rule_is_that_nobody_looks() -> None:
    rules = (ROOT / "examples" / "prometheus" / "upsfleet.rules.yml").read_text(encoding="utf-8")
    first = yaml.safe_load(rules)["groups"][0]["rules"][0]
    assert "upsfleet_report_timestamp_seconds > 172800" in first["expr"]
    assert "absent(" in first["expr"]
