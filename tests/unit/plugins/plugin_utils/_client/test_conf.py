# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of upsmon.conf, version by version, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import split_words
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    ASSUMED_VERSION,
    DIRECTIVES,
    NOTIFY_EVENTS,
    NOTIFY_FLAGS,
    OLDEST,
    RELEASE_VERSIONS,
    Directive,
    defects,
    latches_calibration,
    parse_version,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.conf import (
    SETTING_NAMES,
    setting_lines,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput
from hypothesis import given
from hypothesis import strategies as st

SENTINEL = "S3ntinel"
NEWEST = "999.0.0"
VALUES: dict[str, tuple[Any, str]] = {
    "int": (7, "7"),
    "bool": (True, "1"),
    "text": ("a word", '"a word"'),
    "exit": ("no", "no"),
}
LINE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=511)

# The versions that Debian and NUT's own releases put on a host, oldest first.
RELEASES = ("2.6.5", "2.7.1", "2.7.4", "2.8.0", "2.8.1", "2.8.2", "2.8.3", "2.8.4", "2.8.5")

# directive or event beside those that every version knows, the release that brought it (NUT's NEWS)
SINCE = [
    ("DEBUG_MIN", "2.8.0"),
    ("OFFDURATION", "2.8.1"),
    ("POLLFAIL_LOG_THROTTLE_MAX", "2.8.1"),
    ("SHUTDOWNEXIT", "2.8.1"),
    ("OBLBDURATION", "2.8.3"),
    ("OVERDURATION", "2.8.3"),
    ("ALARMCRITICAL", "2.8.3"),
]
EVENTS_SINCE = [
    *[
        (event, "2.6.5")
        for event in ("ONLINE", "ONBATT", "LOWBATT", "FSD", "COMMOK", "COMMBAD", "SHUTDOWN", "REPLBATT", "NOCOMM")
    ],
    ("NOPARENT", "2.6.5"),
    ("CAL", "2.8.0"),
    *[(event, "2.8.1") for event in ("OFF", "NOTOFF", "BYPASS", "NOTBYPASS")],
    ("NOTCAL", "2.8.2"),
    *[(event, "2.8.3") for event in ("ECO", "NOTECO", "ALARM", "NOTALARM", "OVER", "NOTOVER", "TRIM", "NOTTRIM")],
    *[(event, "2.8.3") for event in ("BOOST", "NOTBOOST", "OTHER", "NOTOTHER")],
    *[(event, "2.8.3") for event in ("SUSPEND_STARTING", "SUSPEND_FINISHED")],
    ("SHUTDOWN_HOSTSYNC", "2.8.5"),
]


def known_from(since: str) -> dict[str, bool]:
    """Return for each release whether it knows what came with *since*."""
    return {release: parse_version(release) >= parse_version(since) for release in RELEASES}


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_a_directive_is_written_from_its_version_on(directive: Directive) -> None:
    value, written = VALUES[directive.kind]
    expected = known_from(dict(SINCE).get(directive.name, "2.6.5"))
    for release, known in expected.items():
        lines = setting_lines({directive.name.lower(): value}, release)
        assert lines == ([f"{directive.name} {written}"] if known else []), release


@pytest.mark.parametrize(("event", "since"), EVENTS_SINCE)
def test_an_event_is_written_from_its_version_on(event: str, since: str) -> None:
    settings = {"notifymsg": {event: "%s says"}, "notifyflag": {event: ["SYSLOG", "EXEC"]}}
    for release, known in known_from(since).items():
        lines = [f'NOTIFYMSG {event} "%s says"', f"NOTIFYFLAG {event} SYSLOG+EXEC"]
        assert setting_lines(settings, release) == (lines if known else []), release


def test_the_tables_above_are_whole() -> None:
    assert {event for event, _since in EVENTS_SINCE} == set(NOTIFY_EVENTS)
    assert {name for name, _since in SINCE} == {entry.name for entry in DIRECTIVES if entry.since != OLDEST}
    shaped = ["notifymsg", "notifyflag", "certident", "certhost"]
    assert list(SETTING_NAMES) == [*(entry.name.lower() for entry in DIRECTIVES), *shaped]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ({"certident": {"name": "my client", "password": 'a"b'}}, 'CERTIDENT "my client" "a\\"b"'),
        ({"certhost": [{"host": "nas", "certname": "n"}]}, 'CERTHOST "nas" "n" 1 1'),
        (
            {"certhost": [{"host": "nas", "certname": "n", "certverify": False, "forcessl": "no"}]},
            'CERTHOST "nas" "n" 0 0',
        ),
    ],
)
def test_certificates_are_known_from_2_7_1_on(setting: dict[str, Any], line: str) -> None:
    assert setting_lines(setting, "2.7.1") == [line]
    assert setting_lines(setting, "2.6.5") == []


