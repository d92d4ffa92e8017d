# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a host gets, for each NUT version, as the role's own configure step writes them.

``UPDATE_GOLDEN=1 pytest tests/unit/test_render.py`` writes the expected files anew.
"""

from __future__ import annotations

import os
import plistlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.upsfleet.synology.plugins.action import nut_drill_client
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import split_words
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    DIRECTIVES,
    NOTIFY_EVENTS,
    parse_version,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import render
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import SETTING_NAMES
from role_files import DEBIAN, WINDOWS, Host, write_files

ROOT = Path(__file__).parents[5]
GOLDEN = ROOT / "tests" / "unit" / "golden"
VERSIONS = ("2.7.4", "2.8.0", "2.8.1", "2.8.3", "2.8.5")
HOMEBREW = {"prefix": "/opt/homebrew", "upsmon": "/opt/homebrew/opt/nut/sbin/upsmon", "etc": "/opt/homebrew/etc/nut"}
INTEL = {"prefix": "/usr/local", "upsmon": "/usr/local/opt/nut/sbin/upsmon", "etc": "/usr/local/etc/nut"}
ODD = {"prefix": "/opt/R&D", "upsmon": "/opt/R&D/sbin/upsmon", "etc": "/opt/R&D/etc"}
MACPORTS = {"prefix": "/opt/local", "upsmon": "/opt/local/sbin/upsmon", "etc": "/opt/local/etc"}
TEMPLATES = {
    "debian": ("nut.conf", "upsmon.conf", "debian/nut-monitor.conf", "debian/upsmon-shutdown"),
    "macos": ("upsmon.conf", "macos/upsmon.plist"),
    "windows": ("nut.conf", "upsmon.conf"),
}

# Every variable that reaches a file, none with its default.
EVERYTHING: dict[str, Any] = {
    "nut_client_monitors": [
        {"host": "192.0.2.10", "power_value": 2},
        {
            "host": "2001:db8::10",
            "port": 3494,
            "ups": "rack-2",
            "username": "o'brien",
            "password": "pa$$w0rd!{%raw%}{{1}}",
        },
        {"host": "nas.example.com", "port": "3495", "power_value": 0},
    ],
    "nut_client_minsupplies": 2,
    "nut_client_shutdowncmd": '/usr/local/sbin/bye "now" # \\ {{ and }} later',
    "nut_client_shutdown_limit": 120,
    "nut_client_finaldelay": 6,
    "nut_client_hostsync": 16,
    "nut_client_deadtime": 17,
    "nut_client_shutdownexit": "no",
    "nut_client_powerdownflag": "/etc/killpower",
    "nut_client_offduration": -1,
    "nut_client_oblbduration": 31,
    "nut_client_overduration": 32,
    "nut_client_alarmcritical": False,
    "nut_client_pollfreq": 7,
    "nut_client_pollfreqalert": 3,
    "nut_client_pollfail_log_throttle_max": 10,
    "nut_client_notifycmd": "/usr/local/bin/tell",
    "nut_client_notifymsg": {"ONBATT": "%s is on battery", "CAL": "%s calibrates", "SUSPEND_STARTING": "Good night"},
    "nut_client_notifyflag": {"ONBATT": ["SYSLOG", "EXEC"], "BYPASS": ["WALL"], "SHUTDOWN_HOSTSYNC": ["IGNORE"]},
    "nut_client_rbwarntime": 43201,
    "nut_client_nocommwarntime": 301,
    "nut_client_run_as_user": "nut",
    "nut_client_debug_min": 2,
    "nut_client_forcessl": True,
    "nut_client_certverify": True,
    "nut_client_certpath": "/etc/nut/certs",
    "nut_client_certident": {"name": "a client", "password": "its database"},
    "nut_client_certhost": [{"host": "192.0.2.10", "certname": "the NAS", "forcessl": False}],
}
DEFAULTS: dict[str, Any] = {"ups_host": "192.0.2.10"}


class Case(NamedTuple):
    """One host: the golden folder, what the audit says of it, its variables."""

    name: str
    version: str
    installation: dict[str, str]
    variables: dict[str, Any]

    @property
    def platform(self) -> str:
        return self.name.partition("/")[0]


def shutdown(value: Any) -> dict[str, Any]:
    return {**DEFAULTS, "nut_client_windows_shutdown": value}


CASES = [
    *(
        Case(f"debian/{version}/{name}", version, DEBIAN, variables)
        for version in VERSIONS
        for name, variables in (("defaults", DEFAULTS), ("everything", EVERYTHING))
    ),
    Case("macos/homebrew", "2.8.4", HOMEBREW, DEFAULTS),
    Case("macos/homebrew_on_intel", "2.8.4", INTEL, DEFAULTS),
    Case("macos/ampersand", "2.8.4", ODD, DEFAULTS),
    Case("macos/macports", "2.8.4", MACPORTS, EVERYTHING),
    Case("windows/archive", "2.8.4", WINDOWS, DEFAULTS),
    Case("windows/archive_everything", "2.8.4", WINDOWS, EVERYTHING),
    Case("windows/archive_delayed", "2.8.4", WINDOWS, shutdown({"action": "shutdown", "delay": 90})),
    Case("windows/archive_hibernate", "2.8.4", WINDOWS, shutdown({"action": "hibernate"})),
    Case("windows/archive_verbatim", "2.8.4", WINDOWS, shutdown('cmd /c ""C:\\Program Files\\bye.bat" now" # {0}')),
    Case("windows/legacy_msi", "2.6.5", WINDOWS, {**DEFAULTS, "nut_client_windows_method": "legacy_msi"}),
]
FILES = [(case, template) for case in CASES for template in TEMPLATES[case.platform]]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the role's configure step wrote: one host for each version and set of variables."""
    folder = tmp_path_factory.mktemp("rendered")
    write_files(
        folder,
        {
            case.name.replace("/", "-"): Host(
                case.platform,
                case.version,
                case.installation,
                case.variables,
                {f"{name}.j2": expected(folder, case, name) for name in TEMPLATES[case.platform]},
            )
            for case in CASES
        },
    )
    return folder


