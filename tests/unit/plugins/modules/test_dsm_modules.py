# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules dsm_ups and dsm_ups_info as Ansible runs them, against a scripted DSM behind HTTPS."""

from __future__ import annotations

import datetime
import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.doc_fragments import permitted
from ansible_collections.upsfleet.synology.plugins.doc_fragments.dsm import ModuleDocFragment
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import argspec, record_file
from ansible_collections.upsfleet.synology.plugins.modules import dsm_ups, dsm_ups_info

COLLECTIONS = Path(dsm_ups.__file__).parents[2] / ".collections"
A, B = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def run(certificate: tuple[Path, Path], secrets: dict[str, str], closed_port: int) -> Callable[..., dict[str, Any]]:
    """Run a module as a program of its own, and decode what it hands to its action plugin."""

    def run(module: Any, port: int = 1, **arguments: Any) -> dict[str, Any]:
        given = {
            "host": "localhost",
            "port": port,
            "username": "upsadmin",
            "password": secrets["password"],
            "ca_path": str(certificate[0]),
            "allow_local": True,
            **({"upsd_port": closed_port} if module is dsm_ups else {}),
            **arguments,
        }
        name = module.__name__.split(".")[-1]
        done = subprocess.run(
            [sys.executable, "-m", f"ansible_collections.upsfleet.synology.plugins.modules.{name}"],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(COLLECTIONS), "PATH": "/usr/bin:/bin"},
        )
        result: dict[str, Any] = json.loads(done.stdout)
        shown = {name for name, secret in secrets.items() if secret in done.stdout + done.stderr}
        assert shown == ({"new_device"} if "device_id" in result else set())
        del result["invocation"]
        return result

    return run


