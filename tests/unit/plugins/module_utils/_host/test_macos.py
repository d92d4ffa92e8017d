# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a Mac: texts in the shape that its commands print them, and folders like a Mac's."""

from __future__ import annotations

import getpass
import os
import plistlib
import pwd
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import macos
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket
from ansible_collections.upsfleet.synology.plugins.module_utils._host.posix import CannotLook

NOW = 1_800_000_000.0
LABEL = "io.github.upsfleet.upsmon"

# name and prefix of a manager, its command, upsmon and where that looks for its configuration
SILICON = ("homebrew", "/opt/homebrew", "bin/brew", "opt/nut/sbin/upsmon", "etc/nut")
INTEL = ("homebrew", "/usr/local", "bin/brew", "opt/nut/sbin/upsmon", "etc/nut")
PORTS = ("macports", "/opt/local", "bin/port", "sbin/upsmon", "etc")

RUNNING = f"""system/{LABEL} = {{
	active count = 1
	path = /Library/LaunchDaemons/{LABEL}.plist
	type = LaunchDaemon
	state = running

	program = /opt/homebrew/opt/nut/sbin/upsmon
	arguments = {{
		/opt/homebrew/opt/nut/sbin/upsmon
		-F
	}}

	default environment = {{
		PATH => /usr/bin:/bin:/usr/sbin:/sbin
	}}

	domain = system
	minimum runtime = 10
	exit timeout = 5
	runs = 1
	pid = 812
	immediate reason = speculative
	forks = 1
	execs = 1
	last exit code = (never exited)
}}
"""
WAITING = RUNNING.replace("state = running", "state = spawn scheduled").replace("\tpid = 812\n", "")
LED = RUNNING.replace("\tdomain =", "\tenvironment = {\n\t\tNUT_CONFPATH => /etc/nut\n\t}\n\n\tdomain =")
NOT_FOUND = f'Could not find service "{LABEL}" in domain for system\n'
OVERRIDES = """
	disabled services = {{
		"com.apple.CSCSupportd" => disabled
		"com.openssh.sshd" => enabled
		"{label}" => {word}
		"com.apple.ftpd" => true
	}}
"""
NONE_OF_OURS = OVERRIDES.format(label=f"{LABEL}.old", word="disabled")

UPSMON, CHILD, UPSD = 812, 813, 900
PS = """    1     0     0 12-03:04:05 /sbin/launchd
  331     1     0    01:02:03 /usr/libexec/logd
  812     1     0       05:00 /opt/homebrew/opt/nut/sbin/upsmon
  813   812   -2    01:00:07 upsmon
  814   812 65534    01:00:07 upsmon
  820     1     0 02-00:00:01 /opt/homebrew/Cellar/nut/2.8.4_1/sbin/upsd
  830   500   501       00:09 /Users/sam/My Tools/upsmonitor
  831   500   501       00:09 /Applications/UPS Tools.app/Contents/MacOS/upsmon
  832   500   501       00:09 (upsmon)
"""
NO_COMMAND = "  812 1 0 05:00\n"
GARBAGE = [
    "",
    "\n\n",
    "  PID PPID UID ELAPSED COMM\n",
    "812\n",
    NO_COMMAND,
    "812 1 0 - upsmon\n",
    "ps: no such option\n",
]
OURS = macos.Process("upsmon", NOW - 300, 1, 0, "/opt/homebrew/opt/nut/sbin/upsmon")
RUNS = {812: OURS}


class Commands:
    """A double of the Mac's commands: recorded texts, so it cannot show what a newer macOS prints."""

    def __init__(self, **printed: Any) -> None:
        self.asked: list[list[str]] = []
        self._printed = printed

    def __call__(self, argv: Sequence[str]) -> tuple[int, str]:
        self.asked.append(list(argv))
        name = os.path.basename(argv[0])
        if name == "launchctl":
            name = argv[1].replace("-", "_")
        text = self._printed.get(name, "")
        status: int = self._printed.get(f"{name}_status", 0)
        return status, text


