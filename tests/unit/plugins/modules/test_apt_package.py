# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module apt_package as Ansible runs it, with an apt-get and a dpkg-query that only say things."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.modules import apt_package

COLLECTIONS = Path(apt_package.__file__).parents[2] / ".collections"
# apt-get installs at the attempt that it is told, and notes what policy-rc.d said meanwhile.
APT_GET = """#!/bin/sh
echo "apt-get $*" >> log
case "$*" in
    *update) cat updated ;;
    *-s*purge*) cat also ;;
    *purge*) cp after listed; cat said; exit $(cat status) ;;
    *install*nut-client) cat policy >> seen; echo >> attempts
        if [ $(wc -l < attempts) = {succeeds} ]; then cp after listed; else echo "E: no space"; exit 100; fi ;;
esac
"""
CANDIDATE = "echo '  Candidate: 2.8.0-7'"
ABSENT = "nut-client install not-installed"
INSTALLED = "nut-client install installed"
UNPACKED = "nut-client install unpacked"
BROKEN = "broken install half-configured"
DEAD = "Err:1 http://192.0.2.9/debian nosuch InRelease\n  404  Not Found\n"
MAIN = """
import sys
from ansible_collections.upsfleet.synology.plugins.module_utils._host import apt
from ansible_collections.upsfleet.synology.plugins.modules import apt_package
apt.POLICY, apt.LOCKS, apt.JOURNAL = "policy", (), "journal"
apt_package.main()
"""
INSTALL = (
    "apt-get -y -q -o APT::Install-Recommends=no -o Dpkg::Options::=--force-confdef "
    "-o Dpkg::Options::=--force-confold --no-remove install nut-client"
)


class Host:
    """A folder that plays a host."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for name in ("updated", "log", "seen", "also", "said"):
            (place / name).write_text("")
        (place / "status").write_text("0")
        self.has(ABSENT, f"{INSTALLED}\n")

    def has(self, listed: str, after: str = "") -> None:
        """Say what dpkg knows, now and once apt-get has succeeded."""
        (self.place / "listed").write_text(f"{listed}\n")
        (self.place / "after").write_text(after or f"{listed}\n")

    def run(self, succeeds: int = 1, **arguments: Any) -> dict[str, Any]:
        """Run the module on a host where the given attempt to install succeeds; 0: none does."""
        programs = {
            "apt-get": APT_GET.format(succeeds=succeeds),
            "dpkg-query": "#!/bin/sh\ncat listed\n",
            "apt-cache": f"#!/bin/sh\n{CANDIDATE}\n",
        }
        for name, text in programs.items():
            (self.place / name).write_text(text)
            (self.place / name).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", MAIN],
            cwd=self.place,
            input=json.dumps({"ANSIBLE_MODULE_ARGS": {"package": "nut-client", "lock_timeout": 0, **arguments}}),
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(COLLECTIONS), "PATH": f"{self.place}:/usr/bin:/bin"},
        )
        assert done.stdout, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    @property
    def commands(self) -> list[str]:
        """What apt-get was asked to do: update, install and the like."""
        words = [line for line in (self.place / "log").read_text().splitlines() if " -s " not in line]
        return ["update" if line.endswith("update") else line for line in words]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Return a host without the package, whose lists offer it."""
    return Host(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "commands"),
    [
        ({}, [INSTALL]),
        ({"refresh": True}, ["update", INSTALL]),
        ({"removable": ["apcupsd"]}, [INSTALL.replace(" --no-remove", "")]),
        ({"state": "installable"}, []),
        ({"state": "installable", "refresh": True}, ["update"]),
        ({"refresh": True, "_ansible_check_mode": True}, []),
    ],
)
def test_what_apt_is_asked_to_do(host: Host, arguments: dict[str, Any], commands: list[str]) -> None:
    result = host.run(**arguments)
    assert host.commands == commands
    assert result["installed"] is (INSTALL.split()[-2] in " ".join(commands))
    assert result["changed"] is (arguments.get("state") != "installable")


def test_what_is_installed_stays_as_it_is(host: Host) -> None:
    host.has(INSTALLED)
    assert (host.run()["changed"], host.commands) == (False, [])


@pytest.mark.parametrize("before", [None, "#!/bin/sh\nexit 0\n"])
def test_no_service_is_started_and_a_persons_policy_is_put_back(host: Host, before: str | None) -> None:
    policy = host.place / "policy"
    if before:
        policy.write_text(before)
    host.run()
    assert "exit 101" in (host.place / "seen").read_text()
    assert (policy.read_text() if policy.exists() else None) == before
    assert not list(host.place.glob("policy.*"))


