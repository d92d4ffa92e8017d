# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doubles of uname, sw_vers, shutdown, brew and port: what they answer, and that they refuse the rest."""

from __future__ import annotations

import json
import os
import plistlib
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.macos import brew, common, identity, interfaces, nut, port, shutdown
from doubles.macos.common import Answer, Refused

PLIST = plistlib.dumps({"ProductName": "macOS", "ProductVersion": "15.5", "ProductBuildVersion": "24F74"})

IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
20010db800000000d4a40fbf415b7974 03 40 00 01     eth0
20010db800000000d4a40fbf415b7975 03 40 00 21     eth0
20010db8000000000000000000000021 03 40 00 80     eth0
fe80000000000000e8d680fffe2e3cb5 03 40 20 80     eth0
"""


def uname(*arguments: str) -> Answer:
    return identity.uname(arguments, "mac")


def sw_vers(*arguments: str) -> Answer:
    return identity.sw_vers(arguments, PLIST)


def as_admin(*arguments: str) -> Answer:
    return brew.answer(arguments, Path("/nowhere"), root=False)


def ifconfig(*arguments: str) -> Answer:
    return interfaces.ifconfig(arguments, IF_INET6)


def port_as_root(*arguments: str) -> Answer:
    return port.answer(arguments, Path("/nowhere"), root=True)


def shutdown_as_root(*arguments: str) -> Answer:
    return shutdown.answer(arguments, root=True)


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        ([], "Darwin"),
        (["-s"], "Darwin"),
        (["-m"], "arm64"),
        (["-r"], "24.5.0"),
        (["-p"], "arm"),
        (["-n"], "mac"),
        (["-ms"], "Darwin arm64"),
        (["-r", "-s"], "Darwin 24.5.0"),
        (["-a"], f"Darwin mac 24.5.0 {identity.VERSION} arm64"),
    ],
)
def test_uname(arguments: list[str], out: str) -> None:
    assert uname(*arguments) == Answer(out=f"{out}\n")


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        ([], "ProductName:\t\tmacOS\nProductVersion:\t\t15.5\nBuildVersion:\t\t24F74\n"),
        (["-productVersion"], "15.5\n"),
        (["--productName"], "macOS\n"),
        (["--buildVersion"], "24F74\n"),
    ],
)
def test_sw_vers(arguments: list[str], out: str) -> None:
    assert sw_vers(*arguments) == Answer(out=out)


@pytest.mark.parametrize(
    ("double", "arguments"),
    [
        (uname, "-z"),
        (uname, "--kernel-name"),
        (uname, "-"),
        (uname, "Darwin"),
        (sw_vers, "-productVersionExtra"),
        (sw_vers, "-productName -productVersion"),
        (sw_vers, "15"),
        (shutdown_as_root, ""),
        (shutdown_as_root, "-h"),
        (shutdown_as_root, "-P now"),
        (shutdown_as_root, "-h soon"),
        (shutdown_as_root, "-h +0 -f"),
        (shutdown_as_root, "+0 -h"),
        (ifconfig, ""),
        (ifconfig, "en0"),
        (ifconfig, "-a inet6"),
        (as_admin, ""),
        (as_admin, "services list"),
        (as_admin, "upgrade nut"),
        (as_admin, "install"),
        (as_admin, "install nut upsc"),
        (as_admin, "install --HEAD nut"),
        (as_admin, "install --cask nut"),
        (as_admin, "install ./nut.rb"),
        (as_admin, "uninstall --zap nut"),
        (as_admin, "list"),
        (as_admin, "list nut"),
        (as_admin, "info nut"),
        (as_admin, "info --json=v1 nut"),
        (as_admin, "--prefix --installed nut"),
        (as_admin, "--version nut"),
        (port_as_root, ""),
        (port_as_root, "selfupdate"),
        (port_as_root, "-v installed nut"),
        (port_as_root, "installed"),
        (port_as_root, "install nut +ssl"),
        (port_as_root, "install -f nut"),
        (port_as_root, "activate nut"),
        (port_as_root, "load nut"),
    ],
)
def test_what_a_double_does_not_know_it_refuses(double: Callable[..., Answer], arguments: str) -> None:
    with pytest.raises(Refused):
        double(*arguments.split())


def test_ifconfig() -> None:
    head = "flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500"
    assert ifconfig("-a").out.splitlines() == [
        f"lo: {head}",
        "\tinet6 ::1 prefixlen 128",
        f"eth0: {head}",
        "\tinet6 2001:db8::d4a4:fbf:415b:7974 prefixlen 64 autoconf temporary",
        "\tinet6 2001:db8::d4a4:fbf:415b:7975 prefixlen 64 deprecated autoconf temporary",
        "\tinet6 2001:db8::21 prefixlen 64 autoconf secured",
        "\tinet6 fe80::e8d6:80ff:fe2e:3cb5%eth0 prefixlen 64 secured scopeid 0x3",
    ]


def test_a_refusal_names_the_double_and_the_arguments() -> None:
    answer = common.refused("brew", common.unknown(["install", "a b"]))
    assert answer == Answer(64, err="double of brew: does not know the arguments: install 'a b'\n")


def test_the_log_of_calls_takes_one_line_each(tmp_path: Path) -> None:
    common.record(tmp_path / "log", "shutdown", ["-h", "+0"])
    common.record(tmp_path / "log", "shutdown", ["-h", "+1", "two words"])
    assert (tmp_path / "log").read_text() == "shutdown -h +0\nshutdown -h +1 'two words'\n"


@pytest.mark.parametrize("arguments", ["-h +0", "-h now", "-r +5", "-s 2330", "-h +1 power is out"])
def test_shutdown_is_for_root(arguments: str) -> None:
    assert shutdown.answer(arguments.split(), root=True).status == 0
    assert shutdown.answer(arguments.split(), root=False).status == 1


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty prefix, with two samples to be had from the image."""
    real = tmp_path / "real"
    (real / "etc").mkdir(parents=True)
    for name in ("nut.conf.sample", "upsmon.conf.sample"):
        (real / "etc" / name).write_text(f"# {name}\n")
    put_data = nut.put_data
    monkeypatch.setattr(nut, "put_data", lambda prefix, etc, state: put_data(prefix, etc, state, real))
    return tmp_path / "prefix"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_brew_installs_what_the_real_one_does_and_leaves_etc_behind(prefix: Path) -> None:
    def ask(*arguments: str) -> Answer:
        return brew.answer(arguments, prefix, root=False)

    samples = ["etc/nut/nut.conf.sample", "etc/nut/upsmon.conf.sample"]
    assert ask("list", "--versions", "nut") == Answer(1)
    assert json.loads(ask("info", "--json=v2", "nut").out)["formulae"][0]["installed"] == []
    assert ask("uninstall", "nut").status == 1
    assert ask("uninstall", "--force", "nut") == Answer()

    assert ask("install", "--formula", "nut").status == 0
    programs = ["bin/upsc", "sbin/upsmon"]
    assert files(prefix) == sorted([*programs, *(f"Cellar/nut/2.8.1/{name}" for name in programs), *samples])
    assert os.readlink(prefix / "opt/nut") == "../Cellar/nut/2.8.1"
    assert os.readlink(prefix / "sbin/upsmon") == "../Cellar/nut/2.8.1/sbin/upsmon"
    assert os.access(prefix / "opt/nut/sbin/upsmon", os.X_OK)
    # as any build it reads its own folder and no other, unless it is told to
    assert f'NUT_CONFPATH="${{NUT_CONFPATH:-{prefix}/etc/nut}}"' in (prefix / "opt/nut/sbin/upsmon").read_text()
    assert (prefix / "var/state/ups").is_dir()

    assert "already installed" in ask("install", "nut").err
    assert ask("list", "--versions", "nut").out == "nut 2.8.1\n"
    (formula,) = json.loads(ask("info", "--json=v2", "nut", "--formula").out)["formulae"]
    assert (formula["name"], formula["installed"][0]["version"], formula["outdated"]) == ("nut", "2.8.1", False)

    (prefix / "etc/nut/upsmon.conf").write_text("mine\n")
    assert ask("uninstall", "--force", "nut").status == 0
    assert files(prefix) == [*samples[:1], "etc/nut/upsmon.conf", *samples[1:]]
    assert not (prefix / "opt/nut").is_symlink()


