"""Commands of this machine: their output, their complaint, root where it takes root."""

from __future__ import annotations

import os
import subprocess


class FleetError(Exception):
    """Something a user should read as one sentence, without a traceback."""


def as_root(argv: list[str]) -> list[str]:
    """The command with sudo in front where it is needed. -n: a prompt in the middle of a test helps nobody."""
    return argv if os.geteuid() == 0 else ["sudo", "-n", *argv]


def output(argv: list[str], ok: bool = True) -> str:
    """What a command printed; its own words are the error."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ok and done.returncode:
        raise FleetError(f"{' '.join(argv)}: exit status {done.returncode}\n{(done.stderr or done.stdout).strip()}")
    return done.stdout
