# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose the files are that are to be written, and what forbids it. Pure."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail

Files = Mapping[str, Mapping[str, Any]]


def blocker(files: Files, differing: Sequence[str], replace_managed: bool, logged_in: bool) -> dict[str, str] | None:
    """Return what a person must do before the files may be written, None where nothing is in the way.

    :param files: what the host has, by path, as module_utils/_host/file_owner.py saw it.
    :param differing: the paths that would be written.
    :param replace_managed: whether the user lets a file be replaced that another program writes.
    :param logged_in: whether upsmon is logged in with what is there.
    """
    found = [files.get(path, {}) for path in differing]
    for path, state in zip(differing, found):
        if state.get("not_a_file"):
            return detail("not_a_file", f"{path} is not a file: take it away, then run upsfleet.synology.site.")
    locked = {one["immutable"]["path"]: one["immutable"]["flag"] for one in found if one.get("immutable")}
    if locked:
        texts = [
            f"{path} has the attribute {flag}, so nobody can replace {'it' if path in differing else 'files in it'}: "
            f"{_unlock(flag)} {path}."
            for path, flag in locked.items()
        ]
        return detail("immutable", f"{' '.join(texts)} Then run upsfleet.synology.site.")
    writers = {path: state["managed_by"] for path, state in zip(differing, found) if state.get("managed_by")}
    if writers and not replace_managed:
        what = "; ".join(f"{path} is written by {who}" for path, who in writers.items())
        return detail(
            "managed_elsewhere",
            f"{what}, which would write it again. upsmon is {'' if logged_in else 'not '}logged in. Set the UPS up "
            "there, or set nut_client_replace_managed_files: true to have it replaced all the same.",
        )
    return None


def _unlock(flag: str) -> str:
    """Return the command that takes a flag of chattr or chflags away."""
    return f"chattr -{flag}" if len(flag) == 1 else f"chflags no{flag}"


def notes(files: Files, differing: Sequence[str]) -> Iterator[str]:
    """Return what a person should know before the files are written."""
    for path in differing:
        link = files.get(path, {}).get("link")
        if link:
            yield f"{path} is a symbolic link: {link} is written, and the link stays"
