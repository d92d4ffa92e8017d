# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a Linux host: recorded texts and a /proc made of files."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import sys
import time
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._host import linux, posix
from ansible_collections.upsfleet.synology.plugins.module_utils._host.login_proof import Socket

DEBIAN_12 = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""
DEBIAN_FORKY = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=forky\nID=debian\n'
UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n'
RASPBIAN = "ID=raspbian\nID_LIKE=debian\nVERSION_ID='12'\n"
MINT = 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n'
FEDORA = 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=41\nPLATFORM_ID="platform:f41"\n'
RHEL_LIKE = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'


@pytest.mark.parametrize(
    ("text", "platform", "name", "version"),
    [
        (DEBIAN_12, "debian", "debian", "12"),
        (DEBIAN_12.replace("\n", "\r\n"), "debian", "debian", "12"),
        (DEBIAN_FORKY, "debian", "debian", "forky"),
        (UBUNTU, "debian", "ubuntu", "24.04"),
        (RASPBIAN, "debian", "raspbian", "12"),
        (MINT, "debian", "linuxmint", "22"),
        ("# ID=fedora\n\nID=debian\nVERSION_ID=\n", "debian", "debian", ""),
        (FEDORA, "", "fedora", "41"),
        (RHEL_LIKE, "", "rocky", "9.4"),
        ("ID=debianish\n", "", "debianish", ""),
        ("", "", "unknown", ""),
    ],
)
def test_release(text: str, platform: str, name: str, version: str) -> None:
    assert linux.release(text) == {"platform": platform, "name": name, "version": version}


POLICY = """nut-client:
  Installed: (none)
  Candidate: 2.8.0-7
  Version table:
     2.8.0-7 500
"""
ROW = {"package": "nut-client", "server_package": "nut-server", "rivals": {"apcupsd": "apcupsd.service"}}
NO_CANDIDATE = "nut-client:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n"


# what dpkg-query and apt-cache print, the release; whether installed, version, whether a server, whether offered
PACKAGES: list[tuple[str, str, tuple[str, str], tuple[bool, str, bool, bool]]] = [
    ("nut-client installed 2.8.0-7\n", POLICY, ("debian", "12"), (True, "2.8.0-7", False, False)),
    (
        "nut-client installed 2.8.4+really-2\nnut-server installed 2.8.4+really-2\n",
        POLICY,
        ("debian", "14"),
        (True, "2.8.4+really-2", True, False),
    ),
    ("nut-client not-installed \n", POLICY, ("debian", "12"), (False, "2.8.0-7", False, True)),
    ("nut-client config-files 2.7.4-13\n", POLICY, ("debian", "12"), (False, "2.8.0-7", False, True)),
    ("nut-client half-configured 2.8.0-7\n", POLICY, ("debian", "12"), (False, "2.8.0-7", False, True)),
    (
        "nut-client installed 2.8.0-7\nnut-server config-files 2.8.0-7\n",
        "",
        ("debian", "12"),
        (True, "2.8.0-7", False, False),
    ),
    ("", POLICY, ("debian", "11"), (False, "2.8.0-7", False, True)),
    ("", NO_CANDIDATE, ("debian", "11"), (False, "2.7.4", False, False)),
    ("", "", ("debian", "13"), (False, "2.8.1", False, False)),
    ("", "", ("debian", "forky"), (False, "2.8.5", False, False)),
    ("", "", ("ubuntu", "24.04"), (False, "2.8.1", False, False)),
    ("", "", ("raspbian", "12"), (False, "2.8.0", False, False)),
    ("", "", ("unknown", ""), (False, "2.8.0", False, False)),
]


def packages(listed: str, policy: str = "", os: tuple[str, str] = ("debian", "12")) -> dict[str, Any]:
    """Return what is seen where dpkg-query and apt-cache print this."""

    def run(argv: Sequence[str]) -> tuple[int, str]:
        printed = {"dpkg-query": listed, "apt-cache": policy}[argv[0]]
        return (0 if printed else 1), printed

    return linux.debian_packages(run, ROW, dict(zip(("name", "version"), os)))


