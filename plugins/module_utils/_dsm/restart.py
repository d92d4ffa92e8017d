# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the NAS's UPS service may be restarted now, by what ups.status says.

Every change of DSM's UPS settings makes its upsd go away for a moment. What a client does then depends on the last
status that it saw; each version of upsmon named here was run against a scripted upsd, or its code was read.
"""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple

from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import Upsd, UpsdError

UPS = "ups"  # DSM's one name
PORT = 3493
PATIENCE = 5.0  # seconds for reading the status

_WORD = re.compile(r"[A-Z]{1,16}")


class _Word(NamedTuple):
    """A word of ups.status while which upsd must not go away: what it means, and when to come back."""

    meaning: str
    come_back: str


# The first one that is there is told.
_WORDS = {
    "FSD": _Word("a forced shutdown is ordered", "when the power is back and the NAS has restarted its UPS service"),
    "OB": _Word("it is not on mains power", "when the power is back"),
    "LB": _Word("its battery is low", "when the battery is charged; if the word stays, the battery is worn out"),
    "CAL": _Word(
        "it tests its battery, and clients with NUT 2.8.1 or later may shut down at once, on mains, if they lose upsd "
        "during that",
        "when the test is over",
    ),
    "TEST": _Word("it tests itself", "when the test is over"),
    "OFF": _Word("its outlets are off", "when the UPS is on"),
    "BYPASS": _Word("it is on bypass and protects nothing", "when the UPS is back in normal operation"),
    "ALARM": _Word(
        "it has an alarm, and clients with NUT 2.8.4 or later may shut down at once if they lose upsd after that",
        "when the UPS itself no longer shows the alarm",
    ),
    "WAIT": _Word("its driver is just starting", "in a minute"),
}


def refusal(statuses: Iterable[str | None]) -> str:
    """Return why the UPS service must not be restarted now, and when to come back; empty where nothing forbids it.

    :param statuses: what was read as ups.status, by whomever; None or empty is not known, which forbids nothing.
    """
    texts = [" ".join(_words(status)) for status in statuses]
    for word, (meaning, come_back) in _WORDS.items():
        text = next((text for text in texts if word in text.split()), None)
        if text is not None:
            return (
                f"The UPS says {text}: {meaning}. Every change of the permitted list or the UPS settings restarts the "
                f"NAS's UPS service. Run this again {come_back}."
            )
    return ""


def ready(status: str, charge: str) -> bool:
    """Return whether a UPS is what it says: a driver that restarts says nothing, WAIT, or OB without a charge.

    :param charge: battery.charge, empty where it is not told.
    """
    words = _words(status)
    return bool(words) and "WAIT" not in words and ("OB" not in words or bool(charge))


def read_status(host: str, port: int, limit: float) -> str | None:
    """Return the NAS's ups.status, None where it does not tell it here: this address may not be permitted.

    :param limit: seconds, of which no more than :data:`PATIENCE` are used.
    """
    seconds = min(PATIENCE, limit)
    if seconds <= 0:
        return None
    try:
        with Upsd.connect(host, port, connect_timeout=seconds, timeout=seconds) as upsd:
            return upsd.get_var(UPS, "ups.status")
    except UpsdError:
        return None


def _words(status: str | None) -> list[str]:
    """Return what may be shown of a status, which is text from the network: its words."""
    return [word for word in (status or "").upper().split() if _WORD.fullmatch(word)]