def put(root: Path, path: str, content: bytes = b"") -> Path:
    """Write a file below *root* and return it."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def install(root: Path, manager: tuple[str, str, str, str, str], nut: bool) -> None:
    """Put a package manager below *root*, perhaps with nut."""
    _name, prefix, command, upsmon, _etc = manager
    put(root, f"{prefix}/{command}")
    if nut:
        put(root, f"{prefix}/{upsmon}")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)


VERSION = {"ProductName": "macOS", "ProductVersion": "14.5", "ProductBuildVersion": "23F79"}


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (plistlib.dumps(VERSION), "14.5"),
        (plistlib.dumps(VERSION, fmt=plistlib.FMT_BINARY), "14.5"),
        (plistlib.dumps({"ProductVersion": 15}), "15"),
        (plistlib.dumps({}), ""),
        (None, None),
        (b"", None),
        (b"rubbish\n", None),
        (b"\x00\xff" * 40, None),
        (b"bplist00" + b"\xff" * 40, None),
        (plistlib.dumps(VERSION)[:-30], None),
        (plistlib.dumps(["14.5"]), None),
    ],
)
def test_release(content: bytes | None, version: str | None, tmp_path: Path) -> None:
    path = tmp_path / "SystemVersion.plist"
    if content is not None:
        path.write_bytes(content)
    expected = None if version is None else {"platform": "macos", "name": "macos", "version": version}
    assert macos.release(str(path)) == expected


# the managers that are there and whether they have nut, the one that counts
FOUND: list[tuple[list[tuple[tuple[str, str, str, str, str], bool]], tuple[str, str, str, str, str]]] = [
    ([(SILICON, False)], SILICON),
    ([(SILICON, True)], SILICON),
    ([(INTEL, True)], INTEL),
    ([(PORTS, True)], PORTS),
    ([(PORTS, False)], PORTS),
    ([(SILICON, False), (PORTS, False)], SILICON),
    ([(SILICON, True), (PORTS, True)], SILICON),
    ([(SILICON, False), (PORTS, True)], PORTS),
    ([(SILICON, False), (INTEL, True)], INTEL),
    ([(SILICON, False), (INTEL, False), (PORTS, False)], SILICON),
]


@pytest.mark.parametrize(("there", "chosen"), FOUND)
def test_the_installation(
    there: list[tuple[tuple[str, str, str, str, str], bool]], chosen: tuple[str, str, str, str, str], tmp_path: Path
) -> None:
    for manager, nut in there:
        install(tmp_path, manager, nut)
    name, prefix, _command, upsmon, etc = chosen
    assert macos.find_installation(str(tmp_path)) == {
        "manager": name,
        "prefix": prefix,
        "owner": getpass.getuser(),
        "upsmon": f"{prefix}/{upsmon}",
        "etc": f"{prefix}/{etc}",
    }


def test_without_a_package_manager_a_mac_cannot_be_looked_at(tmp_path: Path) -> None:
    put(tmp_path, "/usr/local/sbin/upsmon")  # built by hand
    with pytest.raises(CannotLook) as caught:
        macos.find_installation(str(tmp_path))
    text = str(caught.value)
    assert text.startswith("Neither Homebrew (/opt/homebrew, /usr/local) nor MacPorts (/opt/local) is on this Mac")
    assert "install one of them (https://brew.sh)" in text


def test_on_intel_the_owner_is_whose_repository_brew_leads_to(tmp_path: Path) -> None:
    """/usr/local/bin is root's, and so may the link be."""
    brew = put(tmp_path, "/usr/local/Homebrew/bin/brew")
    link = tmp_path / "usr/local/bin/brew"
    link.parent.mkdir()
    link.symlink_to("../Homebrew/bin/brew")
    if os.getuid() == 0:
        os.chown(brew, pwd.getpwnam("nobody").pw_uid, -1)
    found = macos.find_installation(str(tmp_path))
    assert (found["prefix"], found["owner"]) == ("/usr/local", brew.owner())


def test_an_owner_without_a_name_is_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, SILICON, False)

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert macos.find_installation(str(tmp_path))["owner"] == str(os.getuid())


