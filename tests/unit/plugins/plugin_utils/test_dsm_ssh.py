# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permitted list by SSH: what the scripts print means, and the scripts themselves, run by real shells.

DSM's programs are doubles here, and its files stand below a temporary folder. So this shows what the scripts do with
programs that behave as the doubles do; that DSM's do is seen, reported or inferred (docs/dsm.md).
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterator

import pytest
from ansible_collections.upsfleet.synology.plugins.action import dsm_ups_ssh
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.record import wish
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _dsm_ssh, _dsm_ssh_write
from ansible_collections.upsfleet.synology.plugins.plugin_utils._dsm_ssh import NasState, UnexpectedNas

MARK = "@@upsfleet@@"
ONE, TWO, SIX = "192.0.2.21", "192.0.2.22", "2001:db8::6"
DENY = "upsd: ALL EXCEPT 127.0.0.1"
STATE = NasState(7, True, "usb", "OL", (ONE,), ())
RECORD = '{"192.0.2.21": {"web1": "2026-11-27"}}'


def addresses(count: int) -> list[str]:
    """Return that many addresses."""
    return [f"192.0.2.{number}" for number in range(1, count + 1)]


# --- what the read script prints ---

PRINTED = {
    "begin": "yes",
    "user": "0",
    "major": "7",
    "tools": "yes",
    "settings": "/usr/syno/etc/ups/synoups.conf",
    "ups_enabled": "yes",
    "ups_mode": "usb",
    "ups_acl": f"{ONE}|",
    "status": "OL",
    "end": "yes",
}


def printed(*more: str, **changes: str | None) -> str:
    """Return what the read script prints, with *changes* (None: the line is not there) and *more* lines."""
    lines = [f"{MARK}{key}={value}" for key, value in {**PRINTED, **changes}.items() if value is not None]
    return "\n".join([*lines[:-1], *(f"{MARK}{line}" for line in more), *lines[-1:]]) + "\n"


# the output, what differs from STATE
PARSED: list[tuple[str, dict[str, Any]]] = [
    (printed(), {}),
    (
        printed(f"hosts_deny={DENY} {ONE}", major="6", settings="/etc/synoinfo.conf"),
        {"major": 6, "hosts_deny": (f"{DENY} {ONE}",)},
    ),
    (printed("hosts_deny=upsd: ALL", f"hosts_deny={DENY}"), {"hosts_deny": ("upsd: ALL", DENY)}),
    # a tty
    (printed(f"hosts_deny={DENY}").replace("\n", "\r\n"), {"hosts_deny": (DENY,)}),
    (printed(f"hosts_deny={DENY}").replace("\n", "\r\r\n"), {"hosts_deny": (DENY,)}),
    ("sudo: unable to resolve host nas\r\n" + printed() + "Connection to 192.0.2.10 closed.\r\n", {}),
    ("Password: " + printed().replace("\n", "\nCould not chdir to home directory\n"), {}),
    # the list
    (printed(ups_acl=""), {"permitted": ()}),
    (printed(ups_acl=None), {"permitted": ()}),
    (printed(ups_acl="|"), {"permitted": ()}),
    (printed(ups_acl=ONE), {}),
    (printed(ups_acl=f"|{ONE}||{TWO}||"), {"permitted": (ONE, TWO)}),
    (printed(ups_acl=f"{TWO}|{ONE}|{SIX}|nas2.example|"), {"permitted": (TWO, ONE, SIX, "nas2.example")}),
    (printed(ups_acl="|".join(addresses(30))), {"permitted": tuple(addresses(30))}),
    # other settings
    (printed(ups_enabled="no"), {"enabled": False}),
    (printed(ups_enabled=""), {"enabled": False}),
    (printed(ups_enabled="YES"), {"enabled": False}),  # upsd wants exactly yes (executed on DSM 6.2.3's upsd)
    (printed(ups_mode="snmp"), {"mode": "snmp"}),
    (printed(ups_mode="SNMP"), {"mode": "snmp"}),
    (printed(ups_mode=""), {"mode": ""}),
    (printed(status=""), {"status": ""}),
    (printed(status="FSD OB DISCHRG"), {"status": "FSD OB DISCHRG"}),
    (printed("charge=97", status="OB"), {"status": "OB", "charge": "97"}),
    (printed("charge=", status="OB"), {"status": "OB", "charge": ""}),
    # what a value says does not become another value
    (printed(ups_acl=f"{ONE}|{MARK}status=OB|"), {"permitted": (ONE, f"{MARK}status=OB")}),
    (printed("status=OB", "ups_acl=", "user=1000", "major=8"), {}),
    (printed(ups_acl="$(reboot)|a=b|{x}|%s|'"), {"permitted": ("$(reboot)", "a=b", "{x}", "%s", "'")}),
]


@pytest.mark.parametrize(("output", "differs"), PARSED)
def test_parse(output: str, differs: dict[str, Any]) -> None:
    assert _dsm_ssh.parse(output)._replace(acl="") == STATE._replace(**differs)


NO_SCRIPT = "The NAS did not run the script that looks at its settings: is it a Synology, and may this user use sudo?"
NO_ROOT = (
    "Reading the UPS settings of the NAS needs root: set ansible_become: true and the user's ansible_become_password."
)
NO_DSM = "This is DSM {}, and known are DSM 6 and 7: use dsm_ups_server_method: api."
NO_FILE = "The NAS lacks synogetkeyvalue or its UPS settings file: use dsm_ups_server_method: api."

