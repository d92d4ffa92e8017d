# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch a file in a process of its own. This file is also the program that runs there.

An action plugin runs in a fork of ansible-playbook. On a Mac urllib asks the system for its proxies, and the system
ends a fork that does (reported, field report case W9); a program that was started anew may ask.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

_PIECE = 1024 * 1024  # bytes


class DownloadError(Exception):
    """A file could not be fetched; the text is the reason, in which the URL may stand as it was given."""


def download(url: str, target: str, timeout: float, most: int) -> None:
    """Write what *url* holds to the file *target*.

    :param timeout: seconds that the server may be silent. :param most: bytes.
    :raises DownloadError: if that does not work.
    """
    if not sys.executable:
        raise DownloadError("Ansible does not know its own Python here, which is to fetch it")
    asked = json.dumps({"url": url, "target": target, "timeout": timeout, "most": most})
    # By standard input, because a URL may hold a password, and command lines are everybody's to read.
    done = subprocess.run([sys.executable, __file__], input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise DownloadError(done.stdout.strip() or (said[-1] if said else f"exit status {done.returncode}"))


def _fetch(url: str, target: str, timeout: float, most: int) -> None:
    from ansible.module_utils.urls import open_url  # here, because it brings urllib.request

    with contextlib.closing(open_url(url, timeout=timeout, validate_certs=True)) as reply, open(target, "wb") as file:
        for piece in iter(lambda: reply.read(_PIECE), b""):
            file.write(piece)
            if file.tell() > most:
                raise ValueError(f"more than {most} bytes")


def _main() -> int:
    try:
        _fetch(**json.load(sys.stdin))
    except Exception as error:  # urllib's, ssl's, http.client's and socket's own, and Ansible's
        print(str(error if hasattr(error, "code") else getattr(error, "reason", None) or error))
        return 1
    return 0


if __name__ == "__main__":
    # The files beside this one have names that other packages have too.
    here = os.path.dirname(os.path.realpath(__file__))
    sys.path = [folder for folder in sys.path if os.path.realpath(folder) != here]
    sys.exit(_main())
