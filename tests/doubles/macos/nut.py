# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an installed NUT below a package manager's prefix: wrappers of real Debian programs, and the samples."""

from __future__ import annotations

import shutil
from pathlib import Path

VERSION = "2.8.1"  # of the Debian release that the doubles run on
REAL = Path("/opt/doubles/nut")

# The real program is built for Debian's directories; its environment leads it to the prefix's, which are the only ones
# it reads unless NUT_CONFPATH says otherwise, as for any build. exec, so that ps shows the program and not a shell.
_WRAPPER = """\
#!/bin/dash
# Part of a double: runs Debian's {program}, told where the one of this prefix would look.
export NUT_CONFPATH="${{NUT_CONFPATH:-{prefix}/{etc}}}" NUT_STATEPATH={prefix}/{state}
exec {real}/{program} "$@"
"""


def put_programs(folder: Path, prefix: Path, etc: str, state: str, real: Path = REAL) -> None:
    """Put bin/upsc and sbin/upsmon into *folder*; *etc* and *state* are below *prefix*."""
    for program in ("bin/upsc", "sbin/upsmon"):
        path = folder / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_WRAPPER.format(program=program, prefix=prefix, etc=etc, state=state, real=real))
        path.chmod(0o755)


def put_data(prefix: Path, etc: str, state: str, real: Path = REAL) -> None:
    """Put the samples into *etc*, and make the state directory. No live configuration: no package brings one."""
    (prefix / etc).mkdir(parents=True, exist_ok=True)
    (prefix / state).mkdir(parents=True, exist_ok=True)
    for sample in sorted(real.glob("etc/*.sample")):
        shutil.copyfile(sample, prefix / etc / sample.name)
