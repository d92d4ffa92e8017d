# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module's side makes of what the servers tell, and whose folders are removed."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import daemon, rehearsal

NOW = 1000.0


def scene(
    *logins: tuple[str, float | None, str | None], through: bool = True, own: float | None = None
) -> dict[str, Any]:
    """One whose last step was at NOW - 3, with log-ins of the form address, log-out, how."""
    rows = [{"address": address, "login": 1.0, "logout": end, "how": how} for address, end, how in logins]
    return {"logins": rows, "through": through, "linger": own, "steps": [{"time": NOW - 3}]}


A, B = "192.0.2.31", "192.0.2.32"
# what happened, linger, whether it is over
OVER: list[tuple[dict[str, Any], float, bool]] = [
    (scene(), 5.0, False),
    (scene(), 3.0, True),
    (scene(own=3.0), 5.0, True),
    (scene(own=5.0), 0.0, False),
    (scene(through=False), 0.0, False),
    (scene((A, None, None)), 5.0, False),
    (scene((A, None, None)), 2.0, True),
    (scene((A, NOW - 2, "logout")), 5.0, True),
    (scene((A, NOW - 2, "lost")), 5.0, True),
    (scene((A, NOW - 1, "lost")), 5.0, False),
    (scene((A, NOW - 2, "lost"), (A, None, None)), 5.0, False),
    (scene((A, NOW - 9, "gone")), 5.0, False),
    (scene((A, NOW - 9, "gone"), (A, NOW - 2, "lost")), 5.0, True),
    (scene((A, NOW - 2, "lost"), (B, NOW - 9, "gone")), 5.0, False),
    (scene((A, NOW - 2, "lost"), (B, None, None)), 5.0, False),
    (scene((A, NOW - 2, "lost"), (B, NOW - 2, "logout"), through=False), 5.0, True),
]


@pytest.mark.parametrize(("happened", "linger", "over"), OVER)
def test_when_a_scenario_is_over(happened: dict[str, Any], linger: float, over: bool) -> None:
    assert rehearsal.is_over(happened, linger, NOW) is over


def test_events_are_told_by_scenario_and_address() -> None:
    one = scene((A, 5.0, "gone"), (B, None, None), (A, 9.0, "lost"))
    told = rehearsal.events({"played": 2.0, "scenarios": {"fsd": one, "blip": scene()}})
    assert told["played"] == 2.0
    assert told["events"]["blip"]["clients"] == {}
    assert told["events"]["fsd"]["steps"] == [{"time": NOW - 3}]
    assert told["events"]["fsd"]["clients"] == {
        A: [{"login": 1.0, "logout": 5.0, "how": "gone"}, {"login": 1.0, "logout": 9.0, "how": "lost"}],
        B: [{"login": 1.0, "logout": None, "how": None}],
    }


def test_who_is_missing() -> None:
    shown = {"scenarios": {"fsd": {"clients": [A]}, "blip": {"clients": [A, B]}}}
    assert rehearsal.missing(shown, {"fsd": [A, B], "blip": [A, B]}) == {"fsd": [B]}


def folder(parent: Path, name: str, age: float, alive: bool = False) -> Path:
    made = parent / name
    made.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(str(made / daemon.SOCKET))
        if alive:
            sock.listen()
            sock.detach()
    os.utime(made, (NOW - age, NOW - age))
    return made


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    stale = [folder(tmp_path, f"upsfleet-drill-{number}", 61) for number in (1, 2)]
    kept = [folder(tmp_path, "upsfleet-drill-3", 900, alive=True), folder(tmp_path, "other", 900)]
    link = tmp_path / "upsfleet-drill-4"
    link.symlink_to(tmp_path / "other")
    assert daemon.remove_stale(str(tmp_path), NOW) == list(map(str, stale))
    assert [path.exists() for path in stale] == [False, False]
    assert all(path.exists() for path in (*kept, link, tmp_path / "other" / daemon.SOCKET))


def test_a_young_folder_may_be_that_of_a_process_which_starts(tmp_path: Path) -> None:
    young = folder(tmp_path, "upsfleet-drill-1", 59)
    assert daemon.remove_stale(str(tmp_path), NOW) == []
    assert young.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_anothers_folder_is_left(tmp_path: Path) -> None:
    other = folder(tmp_path, "upsfleet-drill-1", 900)
    os.chown(other, 12345, 12345)
    assert daemon.remove_stale(str(tmp_path), NOW) == []
    daemon.remove_folder(str(other))
    assert other.exists()
