"""A mixed fleet: one report, one execution a POSIX host, a few for Windows, nothing changed by another run."""

from __future__ import annotations

from scenarios.harness import fleet

AUDIT = ["upsfleet.synology.nut_client_audit"]


def test_everybody_is_protected_and_the_doubles_are_marked() -> None:
    run = fleet.playbook("site").succeeds().changes_nothing()

    assert run.verdicts == {"trixie": "ok", "mac": "ok", "windows": "ok"}
    assert {name: row["double"] for name, row in run.rows.items()} == {"trixie": False, "mac": True, "windows": True}
    assert run.text.count("(double)") == 2
    assert "3 of 3 hosts are proven protected." in run.text
    assert run.modules["trixie"] == run.modules["mac"] == AUDIT
    assert len(run.modules["windows"]) <= 8


def test_the_nas_lists_everybody_and_was_asked_nothing_dangerous() -> None:
    assert fleet.nas.clients() == ["mac", "trixie", "windows"]
    assert not any(fleet.nas.show()["counters"]["dangerous"].values())


def test_one_host_that_is_denied_does_not_hide_the_others() -> None:
    fleet.nas("deny", fleet.hosts["mac"].address)
    run = fleet.playbook("audit").fails()
    fleet.nas.permit(fleet.hosts["mac"].address)

    assert run.verdicts == {"trixie": "ok", "mac": "not_permitted", "windows": "ok"}
    fleet.nas.wait_for_clients("mac", "trixie", "windows")


def test_looking_in_check_mode_changes_nothing() -> None:
    fleet.playbook("site", "--check", "--diff").succeeds().changes_nothing()
