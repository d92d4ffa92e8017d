# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of when an upsmon goes down: what field reports say of each version, and what real upsmons did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import model
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import (
    NOT_CONNECTED,
    NOT_RUN,
    PACKAGES,
    STALE,
    Prediction,
    Settings,
    Step,
    predict,
)
from sequences.compare import Outcome, disagreement, recorded

RECORD = Path(__file__).resolve().parents[4] / "sequences" / "data" / "outcomes-of-real-upsmons.json"
"""What the real upsmons of the four packages did with sequences; `./dev test sequences` holds that it is still so."""

SETTINGS = Settings(1, 1, 4, 6, 0, 5)
ALL = (*PACKAGES.values(), *NOT_RUN.values())
D11, D12, D13, D14, U24, TAG283, TAG284 = ALL
TAIL = 20.0
GONE = None


def steps(*parts: tuple[str | None, float]) -> list[Step]:
    """Lay (status, seconds) one after the other; the last one lasts."""
    at, found = 0.0, []
    for status, seconds in parts:
        found.append(Step(at, status))
        at += seconds
    return found


TESTED = (("OL", 2.0), ("OL CAL", 3.0), ("OL", 3.0))
# What is said, and which packages' upsmon goes down.
FACTS: dict[str, tuple[tuple[tuple[str | None, float], ...], tuple[str, ...]]] = {
    "FSD, even on line": ((("OL", 2), ("FSD OL", TAIL)), ALL),
    "OB alone": ((("OL", 2), ("OB", TAIL)), ()),
    "OB LB": ((("OL", 2), ("OB LB", TAIL)), ALL),
    "OB LB after a past CAL": ((*TESTED, ("OB LB", TAIL)), (D11, D13, D14, TAG283, TAG284)),
    "FSD after a past CAL": ((*TESTED, ("OL FSD", TAIL)), ALL),
    "upsd lost on line after a past CAL": ((*TESTED, (GONE, TAIL)), (U24,)),
    "upsd lost while CAL": ((("OL CAL", 2), (GONE, TAIL)), (D13, D14, U24, TAG283, TAG284)),
    "OB CAL LB": ((("OL", 2), ("OB CAL LB", TAIL)), (D11,)),
    "upsd lost on battery, for long": ((("OL", 2), ("OB", 3), (GONE, TAIL)), ALL),
    "upsd lost on battery, less than DEADTIME": ((("OB", 3), (GONE, 3), ("OB", TAIL)), (D13, U24)),
    "the UPS is stale on battery, less than DEADTIME": ((("OB", 3), (STALE, 3), ("OB", TAIL)), (D13, U24)),
    "the UPS is not connected, on line": ((("OL", 3), (NOT_CONNECTED, TAIL)), ()),
    "an empty status on battery": ((("OB", 3), ("", 3), ("OB", TAIL)), (D13, U24)),
    "upsd lost on line": ((("OL", 2), (GONE, TAIL)), ()),
    "upsd lost after ALARM": ((("OL ALARM", 2), (GONE, TAIL)), (D14, TAG283, TAG284)),
    "upsd lost on BYPASS": ((("OL BYPASS", 2), (GONE, TAIL)), (D13, D14, U24, TAG283, TAG284)),
    "OB OFF for a moment": ((("OL", 2), ("OB OFF", 3), ("OL", TAIL)), (D13, U24)),
    "OL OFF for long": ((("OL", 2), ("OL OFF", TAIL)), (D13, D14, U24, TAG283, TAG284)),
    "OB LB shorter than HOSTSYNC, again and again": ((*((("OB LB", 2.0), ("OB", 2.0)) * 5), ("OL", TAIL)), ()),
    "OB LB with WAIT in between": ((("OB LB", 2), ("WAIT", 2), ("OB LB", 2), ("OL", TAIL)), ()),
    "OL LB": ((("OL", 2), ("OL LB", TAIL)), ()),
    "OL DISCHRG LB": ((("OL", 2), ("OL DISCHRG LB", TAIL)), ()),
    "the NAS restarts its upsd": ((("OL", 2), (GONE, 15), ("WAIT", 2), ("OB", 3), ("OL", TAIL)), ()),
}


@pytest.mark.parametrize("name", FACTS)
def test_each_version_does_what_is_known_of_it(name: str) -> None:
    parts, down = FACTS[name]
    played = steps(*parts)
    said = {package: predict(package, SETTINGS, played, played[-1].at + TAIL).down for package in ALL}
    assert said == {package: package in down for package in ALL}


