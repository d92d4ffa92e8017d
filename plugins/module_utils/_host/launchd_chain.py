# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leads from upsmon's login to the power-off of a Mac: looked at, not judged. Read-only.

The same facts as chain.py has of a Linux host, of launchd in place of systemd and ps in place of /proc.
"""

from __future__ import annotations

import os
import pwd
from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._host import chain, launchd
from ansible_collections.upsfleet.synology.plugins.module_utils._host.macos import Process
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import Run, read_text
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import directives

BY_HAND = "hand"
"""In place of a label: what was started by no job that is known."""


def look(
    run: Run,
    labels: Sequence[str],
    installation: Mapping[str, str],
    running: Mapping[int, Process],
    desired_command: str | None = None,
    root: str = "",
) -> dict[str, Any]:
    """Return the facts of chain.look, and ``starters``: what else starts upsmon.

    :param labels: of the role's own LaunchDaemons.
    :param installation: what macos.find_installation said.
    :param running: what macos.processes said.
    :param desired_command: the SHUTDOWNCMD that a user asks for.
    """
    jobs = {label: launchd.job(run, label) for label in labels}
    others = launchd.starters(run, labels, root)
    owners = {one.pid: (label, one.environment.get(chain.CONFIGURATION)) for label, one in jobs.items() if one.pid}
    owners.update({one.pid: (one.label, one.configuration) for one in others if one.pid})
    agents = {uid: one.label for one in others for uid in _uids(one.user) if one.label}
    found = processes(running, owners, agents, root)
    folder = next((one["configuration"] for one in found if one["configuration"]), None) or installation["etc"]
    lines = directives(read_text(f"{root}{folder}/upsmon.conf"))
    return {
        "processes": found,
        "programs": [os.path.realpath(root + installation["upsmon"])],
        "units": {label: unit_start(run, label, root) for label in labels},
        "etc": installation["etc"],
        "configuration": folder,
        "directives": lines,
        "commands": chain.commands(lines, _person(found), desired_command, launchd.PATH),
        "starters": [{key: value for key, value in one._asdict().items() if key != "pid"} for one in others],
        # Of systemd and Debian alone.
        "masked": [],
        "volatile": [],
        "inhibitors": None,
        "stale_pid_file": "",
        "calibrated": False,
    }


def processes(
    running: Mapping[int, Process],
    owners: Mapping[int, tuple[str, str | None]],
    agents: Mapping[int, str],
    root: str = "",
) -> list[dict[str, Any]]:
    """Return each upsmon with the job that it belongs to: its own process's, or that of what started it.

    :param owners: label and NUT_CONFPATH of the jobs that run, by their process.
    :param agents: label of what starts upsmon for a user, whose domain of launchd is not asked, by that user.
    """
    found = []
    for pid, one in sorted(running.items()):
        if one.name != "upsmon":
            continue
        ancestor, seen = pid, set()
        while ancestor not in owners and ancestor in running and ancestor not in seen:
            seen.add(ancestor)
            ancestor = running[ancestor].parent
        label, folder = owners.get(ancestor, (agents.get(one.uid or 0, BY_HAND), None))
        found.append(
            {
                "pid": pid,
                "parent": one.parent,
                "uid": one.uid,
                "program": os.path.realpath(root + one.program) if one.program else "",
                "configuration": folder,
                "unit": label,
            }
        )
    return found


def _uids(user: str) -> list[int]:
    """Return the number of a user, none where there is no such one."""
    try:
        return [pwd.getpwnam(user).pw_uid] if user else []
    except KeyError:
        return []


def _person(found: Sequence[Mapping[str, Any]]) -> str:
    """Return whom upsmon has become, which each build has been told differently; root where none has."""
    uid = next((one["uid"] for one in found if one["uid"]), 0)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "root"


def unit_start(run: Run, label: str, root: str = "") -> dict[str, Any]:
    """Return what launchd will start at the next boot, and which file says so."""
    path = f"{launchd.DAEMONS}/{label}.plist"
    values = launchd.definition(root + path)
    words = launchd.words(values)
    return {
        "program": os.path.realpath(root + words[0]) if words else "",
        "configuration": launchd.configuration(values),
        "files": [path] if values else [],
        "masked": launchd.is_disabled(run, label, values.get("Disabled") is True),
    }
