# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of permitted addresses in a file, and a lock, so that two runs on one machine take turns."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from typing import Callable, Iterator

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import record

PAUSE = 0.2  # seconds between two tries to lock


def read(path: str) -> record.Record:
    """Return what the file holds, an empty record where there is no file.

    :raises ValueError: naming the file and what is wrong with it.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return record.parse(file.read())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(f"record: {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        wrong = "it is not UTF-8. Move it away." if isinstance(error, UnicodeDecodeError) else str(error)
        raise ValueError(f"record: {path}: {wrong}") from None


def write(path: str, content: record.Record) -> None:
    """Replace the file, whole or not at all.

    :raises ValueError: naming the file and what is wrong with it.
    """
    new = ""
    try:
        with tempfile.NamedTemporaryFile("w", dir=_folder(path), encoding="utf-8", delete=False) as file:
            new = file.name
            file.write(f"{record.text(content)}\n")
        os.replace(new, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise ValueError(f"record: {path} cannot be written: {error.strerror}.") from None


@contextlib.contextmanager
def locked(path: str, seconds: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Keep other runs of this machine from reading and writing the file meanwhile.

    The folder is what is locked: the file is replaced, and a file beside it would be left behind. Where folders cannot
    be locked, as on some network file systems, nothing is.

    :param seconds: how long to wait for another run.
    :raises ValueError: if there is no such folder, or it takes longer.
    """
    try:
        folder = os.open(_folder(path), os.O_RDONLY)
    except OSError as error:
        raise ValueError(f"record: {path}: its folder cannot be opened: {error.strerror}.") from None
    try:
        tries = int(seconds / PAUSE) + 1
        while not _lock(folder):
            tries -= 1
            if tries <= 0:
                raise ValueError(f"record: another run has held {path} for {seconds:g} s. Run this again after it.")
            sleep(PAUSE)
        yield
    finally:
        os.close(folder)


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _lock(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
