# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who started the upsmon that runs, and what would start another one: logged in, but not through the unit. Pure."""

from __future__ import annotations

import posixpath
from typing import Any, Iterator, Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._host.launchd_chain import BY_HAND
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.drift import detail
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable

Chain = Mapping[str, Any]

OTHER_STARTER = "other_starter"


def only_one_runs(chain: Chain) -> bool:
    """Return whether of two upsmons only the first one stays, so that any other one is in the way of ours.

    From NUT 2.8 on the PID file of one that runs ends the next ("A previous upsmon instance is already running"), which
    launchd then starts over and over. Under systemd what runs has been found by its unit.
    """
    return "starters" in chain


def gaps(chain: Chain, unit: str) -> Iterator[dict[str, str]]:
    """Return what else has started upsmon, or will."""
    started = [one for one in chain["processes"] if one["unit"]]
    others = [one for one in started if one["unit"] != unit]
    files = chain.get("starters", ())
    if others and (only_one_runs(chain) or len(others) == len(started)):
        for starter in sorted({one["unit"] for one in others} - {one["label"] for one in files}):
            pids = [str(one["pid"]) for one in others if one["unit"] == starter]
            yield detail(OTHER_STARTER, _of_process(chain, unit, starter, pids))
    for one in files:
        path = printable(one["path"])
        yield detail(
            OTHER_STARTER,
            f"{path} starts a second upsmon beside {unit}, and only the first one that is started stays: run "
            f"{_stop(one)}, then run upsfleet.synology.site",
        )


def _of_process(chain: Chain, unit: str, starter: str, pids: list[str]) -> str:
    why = "nothing says that it comes back after a boot"
    why += ", and as long as it runs no other one can" if only_one_runs(chain) else ""
    stop = f"Stop it (sudo kill {' '.join(pids)})" if starter == BY_HAND else "Stop it"
    return (
        f"upsmon (PID {', '.join(pids)}) was started by {starter}, not by {unit}, so {why}. {stop} and disable what "
        "starts it, then run upsfleet.synology.site"
    )


def _stop(starter: Mapping[str, Any]) -> str:
    """Return how to turn off for good what a property list starts."""
    user, path = printable(starter["user"]), printable(starter["path"])
    if starter["brew"]:
        return f"`brew services stop nut` as {user}" if user else "`sudo brew services stop nut`"
    if posixpath.dirname(path) == "/Library/LaunchDaemons" and starter["label"]:
        return f"`sudo launchctl bootout system {path}` and `sudo launchctl disable system/{starter['label']}`"
    # Which users have it loaded nobody can tell from here.
    who = f"as {user}" if user else "as each user who is logged in"
    return f"`launchctl bootout gui/$(id -u) {path}` {who}, and move that file away"


def files(chain: Chain, unit: str) -> list[str]:
    """Return the property lists that start *unit*, other than the role's own."""
    return [printable(one["path"]) for one in chain.get("starters", ()) if one["label"] == unit]