@pytest.mark.parametrize(("listed", "policy", "os", "expected"), PACKAGES)
def test_debian_packages(listed: str, policy: str, os: tuple[str, str], expected: tuple[bool, str, bool, bool]) -> None:
    seen = packages(listed, policy, os)
    assert seen == {**dict(zip(("installed", "version", "server", "candidate"), expected)), "rivals": []}


@pytest.mark.parametrize(
    ("listed", "rivals"),
    [
        ("apcupsd installed 3.14.14-5\n", ["apcupsd"]),
        ("apcupsd config-files 3.14.14-5\nnut-client installed 2.8.0-7\n", []),
        ("apcupsd not-installed \n", []),
    ],
)
def test_a_rival_is_one_that_is_installed(listed: str, rivals: list[str]) -> None:
    assert packages(listed)["rivals"] == rivals


def test_an_installed_package_needs_one_command() -> None:
    asked: list[list[str]] = []

    def run(argv: Sequence[str]) -> tuple[int, str]:
        asked.append(list(argv))
        return 0, "nut-client installed 2.8.0-7\n"

    linux.debian_packages(run, ROW, {"name": "debian", "version": "12"})
    assert [argv[0] for argv in asked] == ["dpkg-query"]
    assert asked[0][-3:] == ["nut-client", "nut-server", "apcupsd"]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("MODE=netclient\n", "netclient"),
        ("MODE=netclient", "netclient"),
        ('MODE="netserver"\n', "netserver"),
        ("MODE='standalone'\n", "standalone"),
        ("  MODE=none # not yet\n", "none"),
        ("\tMODE=NetServer\n", "netserver"),
        ("MODE=netserver\r\n", "netserver"),
        ("# MODE=netserver\nMODE=none\n", "none"),
        ("MODE=none\nMODE=netclient\n", "netclient"),
        ("MODE=none\n#MODE=netclient\n", "none"),
        ("MODE = netserver\n", None),
        ("MODE= netserver\n", None),
        ("UPSD_MODE=netserver\n", None),
        ("MODE=\n", None),
        ("# nothing\n", None),
        ("", None),
    ],
)
def test_nut_mode(text: str, mode: str | None) -> None:
    assert posix.nut_mode(text) == mode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MODE=netclient\n", {}),
        ("MODE=netclient\nUPSMON_OPTIONS=-D\n", {"UPSMON_OPTIONS": "-D"}),
        ('UPSMON_OPTIONS="-D -P 3" # why\n', {"UPSMON_OPTIONS": "-D -P 3"}),
        ("  export NUT_CONFPATH='/srv/nut'\n", {"NUT_CONFPATH": "/srv/nut"}),
        ('UPSD_OPTIONS=\nUPSLOG_ARGS=""\n#POWEROFF_WAIT=15m\n', {}),
        ("UPSD_OPTIONS=1\nUPSD_OPTIONS=2\nNUT_B=1\nNUT_B=\nAPI_TOKEN=s3cret\n", {"UPSD_OPTIONS": "2", "API_TOKEN": ""}),
        ("POWEROFF_QUIET=true; MODE=none\n", {"POWEROFF_QUIET": "true"}),
        ("NAME = value\nsome words\n", {}),
        ("", {}),
    ],
)
def test_what_nut_conf_sets_beside_the_mode(text: str, expected: dict[str, str]) -> None:
    assert posix.assignments(text) == expected


UPSD = "nut-server.service"
IDLE = {UPSD: {"active": False, "main_pid": 0, "masked": False}}
ACTIVE = {UPSD: {"active": True, "main_pid": 7, "masked": False}}
STARTING = {UPSD: {"active": False, "main_pid": 7, "masked": False}}


@pytest.mark.parametrize(
    ("mode", "states", "ups_conf", "upsds", "codes"),
    [
        (None, {}, "", [], []),
        ("netclient", IDLE, "", [], []),  # what `apt install nut` leaves
        ("none", IDLE, "# [own]\nmaxretry = 3\n", [], []),
        ("netclient", {**IDLE, "nut-driver.target": {"active": True, "main_pid": 0}}, "", [], []),
        ("netclient", STARTING, "", [7], []),  # only to find that it has nothing to do
        ("netclient", STARTING, "", [8], ["upsd_runs"]),
        ("netserver", {}, "", [], ["mode"]),
        ("standalone", IDLE, "", [], ["mode"]),
        ("netclient", ACTIVE, "", [7], ["unit_active", "upsd_runs"]),
        ("netclient", IDLE, "maxretry = 3\n  [own] # mine\n", [], ["ups_conf"]),
        (None, {}, "", [4], ["upsd_runs"]),  # built from source
    ],
)
def test_what_says_that_a_host_serves_upses(
    mode: str | None, states: dict[str, dict[str, Any]], ups_conf: str, upsds: list[int], codes: list[str]
) -> None:
    assert linux.serves(mode, states, [UPSD], ups_conf, upsds) == codes


