"""A NAS that cannot be managed is named with the reason, keeps what it permits, and nobody's secret is shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from scenarios.harness import Run, fleet

PASSWORD, WRONG, CODE = "Sentinel-5e1f90c4", "Sentinel-6a7d22b8", "Sentinel-40cc83e7"
SECRETS = (PASSWORD, WRONG, CODE, "NasSudo-1")
ADDRESSES = [host.address for host in fleet.hosts.values()]
FOREIGN = [f"192.0.2.{last}" for last in range(31, 39)]
LOUD = ("-vvv", "--diff")
ONE_LOOK = Counter(query=1, login=1, get=1, logout=1)


@pytest.fixture(autouse=True)
def _empty() -> None:
    """The NAS permits nobody, and its account has a password that can be searched for."""
    fleet.nas("reset")
    fleet.nas("web", "password", PASSWORD)


def playbook(name: str, *options: str, **nas: Any) -> Run:
    """A run that says as much as can be said, but no secret."""
    variables = {**fleet.api, "dsm_ups_server_api_password": PASSWORD, **nas}
    run = fleet.playbook(name, *(options or LOUD), host_variables={"nas": variables})
    issued = fleet.nas("web", "issued").split()
    assert not [secret for secret in (*SECRETS, *issued) if secret in run.text]
    return run


def say_not_permitted(run: Run) -> None:
    assert run.verdicts == dict.fromkeys(fleet.hosts, "not_permitted")
    assert all(map(run.tells, run.rows)), run.text


# what happens to the NAS, what the inventory says, what the report must say, which requests reach the NAS
BROKEN: dict[str, tuple[list[str], dict[str, Any], list[str], Counter[str]]] = {
    "wrong password": (
        ["web", "block-after", "2"],
        {"dsm_ups_server_api_password": WRONG},
        ["error 400", "the password is wrong", "one attempt and no second is made"],
        Counter(query=1, login=1),
    ),
    "one-time code asked for": (
        ["web", "otp", CODE],
        {},
        ["asks upsadmin for a one-time code", "the result holds device_id, which you keep in the vault"],
        Counter(query=1, login=1),
    ),
    "wrong one-time code": (
        ["web", "otp", CODE],
        {"dsm_ups_server_api_otp_code": WRONG},
        ["did not accept the one-time code", "no second is made"],
        Counter(query=1, login=1),
    ),
    "no administrator": (["web", "admin", "off"], {}, ["error 105", "group administrators"], ONE_LOOK),
    "session expired": (["web", "error", "119"], {}, ["error 119", "session"], ONE_LOOK),
    "HTML": (["web", "html", "on"], {}, ["answers with an HTML page", "Correct host or port"], Counter()),
    "certificate for another name": (
        ["web", "tls-name", "other.example"],
        {},
        ["the certificate", "use the name that the certificate carries", "validate_certs: false is the last resort"],
        Counter(),
    ),
    "WebAPI down": (["web", "down"], {}, ["Nothing listens on", "port 5001/tcp"], Counter()),
    "cut before set took effect": (
        ["web", "cut-set", "before"],
        {},
        ["broke off the connection", "Nothing was changed."],
        ONE_LOOK + Counter(set=1),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_fails_is_said_and_changes_nothing(case: str) -> None:
    fault, variables, words, calls = BROKEN[case]
    fleet.nas(*fault)
    run = playbook("permit", **variables).fails().changes_nothing()

    for word in words:
        assert word in run.of_the_nas
    say_not_permitted(run)
    shown = fleet.nas.show()["dsm"]
    assert +Counter(shown["calls"]) - Counter(get=99) == calls - Counter(get=99)
    assert (shown["stored_permitted"], shown["sessions"], shown["blocked"], shown["restarts"]) == ([], 0, [], 0)


def test_a_connection_cut_after_set_took_effect_is_no_failure() -> None:
    fleet.nas("web", "cut-set", "after")
    run = playbook("permit").succeeds()

    assert run.verdicts == dict.fromkeys(fleet.hosts, "not_logged_in")
    assert fleet.nas.permitted() == ADDRESSES
    assert fleet.nas.calls()["set"] == 1


def test_eight_entries_behind_five_are_not_lost() -> None:
    fleet.nas.permit(*FOREIGN)
    run = playbook("permit", dsm_ups_server_method="api").fails().changes_nothing()

    assert "DSM's API keeps 5 addresses" in run.of_the_nas
    assert "dsm_ups_server_method: ssh" in run.of_the_nas
    say_not_permitted(run)
    assert fleet.nas.permitted() == FOREIGN
    assert fleet.nas.calls()["set"] == 0


def test_foreign_entries_are_kept_and_reported() -> None:
    fleet.nas.permit(*FOREIGN)
    run = playbook("permit").succeeds()

    assert f"also permits {', '.join(FOREIGN)}, from which no host of this run came" in run.of_the_nas
    assert fleet.nas.permitted() == [*FOREIGN, *ADDRESSES]
    assert fleet.nas.calls()["set"] == 0


def test_audit_names_a_dialog_that_was_saved_by_hand() -> None:
    extra: dict[str, Any] = {"ups_permitted_extra": FOREIGN[:2]}
    everybody = [*FOREIGN[:2], *ADDRESSES]
    fleet.nas.permit(*everybody)
    assert "saved by hand" not in playbook("audit", **extra).of_the_nas
    fleet.nas("dialog", *everybody[:5])
    before = fleet.nas.show()["dsm"]
    run = playbook("audit", **extra).fails()

    assert f"does not permit {ADDRESSES[3]} yet; upsfleet.synology.permit does it." in run.of_the_nas
    assert "the dialog in DSM was saved by hand" in run.of_the_nas
    after = fleet.nas.show()["dsm"]
    assert (after["stored"], after["restarts"]) == (before["stored"], before["restarts"])
    assert playbook("permit", **extra).succeeds().verdicts == dict.fromkeys(fleet.hosts, "not_logged_in")
    assert fleet.nas.permitted() == [*everybody[:5], *ADDRESSES[3:]]


def test_nothing_is_set_while_the_ups_is_on_battery() -> None:
    fleet.nas.permit(FOREIGN[0])
    fleet.nas("status", "OB DISCHRG")
    for method in ("api", "ssh"):
        run = playbook("permit", dsm_ups_server_method=method).fails().changes_nothing()
        assert "The UPS says OB" in run.of_the_nas
    assert fleet.nas.permitted() == FOREIGN[:1]


def test_the_right_one_time_code_lets_it_in() -> None:
    fleet.nas("web", "otp", CODE)
    # With -v the module's result shows the device_id: that is how a person gets it.
    playbook("permit", "--diff", dsm_ups_server_api_otp_code=CODE).succeeds()
    device = fleet.nas("web", "issued").split()[-1]

    run = playbook("permit", dsm_ups_server_api_device_id=device).succeeds().changes_nothing()
    assert run.verdicts == dict.fromkeys(fleet.hosts, "not_logged_in")
