# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a host gets, for each NUT version, as the role's own configure step writes them.

``UPDATE_GOLDEN=1 pytest tests/unit/test_render.py`` writes the expected files anew.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils.upsd import split_words
from ansible_collections.upsfleet.synology.plugins.module_utils.upsmon_conf import SETTING_NAMES
from ansible_collections.upsfleet.synology.plugins.module_utils.upsmon_facts import (
    DIRECTIVES,
    NOTIFY_EVENTS,
    parse_version,
)

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
VERSIONS = ("2.7.4", "2.8.0", "2.8.1", "2.8.3", "2.8.5")
SETS = ("defaults", "everything")
TEMPLATES = ("nut.conf", "upsmon.conf", "nut-monitor.conf")

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


def unsafe(value: Any) -> Any:
    """Return *value* with each text that looks like a template marked as one that Ansible takes as it is."""
    if isinstance(value, dict):
        return {key: unsafe(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [unsafe(entry) for entry in value]
    return Unsafe(value) if isinstance(value, str) and "{{" in value else value


class Unsafe(str):
    """A text with ``{{`` in it that is not a template."""


class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # yaml has no types
    """YAML with ``!unsafe``."""


Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the role's configure step wrote: one host for each version and set of variables."""
    folder = tmp_path_factory.mktemp("rendered")
    owner = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
    seen = {"package": {"installed": False}, "units": {}, "server_units": {}}
    inventory = {
        f"{version}-{name}": {
            **({"ups_host": "192.0.2.10"} if name == "defaults" else unsafe(EVERYTHING)),
            "files": [
                {"path": str(folder / version / name / file), "template": f"{file}.j2", "mode": "0600", **owner}
                for file in TEMPLATES
            ],
            "nut_client_result": {**seen, "nut_version": version},
            "state_dir": str(folder / "state" / f"{version}-{name}"),
        }
        for version in VERSIONS
        for name in SETS
    }
    play = {
        "name": "Files are rendered",
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "__nut_client_found": seen},
        "module_defaults": {"upsfleet.synology.nut_client_config": {"state_dir": "{{ state_dir }}"}},
        "tasks": [
            {
                "name": "Configure",
                "ansible.builtin.include_role": {"name": "upsfleet.synology.nut_client", "tasks_from": "configure"},
                "vars": {"__nut_client_files": "{{ files }}"},
            }
        ],
    }
    (folder / "inventory.yml").write_text(yaml.dump({"all": {"hosts": inventory}}, Dumper=Dumper), encoding="utf-8")
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(folder / "inventory.yml"), str(folder / "play.yml")],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_FORKS": "4",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def expected(version: str, name: str, file: str) -> Path:
    """Return the golden file; only upsmon.conf depends on the variables."""
    return GOLDEN / version / (f"upsmon-{name}.conf" if file == "upsmon.conf" else file)


@pytest.mark.parametrize("file", TEMPLATES)
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_is_as_expected(rendered: Path, version: str, name: str, file: str) -> None:
    text = (rendered / version / name / file).read_text(encoding="utf-8")
    golden = expected(version, name, file)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_there_is_no_other_golden_file() -> None:
    wanted = {expected(version, name, file) for version in VERSIONS for name in SETS for file in TEMPLATES}
    assert {path for path in GOLDEN.rglob("*") if path.is_file()} == wanted


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_says_who_writes_it(template: str) -> None:
    text = (ROOT / "roles" / "nut_client" / "templates" / f"{template}.j2").read_text(encoding="utf-8")
    first = text.splitlines()[0]
    assert first.startswith("# Written by Ansible (upsfleet.synology.nut_client)")
    assert first.endswith(": changes made here are lost.")


def test_everything_that_can_be_set_is_set() -> None:
    assert {f"nut_client_{name}" for name in SETTING_NAMES} == set(EVERYTHING) - {"nut_client_monitors"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_gets_every_directive_that_it_knows_and_no_other(version: str) -> None:
    """The golden file with everything set is read as upsmon reads it."""
    lines = [split_words(line) for line in expected(version, "everything", "upsmon.conf").read_text().splitlines()]
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
