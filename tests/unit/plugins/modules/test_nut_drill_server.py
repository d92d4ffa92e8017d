# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module nut_drill_server as a process of its own, with clients on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.modules import nut_drill_server

ROOT = Path(__file__).resolve().parents[4]
COLLECTIONS = ROOT / ".collections"
PATIENCE = 30.0
HOME = "127.0.0.1"
PASSWORD = "Zq7-password-sentinel"


def step(at: float, status: str | None = "OB", charge: int | None = 40) -> dict[str, Any]:
    return {"at": at, "status": status, "charge": charge}


SCRIPTS = [{"name": "fsd", "steps": [step(0.05), step(0.1, "FSD OB")]}, {"name": "blip", "steps": [step(0, None)]}]
SERVER: dict[str, Any] = {
    "addresses": [HOME],
    "permitted": [HOME],
    "username": "drill",
    "password": PASSWORD,
    "scenarios": SCRIPTS,
    "deadline": 60,
}
NOTHING = "/nonexistent/upsfleet-drill-x/control.sock"


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """True of a process that is more than its entry, which nobody may be there to collect."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """Run the module, whose process must have ended by the end of the test."""
    pids: list[int] = []

    def once(state: str, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        arguments.update(state=state, _ansible_check_mode=check_mode)
        done = subprocess.run(
            [sys.executable, "-m", nut_drill_server.__name__],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env={"PYTHONPATH": str(COLLECTIONS), "PATH": "/usr/bin:/bin"},
        )
        result: dict[str, Any] = json.loads(done.stdout)
        assert bool(done.returncode) == bool(result.get("failed"))
        assert PASSWORD not in done.stdout + done.stderr
        if result.get("pid"):
            pids.append(result["pid"])
        return result

    yield once
    left = [pid for pid in pids if is_running(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


class Client:
    """One that is logged in."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection((HOME, port), PATIENCE)
        self._stream = self._sock.makefile("rw", encoding="ascii")
        assert [self.say(line) for line in ("USERNAME drill", f"PASSWORD {PASSWORD}", "LOGIN ups")] == ["OK"] * 3

    def say(self, line: str) -> str:
        self._stream.write(f"{line}\n")
        self._stream.flush()
        return self._stream.readline().strip()

    def close(self) -> None:
        self._stream.close()
        self._sock.close()


def test_a_drill_from_start_to_end(run: Callable[..., dict[str, Any]]) -> None:
    server = run("started", **SERVER)
    control = server["control"]
    assert server["changed"]
    assert sorted(server["ports"]) == ["blip", "fsd"]
    assert set(server) - {"changed", "invocation"} == {"pid", "control", "ports"}
    clients = {name: Client(port) for name, port in server["ports"].items()}
    seen = run("clients", control=control, expect={"fsd": [HOME], "blip": [HOME, "192.0.2.31"]})
    assert (seen["changed"], seen["missing"]) == (False, {"blip": ["192.0.2.31"]})
    assert seen["clients"] == {"fsd": [HOME], "blip": [HOME]}
    seen = run("clients", control=control, expect={"fsd": [HOME], "blip": [f"::ffff:{HOME}"]}, wait=9)
    assert (seen["missing"], seen["refused"]) == ({}, {"fsd": {}, "blip": {}})
    assert clients["fsd"].say("GET VAR ups ups.status") == 'VAR ups ups.status "OL"'
    before = time.time()
    drill = run("played", control=control, linger=0.5)
    assert (drill["changed"], drill["over"]) == (True, True)
    assert before <= drill["played"] <= time.time()
    fsd, blip = drill["events"]["fsd"], drill["events"]["blip"]
    assert [one["status"] for one in fsd["steps"]] == ["OB", "FSD OB"]
    assert drill["played"] < fsd["steps"][0]["time"] < fsd["steps"][1]["time"] <= time.time()
    assert fsd["clients"][HOME][0]["logout"] is None
    assert clients["fsd"].say("GET VAR ups ups.status") == 'VAR ups ups.status "FSD OB"'
    (login,) = blip["clients"][HOME]
    assert (login["how"], login["login"] < login["logout"]) == ("gone", True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOME, server["ports"]["blip"]))
    again = run("played", control=control)
    assert (again["failed"], again["msg"].split(": ")[-1]) == (True, "it has been played.")
    assert run("absent", control=control)["changed"]
    assert not Path(control).parent.exists()
    assert not run("absent", control=control)["changed"]
    until(lambda: not is_running(server["pid"]))
    for client in clients.values():
        client.close()


def test_it_is_over_when_everybody_has_gone_and_not_before(run: Callable[..., dict[str, Any]]) -> None:
    scripts = [{"name": "fsd", "steps": [step(0, "FSD OB"), step(3000)]}]
    server = run("started", **{**SERVER, "scenarios": scripts, "deadline": 3600})
    Client(server["ports"]["fsd"]).close()
    drill = run("played", control=server["control"])
    assert (drill["over"], drill["events"]["fsd"]["clients"][HOME][0]["how"]) == (True, "lost")
    assert [one["at"] for one in drill["events"]["fsd"]["steps"]] == [0]
    assert run("absent", control=server["control"])["changed"]
    until(lambda: not is_running(server["pid"]))