@pytest.mark.parametrize("keg", ["2.8.4", "2.8.4_1", "2.8.2_12"])
def test_the_version_of_homebrews_nut_is_its_kegs(keg: str, tmp_path: Path) -> None:
    install(tmp_path, SILICON, False)
    put(tmp_path, f"/opt/homebrew/Cellar/nut/{keg}/sbin/upsmon")
    (tmp_path / "opt/homebrew/opt").mkdir()
    (tmp_path / "opt/homebrew/opt/nut").symlink_to(f"../Cellar/nut/{keg}")
    looked = macos.look(Commands(), {"units": []}, {}, str(tmp_path))
    assert looked["package"] == {"installed": True, "version": keg, "server": False}


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("  nut @2.8.4_0 (active)\n", "2.8.4_0"),
        ("  nut @2.8.2_1+universal (active)\n", "2.8.2_1+universal"),
        ("  nut @2.7.4_0\n  nut @2.8.2_0 (active)\n", "2.8.2_0"),
        ("  nut @2.8.2_0 (active)\n  nut @2.8.4_0\n", "2.8.2_0"),
        ("  nut @2.8.2_0\n", "2.8.2_0"),
        ("  peanut @9.9.9_0 (active)\n", "2.8.4"),
        ("", "2.8.4"),
    ],
)
def test_the_version_of_macports_nut_is_the_active_one(printed: str, version: str, tmp_path: Path) -> None:
    install(tmp_path, PORTS, True)
    commands = Commands(port=printed)
    assert macos.look(commands, {"units": []}, {}, str(tmp_path))["package"]["version"] == version
    assert ["/opt/local/bin/port", "-q", "installed", "nut"] in commands.asked


def test_a_mac_without_nut(tmp_path: Path) -> None:
    """What would be installed stands in for the version; nothing was asked of the package manager."""
    install(tmp_path, PORTS, False)
    commands = Commands(print=NOT_FOUND, print_status=113)
    assert macos.look(commands, {"units": [LABEL]}, {}, str(tmp_path)) == {
        "package": {"installed": False, "version": "2.8.4", "server": False},
        "installation": {
            "manager": "macports",
            "prefix": "/opt/local",
            "owner": getpass.getuser(),
            "upsmon": "/opt/local/sbin/upsmon",
            "etc": "/opt/local/etc",
        },
        "mode": None,
        "upsd_runs": False,
        "units": {
            LABEL: {"enabled": False, "active": False, "need_daemon_reload": False, "main_pid": 0, "loaded": False}
        },
        "server_units": {},
    }
    assert not [argv for argv in commands.asked if "port" in argv[0]]


def test_a_mac_with_a_upsd_of_its_own(tmp_path: Path) -> None:
    install(tmp_path, SILICON, True)
    commands = Commands(ps=PS, print=RUNNING)
    looked = macos.look(commands, {"units": [LABEL]}, macos.processes(commands), str(tmp_path))
    assert looked["upsd_runs"] is True
    assert macos.look(commands, {"units": []}, RUNS, str(tmp_path))["upsd_runs"] is False
    assert (looked["units"][LABEL]["active"], looked["units"][LABEL]["main_pid"]) == (True, UPSMON)


# what launchctl print and print-disabled say; enabled, active, main_pid, loaded
UNITS: list[tuple[dict[str, Any], tuple[bool, bool, int, bool]]] = [
    ({"print": RUNNING, "print_disabled": NONE_OF_OURS}, (True, True, UPSMON, True)),
    ({"print": RUNNING, "print_disabled": ""}, (True, True, UPSMON, True)),
    ({"print": WAITING, "print_disabled": NONE_OF_OURS}, (True, False, 0, True)),
    ({"print": NOT_FOUND, "print_status": 113, "print_disabled": NONE_OF_OURS}, (False, False, 0, False)),
    # a job that was removed may have said what it was
    ({"print": RUNNING, "print_status": 113, "print_disabled": NONE_OF_OURS}, (False, False, 0, False)),
    *[
        (
            {"print": RUNNING, "print_disabled": OVERRIDES.format(label=LABEL, word=word)},
            (enabled, True, UPSMON, True),
        )
        for word, enabled in (("enabled", True), ("disabled", False), ("false", True), ("true", False))
    ],
]


