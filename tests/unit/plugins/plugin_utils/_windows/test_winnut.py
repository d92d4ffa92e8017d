# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Windows host with WinNUT, which proves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from unit.plugins.plugin_utils._windows.windows_host import (
    EXCHANGE,
    FIND,
    HIBERNATES,
    INFO,
    KEY,
    REGISTRY,
    RUN_KEY,
    STATE_DIR,
    VALUES,
    WINNUT,
    Windows,
    assessed,
    coded,
    pairs,
)


def test_winnut_costs_few_executions_and_proves_nothing(winnut: Windows) -> None:
    seen = winnut.look(WINNUT)
    assert winnut.executed == [FIND, INFO, EXCHANGE, REGISTRY, REGISTRY, REGISTRY]
    asked = winnut.given(INFO)
    assert (asked["paths"], asked["files"]) == ([WINNUT["prefix"], STATE_DIR], [])
    assert len(winnut.calls) <= 8
    assert (seen["provable"], seen["units"], seen["config_drift"], seen["service_drift"]) == (False, {}, [], [])
    result = assessed(seen, [], WINNUT)
    assert (result["verdict"], result["protected"], result["accepted"], result["drift"]) == (
        "unproven",
        False,
        False,
        [],
    )


@pytest.mark.parametrize(
    ("said", "accepted"), [(True, True), ("true", True), ("yes", True), ("no", False), ("", False)]
)
def test_what_cannot_be_proven_may_be_accepted(winnut: Windows, said: Any, accepted: bool) -> None:
    result = assessed(winnut.look({**WINNUT, "accept_unproven": said}), [], WINNUT)
    assert (result["verdict"], result["protected"], result["accepted"]) == ("unproven", False, accepted)


@pytest.mark.parametrize(
    ("changes", "drift"),
    [
        ({}, []),
        ({(f"{KEY}\\Connexion", "Port"): "3493"}, []),
        ({(f"{KEY}\\Connexion", "Port"): 3494}, [f"{KEY}\\Connexion\\Port differs"]),
        ({(f"{KEY}\\Connexion", "UPSName"): None}, [f"{KEY}\\Connexion\\UPSName differs"]),
        (
            {(f"{KEY}\\Power", "TypeOfStop"): 2, (RUN_KEY, "WinNUT-Client"): "x"},
            [f"{KEY}\\Power\\TypeOfStop differs", f"{RUN_KEY}\\WinNUT-Client differs"],
        ),
        ({(f"{KEY}\\Power", "Follow_FSD"): "False"}, [f"{KEY}\\Power\\Follow_FSD differs"]),
    ],
)
def test_registry_drift(winnut: Windows, changes: dict[tuple[str, str], Any], drift: list[str]) -> None:
    winnut.registry.update(changes)
    seen = winnut.look(WINNUT)
    assert pairs(seen["config_drift"]) == coded("registry_value_differs", drift)
    result = assessed(seen, [], WINNUT)
    assert (result["verdict"], result["drift"]) == (("drifted", ["config"]) if drift else ("unproven", []))


def test_a_user_without_settings_lacks_all_of_them(winnut: Windows) -> None:
    winnut.registry.clear()
    missing = [f"{path}\\{name} differs" for path, name, _type, _data in VALUES]
    assert pairs(winnut.look(WINNUT)["config_drift"]) == coded("registry_value_differs", missing)


@pytest.mark.parametrize("available", [True, False])
def test_hibernation_that_is_missing_blocks_winnut_too(winnut: Windows, available: bool) -> None:
    """It has its own way to stop the host, but no service to start again."""
    winnut.results[INFO]["hibernation"] = {**HIBERNATES, "supported": available}
    seen = winnut.look({**WINNUT, "hibernate": True})
    assert seen["blocker"].startswith("This host cannot hibernate: the machine has no power state S4") is not available
    assert seen["service_drift"] == []
    assert assessed(seen, [], WINNUT)["verdict"] == ("unproven" if available else "drifted")
    assert winnut.given(INFO)["power_capabilities"] is True
