"""A NAS with an empty list permits the fleet, five hosts by its WebAPI and six by SSH, and is left alone after that."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from scenarios.harness import Run, TestFleet, together, wait_for

fleet = TestFleet("permit")
FIVE, SIXTH = ["bookworm", "trixie", "bookworm2", "trixie2", "bookworm3"], "trixie3"
SIX = [*FIVE, SIXTH]
SETTINGS = "/usr/syno/etc/ups/synoups.conf"
ONE_LOOK = Counter(query=1, login=1, get=1, logout=1)
AUDIT = ["upsfleet.synology.nut_client_audit"]
TODAY = date.today().isoformat()
EXACT = {"dsm_ups_server_exact": True, "ups_expected_clients": 5}


@pytest.fixture(scope="module", autouse=True)
def _empty() -> None:
    """The NAS permits nobody, and no run has left anything there."""
    fleet.nas("reset")
    fleet.nas.run(f"rm -f {SETTINGS}.upsfleet-*")


def addresses(*names: str) -> list[str]:
    return [fleet.hosts[name].address for name in names]


RECORD: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def _record(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The API's way records what it permits."""
    RECORD["dsm_ups_server_record_file"] = str(tmp_path_factory.mktemp("record") / "permitted.json")


def playbook(name: str, *options: str, **more: Any) -> Run:
    """A run that has the NAS's credentials and, unless a test says otherwise, five hosts."""
    nas = {**fleet.api, **RECORD, **more.pop("nas", {})}
    host_variables = {"nas": nas, **more.pop("host_variables", {})}
    return fleet.playbook(name, *options, host_variables=host_variables, **{"without": [SIXTH], **more})


def nas_files() -> str:
    """What a change by SSH would leave on the NAS: times and content of the list and its backups, the restarts."""
    found = fleet.nas.run(f"stat -c '%n %Y %i' {SETTINGS}*; cat {SETTINGS}*")
    return f"{found}\n{fleet.nas.show()['dsm']['restarts']}"


def test_check_mode_says_what_would_be_permitted() -> None:
    before = fleet.nas.calls()
    run = playbook("site", "--check", "--diff").succeeds()

    assert f"does not permit {', '.join(addresses(*FIVE))} yet" in run.of_the_nas
    assert all(run.rows[name]["will_be_protected"] for name in FIVE)
    assert fleet.nas.calls() - before == ONE_LOOK
    assert fleet.nas.permitted() == []
    assert all(together(lambda name: fleet.hosts[name].is_bare(), FIVE))


def test_one_run_takes_five_bare_hosts_to_ok() -> None:
    before = fleet.nas.calls()
    run = playbook("site").succeeds()

    assert run.verdicts == dict.fromkeys(FIVE, "ok")
    assert run.of_the_nas == f"now permits {', '.join(addresses(*FIVE))}."
    assert fleet.nas.permitted() == addresses(*FIVE)
    assert fleet.nas.calls() - before == ONE_LOOK + Counter(set=1, get=1) + ONE_LOOK, "set, and read again in the end"
    assert fleet.nas.show()["dsm"]["sessions"] == 0
    fleet.nas.wait_for_clients(*FIVE)


def test_the_next_run_sets_nothing() -> None:
    before, files = fleet.nas.calls(), nas_files()
    run = playbook("site").succeeds().changes_nothing()

    assert run.verdicts == dict.fromkeys(FIVE, "ok")
    assert run.of_the_nas == ""
    assert run.modules == {**dict.fromkeys(FIVE, AUDIT), "nas": ["upsfleet.synology.dsm_ups"]}
    assert fleet.nas.calls() - before == ONE_LOOK
    assert nas_files() == files


def test_a_sixth_host_does_not_fit_the_api() -> None:
    before, files = fleet.nas.calls(), nas_files()
    run = playbook("permit", without=[], nas={"dsm_ups_server_method": "api"}).fails().changes_nothing()

    assert run.verdicts == {**dict.fromkeys(FIVE, "ok"), SIXTH: "not_permitted"}
    assert "DSM's API keeps 5 addresses" in run.of_the_nas
    assert "dsm_ups_server_method: ssh" in run.of_the_nas
    assert fleet.nas.calls() - before == ONE_LOOK
    assert nas_files() == files


def test_by_ssh_it_is_permitted_too() -> None:
    before = fleet.nas.calls()
    run = playbook("site", without=[]).succeeds()

    assert run.verdicts == dict.fromkeys(SIX, "ok")
    assert f"now permits {addresses(SIXTH)[0]}." in run.of_the_nas
    assert "6 addresses are permitted, and DSM's dialog holds 5" in run.of_the_nas
    assert fleet.nas.permitted() == addresses(*SIX)
    assert (fleet.nas.calls() - before)["set"] == 0
    fleet.nas.wait_for_clients(*SIX)


