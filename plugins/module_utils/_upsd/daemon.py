# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that outlives the module that started it, and ends by itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import tempfile
from typing import Any, Callable, Dict

PREFIX = "upsfleet-drill-"
SOCKET = "control.sock"
GRACE = 10.0
"""Seconds after its deadline at which the kernel ends a daemon that did not."""
STALE = 60.0
"""Seconds; a younger folder may be that of a daemon which does not listen yet."""

Tell = Callable[[Dict[str, Any]], None]


def spawn(run: Callable[[Tell], None], deadline: float) -> dict[str, Any]:
    """Let *run* go on in a process of its own and return what it tells first.

    Nothing of this process reaches it: neither its session's end, nor its files, nor its clean-up.

    :param run: takes the function to tell with, which works once.
    :param deadline: seconds; a little later the process is ended whatever it does.
    :raises ChildProcessError: if it ended without a word.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _leave(run, write, deadline)
    os.close(write)
    with open(read, "rb") as stream:
        told = stream.read()
    os.waitpid(child, 0)
    if not told:
        raise ChildProcessError("the process ended before it was ready")
    answer: dict[str, Any] = json.loads(told)
    return answer


def _leave(run: Callable[[Tell], None], write: int, deadline: float) -> None:
    """Never return: what the module would do at its end is not this process's."""

    def tell(message: dict[str, Any]) -> None:
        os.write(write, json.dumps(message).encode())
        os.close(write)

    try:
        os.setsid()
        if os.fork() == 0:
            _let_go(write)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, deadline + GRACE)
            run(tell)
    finally:
        os._exit(0)


def _let_go(keep: int) -> None:
    """Close and replace what came from the module's process, so that nobody waits at the other end."""
    os.chdir("/")
    os.umask(0o077)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) != keep:
            with contextlib.suppress(OSError):  # the listing's own
                os.close(int(name))


def base() -> str:
    """Where the folders of daemons are: gone after a boot, where that can be had."""
    return "/run" if os.geteuid() == 0 and os.path.isdir("/run") else tempfile.gettempdir()


def make_folder(parent: str) -> str:
    """Return a new folder that nobody else may enter."""
    return tempfile.mkdtemp(prefix=PREFIX, dir=parent)


def remove_folder(folder: str) -> None:
    """Remove a folder of :func:`make_folder`, and nothing else."""
    if is_folder(folder):
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale(parent: str, now: float) -> list[str]:
    """Remove the folders whose daemon was killed, and return them.

    :param now: seconds since 1970.
    """
    folders = [os.path.join(parent, name) for name in sorted(os.listdir(parent))]
    old = [folder for folder in folders if is_folder(folder) and now - _changed(folder, now) > STALE]
    stale = [folder for folder in old if not is_alive(os.path.join(folder, SOCKET))]
    for folder in stale:
        remove_folder(folder)
    return stale


def _changed(folder: str, now: float) -> float:
    try:
        return os.lstat(folder).st_mtime
    except OSError:
        return now  # its daemon has just removed it


def is_alive(control: str) -> bool:
    """True if somebody listens on a control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(1.0)
        try:
            sock.connect(control)
        except OSError:
            return False
    return True


def is_folder(path: str) -> bool:
    """True of a folder that this user's daemon has made, and of no link: others may write where it is."""
    if not os.path.basename(path).startswith(PREFIX):
        return False
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
