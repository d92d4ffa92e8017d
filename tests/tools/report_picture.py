"""The pictures of the report's page in the README, from the demo's fleet with one host that the NAS refuses.

Called by `./dev picture`, after picture.py has left that report in build/demo/refused. A picture's pixels depend on
fonts and browsers, so each holds in itself the text that it shows, and with --check that is compared with the text of
today's page.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import Chromium  # noqa: E402
from tools.picture import documentation_addresses  # noqa: E402

FLEET = ROOT / "build" / "demo"
REPORT = FLEET / "refused" / "report.html"
PICTURES = {False: ROOT / "docs" / "report-light.png", True: ROOT / "docs" / "report-dark.png"}
WIDTH, HEIGHT = 1200, 1120

_KEY = b"Description"  # of the PNG specification's own
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
# Which notes there are depends on the moment; what folds away is not shown.
_TEXT = """(() => {
    document.getElementById('notes')?.closest('section').remove();
    return document.body.innerText;
})()"""


def with_addresses(html: str, addresses: Mapping[str, str]) -> str:
    """Return a page with addresses of the documentation in place of a fleet's."""
    pattern = "|".join(rf"\b{re.escape(address)}\b" for address in sorted(addresses, key=len, reverse=True))
    return re.sub(pattern, lambda found: addresses[found.group()], html)


def text_without_time(shown: str) -> str:
    """Return the lines of what a page shows, without when it was made."""
    lines = (" ".join(line.split()) for line in _TIME.sub("(time)", shown).splitlines())
    return "\n".join(line for line in lines if line)


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of each chunk of a PNG."""
    at = 8  # behind the signature
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def with_text(png: bytes, text: str) -> bytes:
    """Return a PNG that holds a text about itself, and is packed as small as can be without changing a pixel."""
    pixels = b"".join(data for kind, data in chunks(png) if kind == b"IDAT")
    head = next(data for kind, data in chunks(png) if kind == b"IHDR")
    about = _KEY + b"\0\1\0\0\0" + zlib.compress(text.encode(), 9)
    made = [(b"IHDR", head), (b"iTXt", about), (b"IDAT", zlib.compress(zlib.decompress(pixels), 9)), (b"IEND", b"")]
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in made
    )


def text_of(png: bytes) -> str:
    """Return the text that a PNG of :func:`with_text` holds, empty if it is none."""
    for kind, data in chunks(png):
        if kind == b"iTXt" and data.startswith(_KEY + b"\0"):
            return zlib.decompress(data[len(_KEY) + 5 :]).decode()
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the text instead of writing")
    arguments = parser.parse_args()
    addresses = documentation_addresses(json.loads((FLEET / "fleet.json").read_text(encoding="utf-8")))
    shown = REPORT.with_name("shown.html")
    shown.write_text(with_addresses(REPORT.read_text(encoding="utf-8"), addresses), encoding="utf-8")
    status = 0
    with Chromium() as browser:
        for dark, path in PICTURES.items():
            browser.open(shown, WIDTH, HEIGHT, dark)
            text = text_without_time(browser.evaluate(_TEXT))
            name = str(path.relative_to(ROOT))
            if not arguments.check:
                drawn = shown.with_suffix(".png")
                browser.picture(drawn)
                path.write_bytes(with_text(drawn.read_bytes(), text))
                print(f"{name}: {path.stat().st_size} bytes")
                continue
            held = text_of(path.read_bytes()) if path.exists() else ""
            difference = list(difflib.unified_diff(held.split("\n"), text.split("\n"), name, "this run", lineterm=""))
            print("\n".join(difference) or f"{name} shows what the page says")
            status |= bool(difference)
    return status


if __name__ == "__main__":
    sys.exit(main())