def test_the_next_run_writes_nothing() -> None:
    before, files = fleet.nas.calls(), nas_files()
    run = playbook("site", without=[]).succeeds().changes_nothing()

    assert run.verdicts == dict.fromkeys(SIX, "ok")
    assert run.modules == {**dict.fromkeys(SIX, AUDIT), "nas": ["upsfleet.synology.dsm_ups"]}
    assert fleet.nas.calls() - before == ONE_LOOK
    assert nas_files() == files


def test_a_host_that_left_the_inventory_is_reported_and_kept() -> None:
    (left,) = addresses("bookworm")
    run = playbook("permit", without=["bookworm"]).succeeds().changes_nothing()
    assert f"also permits {left} (bookworm, {TODAY}), from which no host of this run came." in run.of_the_nas

    run = playbook("permit", without=["bookworm"], limit=["nas", *SIX[2:]], nas=EXACT)
    run.succeeds().changes_nothing()
    assert fleet.nas.permitted() == addresses(*SIX), "with --limit nothing is dropped"

    run = playbook("permit", without=["bookworm"], nas={**EXACT, "ups_expected_clients": 6})
    run.fails().changes_nothing()
    assert fleet.nas.permitted() == addresses(*SIX), "the inventory is not whole"


def test_exact_drops_what_was_recorded_for_it() -> None:
    """By the API's way, in its file, before the list grew beyond what the API holds. But not while it is logged in."""
    playbook("permit", without=["bookworm"], nas=EXACT).succeeds().changes_nothing()
    fleet.hosts["bookworm"].run("systemctl disable --now nut-monitor.service")
    fleet.nas.wait_for_clients(*SIX[1:])
    run = playbook("permit", without=["bookworm"], nas=EXACT).succeeds()

    assert f"no longer permits {addresses('bookworm')[0]} (bookworm, {TODAY})." in run.of_the_nas
    assert fleet.nas.permitted() == addresses(*SIX[1:])
    fleet.nas.wait_for_clients(*SIX[1:])


def test_a_network_server_that_is_off_is_turned_on() -> None:
    fleet.nas("network-server", "off")
    wait_for("the NAS's restart", lambda: fleet.nas.show()["dsm"]["upsd_listens"])
    check = playbook("site", "--check").succeeds()
    assert fleet.nas.show()["dsm"]["stored_permitted"] is None
    assert all(check.rows[name]["will_be_protected"] for name in FIVE)
    run = playbook("site").succeeds()

    assert run.verdicts == dict.fromkeys(FIVE, "ok")
    assert fleet.nas.permitted() == addresses(*FIVE)
    fleet.nas.wait_for_clients(*FIVE)


def test_ups_support_that_is_off_is_turned_on() -> None:
    four = FIVE[:4]
    fleet.nas("dialog", *addresses(*four))
    fleet.nas("ups-support", "off")
    run = playbook("site", without=[*FIVE[4:], SIXTH]).succeeds()

    assert run.verdicts == dict.fromkeys(four, "ok")
    assert fleet.nas.permitted() == addresses(*four)
    assert fleet.nas.show()["dsm"]["stored"]["ups_enabled"] == "yes"
    fleet.nas.wait_for_clients(*four)


def test_without_credentials_the_nas_is_not_asked() -> None:
    fleet.nas("deny", *addresses("trixie"))
    before, files = fleet.nas.calls(), nas_files()
    run = fleet.playbook("site", limit=["bookworm", "trixie"]).fails().changes_nothing()

    assert run.verdicts == {"bookworm": "ok", "trixie": "not_permitted"}
    assert "under Control Panel" in run.advice("trixie")
    assert fleet.nas.calls() == before
    assert nas_files() == files


def test_a_run_whose_permission_another_run_takes_away_mends_it_before_it_reports() -> None:
    """The other run had read the list before; trixie2, which was just permitted, is refused until then."""
    four = FIVE[:4]
    fleet.nas("dialog", *addresses(*four[:3]))
    fleet.nas("web", "overtaken-by")
    run = playbook("site", without=[FIVE[4], SIXTH]).succeeds()

    assert run.verdicts == dict.fromkeys(four, "ok")
    assert f"Another run had taken {addresses(four[3])[0]} off the list; it is permitted again." in run.of_the_nas
    assert fleet.nas.permitted() == addresses(*four)
    fleet.nas.wait_for_clients(*four)


def test_remove_frees_the_place_of_a_host() -> None:
    """By default, and only of that one; with a limit that leaves the NAS out it says that it stays."""
    (own,) = addresses("trixie2")
    before = fleet.nas.permitted()
    nas = {"dsm_ups_server_method": "ssh"}
    run = playbook("remove", limit=["trixie2", "nas"], nas=nas, variables={"ups_keep_permitted": True}).succeeds()
    assert "goes on permitting" not in run.text
    run = playbook("remove", limit=["trixie2"], nas=nas).succeeds()
    assert "nas is outside of the limit, and goes on permitting" in run.text
    assert own in fleet.nas.permitted() == before

    playbook("remove", limit=["trixie2", "nas"], nas=nas).succeeds()
    assert fleet.nas.permitted() == [address for address in before if address != own]
