# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook's own play, on two NAS boxes that are known by name: what the filter finds is what each is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.filter.nas_clients import FilterModule, nas_clients
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.permission import clients_at, removed_clients

ROOT = Path(__file__).resolve().parents[4]
CLIENT, GONE = "192.0.2.21", "192.0.2.1"  # the scripted DSM permits the latter
ODD = "127.0.0.1"


def test_the_filters_names() -> None:
    assert FilterModule().filters() == {
        "clients_at": clients_at,
        "nas_clients": nas_clients,
        "removed_clients": removed_clients,
    }


def audited(status: str = "OL", seen_as: str = CLIENT) -> dict[str, Any]:
    """Return a client whose monitor has the address of the NAS, not its name."""
    entry = {
        "host": "127.0.0.1",
        "peer_address": "127.0.0.1",
        "seen_as": seen_as,
        "source_address": CLIENT,
        "server": {"dsm": True},
        "status": status,
    }
    return {"nut_client_result": {"address": seen_as, "access": [entry]}}


@pytest.fixture
def permit(
    tmp_path: Path, https_dsm: Any, fake_dsm: Any, certificate: tuple[Path, Path], secrets: dict[str, str]
) -> Callable[..., tuple[Any, dict[str, dict[str, Any]]]]:
    """Run the play; return the NAS that has a DSM, and the facts that the play left on each."""

    def permit(*clients: dict[str, Any], **variables: Any) -> tuple[Any, dict[str, dict[str, Any]]]:
        nas = fake_dsm()
        (play,) = [
            play
            for play in yaml.safe_load((ROOT / "playbooks" / "audit_and_permit.yml").read_text(encoding="utf-8"))
            if play["name"] == "Permit the clients on the NAS"
        ]
        names = {"clients": "ups_nas_clients", "result": "dsm_ups_server_result", "failure": "dsm_ups_server_failure"}
        facts = {name: f"{{{{ {fact} | default({{}}) }}}}" for name, fact in names.items()}
        content = {"content": "{{ facts | to_json }}", "dest": f"{tmp_path}/{{{{ inventory_hostname }}}}.json"}
        play["tasks"].append({"ansible.builtin.copy": content, "vars": {"facts": facts}})
        if not (tmp_path / "tasks").exists():
            (tmp_path / "tasks").symlink_to(ROOT / "playbooks" / "tasks")
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        api = {
            "dsm_ups_server_api_port": https_dsm(nas).port,
            "dsm_ups_server_api_username": "upsadmin",
            "dsm_ups_server_api_password": secrets["password"],
            "dsm_ups_server_ca_path": str(certificate[0]),
            "dsm_ups_server_allow_local": True,
        }
        # The second has no account, so it is only compared with.
        boxes = {"localhost": {**local, **api}, "nas.invalid": local}
        hosts = {f"web{number}": client for number, client in enumerate(clients, 1)}
        groups = {"ups_nas": {"hosts": boxes, "vars": variables}, "ups_clients": {"hosts": hosts}}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"children": groups}}), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.yml"],
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return nas, {name: json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) for name in boxes}

    return permit


def test_each_is_asked_for_its_own_clients(permit: Any, tmp_path: Path) -> None:
    """Exact drops what was recorded for hosts that are gone, where all clients are known; nothing else, anywhere."""
    record = tmp_path / "record.json"
    exact = {"dsm_ups_server_exact": True, "dsm_ups_server_record_file": str(record)}
    record.write_text(json.dumps({"localhost": {GONE: {"old": "2026-01-02"}}}), encoding="utf-8")
    nas, facts = permit(audited(), audited(seen_as=ODD), **exact, ups_expected_clients=2)
    assert nas.settings["ACL_list"] == [GONE, CLIENT, "", "", ""], "what the odd one has is not known"
    assert [note.split()[0] for note in facts["localhost"]["clients"]["notes"]] == ["web2", "nothing"]
    assert facts["nas.invalid"]["clients"]["inventory"] is None

    nas, facts = permit(audited(), **exact, ups_expected_clients=2)
    assert nas.settings["ACL_list"] == [GONE, CLIENT, "", "", ""], "the inventory is not whole"

    nas, facts = permit(audited(), **exact, ups_expected_clients=["web1"])
    assert nas.settings["ACL_list"] == [CLIENT, "", "", "", ""]
    assert (facts["localhost"]["result"]["removed"], facts["localhost"]["clients"]["notes"]) == ([GONE], [])
    assert json.loads(record.read_text(encoding="utf-8"))["localhost"].keys() == {CLIENT}


def test_nothing_is_changed_while_a_client_has_read_that_the_battery_is_tested(permit: Any) -> None:
    nas, facts = permit(audited("OL CAL"))
    assert facts["localhost"]["failure"].startswith("The UPS says OL CAL: it tests its battery")
    assert (nas.settings["ACL_list"], "set" in nas.methods) == ([GONE, "", "", "", ""], False)


def test_a_persons_own_odd_entry_is_refused_by_name(permit: Any) -> None:
    nas, facts = permit(audited(), ups_permitted_extra=[ODD])
    assert facts["localhost"]["failure"].startswith(f"permitted: {ODD} is the NAS itself")
    assert nas.methods == []


def test_a_variable_that_cannot_be_rendered_keeps_nobody_else_out(permit: Any) -> None:
    """Since ansible-core 2.19 hostvars raise."""
    broken = {"ansible_host": "{{ ansible_host }}", "ups_client_address": "{{ vm_addresses[inventory_hostname] }}"}
    nas, facts = permit(audited(), broken)
    assert nas.settings["ACL_list"] == [GONE, CLIENT, "", "", ""]
    (note,) = facts["localhost"]["clients"]["notes"]
    assert note.startswith("the ups_client_address of web2 is left out: ")
