# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's files on the controller."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Callable, Mapping

JSON = "report.json"


def as_json(document: Mapping[str, Any]) -> str:
    """Return the text of report.json."""
    return json.dumps(document, indent=2) + "\n"


FACES: dict[str, Callable[[Mapping[str, Any]], str]] = {JSON: as_json}
"""What each file of a report's folder is made by."""


def write_all(folder: str, document: Mapping[str, Any]) -> list[str]:
    """Write every face of a report into a folder, and return their paths.

    :raises OSError: if that is not possible.
    """
    paths = []
    for name, draw in FACES.items():
        paths.append(os.path.join(folder, name))
        write(paths[-1], draw(document))
    return paths


def write(path: str, text: str) -> None:
    """Write a file that everybody may read, whole or not at all, with the folders above it.

    :raises OSError: if that is not possible.
    """
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    # No program that reads a folder's files by their ending takes it for one of them meanwhile.
    with tempfile.NamedTemporaryFile(
        "w", dir=folder, prefix=".", suffix=".tmp", encoding="utf-8", delete=False
    ) as file:
        file.write(text)
    try:
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError:
        os.unlink(file.name)
        raise