def test_file_state(tmp_path: Path) -> None:
    path = tmp_path / "upsmon.conf"
    path.write_bytes(b"MONITOR ups@192.0.2.10 1 monuser secret secondary\n")
    path.chmod(0o640)
    os.utime(path, (1_800_000_000, 1_800_000_000))
    state = posix.file_state(str(path), "key")
    assert {key: state[key] for key in ("exists", "mode", "mtime")} == {
        "exists": True,
        "mode": "0640",
        "mtime": 1_800_000_000.0,
    }
    assert (state["owner"], state["group"]) == (path.owner(), path.group())
    assert set(state) == {"exists", "checksum", "mode", "owner", "group", "mtime"}, "nothing of the content"


def test_the_checksum_of_a_file_is_keyed(tmp_path: Path) -> None:
    """The same content is told by the same key alone, and not by anybody who only has a guess at the content."""
    path, same, other = (tmp_path / name for name in ("a", "b", "c"))
    path.write_bytes(b"secret")
    same.write_bytes(b"secret")
    other.write_bytes(b"secret2")
    checksum = posix.file_state(str(path), "key")["checksum"]
    assert checksum == posix.file_state(str(same), "key")["checksum"]
    assert checksum != posix.file_state(str(other), "key")["checksum"]
    assert checksum != posix.file_state(str(path), "another key")["checksum"]
    assert checksum != hashlib.sha256(b"secret").hexdigest()


@pytest.mark.parametrize(
    ("name", "peculiar"), [("missing", {}), ("missing/upsmon.conf", {}), (".", {"not_a_file": True})]
)
def test_what_is_no_file_does_not_exist(tmp_path: Path, name: str, peculiar: dict[str, bool]) -> None:
    assert posix.file_state(str(tmp_path / name), "key") == {"exists": False, **peculiar}
    assert posix.read_text(str(tmp_path / name)) == ""


@pytest.mark.parametrize(
    ("text", "expected"), [('{"pid": 812}', {"pid": 812}), ("[1]", [1]), ("", None), ("{", None), ("\x00", None)]
)
def test_a_note_that_is_no_json_is_none(tmp_path: Path, text: str, expected: Any) -> None:
    path = tmp_path / "login.json"
    path.write_text(text)
    assert posix.read_json(str(path)) == expected
    assert posix.read_json(str(tmp_path / "missing")) is None


def test_a_text_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "nut.conf"
    path.write_bytes(b"# caf\xe9\nMODE=none\n")
    assert posix.nut_mode(posix.read_text(str(path))) == "none"


# `systemctl show --property=Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload nut-monitor.service nut.target ...`
SHOWN = """Id=nut-monitor.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no
MainPID=812

Id=nut.target
LoadState=loaded
ActiveState=inactive
UnitFileState=disabled
NeedDaemonReload=yes

Id=nut-driver.target
LoadState=not-found
ActiveState=inactive
UnitFileState=
NeedDaemonReload=no

Id=nut-server.service
LoadState=masked
ActiveState=inactive
UnitFileState=masked
NeedDaemonReload=no

Id=nut-driver-enumerator.path
LoadState=loaded
ActiveState=failed
UnitFileState=static
NeedDaemonReload=no
MainPID=
"""


def test_systemd_units() -> None:
    asked: list[str] = []

    def run(argv: Sequence[str]) -> tuple[int, str]:
        asked.extend(argv)
        return 0, SHOWN

    names = ["nut-monitor.service", "nut.target", "nut-driver.target", "nut-server.service"]
    shown = linux.show_units(run, names)
    off = {"enabled": False, "active": False, "masked": False, "need_daemon_reload": False, "main_pid": 0}
    assert linux.unit_states(shown, names) == {
        "nut-monitor.service": {**off, "enabled": True, "active": True, "main_pid": 812},
        "nut.target": {**off, "need_daemon_reload": True},
        "nut-server.service": {**off, "masked": True},
    }
    assert asked[:2] == ["systemctl", "show"]
    assert asked[-4:] == names


