# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases are worth: each of these slips of the pen in a script, of which none is a syntax error, is found."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.redact import mask
from powershell import client_info, exchange, test_folders
from powershell.session import Session, source

Check = Callable[[Session, exchange.Start, str], None]
needs_cultures = pytest.mark.skipif(
    os.environ.get("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT") == "1", reason="no libicu: there are no cultures"
)


def seen(server: str, **settings: Any) -> Check:
    """Return the check that both ways see the same of *server*."""
    return lambda powershell, start, script: exchange.agree(powershell, start, server, script=script, **settings)


def time_in(culture: str) -> Check:
    """Return the check that a time as text is what it says."""

    def check(powershell: Session, _start: exchange.Start, script: str) -> None:
        assert exchange.milliseconds(powershell, "7.5", culture, script) == 7500

    return check


def a_list(key: str) -> Check:
    """Return the check that one row is a list too."""
    double, row = next((double, row) for name, double, row in client_info.LISTS if name == key)
    return lambda powershell, _start, script: client_info.one_list(powershell, key, double, row, 1, script)


def not_told(key: str) -> Check:
    """Return the check that what is told partly is not told."""
    double, row = next((double, row) for name, double, row in client_info.LISTS if name == key)
    return lambda powershell, _start, script: client_info.partly_told(powershell, key, double, row, script)


def since_in(culture: str) -> Check:
    """Return the check that the event log is asked for a time in every culture's own."""

    def check(powershell: Session, _start: exchange.Start, script: str) -> None:
        assert "'2026-11-12T12:00:05.250Z'" in client_info.asked_for(powershell, "1794484805.25", culture, script)

    return check


def file_shown(powershell: Session, _start: exchange.Start, script: str) -> None:
    """Check that a masked file is shown in its own letters."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upsmon.conf"
        path.write_text("# \u00e9t\u00e9\nMONITOR ups@192.0.2.10 1 monuser word secondary\n", encoding="utf-8")
        run = client_info.job({"configurations": [str(path)]})
        run.script = script
        assert powershell.run(run)["configurations"] == {str(path): mask(path.read_text(encoding="utf-8"))}


def folder_of(key: str, there: dict[str, str]) -> Check:
    """Return the check that one folder is a list too."""

    def check(powershell: Session, _start: exchange.Start, script: str) -> None:
        run = test_folders.job(there, test_folders.folder())
        run.script = script
        assert powershell.run(run)[key] == ["C:\\NUT"]

    return check


INVARIANT = "[System.Globalization.CultureInfo]::InvariantCulture"
CURRENT = "[System.Globalization.CultureInfo]::CurrentCulture"
SLIPS: dict[str, tuple[str, str, str, Check]] = {
    "another encoding": (exchange.MODULE, "GetEncoding(28591)", "GetEncoding(65001)", seen("non-ASCII")),
    "one address is no list": (
        exchange.MODULE,
        "@($addresses | ForEach-Object -Process { $_.ToString() })",
        "$addresses | ForEach-Object -Process { $_.ToString() }",
        seen("healthy"),
    ),
    "regardless of case": (exchange.MODULE, "-cnotmatch", "-notmatch", seen("lower case of OK")),
    "what follows is forgotten": (
        exchange.MODULE,
        "$Received.text = $Received.text.Substring($size)",
        "$Received.text = ''",
        seen("two replies at once", patience=5.0),
    ),
    **{
        f"a time of {culture}": (exchange.MODULE, INVARIANT, CURRENT, time_in(culture))
        for culture in ("de-DE", "fr-FR", "ru-RU", "tr-TR")
    },
    "a list of one connection": (
        client_info.MODULE,
        "$module.Result.connections = @(",
        "$module.Result.connections = $(",
        a_list("connections"),
    ),
    "a list of one address": (
        client_info.MODULE,
        "$module.Result.ipv6_addresses = @(",
        "$module.Result.ipv6_addresses = $(",
        a_list("ipv6_addresses"),
    ),
    "a list of one process": (
        client_info.MODULE,
        "$module.Result.processes = @(Get",
        "$module.Result.processes = $(Get",
        a_list("processes"),
    ),
    "a list of one event": (
        client_info.MODULE,
        "$module.Result.events = @(Get",
        "$module.Result.events = $(Get",
        a_list("events"),
    ),
    "half a table": (client_info.MODULE, "(Test-OnlyNotFound -Problem $problems)", "($true)", not_told("connections")),
    "half a list": (
        client_info.MODULE,
        "(Test-OnlyNotFound -Problem $unanswered)",
        "($true)",
        not_told("ipv6_addresses"),
    ),
    "a moment of de-DE": (
        client_info.MODULE,
        f"$invariant = {INVARIANT}",
        f"$invariant = {CURRENT}",
        since_in("de-DE"),
    ),
    "a date of th-TH": (client_info.MODULE, f"'Z'\", {INVARIANT}", f"'Z'\", {CURRENT}", since_in("th-TH")),
}
SLIPS.update(
    {
        "another encoding of a file": (
            client_info.MODULE,
            "[System.Text.Encoding]::UTF8",
            "[System.Text.Encoding]::ASCII",
            file_shown,
        ),
        "a list of one new folder": (
            "win_nut_folders",
            "$module.Result.created = $created",
            "$module.Result.created = $created | ForEach-Object -Process { $_ }",
            folder_of("created", {}),
        ),
        "a list of one folder": (
            "win_nut_folders",
            "$module.Result.corrected = $corrected",
            "$module.Result.corrected = $corrected | ForEach-Object -Process { $_ }",
            folder_of("corrected", {"C:\\NUT": "O:BAD:AI"}),
        ),
    }
)
IN_CULTURES = ("a time", "a moment", "a date")


@pytest.mark.parametrize(
    "slip", [pytest.param(name, marks=needs_cultures if name.startswith(IN_CULTURES) else ()) for name in SLIPS]
)
def test_a_slip_of_the_pen_is_found(newest: Session, fake_upsd: exchange.Start, slip: str) -> None:
    module, right, wrong, check = SLIPS[slip]
    assert source(module).count(right) >= 1
    check(newest, fake_upsd, source(module))
    with pytest.raises(AssertionError):
        check(newest, fake_upsd, source(module).replace(right, wrong))
