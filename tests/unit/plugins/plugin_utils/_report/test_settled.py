# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who fails at the end of a run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.settled import Settled, unsettled


def row(name: str, verdict: str) -> dict[str, Any]:
    """Return what counts here of a host's row."""
    flags = {"accepted": False, "will_be_protected": False}
    return {"name": name, "verdict": verdict, "protected": verdict == "ok", **flags}


ROWS = [row("web1", "ok"), row("web2", "stale"), row("web3", "not_logged_in")]

CASES: list[tuple[Settled, dict[str, str]]] = [
    (Settled(), {}),
    (Settled(ROWS), {"web2": "stale", "web3": "not_logged_in"}),
    (Settled(ROWS, ["not_logged_in"]), {"web2": "stale"}),
    (
        Settled(ROWS[:1], nas=[{"name": "nas", "failure": "away"}, {"name": "nas2", "failure": ""}]),
        {"nas": "nas_failed"},
    ),
    (Settled(ROWS[:2], over_budget=["web1", "web2"]), {"web1": "over_budget", "web2": "stale, over_budget"}),
    (Settled(ROWS[:1], not_drilled=["web1"]), {"web1": "drill_failed"}),
    (Settled(failures=["one", "two"]), {"localhost": "run_failed"}),
    # outside of the play: of another slice, or behind the limit
    (Settled([row("far", "stale"), row("away", "stale")], failures=["one"]), {"localhost": "stale, run_failed"}),
    (Settled(nas=[{"name": "nas9", "failure": "away"}]), {"localhost": "nas_failed"}),
]


@pytest.mark.parametrize(("found", "codes"), CASES)
def test_who_fails_and_why(found: Settled, codes: dict[str, str]) -> None:
    play = ["web1", "web2", "web3", "nas", "localhost"]
    assert unsettled(found, play) == {name: f"{code}: see the report." for name, code in codes.items()}
