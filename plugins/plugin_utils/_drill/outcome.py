# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host made of a drill, against what it must do and what its upsmon is known to do. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import split_words
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import parse_version
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import Prediction, Settings, Step, predict
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.scenarios import DOWN, SCENARIOS, UP, Pace, until

RIGHT, KNOWN, WRONG = "right", "known", "wrong"
"""As it must be; wrong, as this version of NUT is known to be; wrong, for a reason of the host's own."""

_TROUBLE = ("FSD", "OB", "LB", "CAL", "TEST", "OFF", "BYPASS", "ALARM", "WAIT")
_NOT_READY = "Its verdict is {verdict}. A drill shows what a protected host does: run upsfleet.synology.site first."
_ON_WINDOWS = (
    "A drill is not possible on Windows: a second upsmon.exe ends at once, because it wants the same mutex as the "
    "service's (clients/upsmon.c). What can be known without one, the audit tells."
)
_ON_OLD_MAC = "A drill is not possible on a Mac before NUT 2.8.3, whose PID file would stay behind."
_OWN_PID_FOLDER = (2, 8, 3)  # from here on upsmon obeys NUT_PIDPATH (common/common.c)
DAYS = 365
"""nut_drill_max_age of the role nut_drill, where nobody says another."""
_BEFORE = 2  # polls on line before the first event


class Obstacle(NamedTuple):
    """Why a host is not drilled, empty where it may be; and whether a drill is possible there at all."""

    text: str = ""
    possible: bool = True


def obstacle(result: Mapping[str, Any]) -> Obstacle:
    """Return why a host is not drilled now.

    :param result: the fact nut_client_result of an audit that has just been.
    """
    platform = result.get("os", {}).get("platform")
    if platform == "windows":
        return Obstacle(_ON_WINDOWS, possible=False)
    if platform == "macos" and parse_version(result["package"]["version"]) < _OWN_PID_FOLDER:
        return Obstacle(_ON_OLD_MAC, possible=False)
    return Obstacle(_not_now(result))


def _not_now(result: Mapping[str, Any]) -> str:
    for one in result.get("access") or ():
        words = [word for word in split_words(str(one.get("status") or "")) if word in _TROUBLE]
        if words:
            return (
                f"The UPS says {words[0]}: a drill during a power failure or a self-test could not be told from the "
                "real thing. Drill when it is on line and says nothing else."
            )
    if not result.get("protected"):
        return _NOT_READY.format(verdict=result.get("verdict", "not_audited"))
    return ""


def expected(name: str, package: str, pace: Pace, settings: Settings) -> Prediction:
    """Return what the upsmon of a package's version is known to make of a scenario, in seconds since its first event.

    :param pace: what the scenario is paced by.
    :param settings: of the host.
    """
    scenario = SCENARIOS[name]
    head = _BEFORE * max(settings.pollfreq, settings.pollfreqalert)
    steps = [Step(0, "OL"), *(Step(step.at + head, step.status) for step in scenario.steps(pace))]
    found = predict(package, settings, steps, head + until(scenario, pace))
    return Prediction(found.down, _since(found.earliest, head), _since(found.latest, head))


def _since(moment: float | None, head: float) -> float | None:
    return None if moment is None else max(0.0, moment - head)


class Seen(NamedTuple):
    """What was seen of a host's upsmon in one scenario; times are seconds since its first event."""

    marker: float | None = None
    """When it ran its command."""
    problem: str = ""
    """Why the real command could not have been run."""
    logged_out: float | None = None
    """When the drill's upsd saw the end of its last login; None where it was logged in to the end."""


def judged(
    names: Sequence[str], package: str, pace: Pace, settings: Settings, seen: Mapping[str, Seen]
) -> dict[str, dict[str, Any]]:
    """Return of each scenario what the host made of it.

    :returns: by scenario: ``outcome`` (down, up), ``must``, ``seconds`` and ``logged_out`` since the event that decides
        (None for up), ``result`` (right, known, wrong), ``text`` where it is not right.
    """
    return {
        name: _judge(name, expected(name, package, pace, settings), pace, settings, seen.get(name, Seen()))
        for name in names
    }


def _judge(name: str, known: Prediction, pace: Pace, settings: Settings, seen: Seen) -> dict[str, Any]:
    scenario = SCENARIOS[name]
    decides = scenario.steps(pace)[-1].at if scenario.must == DOWN else 0
    outcome = UP if seen.marker is None else DOWN
    seconds = None if seen.marker is None else round(seen.marker - decides, 1)
    result, text = RIGHT, ""
    stays = scenario.steps(pace)[-1].status is not None  # where the NAS does, upsmon is logged in to the end
    if stays and seen.marker is None and seen.logged_out is not None:
        result, text = WRONG, "did not go down, but its upsmon was not there to the end either"
    elif outcome != scenario.must:
        as_known = known.down is None or known.down is (outcome == DOWN)
        result, text = (KNOWN if as_known else WRONG), scenario.wrong
    elif scenario.early and seconds is not None and seconds < settings.deadtime:
        early = known.latest is not None and known.latest - decides < settings.deadtime + settings.finaldelay
        result, text = (KNOWN if early else WRONG), scenario.early
    elif seconds is not None and seconds < 0:
        result, text = WRONG, "goes down before the event that it must go down at"
    if seen.problem:
        result, text = WRONG, f"could not have powered itself off: {seen.problem}"
    logged_out = None if seen.logged_out is None or outcome == UP else round(seen.logged_out - decides, 1)
    return {
        "outcome": outcome,
        "must": scenario.must,
        "seconds": seconds,
        "logged_out": logged_out,
        "result": result,
        "text": text,
    }


