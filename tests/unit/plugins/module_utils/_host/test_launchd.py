# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What launchd is told to start: loaded jobs, property lists, and whatever of them starts upsmon."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import launchd
from ansible_collections.upsfleet.synology.plugins.module_utils._host.launchd import Job, Starter

OURS = "io.github.upsfleet.upsmon"
OTHER = "org.networkupstools.upsmon"  # of NUT issue 2223
UPSMON = "/opt/local/sbin/upsmon"

PRINTED = f"""system/{OURS} = {{
	active count = 1
	path = /Library/LaunchDaemons/{OURS}.plist
	state = running

	inherited environment = {{
		SSH_AUTH_SOCK => /private/tmp/x
	}}

	default environment = {{
		PATH => /usr/bin:/bin:/usr/sbin:/sbin
	}}

	environment = {{
		NUT_CONFPATH => /opt/local/etc/a folder
		XPC_SERVICE_NAME => {OURS}
	}}

	pid = 812
	last exit code = (never exited)
}}
"""


class Launchctl:
    """A double of launchctl: jobs by label as they are printed, and the overrides."""

    def __init__(self, loaded: dict[str, str] | None = None, overrides: str = "") -> None:
        self.asked: list[list[str]] = []
        self._loaded = loaded or {}
        self._overrides = overrides

    def __call__(self, argv: Sequence[str]) -> tuple[int, str]:
        self.asked.append(list(argv))
        if argv[1] == "print-disabled":
            return 0, self._overrides
        label = argv[2].partition("/")[2]
        return (0, self._loaded[label]) if label in self._loaded else (113, "")


