# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that hold a password and what is shown of them: one table for what masks on Linux and what masks on Windows."""

from __future__ import annotations

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.redact import HIDDEN

SENTINEL = "S3ntinel"
REST = f"{HIDDEN} (and the rest of the file)"

# a line that holds the sentinel, what is shown of it
MASKED: list[tuple[str, str]] = [
    ("MONITOR ups@192.0.2.10 1 monuser {} secondary", f"MONITOR ups@192.0.2.10 1 monuser {HIDDEN} secondary"),
    ('MONITOR "ups@192.0.2.10" 1 "u" "{}" secondary', f'MONITOR "ups@192.0.2.10" 1 "u" {HIDDEN} secondary'),
    ('MONITOR ups@h 1 "two words" "a {} b" master', f'MONITOR ups@h 1 "two words" {HIDDEN} master'),
    ('MONITOR ups@h 1 u "a\\"{}" primary', f"MONITOR ups@h 1 u {HIDDEN} primary"),
    ("MONITOR ups@h 1 u a\\ {} primary", f"MONITOR ups@h 1 u {HIDDEN} primary"),
    ("MONITOR ups@h 1 u x={} primary", f"MONITOR ups@h 1 u {HIDDEN} primary"),
    ("# MONITOR ups@h 1 u {} slave", f"# MONITOR ups@h 1 u {HIDDEN} slave"),
    ("#MONITOR ups@h 1 u {} slave", f"#MONITOR ups@h 1 u {HIDDEN} slave"),
    ("# old: MONITOR ups@h 1 u {} slave", f"# old: MONITOR ups@h 1 u {HIDDEN} slave"),
    ("rem MONITOR ups@h 1 u {} slave", f"rem MONITOR ups@h 1 u {HIDDEN} slave"),
    ("  ## MONITOR ups@h 1 u {} slave", f"  ## MONITOR ups@h 1 u {HIDDEN} slave"),
    ("; MONITOR ups@h 1 u {} slave", f"; MONITOR ups@h 1 u {HIDDEN} slave"),
    ("\ufeffMONITOR ups@h 1 u {} slave", f"\ufeffMONITOR ups@h 1 u {HIDDEN} slave"),
    ("monitor ups@h 1 u {} slave", f"monitor ups@h 1 u {HIDDEN} slave"),
    ('"MONITOR" ups@h 1 u {} slave', f'"MONITOR ups@h 1 u {HIDDEN} slave'),
    ("\tMONITOR   ups@h\t1  u     {}   slave  ", f"\tMONITOR ups@h 1 u {HIDDEN} slave"),
    ("MONITOR ups@h\f1 u\r{}\vslave", f"MONITOR ups@h 1 u {HIDDEN} slave"),
    ("MONITOR ups@h 1 u {} slave\r", f"MONITOR ups@h 1 u {HIDDEN} slave"),
    ("MONITOR ups@h 1 u x slave # was {}", f"MONITOR ups@h 1 u {HIDDEN} slave"),
    ("CERTIDENT name {}", f"CERTIDENT name {HIDDEN}"),
    ('#CERTIDENT "my name" "{}"', f'#CERTIDENT "my name" {HIDDEN}'),
    ("certident name {}", f"certident name {HIDDEN}"),
    # lines that a person got wrong
    ("MONITOR ups@h 1 u my {} slave", f"MONITOR ups@h 1 u {HIDDEN} slave"),
    ("MONITOR ups@h u {} slave", f"MONITOR {HIDDEN}"),
    ("MONITOR {} slave", f"MONITOR {HIDDEN}"),
    ("MONITOR ups@h 1 u {}", f"MONITOR {HIDDEN}"),
    ("MONITOR ups@h 1 {} slave # a note with words", f"MONITOR {HIDDEN}"),
    ("MONITOR ups@h 1 u #{} slave", f"MONITOR {HIDDEN}"),
    ("CERTIDENT {}", f"CERTIDENT {HIDDEN}"),
    # a misspelt name
    ("MONITR ups@h 1 u {} slave", f"MONITR ups@h 1 u {HIDDEN} slave"),
    ('"Monitors" "ups@h" 1 u {} slave', f'"Monitors "ups@h" 1 u {HIDDEN} slave'),
    ("MONITR ups@h {} slave", f"MONITR {HIDDEN}"),
    # lines that go on in the next one
    ("MONITOR ups@h 1 u \\\r\n{} slave", f"MONITOR {REST}"),
    ("MONITR ups@h 1 u \\\n{} slave", f"MONITR {REST}"),
    ("MONITOR ups@h 1 u \\\n{} slave", f"MONITOR {REST}"),
    ("MONITOR ups@h 1 u {}\\\nx slave", f"MONITOR {REST}"),
    ('MONITOR ups@h 1 u "x\n{}" slave', f"MONITOR {REST}"),
    ('MONITOR a"b@h 1 u "x\n{}" slave', f"MONITOR {REST}"),
    ('MONITOR ups@h 1 u "x\\"\n{}" slave', f"MONITOR {REST}"),
    ('CERTIDENT name "x\n{}"', f"CERTIDENT {REST}"),
]