# settings, lines for a version that knows everything
WRITTEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    (dict.fromkeys(SETTING_NAMES), []),
    ({"notifymsg": {}, "notifyflag": {}, "certident": {}, "certhost": []}, []),
    ({"minsupplies": 0}, ["MINSUPPLIES 0"]),
    ({"minsupplies": "2"}, ["MINSUPPLIES 2"]),
    ({"pollfreq": 1, "deadtime": 1}, ["POLLFREQ 1", "DEADTIME 1"]),
    ({"offduration": -1}, ["OFFDURATION -1"]),
    *[({"forcessl": value}, ["FORCESSL 1"]) for value in (True, 1, "1", "true", "True", "yes", "on")],
    *[({"forcessl": value}, ["FORCESSL 0"]) for value in (False, 0, "0", "false", "False", "no", "off")],
    ({"shutdowncmd": 'say "bye" # \\now'}, ['SHUTDOWNCMD "say \\"bye\\" \\# \\\\now"']),
    ({"shutdowncmd": "x" * 511}, [f'SHUTDOWNCMD "{"x" * 511}"']),
    ({"shutdownexit": 30}, ["SHUTDOWNEXIT 30"]),
    ({"shutdownexit": False}, ["SHUTDOWNEXIT no"]),  # YAML's bare no
    ({"shutdownexit": "True"}, ["SHUTDOWNEXIT yes"]),
    ({"notifyflag": {"ONBATT": "IGNORE"}}, ["NOTIFYFLAG ONBATT IGNORE"]),
    ({"notifyflag": {"ONBATT": list(NOTIFY_FLAGS)}}, ["NOTIFYFLAG ONBATT IGNORE+SYSLOG+WALL+EXEC"]),
    ({"finaldelay": 5, "minsupplies": 1}, ["MINSUPPLIES 1", "FINALDELAY 5"]),
    ({"nothing_of_upsmon": 1}, []),
]


@pytest.mark.parametrize(("settings", "lines"), WRITTEN)
def test_settings_are_written(settings: dict[str, Any], lines: list[str]) -> None:
    assert setting_lines(settings, NEWEST) == lines


NO_TEXT = "must be one line of printable ASCII, 1 to 511 characters (upsmon drops the rest)."
FLAGS = "must be a list of IGNORE, SYSLOG, WALL, EXEC."
EVENTS = f"allowed are {', '.join(NOTIFY_EVENTS)}."

# settings that cannot be used, the message behind the prefix
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"minsupplies": -1}, "minsupplies is -1: allowed is 0 or more."),
    ({"minsupplies": "one"}, "minsupplies must be a whole number of at least 0."),
    ({"minsupplies": True}, "minsupplies must be a whole number of at least 0."),
    ({"pollfreq": 0}, "pollfreq is 0: allowed is 1 or more."),
    ({"pollfreq": 2.5}, "pollfreq must be a whole number of at least 1."),
    ({"pollfreqalert": 0}, "pollfreqalert is 0: allowed is 1 or more."),
    ({"deadtime": 0}, "deadtime is 0: allowed is 1 or more."),
    *[
        ({name: -2}, f"{name} is -2: allowed is -1 or more.")
        for name in ("offduration", "oblbduration", "overduration", "pollfail_log_throttle_max")
    ],
    ({"shutdownexit": "later"}, "shutdownexit must be yes, no or a whole number of seconds."),
    ({"forcessl": "maybe"}, "forcessl must be true or false."),
    ({"forcessl": 2}, "forcessl must be true or false."),
    ({"forcessl": ""}, "forcessl must be true or false."),
    ({"forcessl": []}, "forcessl must be true or false."),
    *[({"shutdowncmd": text}, f"shutdowncmd {NO_TEXT}") for text in ("", "a\nb", "a\tb", "ä", "x" * 512)],
    ({"notifymsg": {"ONBATTERY": "x"}}, f"notifymsg has the unknown event ONBATTERY: {EVENTS}"),
    ({"notifyflag": {"onbatt": ["EXEC"]}}, f"notifyflag has the unknown event onbatt: {EVENTS}"),
    ({"notifymsg": {"ONBATT": ""}}, f"notifymsg.ONBATT {NO_TEXT}"),
    ({"notifymsg": {"ONBATT": "two\nlines"}}, f"notifymsg.ONBATT {NO_TEXT}"),
    ({"notifymsg": "x"}, "notifymsg must be a mapping."),
    ({"notifymsg": ["ONBATT"]}, "notifymsg must be a mapping."),
    ({"notifyflag": "EXEC"}, "notifyflag must be a mapping."),
    *[
        ({"notifyflag": {"ONBATT": flags}}, f"notifyflag.ONBATT {FLAGS}")
        for flags in ([], ["MAIL"], ["EXEC", "exec"], "EXEC+WALL", "", None, 5, {"EXEC": True})
    ],
    ({"certident": "me"}, "certident must be a mapping."),
    ({"certident": {"name": "me"}}, f"certident.password {NO_TEXT}"),
    ({"certident": {"password": SENTINEL}}, f"certident.name {NO_TEXT}"),
    ({"certident": {"name": "me", "password": f"{SENTINEL}\n"}}, f"certident.password {NO_TEXT}"),
    ({"certhost": 5}, "certhost must be a list."),
    ({"certhost": {"host": "nas"}}, "certhost must be a list."),
    ({"certhost": ["nas"]}, "certhost[0] must be a mapping."),
    ({"certhost": [{"certname": "n"}]}, f"certhost[0].host {NO_TEXT}"),
    ({"certhost": [{"host": "nas"}]}, f"certhost[0].certname {NO_TEXT}"),
    (
        {"certhost": [{"host": "nas", "certname": "n", "forcessl": "maybe"}]},
        "certhost[0].forcessl must be true or false.",
    ),
]


