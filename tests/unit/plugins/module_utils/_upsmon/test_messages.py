# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a line of upsmon's log means: of four releases, with texts of somebody's own, and what no log tells."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import conf_file, messages

UPS = "ups@192.0.2.10"
# the line, its code and UPS
LINES: list[tuple[str, tuple[str, str] | None]] = [
    # recorded, the same in 2.7.4, 2.8.0, 2.8.1 and 2.8.5
    (f"UPS {UPS} on battery", ("on_battery", UPS)),
    (f"UPS {UPS} on line power", ("on_line", UPS)),
    (f"UPS {UPS} battery is low", ("low_battery", UPS)),
    (f"UPS {UPS}: forced shutdown in progress", ("fsd", UPS)),
    ("Executing automatic power-fail shutdown", ("shutdown", "")),
    ("Auto logout and shutdown proceeding", ("shutdown", "")),
    # read in the source of these releases
    (f"Communications with UPS {UPS} lost", ("comm_lost", UPS)),
    (f"Communications with UPS {UPS} established", ("comm_ok", UPS)),
    (f"UPS {UPS} is unavailable", ("unavailable", UPS)),
    ("upsmon parent process died - shutdown impossible", ("no_parent", "")),
    (f"Login on UPS [{UPS}] failed - got [ERR ACCESS-DENIED]", ("login_refused", UPS)),
    (f"Giving up on the master for UPS [{UPS}]", ("gave_up", UPS)),  # 2.7.4
    (f"Giving up on the primary for UPS [{UPS}]", ("gave_up", UPS)),  # 2.8.0
    (f"Giving up on the primary for UPS [{UPS}] after 15 sec since last comms", ("gave_up", UPS)),  # 2.8.1 and later
    (f"UPS {UPS}: calibration in progress", ("calibrating", UPS)),  # 2.8.0 and later
    (f"UPS {UPS}: calibration finished", ("calibrated", UPS)),  # 2.8.2 and later
    (f"UPS {UPS}: administratively OFF or asleep", ("off", UPS)),  # 2.8.1 and later
    (
        f"UPS [{UPS}] was last known to be not fully online and currently is not communicating, assuming dead",
        ("taken_for_dead", UPS),
    ),
    (
        f"UPS [{UPS}] was last known to be in an ALARM state and currently is not communicating, assuming dead. If "
        "this is in error and causes unwanted shutdowns, consider disabling the upsmon ALARMCRITICAL option.",
        ("taken_for_dead", UPS),
    ),
    # no events
    (f"UPS: {UPS} (slave) (power value 1)", None),
    (f"UPS [{UPS}] was last known to be trimming incoming voltage and currently is not communicating, but we make no "
     "assumptions if it is dead now", None),
    (f"Poll UPS [{UPS}] failed - Server disconnected", None),
    ("Network UPS Tools upsmon 2.8.5 release", None),
    (f"somebody says: UPS {UPS} on battery", None),
    ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line(line: str, expected: tuple[str, str] | None) -> None:
    assert messages.meaning([])(line) == expected


OWN = """
NOTIFYMSG ONBATT "Strom weg: %s (100%)"
NOTIFYMSG ONLINE "Strom da"
NOTIFYMSG LOWBATT "Alarm %s"
NOTIFYMSG FSD "Alarm %s"
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"Strom weg: {UPS} (100%)", ("on_battery", UPS)),
        ("Strom da", ("on_line", "")),
        (f"Alarm {UPS}", None),  # two types have this text
        (f"UPS {UPS} on battery", ("on_battery", UPS)),  # written before the text was changed
        ("Executing automatic power-fail shutdown", ("shutdown", "")),
    ],
)
def test_texts_of_somebodys_own(line: str, expected: tuple[str, str] | None) -> None:
    assert messages.meaning(conf_file.directives(OWN))(line) == expected


# upsmon.conf, what its log does not tell
UNTOLD: list[tuple[str, dict[str, str]]] = [
    ("", {}),
    (OWN, {"LOWBATT": "alike", "FSD": "alike"}),
    ("NOTIFYFLAG ONBATT SYSLOG+EXEC\nNOTIFYFLAG REPLBATT IGNORE", {}),
    ("NOTIFYFLAG ONBATT WALL+EXEC\nNOTIFYFLAG FSD IGNORE", {"ONBATT": "not_logged", "FSD": "not_logged"}),
    ('NOTIFYMSG ONBATT "UPS %s on line power"', {"ONBATT": "alike"}),
]


@pytest.mark.parametrize(("text", "expected"), UNTOLD)
def test_what_a_log_does_not_tell(text: str, expected: dict[str, str]) -> None:
    found = {one["type"]: one["code"] for one in messages.untold(conf_file.directives(text))}
    assert found == expected
