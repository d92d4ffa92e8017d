# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold examples/awx, copied to be somebody's own project, against this collection and against awx.awx.

Argument: a folder with the collection awx.awx. AWX itself is not here: whether it takes what the playbook says is known
as far as the documentation of its modules goes, and the names that the playbook's parts call one another.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "build" / "awx" / "project"
INVENTORY = ("-i", "inventory/hosts.yml")


def main() -> None:
    """Exit with a sentence if anything in the example does not fit."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "awx", PROJECT)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/.collections:{sys.argv[1]}",
    }

    def ansible(*command: str) -> str:
        print("+", *command, flush=True)
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    playbooks = sorted(path.name for path in PROJECT.glob("*.yml") if path.name != "execution-environment.yml")
    ansible("ansible-playbook", *INVENTORY, "--syntax-check", *playbooks)
    yaml.SafeLoader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    [play] = yaml.safe_load((PROJECT / "configure_awx.yml").read_text(encoding="utf-8"))
    used = {
        task["name"]: next((key, task[key]) for key in task if key.startswith("awx.awx.")) for task in play["tasks"]
    }
    shown = ansible("ansible-doc", "--json", *sorted({module for module, _options in used.values()}))
    known = {name: set(one["doc"]["options"]) for name, one in json.loads(shown).items()}
    for name, (module, options) in used.items():
        check(f"{name}: options of {module}", set(options) <= known[module], sorted(set(options) - known[module]))
    whole(play["vars"], used, set(playbooks))
    injected(used)


def whole(variables: dict[str, Any], used: dict[str, tuple[str, dict[str, Any]]], playbooks: set[str]) -> None:
    """Exit unless the templates have playbooks, and the workflow's nodes templates and one another."""
    templates = {f"UPS: {one['name']}": one for one in variables["ups_templates"]}
    missing = {one["playbook"] for one in templates.values()} - playbooks
    check("each template has a playbook", not missing, missing)
    sliced = [name for name, one in templates.items() if one["slices"] != 1]
    check("only site is sliced", sliced == ["UPS: site"], sliced)
    nodes = {one["identifier"]: one for one in used["Create the workflow"][1]["workflow_nodes"]}
    names = {one["unified_job_template"]["name"] for one in nodes.values()}
    check("each node is a template", names <= set(templates), names - set(templates))
    order, at = [], next(iter(nodes))
    while at:
        order.append(at)
        following = nodes[at].get("related", {}).get("always_nodes", [])
        at = following[0]["identifier"] if following else ""
    check("the workflow's order", order == ["audit", "permit", "site", "report"], order)


def injected(used: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Exit unless the credential type sets variables of the role, from fields that it has."""
    _module, kind = used["Create the credential type of the NAS"]
    fields = {one["id"]: one for one in kind["inputs"]["fields"]}
    secret = [name for name, one in fields.items() if one.get("secret")]
    check("the password is secret", secret == ["password"], secret)
    defaults = yaml.safe_load((ROOT / "roles/dsm_ups_server/defaults/main.yml").read_text(encoding="utf-8"))
    extra = kind["injectors"]["extra_vars"]
    check("what is injected is the role's", set(extra) <= set(defaults), set(extra) - set(defaults))
    texts = {*extra.values(), *kind["injectors"]["file"].values()}
    wanted = {"{{ username }}", "{{ password }}", "{{ tower.filename.ca }}", "{{ ca }}"}
    check("what is injected", texts == wanted, texts)
    given = used["Create the credential of the NAS"][1]["inputs"]
    check("each field is given", set(given) == set(fields) == set(kind["inputs"]["required"]), set(given))


def check(what: str, holds: bool, found: object) -> None:
    """Exit unless it holds."""
    print(f"{what}: {'yes' if holds else found}", flush=True)
    if not holds:
        sys.exit(f"{what}: {found}")


if __name__ == "__main__":
    main()
