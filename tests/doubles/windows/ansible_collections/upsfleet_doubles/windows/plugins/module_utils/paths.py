# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of drive C: a folder on Linux in which names are found whatever their case, with either separator.

Cannot show: other drives, UNC paths, links, short names, alternate streams, hidden and read-only attributes.
"""

from __future__ import annotations

import os
import re

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.failed import Failed

_ILLEGAL = re.compile(r'[<>:"|?*\x00-\x1f]')


def normal(path: str) -> str:
    """Return a path as Windows understands it: ``C:\\Some\\File``; raises Failed where it is not absolute."""
    text = path[4:] if path.startswith("\\\\?\\") else path
    text = text.replace("/", "\\")
    if not re.match(r"[A-Za-z]:(\\|$)", text):
        raise Failed(f"double: {path!r} is no absolute path on a drive, such as C:\\NUT")
    parts: list[str] = []
    for part in text[2:].split("\\"):
        if part == "..":
            del parts[-1:]
        elif part.rstrip(". "):  # Win32 drops dots and spaces at the end of a name
            if _ILLEGAL.search(part):
                raise Failed(f"Illegal characters in path '{path}'.")
            parts.append(part.rstrip(". "))
    return text[0].upper() + ":\\" + "\\".join(parts)


def key(path: str) -> str:
    """Return what is equal for all spellings of one path."""
    return normal(path).lower()


def join(folder: str, name: str) -> str:
    """Return the path of a name in a folder."""
    return folder.rstrip("\\/") + "\\" + name.lstrip("\\/")


def parent(path: str) -> str:
    """Return the folder that holds a path; of a root it is the root."""
    head = normal(path).rpartition("\\")[0]
    return head if "\\" in head else head + "\\"


def basename(path: str) -> str:
    """Return a path's last name."""
    return normal(path).rpartition("\\")[2]


class Drive:
    """The files of drive C: below a folder on Linux."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def real(self, path: str) -> str:
        """Return the path on Linux; names that do not exist keep the case they are given in."""
        windows = normal(path)
        here = self.folder if windows.startswith("C:") else self.folder + ".no-drive-" + windows[0]
        for name in filter(None, windows[3:].split("\\")):
            here = os.path.join(here, self._spelled(here, name))
        return here

    def _spelled(self, folder: str, name: str) -> str:
        if os.path.lexists(os.path.join(folder, name)) or not os.path.isdir(folder):
            return name
        return next((entry for entry in os.listdir(folder) if entry.lower() == name.lower()), name)

    def windows(self, real: str) -> str:
        """Return the path on Windows of a path on Linux."""
        inner = os.path.relpath(real, self.folder)
        return "C:\\" if inner == "." else "C:\\" + inner.replace("/", "\\")

    def true(self, path: str) -> str:
        """Return a path as it is spelled on the drive."""
        return self.windows(self.real(path)) if normal(path).startswith("C:") else normal(path)

    def exists(self, path: str) -> bool:
        """Return whether there is a file or a folder."""
        return os.path.exists(self.real(path))

    def is_folder(self, path: str) -> bool:
        """Return whether there is a folder."""
        return os.path.isdir(self.real(path))

    def is_file(self, path: str) -> bool:
        """Return whether there is a file."""
        return os.path.isfile(self.real(path))

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; raises Failed where a file is in the way or there is no such drive."""
        if not normal(path).startswith("C:"):
            raise Failed(f"Cannot find drive. A drive with the name '{normal(path)[0]}' does not exist.")
        try:
            os.makedirs(self.real(path), exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise Failed(f"Could not create the folder '{path}': a file has that name.") from error

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        with open(self.real(path), "rb") as file:
            return file.read()

    def write(self, path: str, content: bytes) -> None:
        """Write a file; its folder must exist."""
        with open(self.real(path), "wb") as file:
            file.write(content)
