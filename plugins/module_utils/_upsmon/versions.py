# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What which version of upsmon knows: the one data table for directives, notify events, defects and packages.

Sources: clients/upsmon.c and NEWS.adoc of each NUT tag, Debian's nut-client packages of each release.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Directive(NamedTuple):
    """A directive of upsmon.conf that is one line ``NAME value``; its variable is ``nut_client_<name>``."""

    name: str
    since: tuple[int, int, int]
    kind: str  # int, bool (written 1 or 0), text, exit (yes, no or seconds)
    low: int = 0  # the smallest allowed int
    default: str = ""  # what upsmon does where the line is missing; empty where it does nothing, or nothing known


OLDEST = (2, 6, 5)

DIRECTIVES: tuple[Directive, ...] = (
    Directive("MINSUPPLIES", OLDEST, "int", 0, "1"),
    Directive("SHUTDOWNCMD", OLDEST, "text"),
    Directive("NOTIFYCMD", OLDEST, "text"),
    Directive("POLLFREQ", OLDEST, "int", 1, "5"),
    Directive("POLLFREQALERT", OLDEST, "int", 1, "5"),
    Directive("HOSTSYNC", OLDEST, "int", 0, "15"),
    Directive("DEADTIME", OLDEST, "int", 1, "15"),
    Directive("POWERDOWNFLAG", OLDEST, "text"),
    Directive("RBWARNTIME", OLDEST, "int", 0, "43200"),
    Directive("NOCOMMWARNTIME", OLDEST, "int", 0, "300"),
    Directive("FINALDELAY", OLDEST, "int", 0, "5"),
    Directive("RUN_AS_USER", OLDEST, "text"),
    Directive("CERTPATH", OLDEST, "text"),
    Directive("CERTVERIFY", OLDEST, "bool", 0, "0"),
    Directive("FORCESSL", OLDEST, "bool", 0, "0"),
    Directive("DEBUG_MIN", (2, 8, 0), "int", 0, "0"),
    Directive("OFFDURATION", (2, 8, 1), "int", -1, "30"),
    Directive("POLLFAIL_LOG_THROTTLE_MAX", (2, 8, 1), "int", -1, "-1"),
    Directive("SHUTDOWNEXIT", (2, 8, 1), "exit", 0, "yes"),  # long delays work from 2.8.5
    Directive("OBLBDURATION", (2, 8, 3), "int", -1),
    Directive("OVERDURATION", (2, 8, 3), "int", -1, "-1"),
    Directive("ALARMCRITICAL", (2, 8, 3), "bool", 0, "1"),
)

# Directives of another shape (several words, several lines), written by the template itself.
CERTIDENT_SINCE = CERTHOST_SINCE = (2, 7, 1)

# What the upsmon.conf of the packages says, though upsmon itself has no such default: nobody chose it, and it does
# nothing that is missed. POWERDOWNFLAG is for a primary alone.
SHIPPED = {"SHUTDOWNCMD": "/sbin/shutdown -h +0", "POWERDOWNFLAG": "/etc/killpower"}

NOTIFY_DEFAULT = ("SYSLOG", "WALL")
NOTIFY_FLAGS = ("IGNORE", "SYSLOG", "WALL", "EXEC")

NOTIFY_EVENTS: dict[str, tuple[int, int, int]] = {
    **dict.fromkeys(
        ("ONLINE", "ONBATT", "LOWBATT", "FSD", "COMMOK", "COMMBAD", "SHUTDOWN", "REPLBATT", "NOCOMM", "NOPARENT"),
        OLDEST,
    ),
    "CAL": (2, 8, 0),
    **dict.fromkeys(("OFF", "NOTOFF", "BYPASS", "NOTBYPASS"), (2, 8, 1)),
    "NOTCAL": (2, 8, 2),
    **dict.fromkeys(
        ("ECO", "NOTECO", "ALARM", "NOTALARM", "OVER", "NOTOVER", "TRIM", "NOTTRIM", "BOOST", "NOTBOOST", "OTHER")
        + ("NOTOTHER", "SUSPEND_STARTING", "SUSPEND_FINISHED"),
        (2, 8, 3),
    ),
    "SHUTDOWN_HOSTSYNC": (2, 8, 5),
}

# (from, before, what a person should know): defects that configuration cannot cure.
DEFECTS: tuple[tuple[tuple[int, int, int], tuple[int, int, int], str], ...] = (
    (
        (2, 8, 1),
        (2, 8, 3),
        "NUT {version} ignores DEADTIME (NUT issue 2454, fixed in 2.8.3): if the NAS stops answering while the UPS is "
        "on battery, this host shuts down at the first failed poll",
    ),
)

# Once a UPS has said CAL, these upsmons take it for calibrating until they are restarted: OB LB shuts nothing down (NUT
# issues 2168 and 2794, fixed in 2.8.2; FSD still does). Debian 13 has the fix in 2.8.1-5+deb13u1. Executed.
_LATCHES_CALIBRATION = ((2, 8, 0), (2, 8, 2))
_MENDED_PACKAGE = re.compile(r"2\.8\.1-(?:5\+deb13u\d|[6-9]|\d\d)")
CALIBRATION_LATCHES = (
    "NUT {version} takes a UPS for calibrating for ever once it has said CAL, as some do in a battery test (NUT issue "
    "2168): then a low battery alone does not shut this host down, only the NAS's own shutdown does"
)

# The version that a release's nut-client has, for hosts whose package lists are still empty; Homebrew's and MacPorts'.
RELEASE_VERSIONS: dict[str, str] = {
    "debian 11": "2.7.4",
    "debian 12": "2.8.0",
    "debian 13": "2.8.1",
    "debian 14": "2.8.5",
    "debian forky": "2.8.5",
    "debian sid": "2.8.5",
    "ubuntu 22.04": "2.7.4",
    "ubuntu 24.04": "2.8.1",
    "ubuntu 25.10": "2.8.3",
    "ubuntu 26.04": "2.8.4",
    "macos": "2.8.4",
}
ASSUMED_VERSION = "2.8.0"  # for a release not in the table: knows nothing newer than the role words


def parse_version(text: str) -> tuple[int, int, int]:
    """Return the NUT version of a package version such as ``2.8.4+really-2`` or ``1:2.8.0-7``.

    :raises ValueError: where there is none in it.
    """
    found = re.match(r"(?:\d+:)?(\d+)\.(\d+)(?:\.(\d+))?", text)
    if not found:
        raise ValueError(f"not a NUT version: {text!r}")
    major, minor, patch = found.groups(default="0")
    return int(major), int(minor), int(patch)


def defects(package: str) -> list[str]:
    """Return what a person should know of the upsmon of a package's version."""
    number = parse_version(package)
    version = ".".join(map(str, number))
    texts = [text for since, before, text in DEFECTS if since <= number < before]
    return [text.format(version=version) for text in [*texts, *[CALIBRATION_LATCHES] * latches_calibration(package)]]


def latches_calibration(package: str) -> bool:
    """Return whether the upsmon of a package's version never forgets that a UPS was calibrating."""
    since, before = _LATCHES_CALIBRATION
    return since <= parse_version(package) < before and not _MENDED_PACKAGE.match(package)
