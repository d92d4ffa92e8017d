# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads what a run shows: people, or a program that wants a document."""

from __future__ import annotations

from typing import Sequence

# The stdout callbacks that people read. Beside any other one nothing is said but by the task's result: its output may
# be a document.
_CORES = ("default", "minimal", "oneline")
_FOR_PEOPLE: dict[str, Sequence[str]] = {
    "": (*_CORES, "debug", "yaml"),
    "ansible.builtin": _CORES,
    "ansible.legacy": _CORES,
    "ansible.posix": ("debug",),
    "community.general": (
        "counter_enabled", "default_without_diff", "dense", "diy", "selective", "tasks_only", "timestamp", "unixy",
        "yaml",
    ),
}  # fmt: skip


def is_for_people(callback: str) -> bool:
    """Return whether a stdout callback, by its name, is one whose output is read rather than parsed."""
    collection, _dot, name = callback.rpartition(".")
    return name in _FOR_PEOPLE.get(collection, ())