UNIT, GUARD = "nut-monitor.service", "nut-monitor-guard.service"


@pytest.mark.parametrize(
    ("unit", "guard", "held"),
    [
        ("inactive", "active", UNIT),
        ("inactive", "activating", UNIT),  # again, after it failed
        ("activating", "active", UNIT),  # it asks whether it may start
        ("active", "active", ""),  # the guard has just started it
        ("inactive", "inactive", ""),
        ("inactive", "deactivating", ""),
        ("inactive", "failed", ""),
        ("inactive", None, ""),
        ("failed", "inactive", ""),
    ],
)
def test_what_the_boot_guard_holds_back(unit: str, guard: str | None, held: str) -> None:
    shown = {UNIT: {"ActiveState": unit}, **({GUARD: {"ActiveState": guard}} if guard else {})}
    assert linux.held(shown, UNIT, [GUARD]) == held
    assert linux.held(shown, UNIT, []) == ""


def test_a_property_of_several_lines_is_kept_whole() -> None:
    shown = linux.show_units(lambda argv: (0, "Id=a.service\nExecStart=one\nExecStart=two=2\n"), ["a.service"])
    assert shown["a.service"]["ExecStart"] == "one\ntwo=2"


def test_without_systemd_there_are_no_units() -> None:
    shown = linux.show_units(lambda argv: (127, ""), ["nut-monitor.service"])
    assert shown == {}
    assert linux.unit_states(shown, ["nut-monitor.service"]) == {}


HERE = "pid:[4026531836]"
ROOT, NUT, WEB = 0, 112, 33


