# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of NUT on Windows that do not start, or that were somebody else's; and products of one code.

The whole role on doubles of Windows, with an upsmon that does nothing but log in to a mock NAS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playbooks.test_windows_swap import NO_LOGIN, STATE, tree
from playbooks.windows_hosts import HERE, HOME, NasPool, WindowsHost, archive, play

SERVICE = "Network UPS Tools"
OLD = '"C:\\Tools\\NUT\\bin\\nut.exe"'
LEGACY_DIR = "C:\\Program Files (x86)\\NUT"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, WindowsHost]]:
    """Yield bare hosts."""
    monkeypatch.setenv("UPSFLEET_DOUBLE_UPSMON", str(HERE / "upsmon"))
    pool = NasPool()
    made = {name: WindowsHost(tmp_path / name, pool.add()) for name in ("blocked", "taken_over", "openssl", "product")}
    yield made
    for host in made.values():
        host.end()
    pool.stop()


def by_hand(host: WindowsHost) -> None:
    """Set a client up as a person did, in another folder, and start it."""
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import fresh, pe, services

    conf = f'MONITOR ups@{HOME}:{host.nas.port} 1 monuser secret slave\nSHUTDOWNCMD "shutdown /s /t 0"\n'.encode()
    files = {
        "bin\\nut.exe": pe.program(pe.AMD64),
        "sbin\\upsmon.exe": pe.program(pe.AMD64),
        "etc\\nut.conf": b"MODE=netclient\n",
        "etc\\upsmon.conf": conf,
    }
    with host.machine() as machine:
        for name, content in files.items():
            path = f"C:\\Tools\\NUT\\{name}"
            machine.drive.make_folder(path.rpartition("\\")[0])
            machine.drive.write(path, content)
        service = services.put(machine, fresh.service(SERVICE, OLD, start_mode="auto", dependencies=["Tcpip"]))
        services.start(machine, service)


def legacy(folder: Path, openssl: str = "1.0.2u", looks: int = 1) -> dict[str, Any]:
    """Return the variables for the installer of 2014; other *looks* are another file of the same product."""
    import make_packages
    from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import pe

    installer = make_packages.make_legacy_msi(folder / f"nut-{looks}.msi", looks)
    libraries = {name: pe.program(pe.I386, text=openssl) for name in ("libeay32.dll", "ssleay32.dll")}
    packed = folder / f"openssl-{openssl}.zip"
    archive(packed, libraries)
    return {
        "nut_client_windows_method": "legacy_msi",
        "nut_client_windows_accept_legacy_risk": True,
        "nut_client_windows_legacy_file": str(installer),
        "nut_client_windows_legacy_git_blob_id": "",
        "nut_client_windows_legacy_sha256": hashlib.sha256(installer.read_bytes()).hexdigest(),
        "nut_client_windows_legacy_openssl_file": str(packed),
        "nut_client_windows_legacy_openssl_sha256": hashlib.sha256(packed.read_bytes()).hexdigest(),
    }


# One test, because the hosts go through two runs together, and each takes as long as all of them.
def test_services_and_products(hosts: dict[str, WindowsHost], tmp_path: Path) -> None:
    nut = archive(tmp_path / "nut.zip", tree("2.8.4", "libnew.dll"))
    old = legacy(tmp_path)
    by_hand(hosts["taken_over"])
    hosts["blocked"].change(blocked={"c:\\nut\\bin\\nut.exe": 4551})
    variables: dict[str, dict[str, Any]] = {
        "blocked": nut,
        "taken_over": {**nut, **NO_LOGIN},
        "openssl": old,
        "product": old,
    }
    first = play(tmp_path, hosts, variables)

    # policy blocks the unsigned program: one sentence by the number of the error
    (said,) = first.not_done("blocked")[-1:]
    assert "Smart App Control or an App Control policy (WDAC) blocks nut.exe (error 4551)" in said
    # a takeover that did not log in is undone: path, start mode and dependencies are the old ones, and it runs
    service = hosts["taken_over"].state()["services"][SERVICE.lower()]
    assert (service["path"], service["start_mode"], service["dependencies"]) == (OLD, "auto", ["Tcpip"])
    assert (service["state"], hosts["taken_over"].logins) == ("started", 1), first.of("failed", "taken_over")
    assert [hosts[name].logins for name in ("openssl", "product")] == [1, 1], first.text

    hosts["blocked"].change(blocked={})
    again: dict[str, dict[str, Any]] = {
        "blocked": nut,
        "taken_over": nut,
        "openssl": legacy(tmp_path, openssl="1.0.2zz"),
        "product": legacy(tmp_path, looks=2),
    }
    second = play(tmp_path, hosts, again)
    for name in ("blocked", "taken_over", "openssl"):
        assert second.not_done(name) == [], name
    assert [host.logins for host in hosts.values()] == [1, 1, 1, 1]
    assert hosts["taken_over"].state()["services"][SERVICE.lower()]["path"] == '"C:\\NUT\\bin\\nut.exe"'
    # libraries that upsmon had loaded are replaced
    assert b"1.0.2zz" in hosts["openssl"].files(f"{LEGACY_DIR}\\sbin")["libeay32.dll"]
    # another file of the same product is neither installed nor noted as installed, and what ran runs
    assert "is installed from another file than the one that is wanted now" in second.not_done("product")[-1]
    assert again["product"]["nut_client_windows_legacy_sha256"] not in str(
        hosts["product"].files(STATE)["installed.txt"]
    )