REFUSED: list[tuple[str, str]] = [
    ("", NO_SCRIPT),
    ("admin is not in the sudoers file.  This incident will be reported.\r\n", NO_SCRIPT),
    ("sh: syntax error: say() { printf '@@upsfleet@@%s=%s\\n' ; }\n", NO_SCRIPT),
    (printed(end=None), NO_SCRIPT),
    (printed(begin=None), NO_SCRIPT),
    (printed()[:-8], NO_SCRIPT),  # the connection was cut
    (printed(user="1026"), NO_ROOT),
    (printed(user=""), NO_ROOT),
    (printed(user=None), NO_ROOT),
    (printed(major="5"), NO_DSM.format("5")),
    (printed(major="8"), NO_DSM.format("8")),
    (printed(major="67"), NO_DSM.format("67")),
    (printed(major="seven"), NO_DSM.format("seven")),
    (printed(major=""), NO_DSM.format("(unknown)")),
    (printed(major=None), NO_DSM.format("(unknown)")),
    (printed(tools=None), NO_FILE),
    (printed(settings=None), NO_FILE),
    # the first thing that is wrong is said, and it is the one to put right first
    (printed(user="1026", major="8", tools=None), NO_ROOT),
]


@pytest.mark.parametrize(("output", "message"), REFUSED)
def test_what_is_not_as_known_is_refused(output: str, message: str) -> None:
    with pytest.raises(UnexpectedNas, match=f"^{re.escape(message)}$"):
        _dsm_ssh.parse(output)


# --- the list and the second lock ---


@pytest.mark.parametrize(
    ("permitted", "line"),
    [
        ([], DENY),
        ([ONE], f"{DENY} {ONE}"),
        ([TWO, ONE], f"{DENY} {TWO} {ONE}"),
        ([ONE, SIX], f"{DENY} {ONE} [{SIX}]"),
        (["::ffff:192.0.2.1", "nas2.example"], f"{DENY} [::ffff:192.0.2.1] nas2.example"),
    ],
)
def test_hosts_deny_line(permitted: list[str], line: str) -> None:
    assert _dsm_ssh.hosts_deny_line(permitted) == line


@pytest.mark.parametrize(
    ("state", "permitted", "same"),
    [
        (STATE, [ONE], True),
        (STATE, [TWO], False),
        (STATE, [ONE, TWO], False),
        (STATE, [], False),
        (STATE._replace(permitted=()), [], True),
        (STATE._replace(permitted=(ONE, TWO)), [TWO, ONE], False),
        # DSM 7 has no second lock that is known, so what stands there is nothing to this
        (STATE._replace(hosts_deny=("upsd: ALL",)), [ONE], True),
        # DSM 6 has one
        (STATE._replace(major=6), [ONE], False),
        (STATE._replace(major=6, hosts_deny=(f"{DENY} {ONE}",)), [ONE], True),
        (STATE._replace(major=6, hosts_deny=(f"{DENY} {ONE}",)), [ONE, TWO], False),
        (STATE._replace(major=6, hosts_deny=(f"{DENY} {TWO}",)), [ONE], False),
        (STATE._replace(major=6, hosts_deny=("upsd: ALL", f"{DENY} {ONE}")), [ONE], False),
        (STATE._replace(major=6, permitted=(), hosts_deny=(DENY,)), [], True),
    ],
)
def test_in_step(state: NasState, permitted: list[str], same: bool) -> None:
    assert _dsm_ssh.in_step(state, permitted) is same


@pytest.mark.parametrize("found", [(), (DENY,), ("upsd: ALL", f"{DENY} {TWO}")])
def test_lock_lines(found: tuple[str, ...]) -> None:
    """DSM 6 has one line for the list; elsewhere what stands there stays."""
    state = STATE._replace(hosts_deny=found)
    assert _dsm_ssh.lock_lines(state, [ONE]) == list(found)
    assert _dsm_ssh.lock_lines(state._replace(major=6), [ONE]) == [f"{DENY} {ONE}"]


DIALOG = (
    "6 addresses are permitted, and DSM's dialog holds 5: whoever saves it drops the others. Run this again after that."
)
BY_HAND = (
    "192.0.2.6 is missing and the list holds exactly 5: if it was permitted before, the dialog in DSM was saved by "
    "hand."
)


@pytest.mark.parametrize(
    ("present", "permitted", "notes"),
    [
        ([], [], []),
        ([], addresses(5), []),
        (addresses(6), addresses(5), []),
        (addresses(6), addresses(6), [DIALOG]),
        (addresses(4), addresses(6), [DIALOG]),
        ([], addresses(6), [DIALOG]),
        (addresses(5), addresses(6), [DIALOG, BY_HAND]),
    ],
)
def test_warnings(present: list[str], permitted: list[str], notes: list[str]) -> None:
    assert _dsm_ssh.warnings(STATE._replace(permitted=tuple(present)), permitted) == notes


@pytest.mark.parametrize(
    ("state", "permitted"),
    [
        (STATE, []),
        (STATE, addresses(30)),
        (STATE._replace(mode="snmp"), [ONE]),
        (STATE._replace(major=6), [ONE]),
        (STATE._replace(status="OL CHRG"), [ONE]),
        (STATE._replace(status="OL RB"), [ONE]),
        (STATE._replace(status=""), [ONE]),
    ],
)
def test_safe(state: NasState, permitted: list[str]) -> None:
    _dsm_ssh.refuse_unsafe(state, permitted, False, ["OL", ""])


def test_nobody_is_permitted_and_nobody_is_dropped() -> None:
    _dsm_ssh.refuse_unsafe(STATE._replace(permitted=()), [], True, [])