def expected(folder: Path, case: Case, template: str) -> Path:
    """Return where a rendered file stands below the golden folder, or below another one of the same order."""
    return folder / case.name / Path(template).name


@pytest.mark.parametrize(("case", "template"), FILES, ids=[f"{case.name}-{template}" for case, template in FILES])
def test_a_file_is_as_expected(rendered: Path, case: Case, template: str) -> None:
    text = expected(rendered, case, template).read_bytes().decode()
    golden = expected(GOLDEN, case, template)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(text.encode())
    assert text == golden.read_bytes().decode()


def test_there_is_no_other_golden_file() -> None:
    assert {path for path in GOLDEN.rglob("*") if path.is_file()} == {
        expected(GOLDEN, case, template) for case, template in FILES
    }


@pytest.mark.parametrize("template", sorted({template for _case, template in FILES}))
def test_every_template_says_who_writes_it(template: str) -> None:
    text = (ROOT / "roles" / "nut_client" / "templates" / f"{template}.j2").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines()[:3] if "Written by Ansible" in line]
    assert re.fullmatch(
        r"(# |<!-- )Written by Ansible \(upsfleet\.synology\.nut_client\).*: changes made here are lost\.( -->)?", line
    )


@pytest.mark.parametrize(
    ("case", "template"),
    [one for one in FILES if one[0].platform == "windows"],
    ids=[f"{case.name}-{template}" for case, template in FILES if case.platform == "windows"],
)
def test_a_file_is_as_windows_wants_it(case: Case, template: str) -> None:
    """nut.exe looks for words in every line whose first byte is no #: a mark of byte order would unhide a comment."""
    text = expected(GOLDEN, case, template).read_bytes()
    assert text.isascii()
    if template == "nut.conf":
        lines = [line for line in text.splitlines() if not line.startswith(b"#")]
        assert lines == [b"MODE=netclient"]


@pytest.mark.parametrize("case", [case for case in CASES if case.platform == "macos"], ids=lambda case: case.name)
def test_the_definition_for_launchd(case: Case) -> None:
    definition = plistlib.loads(expected(GOLDEN, case, "macos/upsmon.plist").read_bytes())
    assert definition == {
        "Label": "io.github.upsfleet.upsmon",
        "ProgramArguments": [case.installation["upsmon"], "-F"],
        "EnvironmentVariables": {"NUT_CONFPATH": case.installation["etc"]},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "StandardOutPath": "/dev/null",
        "StandardErrorPath": "/dev/null",
    }


def test_everything_that_can_be_set_is_set() -> None:
    others = {"nut_client_monitors", "nut_client_shutdown_limit"}
    assert {f"nut_client_{name}" for name in SETTING_NAMES} == set(EVERYTHING) - others


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_gets_every_directive_that_it_knows_and_no_other(version: str) -> None:
    """The golden file with everything set is read as upsmon reads it."""
    golden = GOLDEN / "debian" / version / "everything" / "upsmon.conf"
    lines = [split_words(line) for line in golden.read_text().splitlines()]
    known = {entry.name for entry in DIRECTIVES if entry.since <= parse_version(version)}
    shaped = {"MONITOR", "NOTIFYMSG", "NOTIFYFLAG", "CERTIDENT", "CERTHOST"}
    assert {words[0] for words in lines if words} == known | shaped
    events = {words[1] for words in lines if words and words[0] in ("NOTIFYMSG", "NOTIFYFLAG")}
    assert events == {
        event
        for event in ("ONBATT", "CAL", "SUSPEND_STARTING", "BYPASS", "SHUTDOWN_HOSTSYNC")
        if NOTIFY_EVENTS[event] <= parse_version(version)
    }
    assert [words[1:] for words in lines if words[:1] == ["MONITOR"]] == [
        ["ups@192.0.2.10", "2", "monuser", "secret", "secondary"],
        ["rack-2@[2001:db8::10]:3494", "1", "o'brien", "pa$$w0rd!{%raw%}{{1}}", "secondary"],
        ["ups@nas.example.com:3495", "0", "monuser", "secret", "secondary"],
    ]
    assert ["SHUTDOWNCMD", EVERYTHING["nut_client_shutdowncmd"]] in lines


def test_a_drill_has_the_clients_own_template() -> None:
    assert nut_drill_client._TEMPLATE in render._TEMPLATES


def test_every_template_of_the_platforms_is_compiled() -> None:
    """Once, when it is imported."""
    folder = ROOT / "roles" / "nut_client" / "templates"
    assert set(render._TEMPLATES) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.j2")}