def test_brew_knows_no_other_formula(prefix: Path) -> None:
    for arguments in ("install hello", "uninstall hello", "info --json=v2 hello", "--prefix hello"):
        answer = brew.answer(arguments.split(), prefix, root=False)
        assert answer == Answer(1, err='Error: No available formula with the name "hello".\n')


@pytest.mark.parametrize("arguments", ["install nut", "list --versions nut", "--version", "services list"])
def test_brew_gives_root_nothing_but_the_prefix(arguments: str) -> None:
    assert brew.answer(arguments.split(), Path("/opt/homebrew"), root=True) == Answer(1, err=brew.AS_ROOT)
    assert brew.answer(["--prefix"], Path("/opt/homebrew"), root=True).out == "/opt/homebrew\n"
    assert brew.answer(["--prefix", "nut"], Path("/opt/homebrew"), root=True).out == "/opt/homebrew/opt/nut\n"


def test_port_installs_and_uninstalls_as_root_only(prefix: Path) -> None:
    def ask(arguments: str, root: bool = True) -> Answer:
        return port.answer(arguments.split(), prefix, root)

    assert ask("-q installed nut", root=False) == Answer()
    assert ask("installed nut").out == "None of the specified ports are installed.\n"
    assert ask("uninstall nut").status == 1
    assert ask("install nut", root=False).status == 1
    assert not prefix.exists()

    assert ask("install nut").status == 0
    samples = ["etc/nut.conf.sample", "etc/upsmon.conf.sample"]
    assert files(prefix) == ["bin/upsc", *samples, "sbin/upsmon"]
    assert ask("-q installed nut", root=False).out == "  nut @2.8.1_0 (active)\n"
    assert ask("-q installed hello").out == ""
    assert ask("install hello").status == 1

    (prefix / "etc/upsmon.conf").write_text("mine\n")
    assert ask("uninstall nut").status == 0
    assert files(prefix) == ["etc/upsmon.conf"]
    assert (ask("version").out, ask("-q version").out) == ("Version: 2.10.7\n", "2.10.7\n")
