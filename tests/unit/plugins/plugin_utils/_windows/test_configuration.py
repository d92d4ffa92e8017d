# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the configuration that a Windows host's upsmon reads to what keeps the host up, and to what somebody chose."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import redact
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import adoption
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import chain as judgement
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import configuration
from unit.plugins.plugin_utils._windows.windows_host import (
    ARCHIVE,
    FIND,
    INFO,
    PORTABLE,
    SHUTDOWN,
    Windows,
    assessed,
    named,
)

OURS = '"C:\\NUT\\bin\\nut.exe"'
ETC = "C:\\Portable\\NUT\\etc"
ROW: dict[str, Any] = {
    "init": "windows_service",
    "hibernate": False,
    "prefix": "C:\\NUT",
    "service": "Network UPS Tools",
    "shutdown_command": f"{SHUTDOWN} /s /t 0 /f",
}
BARE: dict[str, Any] = {"commands": {"shutdowncmd": None}}
MONITOR = "MONITOR ups@192.0.2.10 1 monuser S3ntinel secondary\n"
GOOD = f'{MONITOR}SHUTDOWNCMD "C:\\\\Windows\\\\System32\\\\shutdown.exe -s -t 0"\n'
UNIT = {"registered": True, "path": "C:\\Portable\\NUT\\bin\\nut.exe"}
UPSMON = "C:\\Portable\\NUT\\sbin\\upsmon.exe"


def info(*there: str, **more: Any) -> dict[str, Any]:
    """Return what a host says that has these files."""
    return {
        "time": 100.0,
        "processes": [{"name": "upsmon", "pid": 7, "path": UPSMON, "started": 1.0}],
        "nut_confpath": None,
        "task_xml": None,
        "written": dict.fromkeys(there, 1.0),
        **more,
    }


