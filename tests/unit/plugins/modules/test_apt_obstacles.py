# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module apt_obstacles as Ansible runs it, with an apt-get and a dpkg-query that only say things."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.modules import apt_obstacles

COLLECTIONS = Path(apt_obstacles.__file__).parents[2] / ".collections"
PROGRAM = "#!/bin/sh\necho \"$0 $*\" >> '{log}'\ncat <<'END'\n{said}\nEND\n"
INSTALLED = "nut-client install installed"
BROKEN = "broken install half-configured"
DEAD = "Err:1 http://192.0.2.9/debian nosuch InRelease\n  404  Not Found"


def run(place: Path, listed: str, updated: str = "", **arguments: Any) -> tuple[dict[str, Any], str]:
    """Run the module; return its result and the apt-get commands that it gave."""
    log = place / "log"
    for name, said in (("apt-get", updated), ("dpkg-query", listed), ("apt-cache", "")):
        (place / name).write_text(PROGRAM.format(log=log, said=said))
        (place / name).chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", apt_obstacles.__name__],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {"package": "nut-client", "lock_timeout": 0, **arguments}}),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(COLLECTIONS), "PATH": f"{place}:/usr/bin:/bin"},
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result, "".join(line for line in log.read_text().splitlines() if "apt-get" in line)


@pytest.mark.parametrize(
    ("arguments", "updated"),
    [({"refresh": True}, True), ({}, False), ({"refresh": True, "_ansible_check_mode": True}, False)],
)
def test_the_lists_are_fetched_where_that_is_asked_for(
    tmp_path: Path, arguments: dict[str, Any], updated: bool
) -> None:
    result, commands = run(tmp_path, INSTALLED, **arguments)
    assert (result["changed"], result["installed"], result.get("warnings")) == (False, True, None)
    assert commands.endswith(" update") is updated


def test_a_list_that_cannot_be_had_is_a_warning(tmp_path: Path) -> None:
    result, _commands = run(tmp_path, INSTALLED, DEAD, refresh=True)
    assert result["installed"]
    assert "/etc/apt/sources.list.d: http://192.0.2.9/debian nosuch: 404  Not Found" in json.dumps(result["warnings"])


@pytest.mark.parametrize("last", [True, False])
def test_what_became_of_other_packages_is_a_warning(tmp_path: Path, last: bool) -> None:
    result, _commands = run(tmp_path, f"{INSTALLED}\n{BROKEN}", last=last, said="E: dpkg returned an error code (1)")
    assert result["installed"]
    expected = "nut-client is installed all the same. dpkg has not finished: broken is half-configured."
    assert expected in json.dumps(result["warnings"])


def test_the_last_failure_is_one_whatever_was_found(tmp_path: Path) -> None:
    result, _commands = run(tmp_path, "nut-client install unpacked", last=True, said="Reading\nE: no space\n")
    assert (result["failed"], result["installed"]) == (True, False)
    assert set(result["obstacle"]) == {"code", "text"}
    assert result["msg"] == f"nut-client is unpacked, not installed: {result['obstacle']['text']} apt said: E: no space"