class FakeProc:
    """A /proc of files and links."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder)
        self._folder = folder
        self._tables: dict[str, list[str]] = {"tcp": [], "tcp6": []}
        (folder / "self" / "ns").mkdir(parents=True)
        (folder / "self" / "ns" / "pid").symlink_to(HERE)
        (folder / "self" / "net").mkdir()
        self._write()

    def process(
        self,
        pid: int,
        comm: str = "upsmon",
        *,
        age: float = 60,
        namespace: str | None = HERE,
        uid: int = ROOT,
        inodes: Sequence[int] | None = (),
    ) -> None:
        """Add a process; without *namespace* or *inodes* it may not be looked into."""
        folder = self._folder / str(pid)
        folder.mkdir()
        ticks = int((time.clock_gettime(time.CLOCK_BOOTTIME) - age) * os.sysconf("SC_CLK_TCK"))
        (folder / "comm").write_text(f"{comm}\n")
        (folder / "stat").write_text(f"{pid} ({comm}) S 1 {' '.join(['0'] * 17)} {ticks} 1 2 3\n")
        (folder / "status").write_text(f"Name:\t{comm}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t0\t0\t0\t0\n")
        if namespace:
            (folder / "ns").mkdir()
            (folder / "ns" / "pid").symlink_to(namespace)
        if inodes is not None:
            (folder / "fd").mkdir()
            (folder / "fd" / "0").symlink_to("/dev/null")
            for number, inode in enumerate(inodes, 3):
                (folder / "fd" / str(number)).symlink_to(f"socket:[{inode}]")

    def connection(self, table: str, local: str, remote: str, inode: int, uid: int = ROOT, state: str = "01") -> None:
        """Add a line to net/tcp or net/tcp6, addresses as :func:`kernel` writes them."""
        self._tables[table].append(
            f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid} 0 {inode} 1"
        )
        self._write()

    def _write(self) -> None:
        for name, lines in self._tables.items():
            (self._folder / "self" / "net" / name).write_text("\n".join(["  sl  local_address ...", *lines, ""]))


def kernel(address: bytes, port: int) -> str:
    """Return address and port as the kernel prints them: 32-bit words in the machine's byte order."""
    words = [address[at : at + 4] for at in range(0, len(address), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{port:04X}"


ME_4, NAS_4 = bytes([192, 0, 2, 21]), bytes([192, 0, 2, 10])
ME_6, NAS_6 = (bytes.fromhex("20010db8") + bytes(11) + bytes([last]) for last in (0x21, 0x10))
MAPPED = bytes(10) + b"\xff\xff"


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    """Return a /proc without processes and connections."""
    return FakeProc(tmp_path)


def test_upsmon_processes_are_found_with_their_start(proc: FakeProc) -> None:
    proc.process(812, age=60)
    proc.process(813, age=59, uid=NUT)
    proc.process(900, comm="upsd")
    found = linux.upsmon_processes(proc.path)
    assert found == {
        812: pytest.approx(time.time() - 60, abs=1),
        813: pytest.approx(time.time() - 59, abs=1),
    }


def test_upsmon_of_a_container_is_not_the_hosts(proc: FakeProc) -> None:
    """One that may not be looked into counts: that is a user's of this system, where root lacks CAP_SYS_PTRACE."""
    proc.process(812, namespace="pid:[4026532999]")
    proc.process(813, namespace=None)
    assert list(linux.upsmon_processes(proc.path)) == [813]


def test_a_process_that_is_gone_is_left_out(proc: FakeProc) -> None:
    proc.process(812)
    (Path(proc.path) / "812" / "stat").unlink()
    assert linux.upsmon_processes(proc.path) == {}


def test_a_name_with_spaces_and_parentheses_does_not_shift_the_start(proc: FakeProc) -> None:
    proc.process(812, age=60)
    stat = Path(proc.path) / "812" / "stat"
    stat.write_text(stat.read_text().replace("(upsmon)", "(up) s (mon)"))
    assert linux.upsmon_processes(proc.path) == {812: pytest.approx(time.time() - 60, abs=1)}


@pytest.mark.parametrize(
    ("table", "local", "remote", "expected"),
    [
        ("tcp", ME_4, NAS_4, ("192.0.2.21", "192.0.2.10")),
        ("tcp6", ME_6, NAS_6, ("2001:db8::21", "2001:db8::10")),
        ("tcp6", MAPPED + ME_4, MAPPED + NAS_4, ("192.0.2.21", "192.0.2.10")),
    ],
)
def test_sockets_of_each_family(
    proc: FakeProc, table: str, local: bytes, remote: bytes, expected: tuple[str, str]
) -> None:
    proc.process(812, inodes=[5001])
    proc.connection(table, kernel(local, 40000), kernel(remote, 3493), 5001)
    assert linux.sockets([812], proc.path) == [Socket(expected[0], 40000, expected[1], 3493, True)]


def test_sockets_of_others_are_told_apart(proc: FakeProc) -> None:
    proc.process(812, inodes=[5001])
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001)
    proc.connection("tcp", kernel(ME_4, 40001), kernel(NAS_4, 3493), 5002)
    proc.connection("tcp", kernel(ME_4, 40002), kernel(NAS_4, 22), 5003, uid=WEB)
    assert [(one.port, one.upsmon) for one in linux.sockets([812], proc.path) or ()] == [
        (3493, True),
        (3493, False),
        (22, False),
    ]


def test_a_child_whose_files_may_not_be_seen_is_known_by_its_user(proc: FakeProc) -> None:
    proc.process(812)
    proc.process(813, uid=NUT, inodes=None)
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001, uid=NUT)
    proc.connection("tcp", kernel(ME_4, 40001), kernel(NAS_4, 3493), 5002, uid=ROOT)
    assert [one.upsmon for one in linux.sockets([812, 813], proc.path) or ()] == [True, False]


# the users of upsmon's processes whose files may not be seen, the user of a connection that none of the others holds,
# whether it is upsmon's
HIDDEN: list[tuple[list[int], int, bool | None]] = [
    ([NUT], NUT, True),
    ([NUT], ROOT, False),
    ([ROOT], ROOT, None),
    ([ROOT, NUT], ROOT, None),
    ([ROOT, NUT], NUT, True),
    ([ROOT], WEB, None),
]