def whole(drill: Any) -> Mapping[str, Any] | None:
    """Return what a host or a file says of a drill, None where it is not all there: a report reads it as it is."""
    if not (isinstance(drill, Mapping) and isinstance(drill.get("scenarios"), Mapping)):
        return None
    try:
        datetime.strptime(str(drill.get("date")), "%Y-%m-%d")
    except ValueError:
        return None
    return drill if all(map(_is_judgement, drill["scenarios"].values())) else None


def _is_judgement(one: Any) -> bool:
    texts, numbers = ("outcome", "must", "result", "text"), ("seconds", "logged_out")
    return (
        isinstance(one, Mapping)
        and all(isinstance(one.get(name), str) for name in texts)
        and all(name in one and (one[name] is None or isinstance(one[name], (int, float))) for name in numbers)
    )


def summary(drill: Mapping[str, Any] | None) -> str:
    """Return what a report says of a host's last drill, empty where there was none."""
    if not drill:
        return ""
    rows = drill["scenarios"]
    seconds = [row["seconds"] for row in rows.values() if row["seconds"] is not None and row["must"] == DOWN]
    wrong = sum(row["result"] in (WRONG, KNOWN) for row in rows.values())
    down = f"down in {max(seconds):.0f} s" if seconds else "stays up as it must"
    return f"{drill['date']}: {down}" + (f", {wrong} of {len(rows)} wrong" if wrong else "")


def note(drill: Mapping[str, Any] | None, package: str | None, today: date, longest: Any = None) -> str:
    """Return what a report says of a drill that proves little by now, empty where there was none or it is good.

    :param package: the version of the package that the host has now.
    :param longest: nut_drill_max_age, the days that a drill is good for; None where nobody says it.
    """
    if not drill:
        return ""
    try:
        age = (today - date.fromisoformat(drill["date"])).days
    except ValueError:
        return ""
    days = DAYS if longest is None else int(longest) if str(longest).isdecimal() else None
    if days is None:
        return f"nut_drill_max_age is {longest!r}: allowed is a number of days"
    if age > days:
        return f"the last drill is of {drill['date']}, more than {days} days ago (nut_drill_max_age)"
    if package and drill.get("package") not in (None, package):
        return f"the last drill, of {drill['date']}, was with another version of NUT"
    return ""


def lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a table of what hosts made of a drill, a column for those that did the same, and what was wrong.

    :param rows: ``name`` and ``drill`` of each host; why one was not drilled as ``obstacle`` or ``failure``.
    """
    rows = list(rows)
    drilled = [row for row in rows if row.get("drill")]
    told: dict[str, list[str]] = {}
    for row in drilled:
        for one in row["drill"]["scenarios"].values():
            if one["text"]:
                known = ", as this version of NUT does" if one["result"] == KNOWN else ""
                told.setdefault(f"{one['text']}{known}.", []).append(row["name"])
    for row in rows:
        why = row.get("obstacle") or ("" if row.get("drill") else row.get("failure"))
        if why:
            told.setdefault(f"not drilled: {why}", []).append(row["name"])
    return [*_table(drilled), *(f"{', '.join(names)}: {text}" for text, names in told.items())]


def _table(drilled: Sequence[Mapping[str, Any]]) -> list[str]:
    if not drilled:
        return []
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in drilled:
        scenarios = row["drill"]["scenarios"].items()
        groups.setdefault(tuple((name, one["outcome"], one["result"]) for name, one in scenarios), []).append(row)
    columns = list(groups.values())
    cells = [["scenario", "must", *(_title(column) for column in columns)]]
    for name in SCENARIOS:
        found = [[row["drill"]["scenarios"].get(name) for row in column] for column in columns]
        if any(one for column in found for one in column):
            cells.append([name, SCENARIOS[name].must, *(_cell(list(filter(None, column))) for column in found)])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells] + [""]


def _title(column: Sequence[Mapping[str, Any]]) -> str:
    name = str(column[0]["name"])
    return f"{name} + {len(column) - 1}" if len(column) > 1 else name


def _cell(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what hosts that did the same did; the slowest one's seconds."""
    if not rows:
        return "-"
    mark = "" if rows[0]["result"] == RIGHT else " (!)"
    seconds = max((row["seconds"] for row in rows if row["seconds"] is not None), default=None)
    return f"{rows[0]['outcome']}{'' if seconds is None else f' {seconds:.1f} s'}{mark}"
