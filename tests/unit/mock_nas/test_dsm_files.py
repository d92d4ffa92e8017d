"""The settings files of the mock NAS, and what its upsd makes of them and when."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import protocol
from doubles.nas.upsd_sim import access, profiles
from doubles.nas.upsd_sim.dsm.files import Disk, Files, Memory, Storage
from doubles.nas.upsd_sim.state import State

ONE, TWO, SIX = "192.0.2.1", "2001:db8::2", "192.0.2.6"


@pytest.fixture(params=["memory", "disk"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Both kinds."""
    return Memory() if request.param == "memory" else Disk(str(tmp_path))


def make(generation: int, storage: Storage, *addresses: str) -> State:
    """An upsd on these files."""
    return State(profiles.PROFILES[f"dsm{generation}"], lambda: 0.0, addresses, Files(generation, storage))


@pytest.mark.parametrize(("generation", "path"), [(6, "etc/synoinfo.conf"), (7, "usr/syno/etc/ups/synoups.conf")])
def test_keys_are_where_dsm_has_them(generation: int, path: str, tmp_path: Path) -> None:
    """In DSM's shell style, joined with a trailing bar."""
    make(generation, Disk(str(tmp_path)), ONE, TWO)
    lines = (tmp_path / path).read_text().splitlines()
    assert {'ups_enabled="yes"', 'ups_mode="usb"', f'ups_acl="{ONE}|{TWO}|"'} <= set(lines)
    assert (tmp_path / "etc/hosts.deny").read_text() == (
        f"upsd: ALL EXCEPT 127.0.0.1 {ONE} {TWO}\n" if generation == 6 else ""
    )


def test_change_keeps_what_it_does_not_name(storage: Storage) -> None:
    """Order, comments and foreign keys."""
    files = Files(6, storage)
    storage.write(files.path, '# a comment\nother="x y"\nups_mode="usb"\nups_acl="a|"\nups_mode="old"\n')
    files.change({"ups_mode": "snmp", "ups_acl": None, "new": "1"})
    assert storage.read(files.path) == '# a comment\nother="x y"\nups_mode="snmp"\nnew="1"\n'
    assert files.keys() == {"other": "x y", "ups_mode": "snmp", "new": "1"}


def test_a_list_stands_or_the_network_server_is_off(storage: Storage) -> None:
    """An empty list is not the same as none."""
    files = Files(7, storage)
    for stored in ([ONE, TWO], [], None):
        files.permit(stored)
        assert files.permitted == stored


def test_hosts_deny_keeps_foreign_lines(storage: Storage) -> None:
    """Only the line of upsd is DSM's; off leaves loopback."""
    files = Files(6, storage)
    files.hosts_deny = "sshd: 198.51.100.1\nupsd: ALL\n"
    files.permit([ONE])
    assert files.hosts_deny == f"sshd: 198.51.100.1\nupsd: ALL EXCEPT 127.0.0.1 {ONE}\n"
    files.permit(None)
    assert files.hosts_deny.endswith("upsd: ALL EXCEPT 127.0.0.1\n")


SUPPORT = [
    ({}, True, True),
    ({"ups_enabled": "no"}, False, False),
    ({"ups_enabled": "Yes"}, False, False),
    ({"ups_enabled": None}, False, False),
    ({"ups_mode": "snmp"}, True, True),
    ({"ups_mode": "slave"}, True, False),
]


@pytest.mark.parametrize(("keys", "enabled", "serves"), SUPPORT)
def test_ups_support(keys: dict[str, str | None], enabled: bool, serves: bool) -> None:
    """`ups_enabled` must be exactly yes; a NAS that is a client itself runs no upsd."""
    files = Files(7, Memory())
    files.reset([])
    files.change(keys)
    assert (files.enabled, files.serves) == (enabled, serves)


def test_an_edited_file_waits_for_a_reload(storage: Storage) -> None:
    """Which keeps FSD and connections, and reads no list without UPS support."""
    state = make(7, storage, ONE)
    session = state.connect(ONE)
    state.upses["ups"].fsd = True
    state.files.permit([SIX])
    assert state.permitted == [ONE]
    state.load()
    assert (state.permitted, state.sessions, state.upses["ups"].fsd) == ([SIX], [session], True)
    state.files.change({"ups_enabled": "no"})
    state.load()
    assert state.permitted == []


def test_hosts_deny_is_read_at_each_privileged_word(storage: Storage) -> None:
    """An edited key alone lets a host read, not log in, on DSM 6."""
    state = make(6, storage)
    state.files.change({"ups_acl": f"{SIX}|"})
    state.load()

    def login() -> bytes:
        return protocol.receive(state, state.connect(SIX), b"USERNAME monuser\nPASSWORD secret\nLOGIN ups\n")

    assert login() == b"OK\nOK\nERR ACCESS-DENIED\n"
    state.files.hosts_deny = f"upsd: ALL EXCEPT 127.0.0.1 {SIX}\n"
    assert login() == b"OK\nOK\nOK\n"


ENTRIES = [
    (["192.0.2.1", "2001:DB8::1"], ["192.0.2.1", "2001:db8::1"]),
    (["192.0.2.1", "192.0.2.1", "127.0.0.1", "::1"], ["192.0.2.1"]),
    (["127.0.0.010"], ["127.0.0.8"]),
    (["127.2", "0x7f.0.0.3"], ["127.0.0.2", "127.0.0.3"]),
    (["192.0.2.0/24", "192.0.2.*", "192.0.2.1-9", "192.0.2.1,192.0.2.2", "", " "], []),
    ([f"192.0.2.{number}" for number in range(40)], [f"192.0.2.{number}" for number in range(30)]),
]


@pytest.mark.parametrize(("entries", "expected"), ENTRIES)
def test_addresses_of_the_list(entries: list[str], expected: list[str]) -> None:
    """What inet_aton takes counts, octal included; ranges do not; thirty at most."""
    assert access.permitted_addresses(entries) == expected


def test_a_host_name_adds_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As getaddrinfo tells them."""
    rows = [(0, 0, 0, "", ("192.0.2.7", 0)), (0, 0, 0, "", ("2001:db8::7", 0, 0, 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: rows)
    assert access.permitted_addresses(["host.example"]) == ["192.0.2.7", "2001:db8::7"]


def test_reset_puts_the_files_back(storage: Storage) -> None:
    """Whatever was done to them."""
    state = make(6, storage, ONE)
    before = storage.read(state.files.path)
    storage.write(state.files.path, "")
    state.files.hosts_deny = "ALL: ALL\n"
    state.reset()
    assert storage.read(state.files.path) == before
    assert (state.permitted, state.hosts_deny) == ([ONE], f"upsd: ALL EXCEPT 127.0.0.1 {ONE}\n")
