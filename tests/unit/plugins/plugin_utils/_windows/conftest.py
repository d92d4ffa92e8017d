# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows hosts as their modules tell of them."""

from __future__ import annotations

import pytest
from unit.plugins.plugin_utils._windows.windows_host import (
    CLOSED,
    EXCHANGE,
    FIND,
    FOLDERS,
    INFO,
    MARKER,
    NOW,
    PORTABLE,
    PROGRAM_FILES,
    SERVICES,
    SHUTDOWN,
    STATE_DIR,
    WINNUT,
    Windows,
    file,
    upsd,
)


@pytest.fixture
def windows() -> Windows:
    """Return a protected host."""
    return Windows()


@pytest.fixture
def winnut(windows: Windows) -> Windows:
    """Return a host with WinNUT as it should be."""
    windows.results[FIND]["files"] = [
        file("C:\\Program Files (x86)\\WinNUT-client\\WinNUT-Client.exe"),
        file(f"{STATE_DIR}\\installed.txt", MARKER),
    ]
    acls = {WINNUT["prefix"]: PROGRAM_FILES, STATE_DIR: CLOSED}
    windows.results[INFO].update(processes=[], connections=[], acls=acls, written={}, event_message_file=None)
    windows.results[EXCHANGE] = upsd(clients=())
    return windows


@pytest.fixture
def by_hand(windows: Windows) -> Windows:
    """Return a host on which somebody unpacked NUT elsewhere and made it a service, which is logged in."""
    windows.results[FIND]["files"] = []
    windows.results[SERVICES]["services"][0].update(path="C:\\Portable\\NUT\\nut.exe", start_mode="auto")
    windows.upsmon["path"] = PORTABLE
    windows.results[INFO].update(acls=dict.fromkeys([*FOLDERS, STATE_DIR]), written={SHUTDOWN: NOW - 9e8})
    return windows
