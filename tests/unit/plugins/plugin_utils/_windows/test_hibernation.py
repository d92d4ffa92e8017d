# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Windows host can hibernate, and its client starts again afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import chain
from unit.plugins.plugin_utils._windows.windows_host import (
    ARCHIVE,
    HIBERNATES,
    INFO,
    WINNUT,
    Windows,
    assessed,
    pairs,
    task_xml,
)

S4 = "the machine has no power state S4, as most virtual machines: set nut_client_windows_shutdown.action: shutdown"
OFF = "hibernation is turned off: run powercfg /hibernate on as an administrator"
REDUCED = "its file is of the type reduced, for fast startup only: run powercfg /h /type full as an administrator"

# what differs; code and text of what is missing
MISSING: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"file_type": None}, []),
    ({"file_type": -1}, []),
    ({"supported": False}, [("no_s4", S4)]),
    ({"supported": False, "enabled": False, "file_type": 1}, [("no_s4", S4)]),  # nothing else would help
    ({"enabled": False}, [("hibernation_off", OFF)]),
    ({"file_present": False}, [("hibernation_off", OFF)]),
    ({"file_type": 1}, [("hiberfile_reduced", REDUCED)]),
    ({"enabled": False, "file_type": 1}, [("hibernation_off", OFF), ("hiberfile_reduced", REDUCED)]),
    ({"supported": None, "file_present": None}, []),  # not asked for
    ({"supported": None, "file_present": None, "file_type": 1}, [("hiberfile_reduced", REDUCED)]),
]


@pytest.mark.parametrize(("changes", "missing"), MISSING)
def test_what_hibernation_needs(windows: Windows, changes: dict[str, Any], missing: list[tuple[str, str]]) -> None:
    """A host that hibernates in no power failure but in the policy is the one wrong answer that costs data."""
    windows.results[INFO].update(hibernation={**HIBERNATES, **changes}, task_xml=task_xml())
    seen = windows.look({**ARCHIVE, "hibernate": True})
    assert windows.given(INFO)["power_capabilities"] is True
    assert pairs(chain.hibernation_problems(windows.results[INFO])) == missing
    drift = [(code, f"the host cannot hibernate: {text}") for code, text in missing]
    assert pairs(seen["service_drift"]) == pairs(seen["gaps"]) == drift
    assert seen["blocker"] == " ".join(f"This host cannot hibernate: {text}." for _code, text in missing)
    result = assessed(seen)
    assert (result["protected"], result["changes"]["steps"]) == (not missing, [])
    assert result["changes"]["code"] == ("blocked" if missing else "")


@pytest.mark.parametrize(
    ("hibernate", "definition", "drift"),
    [
        (False, None, []),
        (False, task_xml(), [("resume_task", "a task starts the service after hibernation, which is not asked for")]),
        (True, None, [("resume_task", "no task starts the service again after hibernation")]),
        (True, task_xml(), []),
        (
            True,
            task_xml(Enabled="<Enabled>false</Enabled>", Delay=""),
            [
                (
                    "resume_task_altered",
                    "the task upsfleet resume would not start the service again after hibernation: it is disabled, its "
                    "delay after waking up is not PT1M",
                )
            ],
        ),
    ],
)
def test_the_task_after_hibernation(
    windows: Windows, hibernate: bool, definition: str | None, drift: list[tuple[str, str]]
) -> None:
    windows.results[INFO].update(hibernation=HIBERNATES, task_xml=definition)
    seen = windows.look({**ARCHIVE, "hibernate": hibernate})
    assert pairs(seen["service_drift"]) == drift
    assert pairs(seen["gaps"]) == (drift if hibernate else [])
    assert assessed(seen)["changes"]["steps"] == (["service"] if drift else [])


def test_winnut_has_no_gaps(winnut: Windows) -> None:
    seen = winnut.look(WINNUT)
    assert (seen["gaps"], seen["notes"]) == ([], [])
