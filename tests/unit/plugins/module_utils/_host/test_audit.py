# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the look notes on the host of what a login has proved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import login_audit, note
from ansible_collections.upsfleet.synology.plugins.module_utils._host.audit import Audit

MONITOR = {"host": "192.0.2.10", "port": 3493, "ups": "ups", "username": "monuser", "password": "S3ntinel"}


def one(logged_in: bool | None, power_value: int = 1) -> dict[str, Any]:
    """Return what was seen of a monitor."""
    return {"logged_in": logged_in, "power_value": power_value}


@pytest.mark.parametrize(
    ("access", "noted"),
    [
        ([one(True)], True),
        ([one(True), one(True)], True),
        ([one(True), one(False, power_value=0)], True),
        ([one(False)], False),
        ([one(None)], False),
        ([one(True), one(None)], False),
    ],
)
def test_only_what_is_proved_is_noted(tmp_path: Path, access: list[dict[str, Any]], noted: bool) -> None:
    conf, state = tmp_path / "upsmon.conf", tmp_path / "state"
    conf.write_text("MONITOR\n")
    login = {"pid": 812, "started": 1.5, "connections": []}
    audit = Audit(lambda _argv: (0, ""), {"platforms": {"debian": {"state_dir": str(state)}}, "monitors": [MONITOR]})
    audit.note({"os": {"platform": "debian"}, "access": access, "files": {str(conf): {}}, "login_note": login})

    assert state.exists() is noted
    assert note.holds(note.read(str(state))) is noted
    if noted:
        assert json.loads((state / login_audit.NOTE).read_text()) == login
        assert "S3ntinel" not in "".join(path.read_text() for path in state.iterdir())