@pytest.mark.parametrize("version", ["2.6.5", NEWEST])
@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_a_setting_is_refused_whatever_the_version_knows(settings: dict[str, Any], message: str, version: str) -> None:
    with pytest.raises(InvalidInput) as error:
        setting_lines(settings, version)
    assert str(error.value) == f"nut_client_{message}"
    assert SENTINEL not in str(error.value)


def test_the_prefix_names_the_variable() -> None:
    with pytest.raises(InvalidInput, match=r"^nut_relay_pollfreq is 0"):
        setting_lines({"pollfreq": 0}, NEWEST, prefix="nut_relay_")


NUMBER = st.integers(1, 10**9)
KINDS = {"int": NUMBER, "bool": st.booleans(), "text": LINE, "exit": st.sampled_from(["yes", "no", "0", "30"])}


@given(
    st.fixed_dictionaries({}, optional={entry.name.lower(): KINDS[entry.kind] for entry in DIRECTIVES}),
    st.dictionaries(st.sampled_from(sorted(NOTIFY_EVENTS)), LINE, max_size=3),
    LINE,
)
def test_every_line_reads_back_as_the_values_given(values: dict[str, Any], messages: dict[str, str], word: str) -> None:
    settings = {
        **values,
        "notifymsg": messages,
        "certident": {"name": word, "password": word},
        "certhost": [{"host": word, "certname": word}],
    }
    read = [split_words(line) for line in setting_lines(settings, NEWEST)]
    assert read == [
        *(
            [entry.name, str(int(values[key])) if entry.kind == "bool" else str(values[key])]
            for entry in DIRECTIVES
            for key in [entry.name.lower()]
            if key in values
        ),
        *(["NOTIFYMSG", event, text] for event, text in messages.items()),
        ["CERTIDENT", word, word],
        ["CERTHOST", word, word, "1", "1"],
    ]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.7.4", (2, 7, 4)),
        ("2.7.4-13+deb11u1", (2, 7, 4)),
        ("2.7.4-14ubuntu2", (2, 7, 4)),
        ("2.8.0-7", (2, 8, 0)),
        ("1:2.8.0-7", (2, 8, 0)),
        ("2.8.1-5", (2, 8, 1)),
        ("2.8.4+really-2", (2, 8, 4)),
        ("2.8.5~rc1-1", (2, 8, 5)),
        ("2.8.10", (2, 8, 10)),
        ("2.8.2.1-3", (2, 8, 2)),
        ("2.8", (2, 8, 0)),
        ("2.8-1", (2, 8, 0)),
    ],
)
def test_parse_version(text: str, version: tuple[int, int, int]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "2", "v2.8.0", "(none)", "unknown", ":2.8.0", "x:2.8.0"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a NUT version"):
        parse_version(text)


@pytest.mark.parametrize("version", [*RELEASE_VERSIONS.values(), ASSUMED_VERSION])
def test_assumed_versions_are_versions(version: str) -> None:
    assert parse_version(version) >= OLDEST


@pytest.mark.parametrize(("release"), RELEASES)
def test_the_deadtime_defect_is_named_where_it_is(release: str) -> None:
    named = defects(release)
    assert any("DEADTIME" in text for text in named) == (release in ("2.8.1", "2.8.2"))
    assert all(text.startswith(f"NUT {release} ") for text in named)


@pytest.mark.parametrize(
    ("package", "latches"),
    [
        ("2.7.4-13", False),
        ("2.8.0-7", True),
        ("2.8.1-3.1ubuntu2", True),
        ("2.8.1-5", True),
        ("2.8.1-5+deb13u1", False),
        ("2.8.1-5+deb13u2", False),
        ("2.8.1", True),
        ("2.8.2-1", False),
        ("2.8.5", False),
    ],
)
def test_which_packages_latch_a_calibration(package: str, latches: bool) -> None:
    assert latches_calibration(package) is latches
    assert any("calibrating" in text for text in defects(package)) is latches
