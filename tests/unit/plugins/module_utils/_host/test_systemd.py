# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the client is started: which commands, in which order, and what is said where one fails."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import systemd

OWN, TARGET = "nut-monitor.service", "nut.target"
RELOAD, RESTART = "daemon-reload", f"restart {OWN}"


def unit(enabled: bool = True, active: bool = True) -> dict[str, Any]:
    """Return what was seen of a unit."""
    return {"enabled": enabled, "active": active}


class Systemctl:
    """A double of systemctl: it notes what it is asked, and fails at one verb."""

    def __init__(self, fails: str = "", said: str = "") -> None:
        self.asked: list[str] = []
        self._fails, self._said = fails, said

    def __call__(self, argv: Any) -> tuple[int, str]:
        """Answer."""
        assert argv[0] == "systemctl"
        self.asked.append(" ".join(argv[1:]))
        return (1, self._said) if argv[1] == self._fails else (0, "")


@pytest.mark.parametrize(
    ("units", "servers", "asked"),
    [
        ({OWN: unit()}, [], [RELOAD, RESTART]),  # before NUT 2.8.0
        ({OWN: unit(), TARGET: unit()}, [], [RELOAD, RESTART]),
        ({OWN: unit(active=False), TARGET: unit(active=False)}, [], [RELOAD, RESTART, f"start {TARGET}"]),
        (
            {OWN: unit(False, False), TARGET: unit(False, False)},
            [],
            [RELOAD, f"enable {OWN} {TARGET}", RESTART, f"start {TARGET}"],
        ),
        ({OWN: unit(), TARGET: unit(enabled=False)}, [], [RELOAD, f"enable {TARGET}", RESTART]),
        (
            {OWN: unit(), TARGET: unit()},
            ["nut-server.service", "nut-driver.target"],
            ["mask --now nut-server.service nut-driver.target", RELOAD, RESTART],
        ),
    ],
)
def test_what_is_there_is_not_asked_for(units: dict[str, dict[str, Any]], servers: list[str], asked: list[str]) -> None:
    systemctl = Systemctl()
    systemd.start(systemctl, units, servers)
    assert systemctl.asked == asked


FAILED = "Job for nut-monitor.service failed because the control process exited with error code."


@pytest.mark.parametrize(
    ("verb", "said", "text"),
    [
        (
            "restart",
            f"{FAILED}\nSee journalctl\n",
            f"systemctl restart {OWN} failed ({FAILED}). `systemctl status {OWN}` on the host shows more.",
        ),
        (
            "mask",
            "",
            "systemctl mask nut-server.service failed (exit status 1). `systemctl status nut-server.service` on the "
            "host shows more.",
        ),
        ("daemon-reload", "\n Access denied\n", "systemctl daemon-reload failed (Access denied)."),
    ],
)
def test_a_failure_names_the_unit_and_the_next_step(verb: str, said: str, text: str) -> None:
    systemctl = Systemctl(verb, said)
    with pytest.raises(systemd.CannotStart) as raised:
        systemd.start(systemctl, {OWN: unit()}, ["nut-server.service"])
    assert str(raised.value) == text
    assert systemctl.asked[-1].startswith(verb)


def test_stop() -> None:
    systemctl = Systemctl()
    systemd.stop(systemctl, OWN)
    assert systemctl.asked == [f"stop {OWN}"]
