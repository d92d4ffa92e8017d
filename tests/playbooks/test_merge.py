"""Reports of parts, made one by report.yml, are the report of the whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., Any]
KINDS = ["ok", "refused", "ok", "stays_up", "ok", "ok"]
FLEET: dict[str, dict[str, Any]] = {f"a{number}": {"double": kind} for number, kind in enumerate(KINDS, 1)}
# Who is logged in: everybody, somebody's printer, and two hosts behind one address.
EVERYBODY = [f"192.0.2.{20 + number}" for number in range(1, 6)] + ["192.0.2.99"]
VARIABLES = {"double_clients": EVERYBODY, "ups_expected_clients": 6}
FLEET["a5"]["double_address"] = FLEET["a6"]["double_address"] = "192.0.2.25"


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without the times at which its parts were made."""
    rows = [{**row, "time": ""} for row in sorted(report["hosts"], key=lambda row: str(row["name"]))]
    returns = {name: {**entry, "seen": ""} for name, entry in report["returns"].items()}
    return {**report, "time": "", "hosts": rows, "returns": returns}


def test_three_slices_are_the_whole(play: Play, tmp_path: Path) -> None:
    whole = play("audit", clients=FLEET, variables=VARIABLES)
    for number in (1, 2, 3):
        part = {name: FLEET[name] for name in list(FLEET)[number - 1 :: 3]}
        run = play("audit", "-e", f"ups_report_slice={number}/3", clients=part, variables=VARIABLES)
        assert run.report["scope"]["slice"] == {"number": number, "count": 3}, run.text
        (tmp_path / f"slice{number}.json").write_text(json.dumps(run.report), encoding="utf-8")
    files = {**VARIABLES, "ups_report_files": ["slice*.json"]}
    run = play("report", clients=FLEET, variables=files)
    assert (run.status, run.failed, run.log) == (2, {"a2", "a4"}, []), run.text
    assert timeless(run.report) == timeless(whole.report)
    assert run.report["nas"][0]["unknown_clients"] == ["192.0.2.99"]
    assert run.report["shared_addresses"] == [{"address": "192.0.2.25", "hosts": ["a5", "a6"]}]
    assert "4 of 6 hosts are proven protected." in run.text

    (tmp_path / "slice2.json").unlink()
    run = play("report", clients=FLEET, variables=files)
    assert run.verdicts["a2"] == "not_audited"
    assert "No report of the slice 2/3 is there" in run.text
    assert "localhost" in run.failed

    # where the inventory has none of them, somebody says it all the same
    run = play("report", "-e", "ups_report_files=['slice*.json']", "-e", f"ups_report_file={tmp_path / 'report.json'}")
    assert (run.status, run.failed) == (2, {"localhost"}), run.text
    assert run.report["counts"] == {"hosts": 4, "protected": 3}


@pytest.mark.parametrize("book", ["audit"])
def test_a_run_that_looks_at_hosts_is_about_them_alone(play: Play, book: str) -> None:
    run = play(book, clients={"a1": {}}, variables={"ups_report_files": ["none.json"]})
    assert (run.status, run.verdicts) == (0, {"a1": "ok"}), run.text
