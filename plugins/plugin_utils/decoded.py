# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of modules whose whole result is carried past the masking of passwords."""

from __future__ import annotations

from typing import Any

from ansible_collections.upsfleet.synology.plugins.module_utils import unmasked


def decoded(result: dict[str, Any]) -> dict[str, Any]:
    """Return a module's *result* with what it carries in C(report); others, such as of a failed start, stay."""
    report = result.pop("report", None)
    return result if report is None else {**result, **unmasked.decode(report)}