@pytest.mark.parametrize("what", ["folder", "links"])
@pytest.mark.parametrize(("users", "user", "upsmon"), HIDDEN)
def test_a_process_whose_files_may_not_be_seen(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch, what: str, users: list[int], user: int, upsmon: bool | None
) -> None:
    """A root without CAP_SYS_PTRACE may list the folder of open files, and not read its links."""
    for pid, uid in enumerate(users, 812):
        proc.process(pid, uid=uid, inodes=None if what == "folder" else [5001])
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001, uid=user)

    def refuse(path: str) -> str:
        raise PermissionError(path)

    monkeypatch.setattr(os, "readlink", refuse)
    assert [one.upsmon for one in linux.sockets(range(812, 812 + len(users)), proc.path) or ()] == [upsmon]


def test_what_the_processes_are_seen_to_hold_is_upsmons_and_nothing_else(proc: FakeProc) -> None:
    """Another program of the user that upsmon runs as is not upsmon."""
    proc.process(812, uid=NUT, inodes=[5001])
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001, uid=NUT)
    proc.connection("tcp", kernel(ME_4, 40001), kernel(NAS_4, 3493), 5002, uid=NUT)
    assert [one.upsmon for one in linux.sockets([812], proc.path) or ()] == [True, False]


@pytest.mark.parametrize("hidden", [["tcp"], ["tcp6"], ["tcp", "tcp6"]])
def test_tables_that_are_hidden_are_not_empty(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch, hidden: list[str]
) -> None:
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001)
    unread = [f"{proc.path}/self/net/{name}" for name in hidden]
    monkeypatch.setattr(linux, "read_text", lambda path: "" if path in unread else posix.read_text(path))
    assert linux.sockets([812], proc.path) is None


def test_without_proc_nothing_is_told(tmp_path: Path) -> None:
    assert linux.sockets([812], str(tmp_path)) is None


def test_no_connection_is_an_answer(proc: FakeProc) -> None:
    proc.process(812)
    assert linux.sockets([812], proc.path) == []


@pytest.mark.parametrize("state", ["02", "06", "08", "0A"])
def test_only_established_connections_count(proc: FakeProc, state: str) -> None:
    proc.process(812, inodes=[5001])
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001, state=state)
    assert linux.sockets([812], proc.path) == []


def test_a_kernel_without_ipv6_has_no_such_table(proc: FakeProc) -> None:
    proc.connection("tcp", kernel(ME_4, 40000), kernel(NAS_4, 3493), 5001)
    (Path(proc.path) / "self" / "net" / "tcp6").unlink()
    assert linux.sockets([], proc.path) == [Socket("192.0.2.21", 40000, "192.0.2.10", 3493, False)]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "upsmon.conf"
    os.mkfifo(path)
    assert posix.read_text(str(path)) == ""
    assert posix.file_state(str(path), "key") == {"exists": False, "not_a_file": True}


# a line of the kernel's if_inet6, as Linux 6.18 printed it; whether that address is temporary
IF_INET6: list[tuple[str, bool]] = [
    ("20010db800000000d4a40fbf415b7974 03 40 00 41       v0", True),  # tentative
    ("20010db800000000d4a40fbf415b7974 03 40 00 01       v0", True),
    ("20010db800000000d4a40fbf415b7974 03 40 00 21       v0", True),  # deprecated
    ("fd000000000000000000000000000021 03 40 00 01       v0", True),
    ("20010db8000000000000000000000021 03 40 00 00       v0", False),  # mngtmpaddr, of which the other is made
    ("20010db8000000000000000000000021 03 40 00 80       v0", False),
    ("20010db8000000000000000000000021 03 40 00 20       v0", False),
    ("fe80000000000000e8d680fffe2e3cb5 03 40 20 80       v0", False),
    ("00000000000000000000000000000001 01 80 10 80       lo", False),
]


@pytest.mark.parametrize(("line", "temporary"), IF_INET6)
def test_temporary_addresses(tmp_path: Path, line: str, temporary: bool) -> None:
    table = tmp_path / "self" / "net" / "if_inet6"
    table.parent.mkdir(parents=True)
    table.write_text(f"00000000000000000000000000000001 01 80 10 80       lo\n{line}\n")
    address = str(ipaddress.ip_address(bytes.fromhex(line.split()[0])))
    assert linux.temporary_addresses(str(tmp_path)) == ([address] if temporary else [])


def test_a_kernel_without_ipv6_has_no_temporary_addresses(tmp_path: Path) -> None:
    assert linux.temporary_addresses(str(tmp_path)) == []
