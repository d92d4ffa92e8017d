# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's pictures of the report: what they hold of what they show. `./dev picture` makes them."""

from __future__ import annotations

import importlib
import ipaddress
import re
import struct
import sys
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "tools")]
report_picture = importlib.import_module("report_picture")

PICTURES = sorted(report_picture.PICTURES.values())


def png(width: int, height: int) -> bytes:
    """Return a picture of nothing, in two pieces as browsers write them."""
    pixels = zlib.compress(b"\0" * (3 * width + 1) * height, 1)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", pixels[:5]),
        (b"IDAT", pixels[5:]),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def pixels(picture: bytes) -> bytes:
    return zlib.decompress(b"".join(data for kind, data in report_picture.chunks(picture) if kind == b"IDAT"))


def test_a_picture_holds_its_text_and_its_pixels() -> None:
    made = report_picture.with_text(png(3, 2), "two lines\nof “text”")
    assert report_picture.text_of(made) == "two lines\nof “text”"
    assert pixels(made) == pixels(png(3, 2))
    assert report_picture.text_of(png(3, 2)) == ""


def test_what_changes_with_each_run_is_left_out() -> None:
    shown = "made\t2026-11-28 01:15:00 UTC\n\n  host   verdict \n"
    assert report_picture.text_without_time(shown) == "made (time)\nhost verdict"


def test_the_fleets_addresses_are_replaced_as_a_whole() -> None:
    html = report_picture.with_addresses("<b>198.51.100.1</b> 198.51.100.10", {"198.51.100.1": "192.0.2.21"})
    assert html == "<b>192.0.2.21</b> 198.51.100.10"


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_tracked_picture_tells_the_story(path: Path) -> None:
    picture = path.read_bytes()
    text = report_picture.text_of(picture)
    assert struct.unpack(">II", picture[16:24]) == (report_picture.WIDTH, report_picture.HEIGHT)
    assert len(picture) < 200_000
    assert "4 of 5 hosts are proven protected" in text
    assert "not_permitted" in text
    addresses = re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)
    assert addresses
    assert all(ipaddress.ip_address(one) in ipaddress.ip_network("192.0.2.0/24") for one in addresses)


def test_both_pictures_show_the_same() -> None:
    assert len({report_picture.text_of(path.read_bytes()) for path in PICTURES}) == 1
