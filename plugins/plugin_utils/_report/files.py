# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's files on the controller."""

from __future__ import annotations

import glob
import json
import os
import tempfile
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_paths
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.merge import checked
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.metrics import metrics
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.page import page

JSON = "report.json"


def as_json(document: Mapping[str, Any]) -> str:
    """Return the text of report.json."""
    return json.dumps(document, indent=2) + "\n"


FACES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    JSON: as_json,
    "report.html": page,
    "upsfleet.prom": metrics,
}
"""What each file of a report's folder is made by."""


def write_all(folder: str, document: Mapping[str, Any]) -> None:
    """Write every face of a report into a folder.

    :raises OSError: if that is not possible.
    """
    for name, draw in FACES.items():
        write(os.path.join(folder, name), draw(document))


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


def read_all(
    patterns: Sequence[str], inventory_dir: str | None, without: str = ""
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return the reports that match *patterns*, and why some could not be read.

    :param patterns: paths, or patterns of the shell; a relative one is looked for as every path on the controller.
    :param without: the file that is about to be written, which is none of its own parts.
    """
    paths: dict[str, None] = {}
    reports, failures = [], []
    for pattern in patterns:
        places = controller_paths(str(pattern), inventory_dir)
        found = next(filter(None, (sorted(glob.glob(place)) for place in places)), [])
        paths.update(
            dict.fromkeys(path for path in found if os.path.realpath(path) != os.path.realpath(without or "/"))
        )
        if not found:
            failures.append(f"ups_report_files: there is no file {' or '.join(places)}.")
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                reports.append(checked(json.load(file), path))
        except InvalidInput as error:  # before its base, ValueError
            failures.append(f"ups_report_files: {error}")
        except (OSError, ValueError) as error:
            failures.append(f"ups_report_files: {path} cannot be read: {error}.")
    return reports, failures