def test_info(run: Any, https_dsm: Any, fake_dsm: Any, secrets: dict[str, str]) -> None:
    nas = fake_dsm()
    result = run(dsm_ups_info, https_dsm(nas).port)
    assert result == {
        "changed": False,
        "settings": {
            "enabled": True,
            "mode": "USB",
            "delay_time": -1,
            "shutdown_device": False,
            "network_server": True,
            "permitted": [A],
            "full": False,
            "manufacturer": "American Power Conversion",
            "model": "Back-UPS ES 700G",
            "status": "online",
            "charge": 100,
            "runtime": 1620,
            "connected": True,
        },
    }
    assert nas.methods == ["query", "login", "get", "logout"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_change(run: Any, https_dsm: Any, fake_dsm: Any, check_mode: bool) -> None:
    nas = fake_dsm(ACL_list=[A, "192.0.2.9", "", "", ""])
    port = https_dsm(nas).port
    result = run(dsm_ups, port, permitted=[A, B], delay_time=60, _ansible_check_mode=check_mode)
    assert (result["changed"], result["added"], result["removed"], result["extra"]) == (True, [B], [], ["192.0.2.9"])
    assert result["settings"]["permitted"] == [A, "192.0.2.9", B]
    shown = {"enabled": True, "mode": "USB", "shutdown_device": False, "network_server": True}
    assert result["diff"] == {
        "before": {**shown, "delay_time": -1, "permitted": [A, "192.0.2.9"]},
        "after": {**shown, "delay_time": 60, "permitted": [A, "192.0.2.9", B]},
    }
    change = [] if check_mode else ["set", "get"]
    assert nas.methods == ["query", "login", "get", *change, "logout"]

    nas.forms.clear()
    if not check_mode:
        again = run(dsm_ups, port, permitted=[A, B], delay_time=60)
        assert (again["changed"], again["added"], again["settings"]) == (False, [], result["settings"])
        assert nas.methods == ["query", "login", "get", "logout"]


def test_exact(run: Any, https_dsm: Any, fake_dsm: Any) -> None:
    nas = fake_dsm(ACL_list=[A, "192.0.2.9", "", "", ""])
    result = run(dsm_ups, https_dsm(nas).port, permitted=[B, A], exact=True)
    assert (result["added"], result["removed"], result["extra"]) == ([B], ["192.0.2.9"], [])
    assert nas.settings["ACL_list"] == [A, B, "", "", ""]


@pytest.fixture
def ask(certificate: tuple[Path, Path], secrets: dict[str, str], closed_port: int) -> Callable[..., dict[str, Any]]:
    """Do what dsm_ups does, in this process."""

    def ask(port: int, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        known = {**argspec.CONNECTION, **dsm_ups.SETTINGS, **dsm_ups.FLEET, **dsm_ups.MOMENT}
        given = {"host": "localhost", "port": port, "username": "upsadmin", "password": secrets["password"]}
        more = {"ca_path": str(certificate[0]), "allow_local": True, "upsd_port": closed_port}
        report: dict[str, Any] = {"changed": False}
        defaults = {name: option.get("default") for name, option in known.items()}
        dsm_ups.run({**defaults, **given, **more, **options}, check_mode, report)
        return report

    return ask


TODAY = datetime.date.today().isoformat()
OLD = "2026-01-02"
GONE, THEIRS = "192.0.2.8", "192.0.2.9"

# the list, the record, the options; what is permitted and recorded then, and whether somebody warns
RECORDS: list[tuple[list[str], Any, dict[str, Any], list[str], Any, bool]] = [
    # what this module permits it records, what somebody else has permitted it does not
    ([A], None, {"clients": {"a": [A], "b": [B]}}, [A, B], {B: {"b": TODAY}}, False),
    ([], {}, {"clients": {"b": [B]}, "permitted": [A]}, [B, A], {B: {"b": TODAY}}, False),
    # gone from a whole inventory
    ([A, GONE, THEIRS], {GONE: {"c": OLD}}, {"clients": {"a": [A]}, "inventory": ["a"]}, [A, THEIRS], {}, False),
    ([A, GONE], {GONE: {"c": OLD}}, {"clients": {"a": [A]}, "inventory": ["a", "c"]}, [A, GONE], None, False),
    ([A, GONE], {GONE: {"c": OLD}}, {"clients": {"a": [A]}}, [A, GONE], None, False),
    ([A, GONE], None, {"clients": {"a": [A]}, "inventory": ["a"]}, [A, GONE], None, True),
    # said to be gone
    ([A, GONE], {GONE: {"c": OLD}}, {"gone": ["c"]}, [A], {}, False),
    ([A, GONE], {GONE: {"c": OLD, "d": OLD}}, {"gone": ["c"]}, [A, GONE], {GONE: {"d": OLD}}, False),
    ([A, GONE], None, {"gone": ["c"]}, [A, GONE], None, True),
    ([GONE], {GONE: {"c": OLD}}, {"gone": ["c"]}, [GONE], None, True),  # the last one stays
    # of another name now: noted, so that it is not dropped with the old one
    ([A], {A: {"old": OLD}}, {"clients": {"new": [A]}, "inventory": ["new"]}, [A], {A: {"new": TODAY}}, False),
    # a host that is away: what it had is not permitted anew, and not forgotten
    ([A], {B: {"b": OLD}}, {"clients": {"a": [A], "b": []}}, [A], None, False),
    ([A, B], {B: {"b": OLD}}, {"clients": {"a": [A], "b": []}}, [A, B], None, False),
    # another inventory's, which lives
    (
        [A, GONE],
        {GONE: {"c": OLD}},
        {"clients": {"a": [A]}, "inventory": ["a"], "connected": [GONE]},
        [A, GONE],
        None,
        False,
    ),
    ([A, GONE], {GONE: {"c": OLD}}, {"gone": ["c"], "connected": [GONE]}, [A], {}, False),
]


@pytest.mark.parametrize(("present", "record", "options", "permitted", "recorded", "warns"), RECORDS)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_record(
    ask: Any,
    https_dsm: Any,
    fake_dsm: Any,
    tmp_path: Path,
    present: list[str],
    record: Any,
    options: dict[str, Any],
    permitted: list[str],
    recorded: Any,
    warns: bool,
    check_mode: bool,
) -> None:
    file = tmp_path / "record.json"
    if record is not None:
        file.write_text(json.dumps({"other": {A: {"a": OLD}}, "localhost": record}))
    nas = fake_dsm(ACL_list=present)
    port = https_dsm(nas).port
    result = ask(port, check_mode, record=str(file), **options)
    after = (permitted, record if recorded is None else recorded)
    assert result["settings"]["permitted"] == permitted
    assert bool(result["notes"]) is warns
    assert result["changed"] is (present != permitted or recorded is not None)
    assert B not in result["extra"], "it is a host's of this run, seen or not"
    told = {*result["removed"], *result["extra"]}
    assert result["recorded"] == {address: hosts for address, hosts in (record or {}).items() if address in told}
    text = file.read_text() if file.exists() else ""
    found = json.loads(text)["localhost"] if text else None
    stands = [one for one in nas.settings["ACL_list"] if one]
    assert (stands, found) == ((present, record) if check_mode else after)
    if not check_mode:
        again = ask(port, record=str(file), **options)
        assert again["changed"] is False
        assert os.listdir(tmp_path) == ["record.json"]
        assert record is None or json.loads(text)["other"] == {A: {"a": OLD}}, "of another NAS"


def test_a_run_that_is_overtaken_before_it_has_read_again_sets_once_more(
    ask: Any, https_dsm: Any, fake_dsm: Any
) -> None:
    """The other run had read the list before; what it sets stands when this one looks whether its own does."""

    def overtake(nas: Any) -> None:
        nas.settings["ACL_list"] = [A, "192.0.2.9", "", "", ""]

    nas = fake_dsm(script={"get": [None, overtake]})
    result = ask(https_dsm(nas).port, clients={"b": [B]})
    assert (result["added"], nas.methods.count("set")) == ([B], 2)
    assert nas.settings["ACL_list"] == [A, "192.0.2.9", B, "", ""]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_slices_in_every_order_leave_the_union(
    ask: Any, https_dsm: Any, fake_dsm: Any, tmp_path: Path, order: tuple[int, ...]
) -> None:
    nas = fake_dsm(ACL_list=[])
    port, hosts = https_dsm(nas).port, {f"web{number}": f"192.0.2.{number}" for number in range(31, 35)}
    done: list[str] = []
    for part in order:
        names = sorted(hosts)[part::3]
        ask(port, clients={name: [hosts[name]] for name in names}, record=str(tmp_path / "record.json"))
        done += [hosts[name] for name in names]
        assert [address for address in nas.settings["ACL_list"] if address] == done


@pytest.mark.parametrize(
    "content", ["plugin: ups", "[]", '{"192.0.2.1": {"a": "2026-01-02"}}', '{"nas": {"192.0.2.1": {"a": 1}}}']
)
def test_a_file_that_is_no_record_is_not_overwritten(
    run: Any, https_dsm: Any, fake_dsm: Any, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text(content)
    nas = fake_dsm()
    result = run(dsm_ups, https_dsm(nas).port, record=str(file), clients={"b": [B]})
    assert result["failed"] is True
    assert result["msg"].startswith(f"record: {file}: it is no record")
    assert (file.read_text(), nas.methods) == (content, [])


def test_two_runs_with_one_record_take_turns(run: Any, https_dsm: Any, fake_dsm: Any, tmp_path: Path) -> None:
    nas = fake_dsm()
    port, file = https_dsm(nas).port, str(tmp_path / "record.json")
    hosts = {name: [f"192.0.2.{number}"] for number, name in enumerate("abc", 21)}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: run(dsm_ups, port, record=file, clients={name: hosts[name]}), hosts))
    assert sorted(filter(None, nas.settings["ACL_list"])) == ["192.0.2.1", "192.0.2.21", "192.0.2.22", "192.0.2.23"]
    assert json.loads(Path(file).read_text())["localhost"].keys() == {address for (address,) in hosts.values()}


def test_a_lock_that_another_run_keeps(run: Any, https_dsm: Any, fake_dsm: Any, tmp_path: Path) -> None:
    nas = fake_dsm()
    file = str(tmp_path / "record.json")
    with record_file.locked(file, 0):
        result = run(dsm_ups, https_dsm(nas).port, record=file, clients={"b": [B]}, timeout=0.5)
    assert result["msg"] == f"record: another run has held {file} for 0.5 s. Run this again after it."
    assert nas.methods == []


def test_eight_behind_five(run: Any, https_dsm: Any, fake_dsm: Any) -> None:
    eight = [f"192.0.2.{number}" for number in range(1, 9)]
    nas = fake_dsm(ACL_list=eight)
    result = run(dsm_ups, https_dsm(nas).port, permitted=["192.0.2.1", "192.0.2.8"])
    assert (result["failed"], result["reason"], result["needs_ssh"]) == (True, "needs_ssh", True)
    assert result["differs"] == ["permitted"]
    assert result["msg"].endswith("Nothing was changed.")
    assert (nas.settings["ACL_list"], nas.methods[-1]) == (eight, "logout")


def test_an_exact_list_of_nobody(run: Any, https_dsm: Any, fake_dsm: Any) -> None:
    nas = fake_dsm()
    result = run(dsm_ups, https_dsm(nas).port, permitted=[], exact=True)
    assert (result["failed"], result["reason"], result["differs"]) == (True, "not_safe", ["permitted"])
    assert f"would shut out everybody ({A})" in result["msg"]
    assert nas.methods == ["query", "login", "get", "logout"]

    nas = fake_dsm(ACL_list=[""] * 5)
    assert run(dsm_ups, https_dsm(nas).port, permitted=[], exact=True)["changed"] is False


# what the NAS's upsd says here, what DSM tells, what clients have read; the word that is refused, None if nothing is
MOMENTS: list[tuple[str, str, list[str], str | None]] = [
    ('VAR ups ups.status "OL CAL"\n', "online", [], "OL CAL"),
    ('VAR ups ups.status "OL"\n', "online", ["OL", "OL CAL"], "OL CAL"),
    ('VAR ups ups.status "WAIT"\n', "unknown", [], "WAIT"),
    ('VAR ups ups.status "OL"\n', "battery", [], "OB"),
    ("ERR ACCESS-DENIED\n", "low_batt", [], "OB LB"),
    ("ERR ACCESS-DENIED\n", "online", ["OL ALARM"], "OL ALARM"),
    ("ERR ACCESS-DENIED\n", "online", ["OL CHRG"], None),
    ("ERR ACCESS-DENIED\n", "unknown", [], None),
    ("ERR DATA-STALE\n", "online", [], None),
]


@pytest.mark.parametrize(("says", "tells", "clients", "word"), MOMENTS)
def test_a_moment_at_which_upsd_must_not_go_away(
    run: Any, https_dsm: Any, fake_dsm: Any, fake_upsd: Any, says: str, tells: str, clients: list[str], word: str | None
) -> None:
    nas, upsd = fake_dsm(status=f"usb_ups_status_{tells}"), fake_upsd({"GET VAR": says})
    place = {"port": https_dsm(nas).port, "upsd_port": upsd.port, "statuses": clients}
    checked = run(dsm_ups, permitted=[B], _ansible_check_mode=True, **place)
    result = run(dsm_ups, permitted=[B], **place)
    if word is None:
        assert (checked["changed"], result["changed"]) == (True, True)
    else:
        assert (result["failed"], result["reason"], result["differs"]) == (True, "not_safe", ["permitted"])
        assert result["msg"].startswith(f"The UPS says {word}: ")
        assert result["msg"].endswith("Nothing was changed.")
        assert checked["msg"] == result["msg"]
        assert "set" not in nas.methods

    asked = len(upsd.received)
    assert run(dsm_ups, permitted=[A], **place)["changed"] is False, "where nothing differs nothing is refused"
    assert len(upsd.received) == asked == 2


def test_a_cut_in_the_middle_of_set(run: Any, https_dsm: Any, fake_dsm: Any) -> None:
    nas = fake_dsm()
    result = run(dsm_ups, https_dsm(nas, set="drop").port, permitted=[B])
    assert (result["changed"], result["settings"]["permitted"]) == (True, [A, B])
    assert nas.methods == ["query", "login", "get", "set", "get", "logout"]


# script, manner, arguments, reason, code, the message
FAULTS: list[tuple[dict[str, Any], dict[str, str], dict[str, Any], str, int | None, str]] = [
    ({}, {}, {"password": "wrong"}, "bad_credentials", 400, "one attempt"),
    ({"login": 403}, {}, {}, "otp_needed", 403, "run once with otp_code"),
    ({"get": 105}, {}, {}, "not_administrator", 105, "administrators"),
    ({"get": 119}, {}, {}, "session_expired", 119, "no longer knows the session"),
    ({"query": b"<html>"}, {}, {}, "not_dsm", None, "an HTML page"),
    ({}, {}, {"host": "127.0.0.1"}, "tls_failed", None, "certificate is not valid for"),
    ({}, {}, {"ca_path": None}, "tls_failed", None, "give ca_path"),
    ({}, {"get": "cut"}, {}, "unreachable", None, "broke off"),
    ({"get": [None, b"<html>", b"<html>"], "set": 4711}, {}, {}, "not_applied", None, "had been sent"),
    ({}, {"login": "drip"}, {"timeout": 1}, "unreachable", None, "No answer"),
]


@pytest.mark.parametrize(("script", "manner", "arguments", "reason", "code", "text"), FAULTS)
def test_faults(
    run: Any,
    https_dsm: Any,
    fake_dsm: Any,
    script: dict[str, Any],
    manner: dict[str, str],
    arguments: dict[str, Any],
    reason: str,
    code: int | None,
    text: str,
) -> None:
    nas = fake_dsm(script=script)
    result = run(dsm_ups, https_dsm(nas, **manner).port, permitted=[B], **arguments)
    assert (result["failed"], result["changed"], result["reason"], result["code"]) == (True, False, reason, code)
    assert text in result["msg"]
    assert result["msg"].endswith("Nothing was changed.") is (reason != "not_applied")
    assert nas.methods.count("login") <= 1
    assert nas.settings["ACL_list"] == [A, "", "", "", ""]


# arguments, the message; nothing is sent
REFUSED = [
    ({"host": "https://nas"}, "host must be an address or a name"),
    ({"host": ""}, "host must be an address or a name"),
    ({"host": "localhost", "allow_local": False}, "is the machine that runs this module, not a NAS"),
    ({"port": 0}, "port must be from 1 to 65535"),
    ({"timeout": 0}, "timeout must be more than 0"),
    ({"timeout": float("nan")}, "timeout must be more than 0"),
    ({"username": ""}, "username must not be empty"),
    ({"password": ""}, "password must not be empty"),
    ({"ca_path": "nas-ca.pem"}, "ca_path: nas-ca.pem: must be absolute"),
    ({"ca_path": "/missing.pem"}, "ca_path: /missing.pem: No such file"),
    ({"permitted": ["192.0.2.010"]}, "octal there"),
    ({"exact": True}, "exact needs permitted"),
    ({"upsd_port": 0}, "upsd_port must be from 1 to 65535"),
    ({"delay_time": -5}, "delay_time must be"),
    ({"mode": "SLAVE"}, "value of mode must be one of"),
]


@pytest.mark.parametrize(("arguments", "text"), REFUSED)
def test_arguments_refused(run: Any, arguments: dict[str, Any], text: str) -> None:
    result = run(dsm_ups, **arguments)
    assert result["failed"]
    assert text in result["msg"]


@pytest.fixture
def ansible(tmp_path: Path, certificate: tuple[Path, Path], secrets: dict[str, str]) -> Callable[..., str]:
    """Run a task by ``ansible localhost -vvv`` and return all that it says."""

    def ansible(module: str, port: int, *options: str, **arguments: Any) -> str:
        variables = tmp_path / "vars.json"
        variables.write_text(json.dumps(secrets), encoding="utf-8")
        config = tmp_path / "ansible.cfg"
        config.touch()
        given = {
            "host": "localhost",
            "port": port,
            "username": "upsadmin",
            "password": "{{ password }}",
            "ca_path": str(certificate[0]),
            "allow_local": True,
            **arguments,
        }
        done = subprocess.run(
            [
                *(sys.executable, "-m", "ansible", "adhoc", "localhost", "-i", "localhost,", "-c", "local", "-vvv"),
                *("-e", f"@{variables}", "-e", f"ansible_python_interpreter={sys.executable}"),
                *("-m", f"upsfleet.synology.{module}", "-a", json.dumps(given), *options),
            ],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
                "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
                "ANSIBLE_CONFIG": str(config),
                "ANSIBLE_NOCOLOR": "1",
            },
            cwd=tmp_path,
        )
        return done.stdout + done.stderr

    return ansible