@pytest.mark.parametrize(
    ("state", "permitted", "begins"),
    [
        (
            STATE,
            addresses(31),
            "31 addresses are to be permitted, and the NAS's upsd takes 30. Let one permitted",
        ),
        (STATE._replace(enabled=False), [ONE], "UPS support is off on the NAS, and by SSH only the permitted list is"),
        (STATE._replace(enabled=False, mode=""), [ONE], "UPS support is off on the NAS"),
        (
            STATE._replace(mode="slave"),
            [ONE],
            "The NAS does not serve a UPS of its own (ups_mode is slave): permit",
        ),
        (STATE._replace(mode=""), [ONE], "The NAS does not serve a UPS of its own (ups_mode is empty): permit"),
        (STATE._replace(status="OB DISCHRG"), [ONE], "The UPS says OB DISCHRG: it is not on mains power."),
        (STATE._replace(status="FSD OL"), [ONE], "The UPS says FSD OL: a forced shutdown is ordered."),
        (STATE._replace(status="OL CAL"), [ONE], "The UPS says OL CAL: it tests its battery"),
        (STATE._replace(status="WAIT"), [ONE], "The UPS says WAIT: its driver is just starting."),
    ],
)
def test_unsafe(state: NasState, permitted: list[str], begins: str) -> None:
    with pytest.raises(UnexpectedNas, match=f"^{re.escape(begins)}.*Nothing was changed") as refusal:
        _dsm_ssh.refuse_unsafe(state, permitted, False, [])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("read", ["OL", ""])
def test_what_a_client_has_read_counts_as_well(read: str) -> None:
    with pytest.raises(UnexpectedNas, match=r"^The UPS says OL CAL: .*Nothing was changed\.$"):
        _dsm_ssh.refuse_unsafe(STATE._replace(status=read), [ONE, TWO], False, ["OL", "OL CAL"])


def test_an_exact_list_of_nobody_is_refused() -> None:
    with pytest.raises(UnexpectedNas, match=rf"would shut out everybody .{re.escape(ONE)}.*Nothing was changed\.$"):
        _dsm_ssh.refuse_unsafe(STATE, [], True, [])


@pytest.mark.parametrize(
    ("output", "written", "put_back"),
    [
        ("", False, False),
        (f"{MARK}done=yes\r\n", True, False),
        (f"sudo: noise\n{MARK}done=yes\n", True, False),
        (f"{MARK}undone=yes\n", False, True),
        (f"{MARK}undone=no\n", False, False),
        (f"printf '{MARK}%s=%s'; say done yes; say undone yes", False, False),
    ],
)
def test_what_the_write_script_says(output: str, written: bool, put_back: bool) -> None:
    assert (_dsm_ssh_write.written(output), _dsm_ssh_write.put_back(output)) == (written, put_back)


# --- the scripts ---

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    "a b",
    "*",
    "{0}",
    "%s",
    r"\n\\",
    "&",
    "~",
    "-n",
    "#",
]


@pytest.mark.parametrize("major", [6, 7])
def test_an_entry_that_somebody_put_there_is_one_word_to_the_shell(major: int) -> None:
    """What this collection permits is an address; what it keeps may be anything."""
    state = STATE._replace(major=major)
    script = _dsm_ssh_write.write_script(state, HOSTILE, "")
    settings = _dsm_ssh.GENERATIONS[major].settings
    assert f"\nsynosetkeyvalue {settings} ups_acl {shlex.quote('|'.join(HOSTILE) + '|')} || undo\n" in script
    assert (f" {shlex.quote(_dsm_ssh.hosts_deny_line(HOSTILE))}; }} > " in script) is (major == 6)


@pytest.mark.parametrize(
    ("major", "mode", "apply"),
    [
        (6, "usb", "upsd -c reload"),
        (6, "snmp", "upsd -c reload"),
        (7, "usb", "synosystemctl restart ups-usb"),
        (7, "snmp", "synosystemctl restart ups-net"),
    ],
)
def test_how_the_nas_takes_it(major: int, mode: str, apply: str) -> None:
    script = _dsm_ssh_write.write_script(STATE._replace(major=major, mode=mode), [ONE, TWO], "")
    assert f"\n{apply} >/dev/null 2>&1 || undo again\n" in script
    assert len(re.findall(r"upsd -c reload|synosystemctl restart \S+", script)) == script.count(apply) == 2


SCRIPTS = [
    _dsm_ssh.read_script(),
    _dsm_ssh_write.write_script(STATE._replace(major=6), [ONE, SIX, *HOSTILE], RECORD),
    _dsm_ssh_write.write_script(STATE, [ONE, SIX, *HOSTILE], RECORD),
]


