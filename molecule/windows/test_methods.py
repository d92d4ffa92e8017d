"""The two other ways to become a client on Windows (a double): the installer of 2014, and WinNUT."""

from __future__ import annotations

import hashlib
from typing import Any

from scenarios.harness import Run, fleet
from scenarios.windows import SERVICE, windows

ONLY = ["windows"]
LEGACY_DIR = "C:\\Program Files (x86)\\NUT"
WINNUT_KEY = "HKCU:\\SOFTWARE\\WinNUT"
RUN_KEY = "HKCU:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"


def sha256(name: str) -> str:
    return hashlib.sha256(windows.packages[name].read_bytes()).hexdigest()


def legacy(openssl: str = "openssl", **more: Any) -> dict[str, Any]:
    return {
        "nut_client_windows_method": "legacy_msi",
        "nut_client_windows_accept_legacy_risk": True,
        "nut_client_windows_legacy_file": str(windows.packages["legacy_msi"]),
        "nut_client_windows_legacy_git_blob_id": "",
        "nut_client_windows_legacy_sha256": sha256("legacy_msi"),
        "nut_client_windows_legacy_openssl_file": str(windows.packages[openssl]),
        "nut_client_windows_legacy_openssl_sha256": sha256(openssl),
        **more,
    }


def winnut(**more: Any) -> dict[str, Any]:
    return {
        "nut_client_windows_method": "winnut",
        "nut_client_windows_winnut_file": str(windows.packages["winnut_msi"]),
        "nut_client_windows_winnut_sha256": sha256("winnut_msi"),
        **more,
    }


def site(variables: dict[str, Any], *options: str) -> Run:
    return fleet.playbook("site", *options, limit=ONLY, variables=variables)


def remove(variables: dict[str, Any]) -> None:
    fleet.playbook("remove", limit=ONLY, variables=variables).succeeds()


def test_the_old_installer_is_refused_and_the_refusal_says_why() -> None:
    before = windows.files()
    run = site(legacy(nut_client_windows_accept_legacy_risk=False)).fails()

    assert "OpenSSL 1.0.2, which has had no security updates since 2019" in run.advice("windows")
    assert "nut_client_windows_accept_legacy_risk: true" in run.advice("windows")
    assert windows.files() == before


def test_libraries_of_the_wrong_kind_are_refused_before_anything_is_installed() -> None:
    run = site(legacy("openssl_x86_64")).fails()

    assert "32-bit" in run.advice("windows")
    assert windows.service == {}
    assert not windows.exists(LEGACY_DIR + "\\bin")


def test_the_old_installer_does_all_that_was_done_by_hand() -> None:
    site(legacy(), "--check").succeeds()
    assert not windows.exists(LEGACY_DIR + "\\bin")
    site(legacy()).succeeds()

    for name in ("libgcc_s_dw2-1.dll", "libeay32.dll", "ssleay32.dll", "upsmon.exe"):
        assert windows.exists(f"{LEGACY_DIR}\\sbin\\{name}"), name
    assert windows.service["path"] == f'"{LEGACY_DIR}\\bin\\nut.exe"'
    assert "MODE=netclient" in windows.read(LEGACY_DIR + "\\etc\\nut.conf").splitlines()
    fleet.nas.wait_for_clients("windows")
    run = site(legacy()).succeeds().changes_nothing()
    assert len(run.modules["windows"]) <= 8
    assert run.rows["windows"]["nut_version"] == "2.6.5"


def test_the_old_installer_goes_again() -> None:
    remove(legacy())

    assert windows.service == {}
    assert SERVICE.lower() not in windows.state["services"]
    assert windows.state["products"] == {}
    assert not windows.exists(LEGACY_DIR)
    fleet.nas.wait_for_clients()


def test_winnut_is_installed_but_unproven_which_fails_the_run() -> None:
    run = site(winnut()).fails()

    assert run.verdicts == {"windows": "unproven"}
    assert "WinNUT never logs in with a UPS name" in run.advice("windows")
    assert windows.exists("C:\\Program Files (x86)\\WinNUT-client\\WinNUT-Client.exe")
    assert windows.value(WINNUT_KEY + "\\Connexion", "ServerAddress") == fleet.nas_address
    assert windows.value(WINNUT_KEY + "\\Power", "Follow_FSD") == "True"
    assert windows.value(RUN_KEY, "WinNUT-Client") == '"C:\\Program Files (x86)\\WinNUT-client\\WinNUT-Client.exe"'


def test_what_is_accepted_does_not_fail_and_is_not_counted_as_protected() -> None:
    accepted = winnut(nut_client_windows_accept_unproven=True)
    run = site(accepted).succeeds().changes_nothing()

    assert run.verdicts == {"windows": "unproven"}
    assert "0 of 1 hosts are proven protected." in run.text
    assert len(run.modules["windows"]) <= 8


def test_a_setting_of_winnut_that_was_changed_is_put_right() -> None:
    accepted = winnut(nut_client_windows_accept_unproven=True)
    key = f"state['registry'][{(WINNUT_KEY + chr(92) + 'Power').lower()!r}]['values']['follow_fsd']"
    windows.change(f"{key}['data'] = 'False'")
    assert "Follow_FSD differs" in fleet.playbook("audit", limit=ONLY, variables=accepted).fails().advice("windows")

    site(accepted).succeeds()
    assert windows.value(WINNUT_KEY + "\\Power", "Follow_FSD") == "True"


def test_winnut_goes_again() -> None:
    remove(winnut())

    assert windows.state["products"] == {}
    assert windows.value(RUN_KEY, "WinNUT-Client") is None
    assert not windows.exists("C:\\Program Files (x86)\\WinNUT-client")