def test_no_longer_than_until(run: Callable[..., dict[str, Any]]) -> None:
    server = run("started", **SERVER)
    assert not run("played", control=server["control"], until=0)["over"]
    assert run("absent", control=server["control"])["changed"]
    until(lambda: not is_running(server["pid"]))


def test_its_process_is_nobodys_and_its_files_are_its_own(run: Callable[..., dict[str, Any]]) -> None:
    server = run("started", **SERVER)
    control, process = Path(server["control"]), Path(f"/proc/{server['pid']}")
    assert stat.S_IMODE(control.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(control.stat().st_mode) == 0o600
    assert list(control.parent.iterdir()) == [control]
    assert os.getsid(server["pid"]) != os.getsid(0)
    for secret_free in ("cmdline", "environ"):
        assert PASSWORD.encode() not in (process / secret_free).read_bytes()
    kinds = {os.readlink(link).partition(":")[0] for link in (process / "fd").iterdir()}
    assert kinds <= {"/dev/null", "socket", "anon_inode"}
    os.kill(server["pid"], signal.SIGHUP)
    os.kill(server["pid"], signal.SIGTERM)
    until(lambda: not is_running(server["pid"]))
    assert not control.parent.exists()


def test_it_ends_by_itself(run: Callable[..., dict[str, Any]]) -> None:
    server = run("started", **{**SERVER, "deadline": 1})
    client = Client(server["ports"]["fsd"])
    until(lambda: not is_running(server["pid"]))
    assert not Path(server["control"]).parent.exists()
    client.close()


def test_a_script_longer_than_the_deadline_is_not_begun(run: Callable[..., dict[str, Any]]) -> None:
    scripts = [{"name": "fsd", "steps": [step(100)]}]
    server = run("started", **{**SERVER, "scenarios": scripts})
    refused = run("played", control=server["control"])
    assert "give it a later deadline (nut_drill_deadline" in refused["msg"]
    assert run("absent", control=server["control"])["changed"]
    until(lambda: not is_running(server["pid"]))


def test_what_a_killed_one_left_goes_with_absent_or_the_next_start(run: Callable[..., dict[str, Any]]) -> None:
    for way in ("absent", "started"):
        server = run("started", **SERVER)
        folder = Path(server["control"]).parent
        os.kill(server["pid"], signal.SIGKILL)
        until(lambda: not is_running(server["pid"]))  # noqa: B023
        assert run("clients", control=server["control"])["failed"]
        os.utime(folder, (0, 0))
        found = run(way, **(SERVER if way == "started" else {"control": server["control"]}))
        assert found["changed"]
        assert not folder.exists()
    assert run("absent", control=found["control"])["changed"]
    until(lambda: not is_running(found["pid"]))


def test_check_mode_starts_plays_and_ends_nothing(run: Callable[..., dict[str, Any]]) -> None:
    planned = run("started", True, **SERVER)
    assert (planned["changed"], planned["pid"], planned["control"], planned["ports"]) == (True, None, None, {})
    server = run("started", **SERVER)
    control = server["control"]
    drill = run("played", True, control=control)
    assert (drill["changed"], drill["played"], drill["over"]) == (True, None, False)
    assert run("absent", True, control=control)["changed"]
    assert not run("clients", True, control=control)["changed"]
    assert run("absent", control=control)["changed"]
    assert not run("absent", True, control=control)["changed"]
    until(lambda: not is_running(server["pid"]))


# state, arguments, the message
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("started", {"password": ""}, "password must not be empty."),
    ("started", {"username": ""}, "username must not be empty."),
    ("started", {"ups": ""}, "ups must not be empty."),
    ("started", {"addresses": []}, "addresses must name at least one address."),
    ("started", {"permitted": []}, "permitted must name at least one address."),
    ("started", {"permitted": ["192.0.2.0/24"]}, "permitted must be IPv4 or IPv6 addresses, not 192.0.2.0/24."),
    ("started", {"addresses": ["nas"]}, "addresses must be IPv4 or IPv6 addresses, not nas."),
    ("started", {"deadline": 0}, "deadline must be from 1 to 86400 seconds, not 0."),
    ("started", {"deadline": 86401}, "deadline must be from 1 to 86400 seconds, not 86401."),
    ("started", {"ports": [4000]}, "ports must be the first and the last of them, from 1024 to 65535."),
    ("started", {"ports": [4001, 4000]}, "ports must be the first and the last of them, from 1024 to 65535."),
    ("started", {"ports": [80, 4000]}, "ports must be the first and the last of them, from 1024 to 65535."),
    ("started", {"ports": [3493, 3494]}, "ports must not hold 3493, where a real upsd is looked for."),
    ("started", {"ports": [4000, 4000]}, "ports must be at least 2, one a scenario."),
    ("started", {"scenarios": []}, "scenarios must have at least one, each with a name of its own."),
    ("started", {"wait": -1}, "wait must be from 0 to 86400 seconds, not -1."),
    ("played", {"linger": float("nan"), "control": NOTHING}, "linger must be from 0 to 86400 seconds, not nan."),
    ("played", {"until": 1e9, "control": NOTHING}, "until must be from 0 to 86400 seconds, not 1e+09."),
    (
        "clients",
        {"expect": {"fsd": HOME}, "control": NOTHING},
        "expect must be a list of addresses for each scenario.",
    ),
    (
        "clients",
        {"expect": {"fsd": ["lab1"]}, "control": NOTHING},
        "expect must be IPv4 or IPv6 addresses, not lab1.",
    ),
    ("clients", {}, "state is clients but all of the following are missing: control"),
    ("played", {}, "state is played but all of the following are missing: control"),
    ("absent", {}, "state is absent but all of the following are missing: control"),
]