@pytest.mark.parametrize(
    ("settings", "parts", "down"),
    [
        (SETTINGS._replace(offduration=-1), (("OL", 2), ("OB OFF", TAIL)), ()),
        (SETTINGS._replace(offduration=-1), (("OL OFF", 2), (GONE, TAIL)), ()),
        (SETTINGS._replace(offduration=0), (("OL", 2), ("OL OFF", 2), ("OL", TAIL)), (D13, D14, U24, TAG283, TAG284)),
        (SETTINGS._replace(alarmcritical=False), (("OL ALARM", 2), (GONE, TAIL)), ()),
        (SETTINGS._replace(oblbduration=10), (("OL", 2), ("OB LB", 8), ("OL", TAIL)), (D11, D12, D13, U24)),
    ],
)
def test_directives_count_where_a_version_knows_them(
    settings: Settings, parts: tuple[tuple[str | None, float], ...], down: tuple[str, ...]
) -> None:
    played = steps(*parts)
    said = [package for package in ALL if predict(package, settings, played, played[-1].at + TAIL).down]
    assert said == list(down)


def test_a_prediction_says_when() -> None:
    played = steps(("OL", 10), ("OB LB", 60))
    # A poll sees it after 0 to 5 s; more than HOSTSYNC later, at the third or the fourth poll from there, FINALDELAY.
    said = predict(D13, Settings(), played, 70)
    assert said.down
    assert said.earliest == pytest.approx(10 + 15 + 5, abs=1.5)
    assert said.latest == pytest.approx(15 + 20 + 5, abs=1.5)


def test_what_hangs_on_the_moment_of_a_poll_is_not_known() -> None:
    assert predict(D12, Settings(), steps(("OL", 10), ("FSD", 2), ("OL", 60)), 70).down is None


def test_what_comes_after_the_end_is_not_looked_at() -> None:
    assert predict(D12, Settings(), steps(("OL", 10), ("FSD", 60)), 9) == Prediction(False, None, None)


def test_a_version_is_wanted() -> None:
    with pytest.raises(ValueError, match="not a NUT version"):
        predict("none", Settings(), steps(("OL", 10)), 10)


def outcomes() -> list[Outcome]:
    """What was recorded."""
    return recorded(json.loads(RECORD.read_text(encoding="utf-8"))["outcomes"])


def test_real_upsmons_did_what_the_model_says() -> None:
    seen = outcomes()
    assert {each.package for each in seen} == set(PACKAGES.values())
    assert not list(filter(None, map(disagreement, seen)))


def without(since: tuple[int, int, int], word: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A version that does not go down at once when a UPS that last said this word is lost."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        wrong = [
            each._replace(lost_is_down=each.lost_is_down - {word}) if each.since == since else each
            for each in model.BEHAVIOURS
        ]
        patch.setattr(model, "BEHAVIOURS", tuple(wrong))

    return plant


def no_latch(patch: pytest.MonkeyPatch) -> None:
    """CAL is forgotten, on 2.8.0 too."""
    patch.setattr(model, "latches_calibration", lambda package: False)


def tag_for_package(patch: pytest.MonkeyPatch) -> None:
    """Debian 13's patched 2.8.1 is taken for the tag."""
    patch.setattr(model, "latches_calibration", lambda package: package.startswith(("2.8.0", "2.8.1")))


def gaps_do_not_count(patch: pytest.MonkeyPatch) -> None:
    """A low battery that comes and goes counts on from its first moment."""
    right = model.Upsmon._forget

    def wrong(self: model.Upsmon, answer: str) -> None:
        low = self._low()
        right(self, answer)
        if low and "OL" not in answer:
            self._flags.add("LB")

    patch.setattr(model.Upsmon, "_forget", wrong)


def off_waits(patch: pytest.MonkeyPatch) -> None:
    """OFF on battery waits for OFFDURATION on 2.8.1 too."""
    patch.setattr(model, "BEHAVIOURS", tuple(each._replace(battery_off_is_down=False) for each in model.BEHAVIOURS))


def calibration_is_known(patch: pytest.MonkeyPatch) -> None:
    """2.7.4 knows what CAL means."""
    patch.setattr(model, "BEHAVIOURS", model.BEHAVIOURS[1:])


def broken_connections_mend(patch: pytest.MonkeyPatch) -> None:
    """What upsd says counts, though the connection was closed meanwhile."""
    right = model._said
    patch.setattr(model, "_said", lambda steps, asked, now, connected: right(steps, asked, now, False))


@pytest.mark.parametrize(
    "plant",
    [
        no_latch,
        tag_for_package,
        gaps_do_not_count,
        off_waits,
        calibration_is_known,
        without((2, 8, 1), "OB"),
        without((2, 8, 1), "CAL"),
        without((2, 8, 1), "BYPASS"),
        without((2, 8, 3), "ALARM"),
        without((2, 8, 3), "OFF"),
    ],
    ids=lambda plant: str(plant.__name__),
)
def test_an_error_in_the_model_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = outcomes()
    plant(monkeypatch)
    assert any(disagreement(each) for each in seen)