@pytest.mark.parametrize("script", SCRIPTS, ids=["read", "write6", "write7"])
def test_shellcheck(script: str) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        # SC2016: entries that look like expansions are meant as they stand; SC2043: DSM 7 has one file to go through
        ["shellcheck", "--shell=dash", "--exclude=SC2016,SC2043", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


# Doubles of DSM's programs. Each call is noted in calls; a file of the program's name in fails makes it fail.
DOUBLES = {
    "id": 'cat "$ROOT/uid"',
    "upsc": """
        case "$*" in
            "ups@localhost ups.status") cat "$ROOT/status" ;;
            "ups@localhost battery.charge") cat "$ROOT/charge" ;;
            *) exit 1 ;;
        esac
    """,
    "synogetkeyvalue": 'sed -n "s/^$2=\\"\\(.*\\)\\"\\$/\\1/p" "$1"',
    "synosetkeyvalue": """
        echo "set" >> "$ROOT/calls"
        [ ! -e "$ROOT/fails/synosetkeyvalue" ] || { echo half >> "$1"; exit 1; }
        [ ! -e "$ROOT/hangs_up" ] || kill -HUP "$PPID"
        sed "/^$2=/d" "$1" > "$1.new"
        printf '%s="%s"\\n' "$2" "$3" >> "$1.new"
        mv "$1.new" "$1"
    """,
    "upsd": 'echo "upsd $*" >> "$ROOT/calls"; echo noise; [ ! -e "$ROOT/fails/upsd" ]',
    "synosystemctl": 'echo "synosystemctl $*" >> "$ROOT/calls"; echo noise >&2; [ ! -e "$ROOT/fails/synosystemctl" ]',
}
OTHER_KEYS = 'timezone="Amsterdam"\nups_enabled="yes"\nups_mode="usb"\n'
OTHER_LINES = "# by hand\nsshd: 198.51.100.7\nupsdx: ALL\nALL: 203.0.113.0/255.255.255.0\n"


class Nas:
    """A folder that looks like a NAS to the scripts, and the shell that runs them."""

    def __init__(self, root: Path, shell: list[str], path: str, major: int) -> None:
        self.root, self.major = root, major
        self._shell, self._path = shell, f"{root}/doubles:{path}"
        self.settings = self._file(_dsm_ssh.GENERATIONS[major].settings)
        self.hosts_deny = self._file("/etc/hosts.deny")
        self.settings.write_text(f'{OTHER_KEYS}ups_acl="{ONE}|"\n', encoding="utf-8")
        self.settings.chmod(0o644)
        self._file("/etc.defaults/VERSION").write_text(
            f'majorversion="{major}"\nminorversion="2"\nmajor="{major}"\n', encoding="utf-8"
        )
        for name, content in (("uid", "0\n"), ("status", "OL CHRG\n"), ("charge", "97\n"), ("calls", "")):
            (root / name).write_text(content, encoding="utf-8")
        (root / "fails").mkdir()
        (root / "doubles").mkdir()
        for name, body in DOUBLES.items():
            double = root / "doubles" / name
            double.write_text(f"#!/bin/sh\n# Test double of the {name} that DSM has.\n{body}\n", encoding="utf-8")
            double.chmod(0o755)
        if major == 6:
            self.deny(f"{OTHER_LINES}{DENY} {ONE}\n")

    def _file(self, path: str) -> Path:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def deny(self, text: str) -> None:
        """Write hosts.deny."""
        self.hosts_deny.write_text(text, encoding="utf-8")
        self.hosts_deny.chmod(0o644)

    def run(self, script: str) -> str:
        """Run a script in which DSM's files are those below the folder, and return all it prints, as a tty would."""
        script = re.sub(r"(?<![\w/])(/etc(?:\.defaults)?/|/usr/syno/etc/)", rf"{self.root}\1", script)
        done = subprocess.run(
            [*self._shell, "-c", script],
            env={"PATH": self._path, "ROOT": str(self.root)},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout.replace("\n", "\r\n")

    def look(self) -> NasState:
        """Run the read script and return what it found."""
        return _dsm_ssh.parse(self.run(_dsm_ssh.read_script()))

    def permit(self, permitted: list[str]) -> str:
        """Run the write script."""
        state = self.look()
        return self.run(_dsm_ssh_write.write_script(state, permitted, state.record))

    def fail(self, double: str) -> None:
        """Let a double fail from now on."""
        (self.root / "fails" / double).touch()

    def calls(self) -> list[str]:
        """Return what was asked of the doubles that change something."""
        return (self.root / "calls").read_text(encoding="utf-8").splitlines()

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Return what stands in the folders of settings, by name: content and mode."""
        folders = {self.settings.parent, self.hosts_deny.parent}
        return {
            file.name: (file.read_bytes(), file.stat().st_mode & 0o777)
            for folder in folders
            for file in folder.iterdir()
            if file.is_file()
        }


MakeNas = Callable[[int], Nas]
APPLY = {6: "upsd -c reload", 7: "synosystemctl restart ups-usb"}


@pytest.fixture(params=["sh", "busybox"])
def make_nas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeNas]:
    """Return a maker of NASes, for this system's sh with its tools and for BusyBox, whose ash and tools DSM has."""
    shell, path = ["/bin/sh"], "/usr/bin:/bin"
    if request.param == "busybox":
        busybox = shutil.which("busybox")
        if not busybox:
            pytest.skip("busybox is not installed: DSM's sh, an ash, is not shown")
        shell, path = [busybox, "sh"], str(tmp_path / "applets")
        Path(path).mkdir()
        for applet in ("cat", "chmod", "cp", "grep", "ln", "mv", "readlink", "rm", "sed", "sleep"):
            (tmp_path / "applets" / applet).symlink_to(busybox)
    yield lambda major: Nas(_folder(tmp_path / "nas"), shell, path, major)
    assert not list(tmp_path.rglob("pwned"))


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.fixture(params=[6, 7])
def nas(request: pytest.FixtureRequest, make_nas: MakeNas) -> Nas:
    """Return a NAS that permits one address, of each generation."""
    return make_nas(request.param)


def test_a_look(nas: Nas) -> None:
    before = nas.files()
    lock = (f"{DENY} {ONE}",) if nas.major == 6 else ()
    assert nas.look() == NasState(nas.major, True, "usb", "OL CHRG", (ONE,), lock, acl=f"{ONE}|")
    assert (nas.files(), nas.calls()) == (before, [])


def test_a_server_that_stays_silent_does_not_hold_the_look_up(nas: Nas) -> None:
    """A double of timeout stands for the five seconds; without one (with the applets here) upsc is asked as it is."""
    double = nas.root / "doubles" / "timeout"
    double.write_text('#!/bin/sh\necho "$*" > "$ROOT/limited"\nexit 124\n', encoding="utf-8")
    double.chmod(0o755)
    assert nas.look().status == ""
    assert (nas.root / "limited").read_text(encoding="utf-8") == "5 upsc ups@localhost ups.status\n"
    double.unlink()
    assert nas.look().status == "OL CHRG"


def test_every_line_about_upsd_is_seen(make_nas: MakeNas) -> None:
    nas = make_nas(6)
    nas.deny(f"upsd:ALL\nupsd : 192.0.2.9\nupsd\t: ALL\n{OTHER_LINES}")
    assert nas.look().hosts_deny == ("upsd:ALL", "upsd : 192.0.2.9", "upsd\t: ALL")


def test_a_look_at_a_nas_that_is_otherwise(nas: Nas) -> None:
    """Each is told before anything could be changed."""

    def refusal() -> str:
        with pytest.raises(UnexpectedNas) as caught:
            nas.look()
        return str(caught.value)

    before = nas.files()
    (nas.root / "doubles" / "synosetkeyvalue").rename(nas.root / "gone")
    assert refusal() == NO_FILE
    (nas.root / "gone").rename(nas.root / "doubles" / "synosetkeyvalue")
    nas.settings.rename(nas.root / "gone")
    assert refusal() == NO_FILE
    (nas.root / "gone").rename(nas.settings)
    version = nas.root / "etc.defaults" / "VERSION"
    version.write_text('majorversion="8"\n', encoding="utf-8")
    assert refusal() == NO_DSM.format("8")
    version.unlink()
    assert refusal() == NO_DSM.format("(unknown)")
    (nas.root / "uid").write_text("1026\n", encoding="utf-8")
    assert refusal() == NO_ROOT
    assert (nas.files(), nas.calls()) == (before, [])


def test_a_look_where_nothing_tells(nas: Nas) -> None:
    """A file without UPS settings, no upsd that answers, no hosts.deny."""
    nas.settings.write_text('timezone="Amsterdam"\n', encoding="utf-8")
    nas.hosts_deny.unlink(missing_ok=True)
    (nas.root / "status").unlink()
    assert nas.look() == NasState(nas.major, False, "", "", (), ())


def test_permitting(nas: Nas) -> None:
    """The list, the second lock, one call to read it, and the rest as it was."""
    before = nas.files()
    wanted = [ONE, TWO, SIX, *addresses(20)]
    assert _dsm_ssh_write.written(nas.permit(wanted))
    state = nas.look()
    assert list(state.permitted) == wanted
    assert _dsm_ssh.in_step(state, wanted)
    assert nas.calls() == ["set", APPLY[nas.major]]
    settings = nas.settings.read_text(encoding="utf-8")
    assert settings == f'{OTHER_KEYS}ups_acl="{"|".join(wanted)}|"\n'
    if nas.major == 6:
        lock = " ".join([ONE, TWO, f"[{SIX}]", *addresses(20)])
        assert nas.files()["hosts.deny"] == (f"{OTHER_LINES}{DENY} {lock}\n".encode(), 0o644)
    else:
        assert not nas.hosts_deny.exists()
    backups = {f"{name}.upsfleet-{kind}" for name in before for kind in ("original", "last")}
    assert set(nas.files()) == set(before) | backups
    assert all(nas.files()[backup] == before[backup.partition(".upsfleet")[0]] for backup in backups)


def test_the_first_backup_stays_and_the_last_one_follows(nas: Nas) -> None:
    first = nas.files()
    nas.permit([ONE, TWO])
    second = nas.files()
    nas.permit([TWO])
    third = nas.files()
    nas.permit([])
    assert nas.look().permitted == ()
    now = nas.files()
    for name in first:
        assert now[f"{name}.upsfleet-original"] == first[name]
        assert now[f"{name}.upsfleet-last"] == third[name]
        assert third[f"{name}.upsfleet-last"] == second[name]
        assert len({first[name], second[name], third[name], now[name]}) == 4


def test_entries_that_somebody_put_there_are_kept_letter_by_letter(nas: Nas) -> None:
    assert _dsm_ssh_write.written(nas.permit(HOSTILE))
    assert f'ups_acl="{"|".join(HOSTILE)}|"\n' in nas.settings.read_text(encoding="utf-8")
    state = nas.look()
    assert list(state.permitted) == HOSTILE
    assert _dsm_ssh.in_step(state, HOSTILE)


@pytest.mark.parametrize("culprit", ["synosetkeyvalue", "apply"])
def test_a_failure_puts_everything_back(nas: Nas, culprit: str) -> None:
    """A service that could not be told about the list is told again; one that was never told is left alone."""
    nas.permit([ONE, TWO])
    nas.settings.chmod(0o640)
    before, told = nas.files(), nas.calls()
    nas.fail(APPLY[nas.major].split()[0] if culprit == "apply" else culprit)
    output = nas.permit([ONE, TWO, SIX])
    assert not _dsm_ssh_write.written(output)
    assert _dsm_ssh_write.put_back(output)
    after = nas.files()
    assert after == {name: before[name.replace(".upsfleet-last", "")] for name in before}
    assert nas.calls()[len(told) :] == ["set", *([APPLY[nas.major]] * 2 if culprit == "apply" else [])]
    assert nas.look().permitted == (ONE, TWO)


def test_a_second_lock_that_cannot_be_made_puts_the_list_back(make_nas: MakeNas) -> None:
    nas = make_nas(6)
    before = nas.files()
    grep = nas.root / "doubles" / "grep"
    grep.write_text("#!/bin/sh\necho 'sshd: 198.51.100.7'\nexit 2\n", encoding="utf-8")  # reading broke off
    grep.chmod(0o755)
    assert _dsm_ssh_write.put_back(nas.permit([ONE, TWO]))
    assert {name: file for name, file in nas.files().items() if ".upsfleet-" not in name} == before
    assert not (nas.root / "etc" / "hosts.deny.upsfleet-new").exists()
    assert nas.calls() == ["set"]


def test_a_second_lock_that_has_no_place_changes_nothing(make_nas: MakeNas) -> None:
    nas = make_nas(6)
    nas.hosts_deny.unlink()
    nas.hosts_deny.symlink_to(nas.root / "no" / "such" / "folder")
    before = nas.settings.read_bytes()
    assert _dsm_ssh_write.put_back(nas.permit([ONE, TWO]))
    assert (nas.settings.read_bytes(), nas.calls()) == (before, [])


def test_a_list_that_cannot_be_put_back_is_not_said_to_be(nas: Nas) -> None:
    (nas.root / "doubles" / "synosetkeyvalue").write_text(
        '#!/bin/sh\nrm "$1.upsfleet-last"; exit 1\n', encoding="utf-8"
    )
    output = nas.permit([TWO])
    assert f"{MARK}undone=no" in output
    assert not _dsm_ssh_write.written(output)
    assert not _dsm_ssh_write.put_back(output)


def test_without_a_backup_nothing_is_changed(nas: Nas) -> None:
    """A name that cannot be written stands for a full disk."""
    (nas.settings.parent / f"{nas.settings.name}.upsfleet-last").mkdir(mode=0o700)
    (nas.settings.parent / f"{nas.settings.name}.upsfleet-last" / nas.settings.name).mkdir()
    before = (nas.settings.read_bytes(), nas.hosts_deny.exists() and nas.hosts_deny.read_bytes())
    output = nas.permit([TWO])
    assert not _dsm_ssh_write.written(output)
    assert _dsm_ssh_write.put_back(output)
    assert (nas.settings.read_bytes(), nas.hosts_deny.exists() and nas.hosts_deny.read_bytes()) == before
    assert nas.calls() == []


def test_a_connection_that_hangs_up_leaves_nothing_half_done(nas: Nas) -> None:
    (nas.root / "hangs_up").touch()
    assert _dsm_ssh_write.written(nas.permit([ONE, TWO]))
    assert _dsm_ssh.in_step(nas.look(), [ONE, TWO])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ""),
        ("", ""),
        ("sshd: 198.51.100.7", "sshd: 198.51.100.7\n"),  # no newline at its end
        (f"{DENY}", ""),
        (f"{DENY}\nsshd: 198.51.100.7\nupsd : 192.0.2.9\nupsd\t: ALL\n", "sshd: 198.51.100.7\n"),
        (f"{OTHER_LINES}{DENY}\n{OTHER_LINES}", OTHER_LINES * 2),
        ("# upsd: ALL\nsshd, upsd: ALL\n", "# upsd: ALL\nsshd, upsd: ALL\n"),
    ],
)
def test_the_other_lines_of_hosts_deny_are_kept(make_nas: MakeNas, before: str | None, after: str) -> None:
    nas = make_nas(6)
    if before is None:
        nas.hosts_deny.unlink()
    else:
        nas.deny(before)
    assert _dsm_ssh_write.written(nas.permit([ONE]))
    assert nas.files()["hosts.deny"] == (f"{after}{DENY} {ONE}\n".encode(), 0o644)
    assert nas.files()["hosts.deny.upsfleet-original"][0] == (before or "").encode()
    assert _dsm_ssh.in_step(nas.look(), [ONE])


