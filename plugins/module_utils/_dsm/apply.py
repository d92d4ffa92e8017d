# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set DSM's UPS settings and find out what stands then. What to set is decided in _dsm/settings.py."""

from __future__ import annotations

import json
import time
from typing import Callable

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.dialog import DIALOG
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import (
    DsmError,
    DsmNotApplied,
    DsmOvertaken,
    DsmRefused,
    DsmUnexpected,
    SessionExpired,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.session import Dsm
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.settings import (
    UpsSettings,
    parse_settings,
    set_form,
    unmet,
)

SETTLE = 5.0  # seconds for what was set to be what DSM tells
PAUSE = 0.5


def apply(
    dsm: Dsm, current: UpsSettings, target: UpsSettings, sleep: Callable[[float], None] = time.sleep
) -> UpsSettings:
    """Set *target* and return what DSM then tells, which is as asked for.

    Where the connection breaks or DSM reports an error, what stands decides.

    :raises DsmRefused: if DSM refused and nothing was changed.
    :raises DsmNotApplied: if something else stands, or it could not be found out what; saying it.
    """
    broken: DsmError | None = None
    try:
        dsm.ups_set(set_form(target))
    except SessionExpired:
        raise
    except DsmError as error:
        broken = error
    stands, blind = _settled(dsm, target, 0 if isinstance(broken, DsmRefused) else SETTLE, sleep)
    if stands is None:
        raise DsmNotApplied(
            f"{broken or blind} The new settings had been sent, and DSM did not tell whether they stand. Run this "
            "again: it looks first, and sends them only if they do not stand."
        )
    names = unmet(target, stands)
    if not names:
        return stands
    cause = f"{broken} " if broken else "DSM took the new settings, but they do not stand. "
    if not current.differences(stands):
        if isinstance(broken, DsmRefused):
            raise broken
        raise DsmNotApplied(f"{cause}Nothing was changed.")
    text = f"{cause}What stands now: {'; '.join(_told(stands, target, name) for name in names)}. Compare with {DIALOG}."
    raise DsmNotApplied(text) if broken or names != ["permitted"] else DsmOvertaken(text, stands)


def _settled(
    dsm: Dsm, target: UpsSettings, patience: float, sleep: Callable[[float], None]
) -> tuple[UpsSettings | None, DsmError | None]:
    """Read until *target* stands or *patience* is over; return the last settings, and the last error if none."""
    until = dsm.left() - patience
    stands: UpsSettings | None = None
    failed: DsmError | None = None
    while True:
        try:
            stands = parse_settings(dsm.ups_get())
        except (SessionExpired, DsmUnexpected) as error:
            return stands, error
        except DsmError as error:
            failed = error
        if (stands and not unmet(target, stands)) or dsm.left() - PAUSE <= max(until, 0):
            return stands, failed
        sleep(PAUSE)


def _told(stands: UpsSettings, target: UpsSettings, name: str) -> str:
    if name != "permitted":
        return f"{name} is {json.dumps(getattr(stands, name))}, not {json.dumps(getattr(target, name))}"
    return f"permitted are {', '.join(stands.permitted) or 'none'}, not {', '.join(target.permitted) or 'none'}"