@pytest.mark.parametrize(("printed", "expected"), UNITS)
def test_launchd_unit(printed: dict[str, Any], expected: tuple[bool, bool, int, bool], tmp_path: Path) -> None:
    unit = macos.launchd_unit(Commands(**printed), LABEL, RUNS, str(tmp_path))
    assert (unit["enabled"], unit["active"], unit["main_pid"], unit["loaded"]) == expected
    assert unit["need_daemon_reload"] is False, "there is no property list"


def test_a_label_is_no_pattern(tmp_path: Path) -> None:
    overrides = OVERRIDES.format(label=LABEL.replace(".", "x"), word="disabled")
    unit = macos.launchd_unit(Commands(print=RUNNING, print_disabled=overrides), LABEL, {}, str(tmp_path))
    assert unit["enabled"] is True


@pytest.mark.parametrize(
    ("printed", "written", "stale"),
    [
        (RUNNING, NOW - 301, False),
        (RUNNING, NOW - 300, False),
        (RUNNING, NOW - 299, True),
        (WAITING, NOW - 299, False),  # what does not run starts with what was bootstrapped; nothing tells when
    ],
)
def test_launchd_keeps_the_definition_that_it_was_given(
    printed: str, written: float, stale: bool, tmp_path: Path
) -> None:
    plist = put(tmp_path, f"/Library/LaunchDaemons/{LABEL}.plist")
    os.utime(plist, (written, written))
    unit = macos.launchd_unit(Commands(print=printed), LABEL, RUNS, str(tmp_path))
    assert unit["need_daemon_reload"] is stale


@pytest.mark.parametrize(
    ("printed", "wanted", "stale"),
    [
        (RUNNING, "/opt/homebrew/etc/nut", False),  # no interface: another macOS may not show it
        (RUNNING, None, False),
        (LED, "/etc/nut", False),
        (LED, "/opt/homebrew/etc/nut", True),
        (NOT_FOUND, "/opt/homebrew/etc/nut", False),
    ],
)
def test_a_job_that_reads_another_folder_than_its_file_says_is_loaded_anew(
    printed: str, wanted: str | None, stale: bool, tmp_path: Path
) -> None:
    values = {"EnvironmentVariables": {"NUT_CONFPATH": wanted}} if wanted else {}
    plist = put(tmp_path, f"/Library/LaunchDaemons/{LABEL}.plist", plistlib.dumps(values))
    os.utime(plist, (NOW - 400, NOW - 400))
    commands = Commands(print=printed, print_status=113 if printed == NOT_FOUND else 0)
    assert macos.launchd_unit(commands, LABEL, RUNS, str(tmp_path))["need_daemon_reload"] is stale


def test_processes() -> None:
    day = 24 * 3600
    app = "/Applications/UPS Tools.app/Contents/MacOS/upsmon"
    assert macos.processes(Commands(ps=PS)) == {
        UPSMON: OURS,
        CHILD: macos.Process("upsmon", NOW - 3607, 812, 4294967294, ""),
        814: macos.Process("upsmon", NOW - 3607, 812, 65534, ""),
        820: macos.Process("upsd", NOW - 2 * day - 1, 1, 0, "/opt/homebrew/Cellar/nut/2.8.4_1/sbin/upsd"),
        831: macos.Process("upsmon", NOW - 9, 500, 501, app),
    }


@pytest.mark.parametrize("printed", GARBAGE)
def test_lines_that_tell_of_no_process_are_passed_over(printed: str) -> None:
    found = macos.processes(Commands(ps=f"{printed}  900 1 0      00:30 upsd\n"))
    assert found == {UPSD: macos.Process("upsd", NOW - 30, 1, 0)}


HERE, NAS = "192.0.2.21:52014", "192.0.2.10:3493"
HERE_6, NAS_6 = "[2001:db8::21]:52015", "[2001:db8::10]:3493"

