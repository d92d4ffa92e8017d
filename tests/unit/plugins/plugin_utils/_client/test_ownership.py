# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forbids to write a file, and what is said of it before."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import ownership

CONF, NUT_CONF = "/etc/nut/upsmon.conf", "/etc/nut/nut.conf"
BOTH = [NUT_CONF, CONF]
ON = {"exists": True}


def locked(path: str, flag: str = "i") -> dict[str, Any]:
    return {**ON, "immutable": {"path": path, "flag": flag}}


OMV = {**ON, "managed_by": "openmediavault"}

# what the host has, what differs; the code, what the text has
BLOCKED: list[tuple[dict[str, Any], list[str], str, list[str]]] = [
    ({}, BOTH, "", []),
    ({CONF: ON, NUT_CONF: ON}, BOTH, "", []),
    ({CONF: locked(CONF)}, [NUT_CONF], "", []),  # it is as desired, so it is not written
    ({CONF: locked(CONF)}, BOTH, "immutable", [f"{CONF} has the attribute i,", f"chattr -i {CONF}"]),
    ({CONF: locked(CONF, "a")}, BOTH, "immutable", [f"chattr -a {CONF}"]),
    ({CONF: locked(CONF, "uchg")}, BOTH, "immutable", [f"chflags nouchg {CONF}"]),
    (
        {CONF: locked("/etc/nut"), NUT_CONF: locked("/etc/nut")},
        BOTH,
        "immutable",
        ["/etc/nut has the attribute i, so nobody can replace files in it: chattr -i /etc/nut. Then"],
    ),
    ({CONF: {"exists": False, "not_a_file": True}}, BOTH, "not_a_file", [f"{CONF} is not a file"]),
    ({CONF: OMV}, [NUT_CONF], "", []),
    (
        {CONF: OMV},
        BOTH,
        "managed_elsewhere",
        [f"{CONF} is written by openmediavault", "nut_client_replace_managed_files: true"],
    ),
    ({CONF: {**OMV, **locked(CONF)}}, BOTH, "immutable", [f"chattr -i {CONF}"]),
]


@pytest.mark.parametrize(("files", "differing", "code", "texts"), BLOCKED)
def test_blocker(files: dict[str, Any], differing: list[str], code: str, texts: list[str]) -> None:
    found = ownership.blocker(files, differing, False, True)
    assert (found or {"code": ""})["code"] == code
    assert [text for text in texts if text not in (found or {})["text"]] == []


def test_the_user_may_have_a_managed_file_replaced_but_not_what_nobody_can() -> None:
    assert ownership.blocker({CONF: OMV}, BOTH, True, True) is None
    assert ownership.blocker({CONF: {**OMV, **locked(CONF)}}, BOTH, True, True) is not None


@pytest.mark.parametrize(("logged_in", "text"), [(True, " upsmon is logged in."), (False, " upsmon is not logged in.")])
def test_whether_the_other_program_protects_the_host_is_said(logged_in: bool, text: str) -> None:
    found = ownership.blocker({CONF: OMV}, BOTH, False, logged_in)
    assert found is not None
    assert text in found["text"]


def test_a_link_is_noted_where_it_is_written() -> None:
    files: dict[str, dict[str, Any]] = {CONF: {**ON, "link": "/home/me/dot/upsmon.conf"}, NUT_CONF: ON}
    note = f"{CONF} is a symbolic link: /home/me/dot/upsmon.conf is written, and the link stays"
    assert list(ownership.notes(files, BOTH)) == [note]
    assert list(ownership.notes(files, [NUT_CONF])) == []
