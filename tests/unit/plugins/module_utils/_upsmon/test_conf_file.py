# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upsmon.conf as upsmon reads it, without the passwords."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import directives, last

CASES: list[tuple[str, list[list[str | None]]]] = [
    ("", []),
    ("# nothing\n\n   # here\n", []),
    ("MINSUPPLIES 1", [["MINSUPPLIES", "1"]]),
    ("  POLLFREQ\t5  # seconds\n", [["POLLFREQ", "5"]]),
    ('SHUTDOWNCMD "/sbin/shutdown -h +0"\n', [["SHUTDOWNCMD", "/sbin/shutdown -h +0"]]),
    (r'SHUTDOWNCMD "say \"bye\" \\ now"', [["SHUTDOWNCMD", 'say "bye" \\ now']]),
    (r"NOTIFYCMD /opt/two\ words", [["NOTIFYCMD", "/opt/two words"]]),
    ("RUN_AS_USER \\\n nut\n", [["RUN_AS_USER", "nut"]]),
    ("NOTIFYFLAG ONLINE SYSLOG+EXEC", [["NOTIFYFLAG", "ONLINE", "SYSLOG+EXEC"]]),
    ("POLLFREQ=5", [["POLLFREQ", "=", "5"]]),
    # What is not known may be a misspelt MONITOR.
    ("MONITORS ups@h 1 u secret slave", [["MONITORS"]]),
    ("monitor ups@h 1 u secret slave", [["monitor"]]),
    ("\ufeffMONITOR ups@h 1 u secret slave", [["?"]]),
    ("se%cret word", [["?"]]),
    ("MONITOR ups@h 1 monuser secret slave", [["MONITOR", "ups@h", "1", "monuser", None, "slave"]]),
    ('MONITOR ups@h 1 monuser "se cret" slave', [["MONITOR", "ups@h", "1", "monuser", None, "slave"]]),
    ("CERTIDENT name secret", [["CERTIDENT", "name", None]]),
    # What should have been quoted may be a part of the password.
    ("MONITOR ups@h 1 monuser se cret slave", [["MONITOR"]]),
    ("MONITOR ups@h 1 monuser secret", [["MONITOR"]]),
    ("MONITOR ups@h 1 monuser sec#ret slave", [["MONITOR"]]),
    ("CERTIDENT name se cret", [["CERTIDENT"]]),
    ('NOTIFYMSG ONLINE "never closed\nPOLLFREQ 5', []),
]


@pytest.mark.parametrize(("text", "lines"), CASES)
def test_directives(text: str, lines: list[list[str | None]]) -> None:
    found = directives(text)
    assert found == lines
    assert "cret" not in str(found)


def test_the_last_line_counts() -> None:
    lines = directives("POLLFREQ 5\nPOLLFREQ 7\nDEADTIME\n")
    assert (last(lines, "POLLFREQ"), last(lines, "DEADTIME"), last(lines, "HOSTSYNC")) == ("7", None, None)