def test_a_disk_that_takes_nothing_more_costs_no_policy(host: Host) -> None:
    policy = host.place / "policy"
    policy.write_text("#!/bin/sh\nexit 0\n")
    (host.place / "policy.new").mkdir()  # ours cannot be written
    for _attempt in range(2):
        result = host.run()
        assert (result["failed"], result["installed"], host.commands[-1:]) == (True, False, [])
        assert result["msg"].startswith("nut-client was not installed: ")
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize("before", [None, "#!/bin/sh\nexit 0\n"])
def test_what_a_killed_run_left_is_not_taken_for_a_persons_policy(host: Host, before: str | None) -> None:
    host.run(succeeds=1)
    left = (host.place / "seen").read_text()
    (host.place / "policy").write_text(left)
    if before:
        (host.place / "policy.upsfleet").write_text(before)
    host.has(ABSENT, f"{INSTALLED}\n")
    host.run(succeeds=2)
    policy = host.place / "policy"
    assert (policy.read_text() if policy.exists() else None) == before


@pytest.mark.parametrize(
    ("refresh", "commands"), [(False, [INSTALL, "update", INSTALL]), (True, ["update", INSTALL, INSTALL])]
)
def test_it_is_tried_again_with_new_lists(host: Host, refresh: bool, commands: list[str]) -> None:
    result = host.run(succeeds=2, refresh=refresh)
    assert (result["changed"], result["installed"], host.commands) == (True, True, commands)


def test_a_list_that_cannot_be_had_is_a_warning(host: Host) -> None:
    (host.place / "updated").write_text(DEAD)
    result = host.run(refresh=True)
    assert result["installed"]
    assert "/etc/apt/sources.list.d: http://192.0.2.9/debian nosuch: 404  Not Found" in json.dumps(result["warnings"])


@pytest.mark.parametrize("listed", [ABSENT, INSTALLED])
def test_what_became_of_other_packages_is_a_warning(host: Host, listed: str) -> None:
    host.has(f"{listed}\n{BROKEN}", f"{INSTALLED}\n{BROKEN}\n")
    result = host.run()
    expected = "nut-client is installed all the same. dpkg has not finished: broken is half-configured."
    assert expected in json.dumps(result["warnings"])


def test_the_last_failure_is_one_whatever_was_found(host: Host) -> None:
    host.has(UNPACKED)
    result = host.run(succeeds=0)
    assert (result["failed"], result["installed"]) == (True, False)
    assert set(result["obstacle"]) == {"code", "text"}
    assert result["msg"] == f"nut-client is unpacked, not installed: {result['obstacle']['text']} apt said: E: no space"


def test_what_no_attempt_gets_over_is_told_after_one(host: Host) -> None:
    host.has("nut-client hold not-installed")
    result = host.run(succeeds=0)
    assert (result["obstacle"]["code"], host.commands) == ("held", [INSTALL, "update"])


CONFIG_FILES = "nut-client deinstall config-files"
REMOVE = "apt-get -y -q purge nut-client"


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("before", "changed"), [("", False), (ABSENT, False), (INSTALLED, True), (CONFIG_FILES, True), (UNPACKED, True)]
)
def test_it_is_removed_with_its_files(host: Host, before: str, changed: bool, check: bool) -> None:
    host.has(before, f"{ABSENT}\n")
    (host.place / "also").write_text("Purg nut-client [2.8.0-7]\n")
    result = host.run(state="absent", _ansible_check_mode=check)
    assert (result["changed"], result["installed"]) == (changed, False)
    assert host.commands == [REMOVE] * (changed and not check)


@pytest.mark.parametrize("check", [False, True])
def test_nothing_else_is_removed_with_it(host: Host, check: bool) -> None:
    host.has(INSTALLED)
    (host.place / "also").write_text("Purg nut [2.8.0-7]\nPurg nut-client [2.8.0-7]\n")
    result = host.run(state="absent", _ansible_check_mode=check)
    assert (result["failed"], result["installed"], result["obstacle"]["code"]) == (True, True, "would_remove")
    assert result["msg"].startswith("nut-client was not removed: That would remove nut too. ")
    assert host.commands == []


def test_a_held_package_is_not_removed(host: Host) -> None:
    host.has("nut-client hold installed")
    result = host.run(state="absent")
    assert (result["obstacle"]["code"], host.commands) == ("held", [])


@pytest.mark.parametrize(("after", "code"), [(INSTALLED, "unknown"), (UNPACKED, "half_done")])
def test_a_removal_that_fails_is_a_failure(host: Host, after: str, code: str) -> None:
    host.has(INSTALLED, f"{after}\n")
    (host.place / "said").write_text("E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
    (host.place / "status").write_text("100")
    result = host.run(state="absent")
    assert (result["failed"], result["obstacle"]["code"]) == (True, code)
    assert result["msg"].endswith("apt said: E: Sub-process /usr/bin/dpkg returned an error code (1)")
