# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes of a configuration made by hand is named, and the variables that are named keep it."""

from __future__ import annotations

import grp
import json
import os
import pwd
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.conf_file import directives
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    DIRECTIVES,
    NOTIFY_EVENTS,
    NOTIFY_FLAGS,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client import adoption

ROOT = Path(__file__).parents[5]
GOLDEN = ROOT / "tests" / "unit" / "golden" / "debian"
ROW = {"user": "nut"}
DESIRED = (GOLDEN / "2.8.1" / "defaults" / "upsmon.conf").read_text()
MONITOR = "MONITOR ups@192.0.2.10 1 monuser secret slave\n"


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """YAML with ``!unsafe``, as Ansible reads it."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def find(text: str, desired: str = DESIRED, version: str = "2.8.1", **seen: Any) -> list[dict[str, Any]]:
    """Return what is named where a host has this upsmon.conf."""
    return adoption.replaced({"directives": directives(text), **seen}, directives(desired), version, ROW, "debian")


def load(entries: list[dict[str, Any]]) -> Any:
    """Return the variables that keep it, as Ansible reads them."""
    return yaml.load(adoption.keeping(entries), Loader)


# what the host's upsmon.conf holds beside the MONITOR line; texts, and the variables that keep it
FOUND: list[tuple[str, list[str], dict[str, Any] | None]] = [
    ("", [], None),
    # what the packages ship, and what upsmon does by itself
    ('MINSUPPLIES 1\nSHUTDOWNCMD "/sbin/shutdown -h +0"\nPOWERDOWNFLAG /etc/killpower\nOFFDURATION 30\n', [], None),
    ("POLLFREQ 05\nRUN_AS_USER nut\nFORCESSL 0\nSHUTDOWNEXIT YES\nNOTIFYFLAG ONBATT WALL+SYSLOG\n", [], None),
    (
        "NOTIFYCMD /usr/local/bin/tell\n",
        ["NOTIFYCMD /usr/local/bin/tell goes: nut_client_notifycmd keeps it"],
        {"nut_client_notifycmd": "/usr/local/bin/tell"},
    ),
    (
        "FINALDELAY 0\nFINALDELAY 20\n",
        ["FINALDELAY 20 becomes 5: nut_client_finaldelay keeps it"],
        {"nut_client_finaldelay": 20},
    ),
    (
        "RUN_AS_USER root\n",
        ["RUN_AS_USER root becomes nut: nut_client_run_as_user keeps it"],
        {"nut_client_run_as_user": "root"},
    ),
    (
        'SHUTDOWNCMD "/opt/bye \\"{{ now }}\\""\n',
        ['SHUTDOWNCMD /opt/bye "{{ now }}" becomes /usr/local/sbin/upsmon-shutdown: nut_client_shutdowncmd keeps it'],
        {"nut_client_shutdowncmd": '/opt/bye "{{ now }}"'},
    ),
    (
        "SHUTDOWNCMD /bin/true\n",
        [
            "SHUTDOWNCMD /bin/true becomes /usr/local/sbin/upsmon-shutdown: it would not take this host down, so no "
            "variable keeps it"
        ],
        None,
    ),
    (
        "NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC\nNOTIFYFLAG online exec\nNOTIFYFLAG FSD IGNORE+EXEC\n",
        [
            "NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC becomes SYSLOG+WALL: nut_client_notifyflag keeps it",
            "NOTIFYFLAG ONLINE EXEC becomes SYSLOG+WALL: nut_client_notifyflag keeps it",
            "NOTIFYFLAG FSD IGNORE becomes SYSLOG+WALL: nut_client_notifyflag keeps it",
        ],
        {"nut_client_notifyflag": {"ONBATT": ["SYSLOG", "WALL", "EXEC"], "ONLINE": ["EXEC"], "FSD": ["IGNORE"]}},
    ),
    (
        'NOTIFYMSG ONBATT "%s: off"\n',
        ["NOTIFYMSG ONBATT %s: off goes: nut_client_notifymsg keeps it"],
        {"nut_client_notifymsg": {"ONBATT": "%s: off"}},
    ),
    (
        "MINSUPPLIES 0\n",
        ["MINSUPPLIES 0 becomes 1: nut_client_monitor_only keeps it"],
        {"nut_client_monitor_only": True},
    ),
    ("POLLFREQ 0\n", ["POLLFREQ 0 becomes 5: no variable keeps it"], None),
    (
        "CERTVERIFY 1\nSHUTDOWNEXIT no\n",
        [
            "CERTVERIFY 1 becomes 0: nut_client_certverify keeps it",
            "SHUTDOWNEXIT no becomes yes: nut_client_shutdownexit keeps it",
        ],
        {"nut_client_certverify": True, "nut_client_shutdownexit": "no"},
    ),
    (
        "CERTIDENT me S3ntinel\nCERTHOST nas.example.com theirs 1 0\n",
        [
            "CERTIDENT me goes: nut_client_certident keeps it",
            "CERTHOST nas.example.com theirs 1 0 goes: nut_client_certhost keeps it",
        ],
        {
            "nut_client_certident": {"name": "me", "password": "{{ vault_ups_certident_password }}"},
            "nut_client_certhost": [
                {"host": "nas.example.com", "certname": "theirs", "certverify": True, "forcessl": False}
            ],
        },
    ),
    # unknown to this version, so not in force
    ("OBLBDURATION 60\nNOTIFYFLAG ECO EXEC\nNOTIFYFLAG NOSUCH EXEC\nNOTIFYFLAG ONBATT LOUD\n", [], None),
    # a misspelt MONITOR may hold a password
    ("MONITR ups@192.0.2.9 1 monuser S3ntinel slave\n", ["MONITR goes: no variable keeps it"], None),
    ("monitor ups@192.0.2.9 1 monuser S3ntinel slave\nS3ntinel\nMONITOR ups@h 1 u S3 ntinel slave\n", [], None),
    (
        'NOTIFYCMD "/opt/tell caf\u00e9\x1b[31m\nrm"\n',
        ["NOTIFYCMD /opt/tell caf??[31m?rm goes: no variable keeps it"],
        None,
    ),
    (
        f"NOTIFYCMD /opt/{'x' * 200}\n",
        [f"NOTIFYCMD /opt/{'x' * 112}... goes: nut_client_notifycmd keeps it"],
        {"nut_client_notifycmd": f"/opt/{'x' * 200}"},
    ),
]


@pytest.mark.parametrize(("text", "texts", "variables"), FOUND)
def test_what_goes_is_named_with_the_variable_that_keeps_it(
    text: str, texts: list[str], variables: dict[str, Any] | None
) -> None:
    entries = find(MONITOR + text)
    assert [one["text"] for one in entries] == texts
    assert load(entries) == variables
    assert all(set(one) == {"directive", "was", "becomes", "variable", "value", "text"} for one in entries)
    assert "S3ntinel" not in json.dumps(entries)


OTHERS: list[tuple[str, list[str], Any]] = [
    ("", [], None),
    (MONITOR, [], None),
    ("MONITOR UPS@192.0.2.10:3493 1 monuser secret secondary\n", [], None),
    (MONITOR + "MONITOR rack@nas.example.com 1 me S3ntinel slave\n", ["rack@nas.example.com as me"], "rack"),
    ("MONITOR ups@192.0.2.10 2 monuser secret slave\n", ["ups@192.0.2.10 as monuser with power value 2"], "ups"),
    ("MONITOR own 1 me S3ntinel master\n", ["own as me"], "own"),
    ("MONITOR ups@[2001:db8:0::10]:3494 1 me S3ntinel slave\n", ["ups@[2001:db8:0::10]:3494 as me"], "ups"),
    ('MONITOR "a b@nas" 1 me S3ntinel slave\n', ["a b@nas as me"], None),
]


@pytest.mark.parametrize(("text", "gone", "ups"), OTHERS)
def test_other_monitors_count(text: str, gone: list[str], ups: str | None) -> None:
    entries = find(text)
    assert [one["was"] for one in entries] == gone
    monitors = (load(entries) or {}).get("nut_client_monitors", [])
    assert [one["ups"] for one in monitors][-1:] == ([ups] if ups else [])
    assert {one["password"] for one in monitors} <= {"{{ vault_ups_password }}", "{{ vault_ups_password_2 }}"}
    assert "S3ntinel" not in json.dumps(entries)


def test_each_server_has_a_password_of_its_own() -> None:
    text = MONITOR + "MONITOR a@192.0.2.11 1 me x slave\nMONITOR b@192.0.2.11 1 me x slave\n"
    monitors = load(find(text))["nut_client_monitors"]
    assert [one["password"] for one in monitors] == [
        "{{ vault_ups_password }}",
        "{{ vault_ups_password_2 }}",
        "{{ vault_ups_password_2 }}",
    ]


def test_a_host_that_is_the_primary_becomes_a_secondary() -> None:
    (entry,) = find("MONITOR ups@192.0.2.10 1 monuser secret master\n")
    assert (entry["was"], entry["becomes"], entry["variable"]) == (
        "ups@192.0.2.10 as monuser, primary",
        "ups@192.0.2.10 as monuser, secondary",
        "",
    )


def test_what_nut_conf_sets_beside_the_mode_goes() -> None:
    (entry,) = find(MONITOR, nut_conf={"UPSMON_OPTIONS": "-D\x1b"})
    assert entry["text"] == "UPSMON_OPTIONS in nut.conf -D? goes: no variable keeps it"


@pytest.mark.parametrize("version", ["2.7.4", "2.8.5"])
def test_what_the_role_wrote_is_no_change(version: str) -> None:
    for name in ("defaults", "everything"):
        text = (GOLDEN / version / name / "upsmon.conf").read_text()
        assert find(text, text, version) == []


def test_a_host_that_was_not_looked_at_that_way_has_nothing() -> None:
    assert adoption.replaced({}, directives(DESIRED), "2.8.4", {}, "macos") == []
    assert adoption.keeping([]) == ""


WORDS = [
    "/usr/local/bin/tell",
    'say "it" {{ not }} {% a %} # \\ template',
    "!unsafe",
    "yes",
    "0x10",
    "- a: b",
    "%s is off",
]


def by_hand(seed: int) -> str:
    """Return an upsmon.conf as somebody might have made it."""
    chance = random.Random(seed)

    def quote(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    lines = ["MONITOR ups@192.0.2.10 1 monuser secret slave"] if chance.random() < 0.7 else []
    for number in range(chance.randrange(1, 4)):
        user = chance.choice(["monuser", "o'brien"])
        lines.append(f"MONITOR rack{number}@[2001:db8::{number}]:3494 1 {user} x{number} slave")
    for one in chance.sample(DIRECTIVES, 9):
        number = chance.randrange(1, 90)
        values = {"int": number if one.name != "MINSUPPLIES" else 1, "bool": number % 2, "exit": number}
        lines.append(f"{one.name} {values.get(one.kind) if one.kind != 'text' else quote(chance.choice(WORDS))}")
    for event in chance.sample(sorted(NOTIFY_EVENTS), 5):
        lines.append(f"NOTIFYFLAG {event} {'+'.join(chance.sample(NOTIFY_FLAGS, 2))}")
        lines.append(f"NOTIFYMSG {event} {quote(chance.choice(WORDS))}")
    lines += ['CERTIDENT "my name" x', "CERTHOST nas.example.com theirs 0 1"] if chance.random() < 0.5 else []
    chance.shuffle(lines)
    return "\n".join([*lines, ""])


HOSTS = {f"host{seed}": (by_hand(seed), version) for seed, version in enumerate(["2.7.4", "2.8.1", "2.8.5"] * 3)}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where the role's own configure step wrote what the pasted variables make."""
    folder = tmp_path_factory.mktemp("adopted")
    (folder / "host_vars").mkdir()
    owner = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
    hosts = {}
    for name, (text, version) in HOSTS.items():
        (folder / "host_vars" / f"{name}.yml").write_text(adoption.keeping(find(text, DESIRED, version)))
        hosts[name] = {
            "files": [{"path": str(folder / name), "template": "upsmon.conf.j2", "mode": "0600", **owner}],
            "nut_client_result": {
                "os": {"platform": "debian"},
                "nut_version": version,
                "installation": {"prefix": "/", "upsmon": "/sbin/upsmon", "etc": "/etc/nut"},
            },
            "state_dir": str(folder / "state" / name),
        }
    secrets = {f"vault_ups_{name}": "pasted" for name in ("password", "password_2", "password_3", "password_4")}
    play = {
        "name": "Render what was pasted",
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "ups_host": "192.0.2.10",
            "vault_ups_certident_password": "pasted",
            **secrets,
        },
        "module_defaults": {
            "upsfleet.synology.nut_client_config": {"state_dir": "{{ state_dir }}", "host": "{{ nut_client_result }}"}
        },
        "tasks": [
            {
                "name": "Configure",
                "ansible.builtin.include_role": {"name": "upsfleet.synology.nut_client", "tasks_from": "configure"},
                "vars": {
                    "__nut_client_platform": {"files": "{{ files }}", "hooks": {}},
                    "__nut_client_record": {},
                },
            }
        ],
    }
    (folder / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    (folder / "play.yml").write_text(json.dumps([play]))
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


@pytest.mark.parametrize("name", HOSTS)
def test_what_was_pasted_is_kept(rendered: Path, name: str) -> None:
    """Nothing goes any more, but for what no variable keeps."""
    text, version = HOSTS[name]
    was, left = find(text, DESIRED, version), find(text, (rendered / name).read_text(), version)
    assert [one["variable"] for one in left] == [""] * len(left)
    assert [one["directive"] for one in left] == [one["directive"] for one in was if not one["variable"]]
    assert len(was) > len(left)