def put(root: Path, path: str, content: bytes | dict[str, Any]) -> str:
    """Write a file, or a property list, below *root* and return its path there."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(plistlib.dumps(content) if isinstance(content, dict) else content)
    return path


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (PRINTED, Job(True, 812, {"NUT_CONFPATH": "/opt/local/etc/a folder", "XPC_SERVICE_NAME": OURS})),
        (PRINTED.replace("\tpid = 812\n", ""), Job(True, 0, {"NUT_CONFPATH": "/opt/local/etc/a folder"})),
        (PRINTED.replace("\tenvironment", "\tother environment"), Job(True, 812, {})),
        ("", Job(True, 0, {})),
        (None, Job()),
    ],
)
def test_a_job_as_it_is_loaded(printed: str | None, expected: Job) -> None:
    found = launchd.job(Launchctl({} if printed is None else {OURS: printed}), OURS)
    assert (found.loaded, found.pid) == expected[:2]
    assert dict(found.environment).get("NUT_CONFPATH") == expected.environment.get("NUT_CONFPATH")


@pytest.mark.parametrize(
    ("word", "otherwise", "disabled"),
    [
        ("disabled", False, True),
        ("true", False, True),
        ("enabled", True, False),
        ("false", True, False),
        ("", True, True),
        ("", False, False),
    ],
)
def test_an_override_counts_more_than_the_property_list(word: str, otherwise: bool, disabled: bool) -> None:
    overrides = f'\t"{OURS.replace(".", "x")}" => disabled\n' + (f'\t"{OURS}" => {word}\n' if word else "")
    assert launchd.is_disabled(Launchctl(overrides=overrides), OURS, otherwise) is disabled


@pytest.mark.parametrize(
    "content",
    [b"", b"rubbish", b"bplist00" + b"\xff" * 40, plistlib.dumps(["a"]), b"<plist><dict><key>a</key></dict></plist>",
     plistlib.dumps({"Label": "x" * (1 << 20)})],
)  # fmt: skip
def test_what_is_no_property_list_is_empty(content: bytes, tmp_path: Path) -> None:
    put(tmp_path, "a.plist", content)
    assert launchd.definition(str(tmp_path / "a.plist")) == {}


def test_only_regular_files_are_opened_to_the_end(tmp_path: Path) -> None:
    """A user could put a FIFO there, and whoever opens one waits for a writer."""
    os.mkfifo(tmp_path / "a.plist")
    (tmp_path / "b.plist").symlink_to("/dev/zero")
    (tmp_path / "c.plist").mkdir()
    names = ("a", "b", "c", "none")
    assert [launchd.definition(str(tmp_path / f"{name}.plist")) for name in names] == [{}] * 4


SHELL = "/bin/sh"
# a command line; what the file /usr/local/bin/start holds; whether it starts an upsmon that stays
COMMANDS: list[tuple[list[str], str, bool]] = [
    ([], "", False),
    ([UPSMON, "-F"], "", True),
    (["/opt/homebrew/opt/nut/sbin/upsmon", "-D"], "", True),
    (["upsmon"], "", True),
    ([UPSMON, "-c", "reload"], "", False),
    ([UPSMON, "-V"], "", False),
    (["/opt/homebrew/sbin/upsmonitor"], "", False),
    ([SHELL, "-c", f"{UPSMON} -F"], "", True),
    ([SHELL, "-c", "sleep 30; exec upsmon -D"], "", True),
    ([SHELL, "-c", f"NUT_CONFPATH=/etc/nut {UPSMON} -F"], "", True),
    ([SHELL, "-c", f"if true; then '{UPSMON}' -F; fi"], "", True),
    ([SHELL, "-c", f"{UPSMON} -c fsd"], "", False),
    ([SHELL, "-c", "pgrep upsmon || logger gone"], "", False),
    ([SHELL, "-c", "echo a_upsmon; tail upsmon.log"], "", False),
    (["/usr/bin/tail", "-f", "upsmon"], "", False),
    (["/usr/local/bin/start"], f"#!/bin/sh\nsleep 5\nexec {UPSMON} -F\n", True),
    ([SHELL, "/usr/local/bin/start"], f"#!/bin/sh\n{UPSMON}\n", True),
    (["/opt/local/bin/daemondo", "--start-cmd", "/usr/local/bin/start", "start", ";"], "#!/bin/sh\nupsmon &\n", True),
    (["/usr/local/bin/start"], "#!/bin/sh\n# upsmon\nupsmon -c reload\nlaunchctl kickstart system/my.upsmon\n", False),
    (["/usr/local/bin/start"], "upsmon -F\n", False),  # no script
    (["/usr/local/bin/none"], "", False),
    (["/usr/local/bin/a\0b"], "", False),
]


@pytest.mark.parametrize(("command", "script", "starts"), COMMANDS)
def test_what_starts_upsmon(command: list[str], script: str, starts: bool, tmp_path: Path) -> None:
    put(tmp_path, "/usr/local/bin/start", script.encode())
    assert launchd.starts_upsmon(command, str(tmp_path)) is starts


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, []),
        ({"Program": UPSMON}, [UPSMON]),
        ({"Program": UPSMON, "ProgramArguments": ["upsmon", "-F"]}, [UPSMON, "-F"]),
        ({"ProgramArguments": [UPSMON, 5, "-F"]}, [UPSMON, "-F"]),
        ({"ProgramArguments": "upsmon", "Program": 5}, []),
    ],
)
def test_the_words_of_a_property_list(values: dict[str, Any], words: list[str]) -> None:
    assert launchd.words(values) == words


DAEMON = {"Label": OTHER, "ProgramArguments": [UPSMON, "-F"], "EnvironmentVariables": {"NUT_CONFPATH": "/etc/nut"}}
DAEMON_PATH = f"/Library/LaunchDaemons/{OTHER}.plist"
FOUND = Starter(DAEMON_PATH, OTHER, "", False, 0, "/etc/nut")
AGENT_PATH = "/Users/sam/Library/LaunchAgents/ups.plist"
BREW = "homebrew.mxcl.nut.plist"
DISABLED = f'"{OTHER}" => disabled\n'
LOADED = {OTHER: PRINTED}

# property lists by path, what is loaded, the overrides; what starts upsmon
STARTERS: list[tuple[dict[str, Any], dict[str, str], str, list[Starter]]] = [
    ({}, {}, "", []),
    ({f"/Library/LaunchDaemons/{OURS}.plist": {"Label": OURS, "ProgramArguments": [UPSMON]}}, {}, "", []),
    ({f"/Library/LaunchAgents/{OURS}.plist": {"Label": OURS, "Program": UPSMON}}, {}, "",
     [Starter(f"/Library/LaunchAgents/{OURS}.plist", OURS, "", False, 0, None)]),
    ({DAEMON_PATH: DAEMON}, {}, "", [FOUND]),
    ({DAEMON_PATH: DAEMON}, LOADED, "", [FOUND._replace(pid=812, configuration="/opt/local/etc/a folder")]),
    ({DAEMON_PATH: DAEMON}, {}, DISABLED, []),
    ({DAEMON_PATH: {**DAEMON, "Disabled": True}}, {}, "", []),
    ({DAEMON_PATH: {**DAEMON, "Disabled": True}}, {}, f'"{OTHER}" => enabled\n', [FOUND]),
    ({DAEMON_PATH: DAEMON}, LOADED, DISABLED, [FOUND._replace(pid=812, configuration="/opt/local/etc/a folder")]),
    ({AGENT_PATH: {"Label": "a\nb", "Program": UPSMON}}, {}, "", [Starter(AGENT_PATH, "", "sam", False, 0, None)]),
    ({AGENT_PATH: {"Program": UPSMON, "Label": 5}}, {}, "", [Starter(AGENT_PATH, "5", "sam", False, 0, None)]),
    ({f"/Users/sam/Library/LaunchAgents/{BREW}": b"<plist/>"}, {}, "",
     [Starter(f"/Users/sam/Library/LaunchAgents/{BREW}", BREW[:-6], "sam", True, 0, None)]),
    ({f"/Library/LaunchDaemons/{BREW}": {"ProgramArguments": ["/opt/homebrew/opt/nut/sbin/upsmon", "-D"]}}, {}, "",
     [Starter(f"/Library/LaunchDaemons/{BREW}", BREW[:-6], "", True, 0, None)]),
    ({"/Library/LaunchDaemons/homebrew.mxcl.dnsmasq.plist": {"Program": "/opt/homebrew/sbin/dnsmasq"}}, {}, "", []),
    ({"/Library/LaunchDaemons/broken.plist": b"upsmon"}, {}, "", []),
]  # fmt: skip


@pytest.mark.parametrize(("files", "loaded", "overrides", "expected"), STARTERS)
def test_what_else_starts_upsmon(
    files: dict[str, Any], loaded: dict[str, str], overrides: str, expected: list[Starter], tmp_path: Path
) -> None:
    for path, content in files.items():
        put(tmp_path, path, content)
    assert launchd.starters(Launchctl(loaded, overrides), [OURS], str(tmp_path)) == expected


def test_launchctl_is_not_asked_about_jobs_that_have_nothing_to_do_with_upsmon(tmp_path: Path) -> None:
    launchctl = Launchctl()
    put(tmp_path, "/Library/LaunchDaemons/a.plist", {"Program": "/usr/bin/true"})
    put(tmp_path, AGENT_PATH, {"Program": UPSMON})  # a user's: the system's domain knows nothing of it
    assert len(launchd.starters(launchctl, [OURS], str(tmp_path))) == 1
    assert launchctl.asked == []