@pytest.mark.parametrize(("state", "arguments", "message"), REFUSED)
def test_arguments_refused(
    run: Callable[..., dict[str, Any]], state: str, arguments: dict[str, Any], message: str
) -> None:
    given = {**SERVER, **arguments} if state == "started" else arguments
    assert run(state, **given)["msg"] == message


@pytest.mark.parametrize("state", ["clients", "played"])
def test_nobody_is_there(run: Callable[..., dict[str, Any]], state: str) -> None:
    said = run(state, control=NOTHING)["msg"]
    assert said.startswith(f"No UPS server of a drill answers at {NOTHING}: ")


def test_a_scenario_that_is_not_there(run: Callable[..., dict[str, Any]]) -> None:
    server = run("started", **SERVER)
    said = run("clients", control=server["control"], expect={"calibration": [HOME]})["msg"]
    assert said == "expect: this drill has no scenario calibration."
    assert run("absent", control=server["control"])["changed"]
    until(lambda: not is_running(server["pid"]))


def test_an_address_that_is_not_this_hosts(run: Callable[..., dict[str, Any]]) -> None:
    said = run("started", **{**SERVER, "addresses": ["192.0.2.1"]})["msg"]
    assert said.startswith("The UPS server of the drill cannot listen: ")


def test_absent_removes_nothing_that_is_not_a_drills(run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "control.sock").touch()
    assert not run("absent", control=str(tmp_path / "control.sock"))["changed"]
    assert (tmp_path / "control.sock").exists()


def playbook(folder: Path, tasks: list[dict[str, Any]]) -> subprocess.Popen[str]:
    """Start ansible-playbook with a play of this machine's, as leader of a group."""
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "ansible", "playbook", str(folder / "play.yml")],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCAL_TEMP": str(folder),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_the_examples_run(tmp_path: Path) -> None:
    with playbook(tmp_path, yaml.safe_load(nut_drill_server.EXAMPLES)) as play:
        said = play.communicate(timeout=2 * PATIENCE)[0]
    assert play.returncode == 0, said
    assert "changed=3 " in said


def test_it_outlives_a_killed_playbook_until_its_deadline(tmp_path: Path) -> None:
    told = tmp_path / "told"
    tasks: list[dict[str, Any]] = [
        {"upsfleet.synology.nut_drill_server": {"state": "started", **SERVER, "deadline": 8}, "register": "server"},
        {"ansible.builtin.copy": {"content": "{{ server | to_json }}", "dest": str(told)}},
        {"ansible.builtin.pause": {"seconds": 600}},
    ]
    with playbook(tmp_path, tasks) as play:
        until(lambda: told.exists() and told.read_text(encoding="utf-8") != "")
        os.killpg(play.pid, signal.SIGKILL)
    server = json.loads(told.read_text(encoding="utf-8"))
    client = Client(server["ports"]["fsd"])
    until(lambda: not is_running(server["pid"]))
    client.close()
    assert not Path(server["control"]).parent.exists()


def _option(option: dict[str, Any]) -> dict[str, Any]:
    named = {key: option.get(key) for key in ("type", "default", "required", "choices", "elements")}
    inner = option.get("suboptions") or option.get("options")
    return {**named, "options": {name: _option(one) for name, one in inner.items()} if inner else None}


def test_documented_options_are_the_real_ones() -> None:
    documented = yaml.safe_load(nut_drill_server.DOCUMENTATION)["options"]
    assert {name: _option(one) for name, one in documented.items()} == {
        name: _option(one) for name, one in nut_drill_server.OPTIONS.items()
    }


def test_documented_results_are_the_real_ones(run: Callable[..., dict[str, Any]]) -> None:
    documented = yaml.safe_load(nut_drill_server.RETURN)
    server = run("started", **SERVER)
    found = [server, run("clients", control=server["control"]), run("played", control=server["control"], until=0)]
    assert run("absent", control=server["control"])["changed"]
    assert {key for one in found for key in one} - {"changed", "invocation"} == set(documented)
    until(lambda: not is_running(server["pid"]))
