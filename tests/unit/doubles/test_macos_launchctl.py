# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The double of launchctl: which property lists it takes, the unit behind a job, and what it prints."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doubles.macos import jobs
from doubles.macos.common import Answer, Refused
from doubles.macos.launchctl import BOOTSTRAP_STARTS_NOTHING, Launchd, answer

LABEL = "org.example.upsmon"
UPSMON = "/opt/homebrew/opt/nut/sbin/upsmon"
PLIST: dict[str, Any] = {
    "Label": LABEL,
    "ProgramArguments": [UPSMON, "-F"],
    "RunAtLoad": True,
    "KeepAlive": {"SuccessfulExit": False},
}
NOT_FOUND = Answer(113, err=f'Could not find service "{LABEL}" in domain for system\n')


def job(**changes: Any) -> jobs.Job:
    values = {**PLIST, **changes}
    return jobs.parse(plistlib.dumps({key: value for key, value in values.items() if value is not None}))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Label": None}, "no Label"),
        ({"Label": "two words"}, "no Label"),
        ({"Label": 5}, "int for Label"),
        ({"ProgramArguments": None}, "absolute path"),
        ({"ProgramArguments": []}, "absolute path"),
        ({"ProgramArguments": ["upsmon"]}, "absolute path"),
        ({"ProgramArguments": [UPSMON, 5]}, "something else than strings"),
        ({"ProgramArguments": f"{UPSMON} -F"}, "str for ProgramArguments"),
        ({"Program": "upsmon"}, "absolute path"),
        ({"RunAtLoad": "true"}, "str for RunAtLoad"),
        ({"ThrottleInterval": True}, "bool for ThrottleInterval"),
        ({"KeepAlive": {"NetworkState": True}}, "KeepAlive"),
        ({"KeepAlive": {}}, "KeepAlive"),
        ({"KeepAlive": {"SuccessfulExit": 0}}, "KeepAlive"),
        ({"EnvironmentVariables": {"A": 1}}, "EnvironmentVariables"),
        ({"StandardErrPath": "/var/log/x"}, "key StandardErrPath"),
    ],
)
def test_property_lists_that_are_not_taken(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(jobs.Invalid, match=says):
        job(**changes)


@pytest.mark.parametrize("content", [b"", b"Label = x", b"<plist><dict><key>Label</key></plist>"])
def test_what_is_no_property_list(content: bytes) -> None:
    with pytest.raises(jobs.Invalid, match="not a property list"):
        jobs.parse(content)
    with pytest.raises(jobs.Invalid, match="not a dictionary"):
        jobs.parse(plistlib.dumps(["Label"]))


@pytest.mark.parametrize(
    ("keep", "run", "restart", "at_load"),
    [
        ({"SuccessfulExit": False}, None, "on-failure", True),
        ({"SuccessfulExit": True}, False, "on-success", True),
        (True, None, "always", True),
        (False, None, "no", False),
        (None, True, "no", True),
    ],
)
def test_when_a_job_is_started(keep: Any, run: bool | None, restart: str, at_load: bool) -> None:
    found = job(KeepAlive=keep, RunAtLoad=run)
    assert (found.restart, found.at_load) == (restart, at_load)


def test_unit() -> None:
    changes = {
        "ProgramArguments": [UPSMON, "-F", 'say "100% $HOME"'],
        "StandardErrorPath": "/var/log/upsmon.log",
        "EnvironmentVariables": {"A": "b c$"},
        "ThrottleInterval": 30,
    }
    assert jobs.unit(job(**changes), "/run/x.exit").splitlines() == [
        "[Unit]",
        f"Description=double of launchd: {LABEL}",
        "StartLimitIntervalSec=0",
        "[Service]",
        "Type=exec",
        f'ExecStart=@"{UPSMON}" "{UPSMON}" "-F" "say \\"100%% $$HOME\\""',
        """ExecStopPost=/bin/dash -c 'echo "$$EXIT_CODE $$EXIT_STATUS" >/run/x.exit'""",
        "Restart=on-failure",
        "RestartForceExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE",
        "RestartSec=30",
        "KillMode=mixed",
        "TimeoutStopSec=20",
        f"Environment=PATH=/usr/bin:/bin:/usr/sbin:/sbin XPC_SERVICE_NAME={LABEL}",
        'Environment="A=b c$"',
        "StandardOutput=journal",
        "StandardError=append:/var/log/upsmon.log",
    ]


@pytest.mark.parametrize(
    ("shown", "ended", "lines"),
    [
        ({"MainPID": "42", "ActiveState": "active"}, "", ["state = running", "last exit code = (never exited)"]),
        ({"MainPID": "0", "ActiveState": "inactive"}, "exited 0\n", ["state = not running", "last exit code = 0"]),
        ({"MainPID": "0", "ActiveState": "failed"}, "exited 1\n", ["state = not running", "last exit code = 1"]),
        (
            {"MainPID": "0", "ActiveState": "activating"},
            "exited 203\n",
            ["state = spawn scheduled", "last exit code = 78: EX_CONFIG"],
        ),
        (
            {"MainPID": "0", "ActiveState": "activating"},
            "killed KILL\n",
            ["state = spawn scheduled", "last terminating signal = Killed: 9"],
        ),
        ({}, "killed TERM\n", ["state = not running", "last terminating signal = Terminated: 15"]),
    ],
)
def test_states(shown: dict[str, str], ended: str, lines: list[str]) -> None:
    text = jobs.describe(job(), "/x.plist", shown, ended).splitlines()
    assert {f"\t{line}" for line in lines} < set(text)
    assert ("\tpid = 42" in text) is (lines[0] == "state = running")
    assert (text[0], text[-1]) == (f"system/{LABEL} = {{", "}")
    assert f"\tprogram = {UPSMON}" in text
    assert "\tproperties = keepalive | runatload | inferred program" in text


class Host:
    """A launchd below a folder, whose systemctl only takes notes."""

    def __init__(self, folder: Path) -> None:
        self.notes: list[str] = []
        self.plist = folder / "daemons" / f"{LABEL}.plist"
        self.plist.parent.mkdir()
        self.write()
        self.launchd = Launchd(
            folder / "loaded", folder / "disabled", folder / "units", self.plist.parent, self._note, os.getuid()
        )

    def _note(self, *arguments: str) -> str:
        self.notes.append(" ".join(arguments))
        return "MainPID=42\nActiveState=active\n" if arguments[0] == "show" else ""

    def write(self, **changes: Any) -> None:
        """Write the property list."""
        self.plist.write_bytes(plistlib.dumps({**PLIST, **changes}))
        self.plist.chmod(0o644)

    def __call__(self, arguments: str, root: bool = True) -> Answer:
        return answer(arguments.split(), self.launchd, root)

    def bootstrap(self) -> Answer:
        """Load the property list."""
        return self(f"bootstrap system {self.plist}")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Return a Mac on which the property list is there and nothing is loaded."""
    return Host(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "list",
        "load -w /x.plist",
        "bootstrap system",
        "bootstrap system x.plist",
        "bootstrap gui/501 /x.plist",
        "bootout system",
        "bootout system /x.plist",
        f"kickstart -p system/{LABEL}",
        f"kickstart -k gui/501/{LABEL}",
        f"kill TERM system/{LABEL}",
        "print system",
        f"print gui/501/{LABEL}",
        f"print system/{LABEL}/x",
        "print-disabled user/501",
        f"disable {LABEL}",
    ],
)
def test_what_launchctl_does_not_know_it_refuses(host: Host, arguments: str) -> None:
    for root in (True, False):
        with pytest.raises(Refused):
            host(arguments, root)
    assert host.notes == []


def test_a_job_from_load_to_unload(host: Host) -> None:
    unit = f"launchd-{LABEL}.service"
    assert host.bootstrap() == Answer()
    assert host.notes == ["daemon-reload", f"start {unit}"]
    assert (host.launchd.units / unit).exists()
    shown = host(f"print system/{LABEL}", root=False).out
    assert f"\tpath = {host.plist}\n" in shown
    assert "\tpid = 42\n" in shown

    host.notes.clear()
    assert host(f"kickstart system/{LABEL}") == host(f"kickstart -k system/{LABEL}") == Answer()
    assert host.notes == [f"start {unit}", f"restart {unit}"]

    host.notes.clear()
    assert host(f"bootout system/{LABEL}") == Answer()
    assert host.notes == [f"stop {unit}", "daemon-reload", f"reset-failed {unit}"]
    assert not (host.launchd.units / unit).exists()
    assert host(f"print system/{LABEL}") == NOT_FOUND


def test_loading_may_start_nothing_until_it_is_kicked(host: Host) -> None:
    """Seen of launchd after bootout and bootstrap, with RunAtLoad and KeepAlive."""
    (host.launchd.disabled.parent / BOOTSTRAP_STARTS_NOTHING).touch()
    assert host.bootstrap() == Answer()
    assert host.notes == ["daemon-reload"]
    assert host(f"kickstart system/{LABEL}") == Answer()
    assert host.notes[1:] == [f"start launchd-{LABEL}.service"]


def test_what_is_not_loaded(host: Host) -> None:
    for command in ("print", "kickstart", "kickstart -k"):
        assert host(f"{command} system/{LABEL}") == NOT_FOUND
    assert host(f"bootout system/{LABEL}") == Answer(3, err="Boot-out failed: 3: No such process\n")
    assert host.notes == []


def _twice(host: Host) -> None:
    host.bootstrap()


BREAKS: list[Callable[[Host], Any]] = [
    lambda host: host.plist.unlink(),
    lambda host: host.plist.chmod(0o664),
    lambda host: host.plist.chmod(0o646),
    lambda host: host.plist.write_text("nothing"),
    lambda host: host.write(ProgramArguments=["upsmon"]),
    lambda host: host(f"disable system/{LABEL}"),
    _twice,
]


@pytest.mark.parametrize("spoil", BREAKS)
def test_what_is_not_loaded_for_a_reason(host: Host, spoil: Callable[[Host], Any]) -> None:
    spoil(host)
    before = list(host.notes)
    found = host.bootstrap()
    assert found.status == 5
    assert found.err.startswith("Bootstrap failed: 5: Input/output error\ndouble of launchctl: ")
    assert host.notes == before


def test_a_property_list_of_somebody_else(host: Host) -> None:
    stranger = Launchd(host.launchd.loaded, host.launchd.disabled, owner=os.getuid() + 1)
    assert stranger.bootstrap(host.plist).status == 5


def test_a_loaded_job_keeps_what_it_was_loaded_with(host: Host) -> None:
    host.bootstrap()
    host.write(ProgramArguments=["/usr/bin/true"])
    host(f"kickstart -k system/{LABEL}")
    assert f"\tprogram = {UPSMON}\n" in host(f"print system/{LABEL}").out


def test_disabled_jobs(host: Host) -> None:
    assert host("print-disabled system", root=False).out == "\n\tdisabled services = {\n\t}\n"
    host(f"disable system/{LABEL}")
    assert host("print-disabled system").out == f'\n\tdisabled services = {{\n\t\t"{LABEL}" => disabled\n\t}}\n'
    host(f"enable system/{LABEL}")
    assert f'"{LABEL}" => enabled\n' in host("print-disabled system").out
    assert host.bootstrap() == Answer()


def test_boot_loads_every_job_that_is_not_disabled(host: Host) -> None:
    (host.plist.parent / "broken.plist").write_text("")
    other = host.plist.parent / "org.example.other.plist"
    other.write_bytes(plistlib.dumps({**PLIST, "Label": "org.example.other"}))
    host(f"disable system/{LABEL}")
    assert "broken.plist" in host("double-boot").err
    assert sorted(path.name for path in host.launchd.loaded.glob("*.plist")) == [other.name]


@pytest.mark.parametrize("command", ["bootout", "kickstart", "kickstart -k", "enable", "disable"])
def test_changes_are_roots(host: Host, command: str) -> None:
    host.bootstrap()
    before = list(host.notes)
    assert host(f"{command} system/{LABEL}", root=False).status == 1
    assert host.notes == before
