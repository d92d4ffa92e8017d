# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration file is masked on Windows as it is everywhere else, before anything leaves the host."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.redact import mask
from masked_lines import MASKED, SENTINEL
from powershell.client_info import job
from powershell.session import Session

# What lines are made of; where they are put together at random, both make the same of it.
PIECES = (
    *("MONITOR", "monitor", "CERTIDENT", "MONITR", "NOTIFYCMD", " ", "  ", "\t", '"', "\\", '\\"', "\n", "\r\n", "#"),
    *(
        "ups@h",
        "1",
        "u",
        "pw",
        "slave",
        "secondary",
        "a@b",
        "x=y",
        "\u00e9",
        "\u0130",
        "\u0131",
        "\x1c",
        "\x85",
        "\xa0",
    ),
)


def texts() -> list[str]:
    """Return the table's lines, each of them among others too, and texts of pieces, the same ones each time."""
    lines = [line.format(SENTINEL) for line, _shown in MASKED]
    chance = random.Random(3)
    made = ["".join(chance.choices(PIECES, k=chance.randint(1, 16))) for _count in range(150)]
    return [*lines, *(f"# before\r\n{line}\r\nPOLLFREQ 5\r\n" for line in lines), *made, ""]


@pytest.mark.parametrize("culture", ["", "tr-TR"])
def test_a_file_is_masked_as_everywhere_else(powershell: Session, tmp_path: Path, culture: str) -> None:
    expected = {}
    for number, text in enumerate(texts()):
        path = tmp_path / str(number)
        path.write_bytes(text.encode())
        expected[str(path)] = mask(text)
    run = job({"configurations": list(expected)})
    run.culture = culture
    found = powershell.run(run)["configurations"]
    assert [(path, found[path]) for path in expected if found[path] != expected[path]] == []
    assert SENTINEL not in str(found)


def test_a_file_of_another_encoding(powershell: Session, tmp_path: Path) -> None:
    """A byte order mark leads nobody to read it as what upsmon does not."""
    line = f"# \u00e9\nMONITOR ups@192.0.2.10 1 monuser {SENTINEL} secondary\n"
    expected = {}
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "latin-1"):
        for before in (b"", b"\xff\xfe", b"# \xc3\x28\n", b"\xfe\xff\n"):
            path = tmp_path / f"{encoding} {before.hex()}"
            path.write_bytes(before + line.encode(encoding))
            expected[str(path)] = mask(path.read_bytes().decode("utf-8", "replace"))
    found = powershell.run(job({"configurations": list(expected)}))["configurations"]
    assert found == expected
    assert SENTINEL not in str(found).replace("\\x00", "")


def test_a_file_that_is_not_there(powershell: Session, tmp_path: Path) -> None:
    paths = [str(tmp_path / "no"), str(tmp_path)]
    assert powershell.run(job({"configurations": paths}))["configurations"] == dict.fromkeys(paths)