# --- the task: look, compare, set, look again ---


class Action(dsm_ups_ssh.ActionModule):
    """The action plugin, with a NAS in place of a connection."""

    def __init__(self, nas: Nas, check_mode: bool) -> None:
        self._nas, self._task = nas, SimpleNamespace(check_mode=check_mode)

    def _low_level_execute_command(self, script: str, executable: str) -> dict[str, str]:
        assert executable == "/bin/sh"
        return {"stdout": self._nas.run(script)}


def converge(nas: Nas, wanted: list[str], exact: bool = False, check_mode: bool = False, **more: Any) -> dict[str, Any]:
    """Do what the task does."""
    options: dict[str, Any] = {
        name: more.pop(name) for name in ("clients", "inventory", "gone", "connected") if name in more
    }
    return Action(nas, check_mode)._converge(wish({"permitted": wanted, **options}), exact, **more)


def test_one_run_permits_and_the_next_asks_for_nothing(nas: Nas) -> None:
    before, after = ("", "") if nas.major == 7 else (f"{DENY} {ONE}\n", f"{DENY} {ONE} {TWO} [{SIX}]\n")
    result = converge(nas, [TWO, SIX])
    assert result == {
        "changed": True,
        "added": [TWO, SIX],
        "removed": [],
        "extra": [ONE],
        "diff": {"before": f"{ONE}\n{before}", "after": f"{ONE}\n{TWO}\n{SIX}\n{after}"},
        "warnings": [],
        "settings": {"enabled": True, "mode": "USB", "permitted": [ONE, TWO, SIX]},
        "recorded": {},
    }
    calls, files = nas.calls(), nas.files()
    again = converge(nas, [TWO, SIX])
    assert (again["changed"], again["added"], nas.calls(), nas.files()) == (False, [], calls, files)


