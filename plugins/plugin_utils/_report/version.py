# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of this collection runs."""

from __future__ import annotations

import json
from pathlib import Path

import yaml


def collection_version(root: Path) -> str:
    """Return the version of the collection in the folder *root*, empty where nothing tells it.

    An installed one has MANIFEST.json, a clone galaxy.yml.
    """
    try:
        manifest = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, LookupError, TypeError):
        pass
    try:
        return str(yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    except (OSError, yaml.YAMLError, ValueError, LookupError, TypeError):
        return ""