# what lsof prints, the connections
LSOF: list[tuple[str, list[Socket] | None]] = [
    ("", None),
    ("p812\nf3\nn*:3493\n", None),
    (f"p812\nf5\nn{HERE}->{NAS}\n", [Socket("192.0.2.21", 52014, "192.0.2.10", 3493, True)]),
    (f"p812\nf5\nn{HERE_6}->{NAS_6}\n", [Socket("2001:db8::21", 52015, "2001:db8::10", 3493, True)]),
    (
        f"p812\nf5\nn[::ffff:192.0.2.21]:52014->[::ffff:{NAS.replace(':', ']:')}\n",
        [Socket("192.0.2.21", 52014, "192.0.2.10", 3493, True)],
    ),
    (
        f"p331\nf9\nn{HERE.replace('14', '13')}->192.0.2.99:443\np812\nf5\nn{HERE}->{NAS}\nf6\nn{HERE_6}->{NAS_6}\n"
        f"p7000\nf3\nn192.0.2.21:52016->{NAS}\n",
        [
            Socket("192.0.2.21", 52013, "192.0.2.99", 443, False),
            Socket("192.0.2.21", 52014, "192.0.2.10", 3493, True),
            Socket("2001:db8::21", 52015, "2001:db8::10", 3493, True),
            Socket("192.0.2.21", 52016, "192.0.2.10", 3493, False),
        ],
    ),
    (
        f"p812\nf3\nn*:3493\nf4\nn127.0.0.1:3493\nf5\nn{HERE}->{NAS}\n",
        [Socket("192.0.2.21", 52014, "192.0.2.10", 3493, True)],
    ),
    ("p812\nf5\nn192.0.2.21:52014->192.0.2.10:nut\n", [Socket("192.0.2.21", 52014, "192.0.2.10", 0, True)]),
]


@pytest.mark.parametrize(("printed", "expected"), LSOF)
def test_sockets(printed: str, expected: list[Socket] | None) -> None:
    commands = Commands(lsof=printed)
    assert macos.sockets(commands, [812, 813]) == expected
    assert "-sTCP:ESTABLISHED" in commands.asked[0]


def test_lsof_that_is_missing_or_fails_tells_nothing() -> None:
    assert macos.sockets(Commands(lsof_status=127), [812]) is None
    assert macos.sockets(Commands(lsof="lsof: WARNING: can't stat()\n", lsof_status=1), [812]) is None


@pytest.mark.parametrize(
    ("manager", "used", "lacks"),
    [
        ("macports", [], True),
        ("macports", ["192.0.2.11"], True),  # as of another NAS
        ("macports", ["192.0.2.11", "2001:db8::10"], False),  # of another build than MacPorts'
        ("homebrew", [], False),
        ("", [], False),
    ],
)
def test_an_upsmon_without_ipv6(manager: str, used: list[str], lacks: bool) -> None:
    assert macos.lacks_ipv6(manager, used) is lacks


IFCONFIG = """\
lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384
\tinet 127.0.0.1 netmask 0xff000000
\tinet6 ::1 prefixlen 128
\tinet6 fe80::1%lo0 prefixlen 64 scopeid 0x1
en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\tether 02:00:5e:10:00:21
\tinet6 fe80::47d:4192:1e60:b16f%en0 prefixlen 64 secured scopeid 0xa
\tinet6 2001:db8::8f:e496:210e:25d1 prefixlen 64 autoconf secured
\tinet6 2001:db8::fc91:57de:4ab6:3a48 prefixlen 64 deprecated autoconf temporary\x20
\tinet6 2001:db8::508d:685b:6a66:b3ce prefixlen 64 autoconf temporary
\tinet6 fd00::1d7a prefixlen 64 dynamic
\tinet 192.0.2.21 netmask 0xffffff00 broadcast 192.0.2.255
\tstatus: active
"""


def test_temporary_addresses() -> None:
    """The form is that of outputs which people published."""
    commands = Commands(ifconfig=IFCONFIG)
    found = macos.temporary_addresses(commands)
    assert found == ["2001:db8::508d:685b:6a66:b3ce", "2001:db8::fc91:57de:4ab6:3a48"]
    assert commands.asked == [["/sbin/ifconfig", "-a"]]
    assert macos.temporary_addresses(Commands(ifconfig_status=127)) == []


def test_ps_that_fails_is_not_a_mac_without_upsmon() -> None:
    with pytest.raises(CannotLook, match=r"^ps failed \(exit status 127\)"):
        macos.processes(Commands(ps_status=127))
