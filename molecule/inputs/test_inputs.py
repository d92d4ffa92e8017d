"""Bad input is refused by name before anything happens, and hosts that cannot be managed get a remedy."""

from __future__ import annotations

from typing import Any

import pytest
from scenarios.harness import fleet

HOST = "bookworm"
SENTINEL = "Sentinel-7f3a9c"
NAS = {"host": "192.0.2.1"}

# (extra variables, what the message must say)
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "port": ({"ups_port": 70000}, ["nut_client_monitors[0].port is 70000", "1 to 65535"]),
    "empty password": ({"ups_password": ""}, ["nut_client_monitors[0].password is empty"]),
    "password of two lines": (
        {"ups_password": f"{SENTINEL}\n{SENTINEL}"},
        ["nut_client_monitors[0].password has more than one line"],
    ),
    "password with a space": ({"ups_password": f"{SENTINEL} x"}, ["nut_client_monitors[0].password", "allowed are"]),
    "UPS name": ({"ups_name": "my ups"}, ["nut_client_monitors[0].ups is 'my ups'", "allowed are"]),
    "monitor without host": (
        {"nut_client_monitors": [{**NAS, "password": SENTINEL}, {"ups": "ups", "password": SENTINEL}]},
        ["nut_client_monitors", "missing", "host"],
    ),
    "unknown key": (
        {"nut_client_monitors": [{**NAS, "passwort": SENTINEL}]},
        ["nut_client_monitors", "passwort", "host, password, port"],
    ),
    "unknown variable": ({"nut_client_pollfrequency": 5}, ["Unknown variable: nut_client_pollfrequency"]),
    "directive's value": ({"nut_client_pollfreq": "often"}, ["nut_client_pollfreq"]),
    "MINSUPPLIES 0": ({"nut_client_minsupplies": 0}, ["nut_client_minsupplies is 0", "nut_client_monitor_only"]),
    "power values": ({"nut_client_minsupplies": 2}, ["nut_client_minsupplies is 2", "add up to 1", "power_value"]),
    "no NAS": ({"ups_host": ""}, ["ups_host"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_name(case: str) -> None:
    variables, words = BAD[case]
    run = fleet.playbook("site", "-vvv", "--diff", limit=[HOST], variables={"ups_password": SENTINEL, **variables})
    run.fails().changes_nothing()

    assert run.verdicts == {HOST: "not_audited"}
    for word in words:
        assert word in run.advice(HOST)
    assert run.modules == {}, "something was executed on the host"
    assert SENTINEL not in run.text


def test_nothing_has_reached_host_or_nas() -> None:
    assert fleet.hosts[HOST].is_bare()
    assert fleet.nas.show()["counters"]["words"] == {}


def test_a_host_without_python_gets_the_command_that_installs_it() -> None:
    host = fleet.hosts["trixie"]
    binary = host.run("readlink -f /usr/bin/python3")
    host.run(f"mv {binary} {binary}.away")
    try:
        run = fleet.playbook("site", limit=["trixie"]).fails().changes_nothing()
    finally:
        host.run(f"mv {binary}.away {binary}")
    assert run.verdicts == {"trixie": "not_audited"}
    assert "This host has no Python" in run.advice("trixie")
    assert "ansible trixie -b -m ansible.builtin.raw -a 'apt-get update && apt-get -y install python3'" in run.text


def test_a_name_that_does_not_resolve_is_judged_on_the_host() -> None:
    run = fleet.playbook("audit", limit=[HOST], variables={"ups_host": "nas.invalid"}).fails().changes_nothing()

    assert run.verdicts == {HOST: "unreachable"}
    assert "The name nas.invalid does not resolve here." in run.advice(HOST)