def look(conf: str | None, *there: str, unit: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the chain of a host with this upsmon.conf, which it masks itself."""
    texts = {f"{ETC}\\upsmon.conf": conf and redact.mask(conf), f"{ETC}\\nut.conf": more.pop("nut_conf", None)}
    seen = configuration.look(ROW, info(*there, **more), UNIT if unit is None else unit, texts, ETC)
    assert "S3ntinel" not in repr(seen)
    return seen


def codes(seen: dict[str, Any], monitor_only: bool = False) -> list[str]:
    """Return the gaps that are judged of it."""
    return [one["code"] for one in judgement.gaps(seen, {}, ROW, "windows", monitor_only)]


@pytest.mark.parametrize(
    ("path", "etc"),
    [
        (OURS, "C:\\NUT\\etc"),
        ("C:\\Portable\\NUT\\bin\\nut.exe", ETC),
        ("C:\\Portable\\NUT\\nut.exe", "C:\\Portable\\etc"),
        ("C:\\Program Files (x86)\\NUT\\bin\\nut.exe", "C:\\Program Files (x86)\\NUT\\etc"),
        ('"C:\\Program Files (x86)\\NUT\\bin\\nut.exe" -x', "C:\\Program Files (x86)\\NUT\\etc"),
        ("", "C:\\NUT\\etc"),
        (None, "C:\\NUT\\etc"),
    ],
)
def test_the_folder_that_a_service_reads(path: str | None, etc: str) -> None:
    assert configuration.registered_etc(ROW, {"registered": True, "path": path}) == etc
    assert configuration.registered_etc(ROW, {"registered": False, "path": path}) == "C:\\NUT\\etc"


@pytest.mark.parametrize(
    ("host", "etc"),
    [
        ({}, ETC),
        ({"processes": []}, "D:\\x\\etc"),
        ({"processes": [{"name": "upsmon", "pid": 7, "path": None}]}, "D:\\x\\etc"),
        ({"processes": [{"name": "UPSMON", "pid": 7, "path": "d:\\X\\sbin\\upsmon.exe"}]}, "D:\\x\\etc"),
        ({"nut_confpath": "E:\\conf\\"}, "E:\\conf"),
    ],
)
def test_the_folder_that_runs(host: dict[str, Any], etc: str) -> None:
    assert configuration.running_etc(ROW, info(**host), "D:\\x\\etc") == etc


# upsmon.conf, files that are there, codes of the gaps
GAPS: list[tuple[str | None, list[str], list[str]]] = [
    (GOOD, [SHUTDOWN], []),
    (GOOD.replace("\n", "\r\n"), [SHUTDOWN], []),
    (GOOD, [], ["shutdowncmd_not_found"]),
    (None, [], []),  # bare
    (MONITOR, [], ["no_shutdowncmd"]),
    (f"{GOOD}MINSUPPLIES 0\n", [SHUTDOWN], ["minsupplies"]),
    (GOOD.replace(" 1 monuser", " 0 monuser"), [SHUTDOWN], ["power_values"]),
    (f'{MONITOR}SHUTDOWNCMD "%SystemRoot%\\\\System32\\\\shutdown.exe /s"\n', [SHUTDOWN], ["shutdowncmd_variable"]),
    (f'{MONITOR}SHUTDOWNCMD "shutdown /s && echo y"\n', [SHUTDOWN], ["shutdowncmd_operator"]),
    (f'{MONITOR}SHUTDOWNCMD "shutdown /r"\n', [SHUTDOWN], ["shutdowncmd_reboots"]),
    (f'{MONITOR}SHUTDOWNCMD "shutdown /s /t 600"\n', [SHUTDOWN], ["shutdowncmd_late"]),
    (f'{MONITOR}SHUTDOWNCMD "shutdown /s"\n', [SHUTDOWN], []),
    (f'{MONITOR}SHUTDOWNCMD "down /s"\n', [], []),  # it may be in a folder of PATH
    (f'{MONITOR}SHUTDOWNCMD "C:\\\\a b\\\\c.exe"\n', ["C:\\a.exe", "C:\\a b\\c.exe"], ["shutdowncmd_other_program"]),
    (f"MONITOR ups@192.0.2.10 1 monuser S3ntinel \\\n secondary\n{GOOD}", [], []),  # nothing is told of the rest
]


@pytest.mark.parametrize(("conf", "there", "gaps"), GAPS)
def test_what_keeps_a_host_up(conf: str | None, there: list[str], gaps: list[str]) -> None:
    seen = look(conf, *there)
    assert codes(seen) == gaps
    assert codes(seen, monitor_only=True) == [], "that it is to stay up is said with what starts upsmon"


def test_a_gap_says_what_to_do() -> None:
    seen = look(f'{MONITOR}SHUTDOWNCMD "%SystemRoot%\\\\System32\\\\shutdown.exe /s"\n')
    (gap,) = judgement.gaps(seen, {}, ROW, "windows", False)
    assert gap["text"].startswith("SHUTDOWNCMD (%SystemRoot%\\System32\\shutdown.exe /s) has an environment variable")
    assert 'cmd.exe /c "..."' in gap["text"]


# upsmon.conf, files that are there, the service's path, a word of the note
NOTES: list[tuple[str, list[str], str, str]] = [
    (GOOD, [SHUTDOWN], OURS, ""),
    (f'{MONITOR}SHUTDOWNCMD "down /s"\n', [], OURS, "one of PATH's is not proved"),
    (f'{GOOD}NOTIFYCMD "C:\\\\tell.exe"\n', [SHUTDOWN], OURS, ""),
    (f'{GOOD}NOTIFYCMD "C:\\\\tell.exe"\nNOTIFYFLAG ONBATT EXEC\n', [SHUTDOWN], OURS, "C:\\tell.exe, which does not"),
    (f'{GOOD}NOTIFYCMD "C:\\\\t.ps1"\nNOTIFYFLAG ONBATT EXEC\n', [SHUTDOWN], OURS, "which is no program"),
    (f"{MONITOR[:-1]}\\\n{GOOD}", [], OURS, "write it in one line"),
    (GOOD, [SHUTDOWN], '"C:\\My NUT\\bin\\nut.exe"', "a C:\\My.exe would be run"),
    (GOOD, [SHUTDOWN, "C:\\My.exe"], '"C:\\My NUT\\bin\\nut.exe"', ""),  # that is a gap
]


@pytest.mark.parametrize(("conf", "there", "path", "word"), NOTES)
def test_notes(conf: str, there: list[str], path: str, word: str) -> None:
    notes = judgement.notes(look(conf, *there, unit={"registered": True, "path": path}), ROW)
    assert len(notes) == bool(word)
    assert word in "".join(notes)


@pytest.mark.parametrize(
    ("path", "there", "found"),
    [
        ('"C:\\My NUT\\bin\\nut.exe"', [], []),
        ('"C:\\My NUT\\bin\\nut.exe"', ["C:\\My.exe"], ["C:\\My.exe"]),
        ("C:\\Program Files (x86)\\NUT\\bin\\nut.exe", ["C:\\Program Files.exe"], ["C:\\Program Files.exe"]),
        (OURS, ["C:\\My.exe"], []),
    ],
)
def test_what_runs_in_the_place_of_upsmon(path: str, there: list[str], found: list[str]) -> None:
    host = info(*there)
    gaps = configuration.gaps(ROW, host, {"registered": True, "path": path}, BARE)
    assert [one["code"] for one in gaps] == ["other_program"] * len(found)
    assert all(one in gap["text"] for one, gap in zip(found, gaps))
    assert configuration.gaps(ROW, host, {"registered": False, "path": path}, BARE) == []


@pytest.mark.parametrize(
    ("command", "wanted", "task", "codes"),
    [
        ("shutdown /h", False, None, ["shutdowncmd_suspends"]),
        ("shutdown /h", True, None, []),  # then the task is judged, which is to be there
        ("shutdown /h", False, "<Task/>", []),
        ("shutdown /s", False, None, []),
    ],
)
def test_a_host_that_hibernates_needs_a_task(command: str, wanted: bool, task: str | None, codes: list[str]) -> None:
    seen = {"commands": {"shutdowncmd": {"command": command}}}
    found = configuration.gaps({**ROW, "hibernate": wanted}, info(task_xml=task), {}, seen)
    assert [one["code"] for one in found] == codes


def test_nothing_is_installed_where_another_program_would_run() -> None:
    legacy = {**ROW, "prefix": "C:\\Program Files (x86)\\NUT"}
    assert configuration.blocker(legacy, info()) == ""
    assert "C:\\Program.exe exists" in configuration.blocker(legacy, info("C:\\Program.exe"))
    assert configuration.blocker(ROW, info("C:\\Program.exe")) == ""


THEIR_CONF = "C:\\Portable\\etc\\upsmon.conf"


def test_an_own_configuration_costs_no_execution(windows: Windows) -> None:
    result = assessed(windows.look())
    assert windows.executed.count(INFO) == 1
    assert (result["gaps"], result["replaced"]) == ([], [])


@pytest.mark.parametrize(
    ("command", "there", "executions", "codes"),
    [
        (f"{SHUTDOWN} -s -t 0", [], 1, []),
        ("C:\\tools\\down.exe", ["C:\\tools\\down.exe"], 2, []),
        ("C:\\tools\\down.exe", [], 2, ["shutdowncmd_not_found"]),
        ("%SystemRoot%\\down.exe", [], 1, ["shutdowncmd_variable"]),
    ],
)
def test_what_somebody_made_is_read_where_its_service_reads_it(
    by_hand: Windows, command: str, there: list[str], executions: int, codes: list[str]
) -> None:
    text = f'MONITOR ups@192.0.2.10 1 monuser ******** secondary\nSHUTDOWNCMD "{command}"\n'.replace("\\", "\\\\")
    by_hand.results[INFO]["configurations"] = {THEIR_CONF: text}
    by_hand.results[INFO]["written"].update(dict.fromkeys(there, 1.0))
    result = assessed(by_hand.look())
    assert by_hand.executed.count(INFO) == executions
    assert [one["code"] for one in result["gaps"]] == codes
    assert [one["directive"] for one in result["replaced"]][-1:] == ["SHUTDOWNCMD"]
    assert result["changes"]["steps"] == ["install", "configure", "service"]


def test_what_another_upsmon_reads_is_read_there(windows: Windows) -> None:
    """The service would start ours, and somebody has started another one."""
    windows.upsmon.update(path=PORTABLE, parent=70, parent_name="cmd")
    windows.results[INFO]["configurations"][THEIR_CONF] = "MINSUPPLIES 0\n"
    result = assessed(windows.look())
    assert windows.executed.count(INFO) == 2
    assert [one["code"] for one in result["gaps"]] == ["no_shutdowncmd", "minsupplies", "other_starter"]


def test_a_command_that_is_not_there_does_not_replace_one_that_works(windows: Windows) -> None:
    windows.results[FIND]["files"] = named("upsmon.conf")
    result = assessed(windows.look({**ARCHIVE, "shutdown_command": "C:\\gone.exe /now"}))
    assert (result["changes"]["steps"], result["changes"]["code"]) == ([], "would_stay_up")
    assert (
        "nut_client_windows_shutdown (C:\\gone.exe /now) runs C:\\gone.exe, which does not exist"
        in (result["changes"]["reason"])
    )


NEW: list[list[str | None]] = [
    ["MONITOR", "ups@192.0.2.10", "1", "monuser", None, "secondary"],
    ["SHUTDOWNCMD", f"{SHUTDOWN} /s /t 0 /f"],
    ["FINALDELAY", "5"],
]


# more lines of upsmon.conf, nut.conf, directive and variable of what goes
ADOPTED: list[tuple[str, str | None, list[tuple[str, str]]]] = [
    ("", None, [("SHUTDOWNCMD", "nut_client_windows_shutdown")]),
    (f'SHUTDOWNCMD "{SHUTDOWN} /s /t 0 /f"\n'.replace("\\", "\\\\"), None, []),
    ('SHUTDOWNCMD "%ComSpec% /c shutdown /s"\n', None, [("SHUTDOWNCMD", "")]),
    ('SHUTDOWNCMD "shutdown /r"\n', None, [("SHUTDOWNCMD", "")]),
    ('SHUTDOWNCMD "C:\\\\gone.exe"\n', None, [("SHUTDOWNCMD", "")]),
    (
        'SHUTDOWNCMD "shutdown /h"\nFINALDELAY 20\nNOTIFYCMD "C:\\\\tell.cmd"\nNOTIFYFLAG ONBATT EXEC\n',
        "MODE=netclient\nUPSMON_OPTIONS=-D\n",
        [
            ("SHUTDOWNCMD", "nut_client_windows_shutdown"),
            ("NOTIFYCMD", "nut_client_notifycmd"),
            ("FINALDELAY", "nut_client_finaldelay"),
            ("NOTIFYFLAG ONBATT", "nut_client_notifyflag"),
            ("UPSMON_OPTIONS in nut.conf", ""),
        ],
    ),
    (
        f'SHUTDOWNCMD "{SHUTDOWN} /s /t 0 /f"\nNOTIFYCMD "tell.ps1"\n'.replace("\\", "\\\\"),
        None,
        [("NOTIFYCMD", "")],
    ),
]


@pytest.mark.parametrize(("more", "nut_conf", "entries"), ADOPTED)
def test_what_somebody_chose_is_named(more: str, nut_conf: str | None, entries: list[tuple[str, str]]) -> None:
    seen = look(f"{GOOD}{more}", SHUTDOWN, nut_conf=nut_conf)
    found = adoption.replaced(seen, NEW, "2.8.4", ROW, "windows")
    assert [(one["directive"], one["variable"]) for one in found] == entries
    assert all(one["value"] is not None for one in found if one["variable"])


@pytest.mark.parametrize(
    ("conf", "words"),
    [(f"{MONITOR[:-1]}\\\nx\n", "goes on in the next one"), ("M\0O\0N\0", "UTF-16"), (GOOD, "")],
)
def test_what_cannot_be_read_is_said(conf: str, words: str) -> None:
    notes = " ".join(look(conf, f"{SHUTDOWN}")["notes"])
    assert words in notes
    assert bool(notes) is bool(words)


@pytest.mark.parametrize("confpath", ["D:\\etc", "D:\\etc\\", '"D:\\etc"'])
def test_the_environment_names_the_folder(confpath: str) -> None:
    assert configuration.running_etc(ROW, info(nut_confpath=confpath), ETC) == "D:\\etc"
