"""A host that serves UPSes itself is left alone unless it is to be turned into a client."""

from __future__ import annotations

import pytest
from scenarios.harness import fleet, together, wait_for

bookworm, trixie = fleet.hosts["bookworm"], fleet.hosts["trixie"]
PAIR = ["bookworm", "trixie"]  # the first has nut-server, the second only says that it is a server
UNITS = ("nut-server.service", "nut-driver.target", "nut-driver-enumerator.path", "nut-driver-enumerator.service")
OWN_UPS = """
printf '[own]\\n  driver = dummy-ups\\n  port = own.dev\\n' > /etc/nut/ups.conf
printf 'ups.status: OL\\n' > /etc/nut/own.dev
printf 'LISTEN 127.0.0.1 3493\\n' > /etc/nut/upsd.conf
printf '[monuser]\\n  password = secret\\n  upsmon secondary\\n' > /etc/nut/upsd.users
systemctl restart nut-driver-enumerator.service nut-server.service
"""


@pytest.fixture(scope="module", autouse=True)
def servers() -> None:
    """Both hosts are servers."""
    together(lambda name: fleet.hosts[name].install("nut-server nut-client" if name == PAIR[0] else "nut-client"), PAIR)
    together(lambda name: fleet.hosts[name].run("sed -i 's/^MODE=.*/MODE=netserver/' /etc/nut/nut.conf"), PAIR)
    bookworm.run(OWN_UPS)
    wait_for("its own upsd", lambda: bookworm.holds("upsc own@127.0.0.1 ups.status 2>/dev/null | grep -q OL"))


before: dict[str, str] = {}


def everything() -> dict[str, object]:
    return {"state": fleet.state(*PAIR), "units": bookworm.units(*UNITS)}


def test_a_server_is_refused_and_left_alone() -> None:
    untouched = everything()
    for name in ("audit", "site"):
        run = fleet.playbook(name, limit=PAIR).fails().changes_nothing()
        assert run.verdicts == dict.fromkeys(PAIR, "ups_server")
        for host in PAIR:
            assert "nut_client_replace_server: true" in run.advice(host)
    assert everything() == untouched


def test_a_server_becomes_a_client_when_asked() -> None:
    variables = {"nut_client_replace_server": True}
    before.update(bookworm.units(*UNITS))
    run = fleet.playbook("site", limit=PAIR, variables=variables).succeeds()

    assert run.verdicts == dict.fromkeys(PAIR, "ok")
    fleet.nas.wait_for_clients(*PAIR)
    assert set(bookworm.units(*UNITS).values()) == {"masked inactive"}
    assert not bookworm.holds("pgrep -x upsd || pgrep -x dummy-ups")
    fleet.playbook("site", limit=PAIR, variables=variables).succeeds().changes_nothing()


def test_a_server_is_one_again_when_it_is_removed() -> None:
    fleet.playbook("remove", limit=PAIR).succeeds()

    assert all(together(lambda name: fleet.hosts[name].holds("grep -qx MODE=netserver /etc/nut/nut.conf"), PAIR))
    assert bookworm.units(*UNITS) == before
    wait_for("its own upsd", lambda: bookworm.holds("upsc own@127.0.0.1 ups.status 2>/dev/null | grep -q OL"))