def test_check_mode_promises_the_same_and_touches_nothing(nas: Nas) -> None:
    before = nas.files()
    promised = converge(nas, [TWO], exact=True, check_mode=True)
    assert (nas.files(), nas.calls()) == (before, [])
    assert promised == converge(nas, [TWO], exact=True)
    assert (promised["added"], promised["removed"], promised["extra"]) == ([TWO], [ONE], [])
    assert nas.look().permitted == (TWO,)


def test_a_second_lock_that_fell_out_of_step_is_put_right(make_nas: MakeNas) -> None:
    nas = make_nas(6)
    nas.deny(f"{OTHER_LINES}{DENY}\n")
    result = converge(nas, [ONE])
    assert (result["changed"], result["added"]) == (True, [])
    assert result["diff"] == {"before": f"{ONE}\n{DENY}\n", "after": f"{ONE}\n{DENY} {ONE}\n"}
    assert _dsm_ssh.in_step(nas.look(), [ONE])
    assert converge(nas, [ONE])["changed"] is False


@pytest.mark.parametrize(
    ("status", "wanted", "message"),
    [
        ("OB DISCHRG", [TWO], "not on mains power"),
        ("FSD OL", [TWO], "a forced shutdown"),
        ("OL CAL", [TWO], "tests its battery"),
        ("WAIT", [TWO], "just starting"),
        ("OL", addresses(31), "takes 30"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_refusal_changes_nothing(nas: Nas, status: str, wanted: list[str], message: str, check_mode: bool) -> None:
    (nas.root / "status").write_text(f"{status}\n", encoding="utf-8")
    before = nas.files()
    with pytest.raises(UnexpectedNas, match=message):
        converge(nas, wanted, check_mode=check_mode)
    assert (nas.files(), nas.calls()) == (before, [])
    assert converge(nas, [ONE])["changed"] is False  # where nothing differs there is nothing to refuse


@pytest.mark.parametrize("check_mode", [False, True])
def test_nobody_is_not_permitted_in_place_of_somebody(nas: Nas, check_mode: bool) -> None:
    before = nas.files()
    with pytest.raises(UnexpectedNas, match="would shut out everybody"):
        converge(nas, [], exact=True, check_mode=check_mode)
    assert (nas.files(), nas.calls()) == (before, [])
    assert converge(nas, [])["changed"] is False


@pytest.fixture
def starting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Nas, list[str]], list[float]]:
    """Let time pass by sleeping alone, and the NAS say the next thing after each sleep; return the sleeps."""

    def start(nas: Nas, says: list[str]) -> list[float]:
        slept: list[float] = []

        def say(text: str) -> None:
            status, _comma, charge = text.partition(",")
            (nas.root / "status").write_text(f"{status}\n", encoding="utf-8")
            (nas.root / "charge").write_text(f"{charge}\n", encoding="utf-8")

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            say(says[min(len(slept), len(says) - 1)])

        clock = SimpleNamespace(monotonic=lambda: sum(slept), sleep=sleep)
        monkeypatch.setattr(dsm_ups_ssh, "time", clock)
        say(says[0])
        return slept

    return start


# what upsc tells, one look after another: the status and the charge; how often it waits, what is refused
STARTING: list[tuple[list[str], int, str]] = [
    (["OL"], 0, ""),
    (["", "WAIT", "OB,", "OL"], 3, ""),
    (["OB,97"], 0, "not on mains power"),
    (["WAIT", "OB,97"], 1, "not on mains power"),
    (["WAIT", "OL CAL"], 1, "tests its battery"),
    (["WAIT"], 5, "just starting"),
    (["OB,"], 5, "not on mains power"),
    ([""], 5, ""),
]


@pytest.mark.parametrize(("says", "waits", "refused"), STARTING)
def test_a_driver_that_restarts_is_waited_for(
    nas: Nas, starting: Callable[[Nas, list[str]], list[float]], says: list[str], waits: int, refused: str
) -> None:
    slept = starting(nas, says)
    if refused:
        with pytest.raises(UnexpectedNas, match=refused):
            converge(nas, [TWO], wait=10)
        assert nas.calls() == []
    else:
        assert converge(nas, [TWO], wait=10)["changed"] is True
    assert len(slept) == waits


def test_where_nothing_differs_nothing_is_waited_for(
    nas: Nas, starting: Callable[[Nas, list[str]], list[float]]
) -> None:
    slept = starting(nas, ["WAIT"])
    assert (converge(nas, [ONE], wait=10)["changed"], slept) == (False, [])


def test_a_nas_that_does_not_take_it_fails_the_task(nas: Nas) -> None:
    nas.fail("synosetkeyvalue")
    with pytest.raises(UnexpectedNas, match=r"did not take the list; its files were put back as they were\. Look at"):
        converge(nas, [TWO])
    (nas.root / "doubles" / "synosetkeyvalue").write_text('#!/bin/sh\nkill -KILL "$PPID"\n', encoding="utf-8")
    with pytest.raises(UnexpectedNas, match=r"not take the list; how far it came is not known; the files before are"):
        converge(nas, [TWO])


def test_a_nas_that_says_yes_and_does_not_do_it_fails_the_task(nas: Nas) -> None:
    """So it would be if DSM's synosetkeyvalue were otherwise than inferred."""
    (nas.root / "doubles" / "synosetkeyvalue").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    with pytest.raises(UnexpectedNas, match=rf"what stands there now is {re.escape(ONE)}: .*\.upsfleet-last\.$"):
        converge(nas, [TWO])


# --- several runs, and what this collection has noted as its own ---

OLD, NOW = "2026-01-02", datetime.date.today().isoformat()


def record_file(nas: Nas) -> Path:
    return nas.settings.with_name(f"{nas.settings.name}{_dsm_ssh.RECORD}")


def record(nas: Nas) -> Any:
    """Return what the NAS holds of what was permitted."""
    file = record_file(nas)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


# options, what stands and is noted afterwards; before it stand ONE by hand and TWO, noted for web2
NOTED: list[tuple[dict[str, Any], list[str], Any]] = [
    ({"clients": {"six": [SIX]}}, [ONE, TWO, SIX], {TWO: {"web2": OLD}, SIX: {"six": NOW}}),
    ({"clients": {"six": [SIX]}, "inventory": ["six"]}, [ONE, SIX], {SIX: {"six": NOW}}),
    (
        {"clients": {"six": [SIX], "web2": []}, "inventory": ["six", "web2"]},
        [ONE, TWO, SIX],
        {TWO: {"web2": OLD}, SIX: {"six": NOW}},
    ),
    ({"gone": ["web2", "web1"]}, [ONE], {}),
    (
        {"clients": {"six": [SIX]}, "inventory": ["six"], "connected": [TWO]},
        [ONE, TWO, SIX],
        {TWO: {"web2": OLD}, SIX: {"six": NOW}},
    ),
    ({"clients": {"www2": [TWO]}, "inventory": ["www2"]}, [ONE, TWO], {TWO: {"www2": NOW}}),
]


@pytest.mark.parametrize(("options", "permitted", "noted"), NOTED)
def test_only_what_was_noted_is_dropped(nas: Nas, options: dict[str, Any], permitted: list[str], noted: Any) -> None:
    assert _dsm_ssh_write.written(nas.permit([ONE, TWO]))
    record_file(nas).write_text(json.dumps({TWO: {"web2": OLD}}), encoding="utf-8")
    before = nas.files()
    promised = converge(nas, [], check_mode=True, **options)
    assert nas.files() == before
    assert converge(nas, [], **options) == promised
    assert (list(nas.look().permitted), record(nas)) == (permitted, noted)
    assert promised["recorded"] == ({TWO: {"web2": OLD}} if TWO in promised["removed"] + promised["extra"] else {})
    assert converge(nas, [], **options)["changed"] is False


def test_without_a_record_nothing_is_dropped_and_it_is_said(nas: Nas) -> None:
    result = converge(nas, [], clients={"two": [TWO]}, inventory=["two"])
    assert (result["removed"], result["extra"], len(result["warnings"])) == ([], [ONE], 1)
    assert record(nas) == {TWO: {"two": NOW}}
    assert converge(nas, [], clients={"two": [TWO]}, inventory=["two"])["warnings"] == []


def test_the_note_alone_restarts_nothing(nas: Nas) -> None:
    converge(nas, [], clients={"web1": [TWO]})
    calls = nas.calls()
    assert converge(nas, [], clients={"web1": [TWO], "web9": [TWO]})["changed"] is True
    assert record(nas) == {TWO: {"web1": NOW, "web9": NOW}}
    assert nas.calls() == calls


def test_a_record_that_is_none_stops_before_anything_is_changed(nas: Nas) -> None:
    record_file(nas).write_text("no record\n", encoding="utf-8")
    before = nas.files()
    with pytest.raises(
        UnexpectedNas, match=r"\.upsfleet-permitted on the NAS: it is no record .*Nothing was changed\.$"
    ):
        converge(nas, [TWO])
    assert (nas.files(), nas.calls()) == (before, [])


def test_runs_that_read_at_once_lose_nothing_of_one_another(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    """All have read before the first one writes; the others see it, read again, and add what is theirs."""
    names = {f"web{number}": f"192.0.2.{number}" for number in range(31, 34)}
    met = threading.Barrier(len(names))
    script = _dsm_ssh_write.write_script

    def write_script(*arguments: Any) -> str:
        with contextlib.suppress(threading.BrokenBarrierError):
            met.wait(5)
            met.abort()  # the first time only
        return script(*arguments)

    monkeypatch.setattr(_dsm_ssh_write, "write_script", write_script)
    with ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(lambda name: converge(nas, [], clients={name: [names[name]]}), names))
    assert all(result["changed"] for result in results)
    assert sorted(nas.look().permitted) == sorted([ONE, *names.values()])
    assert record(nas) == {address: {name: NOW} for name, address in names.items()}
    assert not [name for name in nas.files() if "lock" in name]


def test_somebody_who_is_always_quicker_ends_the_run(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    script, seen = _dsm_ssh_write.write_script, iter(range(101, 200))

    def write_script(*arguments: Any) -> str:
        nas.settings.write_text(f'{OTHER_KEYS}ups_acl="192.0.2.{next(seen)}|"\n', encoding="utf-8")
        return script(*arguments)

    monkeypatch.setattr(_dsm_ssh_write, "write_script", write_script)
    with pytest.raises(
        UnexpectedNas, match=r"^Each of 5 times somebody else changed the list .* Nothing was changed\."
    ):
        converge(nas, [TWO])
    assert (nas.look().permitted, nas.calls()) == (("192.0.2.105",), [])


def lock(nas: Nas) -> Path:
    return nas.settings.with_name(f"{nas.settings.name}.upsfleet-lock")


def boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@pytest.mark.parametrize("holder", ["{ended} {boot}", "{alive} of-another-boot"])
def test_a_lock_that_a_killed_run_left_is_taken_away(nas: Nas, holder: str) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    lock(nas).symlink_to(holder.format(ended=ended.pid, alive=os.getpid(), boot=boot()))
    assert converge(nas, [TWO])["changed"] is True
    assert not os.path.lexists(lock(nas))


def test_a_lock_that_another_run_holds_is_waited_for_and_left(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dsm_ssh_write, "LOCK_PATIENCE", 1)
    lock(nas).symlink_to(f"{os.getpid()} {boot()}")
    before = nas.files()
    with pytest.raises(UnexpectedNas, match=r"^Another run has held \S+upsfleet-lock on the NAS for 1 s\. Nothing was"):
        converge(nas, [TWO])
    assert (nas.files(), nas.calls()) == (before, [])
    assert os.path.lexists(lock(nas))


def test_what_the_api_has_recorded_is_taken_over(nas: Nas) -> None:
    """Of what is permitted; what the NAS has noted by itself counts more."""
    converge(nas, [], clients={"two": [TWO]})
    noted = {ONE: {"one": OLD}, TWO: {"two": OLD, "other": OLD}, SIX: {"six": OLD}}
    converge(nas, [], noted=noted)
    assert record(nas) == {ONE: {"one": OLD}, TWO: {"two": NOW, "other": OLD}}
    assert converge(nas, [], noted=noted)["changed"] is False
    assert converge(nas, [], gone=["one"], noted=noted)["removed"] == [ONE]
    assert converge(nas, [], noted=noted)["changed"] is False
    assert record(nas) == {TWO: {"two": NOW, "other": OLD}}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_slices_in_every_order_leave_the_union(make_nas: MakeNas, order: tuple[int, ...]) -> None:
    nas = make_nas(7)
    hosts = {f"web{number}": f"192.0.2.{number}" for number in range(31, 37)}
    done = [ONE]
    for part in order:
        names = sorted(hosts)[part::3]
        converge(nas, [], clients={name: [hosts[name]] for name in names})
        done += [hosts[name] for name in names]
        assert list(nas.look().permitted) == done
