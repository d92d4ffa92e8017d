# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task that starts the client after hibernation, as the Task Scheduler tells of it."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import resume_task
from unit.plugins.plugin_utils._windows.windows_host import ARCHIVE, task_xml

TROUBLESHOOTER = "*[System[Provider[@Name='Microsoft-Windows-Power-Troubleshooter'] and EventID=1]]"
KERNEL = "*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and EventID=107]]"


def query(*selects: str) -> str:
    """Return a subscription to events of the System log."""
    return f'<QueryList><Query Id="0">{"".join(selects)}</Query></QueryList>'


def select(xpath: str, log: str = "System") -> str:
    """Return what selects events."""
    return f'<Select Path="{log}">{xpath}</Select>'


UNREADABLE = ["its definition cannot be read"]
ELSEWHEN = ["it does not wait for the events of waking up"]
NOT_SYSTEM = ["it does not run as SYSTEM"]
OTHER_PROGRAM = ['it does not run C:\\Windows\\System32\\sc.exe start "Network UPS Tools"']
NOT_ALONE = ["it is not triggered by waking up alone"]

# what stands in place of what the role writes; what is wrong
DEFINITIONS: list[tuple[dict[str, str], list[str]]] = [
    ({}, []),
    ({"Enabled": ""}, []),  # the schema's default
    ({"Enabled": "<Enabled>false</Enabled>"}, ["it is disabled"]),
    ({"TriggerEnabled": "false"}, ["its trigger is disabled"]),
    ({"Batteries": ""}, ["it does not start on battery", "it is ended on battery"]),
    (
        {"Batteries": "<DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>"},
        ["it does not start on battery", "it is ended on battery"],
    ),
    ({"Enabled": "<RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>"}, ["it waits for a network"]),
    ({"Enabled": "<RunOnlyIfIdle>true</RunOnlyIfIdle>"}, ["it waits until the host is idle"]),
    ({"Delay": ""}, ["its delay after waking up is not PT1M"]),
    ({"Delay": "<Delay>PT5S</Delay>"}, ["its delay after waking up is not PT1M"]),
    ({"Boundary": "<EndBoundary>2026-01-01T00:00:00</EndBoundary>"}, ["its trigger is limited to a time"]),
    ({"Boundary": "<StartBoundary>2099-01-01T00:00:00</StartBoundary>"}, ["its trigger is limited to a time"]),
    ({"Subscription": query(select(TROUBLESHOOTER), select(KERNEL))}, []),
    ({"Subscription": query(select(KERNEL, "system"), "\n ", select(TROUBLESHOOTER.replace(" ", "\n  ")))}, []),
    ({"Subscription": query(select(TROUBLESHOOTER))}, ELSEWHEN),  # some machines do not write it
    ({"Subscription": query(select(TROUBLESHOOTER), select(KERNEL, "Application"))}, ELSEWHEN),
    (
        {"Subscription": query(select(TROUBLESHOOTER), select(KERNEL), f'<Suppress Path="System">{KERNEL}</Suppress>')},
        ELSEWHEN,
    ),
    ({"Subscription": ""}, ELSEWHEN),
    ({"Subscription": "<QueryList>"}, ELSEWHEN),
    ({"Trigger": "BootTrigger"}, NOT_ALONE),
    ({"More": "<LogonTrigger/>"}, NOT_ALONE),
    ({"Principal": "<UserId>SYSTEM</UserId>"}, []),
    ({"Principal": "<UserId>AUTORITE NT\\Système</UserId><LogonType>ServiceAccount</LogonType>"}, []),
    ({"Principal": "<UserId>S-1-5-19</UserId>"}, NOT_SYSTEM),
    ({"Principal": "<UserId>HOST\\alice</UserId><LogonType>InteractiveToken</LogonType>"}, NOT_SYSTEM),
    ({"Principal": "<GroupId>S-1-5-32-545</GroupId>"}, NOT_SYSTEM),
    ({"Command": '"c:\\windows\\system32\\SC.EXE"'}, []),
    ({"Command": "sc.exe"}, OTHER_PROGRAM),
    ({"Arguments": "start NUT"}, OTHER_PROGRAM),
    ({"Head": '<!DOCTYPE Task [<!ENTITY a "b">]>'}, UNREADABLE),
    ({"Head": "<<!--!DOCTYPE Task>"}, UNREADABLE),
    ({"Head": "<open>"}, UNREADABLE),
]


@pytest.mark.parametrize(("changes", "wrong"), DEFINITIONS)
def test_what_keeps_the_task_from_starting_the_client(changes: dict[str, str], wrong: list[str]) -> None:
    assert resume_task.problems(task_xml(**changes), ARCHIVE["resume"]) == wrong


@pytest.mark.parametrize("text", ["", "no XML", "<Task/>", "<?xml version='1.0'?>", "\x00<Task/>"])
def test_what_is_no_task(text: str) -> None:
    assert resume_task.problems(text, ARCHIVE["resume"]) != []


def test_entities_are_never_expanded() -> None:
    bomb = '<!DOCTYPE t [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><t>&b;</t>'
    assert resume_task.problems(bomb, ARCHIVE["resume"]) == UNREADABLE
