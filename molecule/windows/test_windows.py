"""A Windows host is proven protected with the official archive. It is a double, its upsmon a real one, but of Linux."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scenarios.harness import Run, fleet, wait_for
from scenarios.windows import NUT, SERVICE, windows

ONLY = ["windows"]


def site(**variables: Any) -> Run:
    return fleet.playbook("site", limit=ONLY, variables=variables)


def audit(**variables: Any) -> Run:
    return fleet.playbook("audit", limit=ONLY, variables=variables)


def test_the_nas_lists_the_host() -> None:
    assert fleet.nas.clients() == ["windows"]
    assert windows.shutdowns() == []


def test_the_service_is_registered_as_it_should_be() -> None:
    service = windows.service
    assert service["path"] == '"C:\\NUT\\bin\\nut.exe"'
    assert (service["start_mode"], service["state"]) == ("delayed", "started")
    assert service["dependencies"] == ["Tcpip", "Dnscache"]
    event_source = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Network UPS Tools"
    assert windows.value(event_source, "EventMessageFile") == "C:\\NUT\\bin\\nut.exe"
    assert windows.state["tasks"] == {}


def test_files_are_as_the_parser_wants_them() -> None:
    conf = windows.read(f"{NUT}\\etc\\upsmon.conf")
    assert conf.isascii()
    assert f'MONITOR "ups@{fleet.nas_address}" 1 "monuser" "secret" secondary' in conf
    lines = windows.read(f"{NUT}\\etc\\nut.conf").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["MODE=netclient"]
    assert not windows.exists(f"{NUT}\\upsfleet-new")


def test_another_run_takes_a_few_executions_and_changes_nothing() -> None:
    run = site().succeeds().changes_nothing()

    row = run.rows["windows"]
    assert (row["verdict"], row["logged_in"], row["protected"], row["drift"]) == ("ok", True, True, [])
    assert (row["double"], row["address"], row["nut_version"]) == (True, windows.host.address, "2.8.4")
    assert row["system"].startswith("Windows 10")
    assert "(double)" in run.text
    assert run.modules["windows"] == [
        "ansible.windows.win_find",
        "ansible.windows.win_service_info",
        "upsfleet.synology.win_nut_client_info",
        "upsfleet.synology.win_upsd_exchange",
    ]


# As a person does who resets rights in Explorer: what folders above hand down comes back, own rules are gone.
LOOSENED = {
    NUT: f"state['acls'][{NUT.lower()!r}]['protected'] = False",
    "C:\\ProgramData\\upsfleet": "state['acls']['c:\\\\programdata\\\\upsfleet']['protected'] = False",
    f"{NUT}\\bin": "state['acls']['c:\\\\nut\\\\bin']['aces'] = []",
}


def test_folders_that_were_opened_to_others_are_closed_again() -> None:
    for change in LOOSENED.values():
        windows.change(change)
    run = audit().fails()
    assert run.verdicts == {"windows": "drifted"}
    for folder in LOOSENED:
        assert f"{folder}: " in run.advice("windows")

    site().succeeds()
    site().succeeds().changes_nothing()


def test_a_rule_for_somebody_else_is_not_built_upon() -> None:
    before = windows.files()
    rules = f"state['acls'][{NUT.lower()!r}]['aces']"
    windows.change(f"{rules}.append(dict({rules}[0], sid='S-1-5-21-1-2-3-1001'))")
    run = site().fails()
    windows.change(f"{rules}.pop()")

    assert f"{NUT} belongs to S-1-5-21-1-2-3-1001, or has an access rule" in run.advice("windows")
    assert "icacls" in run.advice("windows")
    assert windows.files() == before
    site().succeeds().changes_nothing()


def test_users_may_run_the_programs_and_nothing_else() -> None:
    acls = windows.state["acls"]
    users = {path for path, acl in acls.items() if any(ace["sid"] == "S-1-5-32-545" for ace in acl.get("aces", ()))}
    assert {path for path in users if "nut" in path or "upsfleet" in path} == {"c:\\nut\\bin", "c:\\nut\\sbin"}
    for path in ("c:\\nut", "c:\\nut\\etc", "c:\\programdata\\upsfleet"):
        assert acls[path]["protected"], path
        assert {ace["sid"] for ace in acls[path]["aces"]} == {"S-1-5-18", "S-1-5-32-544"}, path


def test_a_service_that_was_changed_by_hand_is_put_right() -> None:
    windows.change(
        f"state['services'][{SERVICE.lower()!r}].update(path='C:\\\\NUT\\\\bin\\\\nut.exe', start_mode='auto')"
    )
    run = audit().fails()
    assert 'starts C:\\NUT\\bin\\nut.exe and not "C:\\NUT\\bin\\nut.exe"' in run.advice("windows")
    assert "starts before the network does" in run.advice("windows")

    site().succeeds()
    assert windows.service["path"] == '"C:\\NUT\\bin\\nut.exe"'
    site().succeeds().changes_nothing()


def test_a_denied_host_is_told_its_address() -> None:
    fleet.nas("deny", windows.host.address)
    run = audit().fails()
    fleet.nas.permit(windows.host.address)

    assert run.verdicts == {"windows": "not_permitted"}
    assert f"In DSM add {windows.host.address}" in run.advice("windows")
    fleet.nas.wait_for_clients("windows")


def test_a_wrong_password_changes_nothing_and_is_not_shown() -> None:
    before = windows.files()
    run = site(ups_password="sesame-Sentinel-7").fails()

    assert run.verdicts == {"windows": "bad_credentials"}
    assert "sesame" not in run.text
    assert windows.files() == before


def test_tls_is_refused_with_a_sentence() -> None:
    run = site(nut_client_tls="require").fails()
    assert "nut_client_tls is require, but the probe on a Windows host speaks no TLS" in run.advice("windows")


def test_what_does_not_log_in_is_put_back_and_event_viewer_is_quoted() -> None:
    conf = windows.read(f"{NUT}\\etc\\upsmon.conf")
    run = site(nut_client_forcessl=True, nut_client_login_wait=8).fails()

    assert "the files that worked before were put back. Event Viewer said: upsmon - UPS [" in run.advice("windows")
    assert windows.read(f"{NUT}\\etc\\upsmon.conf") == conf
    fleet.nas.wait_for_clients("windows")
    site().succeeds().changes_nothing()


def test_upsd_access_is_judged_on_the_controller(tmp_path: Path) -> None:
    book = tmp_path / "access.yml"
    ask = {"host": fleet.nas_address}
    tasks = [{"upsfleet.synology.upsd_access": options} for options in (ask, {**ask, "tls": "require"})]
    book.write_text(json.dumps([{"hosts": "windows", "gather_facts": False, "become": True, "tasks": tasks}]))
    run = fleet.play(book, limit=ONLY).fails()

    assert run.modules["windows"] == ["upsfleet.synology.win_upsd_exchange"]
    assert "ok=1 " in run.text
    assert "tls: require is not possible on a Windows host" in " ".join(run.text.split())


def test_a_forced_shutdown_runs_the_command_byte_for_byte_and_is_not_started_into() -> None:
    assert windows.shutdowns() == []
    fleet.nas("fsd")
    wait_for("the shutdown command", lambda: windows.shutdowns() != [])
    assert windows.shutdowns() == ["C:\\Windows\\System32\\shutdown.exe /s /t 0 /f"]
    wait_for("upsmon's end", lambda: not windows.upsmon())

    run = site().fails().changes_nothing()
    assert run.verdicts == {"windows": "forced_shutdown"}
    assert windows.upsmon() == []
    fleet.nas.as_new()
    site().succeeds()
    fleet.nas.wait_for_clients("windows")


def test_remove_leaves_the_host_as_it_was() -> None:
    fleet.playbook("remove", "--check", limit=ONLY).succeeds()
    assert windows.upsmon() != []
    fleet.playbook("remove", limit=ONLY).succeeds()

    assert windows.service == {}
    assert windows.upsmon() == []
    assert not windows.exists(NUT)
    assert not windows.exists("C:\\ProgramData\\upsfleet")
    fleet.nas.wait_for_clients()
    fleet.playbook("remove", limit=ONLY).succeeds().changes_nothing()
