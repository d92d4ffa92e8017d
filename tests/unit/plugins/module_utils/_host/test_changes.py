# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be changed on a host: by the audit, and once more directly before the restart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.module_utils._host import changes


def report(**changes: Any) -> dict[str, Any]:
    """Return what an audit saw of one monitor that is well, but for *changes*."""
    return {"verdict": "ok", "status": "OL", "power_value": 1, "logged_in": True, **changes}


@pytest.mark.parametrize(
    ("statuses", "power"),
    [
        (["OL"], None),
        ([None], None),
        ([], None),
        (["OL CHRG"], None),
        (["OB DISCHRG"], "OB"),
        (["OL", "OB LB"], "OB"),
        (["FSD OB DISCHRG"], "FSD"),
        (["FSD OL"], "FSD"),
        (["OB", "OL FSD"], "FSD"),
        (["NOFSD OBSCURE"], None),
    ],
)
def test_power_failure(statuses: list[str | None], power: str | None) -> None:
    assert changes.power_failure(statuses) == power


SERVES = "It serves UPSes itself ({})."
STOPPED = (
    "Set nut_client_replace_server: true to turn it into a client of the NAS (its upsd and drivers are stopped), or "
    "take it out of the group."
)
STOP = (
    "Stop and disable that upsd and set nut_client_replace_server: true to turn the host into a client of the NAS, or "
    "take it out of the group."
)


@pytest.mark.parametrize(
    ("mode", "evidence", "what"),
    [
        (None, [], ""),
        ("none", [], ""),
        ("netclient", [], ""),  # whatever packages are there
        ("standalone", [], f"{SERVES.format('MODE=standalone in nut.conf')} {STOPPED}"),
        ("netserver", ["mode"], f"{SERVES.format('MODE=netserver in nut.conf')} {STOPPED}"),
        ("netserver", ["mode", "unit_active", "upsd_runs"], f"{SERVES.format('MODE=netserver in nut.conf')} {STOPPED}"),
        ("netclient", ["unit_active", "upsd_runs"], f"{SERVES.format('nut-server.service is active')} {STOPPED}"),
        ("none", ["ups_conf"], f"{SERVES.format('ups.conf names a UPS')} {STOPPED}"),
        # an upsd of no unit is not stopped by the role
        *(
            (mode, ["upsd_runs"], f"{SERVES.format('an upsd runs')} {STOP}")
            for mode in (None, "netclient", "netserver")
        ),
        ("netclient", ["ups_conf", "upsd_runs"], f"{SERVES.format('an upsd runs')} {STOP}"),
    ],
)
def test_serves_upses(mode: str | None, evidence: list[str], what: str) -> None:
    assert changes.serves_upses(mode, evidence, False) == what
    assert changes.serves_upses(mode, evidence, True) == ""


BARE = ["package", "config", "service", "login"]
EVERY_STEP = ("install", "configure", "service")
WELL_ANSWERED = [report()]
NOT_ANSWERED = [report(verdict="unreachable", status=None, logged_in=False)]
FSD = "FSD is set: starting upsmon would shut this host down, so nothing is changed."
OB = "The UPS is on battery: nothing is changed until the power is back."
KEPT = "Not changed: upsmon is logged in with its current configuration and could not log in with the new one."
CODES = {"": "", FSD: "forced_shutdown", OB: "on_battery", KEPT: "would_lose_login"}

# The change table of docs/architecture.md: drift, the NAS's verdict, what it said, whether upsmon is logged in now;
# the steps that may run and why no others may.
CHANGES: list[tuple[list[str], str, list[dict[str, Any]], bool, tuple[str, ...], str]] = [
    # not logged in, anything but forced_shutdown: all that drifted, and the service
    *[
        (BARE, verdict, NOT_ANSWERED, False, EVERY_STEP, "")
        for verdict in ("unreachable", "refused", "not_upsd", "tls_failed", "not_permitted", "unknown_ups")
    ],
    *[(BARE, verdict, WELL_ANSWERED, False, EVERY_STEP, "") for verdict in ("bad_credentials", "driver_down", "stale")],
    (BARE, "ok", WELL_ANSWERED, False, EVERY_STEP, ""),
    (["config", "login"], "ok", WELL_ANSWERED, False, ("configure", "service"), ""),
    (["service"], "ok", WELL_ANSWERED, False, ("service",), ""),
    (["login"], "ok", WELL_ANSWERED, False, ("service",), ""),
    (["package"], "ok", WELL_ANSWERED, False, ("install", "service"), ""),
    # logged in, the desired monitors answer: all that drifted, and the service
    (["config"], "ok", WELL_ANSWERED, True, ("configure", "service"), ""),
    (["service"], "ok", WELL_ANSWERED, True, ("service",), ""),
    (["config", "service"], "ok", WELL_ANSWERED, True, ("configure", "service"), ""),
    # logged in, the desired monitors do not answer well: nothing
    *[
        (["config"], verdict, NOT_ANSWERED, True, (), KEPT)
        for verdict in VERDICTS
        if verdict not in ("forced_shutdown", "ok")
    ],
    (["service"], "bad_credentials", NOT_ANSWERED, True, (), KEPT),
    # a power failure: nothing, however the host is now
    *[(BARE, "forced_shutdown", [report(status="FSD OL")], well, (), FSD) for well in (True, False)],
    *[(["service"], "forced_shutdown", [report(status="OB FSD")], well, (), FSD) for well in (True, False)],
    *[(BARE, "ok", [report(status="OB DISCHRG")], well, (), OB) for well in (True, False)],
    (["config"], "bad_credentials", [report(status="OB")], True, (), OB),
    (BARE, "bad_credentials", [report(), report(status="FSD OL", verdict="forced_shutdown")], False, (), FSD),
    # nothing drifted: nothing to do and nothing to say
    *[([], verdict, WELL_ANSWERED, True, (), "") for verdict in VERDICTS],
    ([], "forced_shutdown", [report(status="FSD OL")], True, (), ""),
]


