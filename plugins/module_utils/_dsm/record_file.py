# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of permitted addresses in a file, by NAS, and a lock, so that two runs on one machine take turns."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import time
from typing import Callable, Dict, Iterator

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import record

PAUSE = 0.2  # seconds between two tries to lock
Records = Dict[str, record.Record]
"""By NAS, as it is called for the WebAPI: what was permitted there."""


def read(path: str) -> Records:
    """Return what the file holds, nothing where there is no file.

    :raises ValueError: naming the file and what is wrong with it; it is not to be overwritten then.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found = json.loads(text) if text.strip() else {}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(f"record: {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):  # a UnicodeDecodeError is one
        found = None
    try:
        for one in [{}, *found.values()] if isinstance(found, dict) else [None]:
            record.check(one)
    except ValueError as error:
        raise ValueError(f"record: {path}: {error}") from None
    return dict(found or {})


def write(path: str, records: Records) -> None:
    """Replace the file, whole or not at all.

    :raises ValueError: naming the file and what is wrong with it.
    """
    new = ""
    try:
        with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path) or ".", encoding="utf-8", delete=False) as file:
            new = file.name
            file.write(f"{json.dumps(records, indent=2, sort_keys=True)}\n")
        os.replace(new, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise ValueError(f"record: {path} cannot be written: {error.strerror}.") from None


@contextlib.contextmanager
def locked(path: str, seconds: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Keep other runs of this machine from reading and writing the file meanwhile; it is made if there is none.

    Where files cannot be locked, as on some network file systems, nothing is.

    :param seconds: how long to wait for another run.
    :raises ValueError: if the file cannot be written, or it takes longer.
    """
    tries = int(seconds / PAUSE) + 1
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ValueError(f"record: {path} cannot be written: {error.strerror}.") from None
        try:
            if _lock(file) and _is(file, path):
                yield
                return
        finally:
            os.close(file)
        tries -= 1
        if tries <= 0:
            raise ValueError(f"record: another run has held {path} for {seconds:g} s. Run this again after it.")
        sleep(PAUSE)


def _is(file: int, path: str) -> bool:
    """Return whether an open file still is the one at *path*: whoever held it before has replaced it."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except OSError:
        return False


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