def test_no_secret_at_vvv(ansible: Any, https_dsm: Any, fake_dsm: Any, secrets: dict[str, str]) -> None:
    nas = fake_dsm()
    said = ansible(
        "dsm_ups", https_dsm(nas).port, "--diff", permitted=[B], device_id="{{ device_id }}", device_name="here"
    )
    assert '"added": [' in said
    assert f'+    "{B}"' in said or f'+        "{B}"' in said
    assert nas.form("login")["device_id"] == secrets["device_id"]
    said += ansible("dsm_ups_info", https_dsm(fake_dsm()).port)
    said += ansible("dsm_ups_info", https_dsm(fake_dsm(script={"get": 119})).port)
    assert "no longer knows the session" in said
    assert [name for name, secret in secrets.items() if secret in said] == []


def test_a_failure_at_vvv(ansible: Any, https_dsm: Any, fake_dsm: Any, secrets: dict[str, str]) -> None:
    nas = fake_dsm(script={"login": 404})
    said = ansible("dsm_ups_info", https_dsm(nas).port, otp_code="{{ otp_code }}")
    assert "did not accept the one-time code" in said
    assert nas.form("login")["otp_code"] == secrets["otp_code"]
    assert [name for name, secret in secrets.items() if secret in said] == []


def test_a_new_device_is_the_one_secret_that_is_returned(
    ansible: Any, https_dsm: Any, fake_dsm: Any, secrets: dict[str, str]
) -> None:
    nas = fake_dsm(script={"get": 105})
    said = ansible("dsm_ups_info", https_dsm(nas).port, otp_code="{{ otp_code }}")
    assert "administrators" in said
    assert [name for name, secret in secrets.items() if secret in said] == ["new_device"]