@pytest.mark.parametrize("verdict", [verdict for verdict in VERDICTS if verdict != "forced_shutdown"])
@pytest.mark.parametrize(
    ("drift", "steps"),
    [
        (["config"], ()),
        (["package", "config", "login"], ()),
        (["config", "service"], ("service",)),  # what was proven may run
        (["service"], ("service",)),
        (["login"], ("service",)),
        ([], ()),
    ],
)
def test_what_was_proven_is_replaced_only_by_what_is(verdict: str, drift: list[str], steps: tuple[str, ...]) -> None:
    found = changes.decide(drift, verdict, None, False, "", proven=True)
    if verdict == "ok":
        assert found == changes.decide(drift, verdict, None, False, "")
    else:
        assert found.steps == steps
        assert found.code == ("would_lose_proof" if {"config", "package"} & set(drift) else "")


BLOCKER = {"code": "unit_masked", "text": "nut.target is masked."}
BLOCKED = changes.Changes((), "unit_masked", "nut.target is masked.")
NOTHING = changes.Changes(())


def decide(drift: list[str], verdict: str, access: list[dict[str, Any]], *more: Any) -> changes.Changes:
    """Return what may be changed with the power that the monitors tell of."""
    return changes.decide(drift, verdict, changes.power_failure(one["status"] for one in access), *more)


@pytest.mark.parametrize(("drift", "verdict", "access", "well", "steps", "reason"), CHANGES)
def test_what_may_be_changed(
    drift: list[str], verdict: str, access: list[dict[str, Any]], well: bool, steps: tuple[str, ...], reason: str
) -> None:
    assert decide(drift, verdict, access, well, "") == changes.Changes(steps, CODES[reason], reason)


@pytest.mark.parametrize(("drift", "verdict", "access", "well"), [row[:4] for row in CHANGES])
def test_a_server_is_never_changed(drift: list[str], verdict: str, access: list[dict[str, Any]], well: bool) -> None:
    assert decide(drift, verdict, access, well, "It serves UPSes.") == ((), "ups_server", "It serves UPSes.")


@pytest.mark.parametrize(("drift", "verdict", "access", "well"), [row[:4] for row in CHANGES])
def test_what_a_person_must_do_first_is_said_and_nothing_is_changed(
    drift: list[str], verdict: str, access: list[dict[str, Any]], well: bool
) -> None:
    assert decide(drift, verdict, access, well, "", BLOCKER) == (BLOCKED if drift else NOTHING)
    assert decide(drift, verdict, access, well, "It serves UPSes.", BLOCKER).code == "ups_server"


UNITS = {"nut-monitor.service": {"masked": False}, "nut.target": {"masked": False}}
LISTED = {"running_client_logged_in": True}
ALL = ("configure", "service")


def seen(*access: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what a look saw of a bare host whose package has just been installed, but for *more*."""
    return {
        "access": list(access) or [report(logged_in=False)],
        "units": UNITS,
        "mode": "none",
        "serves": [],
        "running_client_logged_in": False,
        "proven": False,
        **more,
    }


@pytest.mark.parametrize(
    ("now", "steps", "code"),
    [
        (seen(), ALL, ""),
        (seen(report(verdict="refused", logged_in=False)), ALL, ""),
        (seen(report(), **LISTED), ALL, ""),
        (seen(proven=True), ALL, ""),
        # what may have happened since the audit
        (seen(report(status="FSD OL", verdict="forced_shutdown", logged_in=False)), (), "forced_shutdown"),
        (seen(report(status="OB DISCHRG", logged_in=False)), (), "on_battery"),
        (seen(report(status="OB DISCHRG"), **LISTED), (), "on_battery"),
        (seen(report(verdict="bad_credentials"), **LISTED), (), "would_lose_login"),  # logged in, with the old files
        (seen(report(verdict="refused", logged_in=False), **LISTED), (), "would_lose_login"),  # elsewhere
        (seen(report(verdict="refused", logged_in=False), proven=True), ("service",), "would_lose_proof"),
        (seen(serves=["upsd_runs"]), (), "ups_server"),
        (seen(mode="standalone"), (), "ups_server"),
        (seen(units={**UNITS, "nut.target": {"masked": True}}), (), "unit_masked"),
        # a monitor that feeds nothing forbids nothing
        (seen(report(logged_in=False), report(status="OB", power_value=0)), ALL, ""),
    ],
)
def test_the_look_before_the_restart(now: dict[str, Any], steps: tuple[str, ...], code: str) -> None:
    found = changes.before_restart(now, True, False)
    assert (found.steps, found.code) == (steps, code)
    assert bool(found.reason) is bool(code)
    without_files = changes.before_restart(now, False, False)
    # Where no file differs, what was proven is what is there.
    assert without_files.steps == (("service",) if steps else ())


def test_a_host_that_serves_may_become_a_client_where_a_person_says_so() -> None:
    assert changes.before_restart(seen(mode="netserver", serves=["unit_active"]), True, True).steps == ALL
