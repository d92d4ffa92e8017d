# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DSM calls its own dialog and the button in it, for people who go there."""

from __future__ import annotations

DIALOG = "Control Panel > Hardware & Power > UPS"

_BUTTONS = {6: "Permitted DiskStation Devices", 7: "Permitted Synology NAS Devices"}
_EITHER = f"{_BUTTONS[7]} (DSM 6: {_BUTTONS[6]})"


def button(major: int | None = None) -> str:
    """Return what the button to the permitted list is called (field report case 21).

    :param major: DSM's major version, None where it is not known.
    """
    return _BUTTONS.get(major or 0, _EITHER)