def test_a_password_that_is_a_common_word_changes_no_text(
    ansible: Any, https_dsm: Any, fake_dsm: Any, monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]
) -> None:
    monkeypatch.setitem(secrets, "password", "administrators")
    nas = fake_dsm(script={"get": 105})
    said = ansible("dsm_ups", https_dsm(nas).port)
    assert "must be in the group administrators" in said
    assert said.count("administrators") == said.count("group administrators")


def _defaults(options: dict[str, Any]) -> dict[str, Any]:
    names = ("type", "default", "required", "choices", "elements")
    return {name: {key: option.get(key) for key in names} for name, option in options.items()}


def test_documented_options_are_the_real_ones() -> None:
    assert _defaults(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]) == _defaults(argspec.CONNECTION)
    shared = yaml.safe_load(permitted.ModuleDocFragment.DOCUMENTATION)["options"]
    assert _defaults({**shared, **yaml.safe_load(dsm_ups.DOCUMENTATION)["options"]}) == _defaults(
        {**dsm_ups.SETTINGS, **dsm_ups.FLEET, **dsm_ups.MOMENT}
    )
    secret = {name for name, option in argspec.CONNECTION.items() if option.get("no_log")}
    assert secret == {"password", "otp_code", "device_id"}


def test_documented_results_are_the_real_ones(run: Any, https_dsm: Any, fake_dsm: Any) -> None:
    documented = yaml.safe_load(dsm_ups_info.RETURN)
    failed = run(dsm_ups_info, https_dsm(fake_dsm(script={"get": 105})).port, otp_code="1")
    result = run(dsm_ups, https_dsm(fake_dsm()).port, permitted=[A])
    assert set(failed) - {"failed", "changed", "msg"} | {"settings"} == set(documented)
    assert set(result["settings"]) == set(documented["settings"]["contains"])
    documented = yaml.safe_load(dsm_ups.RETURN)
    assert set(result) - {"changed", "diff"} == set(documented) - {
        "device_id",
        "reason",
        "needs_ssh",
        "differs",
        "code",
    } | {"needs_ssh"}
    assert set(documented["settings"]["sample"]) == set(result["settings"])
